"""Of what is unique, the key is what is called like one."""

from __future__ import annotations

import pytest


@pytest.fixture
def keys(measure, spec_of):
    def of(header: str, row, rows: int = 40):
        lines = [header, *(";".join(str(v) for v in row(n)) for n in range(rows))]
        spec = spec_of(measure("\n".join(lines) + "\n"))
        return spec.primary_key, spec.natural_keys

    return of


def test_an_identifier_comes_before_a_name_and_a_price(keys) -> None:
    primary, natural = keys("Preis;Name;id", lambda n: (f"{n},50", f"Thing {n}", n))

    assert (primary, natural) == (("id",), ())


def test_other_codes_are_natural_keys(keys) -> None:
    primary, natural = keys("id;EAN;Titel", lambda n: (n, f"40063813{n:05d}", f"Thing {n}"))

    assert (primary, natural) == (("id",), (("ean",),))


def test_the_vendors_own_code_comes_before_a_barcode(keys) -> None:
    primary, _ = keys("ean;sku", lambda n: (f"40063813{n:05d}", f"A-{n}"))

    assert primary == ("sku",)


def test_a_name_is_a_key_where_nothing_better_is(keys) -> None:
    assert keys("name;text", lambda n: (f"Thing {n}", "same"))[0] == ("name",)


@pytest.mark.parametrize("header", ["Preis", "Beschreibung"])
def test_what_is_unique_by_chance_is_no_key(keys, header) -> None:
    values = {"Preis": lambda n: f"{n},50", "Beschreibung": lambda n: f"A long text about thing {n} " * 8}

    assert keys(f"{header};Farbe", lambda n: (values[header](n), "rot"))[0] == ()


def test_columns_that_are_unique_together_are_a_key_with_an_identifier_among_them(keys) -> None:
    primary, _ = keys("order_id;line;qty", lambda n: (f"O{n // 4}", n % 4 + 1, 5))

    assert set(primary) == {"order_id", "line"}


def test_a_key_is_never_null(measure, spec_of) -> None:
    spec = spec_of(measure("id;name\n" + "".join(f"{n};Thing {n}\n" for n in range(30))))

    assert [c.nullable for c in spec.columns] == [False, True]
