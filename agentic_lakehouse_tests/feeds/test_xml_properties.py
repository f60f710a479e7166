from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse_tests.feeds.scene import reading

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffd\ufffe\uffff"))
FIELDS = st.lists(st.tuples(st.sampled_from("abcd"), TEXT, st.dictionaries(st.sampled_from("xy"), TEXT)), max_size=6)


def document(records: list[list[tuple[str, str, dict[str, str]]]]) -> bytes:
    root = ET.Element("list")
    for fields in records:
        record = ET.SubElement(root, "record")
        for tag, text, attributes in fields:
            ET.SubElement(record, tag, attributes).text = text
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(FIELDS, min_size=2, max_size=8))
def test_every_record_comes_once_and_every_text_comes_with_it(
    records: list[list[tuple[str, str, dict[str, str]]]],
) -> None:
    records[0].append(("id", "1", {}))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xml"
        path.write_bytes(document(records))

        found = reading(path)

    assert found.numbers == list(range(1, len(records) + 1))
    for fields, raw, row in zip(records, found.raw, found.rows, strict=True):
        assert [(e.tag, e.text or "") for e in ET.fromstring(raw)] == [(tag, text) for tag, text, _ in fields]
        cells = dict(zip(found.names, row, strict=True))
        for tag in {tag for tag, _, _ in fields}:
            texts = [text.strip() for field, text, _ in fields if field == tag]
            if not any(texts):
                continue
            cell = cells[tag]
            assert cell is not None
            shown = _texts(json.loads(cell)) if cell != texts[0] else texts
            assert [text for text in shown if text] == [text for text in texts if text]


def _texts(array: list[str | dict[str, str] | None]) -> list[str]:
    return [(item.get("#text", "") if isinstance(item, dict) else item) or "" for item in array]
