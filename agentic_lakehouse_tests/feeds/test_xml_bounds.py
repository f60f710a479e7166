from __future__ import annotations

import gzip
import tracemalloc

import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import text, xml_text, xml_window
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (f'<!DOCTYPE t [<!ENTITY l0 "lol">{LAUGHS}]><t><a>&l9;</a></t>', "declares the entity 'l0'"),
        ('<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><t><a>&x;</a></t>', "declares the entity 'x'"),
        ('<!DOCTYPE t [<!ENTITY % x SYSTEM "http://example.com/x">%x;]><t><a>1</a></t>', "declares the entity 'x'"),
        ("<a>" * 5_000 + "</a>" * 5_000, "nested too deeply"),
        ("<t>" + "".join(f"<a{i}/>" for i in range(20_000)) + "</t>", "more than 10,000 kinds of elements"),
        ("<t>" + ("<r>" + "".join(f"<a{i}/>" for i in range(3_000)) + "</r>") * 2 + "</t>", "has 3,000 columns"),
        ("<t><r>" + " ".join(f"<a{i}/>" for i in range(9)) + "</r>\n<r></t>", "line 2: mismatched tag"),
        ("<t>\n<r><a>1</a></r>\n<r><a>2</a>", "no element found"),
        ("<t><r><a>1</a></r></t><t/>", "junk after document element"),
        ("<t><r><a>\x01</a></r></t>", "not well-formed"),
        ("<?xml version='1.0'?><t/>", "holds no records"),
        ("<?xml version='1.0'?><html><p>502</p><p>x</p></html>", "is HTML"),
    ],
)
def test_what_is_hostile_or_broken_is_refused_with_one_error(write: Write, content: str, cause: str) -> None:
    path = write("a.xml", content)

    with pytest.raises(FeedUnreadable, match=cause) as caught:
        reading(path, sniffed(path))

    assert caught.value.hint
    assert caught.value.details["file"] == "a.xml"


def test_a_tag_and_a_record_without_end_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_text, "MAX_LINE", 1 << 20)
    monkeypatch.setattr(xml_window, "MAX_LINE", 1 << 20)

    with pytest.raises(FeedUnreadable, match="one piece of it is longer than"):
        sniffed(write("a.xml", f'<t><r a="{"x" * (3 << 20)}"/></t>'))
    path = write("b.xml", f"<t><r><a>{'x ' * (3 << 20)}</a></r><r/></t>")
    with pytest.raises(FeedUnreadable, match="one record is longer than"):
        reading(path)


def test_memory_does_not_grow_with_the_file(write: Write) -> None:
    record = "<r><a>some text</a><b x='1'>more text</b></r>\n"
    path = write("a.xml.gz", gzip.compress(f"<t>{record * 200_000}</t>".encode()))
    fmt = sniffed(path)

    tracemalloc.start()
    try:
        sniffed(path)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert fmt.record_path == "t/r"
    assert text.MAX_LINE > xml_text.CHUNK


def test_a_path_that_is_gone_is_refused(write: Write) -> None:
    fmt = sniffed(write("a.xml", "<t><r><a>1</a></r><r><a>2</a></r></t>"))

    with pytest.raises(FeedUnreadable, match="has no records at 't/r'"):
        reading(write("b.xml", "<t><s><a>1</a></s><s/></t>"), fmt)
