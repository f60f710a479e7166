"""Scratch folders beside the warehouse: what engines may see, gone when the step ends."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ScratchFolder:
    """A folder that some step was given."""

    path: Path
    byte_size: int
    touched: float
    """When anything in it was last written, in seconds since 1970."""

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def staging(home: Path) -> Iterator[Path]:
    """Give a new empty folder below `home` (same file system as a local warehouse: moves are renames)."""
    folder = _root(home) / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scratch_folders(home: Path) -> list[ScratchFolder]:
    """Return the folders of steps that run, and of those that died."""
    root = _root(home)
    return [_looked_at(path) for path in sorted(root.iterdir())] if root.is_dir() else []


def _root(home: Path) -> Path:
    return home / "staging"


def _looked_at(folder: Path) -> ScratchFolder:
    size, touched = 0, 0.0
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):  # its step may end at any time
            status = path.lstat()
            size += 0 if path.is_dir() else status.st_size
            touched = max(touched, status.st_mtime)
    return ScratchFolder(folder, size, touched)
