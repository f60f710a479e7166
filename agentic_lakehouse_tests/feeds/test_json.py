from __future__ import annotations

import json

import pytest

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import json_text
from agentic_lakehouse.feeds.read import read_batches
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([{"a": 1}, {"a": 2}], ""),
        ({"items": [{"a": 1}, {"a": 2}]}, "items"),
        ({"data": {"page": 1, "products": [{"a": 1}, {"a": 2}]}, "links": [{"rel": "next"}]}, "data.products"),
        ({"tags": ["x", "y", "z"], "rows": [{"a": 1}, {"a": 2}]}, "rows"),
        ({"dotted.key": [{"a": 1}, {"a": 2}]}, "dotted.key"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_records_are_found_wherever_the_document_keeps_them(
    write: Write, document: object, path: str, indent: int | None
) -> None:
    file = write("a.json", json.dumps(document, indent=indent))

    assert sniffed(file).record_path == path
    assert reading(file).rows == [("1",), ("2",)]


def test_an_object_without_records_is_one_record(write: Write) -> None:
    path = write("a.json", '{"id": 7, "size": {"width": 3}}')

    assert reading(path).names == ("id", "size.width")
    assert reading(path).rows == [("7", "3")]


def test_nested_objects_become_dotted_columns_and_arrays_stay_json(write: Write) -> None:
    record = {"id": "A1", "price": {"amount": 12.5, "currency": "EUR"}, "tags": ["a", {"b": 1.50}], "none": {}}
    path = write("a.json", json.dumps([record]))

    found = reading(path)

    assert found.names == ("id", "price.amount", "price.currency", "tags", "none")
    assert found.rows == [("A1", "12.5", "EUR", '["a",{"b":1.5}]', None)]


def test_columns_are_the_union_of_all_keys_in_order_of_first_sight(write: Write) -> None:
    path = write("a.json", '[{"b": 1}, {"a": 2, "b": 3}, {"c": {"d": null}}]')

    assert reading(path).names == ("b", "a", "c.d")
    assert reading(path).rows == [("1", None, None), ("3", "2", None), (None, None, None)]


def test_numbers_keep_every_digit_they_were_written_with(write: Write) -> None:
    path = write("a.json", '[{"a": 12.50, "b": 12345678901234567890123, "c": 1e-7, "d": 0.1000000000000000055}]')

    assert reading(path).rows == [("12.50", "12345678901234567890123", "1e-7", "0.1000000000000000055")]


def test_truth_null_and_text_have_one_spelling(write: Write) -> None:
    path = write("a.json", '[{"a": true, "b": false, "c": null, "d": "", "e": " x\\n", "f": []}]')

    assert reading(path).rows == [("true", "false", None, None, " x\n", "[]")]


def test_each_record_has_its_line_and_its_verbatim_text(write: Write) -> None:
    path = write("a.json", '{"n": 2,\n "items": [\n  {"a": 1,\n   "b": 2},\n  {"a":   3}\n ]\n}\n')

    found = reading(path)

    assert found.lines == [3, 5]
    assert found.raw == ['{"a": 1,\n   "b": 2}', '{"a":   3}']


def test_what_is_no_object_is_kept_aside(write: Write) -> None:
    found = reading(write("a.json", '[{"a": 1},\n "rubbish",\n [1, 2],\n {"a": 2}]'))

    assert found.rows == [("1",), ("2",)]
    assert [(b.row_number, b.line, b.code, b.raw) for b in found.broken] == [
        (2, 2, "not_an_object", '"rubbish"'),
        (3, 3, "not_an_object", "[1, 2]"),
    ]


@pytest.mark.parametrize(
    ("record", "column"),
    [
        ('{"a": 1, "a": 2}', "a"),
        ('{"x": {"a": 1, "a": 2}}', "x.a"),
        ('{"x.a": 1, "x": {"a": 2}}', "x.a"),
        ('{"\\ud800": 1, "\\ud800": 2}', "?"),
        ('{"x": [0, {"a": 1, "a": 2}]}', "x.a"),
        ('{"x": [{"y": [{"a": 1, "a": 2}]}]}', "x.a"),
    ],
)
def test_a_field_that_stands_twice_breaks_its_record(write: Write, record: str, column: str) -> None:
    found = reading(write("a.json", f'[{{"id": 1}}, {record}]'))

    assert [(b.code, b.column) for b in found.broken] == [("repeated_field", column)]


@pytest.mark.parametrize(("text", "code"), [("\\ud800", "bad_encoding"), ("x\\u0000y", "nul_byte")])
def test_text_that_cannot_be_stored_breaks_its_record(write: Write, text: str, code: str) -> None:
    found = reading(write("a.json", f'[{{"a": "{text}"}}, {{"a": "\\ud83d\\ude00"}}]'))

    assert [b.code for b in found.broken] == [code]
    assert found.rows == [("😀",)]


def test_records_larger_than_the_window_are_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "CHUNK", 7)
    document = {"skip": [[1, "x]"], {"y": "{"}], "items": [{"a": 'quote " and \\', "n": 12345.678}, {"a": "ü" * 50}]}
    path = write("a.json", json.dumps(document, ensure_ascii=False))

    assert reading(path).rows == [('quote " and \\', "12345.678"), ("ü" * 50, None)]


