"""Conditions: a small, closed, typed language. Nothing is ever evaluated by Python itself.

    condition  = or ;  or = and {"or" and} ;  and = not {"and" not} ;  not = ["not"] compare
    compare    = term [("=" | "!=" | "<" | "<=" | ">" | ">=") term]
    term       = number | 'text' | true | false | name | "(" or ")"

Logic has three values: what depends on a value that is not known (yet) is unknown, and an unknown condition is not
met. Types are checked when the dialplan loads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class ValueType(StrEnum):
    """Type of a value, and how it is read out."""

    TEXT = "text"
    DIGITS = "digits"
    NUMBER = "number"
    AMOUNT = "amount"
    DATE = "date"
    YES_NO = "yes_no"


Known = str | Decimal | bool
"""A value as the interpreter keeps it: dates as ISO text, digits as text, numbers and amounts as Decimal."""
Lookup = Callable[[str], Known | None]


class ExpressionError(Exception):
    """A condition that does not parse or whose types do not fit; the message says why."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Known
    type: ValueType


@dataclass(frozen=True, slots=True)
class Name:
    """A value of the call."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator on one (not) or two operands."""

    operator: str
    operands: tuple[Expression, ...]


Expression = Literal | Name | Operation

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|(<=|>=|!=|[=<>()])|([a-z_][a-z0-9_]*))")
_COMPARE = frozenset({"=", "!=", "<", "<=", ">", ">="})
_NUMERIC = frozenset({ValueType.NUMBER, ValueType.AMOUNT})
_TEXTUAL = frozenset({ValueType.TEXT, ValueType.DIGITS})
_ORDERED = _NUMERIC | {ValueType.DATE}
_MAX_LENGTH = 500
"""Characters of one condition: keeps the parser's recursion bounded."""


def parse_expression(text: str) -> Expression:
    """The condition's tree. Raises ExpressionError."""
    if len(text) > _MAX_LENGTH:
        raise ExpressionError(f"the condition is longer than {_MAX_LENGTH} characters")
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise ExpressionError(f"'{stripped[position:].strip()[:20]}' is not understood in a condition")
        number, quoted, operator, word = match.groups()
        if number is not None:
            found.append(("number", number))
        elif quoted is not None:
            found.append(("text", quoted))
        elif operator is not None:
            found.append(("operator", operator))
        else:
            found.append(("word", word))
        position = match.end()
    return found


class _Parser:
    """Recursive descent over the grammar in the module's docstring."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Expression:
        """The one expression that all tokens make."""
        tree = self._or()
        if self._at < len(self._tokens):
            raise ExpressionError(f"'{self._tokens[self._at][1]}' is left over")
        return tree

    def _next(self, *wanted: str, kind: str = "word") -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in [(kind, word) for word in wanted]:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return None

    def _or(self) -> Expression:
        tree = self._and()
        while self._next("or"):
            tree = Operation("or", (tree, self._and()))
        return tree

    def _and(self) -> Expression:
        tree = self._not()
        while self._next("and"):
            tree = Operation("and", (tree, self._not()))
        return tree

    def _not(self) -> Expression:
        if self._next("not"):
            return Operation("not", (self._not(),))
        return self._compare()

    def _compare(self) -> Expression:
        left = self._term()
        operator = self._next(*_COMPARE, kind="operator")
        return left if operator is None else Operation(operator, (left, self._term()))

    def _term(self) -> Expression:
        if self._next("(", kind="operator"):
            tree = self._or()
            if not self._next(")", kind="operator"):
                raise ExpressionError("a ')' is missing")
            return tree
        if self._at >= len(self._tokens):
            raise ExpressionError("the condition ends too early")
        kind, text = self._tokens[self._at]
        if kind == "operator" or text in ("and", "or", "not"):
            raise ExpressionError(f"'{text}' stands where a value should")
        self._at += 1
        if kind == "number":
            return Literal(Decimal(text), ValueType.NUMBER)
        if kind == "text":
            return Literal(text, ValueType.TEXT)
        if text in ("true", "false"):
            return Literal(text == "true", ValueType.YES_NO)
        return Name(text)


def names(tree: Expression) -> frozenset[str]:
    """Every value that the expression reads."""
    if isinstance(tree, Name):
        return frozenset({tree.name})
    if isinstance(tree, Operation):
        return frozenset().union(*(names(part) for part in tree.operands))
    return frozenset()


def operations(tree: Expression) -> Iterator[Operation]:
    """Every operation in the expression, itself first."""
    if isinstance(tree, Operation):
        yield tree
        for part in tree.operands:
            yield from operations(part)


def bare_name(tree: Expression) -> str | None:
    """The value that an expression is, if it is one and nothing else."""
    return tree.name if isinstance(tree, Name) else None


def type_of(tree: Expression, types: Mapping[str, ValueType]) -> ValueType:
    """The expression's type. Raises ExpressionError where types do not fit or a name is unknown."""
    if isinstance(tree, Literal):
        return tree.type
    if isinstance(tree, Name):
        if tree.name not in types:
            raise ExpressionError(f"no value is named '{tree.name}'")
        return types[tree.name]
    parts = [type_of(part, types) for part in tree.operands]
    if tree.operator in _COMPARE:
        _comparable(tree.operator, parts[0], parts[1])
    else:
        for part in parts:
            if part is not ValueType.YES_NO:
                raise ExpressionError(f"'{tree.operator}' needs conditions, and here is a {part}")
    return ValueType.YES_NO


def _comparable(operator: str, left: ValueType, right: ValueType) -> None:
    pair = {left, right}
    date_as_text = ValueType.DATE in pair and pair <= {ValueType.DATE, ValueType.TEXT}
    same = len(pair) == 1 or pair <= _NUMERIC or pair <= _TEXTUAL or date_as_text
    if not same:
        raise ExpressionError(f"a {left} cannot be compared with a {right}")
    if operator not in ("=", "!=") and not (pair & _ORDERED):
        raise ExpressionError(f"'{operator}' needs numbers, amounts or dates, and here is a {left}")


def evaluate(tree: Expression, known: Lookup) -> Known | None:
    """The expression's value; None when it depends on a value that is not known."""
    if isinstance(tree, Literal):
        return tree.value
    if isinstance(tree, Name):
        return known(tree.name)
    values = [evaluate(part, known) for part in tree.operands]
    if tree.operator == "not":
        return None if values[0] is None else not values[0]
    if tree.operator == "and":
        return False if False in values else None if None in values else True
    if tree.operator == "or":
        return True if True in values else None if None in values else False
    left, right = values
    if left is None or right is None:
        return None
    return _compared(tree.operator, left, right)


def _compared(operator: str, left: Known, right: Known) -> bool:
    if operator == "=":
        return left == right
    if operator == "!=":
        return left != right
    # type_of has made sure at load that both sides are of one ordered kind; ISO dates order as text.
    if isinstance(left, str) and isinstance(right, str):
        return (
            left < right
            if operator == "<"
            else left <= right
            if operator == "<="
            else (left > right if operator == ">" else left >= right)
        )
    assert isinstance(left, Decimal)
    assert isinstance(right, Decimal)
    return (
        left < right
        if operator == "<"
        else left <= right
        if operator == "<="
        else (left > right if operator == ">" else left >= right)
    )


def holds(tree: Expression, known: Lookup) -> bool:
    """Whether a condition is met; unknown is not met."""
    return evaluate(tree, known) is True
