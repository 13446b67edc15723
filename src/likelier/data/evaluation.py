"""Expressions computed over columns: arithmetic done by NumPy, one call of the tree at a time."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.data.columns import Column, show
from likelier.data.expressions import Expression, cut, function_name, quote
from likelier.data.transforms import ELEMENTWISE, LEARNING, Basis
from likelier.errors import DataError, FormulaError

__all__ = ["evaluate", "label_column"]

BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
LOGICAL: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.BitAnd: np.logical_and,
    ast.BitOr: np.logical_or,
}
COMPARE: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass
class _Evaluation:
    """One computation: where columns come from, and what learning functions know or learn."""

    expression: Expression
    column: Callable[[str], Column]
    states: dict[str, Any]
    learn: bool

    def values(self, node: ast.AST) -> Any:
        """Return float64 (n,), a number, or a mask (n,)."""
        if isinstance(node, ast.Name):
            return self.column(self.expression.names[node.id]).numbers()
        if isinstance(node, ast.Constant):
            # As doubles: whole numbers of Python would grow without bound in 9**9**9.
            return np.float64(node.value)  # type: ignore[arg-type]
        if isinstance(node, ast.BinOp):
            left, right = self.values(node.left), self.values(node.right)
            act = BINARY.get(type(node.op)) or LOGICAL[type(node.op)]
            if type(node.op) in BINARY:
                left, right = _number(left), _number(right)
            return act(left, right)
        if isinstance(node, ast.UnaryOp):
            value = self.values(node.operand)
            if isinstance(node.op, ast.Invert):
                return np.logical_not(value)
            return -_number(value) if isinstance(node.op, ast.USub) else _number(value)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        assert isinstance(node, ast.Call)
        name = function_name(node)
        if name == "Q":
            return self.column(node.args[0].value).numbers()  # type: ignore[attr-defined]
        if name in ELEMENTWISE:
            arguments = [self.values(argument) for argument in node.args]
            return ELEMENTWISE[name][1](*(a if name == "I" else _number(a) for a in arguments))
        return self.learning(name, node)

    def _compare(self, node: ast.Compare) -> Any:
        """Compare, chained as in Python; a text column may be compared with a text."""
        sides = [node.left, *node.comparators]
        texts = any(isinstance(s, ast.Constant) and isinstance(s.value, str) for s in sides)
        values = [self._text(side) if texts else self.values(side) for side in sides]
        result: Any = True
        for op, left, right in zip(node.ops, values, values[1:], strict=False):
            result = np.logical_and(result, COMPARE[type(op)](left, right))
        return result

    def _text(self, node: ast.AST) -> Any:
        """Return one side of a comparison with a text."""
        if isinstance(node, ast.Constant):
            return node.value
        if not isinstance(node, ast.Name):
            raise FormulaError(
                f"`{cut(self.expression.text)}`: only a column can be compared with a text."
            )
        codes, levels, _ = self.column(self.expression.names[node.id]).labels()
        return np.asarray([*levels, None], dtype=object)[codes]

    def learning(self, name: str, node: ast.Call) -> Any:
        """Apply a function that learns, or use what it has learnt."""
        transform = LEARNING[name]
        key = ast.unparse(node)
        _, options = self.expression.learning[key]
        x = np.asarray(_number(self.values(node.args[0])), dtype=np.float64)
        state = None if self.learn and key not in self.states else self.states[key]
        default = "raise" if name == "bs" else "extend"
        if "lower_bound" in transform.state and options.get("extrapolation", default) == "raise":
            self._check_range(x, {**options, **(state or {})})
        try:
            result, learnt = transform.apply(x, options, state)
        except (ValueError, TypeError, KeyError, IndexError, np.linalg.LinAlgError) as error:
            raise FormulaError(
                f"`{cut(self.expression.text)}`: {str(error).rstrip('.')}."
            ) from None
        self.states[key] = learnt
        return result

    def _check_range(self, x: np.ndarray, known: Mapping[str, Any]) -> None:
        """Raise for a value beyond the range over which a spline is defined."""
        low, high = known.get("lower_bound"), known.get("upper_bound")
        outside = np.zeros(len(x), dtype=bool)
        if low is not None:
            outside |= x < low
        if high is not None:
            outside |= x > high
        if outside.any():
            i = int(np.argmax(outside))
            locate = self.column(self.expression.columns[0]).locate
            ends = ("-inf" if low is None else show(low), "inf" if high is None else show(high))
            raise DataError(
                f"`{cut(self.expression.text)}`: {locate(i)} holds {show(x[i])}, outside the range "
                f"{ends[0]} to {ends[1]} that the spline was fitted over "
                f"({int(outside.sum()):,} such). Drop these rows, or write "
                'extrapolation="clip" or "extend" in the formula.'
            )


def _number(value: Any) -> Any:
    """Turn masks into 0.0 and 1.0, so that arithmetic with them is that of numbers."""
    return value.astype(np.float64) if getattr(value, "dtype", None) == np.bool_ else value


def evaluate(
    expression: Expression,
    column: Callable[[str], Column],
    n: int,
    states: dict[str, Any],
    learn: bool,
) -> Basis:
    """Compute an expression of numbers.

    Args:
        expression: one without C(...) outermost.
        column: returns a column by name, without missing cells.
        n: number of rows.
        states: what the learning functions know, by the text of the call; filled when `learn`.
        learn: whether this is the fit.

    Returns:
        The columns, all finite; a single column has the label "".

    Raises:
        DataError: if a result is not finite, or a spline is asked beyond its range.
    """
    if expression.column is not None:
        plain = column(expression.column)
        basis = Basis([plain.numbers()], ("",))
        if plain.unusable() is not None:
            _check_finite(expression, basis, column)
        return basis
    run = _Evaluation(expression, column, states, learn)
    node = expression.node
    name = function_name(node)
    with np.errstate(all="ignore"):
        if name in LEARNING and LEARNING[name].basis:
            assert isinstance(node, ast.Call)
            basis = run.learning(name, node)
        else:
            value = np.asarray(run.values(node), dtype=np.float64)
            basis = Basis([np.broadcast_to(value, (n,))], ("",))
        if n and not np.isfinite(sum(values.sum() for values in basis.columns)):
            _check_finite(expression, basis, column)
    return basis


def label_column(expression: Expression, column: Callable[[str], Column], n: int) -> Column:
    """Return the column that `C(...)`, or a text column by itself, is read from."""
    node = expression.categorical.node if expression.categorical else expression.node
    if isinstance(node, ast.Name):
        return column(expression.names[node.id])
    if function_name(node) == "Q":
        return column(expression.columns[0])
    first = column(expression.columns[0])
    run = _Evaluation(expression, column, {}, False)
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(run.values(node)), (n,))
    kind = "boolean" if values.dtype == bool else "number"
    made = Column(expression.text, kind, values, locate=first.locate)
    if made.unusable() is not None:
        _check_finite(expression, Basis([values], ("",)), column)
    return made


def _check_finite(expression: Expression, basis: Basis, column: Callable[[str], Column]) -> None:
    """Raise if some result is not finite, naming the row and what it was computed from."""
    for values in basis.columns:
        bad = ~np.isfinite(values)
        if bad.any():
            i = int(np.argmax(bad))
            columns = [column(name) for name in expression.columns]
            held = ", ".join(f"{quote(c.name)} = {c.cell(i)}" for c in columns)
            why = " The column is constant." if bad.all() and _constant(columns) else ""
            raise DataError(
                f"`{cut(expression.text)}` is {show(values[i])} in {columns[0].locate(i)}, where "
                f"{held} ({int(bad.sum()):,} such).{why} Every row needs a finite number: drop "
                "these rows or change the formula."
            )


def _constant(columns: list[Column]) -> bool:
    """Whether one of the columns holds a single value."""
    return any(len(c) and c.is_number and bool((c.data == c.data[0]).all()) for c in columns)
