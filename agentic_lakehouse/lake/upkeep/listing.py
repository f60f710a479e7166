"""Which files stand in the warehouse, whether or not a table refers to them, and how one is removed.

A link counts neither as a folder nor as a file, so it is never followed and never removed: what is behind it
may be another's, outside of the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import fsspec

from agentic_lakehouse.lake.warehouse import Warehouse


@dataclass(frozen=True)
class StoredFile:
    """A file as it was when it was listed."""

    location: str
    """As tables refer to it."""
    byte_size: int
    modified: float
    """When it came to stand there, in seconds since 1970."""

    @property
    def name(self) -> str:
        """The last part of its location."""
        return self.location.rpartition("/")[2]


class Listing:
    """The file system that a warehouse stands in."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._fs, self._place = fsspec.core.url_to_fs(warehouse.root)

    def folders(self, folder: str) -> list[str]:
        """Return the names of the folders in a folder, which is named by its path below the root; no links.

        Raises:
            CatalogUnavailable: it cannot be read.
        """
        return sorted(name for name, entry in self._entries(folder) if entry["type"] == "directory")

    def files(self, folder: str) -> Iterator[StoredFile]:
        """Yield the files in a folder and in the folders below it; none where it is not there.

        Raises:
            CatalogUnavailable: one cannot be read.
        """
        for name, entry in self._entries(folder):
            path = f"{folder}/{name}"
            if entry["type"] == "directory":
                yield from self.files(path)
            elif entry["type"] == "file":
                yield StoredFile(f"{self._warehouse.root}/{path}", int(entry["size"]), self._modified(entry))

    def remove(self, file: StoredFile) -> None:
        """Remove a file; nothing where it is gone already.

        Raises:
            CatalogUnavailable: it cannot be removed.
        """
        with self._warehouse.told(file.location), suppress(FileNotFoundError):
            self._fs.rm_file(f"{self._place}{file.location.removeprefix(self._warehouse.root)}")

    def _entries(self, folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
        place = f"{self._place}/{folder}" if folder else self._place
        with self._warehouse.told(f"{self._warehouse.root}/{folder}"):
            try:
                listed = self._fs.ls(place, detail=True, refresh=True)
            except (FileNotFoundError, NotADirectoryError):
                return
        for entry in listed:
            path = entry["name"].rstrip("/")
            if path != place:
                yield path.rpartition("/")[2], entry

    def _modified(self, entry: dict[str, Any]) -> float:
        told = entry.get("mtime")  # only a local file system lists it, and as a number
        return told if isinstance(told, float) else float(self._fs.modified(entry["name"]).timestamp())
