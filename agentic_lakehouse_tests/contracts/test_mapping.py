from __future__ import annotations

import pytest
from pydantic import ValidationError

from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping

TITLE = ColumnMapping(target="title", sources=("Bezeichnung",), expression="bezeichnung", confidence=0.9)


def test_a_mapping_knows_the_targets_that_it_fills() -> None:
    assert Mapping(feed="acme/prices", standard="s@1", columns=(TITLE,)).targets == {"title"}


def test_a_target_is_mapped_once() -> None:
    with pytest.raises(ValidationError, match="target 'title' is mapped twice"):
        Mapping(feed="acme/prices", standard="s@1", columns=(TITLE, TITLE))


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_a_probability(confidence: float) -> None:
    with pytest.raises(ValidationError):
        ColumnMapping(target="title", sources=(), expression="x", confidence=confidence)
