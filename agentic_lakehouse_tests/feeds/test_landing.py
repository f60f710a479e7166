from __future__ import annotations

import os
from pathlib import Path

import fsspec
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import SettingsInvalid
from agentic_lakehouse.feeds.landing import LandingZone

PRICES = Feed("acme", "prices")


def put(root: Path, path: str, text: str = "a;b\n1;2\n") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_every_folder_of_a_vendor_is_a_feed(tmp_path: Path) -> None:
    put(tmp_path, "beta/stock/a.csv")
    put(tmp_path, "acme/prices/a.csv")
    put(tmp_path, "acme/content/a.csv")

    assert LandingZone(str(tmp_path)).feeds() == [Feed("acme", "content"), PRICES, Feed("beta", "stock")]


def test_candidates_come_oldest_first_and_then_by_name(tmp_path: Path) -> None:
    for name, at in (("b.csv", 10), ("c.csv", 5), ("a.csv", 10)):
        os.utime(put(tmp_path, f"acme/prices/{name}"), ns=(at, at))

    found = LandingZone(str(tmp_path)).candidates(PRICES)

    assert [(c.path, c.mtime_ns) for c in found] == [
        ("acme/prices/c.csv", 5),
        ("acme/prices/a.csv", 10),
        ("acme/prices/b.csv", 10),
    ]
    assert found[0].byte_size == 8


def test_unfinished_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.csv.part", "b.tmp", ".c.csv", "d.csv"):
        put(tmp_path, f"acme/prices/{name}")
    zone = LandingZone(str(tmp_path))

    assert [c.path for c in zone.candidates(PRICES)] == ["acme/prices/d.csv"]
    assert zone.problems() == []


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    put(tmp_path, "stray.csv")
    put(tmp_path, "acme/stray.csv")
    put(tmp_path, "acme/prices/archive/old.csv")
    put(tmp_path, "Ümlaut GmbH/prices/a.csv")
    put(tmp_path, "acme/Bad Feed/a.csv")
    zone = LandingZone(str(tmp_path))

    problems = zone.problems()

    assert [p.partition(":")[0] for p in problems] == [
        "acme/Bad Feed",
        "acme/prices/archive",
        "acme/stray.csv",
        "stray.csv",
        "Ümlaut GmbH",
    ]
    assert zone.feeds() == [PRICES]
    assert zone.candidates(PRICES) == []


def test_a_link_out_of_the_zone_is_never_followed(tmp_path: Path) -> None:
    secret = put(tmp_path, "outside/secret.csv")
    root = tmp_path / "landing"
    put(root, "acme/prices/a.csv")
    (root / "acme/prices/b.csv").symlink_to(secret)
    (root / "acme/linked").symlink_to(tmp_path / "outside")
    (root / "acme/prices/gone.csv").symlink_to(root / "nowhere")
    zone = LandingZone(str(root))

    assert zone.feeds() == [PRICES]
    assert [c.path for c in zone.candidates(PRICES)] == ["acme/prices/a.csv"]
    assert [p.partition(":")[0] for p in zone.problems()] == [
        "acme/linked",
        "acme/prices/b.csv",
        "acme/prices/gone.csv",
    ]
    assert zone.candidates(Feed("acme", "linked")) == []


def test_a_vendor_that_is_a_link_out_of_the_zone_has_no_files(tmp_path: Path) -> None:
    put(tmp_path, "outside/prices/secret.csv")
    root = tmp_path / "landing"
    root.mkdir()
    (root / "acme").symlink_to(tmp_path / "outside")
    zone = LandingZone(str(root))

    assert zone.feeds() == []
    assert zone.candidates(PRICES) == []
    assert zone.problems() == ["acme: the link leads out of the landing zone, or nowhere"]


def test_a_link_by_way_of_the_parent_folder_leads_out_of_the_zone(tmp_path: Path) -> None:
    put(tmp_path, "secret.csv")
    root = tmp_path / "landing"
    put(root, "acme/prices/a.csv")
    (root / "acme/prices/b.csv").symlink_to("../../../secret.csv")
    (root / "acme/prices/c.csv").symlink_to("../prices/a.csv")

    assert [c.path for c in LandingZone(str(root)).candidates(PRICES)] == ["acme/prices/a.csv", "acme/prices/c.csv"]


