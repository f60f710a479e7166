"""A big file is looked at in few places, each of whole lines."""

from __future__ import annotations

import gzip

from agentic_lakehouse.feeds.excerpts import PLACES, excerpts
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

LINES = "".join(f"{i:06d};some text\n" for i in range(10_000)).encode()


def test_a_big_file_is_seen_at_its_head_and_evenly_behind_it(write: Write) -> None:
    found = list(excerpts(write("a.csv", LINES), 1_000, name="a.csv"))

    numbers = [int(excerpt[:6]) for excerpt in found]
    assert len(found) == PLACES
    assert numbers == [0, *(1_250 * place + 1 for place in range(1, PLACES))]
    assert all(excerpt.endswith(b"text\n") for excerpt in found)


def test_a_small_file_is_seen_whole(write: Write) -> None:
    assert b"".join(excerpts(write("a.csv", LINES), len(LINES) // PLACES + 1, name="a.csv")) == LINES


def test_a_packed_file_is_seen_at_its_head(write: Write) -> None:
    found = b"".join(excerpts(write("a.csv.gz", gzip.compress(LINES)), 1_000, name="a.csv.gz"))

    assert LINES.startswith(found)
    assert len(found) >= PLACES * 1_000


def test_letters_that_first_stand_far_down_tell_the_encoding(write: Write) -> None:
    path = write("a.csv", b"id;name\n" + LINES * 5 + "900000;Stühle für Gäste\n".encode("cp1252") * 1_000)

    assert sniffed(path).encoding == "cp1252"
    assert reading(path).rows[-1] == ("900000", "Stühle für Gäste")
