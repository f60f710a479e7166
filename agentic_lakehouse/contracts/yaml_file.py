"""YAML files that people write, read so that every complaint can name its line.

The dialect is the core schema of YAML 1.2: `no` is a word and not a boolean, a date stays text, and keys
are text. A key that stands twice, a file that is too large and an alias that unfolds without end are refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from agentic_lakehouse.errors import ContractInvalid

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 500_000
"""Values in a file once its aliases are unfolded."""
_MEND = "Mend it there or just above: indents, quotes and brackets are what mostly goes wrong."
MAX_DEPTH = 100
"""Mappings and lists within each other. libyaml overflows its stack at some tens of thousands."""


if TYPE_CHECKING:
    from yaml import SafeLoader as _Base
else:
    # libyaml reads a standard ten times faster, which every command waits for; some builds of PyYAML lack it.
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """A safe loader with the scalars of YAML 1.2 (core schema, section 10.3.2) and unique keys."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own registry, replaced for this class alone

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002 - PyYAML's signature
        found: dict[Any, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(problem="a key is not plain text", problem_mark=key.start_mark)
            if key.value in found:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark
                )
            found[key.value] = self.construct_object(value, deep=True)
        return found


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


@dataclass(frozen=True)
class Place:
    """One value of a YAML file, and where in the file it stands."""

    file: Path
    data: Any
    line: int
    """From 1."""
    where: str = ""
    """Path from the document's root, such as `schema[0].properties[3].name`."""
    node: yaml.Node | None = None

    def __iter__(self) -> Iterator[Place]:
        """Yield the items of a list; nothing for any other value."""
        for index in range(len(self.data) if isinstance(self.data, list) else 0):
            yield self.at(index)

    def at(self, *path: str | int) -> Place:
        """Return the value at a path below this one; its data is `None` where the file has none."""
        place = self
        for step in path:
            node, data = _child(place, step)
            where = f"{place.where}[{step}]" if isinstance(step, int) else f"{place.where}.{step}".lstrip(".")
            line = node.start_mark.line + 1 if node else place.line
            place = Place(place.file, data, line, where, node)
        return place

    def invalid(self, problem: str, hint: str | None = None) -> ContractInvalid:
        """Return the error that says what is wrong at this place."""
        where = f", at {self.where}" if self.where else ""
        return ContractInvalid(
            f"{self.file}, line {self.line}{where}: {problem}",
            hint=hint,
            file=str(self.file),
            line=self.line,
            where=self.where,
        )


def _child(place: Place, step: str | int) -> tuple[yaml.Node | None, Any]:
    if isinstance(step, int) and isinstance(place.data, list) and 0 <= step < len(place.data):
        node = place.node.value[step] if isinstance(place.node, yaml.SequenceNode) else None
        return node, place.data[step]
    if isinstance(step, str) and isinstance(place.data, dict) and step in place.data:
        pairs = place.node.value if isinstance(place.node, yaml.MappingNode) else []
        return next((value for key, value in pairs if key.value == step), None), place.data[step]
    return None, None


def read_yaml(path: Path) -> Place:
    """Read a YAML file with one mapping in it.

    Raises:
        ContractInvalid: the file is absent, too large, not UTF-8, not YAML, or not a mapping.
    """
    return parse_yaml(read_text(path), path)


def read_text(path: Path) -> str:
    """Read a file that a person wrote.

    Raises:
        ContractInvalid: the file is absent, too large or not UTF-8.
    """
    top = Place(path, None, 1)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise ContractInvalid(
            f"{path} cannot be read: {error.strerror}.", hint="Is the path right?", file=str(path)
        ) from error
    except UnicodeDecodeError as error:
        raise top.invalid("the file is not UTF-8.", "Save it as UTF-8.") from error
    if len(content) > MAX_BYTES:
        raise top.invalid(f"the file is larger than {MAX_BYTES} bytes.", "Is it the right file?")
    return text


def parse_yaml(text: str, name: Path) -> Place:
    """Read YAML text with one mapping in it.

    Args:
        text: what to read.
        name: file that it is from, as errors name it.

    Raises:
        ContractInvalid: it is too large, not YAML, or not a mapping.
    """
    top = Place(name, None, 1)
    if len(text) > MAX_BYTES:
        raise top.invalid(f"the text is longer than {MAX_BYTES} characters.", "Is it the right text?")
    node, data = _parse(top, text)
    if not isinstance(data, dict):
        raise top.invalid("the file does not hold a mapping of keys to values.", "Is it the right file?")
    return Place(name, data, 1, "", node)


def _parse(top: Place, text: str) -> tuple[yaml.Node | None, Any]:
    try:
        _require_flat(top, text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None, None
        _unfolded_size(top, node, {})
        return node, loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        # What is missing at the end is missed on a line that there is not.
        line = min(error.problem_mark.line, text.count("\n")) + 1 if error.problem_mark else 1
        raise Place(top.file, None, line).invalid(f"this is not valid YAML: {error.problem}.", _MEND) from error
    except (yaml.YAMLError, ValueError) as error:
        raise top.invalid(f"this is not valid YAML: {str(error).splitlines()[0]}.", _MEND) from error


def _require_flat(top: Place, text: str) -> None:
    """Refuse what nests too deep before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise Place(top.file, None, line).invalid(f"the file nests deeper than {MAX_DEPTH} levels.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _unfolded_size(top: Place, node: yaml.Node, sizes: dict[int, int]) -> int:
    known = sizes.get(id(node))
    if known is not None:
        return known
    sizes[id(node)] = MAX_NODES + 1  # so that an alias to its own parent is too large
    children: Iterable[yaml.Node] = ()
    if isinstance(node, yaml.MappingNode):
        children = (part for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    size = 1
    for child in children:
        size += _unfolded_size(top, child, sizes)
        if size > MAX_NODES:
            line = node.start_mark.line + 1
            raise Place(top.file, None, line).invalid(f"aliases unfold to more than {MAX_NODES} values.")
    sizes[id(node)] = size
    return size


def near_word(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` most likely was meant to be, or `None`."""
    by_fold = {choice.casefold(): choice for choice in sorted(known)}
    near = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.7)
    return by_fold[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word nearest to `word`, or all of them where none is near."""
    choices = sorted(known)
    near = near_word(word, choices)
    return f"Did you mean {near!r}?" if near else f"Known here: {', '.join(choices)}."
