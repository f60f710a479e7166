"""A big document is described by its beginning, unless the rest of it looks like something else."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import record_path, xml_shape
from agentic_lakehouse.feeds.read import read_batches, source_names
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import sniffed

PRODUCTS = [{"sku": f"A{i}", "price": i, "name": "chair " * 20} for i in range(9_000)]
CODES = [{"code": i, "label": "colour " * 10} for i in range(4_000)]


@pytest.fixture(autouse=True)
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_path, "SAMPLE", 100_000)
    monkeypatch.setattr(xml_shape, "SAMPLE", 100_000)


def as_xml(tag: str, items: list[dict[str, object]]) -> str:
    return "".join(f"<{tag}>{''.join(f'<{k}>{v}</{k}>' for k, v in item.items())}</{tag}>\n" for item in items)


def test_the_records_of_a_document_are_told_from_its_beginning(write: Write) -> None:
    damaged = '{"items": ' + json.dumps(PRODUCTS)[:-1]

    assert sniffed(write("a.json", damaged)).record_path == "items"
    assert sniffed(write("a.xml", f"<list>{as_xml('product', PRODUCTS)}")).record_path == "list/product"


def test_records_behind_a_long_beginning_of_another_kind_are_found(write: Write) -> None:
    document = json.dumps({"codes": CODES, "items": PRODUCTS})
    xml = f"<l><codes>{as_xml('item', CODES)}</codes><items>{as_xml('item', PRODUCTS)}</items></l>"

    assert sniffed(write("a.json", document)).record_path == "items"
    assert sniffed(write("a.xml", xml)).record_path == "l/items/item"


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.xml"])
def test_names_come_from_a_sample_and_what_it_lacks_is_told_while_reading(write: Write, name: str) -> None:
    records = [*PRODUCTS, {"sku": "B", "late": "x"}]
    content = {
        "a.json": json.dumps(records),
        "a.jsonl": "\n".join(map(json.dumps, records)),
        "a.xml": f"<list>{as_xml('product', records)}</list>",
    }[name]
    path = write(name, content)
    fmt = sniffed(path)

    names = source_names(path, fmt, name=name, sample=10_000)
    met: dict[str, None] = {}
    read = sum(batch.records for batch in read_batches(path, fmt, name=name, names=names, met=met))

    assert names == ("sku", "price", "name")
    assert tuple(met) == source_names(path, fmt, name=name) == ("sku", "price", "name", "late")
    assert read == len(records)


def test_an_empty_element_around_others_is_no_new_column(write: Write) -> None:
    path = write("a.xml", "<t><r><a>1</a><b></b><c/><d>x</d></r><r><a>2</a><b><e>3</e></b><c/></r></t>")
    met: dict[str, None] = {}

    list(read_batches(path, sniffed(path), name="a.xml", names=("a", "c", "gone"), met=met))

    assert tuple(met) == ("a", "c", "d", "b.e")


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.xml"])
def test_a_reader_that_is_closed_reads_no_further(write: Write, name: str) -> None:
    path = write(
        name,
        {
            "a.json": json.dumps(PRODUCTS)[:-1],
            "a.jsonl": "\n".join(map(json.dumps, PRODUCTS)),
            "a.xml": f"<list>{as_xml('product', PRODUCTS)}",
        }[name],
    )
    fmt = sniffed(path)
    names = source_names(path, fmt, name=name, sample=10_000)

    batches = read_batches(path, fmt, name=name, names=names, batch_rows=10)

    assert [batch.records for batch in islice(batches, 3)] == [10, 10, 10]
    if name != "a.jsonl":
        with pytest.raises(FeedUnreadable):
            list(batches)
