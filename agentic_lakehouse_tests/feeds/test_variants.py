"""Rows that continue the row above are told by structure: where blanks stand, never what a header says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from agentic_lakehouse.contracts.profile import FeedProfile, Variants
from agentic_lakehouse.feeds import profile as profile_module
from agentic_lakehouse.feeds.profile import profile
from agentic_lakehouse.feeds.read import read_batches
from agentic_lakehouse.feeds.variants import MAX_PAIRS, VariantSearch
from agentic_lakehouse_tests.feeds.scene import sniffed

Row = tuple[object, ...]
Found = Callable[[str, Iterable[Row]], Variants | None]
HEADER = "a;b;c;d;e"


def measured(path: Path) -> FeedProfile:
    return profile(path, sniffed(path), name=path.name)


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """What a file of these rows is found to be."""

    def of(header: str, rows: Iterable[Row]) -> Variants | None:
        path = tmp_path / "a.csv"
        lines = [header, *(";".join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return measured(path).variants

    return of


def shop(products: int = 12, variants: int = 3) -> list[Row]:
    """Products with a code, a name and a maker on the first row, a size and a price on every row."""
    return [
        (f"p{p}", *((f"Thing {p}", "Acme") if v == 0 else ("", "")), "SMLX"[v], f"{p + v},50")
        for p in range(products)
        for v in range(variants)
    ]


def test_columns_that_stand_on_first_rows_are_found_with_what_filling_gains(found: Found) -> None:
    assert found(HEADER, shop()) == Variants(group="a", filled={"b": 24, "c": 24})


def test_most_products_may_have_one_row(found: Found) -> None:
    rows = [row for row in shop(40) if row[0] in {"p3", "p9", "p20"} or row[1]]

    assert found(HEADER, rows) == Variants(group="a", filled={"b": 6, "c": 6})


def test_names_and_order_of_columns_do_not_matter(found: Found) -> None:
    assert found("x;title;handle;y;z", [row[::-1] for row in shop()]) == Variants(
        group="z", filled={"handle": 24, "y": 24}
    )


def test_a_price_that_goes_with_the_product_is_no_handle(found: Found) -> None:
    rows = [
        (row[3], f"{10 + int(row[0][1:])},50", "on request" if i == 6 else int(row[0][1:]), *row[:3])
        for i, row in enumerate(tuple(map(str, row)) for row in shop())
    ]

    assert found("size;price;level;handle;title;maker", rows) == Variants(
        group="handle", filled={"title": 24, "maker": 24}
    )


def test_the_finer_of_two_sorted_columns_makes_the_groups(found: Found) -> None:
    rows = [(f"c{i // 12}", *row[:4]) for i, row in enumerate(shop())]

    assert found(HEADER, rows) == Variants(group="b", filled={"c": 24, "d": 24})


def test_rows_that_carry_only_another_image_are_rows_like_any_other(found: Found) -> None:
    rows: list[Row] = []
    for p in range(12):
        rows += [(f"p{p}", f"Thing {p}", "S", "1,50", f"a{p}.jpg"), (f"p{p}", "", "M", "2,50", f"b{p}.jpg")]
        rows += [(f"p{p}", "", "", "", f"c{p}.jpg")]

    assert found(HEADER, rows) == Variants(group="a", filled={"b": 24})


def test_a_column_that_only_some_products_fill_is_filled_down_where_it_cannot_be_chance(found: Found) -> None:
    rows = [(*row, f"sort {p % 4}" if row[1] and p % 3 == 0 else "") for p, row in enumerate(shop(120))]
    rows = [(*row[:5], row[5] if i % 2 == 0 else "") for i, row in enumerate(rows)]

    variants = found(HEADER + ";f", rows)

    assert variants is not None
    assert list(variants.filled) == ["b", "c", "f"]


def test_a_null_word_on_a_first_row_gains_nothing(found: Found) -> None:
    rows = [(*row[:2], "n/a" if row[0] == "p0" and row[1] else row[2], *row[3:]) for row in shop()]

    assert found(HEADER, rows) == Variants(group="a", filled={"b": 24, "c": 22})


def test_blank_cells_of_spaces_are_blank(found: Found) -> None:
    rows = [(row[0], row[1] or "  ", row[2] or " ", *row[3:]) for row in shop()]

    assert found(HEADER, rows) == Variants(group="a", filled={"b": 24, "c": 24})


@pytest.mark.parametrize("batch_rows", [1, 2, 7, 36])
def test_groups_are_found_across_the_borders_of_batches(
    found: Found, monkeypatch: pytest.MonkeyPatch, batch_rows: int
) -> None:
    monkeypatch.setattr(profile_module, "read_batches", partial(read_batches, batch_rows=batch_rows))

    assert found(HEADER, shop()) == Variants(group="a", filled={"b": 24, "c": 24})


@pytest.mark.parametrize("kind", ["xlsx", "json", "parquet"])
def test_every_kind_of_file_is_looked_at(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    table = pl.DataFrame(
        [[str(cell) or None for cell in row] for row in shop()], schema=HEADER.split(";"), orient="row"
    )
    if kind == "json":
        records = [{name: cell for name, cell in row.items() if cell} for row in table.to_dicts()]
        path.write_text(json.dumps(records), encoding="utf-8")
    elif kind == "parquet":
        table.write_parquet(path)
    else:
        from openpyxl import Workbook

        book = Workbook()
        for row in [tuple(table.columns), *table.rows()]:
            book.active.append(row)
        book.save(path)

    assert measured(path).variants == Variants(group="a", filled={"b": 24, "c": 24})


@pytest.mark.parametrize(
    ("path", "group"),
    [("feeds/shopify_apparel/apparel.csv", "Handle"), ("feeds/woocommerce_sample/sample_products.csv", None)],
)
def test_a_real_shop_export_is_told_from_one_whose_variants_stand_alone(
    shared_data: Path, path: str, group: str | None
) -> None:
    variants = measured(shared_data / path).variants

    assert (variants and variants.group) == group
    if variants:
        assert {"Title", "Body (HTML)", "Vendor", "Image Src"} <= variants.filled.keys()
        assert not {"Option1 Value", "Variant Price", "Type"} & variants.filled.keys()


def sparse() -> list[Row]:
    return [(f"p{i}", f"Thing {i}", "x" if i % 7 == 0 else "", f"c{i // 5}", "" if i % 2 else "y") for i in range(60)]


def sorted_categories() -> list[Row]:
    """Every row a product of its own; some cells of it are blank, anywhere."""
    return [
        (f"cat {i // 6}", f"Thing {i}", "" if i * 7 % 3 else "Acme", "" if i % 4 else f"note {i}", i) for i in range(60)
    ]


def one_row_groups() -> list[Row]:
    return [(f"p{i}", f"Thing {i}", "Acme", "", i) for i in range(60)]


def conflicting() -> list[Row]:
    """One later row in a hundred has a name of its own, and so has no column to be filled."""
    return [
        (row[0], "Other" if i == 7 else row[1], "Else" if i == 8 else row[2], *row[3:]) for i, row in enumerate(shop())
    ]


def few_groups() -> list[Row]:
    """Two groups of two rows: their blanks may stand there by chance."""
    return shop(2, 2)


def one_pair_of_many() -> list[Row]:
    """One doubled row with gaps in a long list is an accident."""
    return [row for row in shop(300) if row[1] or row[0] == "p9"]


def best_of_its_kind() -> list[Row]:
    """A mark, and a word, on the first row of each category."""
    return [(f"cat {i // 6}", f"Thing {i}", "" if i % 6 else "x", "" if i % 6 else "Bestseller", i) for i in range(60)]


def scattered() -> list[Row]:
    """The variants of a product do not stand together."""
    rows = shop()
    return [*rows[::3], *rows[1::3], *rows[2::3]]


def doubled() -> list[Row]:
    """Later rows say nothing that the first does not."""
    return [(row[0], row[1], row[2], row[0], "1") for row in shop()]


def merged_cells() -> list[Row]:
    """The group itself stands only on the first row: nothing says where it ends."""
    return [("" if i % 6 else f"cat {i // 6}", f"Thing {i}", "Acme", "" if i % 6 else "z", i) for i in range(60)]


@pytest.mark.parametrize(
    "rows",
    [
        sparse,
        sorted_categories,
        one_row_groups,
        conflicting,
        few_groups,
        one_pair_of_many,
        best_of_its_kind,
        scattered,
        doubled,
        merged_cells,
    ],
    ids=lambda rows: rows.__name__,
)
def test_what_only_looks_like_it_is_left_alone(found: Found, rows: Callable[[], list[Row]]) -> None:
    assert found(HEADER, rows()) is None


def test_a_mark_beside_columns_that_are_filled_down_is_not(found: Found) -> None:
    rows = [(*row, "yes" if row[1] else "") for row in shop()]

    assert found(HEADER + ";default", rows) == Variants(group="a", filled={"b": 24, "c": 24})


def test_the_finding_is_part_of_the_shape(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    shapes = set()
    for rows in (shop(), shop(20)):
        path.write_text("\n".join([HEADER, *(";".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
        shapes.add(measured(path).shape_sha256)
    alone = measured(path).model_copy(update={"variants": None})

    assert len(shapes) == 1
    assert alone.shape_sha256 not in shapes


def test_of_a_wide_file_only_the_first_columns_are_tried_as_handles() -> None:
    handles = {f"h{i}": [f"{i}-{row // 5}" for row in range(50)] for i in range(100)}
    titles = {f"t{i}": [None if row % 5 else f"{i}-{row}" for row in range(50)] for i in range(100)}
    rows = pl.DataFrame(handles | titles)
    search = VariantSearch(rows.columns)

    search.add(rows)

    assert [grouping.name for grouping in search._groupings] == [f"h{i}" for i in range(MAX_PAIRS // 200)]
