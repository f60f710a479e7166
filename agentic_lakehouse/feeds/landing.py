"""The landing zone: `<vendor>/<feed>/<file>` on a disk, a server or an object store, and what in it can be used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from agentic_lakehouse.contracts.feed import ID_PATTERN, Feed
from agentic_lakehouse.errors import FeedUnreadable, LandingUnavailable
from agentic_lakehouse.feeds.source import unreadable
from agentic_lakehouse.feeds.stamps import Stamp, stamp, tells_time
from agentic_lakehouse.feeds.storage import Storage

UNFINISHED = (".part", ".tmp")
"""Endings of files that are still being written."""

_WRONG = {
    "outward": "the link leads out of the landing zone, or nowhere",
    "link": "a link is followed on a local disk only",
    "other": "it is neither a file nor a folder",
    "unnameable": "its name is not UTF-8",
}
"""Kinds of entries that are never opened, and what is said of them."""


@dataclass(frozen=True)
class Candidate:
    """A file that may be a delivery: what can be known of it without reading it."""

    feed: Feed
    path: str
    """Below the landing root, with `/`: `vendor/feed/file.csv`."""
    byte_size: int
    """-1 where the file system does not tell: then only reading it tells whether it is new."""
    mtime_ns: int
    """Last change, in nanoseconds since 1970. Where the file system tells whole seconds, or nothing, what is missing
    is made of the file's etag or checksum, if it has one: the number differs once the file does."""
    order_ns: int = 0
    """Last change as told, by which files are ordered; 0 where it is not told."""


