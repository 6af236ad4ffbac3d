"""The text of a formula or of a score's reference -> an expression tree. Names are not checked here, see `scores`.

sum     = product (("+" | "-") product)*
product = factor (("*" | "/") factor)*
factor  = "-" factor | number | "(" sum ")" | ("min" | "max") "(" sum ("," sum)* ")" | "profile." field | reference
reference = score | score "[" category "]", the category bare or in quotes
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from streamer.model.spec import Constant, Expression, Number, Operation, ProfileRef, ScoreRef
from topics import limits

SCORE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_FIELD = re.compile(r"\.\s*(\w+)")
_CATEGORY = re.compile(r"""\[\s*(?:"([^"]+)"|'([^']+)'|([^\]"']+?))\s*\]""")


class FormulaError(Exception):
    """Why the text is no formula."""


def parse_formula(text: str) -> Expression:
    """The expression of a formula; raises FormulaError."""
    if len(text) > limits.FORMULA_CHARS_MAX:
        raise FormulaError(f"at most {limits.FORMULA_CHARS_MAX} characters, got {len(text)}")
    parser = _Parser(text)
    expression = parser.sum()
    if not parser.at_end():
        raise parser.error("an operator or the end")
    return expression


def parse_reference(text: str) -> ScoreRef:
    """A score, or a score with a category: `total`, `interest`, `product[mens]`; raises FormulaError."""
    parser = _Parser(text)
    name = parser.take(SCORE_NAME)
    if name is None:
        raise parser.error("a score")
    reference = parser.reference(name[0])
    if not parser.at_end():
        raise parser.error("the end")
    return reference


def number_of(text: str) -> Number:
    """The number, kept an integer where it is written as one."""
    return int(text) if text.isdigit() and len(text) <= 15 else float(text)


@dataclass(slots=True)
class _Parser:
    text: str
    position: int = 0
    depth: int = 0
    operations: int = 0

    def sum(self) -> Expression:
        self.depth += 1
        if self.depth > limits.FORMULA_DEPTH_MAX:
            raise FormulaError(f"nested more than {limits.FORMULA_DEPTH_MAX} deep")
        left = self.product()
        while sign := self.symbol("+-"):
            left = self.operation(sign, left, self.product())
        self.depth -= 1
        return left

    def product(self) -> Expression:
        left = self.factor()
        while sign := self.symbol("*/"):
            left = self.operation(sign, left, self.factor())
        return left

    def factor(self) -> Expression:
        if self.symbol("-"):
            negations = 1
            while self.symbol("-"):
                negations += 1
            inner = self.factor()
            return self.operation("negate", inner) if negations % 2 else inner
        if self.symbol("("):
            inner = self.sum()
            self.need(")")
            return inner
        if number := self.take(_NUMBER):
            value = number_of(number[0])
            if not math.isfinite(value):
                raise FormulaError("a number is too large")
            return Constant(value)
        name = self.take(SCORE_NAME)
        if name is None:
            raise self.error("a number, a score, profile.FIELD, min, max or (")
        if name[0] in ("min", "max") and self.symbol("("):
            operands = [self.sum()]
            while self.symbol(","):
                operands.append(self.sum())
            self.need(")")
            return self.operation(name[0], *operands)
        if name[0] == "profile" and self.peek() == ".":
            field = self.take(_FIELD)
            if field is None:
                raise self.error("a profile's field")
            return ProfileRef(field[1])
        return self.reference(name[0])

    def reference(self, name: str) -> ScoreRef:
        if self.peek() != "[":
            return ScoreRef(name)
        category = self.take(_CATEGORY)
        if category is None:
            raise self.error("a category such as [mens]")
        return ScoreRef(name, category[1] or category[2] or category[3])

    def operation(self, operator: str, *operands: Expression) -> Operation:
        self.operations += 1
        if self.operations > limits.FORMULA_OPERATIONS_MAX:
            raise FormulaError(f"more than {limits.FORMULA_OPERATIONS_MAX} operations")
        return Operation(operator, operands)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self.skip_space()
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def skip_space(self) -> None:
        space = _SPACE.match(self.text, self.position)
        self.position = space.end() if space else self.position

    def peek(self) -> str:
        self.skip_space()
        return self.text[self.position : self.position + 1]

    def at_end(self) -> bool:
        return self.peek() == ""

    def symbol(self, symbols: str) -> str:
        found = self.peek()
        if not found or found not in symbols:
            return ""
        self.position += 1
        return found

    def need(self, symbol: str) -> None:
        if not self.symbol(symbol):
            raise self.error(symbol)

    def error(self, what: str) -> FormulaError:
        found = self.peek()
        if not found:
            return FormulaError(f"expected {what}, got the end")
        return FormulaError(f"expected {what}, got {found!r} at character {self.position + 1}")
