from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid

IDS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,47}", fullmatch=True)


@settings(max_examples=50)
@given(IDS, IDS)
def test_a_feed_reads_back_from_its_text(vendor: str, name: str) -> None:
    feed = Feed(vendor, name)

    assert Feed.parse(str(feed)) == feed


def test_a_feed_names_its_table_and_its_branch() -> None:
    feed = Feed.parse("acme/prices")

    assert (feed.table, feed.branch) == ("acme__prices", "feed/acme/prices")


@pytest.mark.parametrize(
    ("feed", "others"),
    [
        ("acme/prices", []),
        ("a__b/c", ["a/b__c"]),
        ("a/b__c", ["a__b/c"]),
        ("a___b/c", ["a_/b__c"]),
        ("a/b__c__d", ["a__b/c__d", "a__b__c/d"]),
    ],
)
def test_a_feed_knows_who_else_would_have_its_table(feed: str, others: list[str]) -> None:
    assert [str(other) for other in Feed.parse(feed).namesakes] == others


@settings(max_examples=100)
@given(st.from_regex(r"[ab_]{1,4}", fullmatch=True), st.from_regex(r"[ab_]{1,6}", fullmatch=True))
def test_namesakes_share_a_table_and_know_each_other(vendor: str, name: str) -> None:
    feed = Feed(f"a{vendor}", f"b{name}")

    for other in feed.namesakes:
        assert other.table == feed.table
        assert feed in other.namesakes


@pytest.mark.parametrize("part", ["", "Acme", "-acme", "a b", "ä", "a/b", "..", "a" * 49, "acme\n"])
def test_an_id_that_could_not_be_a_folder_and_a_table_is_refused(part: str) -> None:
    with pytest.raises(UsageInvalid, match="cannot be a vendor or feed id") as caught:
        Feed(part, "prices")

    assert caught.value.details == {"id": part}
    assert caught.value.exit_code == 2


def test_a_text_without_a_slash_names_no_feed() -> None:
    with pytest.raises(UsageInvalid, match=r"Write it as `vendor/feed`"):
        Feed.parse("acme")


def test_feeds_sort_by_vendor_and_then_by_name() -> None:
    assert sorted([Feed("b", "a"), Feed("a", "z"), Feed("a", "b")]) == [Feed("a", "b"), Feed("a", "z"), Feed("b", "a")]


def test_an_error_survives_pickling_with_its_hint_and_details() -> None:
    with pytest.raises(UsageInvalid) as caught:
        Feed.parse("acme")
    copy = pickle.loads(pickle.dumps(caught.value))

    assert (str(copy), copy.hint, copy.details) == (str(caught.value), caught.value.hint, caught.value.details)
