"""Scratch folders beside the warehouse: what engines may see, gone when the step ends."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staging(home: Path) -> Iterator[Path]:
    """Give a new empty folder below `home` (same file system as a local warehouse: moves are renames)."""
    folder = home / "staging" / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(home: Path, *, before: float) -> int:
    """Remove scratch folders that dead runs left, last touched before the epoch second `before`."""
    root = home / "staging"
    stale = [f for f in root.iterdir() if f.stat().st_mtime < before] if root.is_dir() else []
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return len(stale)
