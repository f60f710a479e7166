"""File systems tell the last change in many ways, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.feeds.landing import LandingZone
from agentic_lakehouse.feeds.stamps import SECOND, stamp

AT = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)
AT_NS = round(AT.timestamp() * 1000) * 1_000_000
WHOLE_NS = AT_NS // SECOND * SECOND
PRICES = Feed("acme", "prices")


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"mtime": AT}, AT_NS),
        ({"mtime": AT.timestamp()}, AT_NS),
        ({"LastModified": AT.replace(tzinfo=None)}, AT_NS),
        ({"LastModified": AT.astimezone(timezone(timedelta(hours=5)))}, AT_NS),
        ({"modified": "2026-03-01T12:00:00.5Z"}, AT_NS),
        ({"modified": "Sun, 01 Mar 2026 12:00:00 GMT"}, WHOLE_NS),
        ({"modify": "20260301120000"}, WHOLE_NS),
        ({"modify": "20260301120000.500"}, WHOLE_NS),
        ({"mtime": None}, None),
        ({"mtime": True}, None),
        ({"created": AT}, None),
        ({"modified": "a while ago"}, None),
        ({"modified": "1732692000"}, None),
        ({}, None),
    ],
)
def test_a_time_is_read_however_it_is_told(info: dict[str, object], expected: int | None) -> None:
    assert stamp(info).time_ns == expected


def test_a_fine_time_is_the_identity_itself() -> None:
    assert stamp({"mtime": AT, "ETag": "a"}).identity == AT_NS


@pytest.mark.parametrize("info", [{"LastModified": AT.replace(microsecond=0)}, {}])
def test_an_etag_tells_apart_what_a_time_of_whole_seconds_does_not(info: dict[str, object]) -> None:
    one, other = (stamp({**info, "ETag": tag}) for tag in ("a", "b"))

    assert one.identity != other.identity
    assert one.time_ns == other.time_ns
    assert one == stamp({**info, "ETag": "a"})


def test_a_time_that_nobody_can_read_still_tells_changes() -> None:
    assert stamp({"modify": "Nov 27 02:09"}).identity != stamp({"modify": "Nov 27 02:10"}).identity


class _Mute(MemoryFileSystem):
    """Tells neither time nor etag, and a size only of some files, as a plain web server does."""

    protocol = "mute"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("mute://", "memory://")))

    def modified(self, path: str) -> datetime:
        raise NotImplementedError(path)

    def ls(self, path: str, **kwargs: object) -> list[dict[str, object]]:
        found = super().ls(path, **kwargs)
        return [{**info, "size": None} if info["name"].endswith("sizeless.csv") else info for info in found]


def test_a_file_system_that_tells_next_to_nothing_is_a_zone_too() -> None:
    fsspec.register_implementation("mute", _Mute, clobber=True)
    store = fsspec.filesystem("mute")
    store.pipe("/zone-mute/acme/prices/b.csv", b"a;b\n")
    store.pipe("/zone-mute/acme/prices/a.csv", b"a;b\n1;2\n")
    store.pipe("/zone-mute/acme/prices/sizeless.csv", b"a;b\n")
    zone = LandingZone("mute:///zone-mute")

    assert [(c.path, c.byte_size, c.mtime_ns) for c in zone.candidates(PRICES)] == [
        ("acme/prices/a.csv", 8, 0),
        ("acme/prices/b.csv", 4, 0),
        ("acme/prices/sizeless.csv", -1, 0),
    ]
    assert zone.blind_to(PRICES) == ["acme/prices/a.csv", "acme/prices/b.csv"]
