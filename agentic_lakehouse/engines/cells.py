"""Turn a column of text into values by its spec, and say of every cell that does not fit what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from agentic_lakehouse.contracts.feed_spec import ColumnSpec
from agentic_lakehouse.engines.certain import value_of
from agentic_lakehouse.errors import ContractInvalid
from agentic_lakehouse.feeds.evidence import is_json
from agentic_lakehouse.feeds.formats import TRUE_FALSE, format_problem
from agentic_lakehouse.feeds.instants import ISO_DATE
from agentic_lakehouse.feeds.numerals import INTEGER, PLAIN, decimal_notation, fraction_digits, whole_digits

MAX_QUOTED = 100
"""Characters of a bad cell that its message quotes."""

_TEXT = pl.col("text")


@dataclass(frozen=True)
class TypedColumn:
    """A column's cells as values, and the fault of each cell that has none but should."""

    values: pl.Series
    codes: pl.Series
    """Fault code, null where the cell is fine."""

    @property
    def texts(self) -> pl.Series:
        """Values as text that SQL casts back to exactly them; instants as ISO 8601."""
        if isinstance(self.values.dtype, pl.Datetime):
            return self.values.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")
        return self.values.cast(pl.String)


def require_readable(column: ColumnSpec) -> None:
    """Refuse a spec whose format cannot be read by.

    Raises:
        ContractInvalid: names the column and what its format must be.
    """
    problem = format_problem(column.type, column.format)
    if problem is not None:
        raise ContractInvalid(
            f"Column {column.source_name!r}: the format {problem}.",
            hint="Mend the spec: `lakehouse review edit`.",
            column=column.source_name,
        )
    if column.type == "decimal" and column.scale > column.precision:
        raise ContractInvalid(
            f"Column {column.source_name!r}: scale {column.scale} is more than precision {column.precision}.",
            hint="Mend the spec: `lakehouse review edit`.",
            column=column.source_name,
        )


def type_column(column: ColumnSpec, cells: pl.Series) -> TypedColumn:
    """Read cells by a column's spec.

    A cell is null where it is empty or blank, or holds one of the null words once it is trimmed. Text stays
    as it was written, space around it too; every other type is read from the trimmed cell.

    Args:
        column: claim to apply.
        cells: text, null where empty.
    """
    trimmed = pl.col("cell").str.strip_chars()
    is_value = (trimmed != "") & ~trimmed.is_in(list(column.null_tokens))
    frame = pl.DataFrame({"cell": cells}).with_columns(text=pl.when(is_value).then(trimmed))
    code: pl.Expr
    match column.type:
        case "string":
            frame = frame.with_columns(value=pl.when(_TEXT.is_not_null()).then(pl.col("cell")))
            code = pl.lit(None, pl.String)
        case "json":
            valid = [text if text is not None and is_json(text) else None for text in frame["text"]]
            frame = frame.with_columns(value=pl.Series(valid, dtype=pl.String))
            code = pl.lit("not_json")
        case "decimal":
            frame = _with_decimals(column, frame)
            code = (
                pl.when(pl.col("plain").is_null()).then(pl.lit("not_a_decimal")).otherwise(pl.lit("decimal_too_long"))
            )
        case "integer":
            frame = frame.with_columns(
                value=pl.when(_TEXT.str.contains(INTEGER)).then(_TEXT).cast(pl.Int64, strict=False)
            )
            code = pl.lit("not_an_integer")
        case _:
            frame = frame.with_columns(value=value_of(column, _TEXT, pl.col("cell")))
            code = pl.lit(f"not_a_{column.type}")
    empty = pl.lit(None if column.nullable else "missing_value", pl.String)
    code = pl.when(_TEXT.is_null()).then(empty).when(pl.col("value").is_null()).then(code)
    return TypedColumn(frame["value"].rename(column.name), frame.select(code.alias(column.name)).to_series())


def fault_message(column: ColumnSpec, code: str, cell: str | None) -> str:
    """Say what is wrong with a cell: its text, its column, and what was expected there."""
    if code == "missing_value":
        return f"{column.source_name!r} has no value, but every row must have one"
    shown = cell if cell is None or len(cell) <= MAX_QUOTED else f"{cell[: MAX_QUOTED - 1]}…"
    return f"{shown!r} in {column.source_name!r} is not {_expected(column, code)}"


def _expected(column: ColumnSpec, code: str) -> str:
    whole = column.precision - column.scale
    return {
        "not_an_integer": "a whole number of at most 64 bits, without leading zeros",
        "not_a_decimal": f"a number written like {column.format or PLAIN}",
        "decimal_too_long": f"a number of at most {whole} digits before and {column.scale} behind the decimal mark",
        "not_a_boolean": f"one of {(column.format or TRUE_FALSE).replace('|', ', ')}",
        "not_a_date": f"a date of the pattern {column.format or ISO_DATE}",
        "not_a_timestamp": f"a timestamp of the pattern {column.format or 'ISO 8601'}",
        "not_json": "valid JSON",
    }[code]


def _with_decimals(column: ColumnSpec, frame: pl.DataFrame) -> pl.DataFrame:
    """Add the plain number and the value. Digits are counted before the cast, which would round silently."""
    notation = decimal_notation(column.format)
    plain = notation.plain(_TEXT) if notation else pl.lit(None, pl.String)
    number = pl.col("plain")
    fits = (whole_digits(number) <= max(1, column.precision - column.scale)) & (fraction_digits(number) <= column.scale)
    kind = pl.Decimal(column.precision, column.scale)
    return frame.with_columns(plain=plain).with_columns(value=pl.when(fits).then(number).cast(kind, strict=False))
