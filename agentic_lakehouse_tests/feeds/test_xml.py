from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.read import read_batches
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed


def catalog(count: int) -> ET.Element:
    """A catalog with a header of facts and products with parts, in the manner of BMEcat."""
    root = ET.Element("BMECAT", version="2005")
    header = ET.SubElement(root, "HEADER")
    for fact in ("LANGUAGE", "CATALOG_ID", "CURRENCY", "SUPPLIER"):
        ET.SubElement(header, fact).text = fact.lower()
    new = ET.SubElement(root, "T_NEW_CATALOG")
    for i in range(count):
        product = ET.SubElement(new, "PRODUCT", mode="new")
        ET.SubElement(product, "SUPPLIER_PID", type="supplier").text = f"A{i}"
        details = ET.SubElement(product, "PRODUCT_DETAILS")
        ET.SubElement(details, "DESCRIPTION_SHORT").text = f"Stühle & Tische <{i}>"
        features = ET.SubElement(product, "PRODUCT_FEATURES")
        for fname, fvalue in (("Farbe", "rot"), ("Höhe", "80"))[: 1 + i % 2]:
            feature = ET.SubElement(features, "FEATURE")
            ET.SubElement(feature, "FNAME").text = fname
            ET.SubElement(feature, "FVALUE").text = fvalue
        for word in ("a", "b")[: i % 3]:
            ET.SubElement(product, "KEYWORD").text = word
    return root


def saved(folder: Path, root: ET.Element, *, encoding: str = "utf-8") -> Path:
    path = folder / "a.xml"
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding=encoding, xml_declaration=True)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-15", "windows-1252", "us-ascii"])
def test_a_catalog_becomes_rows(tmp_path: Path, encoding: str) -> None:
    path = saved(tmp_path, catalog(3), encoding=encoding)

    fmt = sniffed(path)
    assert (fmt.kind, fmt.record_path) == ("xml", "BMECAT/T_NEW_CATALOG/PRODUCT")
    assert fmt.repeated == ("PRODUCT_FEATURES.FEATURE", "KEYWORD")
    found = reading(path, fmt)
    assert found.names == (
        "@mode",
        "SUPPLIER_PID",
        "SUPPLIER_PID.@type",
        "PRODUCT_DETAILS.DESCRIPTION_SHORT",
        "PRODUCT_FEATURES.FEATURE",
        "KEYWORD",
    )
    features = '[{"FNAME":"Farbe","FVALUE":"rot"},{"FNAME":"Höhe","FVALUE":"80"}]'
    assert found.rows == [
        ("new", "A0", "supplier", "Stühle & Tische <0>", '[{"FNAME":"Farbe","FVALUE":"rot"}]', None),
        ("new", "A1", "supplier", "Stühle & Tische <1>", features, '["a"]'),
        ("new", "A2", "supplier", "Stühle & Tische <2>", '[{"FNAME":"Farbe","FVALUE":"rot"}]', '["a","b"]'),
    ]


def test_a_record_keeps_its_line_and_its_text_verbatim(tmp_path: Path) -> None:
    path = saved(tmp_path, catalog(40))
    lines = path.read_text(encoding="utf-8").splitlines()

    found = reading(path, batch_rows=7)

    assert found.numbers == list(range(1, 41))
    assert [i for i, line in enumerate(lines, start=1) if "<PRODUCT " in line] == found.lines
    text = path.read_text(encoding="utf-8")
    assert all(raw in text and raw.startswith("<PRODUCT ") and raw.endswith("</PRODUCT>") for raw in found.raw)
    assert [ET.fromstring(raw).findtext("SUPPLIER_PID") for raw in found.raw] == [f"A{i}" for i in range(40)]


