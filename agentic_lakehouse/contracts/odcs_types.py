"""From ODCS's logical and physical types to the types that the lakehouse's tables have."""

from __future__ import annotations

from typing import Literal, cast, get_args

from sqlglot import exp
from sqlglot.errors import ParseError

from agentic_lakehouse.contracts.yaml_file import Place

LogicalType = Literal["string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"]

_BY_LOGICAL = {
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
    "time": "string",
    "number": "decimal(38,10)",
    "integer": "long",
    "object": "string",
    "array": "string",
    "boolean": "boolean",
}
"""Where no physical type says more. A number is exact; nested values are kept as JSON text."""

_Sql = exp.DataType.Type
_FAMILIES = (
    (exp.DataType.TEXT_TYPES, "string", "string"),
    (exp.DataType.INTEGER_TYPES - {_Sql.BIT}, "long", "integer"),
    ({_Sql.FLOAT, _Sql.DOUBLE}, "double", "number"),
    ({_Sql.BOOLEAN}, "boolean", "boolean"),
    ({_Sql.DATE, _Sql.DATE32}, "date", "date"),
    ({_Sql.TIME, _Sql.TIMETZ}, "string", "time"),
    (exp.DataType.TEMPORAL_TYPES, "timestamp", "timestamp"),
)
"""sqlglot's families of SQL types, the table type of each, and its logical type. Dates and times stand
before the temporal family that holds them; `BIT` means too many things."""


def table_type(place: Place) -> tuple[str, LogicalType]:
    """Return the table type and the logical type of an ODCS property.

    The physical type decides, in whatever SQL dialect it is written; the logical type does where the
    physical one is absent or not a plain SQL type.

    Raises:
        ContractInvalid: neither says what the column holds, or a decimal is too wide.
    """
    logical = place.data.get("logicalType")
    physical = str(place.data.get("physicalType") or "").strip()
    found = _from_sql(place, physical) if physical else None
    if found is None and logical in _BY_LOGICAL:
        return _BY_LOGICAL[logical], cast("LogicalType", logical)
    if found is None:
        problem = f"the physical type {physical!r} is unknown" if physical else "the column has no type"
        raise place.invalid(f"{problem}.", f"Set `logicalType` to one of {', '.join(get_args(LogicalType))}.")
    table, implied = found
    return table, cast("LogicalType", logical or implied)


def _from_sql(place: Place, text: str) -> tuple[str, str] | None:
    try:
        parsed = exp.DataType.build(text, udt=False)
    except ParseError:
        return None
    if parsed.is_type(_Sql.DECIMAL) and parsed.expressions:
        return _decimal(place, [int(part.name) for part in parsed.expressions]), "number"
    for family, table, logical in _FAMILIES:
        if parsed.this in family:
            return table, logical
    return None


def _decimal(place: Place, arguments: list[int]) -> str:
    precision, scale = [*arguments, 0][:2]
    if not 1 <= precision <= 38 or scale > precision:
        raise place.at("physicalType").invalid(
            f"decimal({precision},{scale}) cannot be kept.", "A decimal has at most 38 digits, scale included."
        )
    return f"decimal({precision},{scale})"
