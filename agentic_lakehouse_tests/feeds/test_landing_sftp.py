"""A landing zone on a real SFTP server: what is seen there, and what is said when something is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import fsspec
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import FeedUnreadable, FileUnsettled, LandingUnavailable
from agentic_lakehouse.feeds.keep import keep
from agentic_lakehouse.feeds.landing import Candidate, LandingZone
from agentic_lakehouse_tests.sftp import PASSWORD, QUOTED, USER, SftpServer

PRICES = Feed("acme", "prices")
CONTENT = "Artikel;Preis\nA1;1,50\n"


def only(zone: LandingZone) -> Candidate:
    [candidate] = zone.candidates(PRICES)
    return candidate


def test_files_of_a_server_are_seen_as_those_of_a_disk(server: SftpServer) -> None:
    server.put("acme/prices/b.csv", CONTENT, at=10)
    server.put("acme/prices/c.csv", "x", at=5)
    server.put("acme/prices/a.csv", CONTENT, at=10)
    server.put("acme/prices/d.csv.part", CONTENT)
    server.put("acme/prices/.e.csv", CONTENT)
    server.put("stray.csv", CONTENT)
    zone = LandingZone(server.url)

    assert zone.exists()
    assert zone.feeds() == [PRICES]
    assert [(c.path, c.byte_size, c.mtime_ns) for c in zone.candidates(PRICES)] == [
        ("acme/prices/c.csv", 1, 5_000_000_000),
        ("acme/prices/a.csv", len(CONTENT), 10_000_000_000),
        ("acme/prices/b.csv", len(CONTENT), 10_000_000_000),
    ]
    assert zone.problems() == ["stray.csv: a file must stand in <vendor>/<feed>/"]


def test_bytes_of_a_server_are_kept(server: SftpServer, tmp_path: Path) -> None:
    content = "a;b\n" + "1;2\n" * 1_000_000
    server.put("acme/prices/a.csv", content)
    zone = LandingZone(server.url)

    kept = keep(zone, only(zone), str(tmp_path / "raw"))

    assert Path(kept.raw_uri).read_text() == content


def test_links_and_pipes_of_a_server_are_never_opened(server: SftpServer, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(CONTENT)
    inside = server.put("acme/prices/a.csv", CONTENT)
    inside.with_name("b.csv").symlink_to(tmp_path / "secret.csv")
    inside.with_name("c.csv").symlink_to("a.csv")
    os.mkfifo(inside.with_name("d.csv"))
    (server.landing / "beta").symlink_to(tmp_path)
    zone = LandingZone(server.url)

    assert only(zone).path == "acme/prices/a.csv"
    assert zone.problems() == [
        "acme/prices/b.csv: a link is followed on a local disk only",
        "acme/prices/c.csv: a link is followed on a local disk only",
        "acme/prices/d.csv: it is neither a file nor a folder",
        "beta: a link is followed on a local disk only",
    ]


def test_a_name_that_is_not_utf8_hides_no_other_file(server: SftpServer) -> None:
    server.put("acme/prices/a.csv", CONTENT)
    (server.landing / os.fsdecode(b"acme/prices/\xff.csv")).write_text(CONTENT)
    zone = LandingZone(server.url)

    assert only(zone).path == "acme/prices/a.csv"
    assert zone.problems() == [r"acme/prices/\udcff.csv: its name is not UTF-8"]


def test_a_file_that_is_written_to_meanwhile_waits(server: SftpServer, tmp_path: Path) -> None:
    server.put("acme/prices/a.csv", CONTENT)
    zone = LandingZone(server.url)
    candidate = only(zone)
    server.put("acme/prices/a.csv", CONTENT + "A2;2,00\n", at=1_700_000_009)

    with pytest.raises(FileUnsettled, match=r"acme/prices/a\.csv: changed while it was read"):
        keep(zone, candidate, str(tmp_path / "raw"))


def test_a_file_that_vanishes_is_refused_by_name(server: SftpServer, tmp_path: Path) -> None:
    path = server.put("acme/prices/a.csv", CONTENT)
    zone = LandingZone(server.url)
    candidate = only(zone)
    path.unlink()

    with pytest.raises(FeedUnreadable, match=r"acme/prices/a\.csv: cannot be opened"):
        keep(zone, candidate, str(tmp_path / "raw"))


def test_a_folder_that_may_not_be_listed_stops_no_other(server: SftpServer) -> None:
    server.put("acme/prices/a.csv", CONTENT)
    server.put("beta/stock/a.csv", CONTENT)
    server.put("gamma/stock/a.csv", CONTENT)
    server.refused = {"/landing/beta", "/landing/gamma/stock"}
    zone = LandingZone(server.url)

    assert zone.feeds() == [PRICES, Feed("gamma", "stock")]
    assert [p.partition(":")[0] for p in zone.problems()] == ["beta", "gamma/stock"]
    with pytest.raises(FeedUnreadable, match=r"gamma/stock: cannot be listed"):
        zone.candidates(Feed("gamma", "stock"))


def test_a_zone_that_is_not_there_is_no_failure_of_the_server(server: SftpServer) -> None:
    zone = LandingZone(server.url.replace("/landing", "/nowhere"))

    assert not zone.exists()
    assert zone.problems() == [f"sftp://{USER}:***@127.0.0.1:{server.port}/nowhere: there is no such folder"]


def test_a_lost_connection_is_made_anew(server: SftpServer) -> None:
    server.put("acme/prices/a.csv", CONTENT)
    zone = LandingZone(server.url)
    assert zone.feeds() == [PRICES]

    server.drop_connections()

    assert zone.feeds() == [PRICES]


def test_a_server_that_is_gone_is_told_and_found_again(server: SftpServer) -> None:
    server.put("acme/prices/a.csv", CONTENT)
    zone = LandingZone(server.url)
    server.stop()

    for _ in range(2):
        with pytest.raises(LandingUnavailable, match="the connection was refused") as caught:
            zone.candidates(PRICES)
        assert_clean(caught.value)
    server.start()

    assert len(zone.candidates(PRICES)) == 1


def test_a_connection_lost_within_a_file_is_told(server: SftpServer, tmp_path: Path) -> None:
    server.put("acme/prices/a.csv", "1;2\n" * 5_000_000)
    zone = LandingZone(server.url)
    chunks = zone.chunks(only(zone), 1 << 20)
    next(chunks)
    server.stop()

    with pytest.raises(LandingUnavailable, match="cannot be reached: the connection was") as caught:
        list(chunks)

    assert_clean(caught.value)


def test_a_wrong_password_is_told_without_it(server: SftpServer) -> None:
    wrong = server.url.replace(QUOTED, "geheim")

    with pytest.raises(LandingUnavailable, match="the sign-in was refused") as caught:
        LandingZone(wrong)

    assert "geheim" not in str(caught.value)
    assert "LAKEHOUSE_LANDING" in str(caught.value.hint)


def test_an_unknown_host_key_is_refused(server: SftpServer, ssh_home: Path) -> None:
    (ssh_home / ".ssh" / "known_hosts").unlink()

    with pytest.raises(LandingUnavailable, match="its host key is not known here") as caught:
        LandingZone(server.url)

    assert f"ssh-keyscan -p {server.port} 127.0.0.1" in str(caught.value.hint)


def test_the_ssh_config_of_the_user_is_read(
    server: SftpServer, ssh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("acme/prices/a.csv", CONTENT)
    config = f"Host kontor\n HostName 127.0.0.1\n Port {server.port}\n User {USER}\n"
    (ssh_home / ".ssh" / "config").write_text(config)
    monkeypatch.setitem(fsspec.config.conf, "sftp", {"password": PASSWORD})

    assert LandingZone("sftp://kontor/landing").feeds() == [PRICES]


def assert_clean(error: LandingUnavailable) -> None:
    told = f"{error} {error.details}"
    assert f"sftp://{USER}:***@127.0.0.1" in told
    assert PASSWORD not in told
    assert QUOTED not in told
    assert error.hint
