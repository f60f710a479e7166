from __future__ import annotations

import hashlib
import os
from pathlib import Path

import fsspec
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.keep import keep, local_copy
from agentic_lakehouse.feeds.landing import LandingZone

PRICES = Feed("acme", "prices")
CONTENT = b"Artikel;Preis\nA1;1,50\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def zone(tmp_path: Path) -> LandingZone:
    folder = tmp_path / "landing" / "acme" / "prices"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(CONTENT)
    return LandingZone(str(tmp_path / "landing"))


def test_bytes_are_kept_under_their_hash(zone: LandingZone, tmp_path: Path) -> None:
    (candidate,) = zone.candidates(PRICES)

    kept = keep(zone, candidate, f"{tmp_path}/warehouse/_raw")

    assert (kept.sha256, kept.byte_size, kept.mtime_ns) == (SHA256, len(CONTENT), candidate.mtime_ns)
    assert Path(kept.raw_uri) == tmp_path / "warehouse" / "_raw" / SHA256
    assert Path(kept.raw_uri).read_bytes() == CONTENT
    assert [p.name for p in (tmp_path / "warehouse" / "_raw").iterdir()] == [SHA256]


def test_keeping_twice_writes_once(zone: LandingZone, tmp_path: Path) -> None:
    (candidate,) = zone.candidates(PRICES)
    first = keep(zone, candidate, str(tmp_path / "raw"))
    written = Path(first.raw_uri).stat()

    assert keep(zone, candidate, str(tmp_path / "raw")) == first
    assert Path(first.raw_uri).stat().st_ino == written.st_ino


def test_a_half_kept_file_is_written_again(zone: LandingZone, tmp_path: Path) -> None:
    (candidate,) = zone.candidates(PRICES)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / SHA256).write_bytes(CONTENT[:5])

    kept = keep(zone, candidate, str(tmp_path / "raw"))

    assert Path(kept.raw_uri).read_bytes() == CONTENT


def test_a_file_that_changed_since_it_was_seen_is_refused(zone: LandingZone, tmp_path: Path) -> None:
    (candidate,) = zone.candidates(PRICES)
    path = Path(zone.location(candidate))
    path.write_bytes(CONTENT + b"A2;2,00\n")
    os.utime(path, ns=(1, 1))

    with pytest.raises(FeedUnreadable, match=r"acme/prices/a\.csv: changed while it was read"):
        keep(zone, candidate, str(tmp_path / "raw"))

    assert list((tmp_path / "raw").iterdir()) == []


def test_a_file_that_is_gone_is_refused_by_name(zone: LandingZone, tmp_path: Path) -> None:
    (candidate,) = zone.candidates(PRICES)
    Path(zone.location(candidate)).unlink()

    with pytest.raises(FeedUnreadable, match=r"acme/prices/a\.csv: cannot be opened"):
        keep(zone, candidate, str(tmp_path / "raw"))


def test_a_file_that_became_a_link_out_of_the_zone_is_refused(zone: LandingZone, tmp_path: Path) -> None:
    (candidate,) = zone.candidates(PRICES)
    path = Path(zone.location(candidate))
    outside = path.rename(tmp_path / "outside.csv")
    path.symlink_to(outside)

    with pytest.raises(FeedUnreadable, match="changed while it was read"):
        keep(zone, candidate, str(tmp_path / "raw"))


def test_bytes_are_kept_in_an_object_store(zone: LandingZone, tmp_path: Path) -> None:
    (candidate,) = zone.candidates(PRICES)

    kept = keep(zone, candidate, "memory://bucket-k/_raw")

    assert kept.raw_uri == f"memory://bucket-k/_raw/{SHA256}"
    assert [p.rpartition("/")[2] for p in fsspec.filesystem("memory").ls("/bucket-k/_raw", detail=False)] == [SHA256]
    copy = local_copy(kept.raw_uri, tmp_path)
    assert copy.parent == tmp_path
    assert copy.read_bytes() == CONTENT


def test_local_bytes_are_read_where_they_are(zone: LandingZone, tmp_path: Path) -> None:
    (candidate,) = zone.candidates(PRICES)
    kept = keep(zone, candidate, str(tmp_path / "raw"))

    assert local_copy(kept.raw_uri, tmp_path / "staging") == Path(kept.raw_uri)


def test_bytes_that_are_gone_are_named(tmp_path: Path) -> None:
    with pytest.raises(FeedUnreadable, match="no longer there"):
        local_copy(str(tmp_path / "raw" / SHA256), tmp_path)
    with pytest.raises(FeedUnreadable, match="no longer there"):
        local_copy(f"memory://bucket-gone/{SHA256}", tmp_path)


def test_bytes_that_rotted_are_refused(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe(f"/bucket-rot/{SHA256}", b"other")

    with pytest.raises(FeedUnreadable, match="not those that were kept"):
        local_copy(f"memory://bucket-rot/{SHA256}", tmp_path)
