"""When a file last changed, as far as its file system tells; they differ in name, kind and fineness of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

SECOND = 1_000_000_000

_TIMES = ("mtime", "LastModified", "last_modified", "modified", "modify", "updated", "timeModified")
"""Keys under which fsspec's file systems tell the last change: disks and SFTP, S3, Azure, WebDAV, FTP, Google."""

_TAGS = ("ETag", "etag", "md5Hash", "md5", "content_md5", "checksum", "crc32c", "generation", "VersionId")
"""Keys whose value differs once the content does."""


class Stamp(NamedTuple):
    """What is told of a file's last change."""

    time_ns: int | None
    """Nanoseconds since 1970, or `None`."""
    tag_ns: int
    """Below a second: made of the etag or checksum where the time is none or of whole seconds, else 0."""

    @property
    def identity(self) -> int:
        """A number that differs once the file does, and is its time where that is fine enough."""
        return (self.time_ns or 0) + self.tag_ns


def stamp(info: Mapping[str, Any], modified: object = None) -> Stamp:
    """Read a file's stamp from what its listing says.

    Args:
        info: the file's entry, as fsspec lists it.
        modified: what the file system's `modified` gave, where it has one. A time without a zone is UTC.
    """
    times = [ns for ns in (_nanoseconds(v) for v in (modified, *(info.get(key) for key in _TIMES))) if ns is not None]
    time = times[0] if times else None
    if time is not None and time % SECOND:
        return Stamp(time, 0)
    # A time that nobody can read still differs once the file does.
    unread = [key for key in _TIMES if _nanoseconds(info.get(key)) is None]
    tags = [f"{key}={info[key]}" for key in (*_TAGS, *unread) if info.get(key)]
    if not tags:
        return Stamp(time, 0)
    return Stamp(time, int.from_bytes(hashlib.sha256("\n".join(tags).encode()).digest()[:8]) % SECOND)


def tells_time(info: Mapping[str, Any]) -> bool:
    """Whether the listing itself tells a time, so that nothing more need be asked."""
    return any(_nanoseconds(info.get(key)) is not None for key in _TIMES)


def _nanoseconds(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return round(value * SECOND)
    moment = _moment(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000_000) * 1000


def _moment(text: str) -> datetime | None:
    """Read ISO 8601, the `YYYYMMDDHHMMSS` of FTP (RFC 3659), or the date of an HTTP header."""
    digits = text.partition(".")[0]
    if len(digits) == 14 and digits.isdecimal():
        return _parsed(lambda told: datetime.strptime(told, "%Y%m%d%H%M%S").replace(tzinfo=UTC), digits)
    return _parsed(datetime.fromisoformat, text) or _parsed(parsedate_to_datetime, text)


def _parsed(read: Callable[[str], datetime], text: str) -> datetime | None:
    try:
        return read(text)
    except (ValueError, TypeError, IndexError):
        return None
