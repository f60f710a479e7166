"""Choose the one data file of a ZIP archive, or refuse the archive and say why.

Nothing is ever extracted by its name; an archive whose names would escape a folder is refused all the
same, because whoever made it did not mean to send a table.
"""

from __future__ import annotations

import stat
import zipfile
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, BinaryIO

from agentic_lakehouse.feeds.faults import unreadable

MAX_DIRECTORY = 4 << 20
"""Longest list of members, in bytes: about 50,000 of them."""
MAX_SHOWN = 10
WORKBOOK_PARTS = frozenset({"[Content_Types].xml", "mimetype"})
"""One of these parts makes a ZIP an Office (ECMA-376, part 2) or OpenDocument (part 2, section 3.3) file."""

_END = b"PK\x05\x06"
_END_SIZE, _MAX_COMMENT = 22, 1 << 16
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_ENCRYPTED = 0x1
_AGAIN = "Ask the vendor to send it again."


def open_archive(raw: BinaryIO, *, name: str) -> zipfile.ZipFile:
    """Open a ZIP archive or workbook whose list of members is bounded.

    Raises:
        FeedUnreadable: it is truncated or damaged, or lists too many members.
    """
    raw.seek(0, 2)
    raw.seek(max(0, raw.tell() - _END_SIZE - _MAX_COMMENT))
    tail = raw.read()
    at = tail.rfind(_END)
    if at >= 0 and int.from_bytes(tail[at + 12 : at + 16], "little") > MAX_DIRECTORY:
        raise unreadable(name, "lists too many members to be one table", hint="Ask the vendor for the table alone.")
    try:
        return zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise unreadable(name, f"is a truncated or damaged workbook or ZIP archive ({error})", hint=_AGAIN) from error


def is_document(archive: zipfile.ZipFile) -> bool:
    """Whether a ZIP is a file of its own, such as a workbook, and no archive of files."""
    return not WORKBOOK_PARTS.isdisjoint(archive.namelist())


def only_member(archive: zipfile.ZipFile, *, name: str) -> zipfile.ZipInfo:
    """Return the one data file of an archive; folders, hidden files and macOS's copies of them do not count.

    Raises:
        FeedUnreadable: it holds none or several, or one that is encrypted, a link, packed in a way that is
            not read, or named so that it would leave its folder.
    """
    members = [m for m in archive.infolist() if not m.is_dir()]
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or PureWindowsPath(member.filename).anchor or ".." in path.parts:
            raise unreadable(
                name,
                f"holds {member.filename!r}, a name that leads out of the archive",
                hint="Do not unpack it. Ask the vendor where it comes from.",
            )
    data = [m for m in members if not _is_hidden(PurePosixPath(m.filename))]
    if not data:
        raise unreadable(name, "is a ZIP archive without a file in it", hint=_AGAIN)
    if len(data) > 1:
        names = ", ".join(m.filename for m in data[:MAX_SHOWN]) + (", …" if len(data) > MAX_SHOWN else "")
        raise unreadable(
            name, f"is a ZIP archive of {len(data)} files: {names}", hint="Put each table into a feed of its own."
        )
    member = data[0]
    if member.flag_bits & _ENCRYPTED:
        raise unreadable(name, "is an encrypted ZIP archive", hint="Ask the vendor for it without a password.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise unreadable(name, f"holds only the link {member.filename!r}", hint="Ask the vendor for the file itself.")
    if member.compress_type not in _METHODS:
        raise unreadable(
            name,
            f"is a ZIP archive packed by method {member.compress_type}, which is not read",
            hint="Ask the vendor to pack it the usual way (deflate), or as gz, bz2, xz or zst.",
        )
    return member


def open_member(archive: zipfile.ZipFile, *, name: str) -> IO[bytes]:
    """Open the one data file of an archive.

    Raises:
        FeedUnreadable: as `only_member`, or its entry is damaged.
    """
    try:
        return archive.open(only_member(archive, name=name))
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise unreadable(name, f"is a damaged ZIP archive ({error})", hint=_AGAIN) from error


def _is_hidden(path: PurePosixPath) -> bool:
    return "__MACOSX" in path.parts or any(part.startswith(".") for part in path.parts)
