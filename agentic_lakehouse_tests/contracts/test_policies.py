from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse.contracts.files import load_policy
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.errors import ContractInvalid

POLICIES = Path(__file__).parents[2] / "data" / "policies"


def policy(folder: Path, text: str) -> Policy:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path)


def test_the_default_policy_says_what_the_contracts_defaults_say() -> None:
    assert load_policy(POLICIES / "default.yaml") == Policy(name="standard")


def test_the_shipped_policies_are_ordered_by_their_trust() -> None:
    strict, standard, permissive = (load_policy(POLICIES / f"{n}.yaml") for n in ("strict", "default", "permissive"))

    assert strict.max_error_share < standard.max_error_share < permissive.max_error_share
    for looser, tighter in ((standard, strict), (permissive, standard)):
        assert looser.approval.min_confidence_required < tighter.approval.min_confidence_required
        assert looser.approval.min_confidence < tighter.approval.min_confidence
        assert looser.approval.max_rejected_share > tighter.approval.max_rejected_share


def test_a_misspelt_key_is_named_with_its_line_and_the_near_word(tmp_path: Path) -> None:
    with pytest.raises(ContractInvalid, match=r"line 3, at approval.min_confidense: the key") as caught:
        policy(tmp_path, "name: x\napproval:\n  min_confidense: 0.5\n")

    assert caught.value.hint == "Did you mean 'min_confidence'?"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: x\nmax_error_share: 5 %\n", "line 2, at max_error_share: '5 %' does not fit"),
        ("name: x\nmax_error_share: 1.5\n", "less than or equal to 1"),
        ("max_error_share: 0.1\n", "line 1: the key .name. is missing."),
        ("name: x\napproval: yes\n", "line 2, at approval: 'yes' does not fit"),
        ("name: x\nlease_seconds: 1\n", "line 2, at lease_seconds"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ContractInvalid, match=complaint):
        policy(tmp_path, text)


def test_the_hint_says_what_the_value_is_for(tmp_path: Path) -> None:
    with pytest.raises(ContractInvalid, match="Hint: Largest share of a delivery's rows that may break its spec"):
        policy(tmp_path, "name: x\nmax_error_share: -1\n")
