"""Helpers for exact numbers: division, units, check digits, numbers written as text.

No binary floating point takes part, and nothing raises: a number that is too large is null. DuckDB divides
decimals into doubles, so division here is done on whole numbers: both sides are taken to ten digits (and up
to 17 before the point), and the quotient is rounded half away from zero.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sqlglot import exp

from agentic_lakehouse.sql.checks import integer_literal, text_literal
from agentic_lakehouse.sql.macro import Arguments, Macro
from agentic_lakehouse.sql.trees import fill
from agentic_lakehouse.sql.types import Dialect, literal
from agentic_lakehouse.sql.units import factor, unit_problem, units_like

SPACES = r"[\s\x{00a0}\x{2007}\x{200b}\x{202f}\x{3000}\x{feff}]"
"""White space as vendors use it, in both dialects' regular expressions."""
MAX_SCALE = 10
_FORMAT = re.compile(r"1(?P<group>[.,'’_ \u00a0\u202f]?)234(?:(?P<mark>[.,])56)?")
"""An example of how a number is written: `1.234,56`, `1,234.56`, `1 234,56`, `1234.56`, `1.234`."""
_GS1_LENGTHS = "[0-9]{8}|[0-9]{12,14}|[0-9]{17,18}"
"""Keys that end in a check digit: GTIN-8, -12, -13, -14 (GLN and ISBN-13 as -13), GSIN and SSCC."""


def _check_divide(arguments: Arguments) -> str | None:
    if len(arguments) != 3 or integer_literal(arguments[2]) not in range(MAX_SCALE + 1):
        return f"its scale must be a whole number from 0 to {MAX_SCALE}"
    return None


def _divide(arguments: Arguments, dialect: Dialect) -> exp.Expr:
    x, y, digits = arguments
    scale = integer_literal(digits) or 0
    if dialect == "spark":
        # DECIMAL(22,8) over DECIMAL(22,8) is exact to 16 digits in Spark, then rounded half up.
        sides = "TRY_CAST($x AS DECIMAL(22, 8)), TRY_CAST($y AS DECIMAL(22, 8))"
        return fill(f"ROUND(TRY_DIVIDE({sides}), {scale})", x=x, y=y)
    # 27 digits a side: every product and quotient below then fits, so nothing can raise.
    whole = "CAST(TRY_CAST({0} AS DECIMAL(27, 10)) * 10000000000 AS HUGEINT)"
    above, below = whole.format("$x"), f"NULLIF({whole.format('$y')}, 0)"
    halves = f"{above} * {2 * 10**scale} + SIGN(TRY_CAST($x AS DECIMAL(27, 10))) * ABS({below})"
    step = f"CAST({literal(format(10**-scale, f'.{scale}f'))} AS DECIMAL({scale + 1}, {scale}))"
    return fill(f"TRY_CAST(({halves}) // (2 * {below}) AS DECIMAL({37 - scale}, 0)) * {step}", x=x, y=y)


def _check_convert(arguments: Arguments) -> str | None:
    if len(arguments) != 3:
        return "it takes a number, the unit it is in, and the unit it shall be in"
    source, target = arguments[1], text_literal(arguments[2])
    if target is None:
        return "the unit to convert to must be a string literal"
    given = text_literal(source)
    if given is None:
        return unit_problem(target, target) or (
            "the unit it is in must be a string literal or a column" if isinstance(source, exp.Literal) else None
        )
    return unit_problem(given, target)


def _convert(arguments: Arguments, dialect: Dialect) -> exp.Expr:
    value, source, target = arguments
    given = text_literal(source)
    if given is not None:
        return _scaled(value, factor(given, target.name), dialect)
    # The unit stands in a column: one branch for each unit of the target's dimension.
    branches = {
        f"v{n}": _scaled(value, factor(unit, target.name), dialect) for n, unit in enumerate(units_like(target.name))
    }
    whens = " ".join(
        f"WHEN {literal(unit)} THEN TRY_CAST(${name} AS DECIMAL(38, 10))"
        for name, unit in zip(branches, units_like(target.name), strict=True)
    )
    return fill(f"CASE LOWER(TRIM(CAST($unit AS VARCHAR))) {whens} END", unit=source, **branches)


