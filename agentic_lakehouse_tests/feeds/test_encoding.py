from __future__ import annotations

import pytest

from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

GERMAN = "Artikel;Größe;Preis\nA1;Übergröße für Männer;12,50 €\nA2;Schön weiß;3,00\n"
FRENCH = "réf;désignation\nA1;Chaussures d'été à lacets – élégantes\nA2;Manteau brûlé, œuvre\n"
SPANISH = "artículo;descripción\n1;Camión pequeño ¡oferta!\n2;Niño y niña, 20º\n"
SIGNS = "name;price\nWidget™ 5½ × 3 mm ±1°;£5\nFoo® – bar’s;€3\n"
CZECH = "název;cena\nČerveného koně;12\nŽluťoučký kůň příšerně úpěl;13\nŘeřicha česká;14\n"
POLISH = "nazwa;cena\nŻółta koszulka męska;12\nButy zimowe żeńskie ciepłe;13\nŚliczna gęś;14\n"
TURKISH = "ürün;fiyat\nAyakkabı erkek spor şık;12\nKışlık mont, ağır iş;13\n"
RUSSIAN = "Название;Цена\nКроссовки мужские;12\nКуртка зимняя;13\n"
GREEK = "Όνομα;Τιμή\nΠαπούτσια ανδρικά;12\nΜπουφάν χειμερινό;13\n"
CHINESE = "名称;价格\n男士运动鞋;12\n冬季外套;13\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_unicode_is_told_by_its_mark_or_its_bytes(write: Write, codec: str) -> None:
    path = write("a.csv", GERMAN, encoding=codec)

    assert reading(path).names == ("Artikel", "Größe", "Preis")
    assert reading(path).rows[1] == ("A2", "Schön weiß", "3,00")


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (GERMAN, "cp1252"),
        (FRENCH, "cp1252"),
        (SPANISH, "cp1252"),
        (SIGNS, "cp1252"),
        ("Grün;Menge\nx;1\n", "cp1252"),
        (GERMAN.replace("€", "EUR"), "cp850"),
        (GERMAN, "mac_roman"),
        (CZECH, "cp1250"),
        (POLISH, "cp1250"),
        (TURKISH, "cp1254"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (GREEK, "cp1253"),
        (CHINESE, "gb18030"),
    ],
)
def test_code_pages_are_told_by_what_their_letters_say(write: Write, text: str, codec: str) -> None:
    path = write("a.csv", text, encoding=codec)

    encoding = sniffed(path).encoding

    assert encoding is not None
    assert path.read_bytes().decode(encoding) == text


def test_ascii_is_utf_8_so_that_the_next_delivery_may_hold_more(write: Write) -> None:
    assert sniffed(write("a.csv", "a;b\n1;2\n")).encoding == "utf-8"


def test_a_mark_is_dropped_even_where_the_spec_does_not_expect_one(write: Write) -> None:
    plain = sniffed(write("a.csv", "a;b\n1;2\n"))

    assert reading(write("b.csv", "a;b\n1;2\n", encoding="utf-8-sig"), plain).names == ("a", "b")


def test_one_stray_byte_breaks_its_own_line_alone(write: Write) -> None:
    good = "".join(f"{i};Grün größer\n" for i in range(40))
    path = write("a.csv", b"id;Name\n" + good.encode() + b"99;Gr\xfcn\n" + good.encode())

    found = reading(path)

    assert sniffed(path).encoding == "utf-8"
    assert len(found.rows) == 80
    assert found.faults == [(42, "bad_encoding")]
    assert found.broken[0].raw == r"99;Gr\xfcn"
