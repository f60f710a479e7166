"""Find out how an XML document is built: which elements stand where, how often, and with what in them.

From the tree of its places follow the record element, found by structure and never by name, and the columns
of its records. A big document is judged by its beginning, if excerpts
of the rest show more of the same; else it is read whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.excerpts import later_excerpts
from agentic_lakehouse.feeds.faults import no_records_at, unreadable
from agentic_lakehouse.feeds.names import require_width
from agentic_lakehouse.feeds.xml_places import Place, survey

SAMPLE = 8 << 20
"""Bytes of a document from which its records are told."""
MIN_KNOWN = 0.5
"""Share of the tags in a later excerpt that the records must have, to be believed to go on there."""
OWN_TEXT = "#text"
"""Column of the text that stands in a record beside its elements and attributes."""


_NO_TAG = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)
_START = re.compile(rb"<([^\s<>/!?\"'=&]+)")


def find_records(path: Path, encoding: str, *, name: str) -> FileFormat:
    """Return the format of an XML file: its record element, and what in a record is one cell though it has parts.

    Records are the repeated elements that hold the most values together, outside any other repeated one; or
    the one element around them, where it has more fields of its own than all of them together.

    Raises:
        FeedUnreadable: it is malformed or truncated, is a web page, or holds no values.
    """
    root, is_cut = survey(path, encoding, name, SAMPLE)
    if is_cut and not _goes_on(path, encoding, name, root):
        root, _ = survey(path, encoding, name, None)
    if "html" in {local_name(tag).lower() for tag in root.below}:
        raise unreadable(name, "is HTML, a web page", hint="Ask the vendor for the file itself, not for its page.")
    best, most = _record_path(root)
    if not most:
        raise unreadable(name, "holds no records", hint="Ask the vendor whether the delivery is complete.")
    inside = list(_inside(_at(root, best), ""))
    return FileFormat(
        kind="xml",
        encoding=encoding,
        record_path="/".join(best),
        repeated=tuple(where for where, place in inside if place.repeats),
        mixed=tuple(where for where, place in inside if place.is_mixed),
    )


def column_names(path: Path, fmt: FileFormat, *, name: str, sample: int | None = None) -> tuple[str, ...]:
    """Return the columns of an XML file's records by dotted path, without prefixes where they stay unique.

    Args:
        path: local file.
        fmt: as sniffed or as a spec claims.
        name: what errors call the file.
        sample: bytes after which no more is looked at, once there are records; without it, the file is read whole.

    Raises:
        FeedUnreadable: it is malformed or truncated, has no element at the record path, or too many columns.
    """
    steps, encoding = (fmt.record_path or "").split("/"), fmt.encoding or "utf-8"
    root, is_cut = survey(path, encoding, name, sample)
    place = _at(root, steps)
    if place is None and is_cut:
        place = _at(survey(path, encoding, name, None)[0], steps)
    if place is None:
        raise no_records_at(fmt.record_path, name=name)
    names = _short([*([OWN_TEXT] if place.has_text else []), *_columns(place, "", fmt)])
    require_width(len(names), name=name)
    return names


def local_name(path: str) -> str:
    """Return a tag, or a dotted path of tags, without namespace prefixes."""
    if ":" not in path:
        return path
    return ".".join("@" * step.startswith("@") + step.rpartition(":")[2].lstrip("@") for step in path.split("."))


def _short(paths: Iterable[str]) -> tuple[str, ...]:
    """Drop the prefixes of those paths that stay unique without them."""
    unique = list(dict.fromkeys(paths))
    times = Counter(map(local_name, unique))
    return tuple(local_name(path) if times[local_name(path)] == 1 else path for path in unique)


def _columns(place: Place, prefix: str, fmt: FileFormat) -> Iterator[str]:
    yield from (f"{prefix}@{attribute}" for attribute in place.attributes)
    for tag, below in place.below.items():
        path = f"{prefix}{tag}"
        if path in fmt.repeated:
            yield path
        elif path in fmt.mixed:
            yield path
            yield from (f"{path}.@{attribute}" for attribute in below.attributes)
        else:
            if below.has_text or not (below.below or below.attributes):
                yield path
            yield from _columns(below, f"{path}.", fmt)


def _inside(place: Place | None, prefix: str) -> Iterator[tuple[str, Place]]:
    """Yield the places in a record; what stands within mixed content is text."""
    for tag, below in place.below.items() if place else ():
        yield f"{prefix}{tag}", below
        if not below.is_mixed:
            yield from _inside(below, f"{prefix}{tag}.")


def _at(root: Place, steps: Iterable[str]) -> Place | None:
    place: Place | None = root
    for step in steps:
        place = place.below.get(step) if place else None
    return place


def _record_path(root: Place) -> tuple[tuple[str, ...], int]:
    """Return the path of the records and how many values they hold; none where there are no values."""
    once = dict(_outside_records(root, ()))
    repeated = {path: place.values() for path, place in once.items() if place.repeats}
    fields = {path: place.own_fields() for path, place in once.items() if not place.repeats}
    best = max(repeated, key=lambda path: repeated[path], default=None)
    if best is not None:
        around = [best[:depth] for depth in range(len(best) - 1, 0, -1)]
        return next(((path, fields[path]) for path in around if fields[path] > repeated[best]), (best, repeated[best]))
    alone = max(fields, key=lambda path: fields[path])
    return alone, fields[alone]


def _outside_records(place: Place, here: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Place]]:
    for tag, below in place.below.items():
        yield (*here, tag), below
        if not below.repeats:
            yield from _outside_records(below, (*here, tag))


def _goes_on(path: Path, encoding: str, name: str, root: Place) -> bool:
    """Whether the rest of a document looks like more of the records that were found."""
    best, most = _record_path(root)
    place = _at(root, best)
    if not most or place is None or not place.repeats or encoding.startswith(("utf-16", "utf-32")):
        return False
    record = best[-1].encode(encoding, "replace")
    known = {record, *(tag.encode(encoding, "replace") for tag in _tags(place))}
    seen = 0
    for excerpt in later_excerpts(path, name=name):
        tags = _START.findall(_NO_TAG.sub(b"", excerpt))
        if record not in tags or sum(tag in known for tag in tags) < MIN_KNOWN * len(tags):
            return False
        seen += 1
    return seen > 0


def _tags(place: Place) -> Iterator[str]:
    for tag, below in place.below.items():
        yield tag
        yield from _tags(below)
