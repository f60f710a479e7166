"""The landing zone: `<vendor>/<feed>/<file>` on a disk or an object store, and what in it can be used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from agentic_lakehouse.contracts.feed import ID_PATTERN, Feed
from agentic_lakehouse.errors import SettingsInvalid

UNFINISHED = (".part", ".tmp")
"""Endings of files that are still being written."""


@dataclass(frozen=True)
class Candidate:
    """A file that may be a delivery: what can be known of it without reading it."""

    feed: Feed
    path: str
    """Below the landing root, with `/`: `vendor/feed/file.csv`."""
    byte_size: int
    mtime_ns: int
    """Last change, in nanoseconds since 1970."""


class LandingZone:
    """A folder or fsspec URL in which vendors drop files."""

    def __init__(self, uri: str) -> None:
        try:
            self.fs, root = fsspec.core.url_to_fs(uri)
        except (ValueError, ImportError) as error:
            raise SettingsInvalid(
                f"The landing zone {uri!r} cannot be opened: {error}.",
                hint="Set LAKEHOUSE_LANDING to a folder or a URL such as `s3://bucket/prefix`.",
                setting="LANDING",
            ) from error
        self.uri = uri
        self.is_local = isinstance(self.fs, LocalFileSystem)
        self._root = root.rstrip("/") or "/"

    def feeds(self) -> list[Feed]:
        """Return the feeds that have a folder, sorted."""
        return sorted(Feed(vendor, name) for vendor, name, problem in self._folders() if problem is None)

    def exists(self) -> bool:
        """Whether the zone is there."""
        return bool(self.fs.exists(self._root))

    def problems(self) -> list[str]:
        """Return a line for each folder or file that cannot be used, and why; unfinished files are none."""
        if not self.exists():
            return [f"{self.uri}: there is no such folder"]
        found = [problem for _, _, problem in self._folders() if problem]
        loose = [entry for entry in self._entries("") if entry.kind == "file"]
        found += [_misplaced(entry.path) for entry in loose if not entry.name.lower().startswith("readme")]
        for feed in self.feeds():
            for entry in self._entries(str(feed)):
                if entry.kind == "directory":
                    found.append(f"{entry.path}: a folder within a feed is not looked into")
                elif entry.kind == "elsewhere":
                    found.append(_outward(entry.path))
        return sorted([*found, *_shared_tables(self.feeds())])

    def candidates(self, feed: Feed) -> list[Candidate]:
        """Return the feed's files, oldest first; never unfinished or hidden ones, nor links out of the zone."""
        found = [self._candidate(feed, entry) for entry in self._entries(str(feed)) if entry.kind == "file"]
        return sorted(found, key=lambda c: (c.mtime_ns, c.path))

    def location(self, candidate: Candidate) -> str:
        """Return the path of a candidate in the zone's file system."""
        return f"{self._root}/{candidate.path}"

    def _folders(self) -> Iterator[tuple[str, str, str | None]]:
        """Yield vendor, feed, and what is wrong with the folder or stray file that they name."""
        for vendor in self._entries(""):
            if vendor.kind == "elsewhere":
                yield vendor.name, "", _outward(vendor.path)
            if vendor.kind != "directory":
                continue
            if not ID_PATTERN.fullmatch(vendor.name):
                yield vendor.name, "", _bad_id(vendor.path, vendor.name)
                continue
            for feed in self._entries(vendor.path):
                if feed.kind == "file":
                    yield vendor.name, "", _misplaced(feed.path)
                elif feed.kind == "elsewhere":
                    yield vendor.name, "", _outward(feed.path)
                else:
                    wrong = None if ID_PATTERN.fullmatch(feed.name) else _bad_id(feed.path, feed.name)
                    yield vendor.name, feed.name, wrong

    def _entries(self, folder: str) -> list[_Entry]:
        """Return what stands in a folder of the zone, sorted by name, without hidden and unfinished files."""
        place = f"{self._root}/{folder}" if folder else self._root
        try:
            listed = self.fs.ls(place, detail=True, refresh=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = []
        for info in listed:
            name = PurePosixPath(info["name"].rstrip("/")).name
            if not name.startswith(".") and not name.endswith(UNFINISHED) and info["name"].rstrip("/") != place:
                found.append(_Entry(f"{folder}/{name}" if folder else name, name, self._kind(info), info))
        return sorted(found, key=lambda entry: entry.name)

    def _kind(self, info: dict[str, Any]) -> str:
        if not self.is_local:
            return str(info["type"])
        path, root = Path(info["name"]), Path(os.path.realpath(self._root))
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(root) or not real.exists():
            return "elsewhere"
        return "directory" if real.is_dir() else "file" if real.is_file() else "elsewhere"

    def _candidate(self, feed: Feed, entry: _Entry) -> Candidate:
        place = f"{self._root}/{entry.path}"
        if self.is_local:
            status = Path(place).stat()
            return Candidate(feed, entry.path, status.st_size, status.st_mtime_ns)
        changed = self.fs.modified(place)
        return Candidate(feed, entry.path, int(entry.info["size"]), round(changed.timestamp() * 1_000_000) * 1000)


@dataclass(frozen=True)
class _Entry:
    path: str
    name: str
    kind: str
    """`file`, `directory` or `elsewhere`."""
    info: dict[str, Any]


def _shared_tables(feeds: Sequence[Feed]) -> list[str]:
    """Name the feeds that would write to one table: the lake takes the first of them that it sees, and no other."""
    by_table: dict[str, list[str]] = {}
    for feed in feeds:
        by_table.setdefault(feed.table, []).append(str(feed))
    return [
        f"{' and '.join(names)}: they would share the table {table}; the lake takes only the one that came first"
        for table, names in by_table.items()
        if len(names) > 1
    ]


def _bad_id(path: str, name: str) -> str:
    return f"{path}: {name!r} cannot be an id (1 to 48 of a-z, 0-9, `_` and `-`, a letter or digit first)"


def _misplaced(path: str) -> str:
    return f"{path}: a file must stand in <vendor>/<feed>/"


def _outward(path: str) -> str:
    return f"{path}: the link leads out of the landing zone, or nowhere"
