"""Read a contract's file once a version: frozen contracts can be shared, and loaders are asked all the time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def once_a_version(load: Callable[[Path], T]) -> Callable[[Path], T]:
    """Keep what `load` makes of a file until the file's size or time changes; errors are not kept."""

    @lru_cache(maxsize=256)
    def kept(path: Path, _size: int, _mtime_ns: int) -> T:
        return load(path)

    @wraps(load)
    def current(path: Path) -> T:
        if not path.is_file():
            return load(path)
        found = path.stat()
        return kept(path.resolve(), found.st_size, found.st_mtime_ns)

    return current