class LandingZone:
    """A folder or fsspec URL in which vendors drop files."""

    def __init__(self, uri: str) -> None:
        """Open it.

        Raises:
            SettingsInvalid: the URL cannot be read, or needs a package that is not installed.
            LandingUnavailable: nothing answers there; every question below may end in this, too.
        """
        self._storage = Storage(uri)
        self.uri = self._storage.shown
        """The zone as it may be shown: without any secret."""
        self._root = self._storage.root.rstrip("/")

    def feeds(self) -> list[Feed]:
        """Return the feeds that have a folder, sorted."""
        return sorted(Feed(vendor, name) for vendor, name, problem in self._folders() if problem is None)

    def exists(self) -> bool:
        """Whether the zone is there, and a folder."""
        try:
            self._listed("")
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._unlisted("", error) from error
        return True

    def problems(self) -> list[str]:
        """Return a line for each folder or file that cannot be used, and why; unfinished files are none."""
        if not self.exists():
            return [f"{self.uri}: there is no such folder"]
        found = [problem for _, _, problem in self._folders() if problem]
        loose = [entry for entry in self._entries("") if entry.kind == "file"]
        found += [_misplaced(entry.path) for entry in loose if not entry.name.lower().startswith("readme")]
        feeds = self.feeds()
        for feed in feeds:
            try:
                entries = self._entries(str(feed))
            except FeedUnreadable as error:
                found.append(error.message)
                continue
            found += [f"{e.path}: a folder within a feed is not looked into" for e in entries if e.kind == "directory"]
            found += [_useless(entry) for entry in entries if entry.kind in _WRONG]
        return sorted([*found, *_shared_tables(feeds)])

    def candidates(self, feed: Feed) -> list[Candidate]:
        """Return the feed's files, oldest first; never unfinished or hidden ones, nor links out of the zone.

        Raises:
            FeedUnreadable: the feed's folder cannot be listed.
        """
        found = [self._candidate(feed, entry) for entry in self._entries(str(feed)) if entry.kind == "file"]
        return sorted((c for c in found if c is not None), key=lambda c: (c.order_ns, c.path))

    def chunks(self, candidate: Candidate, size: int) -> Iterator[bytes]:
        """Yield a candidate's bytes.

        Raises:
            OSError: it cannot be opened or read.
        """
        source = self._storage.ask(lambda fs: fs.open(self._place(candidate.path), "rb"))
        with self._storage.telling(), source:
            while chunk := source.read(size):
                yield chunk

    def blind_to(self, feed: Feed) -> list[str]:
        """Return the files of which no time, etag or checksum is told: a change that keeps the size is not noticed."""
        return [c.path for c in self.candidates(feed) if not c.mtime_ns and c.byte_size >= 0]

    def location(self, candidate: Candidate) -> str:
        """Return the path of a candidate in the zone's file system."""
        return self._place(candidate.path)

    def _place(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root or "/"

    def _folders(self) -> Iterator[tuple[str, str, str | None]]:
        """Yield vendor, feed, and what is wrong with the folder or stray file that they name."""
        for vendor in self._entries(""):
            if vendor.kind in _WRONG:
                yield vendor.name, "", _useless(vendor)
            if vendor.kind != "directory":
                continue
            if not ID_PATTERN.fullmatch(vendor.name):
                yield vendor.name, "", _bad_id(vendor.path, vendor.name)
                continue
            try:
                entries = self._entries(vendor.path)
            except FeedUnreadable as error:
                yield vendor.name, "", error.message
                continue
            for feed in entries:
                if feed.kind == "file":
                    yield vendor.name, "", _misplaced(feed.path)
                elif feed.kind in _WRONG:
                    yield vendor.name, "", _useless(feed)
                else:
                    wrong = None if ID_PATTERN.fullmatch(feed.name) else _bad_id(feed.path, feed.name)
                    yield vendor.name, feed.name, wrong

    def _entries(self, folder: str) -> list[_Entry]:
        """Return what stands in a folder of the zone, sorted by name, without hidden and unfinished files."""
        try:
            listed = self._listed(folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise self._unlisted(folder, error) from error
        found = []
        for info in listed:
            name = PurePosixPath(info["name"].rstrip("/")).name
            if not name.startswith(".") and not name.endswith(UNFINISHED):
                found.append(self._entry(folder, name, info))
        return sorted(found, key=lambda entry: entry.name)

    def _listed(self, folder: str) -> list[dict[str, Any]]:
        place = self._place(folder)

        def listing(fs: Any) -> list[dict[str, Any]]:
            fs.invalidate_cache(place)
            return list(fs.ls(place, detail=True))

        found = self._storage.ask(listing)
        itself = [info for info in found if info["name"].rstrip("/") == place.rstrip("/")]
        if any(info["type"] == "file" and info.get("size") for info in itself) and len(found) == 1:
            raise NotADirectoryError(place)
        # An object store may keep an object of no bytes under the folder's own name.
        return [info for info in found if info not in itself]

    def _unlisted(self, folder: str, error: OSError) -> FeedUnreadable | LandingUnavailable:
        why, hint = f"cannot be listed ({error.strerror or error})", "Check that this user may read the folder."
        if folder:
            return unreadable(folder, why, hint=hint)
        return LandingUnavailable(f"The landing zone {self.uri} {why}.", hint=hint, landing=self.uri)

    def _entry(self, folder: str, name: str, info: dict[str, Any]) -> _Entry:
        told = name.encode("utf-8", "backslashreplace").decode()
        kind = self._kind(info) if told == name else "unnameable"
        return _Entry(f"{folder}/{told}" if folder else told, told, kind, info)

    def _kind(self, info: dict[str, Any]) -> str:
        if not self._storage.is_local:
            return str(info["type"]) if info["type"] in {"file", "directory", "link"} else "other"
        root, real = Path(os.path.realpath(self._root or "/")), Path(os.path.realpath(info["name"]))
        if not real.is_relative_to(root) or not real.exists():
            return "outward"
        return "directory" if real.is_dir() else "file" if real.is_file() else "other"

    def _candidate(self, feed: Feed, entry: _Entry) -> Candidate | None:
        """Return a candidate; `None` where the file is gone since it was listed."""
        place = self._place(entry.path)
        try:
            if self._storage.is_local:
                status = Path(place).stat()
                return Candidate(feed, entry.path, status.st_size, status.st_mtime_ns, status.st_mtime_ns)
            told = stamp(entry.info) if tells_time(entry.info) else self._asked(place, entry.info)
        except FileNotFoundError:
            return None
        size = entry.info.get("size")
        return Candidate(feed, entry.path, -1 if size is None else int(size), told.identity, told.time_ns or 0)

    def _asked(self, place: str, info: dict[str, Any]) -> Stamp:
        """Return the stamp of a file whose listing tells no time: some file systems tell it when they are asked."""

        def modified(fs: Any) -> object:
            try:
                return fs.modified(place)
            except (NotImplementedError, KeyError, RuntimeError):
                return None

        return stamp(info, self._storage.ask(modified))


@dataclass(frozen=True)
class _Entry:
    path: str
    name: str
    kind: str
    """`file`, `directory` or one of `_WRONG`."""
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


def _useless(entry: _Entry) -> str:
    return f"{entry.path}: {_WRONG[entry.kind]}"
