"""YAML text in, plain values with their places out.

A closed subset of YAML: one document, no tags, no anchors, no duplicate keys; `yes` and `no` are words, as a choice is
likely to be named so; a number with leading zeros or a dot-less sign is a word too, as it is likely to be keys.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.resolver import BaseResolver

from ivr.core.dialplan.language import slips
from ivr.core.dialplan.language.finding import Finding, Mark
from ivr.errors import DialplanError

Path = tuple[str | int, ...]
"""Where a value sits: keys and list positions from the root."""

MAX_DEPTH = 24
"""Nesting of a dialplan; the language itself needs nine levels."""


class _Plain(BaseResolver):
    """Resolves untagged scalars: true, false, null, integers and decimals; all else is text."""


_Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,15})$"), list("-0123456789"))
_Plain.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))


if hasattr(yaml, "CLoader"):
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    class _Composer(CParser, _Plain):
        """libyaml's parser (ten times faster) with our resolver."""

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            _Plain.__init__(self)

else:  # pragma: no cover - wheels of PyYAML bring libyaml
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Composer(Reader, Scanner, Parser, Composer, _Plain):  # type: ignore[no-redef]
        """The pure Python parser with our resolver."""

        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)
            _Plain.__init__(self)


@dataclass(slots=True)
class Source:
    """One parsed file: its values, and the place of every key and value."""

    file: str
    value: Any
    keys: dict[Path, Mark] = field(default_factory=dict)
    """Place of a key (for list items: of the item)."""
    values: dict[Path, Mark] = field(default_factory=dict)
    """Place of a value."""

    def at(self, path: Path, *, key: bool = False) -> Mark:
        """Place of a path, or of its nearest parent that was written."""
        for end in range(len(path), -1, -1):
            part = path[:end]
            mark = (self.keys if key and end == len(path) else self.values).get(part)
            if mark is not None:
                return mark
        return Mark(self.file, 1, 1)

    def value_at(self, path: Path) -> Any:
        """What is written at a path that is there."""
        found = self.value
        for step in path:
            found = found[step]
        return found


class _Reader:
    """Turns composed nodes into values, noting places and mistakes."""

    def __init__(self, file: str) -> None:
        self.source = Source(file, None)
        self.findings: list[Finding] = []
        self._seen: set[int] = set()

    def mark(self, node: yaml.Node) -> Mark:
        """Place of a node."""
        start = node.start_mark
        return Mark(self.source.file, start.line + 1, start.column + 1)

    def read(self, node: yaml.Node, path: Path) -> Any:
        """The node's value; containers are read through."""
        mark = self.mark(node)
        self.source.values[path] = mark
        if id(node) in self._seen:
            self._add(mark, "D003", "an anchor is used here; the dialplan language has none.", "Write the value out.")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, mark)
        if len(path) > MAX_DEPTH:
            self._add(mark, "D004", f"this is nested deeper than {MAX_DEPTH} levels.", "Split it into states.")
            return None
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, path)

    def _item(self, node: yaml.Node, path: Path) -> Any:
        self.source.keys[path] = self.mark(node)
        return self.read(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = self.mark(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._add(mark, "D005", "a key must be a word.", "")
                continue
            key = str(key_node.value)
            if key in result:
                first = self.source.keys[(*path, key)].line
                self._add(mark, "D002", f"the key '{key}' is here a second time.", f"The first is in line {first}.")
            if node.flow_style and value_node.value == "":
                self._comma(node, key_node, value_node, mark)
            self.source.keys[(*path, key)] = mark
            result[key] = self.read(value_node, (*path, key))
        return result

    def _comma(self, node: yaml.MappingNode, key: yaml.ScalarNode, value: yaml.Node, mark: Mark) -> None:
        """A key without a value within { }: the text before it held a comma, and so ended there."""
        if value.start_mark.index != value.end_mark.index:
            return
        text = str(key.value)
        wide = slips.wide_within(text)
        if wide is not None:
            self._add(
                mark, "D001", f"this is a full-width mark ({wide}).", f"Write {slips.FULL_WIDTH[wide]} and a space."
            )
        elif node.value[0][0] is not key:
            before = next(held for (_, held), (other, _) in itertools.pairwise(node.value) if other is key)
            if isinstance(before, yaml.ScalarNode) and not before.style and before.tag.endswith(":str"):
                hint = f'Put the text in quotes: "{before.value}, {text}"'
                self._add(mark, "D001", "a comma within { } begins a new entry.", hint)

    def _scalar(self, node: yaml.ScalarNode, mark: Mark) -> Any:
        kind = node.tag.rpartition(":")[2]
        text = str(node.value)
        if kind == "str":
            return text
        if kind == "bool":
            return text == "true"
        if kind == "null":
            return None
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
        self._add(mark, "D006", f"the tag '{node.tag}' is not part of the language.", "Leave it out.")
        return None

    def _add(self, mark: Mark, code: str, message: str, hint: str) -> None:
        self.findings.append(mark.finding(code, message, hint))


def too_deep(text: str) -> tuple[int, int] | None:
    """Line and column, from 1, where a text nests deeper than MAX_DEPTH. Raises yaml.YAMLError.

    Asked while it is read: composing it would overflow the stack before anybody could ask.
    """
    parser, depth = _Composer(text), 0
    while parser.check_event():
        event = parser.get_event()
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark: Any = event.start_mark
                return mark.line + 1, mark.column + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def read_source(text: str, *, file: str, top: frozenset[str] = frozenset()) -> Source:
    """Parse one file. `top`: the keys of its left margin, for advice. Raises DialplanError with every finding."""
    try:
        if (deep := too_deep(text)) is not None:
            mark = Mark(file, *deep)
            raise failed(
                (mark.finding("D004", f"this is nested deeper than {MAX_DEPTH} levels.", "Split it into states."),)
            )
        node = _Composer(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise failed((slips.told(text, error, file=file, top=top),)) from error
    except (yaml.YAMLError, ValueError) as error:
        # ReaderError: a character that YAML does not allow; it has no mark.
        finding = Mark(file, 1, 1).finding("D001", f"this is not YAML: {type(error).__name__}.", "Is it UTF-8 text?")
        raise failed((finding,)) from error
    reader = _Reader(file)
    if node is None:
        raise failed((Mark(file, 1, 1).finding("D007", "the file is empty."),))
    reader.source.value = reader.read(node, ())
    if not isinstance(reader.source.value, dict):
        reader.findings.append(reader.mark(node).finding("D007", "this is no mapping of keys.", "Begin with name:"))
    if reader.findings:
        raise failed(tuple(reader.findings))
    return reader.source


def failed(findings: tuple[Finding, ...]) -> DialplanError:
    """The error that carries these findings."""
    lines = "\n".join(str(finding) for finding in findings)
    return DialplanError(f"{len(findings)} error(s):\n{lines}", findings)
