"""YAML as the model reads it: scalars of the core schema, places, and what is no document."""

from __future__ import annotations

import time

import pytest

from streamer.model.document import Mapping, Scalar, Sequence, read_document, resolve
from streamer.model.faults import ModelError
from topics import limits


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("12:30", "12:30"), ("2026-01-01", "2026-01-01"), ("1_000", "1_000"), ("=", "="),
        ("<<", "<<"), ("true", True), ("False", False), ("tRue", "tRue"), ("null", None), ("~", None), ("", None), ("7", 7), ("-7", -7),
        ("+7", 7), ("010", 10), ("0o10", 8), ("0x1f", 31), ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), ("-1.5E-2", -0.015), ("1e", "1e"),
        (".", "."), ("٣", "٣"), (".inf", float("inf")), ("-.INF", float("-inf")), ("9" * 5000, float("inf")),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    """Only true, false, null and numbers of YAML 1.2 are typed; what YAML 1.1 takes for booleans and times is text."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_quotes_make_text() -> None:
    """A value in quotes is text, whatever it looks like."""
    node = read_document("['7', \"true\", '']", "m")
    assert isinstance(node, Sequence)
    assert [item.value for item in node.items if isinstance(item, Scalar)] == ["7", "true", ""]


def test_nodes_know_their_place() -> None:
    """Lines and columns count from 1."""
    node = read_document("a: 1\nb:\n  - c: x\n", "m")
    assert isinstance(node, Mapping)
    key, value = node.entries["b"]
    assert (key.line, key.column, value.line, value.column) == (2, 1, 3, 3)


def test_aliases_stand_for_their_node() -> None:
    """An alias is the node it names, at the place of that node."""
    node = read_document("a: &x {k: 1}\nb: *x\n", "m")
    assert isinstance(node, Mapping)
    assert node.entries["a"][1] is node.entries["b"][1]


BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 8)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "place", "gist"),
    [
        ("", "m", "the file is empty"),
        ("# a comment\n", "m", "the file is empty"),
        ("a: 1\n---\nb: 2\n", "m:2:1", "a second YAML document"),
        ("a: !!str 5\n", "m:1:4", "YAML tags are not allowed"),
        ("a: ! 5\n", "m:1:4", "YAML tags are not allowed"),
        ("!!python/object/apply:os.system [ls]", "m:1:1", "YAML tags are not allowed"),
        ("a: &x [*x]", "m:1:8", "the alias *x stands inside what it names"),
        ("a: *x", "m:1:4", "the alias *x names nothing above it"),
        ("a: *head*", "m:1:9", 'a pattern that begins with * needs quotes, as in "*head*"'),
        ("a: {b: c[d]}", "m:1:9", 'as in "product[mens]"'),
        ("a: b: c", "m:1:5", "mapping values are not allowed here"),
        ("a: [1", "m:1:6", "not valid YAML"),
        ("a:\n\t- b", "m:2:1", "cannot start any token"),
        ("a: \x00", "m:1:4", "the character U+0000 is not allowed"),
        ("a: b\nc: \x07", "m:2:4", "the character U+0007 is not allowed"),
        ('a: "\\ud800"', "m:1:4", "surrogate"),
        ('a: "\\U00110000"', "m", "not valid YAML"),
        (f"%YAML {'9' * 5000}.1\n---\na", "m", "not valid YAML"),
        ("? [a]\n: b", "m:1:3", "expected a word as the key"),
        ("[" * 100_000, "m:1:17", "nested too deeply"),
        ("- " * 100_000, "m:1:33", "nested too deeply"),
        ("a: &a [[[[[[[[[]]]]]]]]]\nb: [[[[[[[*a]]]]]]]", "m:2:11", "nested too deeply"),
        (BOMB, "m:6:8", "too large with its aliases spelled out"),
    ],
)
def test_no_document(text: str, place: str, gist: str) -> None:
    """What is not one bounded YAML document is refused with one fault at its place, at once."""
    started = time.process_time()
    with pytest.raises(ModelError) as refused:
        read_document(text, "m")
    assert time.process_time() - started < 2
    (fault,) = refused.value.faults
    assert str(fault).startswith(f"{place}: ")
    assert gist in str(fault)


def test_depth_is_exact() -> None:
    """As many levels as the limit says, and not one more."""
    levels = limits.MODEL_DEPTH_MAX
    read_document("[" * levels + "]" * levels, "m")
    with pytest.raises(ModelError, match="nested too deeply"):
        read_document("[" * (levels + 1) + "]" * (levels + 1), "m")
