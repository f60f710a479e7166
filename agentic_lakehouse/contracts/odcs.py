"""Read an Open Data Contract Standard v3.1.0 file into a `ProductStandard`.

The file is checked against the JSON schema of the standard itself, then against what the lakehouse needs
of it: one table, a primary key, plain column names, types that Iceberg can hold.

What ODCS has no word for stands in `customProperties` of a column: `synonyms` (names by language),
`valueSynonyms` (words for each valid value), `unit`, `fallbackLogic` and `onBreach`. See `odcs_rules`
for quality rules.

Every canonical table is stored in slices, one a feed, so its partitions are always `vendor_name` and
`source_table`. A contract that lacks these columns gets them; other partitions are of no account here.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError, best_match

from agentic_lakehouse.contracts.cache import once_a_version
from agentic_lakehouse.contracts.odcs_custom import (
    custom_properties,
    scalar_text,
    text_of,
    words_by_language,
    words_by_value,
)
from agentic_lakehouse.contracts.odcs_rules import read_rules
from agentic_lakehouse.contracts.odcs_types import table_type
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.contracts.tables import SLICE
from agentic_lakehouse.contracts.yaml_file import Place, did_you_mean, read_yaml

RUN_FACTS = {"vendor_name": "_vendor_name", "source_table": "_source_table", "ingestion_date": "_ingestion_date"}
"""Columns that the lakehouse knows by itself, and the fact that fills each unless the contract says otherwise."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


@once_a_version
def load_standard(path: Path) -> ProductStandard:
    """Read the ODCS contract at `path`.

    Raises:
        ContractInvalid: it cannot be read, breaks ODCS v3.1.0, or lacks what a canonical table needs.
    """
    document = read_yaml(path)
    _check_odcs(document)
    table = _only_table(document)
    name, domain = _table_name(document, table)
    columns = _columns(table)
    return ProductStandard(
        id=document.data["id"],
        name=name,
        version=document.data["version"],
        domain=domain,
        purpose=document.at("description", "purpose").data or "",
        granularity=table.data.get("dataGranularityDescription", ""),
        columns=columns,
        rules=read_rules(table, columns),
    )


@cache
def _odcs_schema() -> dict[str, Any]:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _check_odcs(document: Place) -> None:
    errors = list(Draft201909Validator(_odcs_schema()).iter_errors(document.data))
    # A word counts as unevaluated also where the subschema that knows it failed for another reason: that one is told.
    plain = [error for error in errors if error.validator != "unevaluatedProperties"]
    error = best_match(plain or errors)
    if error is None:
        return
    place = document.at(*error.absolute_path)
    if error.validator in {"unevaluatedProperties", "additionalProperties"} and isinstance(place.data, dict):
        known = _property_names(error.schema)
        strange = min((key for key in place.data if key not in known), default="")
        raise place.at(strange).invalid(
            f"not ODCS v3.1.0: the key {strange!r} is unknown.",
            _strange_key_hint(place, strange, known),
        )
    if error.validator == "oneOf" and (names := _alternatives(error.schema)):
        raise place.invalid(f"not ODCS v3.1.0: exactly one of {names} must stand here.")
    raise place.invalid(f"not ODCS v3.1.0: {error.message[:300]}.", _odcs_hint(error))


def _strange_key_hint(place: Place, key: str, known: set[str]) -> str:
    if "query" in place.data and "type" not in place.data:
        return "A check with a query says `type: sql`."
    return f"{did_you_mean(key, known)} What ODCS has no word for goes into `customProperties`."


def _alternatives(schema: Any) -> str:
    """Return the keys of which a subschema wants one."""
    return ", ".join(name for branch in schema.get("oneOf", ()) for name in branch.get("required", ()))