def test_records_longer_than_a_piece_and_pieces_of_many_records_are_whole(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentic_lakehouse.feeds.xml_text.CHUNK", 7)
    rows = [f'<r a="ü>{i}"><b>{"x" * (i * 5)}</b><m>t<i>{i}</i>t</m></r>' for i in range(20)]
    path = write("a.xml", f"<t>\n{''.join(rows)}<r a='>'/></t>")

    found = reading(path)

    assert found.raw == [*rows, "<r a='>'/>"]
    assert found.rows == [
        *((f"ü>{i}", "x" * (i * 5) or None, f"t<i>{i}</i>t") for i in range(20)),
        (">", None, None),
    ]


def test_a_feed_for_merchants_loses_its_prefixes_where_that_is_clear(write: Write) -> None:
    items = "".join(
        f"<item><title>Shop {i}</title><g:id>{i}</g:id><g:title>T{i}</g:title><g:price>1.00 EUR</g:price></item>"
        for i in range(3)
    )
    head = '<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>All</title><link>x</link>'
    path = write("a.xml", f'<?xml version="1.0"?>\n{head}{items}</channel></rss>')

    assert sniffed(path).record_path == "rss/channel/item"
    assert reading(path).names == ("title", "id", "g:title", "price")
    assert reading(path).rows[1] == ("Shop 1", "1", "T1", "1.00 EUR")


def test_records_may_be_nothing_but_attributes(write: Write) -> None:
    path = write("a.xml", '<data><row id="1" name="a &amp; b"/><row id="2" price=""/></data>')

    assert reading(path).names == ("@id", "@name", "@price")
    assert reading(path).rows == [("1", "a & b", None), ("2", None, None)]


def test_records_may_be_nothing_but_text(write: Write) -> None:
    path = write("a.xml", '<c><cat id="1">Chairs</cat><cat id="2">Tables</cat></c>')

    assert reading(path).names == ("#text", "@id")
    assert reading(path).rows == [("Chairs", "1"), ("Tables", "2")]


def test_cdata_comments_and_named_characters_are_read(write: Write) -> None:
    path = write(
        "a.xml",
        '<!DOCTYPE t SYSTEM "http://example.com/t.dtd"><t><!-- list -->'
        "<r><a><![CDATA[<b>1 & 2</b>]]></a><b x='&euro;'>5&nbsp;m&sup2;</b></r>"
        "<r><a>x<!-- y -->z</a><b>&#8364;</b></r></t>",
    )

    assert reading(path).rows == [("<b>1 & 2</b>", "5\xa0m²", "€"), ("xz", "€", None)]


def test_text_with_elements_in_it_stays_text_with_its_markup(write: Write) -> None:
    path = write("a.xml", "<t><r><d>A <b>big</b> &amp; <i>red</i> one</d></r><r><d>plain &amp; simple</d></r></t>")

    assert sniffed(path).mixed == ("d",)
    assert reading(path).rows == [("A <b>big</b> &amp; <i>red</i> one",), ("plain & simple",)]


def test_text_with_elements_in_it_keeps_its_attributes(write: Write) -> None:
    path = write("a.xml", '<t><r><d lang="de">A <b>big</b> one</d></r><r><d lang="en">small</d></r></t>')

    assert reading(path).names == ("d", "d.@lang")
    assert reading(path).rows == [("A <b>big</b> one", "de"), ("small", "en")]


def test_text_with_elements_in_an_array_keeps_its_attributes(write: Write) -> None:
    path = write("a.xml", '<t><r><d lang="de">A <b>big</b> one</d><d>x</d></r><r><d lang="en">small</d></r></t>')

    [[first], [second]] = reading(path).rows

    assert json.loads(first or "") == [{"@lang": "de", "#text": "A <b>big</b> one"}, "x"]
    assert json.loads(second or "") == [{"@lang": "en", "#text": "small"}]


def test_attributes_in_an_array_that_differ_in_their_prefix_alone_are_both_kept(write: Write) -> None:
    path = write("a.xml", '<t xmlns:a="u:a" xmlns:b="u:b"><r><d a:id="1" b:id="2">x</d><d a:id="3">y</d></r><r/></t>')

    [[cell], _] = reading(path).rows

    assert json.loads(cell or "") == [{"@a:id": "1", "@b:id": "2", "#text": "x"}, {"@id": "3", "#text": "y"}]


def test_one_record_is_not_mistaken_for_the_list_of_its_pictures(write: Write) -> None:
    fields = "".join(f"<f{i}>{i}</f{i}>" for i in range(6))
    path = write("a.xml", f"<c><h>x</h><p>{fields}<pictures><u>1</u><u>2</u></pictures></p></c>")

    assert sniffed(path).record_path == "c/p"
    assert reading(path).rows == [("0", "1", "2", "3", "4", "5", '["1","2"]')]


def test_arrays_keep_attributes_and_what_repeats_in_them(write: Write) -> None:
    part = '<s k="1"><v>a</v><v>b</v><w>x</w></s>'
    path = write("a.xml", f"<t><r><n>1</n>{part}<s><v>c</v></s></r><r><n>2</n></r><r><n>3</n></r></t>")

    cell = reading(path).rows[0][1]

    assert cell is not None
    assert json.loads(cell) == [{"@k": "1", "v": ["a", "b"], "w": "x"}, {"v": ["c"]}]


def test_a_later_file_that_breaks_the_shape_gives_bad_records_not_lost_values(write: Write) -> None:
    fmt = sniffed(write("a.xml", "<t><r><a>1</a><b>x</b></r><r><a>2</a><b>x</b></r></t>"))
    later = write("b.xml", "<t><r><a>1</a><a>2</a></r><r><a>3</a><b>x<i>y</i></b></r><r><a>4</a></r></t>")

    found = reading(later, fmt)

    assert [row[0] for row in found.rows] == ["4"]
    assert [(b.row_number, b.code, b.column) for b in found.broken] == [
        (1, "repeated_field", "a"),
        (2, "mixed_content", "b"),
    ]
    assert found.broken[0].raw == "<r><a>1</a><a>2</a></r>"


def test_a_record_with_broken_bytes_or_unknown_characters_is_kept_aside_alone(write: Write) -> None:
    path = write(
        "a.xml", b"<t><r><a>\xc3\xbc\xc3\xbc</a></r><r><a>\xff</a></r><r><a b='&bogus;'>1</a></r><r><a>4</a></r></t>"
    )

    found = reading(path)

    assert [row[0] for row in found.rows] == ["üü", "4"]
    assert [(b.row_number, b.code) for b in found.broken] == [(2, "bad_encoding"), (3, "unknown_entity")]


def test_records_that_moved_are_refused_while_they_are_read(write: Write) -> None:
    fmt = sniffed(write("a.xml", "<t><r><a>1</a></r><r><a>2</a></r></t>"))
    later = write("b.xml", "<t><s><a>1</a></s><s><a>2</a></s></t>")

    with pytest.raises(FeedUnreadable, match="has no records at 't/r'"):
        list(read_batches(later, fmt, name="b.xml", names=["a"]))