def _scaled(value: exp.Expr, by: Fraction, dialect: Dialect) -> exp.Expr:
    """Return `value` times an exact factor; divided instead where the factor has no end as a decimal.

    `value` is taken with as many digits as leave room for the product in 38, so that nothing can raise.
    """
    digits = next((n for n in range(19) if (by * 10**n).denominator == 1), None)
    if digits is None:
        above = fill(f"TRY_CAST($x AS DECIMAL(27, 10)) * {by.numerator}", x=value)
        return _divide((above, exp.Literal.number(by.denominator), exp.Literal.number(MAX_SCALE)), dialect)
    whole = str((by * 10**digits).numerator).rjust(digits + 1, "0")
    number = f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole
    return fill(f"TRY_CAST($x AS DECIMAL({38 - len(whole)}, 10)) * {number}", x=value)


def _check_gs1(arguments: Arguments) -> str | None:
    return None if len(arguments) == 1 else "it takes one text"


def _gs1(arguments: Arguments, _: Dialect) -> exp.Expr:
    # Weights 1, 3, 1, 3, ... from the right sum to a multiple of 10: GS1 General Specifications, section 7.9.
    # A digit is x // 10^n less ten times x // 10^(n + 1), so that modulo 10 the quotients sum up as the digits do.
    quotient = "TRY_CAST(CAST($x AS VARCHAR) AS BIGINT) // {0}"
    ones = " + ".join(quotient.format(10**n) for n in range(0, 18, 2))
    threes = " + ".join(quotient.format(10**n) for n in range(1, 18, 2))
    matches = f"REGEXP_FULL_MATCH(CAST($x AS VARCHAR), '{_GS1_LENGTHS}')"
    # LEAST is an AND that passes over a null. Inside AND or CASE, DuckDB would cast the text anew for each quotient.
    return fill(f"LEAST({matches}, ({ones} + 3 * ({threes})) % 10 = 0)", x=arguments[0])


def is_number_example(text: str | None) -> bool:
    """Say whether `parse_decimal` can read by an example."""
    match = _FORMAT.fullmatch(text or "")
    return match is not None and match["group"] != match["mark"]


def _check_parse(arguments: Arguments) -> str | None:
    if len(arguments) != 2 or not is_number_example(text_literal(arguments[1])):
        return "it takes a text and an example of how numbers are written, such as '1.234,56'"
    return None


def _parse(arguments: Arguments, _: Dialect) -> exp.Expr:
    match = _FORMAT.fullmatch(arguments[1].name)
    group, mark = (match["group"], match["mark"]) if match else ("", ".")
    marks = r"[ \x{00a0}\x{202f}]" if group in {" ", "\u00a0", "\u202f"} else f"[{group}]"
    whole = f"(?:[0-9]{{1,3}}(?:{marks}[0-9]{{3}})+|[0-9]+)" if group else "[0-9]+"
    pattern = f"[+-]?(?:{whole}(?:[{mark}][0-9]+)?|[{mark}][0-9]+)" if mark else f"[+-]?{whole}"
    text = f"REGEXP_REPLACE(CAST($x AS VARCHAR), {literal(f'^{SPACES}+|{SPACES}+$')}, '', 'g')"
    plain = f"REGEXP_REPLACE({text}, {literal(marks)}, '', 'g')" if group else text
    plain = f"REPLACE({plain}, ',', '.')" if mark == "," else plain
    test = f"REGEXP_FULL_MATCH({text}, {literal(pattern)})"
    return fill(f"CASE WHEN {test} THEN TRY_CAST({plain} AS DECIMAL(38, 10)) END", x=arguments[0])


def _first(arguments: Arguments) -> tuple[exp.Expr, ...]:
    return (arguments[0],)


def _sides(arguments: Arguments) -> tuple[exp.Expr, ...]:
    return arguments[0], fill("CASE WHEN TRY_CAST($y AS DECIMAL(38, 10)) = 0 THEN NULL ELSE $y END", y=arguments[1])


NUMBER_MACROS = (
    Macro(
        "divide", "divide(x, y, scale)", "x / y, exact, rounded half up to `scale` digits; null where y is 0.",
        "decimal", _divide, _check_divide, _sides,
    ),
    Macro(
        "convert_unit", "convert_unit(x, 'g', 'kg')",
        "x in another unit of mass, length, volume or money (cent to unit), exact; the first unit may be a column.",
        "decimal", _convert, _check_convert, _first,
    ),
    Macro(
        "gs1_check_digit", "gs1_check_digit(text)", "Whether a GTIN, GLN or SSCC has the right check digit.",
        "boolean", _gs1, _check_gs1,
    ),
    Macro(
        "parse_decimal", "parse_decimal(text, '1.234,56')",
        "The number that a text written like the example holds; null where it is not written so.",
        "decimal", _parse, _check_parse, _first,
    ),
)  # fmt: skip
