"""How a value becomes its target's type, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.errors import ContractInvalid, GuardRefused
from agentic_lakehouse.sql.compiler import compile_expression, compile_loss

Evaluate = Callable[..., str | None]
TEXT = {"a": "string"}
PRICE = {"price": "decimal(18,4)", "rate": "decimal(18,4)"}


def both(
    evaluate: Evaluate, expression: str, types: Mapping[str, str], target: str, *values: object
) -> tuple[str | None, str | None]:
    """Return the value, and the text that was lost."""
    value = compile_expression(expression, types=types, target_type=target)
    loss = compile_loss(expression, types=types, target_type=target)
    return evaluate(value, types, *values), evaluate(loss, types, *values)


@pytest.mark.parametrize(
    ("value", "expected"), [("2.00005", "2.0001"), ("-2.00005", "-2.0001"), ("2.00004", "2.0000"), ("2", "2.0000")]
)
def test_a_decimal_is_rounded_to_the_contract_half_away_from_zero(
    evaluate: Evaluate, value: str, expected: str
) -> None:
    assert both(evaluate, "w", {"w": "decimal(18,6)"}, "decimal(18,4)", value) == (expected, None)


def test_a_number_too_large_for_the_contract_is_lost(evaluate: Evaluate) -> None:
    assert both(evaluate, "w", {"w": "decimal(38,4)"}, "decimal(18,4)", "123456789012345.5") == (
        None,
        "123456789012345.5000",
    )


def test_a_fraction_does_not_become_a_whole_number(evaluate: Evaluate) -> None:
    types = {"q": "decimal(18,4)"}

    assert both(evaluate, "q", types, "long", "2.0000") == ("2", None)
    assert both(evaluate, "q", types, "long", "-2.5000") == (None, "-2.5000")
    assert both(evaluate, "a", TEXT, "long", "9223372036854775807") == ("9223372036854775807", None)
    assert both(evaluate, "a", TEXT, "long", "9223372036854775808") == (None, "9223372036854775808")


def test_a_decimal_becomes_text_without_trailing_zeros(evaluate: Evaluate) -> None:
    types = {"size": "decimal(18,4)", "n": "decimal(18,0)"}

    assert both(evaluate, "size", types, "string", "42.5", None) == ("42.5", None)
    assert both(evaluate, "size", types, "string", "100", None) == ("100", None)
    assert both(evaluate, "coalesce(n, size)", types, "string", None, "1200") == ("1200", None)


def test_the_utc_day_of_a_timestamp_is_its_date(evaluate: Evaluate) -> None:
    assert both(evaluate, "t", {"t": "timestamp"}, "date", "2024-01-01 23:30:00-02:00") == ("2024-01-02", None)


def test_a_naive_time_is_utc(evaluate: Evaluate) -> None:
    expression = "strptime(a, '%d.%m.%Y %H:%M')"

    assert both(evaluate, expression, TEXT, "timestamp", "01.02.2024 10:30") == ("2024-02-01 10:30:00+00", None)


@pytest.mark.parametrize(("kind", "target"), [("decimal(18,4)", "date"), ("date", "long"), ("boolean", "timestamp")])
def test_a_type_that_never_fits_is_refused_before_any_row(kind: str, target: str) -> None:
    with pytest.raises(GuardRefused, match="never becomes") as refused:
        compile_expression("x", types={"x": kind}, target_type=target)

    assert refused.value.details["node"] == "type"


def test_an_unknown_target_type_is_named() -> None:
    with pytest.raises(ContractInvalid, match="'money'"):
        compile_expression("a", types=TEXT, target_type="money")


@pytest.mark.parametrize(
    ("expression", "target", "cell", "lost"),
    [
        ("a", "date", "gestern", "gestern"),
        ("a", "date", "2024-01-01", None),
        ("CAST(a AS DECIMAL(18, 4))", "decimal(18,4)", "auf Anfrage", "auf Anfrage"),
        ("TRY_CAST(a AS INTEGER) + 1", "long", "x", "x"),
        ("parse_decimal(a, '1.234,56')", "decimal(18,4)", "auf Anfrage", "auf Anfrage"),
        ("parse_decimal(a, '1.234,56')", "decimal(18,4)", "1.234,5", None),
        ("strptime(a, '%d.%m.%Y')", "date", "31.02.2024", "31.02.2024"),
        ("value_map(a, 'ja', 'in_stock')", "string", "vielleicht", "vielleicht"),
        ("value_map(a, 'ja', 'in_stock', '-', NULL)", "string", "-", None),
        ("value_map(a, 'ja', 'in_stock')", "string", " ", None),
        ("convert_unit(TRY_CAST(a AS DECIMAL(18, 4)), 'g', 'kg')", "decimal(18,6)", "heavy", "heavy"),
        ("nullif(a, '0')", "string", "0", None),
        ("CASE WHEN a = 'x' THEN 'y' END", "string", "z", None),
        ("clean_text(a)", "string", "   ", None),
        ("coalesce(TRY_CAST(a AS INTEGER), 7)", "long", "x", None),
        ("coalesce(TRY_CAST(a AS INTEGER), NULL)", "long", "x", "x"),
        ("CASE WHEN TRY_CAST(a AS INTEGER) IS NULL THEN NULL ELSE a END", "string", "x", None),
        ("CASE WHEN length(a) > 3 THEN TRY_CAST(a AS DATE) END", "date", "abc", None),
        ("CASE WHEN length(a) > 3 THEN TRY_CAST(a AS DATE) END", "date", "abcd", "abcd"),
        ("CASE a WHEN 'n/a' THEN NULL ELSE TRY_CAST(a AS INTEGER) END", "long", "n/a", None),
        ("CASE a WHEN 'n/a' THEN NULL ELSE TRY_CAST(a AS INTEGER) END", "long", "x", "x"),
        ("json_extract_string(a, '$.x')", "string", "{broken", "{broken"),
        ("CAST(a AS BIGINT) * 4611686018427387904", "long", "4", "4"),
        ("a", "string", None, None),
        ("CAST(a AS INTEGER)", "long", None, None),
    ],
)
def test_only_a_hidden_value_counts_as_lost(
    evaluate: Evaluate, expression: str, target: str, cell: str | None, lost: str | None
) -> None:
    value, text = both(evaluate, expression, TEXT, target, cell)

    assert text == lost
    assert lost is None or value is None


def test_division_by_zero_is_null_and_no_loss(evaluate: Evaluate) -> None:
    assert both(evaluate, "divide(price, rate, 2)", PRICE, "decimal(18,4)", "1", "0") == (None, None)


def test_a_quotient_too_large_is_lost(evaluate: Evaluate) -> None:
    value, lost = both(evaluate, "divide(price, 0.0000000001, 10)", PRICE, "decimal(18,4)", "99999999999999", "1")

    assert value is None
    assert lost


def test_a_constant_has_no_columns_to_lose(evaluate: Evaluate) -> None:
    assert both(evaluate, "'EUR'", {}, "string") == ("EUR", None)
    assert both(evaluate, "NULL", {}, "decimal(18,4)") == (None, None)


decimals = st.decimals(min_value=-(10**9), max_value=10**9, places=4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(x=decimals, y=decimals, scale=st.integers(0, 10))
def test_division_is_exact_and_rounds_half_up(evaluate: Evaluate, x: Decimal, y: Decimal, scale: int) -> None:
    compiled = compile_expression(f"divide(price, rate, {scale})", types=PRICE, target_type=None)

    found = evaluate(compiled, PRICE, x, y)

    if y == 0:
        assert found is None
    else:
        # Numerator and denominator as whole numbers: exact whatever the decimal context is.
        above, below = int(x * 10**4) * 10**scale, int(y * 10**4)
        quotient = (2 * abs(above) + abs(below)) // (2 * abs(below))
        sign = -1 if (above < 0) != (below < 0) else 1
        assert found is not None
        assert Decimal(found) == Decimal(sign * quotient).scaleb(-scale)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(pounds=decimals)
def test_pounds_become_kilograms_exactly(evaluate: Evaluate, pounds: Decimal) -> None:
    types = {"w": "decimal(18,4)"}
    compiled = compile_expression("convert_unit(w, 'lb', 'kg')", types=types, target_type="decimal(18,6)")

    exact = (pounds * Decimal("0.45359237")).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)

    assert evaluate(compiled, types, pounds) == format(exact, "f") or exact == 0
