from __future__ import annotations

import gzip

import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import packing
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import sniffed


def test_a_gzip_bomb_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "FREE_BYTES", 100_000)
    path = write("a.csv.gz", gzip.compress(b"a;b\n1;2\n" * 500_000))

    with pytest.raises(FeedUnreadable, match="times its size"):
        sniffed(path)


def test_a_well_packed_table_is_no_bomb(write: Write) -> None:
    assert sniffed(write("a.csv.gz", gzip.compress(b"a;b\n1;2\n" * 50_000))).delimiter == ";"
