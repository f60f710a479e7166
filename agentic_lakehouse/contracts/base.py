"""What every contract is: frozen, strict, and identified by the sha256 of its canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


def canonical_json(value: Any) -> str:
    """Render JSON-compatible data so that equal data gives equal text: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256_of(value: Any) -> str:
    """Return the hex sha256 of `value`'s canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


class Record(BaseModel):
    """A typed, frozen, strict value."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Contract(Record):
    """A typed, versionable agreement. Two contracts are equal when their canonical JSON is."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the fields alone: what was computed of the original, its sha256 first of all, is not the copy's."""
        copied = super().model_copy(update=update, deep=deep)
        for name in vars(copied).keys() - type(self).model_fields.keys():
            del vars(copied)[name]
        return copied

    def canonical_json(self) -> str:
        """Return the one JSON text of this contract."""
        return canonical_json(self.model_dump(mode="json"))

    @cached_property
    def sha256(self) -> str:
        """Hex sha256 of the canonical JSON: the contract's identity in lineage and approvals."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()
