"""Word lists: expressions that say of each word of a source which listed value it stands for, and of no other.

`value_map(<text>, 'word', 'value', ...)` is one with its pairs; a bare column, or any text made of columns alone, is
one without. `CASE <text> WHEN 'word' THEN 'value' ... END` says the same in other words. Whatever gives a listed value
by other means (an `ELSE`, a default, a pattern) also gives it to words that nobody has seen: that is no word list.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlglot import exp

from agentic_lakehouse.sql.bounds import MAX_BYTES
from agentic_lakehouse.sql.checks import text_literal
from agentic_lakehouse.sql.compiler import compile_loss
from agentic_lakehouse.sql.guard import guard_expression
from agentic_lakehouse.sql.macros import macro_of
from agentic_lakehouse.sql.trees import render
from agentic_lakehouse.sql.types import literal

MAX_WORD = 80
"""Longest word, in characters; what is longer is a text."""
MAX_PAIRS = 300
"""Most pairs of one word list: four signs each of the 2,000 that an expression may have."""
_ROOM = MAX_BYTES - 256
_NO_LETTER = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that no word holds."""


@dataclass(frozen=True)
class WordList:
    """Which word means what."""

    text: str
    """SQL of the text whose words are looked up."""
    pairs: Mapping[str, str | None]
    """What words mean, each as somebody spelled it; `None` where one is known to mean nothing that the target lists."""

    @property
    def known(self) -> dict[str, str | None]:
        """The same by `key_of`."""
        return {key_of(word): value for word, value in self.pairs.items()}

    @property
    def sql(self) -> str:
        """The expression; without a pair the text itself."""
        if not self.pairs:
            return self.text
        ordered = sorted(self.pairs.items(), key=lambda pair: (key_of(pair[0]), pair[0]))
        told = (f"{literal(word)}, {'NULL' if value is None else literal(value)}" for word, value in ordered)
        return f"value_map({self.text}, {', '.join(told)})"

    @property
    def fits(self) -> bool:
        """Whether an expression may be as long as this."""
        return len(self.pairs) <= MAX_PAIRS and len(self.sql.encode()) <= _ROOM


def key_of(word: str) -> str:
    """Return a word as `value_map` compares it: trimmed, in lower case."""
    return word.strip().lower()


def is_word(text: str) -> bool:
    """Whether a text can be looked up as one word, and read by a person."""
    if not 0 < len(text) <= MAX_WORD or text != text.strip():
        return False
    return not any(unicodedata.category(c) in _NO_LETTER for c in text)


def word_list(expression: str, *, columns: Collection[str], values: Collection[str]) -> WordList | None:
    """Read an expression as a word list; `None` where it is none.

    Args:
        expression: as a mapping's line has it.
        columns: bronze columns that it may read.
        values: the target's listed values.

    Raises:
        GuardRefused: the guard does not allow it.
    """
    tree = guard_expression(expression, columns=columns).unnest()
    text, pairs = tree, dict[str, str | None]()
    macro = macro_of(tree)
    if macro is not None and macro.name == "value_map":
        text, *told = tree.expressions
        pairs = {word.name: _meaning(value) for word, value in zip(told[::2], told[1::2], strict=True)}
    elif isinstance(tree, exp.Case) and tree.this is not None:
        found = _cases(tree)
        if found is None:
            return None
        text, pairs = tree.this, found
    if text.find(exp.Column) is None or _says(text, values):
        return None
    return WordList(render(text), pairs)


def says_values(expression: str, *, columns: Collection[str], values: Collection[str]) -> bool:
    """Whether an expression holds a listed value, and reads a column.

    Raises:
        GuardRefused: the guard does not allow it.
    """
    tree = guard_expression(expression, columns=columns)
    return tree.find(exp.Column) is not None and _says(tree, values)


def words_sql(listed: WordList, types: Mapping[str, str]) -> str:
    """Return DuckDB SQL of the word that a row's text is, just as `mapping_errors` would hold it; null where blank.

    Raises:
        GuardRefused: the guard does not allow the text.
    """
    return compile_loss(f"value_map({listed.text}, '', NULL)", types=types, target_type="string")


def _says(tree: exp.Expr, values: Collection[str]) -> bool:
    """Whether a literal of a tree is a listed value, or a helper in it looks words up."""
    listed = {key_of(value) for value in values}
    if any(key_of(node.name) in listed for node in tree.find_all(exp.Literal) if node.is_string):
        return True
    return any((m := macro_of(node)) is not None and m.name == "value_map" for node in tree.find_all(exp.Anonymous))


def _cases(tree: exp.Case) -> dict[str, str | None] | None:
    """Return the pairs of `CASE x WHEN 'a' THEN 'b' END`; `None` where it is anything more."""
    default = tree.args.get("default")
    if default is not None and not isinstance(default, exp.Null):
        return None
    pairs: dict[str, str | None] = {}
    for branch in tree.args["ifs"]:
        word, value = text_literal(branch.this), branch.args["true"]
        if word is None or not isinstance(value, exp.Literal | exp.Null):
            return None
        pairs.setdefault(word, _meaning(value))
    return pairs


def _meaning(value: exp.Expr) -> str | None:
    if isinstance(value, exp.Null):
        return None
    return str(value.this).lower() if isinstance(value, exp.Boolean) else value.name
