from __future__ import annotations

import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading


def test_each_line_is_a_record(write: Write) -> None:
    found = reading(write("a.jsonl", '{"id": "A1", "n": 1}\n\n{"id": "A2", "extra": true}\r\n'))

    assert found.names == ("id", "n", "extra")
    assert found.rows == [("A1", "1", None), ("A2", None, "true")]
    assert found.lines == [1, 3]
    assert found.raw == ['{"id": "A1", "n": 1}', '{"id": "A2", "extra": true}']


def test_lines_that_are_no_objects_are_kept_aside_verbatim(write: Write) -> None:
    found = reading(write("a.jsonl", '{"a": 1}\n{"a": 2\n[3]\nnull\n{"a": 4}\n'))

    assert found.rows == [("1",), ("4",)]
    assert [(b.row_number, b.line, b.code, b.raw) for b in found.broken] == [
        (2, 2, "not_json", '{"a": 2'),
        (3, 3, "not_an_object", "[3]"),
        (4, 4, "not_an_object", "null"),
    ]


def test_a_broken_first_line_does_not_hide_the_kind(write: Write) -> None:
    found = reading(write("a.jsonl", '{"a": \n{"a": 2}\n'))

    assert found.rows == [("2",)]
    assert found.faults == [(1, "not_json")]


def test_a_file_of_broken_lines_alone_is_refused(write: Write) -> None:
    with pytest.raises(FeedUnreadable, match="has no columns"):
        reading(write("a.jsonl", "{rubbish\n{more\n"))
