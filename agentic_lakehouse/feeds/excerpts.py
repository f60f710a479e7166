"""Look at a big file in few places: its head, and others spread evenly over the rest.

What a file is must be told in the same time at any size. What stands only between the places is met when
the file is read, where it costs its own lines alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agentic_lakehouse.feeds.source import open_bytes

PLACES = 8
"""Excerpts in all. They follow each other where a file cannot be sought in, as it is packed."""


def excerpts(path: Path, size: int, *, name: str) -> Iterator[bytes]:
    """Yield up to `PLACES` excerpts of about `size` bytes, each of whole lines; the file whole where it is no bigger.

    Raises:
        FeedUnreadable: as `open_bytes`.
    """
    with open_bytes(path, name=name) as source:
        length = path.stat().st_size if source.seekable() else 0
        for place in range(PLACES):
            if length > PLACES * size and place:
                source.seek(length // PLACES * place)
                source.readline(size)
            found = source.read(size)
            if not found:
                return
            yield found + source.readline(size)


def later_excerpts(path: Path, *, name: str, size: int = 1 << 16) -> Iterator[bytes]:
    """Yield excerpts of what stands behind the head of a file, its last bytes among them.

    None where it cannot be sought in, as it is packed.

    Raises:
        FeedUnreadable: as `open_bytes`.
    """
    with open_bytes(path, name=name) as source:
        length = path.stat().st_size
        if not source.seekable() or length < PLACES * size:
            return
        for place in range(1, PLACES + 1):
            source.seek(length // PLACES * place - size)
            yield source.read(size)
