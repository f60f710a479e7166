"""The only way by which vendor bytes reach a model: one fenced block of plain JSON.

Its own text cannot close the fence or hide from a reader: backticks and invisible characters are escaped. The
embedded planner reads the same block back.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from typing import Any

from agentic_lakehouse.brain.question import DescribeQuestion, MapQuestion
from agentic_lakehouse.brain.value_words import ValuesQuestion

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that show nothing to a reader, and so could carry words that only a model sees."""


def fenced(question: DescribeQuestion | MapQuestion | ValuesQuestion) -> str:
    """Render a question as a fenced JSON block, one column a line, defaults left out."""
    data = {"question": question.question, **question.model_dump(mode="json", exclude_defaults=True)}
    lines = [f"{_text(key)}:{_rows(value)}" for key, value in data.items()]
    return "```json\n{" + ",\n".join(lines) + "}\n```"


def fenced_faults(faults: Sequence[str]) -> str:
    """Render what was wrong with an answer in the same kind of block: it may quote vendor text."""
    return fenced_data({"faults": list(faults)})


def fenced_data(data: Any) -> str:
    """Render JSON data in the same kind of block."""
    return "```json\n" + _text(data) + "\n```"


def unfenced(words: str) -> Any:
    """Read back the JSON of the last fenced block in a prompt."""
    _, _, rest = words.rpartition("```json\n")
    return json.loads(rest.partition("\n```")[0])


def _rows(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(_text(row) for row in value) + "\n]"
    return _text(value)


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    shown = "".join(json.dumps(c)[1:-1] if unicodedata.category(c) in _UNSEEN else c for c in text)
    return shown.replace("`", "\\u0060")
