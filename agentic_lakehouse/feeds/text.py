"""Decode a file into physical lines, bounded, with undecodable bytes marked instead of lost."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from agentic_lakehouse.feeds.source import head, open_bytes, unreadable

MAX_LINE = 16 << 20
"""Longest line and longest record, in characters."""
PEEK = 1 << 18
"""Bytes in which the line ending is looked for."""
MIN_RETURNS = 3
MIXED = 0.1
"""Carriage returns without a line feed, and their share of line feeds, from which on they end lines, too."""

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


@contextmanager
def open_text(path: Path, encoding: str, *, name: str) -> Iterator[TextIO]:
    r"""Open a text file. Lines end in `\n`, in `\r` where the file has no `\n`, or in either; the ends are kept.

    Bytes that `encoding` cannot decode come as lone surrogates, which `is_undecodable` finds. A byte
    order mark is dropped whatever the encoding is called.

    Raises:
        FeedUnreadable: as `open_bytes`; or, while it is read, the file is UTF-16 or UTF-32 and damaged.
    """
    wide = encoding.startswith(("utf-16", "utf-32"))
    start = _start(path, encoding, name=name)
    with open_bytes(path, name=name) as source:
        text = io.TextIOWrapper(
            source,
            encoding=encoding,
            errors="strict" if wide else "surrogateescape",
            newline=_line_end(start),
        )
        try:
            if start.startswith("\ufeff"):
                text.read(1)
            yield text
        except UnicodeDecodeError as error:
            raise unreadable(
                name, f"is not whole {encoding} text ({error.reason})", hint="Ask the vendor to send it again."
            ) from error
        finally:
            text.detach()


def line_end(path: Path, encoding: str, *, name: str) -> str:
    r"""Return what ends a file's lines, as `io` names it: `\n`, `\r`, or (the empty text) either.

    Raises:
        FeedUnreadable: as `open_bytes`.
    """
    return _line_end(_start(path, encoding, name=name))


def _start(path: Path, encoding: str, *, name: str) -> str:
    return head(path, PEEK, name=name).decode(encoding, "ignore")


def _line_end(start: str) -> str:
    r"""Return what ends lines as `io` names it: `\n`, `\r`, or either. One `\r` or two are faults of their lines."""
    returns = start.count("\r") - start.count("\r\n")
    feeds = start.count("\n")
    if returns and not feeds:
        return "\r"
    return "" if returns >= max(MIN_RETURNS, MIXED * feeds) else "\n"


def lines(path: Path, encoding: str, *, name: str) -> Iterator[str]:
    """Yield the physical lines of a text file with their line ends.

    Raises:
        FeedUnreadable: as `open_text`, or a line is longer than `MAX_LINE`.
    """
    with open_text(path, encoding, name=name) as text:
        number = 0
        while line := text.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise unreadable(
                    name,
                    f"line {number} is longer than {MAX_LINE:,} characters",
                    hint="Ask the vendor whether this is a text table at all.",
                    line=number,
                )
            yield line


def is_undecodable(text: str) -> bool:
    """Whether `text` holds bytes that its encoding cannot decode."""
    return not text.isascii() and _ESCAPED_BYTE.search(text) is not None


def printable(text: str) -> str:
    r"""Return `text` with undecodable bytes written as `\xNN`, so that it can be stored."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") if is_undecodable(text) else text


def without_line_end(text: str) -> str:
    r"""Return `text` less one trailing `\n`, `\r\n` or `\r`."""
    return text[:-2] if text.endswith("\r\n") else text[:-1] if text.endswith(("\n", "\r")) else text
