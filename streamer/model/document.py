"""YAML text -> a tree of nodes that know their line and column.

Scalars follow the YAML 1.2 core schema, so `NO`, `on` and `12:30` are text. The tree is built from parser events rather than
by PyYAML's composer, which is recursive and shares nodes without end: here depth and the nodes that aliases add are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any

import yaml

from streamer.model.faults import Fault, ModelError
from topics import limits


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `text` is as written, `value` is typed. Numbers too large to hold are infinite."""

    line: int
    column: int
    text: str
    value: str | bool | int | float | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys as written with their values in file order; of a key written twice the first, the others in `repeated`."""

    line: int
    column: int
    entries: Dictionary[str, tuple[Scalar, Node]]
    repeated: tuple[Scalar, ...]


Node = Scalar | Sequence | Mapping

WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
SURROGATE = re.compile("[\ud800-\udfff]")
INTEGER_CHARS_MAX = 300


def read_document(text: str, source: str, wanted: str = "a scoring model") -> Node:
    """The one document of `text`; raises ModelError with one fault when it is no YAML or larger than the limits."""
    tree = _Tree(source)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        raise tree.refusal(error.problem_mark or error.context_mark, f"not valid YAML: {_said(error)}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        message = f"not valid YAML: the character U+{int(error.character):04X} is not allowed"
        raise ModelError((Fault(source, line, column, "", message),)) from None
    except (ValueError, OverflowError):  # PyYAML passes on what chr() and int() say of an escape or a directive
        raise tree.refusal(None, "not valid YAML: a number or an escape in it cannot be read") from None
    if tree.root is None:
        raise tree.refusal(None, f"the file is empty, expected {wanted}")
    return tree.root


def _said(error: yaml.MarkedYAMLError) -> str:
    """What PyYAML says, and the way out of the two traps that patterns and categories lay."""
    said = str(error.problem or error.context)
    if error.problem and error.context:
        said += f" ({error.context})"
    if error.context == "while scanning an alias":
        said += '; a pattern that begins with * needs quotes, as in "*head*"'
    elif "got '['" in said:
        said += '; inside { } a score with a category needs quotes, as in "product[mens]"'
    return said


def resolve(text: str) -> str | bool | int | float | None:
    """The value of an unquoted scalar."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        if len(text) > INTEGER_CHARS_MAX:
            return float("inf")
        return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)
    if FLOAT.fullmatch(text):
        return float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").lower().replace(".nan", "nan"))
    return text


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet, with its nodes and its height, aliases spelled out; a scalar has height 1."""

    start: Any
    children: list[Node] = field(default_factory=list)
    nodes: int = 1
    height: int = 2


@dataclass(slots=True)
class _Tree:
    """Takes parser events one by one. `anchors` holds None while the anchored node is still open."""

    source: str
    root: Node | None = None
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Node, int, int] | None] = field(default_factory=dict)

    def refusal(self, mark: Any, message: str) -> ModelError:
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return ModelError((Fault(self.source, line, column, "", message),))

    def take(self, event: Any) -> None:
        mark = event.start_mark
        if getattr(event, "tag", None) is not None:
            raise self.refusal(mark, f"YAML tags are not allowed, got {event.tag[:60]}")
        match event:
            case yaml.DocumentStartEvent() if self.root is not None:
                raise self.refusal(mark, "a second YAML document starts here, expected one")
            case yaml.AliasEvent():
                self.add(mark, *self.anchored(mark, str(event.anchor)))
            case yaml.ScalarEvent():
                if SURROGATE.search(event.value):
                    raise self.refusal(mark, "half of a surrogate pair is no character")
                value = resolve(event.value) if event.implicit[0] else event.value
                self.add_anchored(event, Scalar(mark.line + 1, mark.column + 1, event.value, value), 1, 1)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if event.anchor is not None:
                    self.anchors[event.anchor] = None
                self.open.append(_Open(event))
                self.bound(mark, nodes=1, height=1)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                ended = self.open.pop()
                self.add_anchored(ended.start, self.closed(ended), ended.nodes, ended.height)

    def anchored(self, mark: Any, name: str) -> tuple[Node, int, int]:
        found = self.anchors.get(name)
        if found is not None:
            return found
        if name in self.anchors:
            raise self.refusal(mark, f"the alias *{name[:60]} stands inside what it names")
        raise self.refusal(mark, f"the alias *{name[:60]} names nothing above it; a pattern that begins with * needs quotes")

    def closed(self, ended: _Open) -> Node:
        mark = ended.start.start_mark
        line, column = mark.line + 1, mark.column + 1
        if isinstance(ended.start, yaml.SequenceStartEvent):
            return Sequence(line, column, tuple(ended.children))
        entries: dict[str, tuple[Scalar, Node]] = {}
        repeated: list[Scalar] = []
        for key, value in zip(ended.children[::2], ended.children[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise ModelError((Fault(self.source, key.line, key.column, "", "expected a word as the key, got a list or mapping"),))
            if key.text in entries:
                repeated.append(key)
            else:
                entries[key.text] = (key, value)
        return Mapping(line, column, entries, tuple(repeated))

    def add_anchored(self, start: Any, node: Node, nodes: int, height: int) -> None:
        if start.anchor is not None:
            self.anchors[start.anchor] = (node, nodes, height)
        self.add(start.start_mark, node, nodes, height)

    def add(self, mark: Any, node: Node, nodes: int, height: int) -> None:
        self.bound(mark, nodes, height)
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        parent.children.append(node)
        parent.nodes += nodes
        parent.height = max(parent.height, height + 1)

    def bound(self, mark: Any, nodes: int, height: int) -> None:
        if len(self.open) + height > limits.MODEL_DEPTH_MAX + 1:
            raise self.refusal(mark, f"nested too deeply, at most {limits.MODEL_DEPTH_MAX} levels")
        if sum(parent.nodes for parent in self.open) + nodes > limits.MODEL_NODES_MAX:
            raise self.refusal(mark, f"too large with its aliases spelled out, at most {limits.MODEL_NODES_MAX} values")
