"""What stands in the text area is read back as what it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.yaml_file import parse_yaml
from agentic_lakehouse.web.render import ago, as_yaml, clip, share, visible

CELLS = st.text() | st.sampled_from(
    ["no", "yes", "null", "1", "2026-01-01", "0x1f", "a: b", "- x", "'", '"', "\r\n", "~"]
)
VALUES = st.recursive(
    CELLS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(CELLS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(CELLS, VALUES, max_size=4))
def test_a_contract_written_as_yaml_is_read_back_as_it_was(content: dict[str, object]) -> None:
    assert parse_yaml(as_yaml(content), Path("the edit")).data == content


@pytest.mark.parametrize(
    ("part", "told"), [(0, "0 %"), (0.004, "under 1 %"), (0.25, "25 %"), (0.999, "over 99 %"), (1, "100 %")]
)
def test_little_is_never_told_as_nothing(part: float, told: str) -> None:
    assert share(part) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(5, "just now"), (60, "1 minute ago"), (7_300, "2 hours ago"), (200_000, "2 days ago")]
)
def test_a_time_is_told_in_its_largest_unit(seconds: int, told: str) -> None:
    assert ago(datetime.now(UTC) - timedelta(seconds=seconds)) == told


def test_what_hides_in_a_text_is_shown() -> None:
    assert clip("invoice\u202etxt.exe\u200b") == "invoice\\u202etxt.exe\\u200b"
    assert visible("می\u200cخواهم\tÄ\n") == "می\u200cخواهم\tÄ\n"
