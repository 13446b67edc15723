"""The left side of a formula: numbers, labels, several columns, or censored observations."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likelier.data._base import CensoredValues, Target
from likelier.data.coding import check_text, encode_levels
from likelier.data.columns import Column, show
from likelier.data.evaluation import evaluate, label_column
from likelier.data.expressions import (
    Expression,
    column_expression,
    parse_expression,
)
from likelier.errors import DataError, FormulaError

__all__ = ["LeftSide", "kind_of_numbers", "parse_left_side", "read_target"]

_CENSORING = ("right", "left", "interval")


@dataclass(frozen=True, eq=False)
class LeftSide:
    """A left side that has been read.

    Attributes:
        text: as it was typed.
        parts: one expression; several columns; or the two arguments of Surv.
        censoring: `right`, `left` or `interval` for Surv, else None.
    """

    text: str
    parts: tuple[Expression, ...]
    censoring: str | None = None

    @classmethod
    def of_column(cls, name: str) -> LeftSide:
        """The left side that is nothing but a column."""
        return cls(name, (column_expression(name),))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that it reads."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.columns))

    def may_be_infinite(self, column: str) -> bool:
        """Whether an infinite cell of this column means something: an open interval."""
        return self.censoring == "interval" and column in self.columns


@functools.lru_cache(maxsize=256)
def parse_left_side(text: str) -> LeftSide:
    """Read a left side: `y`, `log(y)`, `C(y)`, `hare + lynx`, `Surv(time, event)`.

    Raises:
        FormulaError: if it cannot be read, or asks for something that is not allowed.
    """
    stripped = text.strip()
    if stripped.startswith("Surv(") and stripped.endswith(")"):
        return _parse_surv(stripped)
    whole = parse_expression(stripped)
    columns = _summed_columns(whole)
    if len(columns) > 1:
        return LeftSide(stripped, tuple(map(column_expression, columns)))
    return LeftSide(stripped, (whole,))


def _summed_columns(whole: Expression) -> tuple[str, ...]:
    """Return the columns of `a + b + ...`, or nothing for any other expression."""
    node, names = whole.node, []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        if not isinstance(node.right, ast.Name):
            return ()
        names.append(whole.names[node.right.id])
        node = node.left
    if not isinstance(node, ast.Name):
        return ()
    return (whole.names[node.id], *reversed(names))


def _parse_surv(text: str) -> LeftSide:
    """Read Surv(time, event) or Surv(lower, upper, type="interval")."""
    inside = text[len("Surv(") : -1]
    arguments = _split_arguments(inside)
    censoring = "right"
    if len(arguments) == 3:
        option, _, value = arguments.pop().partition("=")
        censoring = value.strip().strip("'\"")
        if option.strip() != "type" or censoring not in _CENSORING:
            raise FormulaError(
                f'`{text}`: the third argument is type="right", "left" or "interval".'
            )
    if len(arguments) != 2:
        raise FormulaError(
            f'`{text}`: write Surv(time, event), or Surv(lower, upper, type="interval").'
        )
    return LeftSide(text, tuple(map(parse_expression, arguments)), censoring)


def _split_arguments(text: str) -> list[str]:
    """Split at commas that stand outside of parentheses, quotes and backticks."""
    parts, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "`'\"":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += char
    return parts


@dataclass(frozen=True)
class TargetState:
    """What prediction needs to read the same left side again, as plain JSON values."""

    levels: tuple[Any, ...] | None = None
    kind: str = "real"
    calls: dict[str, Any] = field(default_factory=dict)


def read_target(
    left: LeftSide,
    column: Callable[[str], Column],
    n: int,
    state: TargetState | None,
    partial: bool = False,
) -> tuple[Target, TargetState]:
    """Compute the target; `state` None means that levels and kind are learnt here."""
    if left.censoring is not None:
        return Target(_censored(left, column, n), left.text, None, "censored"), TargetState(
            kind="censored"
        )
    if len(left.parts) > 1:
        names = left.columns
        stacked = np.column_stack([column(name).numbers() for name in names])
        target = Target(stacked, left.text, None, "multivariate", names)
        return target, TargetState(kind="multivariate")
    part = left.parts[0]
    plain = part.column is not None
    if part.categorical is not None or (plain and column(part.columns[0]).kind != "number"):
        if state is not None and state.levels is None:
            return _numbers(left, part, column, n, state)
        return _labels(left, label_column(part, column, n), state, explicit=not plain)
    if state is not None and state.levels is not None:
        return _labels(left, label_column(part, column, n), state, explicit=True)
    if partial and plain:
        values = column(part.columns[0]).numbers()
        kind = kind_of_numbers(values[~np.isnan(values)])
        return Target(values, left.text, None, kind), TargetState(kind=kind)
    return _numbers(left, part, column, n, state)


def _numbers(
    left: LeftSide,
    part: Expression,
    column: Callable[[str], Column],
    n: int,
    state: TargetState | None,
) -> tuple[Target, TargetState]:
    """A target of numbers."""
    calls = {} if state is None else dict(state.calls)
    basis = evaluate(part, column, n, calls, learn=state is None)
    if len(basis.columns) > 1:
        raise FormulaError(f"`{left.text}` makes several columns; a target is one.")
    values = np.ascontiguousarray(basis.columns[0])
    kind = kind_of_numbers(values) if state is None else state.kind
    return Target(values, left.text, None, kind), TargetState(None, kind, calls)


def _labels(
    left: LeftSide, column: Column, state: TargetState | None, explicit: bool
) -> tuple[Target, TargetState]:
    """A target of labels: codes and levels."""
    if state is not None and state.levels is not None:
        codes = encode_levels(column, state.levels, "the fit never saw")
        return Target(codes, left.text, state.levels, state.kind), state
    found = column.labels()
    if not explicit:
        many = len(found.levels) > 100
        if many or not all(isinstance(x, str) and x.strip().isdecimal() for x in found.levels):
            check_text(column, found)
    ordered = found.ordered and len(found.levels) > 2
    kind = "ordered" if ordered else "binary" if len(found.levels) <= 2 else "labels"
    target = Target(found.codes, left.text, found.levels, kind)
    return target, TargetState(found.levels, kind)


def _censored(left: LeftSide, column: Callable[[str], Column], n: int) -> CensoredValues:
    """Intervals from Surv(...)."""
    first, second = (_side(part, column, n) for part in left.parts)
    locate = column(left.columns[0]).locate
    if left.censoring == "interval":
        wrong = ~(first <= second)
        if wrong.any():
            i = int(np.argmax(wrong))
            raise DataError(
                f"`{left.text}`: in {locate(i)} the lower end {show(first[i])} is above the upper "
                f"end {show(second[i])}."
            )
        return CensoredValues(first, second)
    odd = (second != 0) & (second != 1)
    if odd.any():
        i = int(np.argmax(odd))
        raise DataError(
            f"`{left.text}`: {locate(i)} holds {show(second[i])} as event; 1 is an event that was "
            "observed, 0 one that was not."
        )
    seen = second == 1
    if left.censoring == "right":
        return CensoredValues(first, np.where(seen, first, np.inf))
    return CensoredValues(np.where(seen, first, -np.inf), first)


def _side(part: Expression, column: Callable[[str], Column], n: int) -> np.ndarray:
    """Compute one argument of Surv; a plain column may be infinite."""
    if part.column is not None:
        return column(part.column).numbers()
    return np.ascontiguousarray(evaluate(part, column, n, {}, learn=True).columns[0])


def kind_of_numbers(values: np.ndarray) -> str:
    """Say what kind of number a target holds, from its values alone.

    0 and 1 alone are `binary`; other whole numbers from 0 on are `counts`; numbers from 0 to 1
    are `proportions`; then `positive`, `nonnegative`, `real`.

    Example:
        >>> kind_of_numbers(np.array([0.0, 3.0, 1.0]))
        'counts'
    """
    if not len(values):
        return "real"
    low, high = float(values.min()), float(values.max())
    if low < 0:
        return "real"
    if (values == np.floor(values)).all():
        return "binary" if high <= 1 else "counts"
    if high <= 1:
        return "proportions"
    return "positive" if low > 0 else "nonnegative"
