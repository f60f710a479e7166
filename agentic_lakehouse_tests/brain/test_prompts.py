"""Prompts are files: versioned, checked, rendered in a sandbox."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from agentic_lakehouse.brain.prompts import load_prompt
from agentic_lakehouse.errors import ContractInvalid


@pytest.fixture
def write(tmp_path: Path):
    def to_file(text: str, prompt_id: str = "greet") -> Path:
        (tmp_path / f"{prompt_id}.md").write_text(text)
        return tmp_path

    return to_file


def test_a_prompt_is_its_front_matter_its_body_and_its_bytes(write) -> None:
    text = "---\nid: greet\noutput: Greeting\ndescription: Says hello.\n---\nHello {{ name }}.\n"

    prompt = load_prompt(write(text), "greet")

    assert (prompt.id, prompt.output, prompt.description) == ("greet", "Greeting", "Says hello.")
    assert prompt.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert prompt.render(name="you") == "Hello you.\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Hello.", "front matter"),
        ("---\nid: greet\n---\nHello.", "output"),
        ("---\nid: other\noutput: X\n---\nHello.", "says its id is 'other'"),
        ("---\nid: [\n---\nHello.", "front matter"),
        ("---\njust words\n---\nHello.", "front matter"),
        ("---\nid: greet\noutput: X\nmodel: big\n---\nHello.", "model"),
    ],
)
def test_a_broken_file_is_named(write, text, complaint) -> None:
    with pytest.raises(ContractInvalid, match=complaint) as caught:
        load_prompt(write(text), "greet")

    assert "greet.md" in caught.value.message


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(ContractInvalid, match="'greet' cannot be read"):
        load_prompt(tmp_path, "greet")


def test_a_value_that_nobody_gives_is_an_error(write) -> None:
    prompt = load_prompt(write("---\nid: greet\noutput: X\n---\nHello {{ nome }}."), "greet")

    with pytest.raises(ContractInvalid, match="nome"):
        prompt.render(name="you")


def test_a_body_cannot_reach_into_python(write) -> None:
    prompt = load_prompt(write("---\nid: greet\noutput: X\n---\n{{ name.__class__.__mro__ }}"), "greet")

    with pytest.raises(ContractInvalid, match="unsafe"):
        prompt.render(name="you")


def test_braces_in_vendor_data_are_not_a_template(write) -> None:
    prompt = load_prompt(write("---\nid: greet\noutput: X\n---\n{{ name }}"), "greet")

    assert prompt.render(name="{{ 7 * 7 }}{% raw %}") == "{{ 7 * 7 }}{% raw %}\n"
