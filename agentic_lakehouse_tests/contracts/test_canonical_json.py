from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agentic_lakehouse.contracts.base import canonical_json, sha256_of
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.vendor import VendorFacts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_canonical_json_reads_back_as_the_same_value(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_change_the_hash(value: dict[str, Any], rng: Any) -> None:
    keys = list(value)
    rng.shuffle(keys)

    assert sha256_of({key: value[key] for key in keys}) == sha256_of(value)


def test_canonical_json_keeps_letters_of_all_languages() -> None:
    assert canonical_json({"b": "Größe", "a": [1, None]}) == '{"a":[1,null],"b":"Größe"}'


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_a_contract_is_identified_by_its_canonical_json() -> None:
    policy = Policy(name="standard")

    assert policy.sha256 == hashlib.sha256(policy.canonical_json().encode()).hexdigest()
    assert policy.sha256 == Policy.model_validate_json(policy.canonical_json()).sha256


def test_two_contracts_that_differ_in_one_value_have_different_hashes() -> None:
    assert VendorFacts(currency="EUR").sha256 != VendorFacts(currency="CHF").sha256


def test_a_contract_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Policy(name="standard").name = "other"


def test_a_contract_refuses_a_key_that_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match="curency"):
        VendorFacts.model_validate({"curency": "EUR"})
