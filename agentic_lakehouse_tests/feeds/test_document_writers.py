"""JSON and XML as the usual writers write them are read to the table that was written."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.dom import minidom
from xml.etree import ElementTree as ET
from xml.sax.saxutils import XMLGenerator

import duckdb
import polars as pl
import pydantic_core
import pytest

from agentic_lakehouse_tests.feeds.scene import reading, sniffed

Records = list[dict[str, Any]]
FLAT: Records = [
    {"sku": f"{i:05d}", "name": f'Stuhl & <Tisch> "{i}" ä€\n2', "price": i + 0.5, "stock": i, "sold": i % 2 == 0}
    for i in range(12)
]
FLAT_ROWS = [(f"{i:05d}", f'Stuhl & <Tisch> "{i}" ä€\n2', f"{i}.5", str(i), str(i % 2 == 0).lower()) for i in range(12)]
NESTED: Records = [
    {"id": str(i), "price": {"net": i + 0.5, "tax": {"rate": 19}}, "tags": ["a", "ü"], "parts": [{"n": 1}]}
    for i in range(6)
]
NESTED_ROWS = [(str(i), f"{i}.5", "19", '["a","ü"]', '[{"n":1}]') for i in range(6)]


def by_duckdb(path: Path, records: Records, *, is_array: bool) -> None:
    with duckdb.connect() as connection:
        connection.register("t", pl.DataFrame(records).to_arrow())
        connection.execute(f"COPY t TO '{path}' (FORMAT json, ARRAY {is_array})")


def by_jq(path: Path, records: Records, *options: str) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    with path.open("wb") as file:
        subprocess.run(["jq", *options], input=json.dumps(records).encode(), stdout=file, check=True)


JSON: dict[str, Callable[[Path, Records], object]] = {
    "json": lambda path, records: path.write_text(json.dumps(records), encoding="utf-8"),
    "json, indented": lambda path, records: path.write_text(json.dumps(records, indent=4), encoding="utf-8"),
    "json, as it is, marked": lambda path, records: path.write_text(
        json.dumps(records, ensure_ascii=False), encoding="utf-8-sig"
    ),
    "json, UTF-16": lambda path, records: path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-16"),
    "json, wrapped": lambda path, records: path.write_text(
        json.dumps({"status": "ok", "page": {"next": None, "total": 1}, "data": {"items": records}}), encoding="utf-8"
    ),
    "pydantic": lambda path, records: path.write_bytes(pydantic_core.to_json(records)),
    "pydantic, indented": lambda path, records: path.write_bytes(pydantic_core.to_json(records, indent=2)),
    "Polars": lambda path, records: pl.DataFrame(records).write_json(path),
    "DuckDB": lambda path, records: by_duckdb(path, records, is_array=True),
    "jq": lambda path, records: by_jq(path, records, "--tab", "."),
}
JSON_LINES: dict[str, Callable[[Path, Records], object]] = {
    "json": lambda path, records: path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8"),
    "Polars": lambda path, records: pl.DataFrame(records).write_ndjson(path),
    "DuckDB": lambda path, records: by_duckdb(path, records, is_array=False),
    "jq": lambda path, records: by_jq(path, records, "-c", ".[]"),
}


@pytest.mark.parametrize("writer", JSON)
def test_json_of_each_writer_is_read_to_the_same_table(tmp_path: Path, writer: str) -> None:
    for name, records, rows in (("flat", FLAT, FLAT_ROWS), ("nested", NESTED, NESTED_ROWS)):
        path = tmp_path / f"{name}.json"
        JSON[writer](path, records)

        assert sniffed(path).kind == "json"
        assert reading(path).rows == rows
    assert reading(path).names == ("id", "price.net", "price.tax.rate", "tags", "parts")


@pytest.mark.parametrize("writer", JSON_LINES)
def test_json_lines_of_each_writer_are_read_to_the_same_table(tmp_path: Path, writer: str) -> None:
    for name, records, rows in (("flat", FLAT, FLAT_ROWS), ("nested", NESTED, NESTED_ROWS)):
        path = tmp_path / f"{name}.jsonl"
        JSON_LINES[writer](path, records)

        assert sniffed(path).kind == "jsonl"
        assert reading(path).rows == rows


@pytest.mark.parametrize("writer", ["json", "pydantic", "jq"])
def test_keys_that_vary_from_record_to_record_make_one_table(tmp_path: Path, writer: str) -> None:
    JSON[writer](tmp_path / "a.json", [{"a": 1}, {"b": {"c": 2}}, {"a": 3, "b": None, "d": []}])

    found = reading(tmp_path / "a.json")

    assert found.names == ("a", "b.c", "b", "d")
    assert found.rows == [("1", None, None, None), (None, "2", None, None), ("3", None, None, "[]")]


TEXTS = [f"<b>Größe {i}</b> & mehr €" for i in range(6)]


def by_element_tree(path: Path, vocabulary: str, *, encoding: str = "utf-8") -> None:
    ET.ElementTree(_element(minidom_of(vocabulary).documentElement)).write(
        path, encoding=encoding, xml_declaration=True
    )


def _element(node: Any) -> ET.Element:
    element = ET.Element(node.tagName, dict(node.attributes.items()))
    for child in node.childNodes:
        if child.nodeType == node.ELEMENT_NODE:
            element.append(_element(child))
        else:
            element.text = (element.text or "") + child.data
    return element


def by_minidom(path: Path, vocabulary: str, *, encoding: str = "utf-8", indent: str = "") -> None:
    document = minidom_of(vocabulary)
    text = document.toprettyxml(indent=indent, encoding=encoding) if indent else document.toxml(encoding=encoding)
    path.write_bytes(text)


def by_sax(path: Path, vocabulary: str, *, encoding: str = "utf-8") -> None:
    with path.open("wb") as file:
        writer = XMLGenerator(file, encoding=encoding, short_empty_elements=True)  # type: ignore[arg-type] # takes bytes
        writer.startDocument()
        _generate(writer, minidom_of(vocabulary).documentElement)
        writer.endDocument()


def _generate(writer: XMLGenerator, node: Any) -> None:
    writer.startElement(node.tagName, dict(node.attributes.items()))
    for child in node.childNodes:
        if child.nodeType == node.ELEMENT_NODE:
            _generate(writer, child)
        else:
            writer.characters(child.data)
    writer.endElement(node.tagName)


def add(parent: Any, tag: str, text: str = "", *, cdata: bool = False, **attributes: str) -> Any:
    document = parent.ownerDocument or parent
    node = parent.appendChild(document.createElement(tag))
    for name, value in attributes.items():
        node.setAttribute(name.replace("__", ":"), value)
    if text:
        node.appendChild(document.createCDATASection(text) if cdata else document.createTextNode(text))
    return node


def rss(document: minidom.Document) -> None:
    channel = add(add(document, "rss", version="2.0", xmlns__g="http://base.google.com/ns/1.0"), "channel")
    add(channel, "title", "Shop")
    for i, text in enumerate(TEXTS):
        item = add(channel, "item")
        add(item, "g:id", f"{i:05d}")
        add(item, "description", text, cdata=True)
        add(item, "g:price", f"{i}.50 EUR")
        for link in ("a", "b"):
            add(item, "g:additional_image_link", f"https://x.example/{link}")


def bmecat(document: minidom.Document) -> None:
    top = add(document, "BMECAT", version="1.2")
    add(add(top, "HEADER"), "LANGUAGE", "deu")
    catalog = add(top, "T_NEW_CATALOG")
    for i, text in enumerate(TEXTS):
        item = add(catalog, "ARTICLE", mode="new")
        add(item, "SUPPLIER_AID", f"{i:05d}")
        add(add(item, "ARTICLE_DETAILS"), "DESCRIPTION_LONG", text, cdata=True)
        add(add(add(item, "ARTICLE_PRICE_DETAILS"), "ARTICLE_PRICE", price_type="net"), "PRICE_AMOUNT", f"{i}.50")
        for keyword in ("a", "b"):
            add(item, "KEYWORD", keyword)


def marketplace(document: minidom.Document) -> None:
    envelope = add(document, "AmazonEnvelope")
    add(add(envelope, "Header"), "DocumentVersion", "1.01")
    for i, text in enumerate(TEXTS):
        item = add(add(envelope, "Message"), "Product")
        add(item, "SKU", f"{i:05d}")
        add(item, "Description", text, cdata=True)
        add(item, "Price", f"{i}.50", currency="EUR")
        for bullet in ("a", "b"):
            add(item, "BulletPoint", bullet)


def minidom_of(vocabulary: str) -> minidom.Document:
    """A catalog of six products in the manner of a vocabulary; descriptions are CDATA."""
    document = minidom.Document()
    {"rss": rss, "bmecat": bmecat, "marketplace": marketplace}[vocabulary](document)
    return document


XML: dict[str, Callable[[Path, str], None]] = {
    "ElementTree": by_element_tree,
    "ElementTree, ASCII": lambda path, vocabulary: by_element_tree(path, vocabulary, encoding="us-ascii"),
    "minidom": by_minidom,
    "minidom, ISO-8859-15": lambda path, vocabulary: by_minidom(path, vocabulary, encoding="iso-8859-15"),
    "minidom, pretty": lambda path, vocabulary: by_minidom(path, vocabulary, indent="\t"),
    "minidom, UTF-16": lambda path, vocabulary: by_minidom(path, vocabulary, encoding="utf-16"),
    "SAX": by_sax,
}
VOCABULARIES = {
    "rss": (
        "rss/channel/item",
        ("id", "description", "price", "additional_image_link"),
        [(f"{i:05d}", TEXTS[i], f"{i}.50 EUR", '["https://x.example/a","https://x.example/b"]') for i in range(6)],
    ),
    "bmecat": (
        "BMECAT/T_NEW_CATALOG/ARTICLE",
        (
            "@mode",
            "SUPPLIER_AID",
            "ARTICLE_DETAILS.DESCRIPTION_LONG",
            "ARTICLE_PRICE_DETAILS.ARTICLE_PRICE.@price_type",
            "ARTICLE_PRICE_DETAILS.ARTICLE_PRICE.PRICE_AMOUNT",
            "KEYWORD",
        ),
        [("new", f"{i:05d}", TEXTS[i], "net", f"{i}.50", '["a","b"]') for i in range(6)],
    ),
    "marketplace": (
        "AmazonEnvelope/Message",
        ("Product.SKU", "Product.Description", "Product.Price", "Product.Price.@currency", "Product.BulletPoint"),
        [(f"{i:05d}", TEXTS[i], f"{i}.50", "EUR", '["a","b"]') for i in range(6)],
    ),
}


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
@pytest.mark.parametrize("writer", XML)
def test_xml_of_each_writer_and_vocabulary_is_read_to_the_same_table(
    tmp_path: Path, writer: str, vocabulary: str
) -> None:
    path = tmp_path / "a.xml"
    XML[writer](path, vocabulary)

    record_path, names, rows = VOCABULARIES[vocabulary]
    assert sniffed(path).record_path == record_path
    assert reading(path).names == names
    assert reading(path).rows == rows