def _odcs_hint(error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    if "enum" in schema:
        return did_you_mean(str(error.instance), [str(word) for word in schema["enum"]])
    return schema.get("description") or "The schema of ODCS v3.1.0 says what may stand here."


def _property_names(schema: Any, depth: int = 4) -> set[str]:
    """Collect the property names that a subschema knows, through its references."""
    if not isinstance(schema, dict) or depth == 0:
        return set()
    names = set(schema.get("properties", {}))
    if reference := schema.get("$ref"):
        definition = reference.rpartition("/")[2]
        names |= _property_names(_odcs_schema()["$defs"].get(definition), depth - 1)
    for part in (*schema.get("allOf", ()), schema.get("then")):
        names |= _property_names(part, depth - 1)
    return names


def _only_table(document: Place) -> Place:
    tables = list(document.at("schema"))
    if len(tables) != 1:
        raise document.at("schema").invalid(
            f"the contract describes {len(tables)} tables.",
            "Write exactly one object under `schema`: a standard is one canonical table.",
        )
    if not tables[0].data.get("properties"):
        raise tables[0].invalid("the table has no columns.", "List them under `properties`.")
    return tables[0]


def _table_name(document: Place, table: Place) -> tuple[str, str]:
    """Return the full table name and the domain that names the namespaces."""
    physical = str(table.data.get("physicalName") or table.data["name"])
    namespace, _, name = physical.rpartition(".")
    domain = _plain(document.data.get("domain") or namespace.removesuffix("_core"))
    if not domain:
        raise document.invalid("the contract has no `domain`.", "It names the namespaces: `<domain>_raw` and `_core`.")
    namespace = namespace or f"{domain}_core"
    for part in (namespace, name):
        if not _NAME.fullmatch(part):
            raise table.invalid(
                f"the table cannot be called {physical!r}.",
                "Set `physicalName` to `<namespace>.<table>`, each of letters, digits and `_`.",
            )
    if namespace in {f"{domain}_raw", "governance"}:
        raise table.invalid(f"the namespace {namespace!r} is the lakehouse's own.", f"Use `{domain}_core`.")
    return f"{namespace}.{name}", domain


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def _columns(table: Place) -> tuple[StandardColumn, ...]:
    columns: list[StandardColumn] = []
    for place in table.at("properties"):
        column = _column(place)
        if any(column.name.casefold() == other.name.casefold() for other in columns):
            raise place.invalid(f"the column {column.name!r} stands twice.", "Names differ in more than case.")
        columns.append(column)
    names = {column.name for column in columns}
    columns += [_slice_column(name) for name in SLICE if name not in names]
    if not any(column.primary_key for column in columns):
        raise table.invalid(
            "the table has no primary key.", "Mark the column that identifies a row with `primaryKey: true`."
        )
    return tuple(columns)


def _slice_column(name: str) -> StandardColumn:
    return StandardColumn(
        name=name,
        logical_type="string",
        physical_type="string",
        required=True,
        definition="Slice of the feed that brought the row.",
        transform_logic=RUN_FACTS[name],
        partition_position=SLICE.index(name) + 1,
    )


def _column(place: Place) -> StandardColumn:
    data = place.data
    name = data["name"]
    if not _NAME.fullmatch(name):
        raise place.invalid(
            f"a column cannot be called {name!r}.",
            "Names are 1 to 63 letters, digits and `_`, and begin with a letter.",
        )
    options = data.get("logicalTypeOptions", {})
    custom = custom_properties(place)
    primary_key = bool(data.get("primaryKey"))
    physical, logical = table_type(place)
    valid_values = _valid_values(place)
    return StandardColumn(
        name=name,
        logical_type=logical,
        physical_type=physical,
        required=bool(data.get("required")) or primary_key,
        unique=bool(data.get("unique")) or primary_key,
        primary_key=primary_key,
        definition=data.get("description", ""),
        business_name=data.get("businessName", ""),
        synonyms=words_by_language(custom.get("synonyms")),
        examples=tuple(scalar_text(example) for example in data.get("examples", ())),
        pattern=options.get("pattern"),
        valid_values=valid_values,
        value_synonyms=words_by_value(custom.get("valueSynonyms"), valid_values),
        unit=text_of(custom.get("unit")),
        minimum=_number(options.get("minimum")),
        maximum=_number(options.get("maximum")),
        max_length=options.get("maxLength"),
        transform_logic=_transform_logic(place),
        fallback_logic=text_of(custom.get("fallbackLogic")),
        partition_position=SLICE.index(name) + 1 if name in SLICE else None,
    )


def _transform_logic(place: Place) -> str | None:
    name, written = place.data["name"], place.data.get("transformLogic")
    fact = RUN_FACTS.get(name)
    if name in SLICE and written not in {None, fact}:
        raise place.at("transformLogic").invalid(
            f"{name!r} is a slice column and always holds `{fact}`.", "Give the other value a column of its own."
        )
    return written or fact


def _valid_values(place: Place) -> tuple[str, ...]:
    for rule in place.at("quality"):
        values = rule.at("arguments", "validValues").data
        if rule.data.get("metric") == "invalidValues" and isinstance(values, list):
            return tuple(scalar_text(value) for value in values)
    return ()


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
