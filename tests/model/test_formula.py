"""Formulas: precedence, references, and texts that are none."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.model.formula import FormulaError, parse_formula, parse_reference
from streamer.model.spec import Constant, Expression, Operation, ProfileRef, ScoreRef


def written(expression: Expression) -> str:
    """The expression with every bracket, operators before their operands."""
    match expression:
        case Constant(value):
            return repr(value)
        case ProfileRef(field):
            return f"profile.{field}"
        case ScoreRef(name, category):
            return name if category is None else f"{name}[{category}]"
        case Operation(operator, operands):
            return f"({' '.join([operator, *map(written, operands)])})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", "a"),
        ("1", "1"),
        ("1.50", "1.5"),
        (".5e1", "5.0"),
        ("a + b - 1", "(- (+ a b) 1)"),
        ("a - b - c", "(- (- a b) c)"),
        ("a / b / c", "(/ (/ a b) c)"),
        ("a + b * 2", "(+ a (* b 2))"),
        ("(a + b) * 2", "(* (+ a b) 2)"),
        ("-a * b", "(* (negate a) b)"),
        ("a - -b", "(- a (negate b))"),
        ("---a", "(negate a)"),
        ("--a", "a"),
        ("-(a + b)", "(negate (+ a b))"),
        ("min(a)", "(min a)"),
        ("max( 1 , b,min(c,2) )", "(max 1 b (min c 2))"),
        ("product[mens]", "product[mens]"),
        ("product[washing-machines] - 1", "(- product[washing-machines] 1)"),
        ('product[ "two words" ] + 1', "(+ product[two words] 1)"),
        ("product['[x]']", "product[[x]]"),
        ("profile.budget / 1000", "(/ profile.budget 1000)"),
        ("profile.бюджет", "profile.бюджет"),
        ("profile + min + max", "(+ (+ profile min) max)"),
        ("a\n +\tb", "(+ a b)"),
        ("a" + "+a" * 100, "(+ " * 100 + "a" + " a)" * 100),
        ("(" * 31 + "a" + ")" * 31, "a"),
    ],
)
def test_formulas(text: str, tree: str) -> None:
    """Operators bind and associate as in arithmetic; names are scores, also where a function has the same name."""
    assert written(parse_formula(text)) == tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a number, a score, profile.FIELD, min, max or (, got the end"),
        ("a +", "expected a number, a score, profile.FIELD, min, max or (, got the end"),
        ("a b", "expected an operator or the end, got 'b' at character 3"),
        ("(a", "expected ), got the end"),
        ("a)", "expected an operator or the end, got ')' at character 2"),
        ("+a", "expected a number, a score, profile.FIELD, min, max or (, got '+' at character 1"),
        ("2 ** 3", "got '*' at character 4"),
        ("a % 2", "expected an operator or the end, got '%' at character 3"),
        ("min()", "got ')' at character 5"),
        ("min(a,)", "got ')' at character 7"),
        ("abs(a)", "expected an operator or the end, got '(' at character 4"),
        ("product[]", "expected a category such as [mens], got '[' at character 8"),
        ("product[mens", "expected a category such as [mens], got '[' at character 8"),
        ("profile.", "expected a profile's field, got '.' at character 8"),
        ("a.b", "expected an operator or the end, got '.' at character 2"),
        ("1e999", "a number is too large"),
        ("__import__('os')", "expected an operator or the end, got '(' at character 11"),
        ("a" * 1001, "at most 1000 characters, got 1001"),
        ("a" + "+a" * 101, "more than 100 operations"),
        ("(" * 32 + "a" + ")" * 32, "nested more than 32 deep"),
        ("(" * 500 + ")" * 500, "nested more than 32 deep"),
        ("-(" * 100, "nested more than 32 deep"),
        ("min(" * 100, "nested more than 32 deep"),
    ],
)
def test_no_formula(text: str, message: str) -> None:
    """What is no formula is refused with the character where reading stopped; length, depth and size are bounded."""
    with pytest.raises(FormulaError) as refused:
        parse_formula(text)
    assert message in str(refused.value)


@pytest.mark.parametrize("text", ["", "1", "a + b", "a[", "a[b]c", "profile.x", "a b", "-a"])
def test_no_reference(text: str) -> None:
    """A threshold watches one score, not a formula."""
    with pytest.raises(FormulaError):
        parse_reference(text)


@given(st.text(st.sampled_from("ab1.+-*/()[]\"', minmaxprofile"), max_size=200) | st.text(max_size=100))
def test_any_text(text: str) -> None:
    """Whatever the text, it is a formula or refused."""
    with contextlib.suppress(FormulaError):
        parse_formula(text)


TREES: Any = st.recursive(
    st.sampled_from(["a", "product[x y]", "profile.f", "1", "2.5"]),
    lambda inner: (
        st.tuples(st.sampled_from("+-*/"), inner, inner).map(lambda parts: f"({parts[1]} {parts[0]} {parts[2]})")
        | inner.map(lambda operand: f"(-{operand})")
        | st.lists(inner, min_size=1, max_size=3).map(lambda operands: f"max({', '.join(operands)})")
    ),
    max_leaves=8,
)


@given(TREES)
def test_brackets_change_nothing(text: str) -> None:
    """A formula in one more pair of brackets, or with other spaces, is the same formula."""
    assert parse_formula(f"( {text} )") == parse_formula(text.replace(" + ", "+"))
