"""A model that cannot be asked is named before any work."""

from __future__ import annotations

import pytest

from agentic_lakehouse.brain.brain import Brain, Budget
from agentic_lakehouse.errors import ContractInvalid, SettingsInvalid


@pytest.fixture
def verify(journal, monkeypatch, think):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    def check(*ladder: str, base_url: str | None = None) -> None:
        prompts = think().prompts
        Brain(
            ladder=ladder, base_url=base_url, prompts=prompts, journal=journal, timeout_seconds=1, budget=Budget()
        ).verify()

    return check


def test_the_embedded_planner_needs_nothing(verify) -> None:
    verify("embedded")


@pytest.mark.parametrize("name", ["nonsense", "nobody:model", "local-qwen"])
def test_an_unknown_model_names_the_setting(verify, name) -> None:
    with pytest.raises(SettingsInvalid, match="LAKEHOUSE_MODEL") as caught:
        verify("embedded", name)

    assert name in caught.value.message


@pytest.mark.parametrize("name", ["openai:gpt-4o", "openai-chat:gpt-4o"])
def test_a_missing_key_names_its_variable(verify, name) -> None:
    with pytest.raises(SettingsInvalid, match="OPENAI_API_KEY is not set") as caught:
        verify(name)

    assert caught.value.details["setting"] == "OPENAI_API_KEY"


def test_a_server_of_ones_own_needs_no_key(verify) -> None:
    verify("openai-chat:local-qwen", base_url="http://127.0.0.1:1/v1")


def test_a_provider_that_is_not_installed_says_what_to_install(verify) -> None:
    with pytest.raises(SettingsInvalid, match="not installed") as caught:
        verify("mistral:large")

    assert caught.value.hint is not None
    assert "mistral" in caught.value.hint


def test_a_ladder_of_nothing_is_refused(verify) -> None:
    with pytest.raises(SettingsInvalid, match="names no model"):
        verify()


def test_a_missing_prompt_is_found_before_any_work(journal, tmp_path) -> None:
    brain = Brain(
        ladder=("embedded",), base_url=None, prompts=tmp_path, journal=journal, timeout_seconds=1, budget=Budget()
    )

    with pytest.raises(ContractInvalid, match="describe_feed"):
        brain.verify()
