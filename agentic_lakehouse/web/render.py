"""Templates: everything that is put into one is escaped, whoever wrote it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jinja2
import yaml

HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
"""Controls (but for tabs and line breaks), marks of direction, zero-width spaces. Joiners stay: words need them."""
PERIODS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
MAX_CELL = 160
WORD = re.compile(r"[A-Za-z][A-Za-z_]*")
QUOTES = {True: "'"}
"""Expressions are full of double quotes, which single ones hold without a backslash."""


@cache
def environment() -> jinja2.Environment:
    """Return the templates of this room."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("agentic_lakehouse.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"ago": ago, "day": day, "share": share, "words": words, "clip": clip, "visible": visible}
    return made


def render(template: str, **values: Any) -> str:
    """Fill in a template."""
    return environment().get_template(template).render(**values)


def ago(then: datetime) -> str:
    """Tell how long ago an instant was, in its largest unit."""
    seconds = int((datetime.now(UTC) - _utc(then)).total_seconds())
    for length, unit in PERIODS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def day(then: datetime) -> str:
    """Tell an instant to the minute."""
    return f"{_utc(then):%Y-%m-%d %H:%M} UTC"


def share(part: float) -> str:
    """Tell a share, 0 to 1, so that little is never told as nothing, nor nearly all as all."""
    if 0 < part < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < part < 1 else f"{part:.0%}".replace("%", " %")


def words(name: str) -> str:
    """Tell a name of the code in words."""
    return name.replace("_", " ")


def clip(value: object) -> str:
    """Cut a long value, and show what hides in it."""
    text = "" if value is None else str(value)
    return visible(text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}…")


def visible(text: str) -> str:
    """Write characters that are not seen, or that turn others around, as escapes: vendors and models may deceive."""
    return HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_yaml(content: dict[str, Any]) -> str:
    """Write a contract as people edit it."""
    written: str = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return written


class _Dumper(yaml.SafeDumper):
    """Writes what the dialect of `contracts.yaml_file` reads back as it was: texts, above all, as texts."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (PyYAML's signature)
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Quote all but plain words: what else may stand bare in YAML 1.1, which PyYAML writes, is another thing in 1.2."""
    is_word = WORD.fullmatch(text) and text.lower() not in {"null", "true", "false"}
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style=None if is_word else QUOTES.get('"' in text, '"')
    )


_Dumper.add_representer(str, _text)


def as_json(content: dict[str, Any]) -> str:
    """Write data to be looked at."""
    return json.dumps(content, ensure_ascii=False, indent=2)


def _utc(then: datetime) -> datetime:
    return then if then.tzinfo else then.replace(tzinfo=UTC)
