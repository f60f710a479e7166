"""Policies, vendor facts and suites of labelled feeds: YAML files, read with a line number for each complaint."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.cache import once_a_version
from agentic_lakehouse.contracts.expected import check_expected, check_feed_id, check_timezone
from agentic_lakehouse.contracts.feed import ID_PATTERN
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.suite import Suite
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.contracts.yaml_file import Place, did_you_mean, parse_yaml, read_yaml
from agentic_lakehouse.errors import ContractInvalid, UsageInvalid

T = TypeVar("T", bound=Record)


@once_a_version
def load_policy(path: Path) -> Policy:
    """Read the trust profile at `path`.

    Raises:
        ContractInvalid: it cannot be read, or a key or value of it does not fit.
    """
    return fit(read_yaml(path), Policy)


def parse_edited(text: str, contract: type[T], *, name: Path) -> T:
    """Read a spec or mapping that a person wrote, as YAML or JSON: by itself, or as the `content` of a proposal.

    Args:
        text: what the person wrote.
        contract: what it is.
        name: file that it is from, as errors name it.

    Raises:
        ContractInvalid: it cannot be read, or a key or value of it does not fit.
    """
    place = parse_yaml(text, name)
    return fit(place.at("content") if "content" in place.data else place, contract)


def load_vendor(folder: Path, vendor: str) -> VendorFacts:
    """Read what is known of a vendor from `<folder>/<vendor>.yaml`; no facts where there is no such file.

    Raises:
        ContractInvalid: the file cannot be read, or a key or value of it does not fit.
        UsageInvalid: `vendor` cannot be a vendor's id.
    """
    if not ID_PATTERN.fullmatch(vendor):
        raise UsageInvalid(
            f"{vendor!r} cannot be a vendor id.",
            hint="Ids are 1 to 48 of a-z, 0-9, `_` and `-`, and begin with a letter or digit.",
            id=vendor,
        )
    path = folder / f"{vendor}.yaml"
    return _load_facts(path) if path.exists() else VendorFacts()


@once_a_version
def _load_facts(path: Path) -> VendorFacts:
    place = read_yaml(path)
    facts = fit(place, VendorFacts)
    _check_locale(place.at("locale"))
    _check_currency(place.at("currency"))
    check_timezone(place.at("timezone"))
    check_expected(place.at("expected"))
    for feed in facts.feeds:
        check_feed_id(place.at("feeds", feed), feed)
        check_expected(place.at("feeds", feed, "expected"))
    return facts


def load_suite(folder: Path) -> Suite:
    """Read the labelled feeds of `<folder>/suite.yaml`.

    Raises:
        UsageInvalid: there is no such file.
        ContractInvalid: it cannot be read, or a key or value of it does not fit.
    """
    path = folder / "suite.yaml"
    if not path.is_file():
        raise UsageInvalid(f"{folder}: there is no suite.yaml.", hint="Name a folder of labelled feeds in `--suite`.")
    return fit(read_yaml(path), Suite)


def fit(place: Place, contract: type[T]) -> T:
    """Return the contract that a place of a YAML file holds.

    Raises:
        ContractInvalid: a key or value of it does not fit.
    """
    try:
        return contract.model_validate(place.data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _complaint(place, contract, first["loc"], first["type"], first["msg"]) from error


def _complaint(
    place: Place, contract: type[BaseModel], path: tuple[int | str, ...], kind: str, message: str
) -> ContractInvalid:
    wrong = place.at(*path)
    if kind == "missing":
        return place.at(*path[:-1]).invalid(f"the key {path[-1]!r} is missing.", _description(contract, path))
    if kind != "extra_forbidden":
        shown = textwrap.shorten(repr(wrong.data), 80, placeholder=" ...") if path else "the file"
        why = message.removeprefix("Value error, ")
        return wrong.invalid(f"{shown} does not fit: {why}.", _description(contract, path))
    known = _fields(contract, path[:-1])
    return wrong.invalid(f"the key {path[-1]!r} is unknown.", did_you_mean(str(path[-1]), known))


def _fields(contract: type[BaseModel], path: tuple[int | str, ...]) -> dict[str, Any]:
    """Return the fields that may stand below `path`."""
    fields: dict[str, Any] = dict(contract.model_fields)
    is_key = False
    for step in path:
        if isinstance(step, int) or is_key:
            is_key = False
            continue
        annotation = getattr(fields.get(step), "annotation", None)
        nested = next(_contracts(annotation), None)
        fields, is_key = dict(nested.model_fields) if nested else {}, get_origin(annotation) is dict
    return fields


def _contracts(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the contracts that a field, or the list or mapping that it is, holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _contracts(part)


def _description(contract: type[BaseModel], path: tuple[int | str, ...]) -> str | None:
    """Return what the contract says of the field at `path`, or around it, on one line."""
    for end in range(len(path), 0, -1):
        field = _fields(contract, path[: end - 1]).get(str(path[end - 1]))
        if text := getattr(field, "description", None):
            return " ".join(text.split())
    return None


def _check_locale(place: Place) -> None:
    """Refuse a locale that CLDR does not know: it would be met only when a date is read."""
    from babel import Locale, UnknownLocaleError

    if place.data is None:
        return
    try:
        Locale.parse(place.data)
    except (UnknownLocaleError, ValueError) as error:
        raise place.invalid(f"{place.data!r} is not a CLDR locale.", "Write it like `de_DE` or `en`.") from error


def _check_currency(place: Place) -> None:
    """Refuse a code that ISO 4217 does not list."""
    from babel.numbers import is_currency

    if place.data is not None and not is_currency(place.data):
        raise place.invalid(f"{place.data!r} is not an ISO 4217 currency code.", "Write it like `EUR`.")