def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    put(tmp_path, "acme/prices/a.csv")
    os.mkfifo(tmp_path / "acme/prices/b.csv")
    (tmp_path / "acme/prices/c.csv").mkdir()
    (tmp_path / os.fsdecode(b"acme/prices/\xff.csv")).write_text("a;b\n")
    zone = LandingZone(str(tmp_path))

    assert [c.path for c in zone.candidates(PRICES)] == ["acme/prices/a.csv"]
    assert zone.problems() == [
        "acme/prices/\\udcff.csv: its name is not UTF-8",
        "acme/prices/b.csv: it is neither a file nor a folder",
        "acme/prices/c.csv: a folder within a feed is not looked into",
    ]


def test_devices_and_links_in_a_circle_are_never_opened(tmp_path: Path) -> None:
    put(tmp_path, "acme/prices/a.csv")
    (tmp_path / "acme/prices/b.csv").symlink_to("/dev/zero")
    (tmp_path / "acme/prices/c.csv").symlink_to("d.csv")
    (tmp_path / "acme/prices/d.csv").symlink_to("c.csv")
    (tmp_path / "acme/round").symlink_to(tmp_path)
    zone = LandingZone(str(tmp_path))

    assert [c.path for c in zone.candidates(PRICES)] == ["acme/prices/a.csv"]
    assert zone.candidates(Feed("acme", "round")) == []
    assert [p.partition(":")[0] for p in zone.problems()] == [
        "acme/prices/b.csv",
        "acme/prices/c.csv",
        "acme/prices/d.csv",
        "acme/round/acme",
    ]


def test_a_file_is_no_zone(tmp_path: Path) -> None:
    assert not LandingZone(str(put(tmp_path, "a.csv"))).exists()


def test_a_file_url_is_a_local_zone(tmp_path: Path) -> None:
    put(tmp_path / "landing", "acme/prices/a.csv")
    (tmp_path / "landing/acme/prices/b.csv").symlink_to(put(tmp_path, "outside.csv"))

    [candidate] = LandingZone((tmp_path / "landing").as_uri()).candidates(PRICES)

    assert candidate.mtime_ns == (tmp_path / "landing/acme/prices/a.csv").stat().st_mtime_ns


def test_feeds_that_would_share_a_table_are_named_together(tmp_path: Path) -> None:
    put(tmp_path, "a__b/c/a.csv")
    put(tmp_path, "a/b__c/a.csv")

    [problem] = LandingZone(str(tmp_path)).problems()

    assert problem.startswith("a/b__c and a__b/c: they would share the table a__b__c")


def test_a_link_within_the_zone_is_a_file(tmp_path: Path) -> None:
    target = put(tmp_path, "acme/prices/a.csv")
    (tmp_path / "acme/prices/latest.csv").symlink_to(target)

    assert len(LandingZone(str(tmp_path)).candidates(PRICES)) == 2


def test_a_missing_zone_is_a_problem_and_has_no_feeds(tmp_path: Path) -> None:
    zone = LandingZone(str(tmp_path / "nowhere"))

    assert zone.feeds() == []
    assert "no such folder" in zone.problems()[0]


def test_an_unknown_protocol_names_the_setting() -> None:
    with pytest.raises(SettingsInvalid, match="nosuch://bucket") as caught:
        LandingZone("nosuch://bucket")
    assert "LAKEHOUSE_LANDING" in str(caught.value.hint)


def test_an_object_store_is_a_zone_too() -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/zone-a/acme/prices/a.csv", b"a;b\n")
    store.pipe("/zone-a/acme/prices/b.csv.part", b"a")
    store.pipe("/zone-a/stray.csv", b"a")
    zone = LandingZone("memory://zone-a")

    assert zone.feeds() == [PRICES]
    (candidate,) = zone.candidates(PRICES)
    assert (candidate.path, candidate.byte_size) == ("acme/prices/a.csv", 4)
    assert candidate.mtime_ns > 0
    assert zone.problems() == ["stray.csv: a file must stand in <vendor>/<feed>/"]