def test_a_record_without_end_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "CHUNK", 100)
    monkeypatch.setattr(json_text, "MAX_LINE", 1000)

    with pytest.raises(FeedUnreadable, match="longer than 1,000 characters"):
        sniffed(write("a.json", '[{"a": "' + "x" * 5000 + '"}]'))


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', '{"a":[', '{"skip":' + "[" * 300])
def test_endless_nesting_is_refused(write: Write, opening: str) -> None:
    with pytest.raises(FeedUnreadable, match=r"nested too deeply|truncated or damaged"):
        sniffed(write("a.json", opening * 20_000))


@pytest.mark.parametrize("depth", [50, 300, 900, 960, 980, 990, 2000])
def test_a_record_of_any_depth_is_read_or_kept_aside(write: Write, depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    found = reading(write("a.jsonl", f'{{"id": 1}}\n{deep}\n'))

    assert len(found.rows) + len(found.broken) == 2


def test_too_many_keys_are_refused(write: Write) -> None:
    path = write("a.json", json.dumps([{f"k{i}": 1} for i in range(2500)]))

    with pytest.raises(FeedUnreadable, match="columns; at most 2,000"):
        reading(path)


def test_records_that_moved_are_refused(write: Write) -> None:
    path = write("a.json", '{"rows": [{"a": 1}]}')

    with pytest.raises(FeedUnreadable, match="has no records at 'items'"):
        reading(path, FileFormat(kind="json", encoding="utf-8", record_path="items"))


def test_records_without_fields_are_refused(write: Write) -> None:
    with pytest.raises(FeedUnreadable, match="has no columns"):
        reading(write("a.json", "[{}, {}]"))


def test_all_arrays_at_the_path_of_the_records_are_read(write: Write) -> None:
    path = write("a.json", '{"d": [{"a": 1}], "n": [{"b": 0}, {"b": 0}], "d": [{"a": 2}, {"a": 3}]}')

    assert sniffed(path).record_path == "d"
    assert reading(path).rows == [("1",), ("2",), ("3",)]


@pytest.mark.parametrize("number", ["1.5", "1e5", "-0.5E+5"])
def test_a_number_that_the_window_cuts_anywhere_is_passed_over_whole(
    write: Write, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    path = write("a.json", f'{{"vector": [0, {number}], "rows": [{{"a": 1}}]}}')

    for chunk in range(14, 24):
        monkeypatch.setattr(json_text, "CHUNK", chunk)
        assert reading(path).rows == [("1",)]


def test_a_key_without_characters_is_a_column_like_any_other(write: Write) -> None:
    path = write("a.json", '[{"": 1, "a": {"": 2}}, {"column_0": 3}]')

    [batch] = read_batches(path, sniffed(path), name="a.json")

    assert batch.rows.to_dicts() == [{"": "1", "a.": "2", "column_0": None}, {"": None, "a.": None, "column_0": "3"}]
