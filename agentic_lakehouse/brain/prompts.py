"""Prompts are code: one Markdown file each in `prompts/`, with YAML front matter and a Jinja2 body.

The file's sha256 goes into the journal with every call, so that an answer can be traced to the words that asked for
it. Bodies are rendered in a sandbox, and a variable that nobody gives is an error.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import ValidationError

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.errors import ContractInvalid

_FRONT_MATTER = re.compile(r"\A---\n(?P<meta>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_ENVIRONMENT = SandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Prompt(Record):
    """One prompt as its file has it."""

    id: str
    """The file's stem."""
    output: str
    """Name of the type that answers it."""
    tools: tuple[str, ...] = ()
    """What a model may look at before it answers."""
    description: str = ""
    """What it is for, for people."""
    body: str
    """Jinja2 template."""
    sha256: str
    """Of the file's bytes."""

    def render(self, **values: str) -> str:
        """Fill the template.

        Raises:
            ContractInvalid: the template is broken or wants a value that is not given.
        """
        try:
            return _ENVIRONMENT.from_string(self.body).render(values).strip() + "\n"
        except TemplateError as error:
            raise ContractInvalid(
                f"Prompt {self.id!r} cannot be rendered: {error}.",
                hint=f"It is given {', '.join(sorted(values))}.",
                prompt=self.id,
            ) from error


def load_prompt(folder: Path, prompt_id: str) -> Prompt:
    """Read `<folder>/<prompt_id>.md`.

    Raises:
        ContractInvalid: the file is missing, has no front matter, or its front matter does not fit.
    """
    path = folder / f"{prompt_id}.md"
    try:
        content = path.read_bytes()
        match = _FRONT_MATTER.match(content.decode().replace("\r\n", "\n"))
        if match is None:
            raise ContractInvalid(f"{path} does not begin with front matter.", hint="Put it between two `---` lines.")
        meta = yaml.safe_load(match["meta"])
        prompt = Prompt.model_validate(
            {**meta, "body": match["body"], "sha256": hashlib.sha256(content).hexdigest()}
            if isinstance(meta, dict)
            else meta
        )
    except OSError as error:
        raise ContractInvalid(
            f"Prompt {prompt_id!r} cannot be read from {folder}: {error.strerror}.",
            hint="Set LAKEHOUSE_PROMPTS to the folder that holds it, or unset it.",
            prompt=prompt_id,
        ) from error
    except UnicodeDecodeError as error:
        raise ContractInvalid(f"{path} is not UTF-8.", hint="Save it as UTF-8.", prompt=prompt_id) from error
    except (yaml.YAMLError, ValidationError) as error:
        raise ContractInvalid(
            f"The front matter of {path} does not fit: {error}.",
            hint="It holds `id`, `output`, `description` and perhaps `tools`.",
        ) from error
    if prompt.id != prompt_id:
        raise ContractInvalid(f"{path} says its id is {prompt.id!r}.", hint=f"Write `id: {prompt_id}`.")
    return prompt
