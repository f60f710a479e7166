"""One cell with several sides fills several targets, in the order that its header says, or none."""

from __future__ import annotations

import pytest

from agentic_lakehouse.brain.planner.dimensions import sides_of
from agentic_lakehouse.contracts.vendor import VendorFacts

ROWS = 20


@pytest.fixture
def sides(measure, mapping_of, product):
    def of(header: str, *cells: str, facts: VendorFacts | None = None, **more: str):
        columns = {"Name": ("Thing",), header: cells, **{name: (value,) for name, value in more.items()}}
        rows = [";".join(v[n % len(v)] for v in columns.values()) for n in range(ROWS)]
        made = mapping_of(measure("\n".join([";".join(columns), *rows]) + "\n"), product, facts)
        found = {line.target: line for line in made.columns}
        return {name: found[name] for name in ("length_cm", "width_cm", "height_cm") if name in found}

    return of


@pytest.mark.parametrize(
    ("header", "order"),
    [
        ("Dimensions (LxWxH)", ("length", "width", "height")),
        ("Maße B x H x T", ("width", "height", "depth")),
        ("Abmessungen LxBxH cm", ("length", "width", "height")),
        ("Dim. L×l×H", ("length", "width", "height")),
        ("Wymiary DxSxW", ("length", "width", "height")),
        ("Size H/W/D", ("height", "width", "depth")),
        ("Länge x Breite x Höhe", ("length", "width", "height")),
        ("Long. x Larg. x Haut.", ("length", "width", "height")),
        ("Package LWH", ("length", "width", "height")),
        ("Dimensions", ()),
        ("Size D x W", ()),
        ("L x L x H", ()),
        ("Height/Weight", ()),
        ("SKU", ()),
    ],
)
def test_a_header_may_tell_the_order(header: str, order: tuple[str, ...]) -> None:
    assert sides_of(header) == order


def test_each_number_goes_where_the_header_says(sides) -> None:
    found = sides("Abmessungen (LxBxH)", "20 x 30,5 x 5 cm", "1 x 2 x 3 mm")

    assert list(found) == ["length_cm", "width_cm", "height_cm"]
    assert found["width_cm"].expression == (
        """convert_unit(parse_decimal(regexp_extract(nth_item("abmessungen_lxbx_h", 'x', 2), '[-+]?[0-9][0-9.,]*'), """
        """'1.234,56'), regexp_extract(lower("abmessungen_lxbx_h"), '[a-z]+[.]?$'), 'cm')"""
    )
    assert {line.confidence for line in found.values()} == {0.85}


def test_a_unit_behind_each_number_is_each_ones_own(sides) -> None:
    found = sides("Size WxHxD", "20mm x 3cm x 5cm")

    assert "lower(nth_item(\"size_wxhx_d\", 'x', 1))" in found["width_cm"].expression
    assert "'x', 3)" in found["length_cm"].expression


def test_a_unit_in_the_header_or_with_the_vendor_is_converted_once(sides) -> None:
    of_header = sides("LxWxH (mm)", "200*300*50")["length_cm"]
    of_vendor = sides("LxWxH", "200*300*50", facts=VendorFacts(units={"length": "mm"}))["length_cm"]
    unknown = sides("LxWxH", "200*300*50")["length_cm"]

    assert of_header.expression.endswith(", 'mm', 'cm')")
    assert of_vendor.expression.endswith(", 'mm', 'cm')")
    assert unknown.confidence < of_header.confidence


def test_a_column_of_its_own_comes_first(sides) -> None:
    found = sides("LxWxH", "20 x 30 x 5 cm", Breite_cm="31")

    assert found["width_cm"].sources == ("Breite_cm",)
    assert found["length_cm"].sources == ("LxWxH",)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Dimensions", ("20 x 30 x 5 cm",)),
        ("Dimensions LxWxH", ("20 x 30 x 5 cm", "about a foot")),
        ("Dimensions LxWxH", ("20 x 30 x 5 cm", "20 x 30 x 5")),
        ("Dimensions LxWxH", ("20 x 30 x 5 px",)),
    ],
    ids=["no order", "prose", "a unit here and there", "another unit"],
)
def test_what_cannot_be_known_is_not_filled(sides, header: str, cells: tuple[str, ...]) -> None:
    assert sides(header, *cells) == {}
