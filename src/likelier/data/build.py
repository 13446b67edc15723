"""The two ways into the floor: formulas and a table, or plain arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from likelier.data._base import Design
from likelier.data.formula import Formula, parse_formula
from likelier.data.recipe import Recipe, assemble, assemble_arrays
from likelier.data.rows import list_roles
from likelier.data.tables import read_table
from likelier.data.targets import LeftSide, parse_left_side
from likelier.errors import DataError, FormulaError

__all__ = ["build", "from_arrays"]

_DOT = re.compile(r"(?<![\w.`)])\.(?![\w.])")


def build(
    formulas: Mapping[str, str],
    data: Any,
    *,
    target: str | None,
    weights: Any = None,
    offset: Any = None,
    exposure: Any = None,
    groups: Any = None,
    extra: Mapping[str, Any] | None = None,
    terms: Mapping[str, Any] | None = None,
    missing: str = "raise",
    partial: bool = False,
) -> Design:
    """Build the design of a fit from formulas and a table.

    Args:
        formulas: right-hand side by distribution parameter, `{"rate": "age + C(place)"}`. Equal
            ones share one matrix.
        data: whatever `read_table` takes.
        target: the left-hand side: `y`, `log(y)`, `y / total`, `C(y)` for labels, `hare + lynx`
            for several columns, `Surv(time, event)` or `Surv(lower, upper, type="interval")`.
        weights: non-negative; the name of a column, or an array of n values. So are the next ones.
        offset: on the link scale, of the first parameter; or a dict by parameter.
        exposure: positive.
        groups: labels or numbers.
        extra: further columns by the name under which the model asks for them.
        terms: columns that terms of the objective read, labels or numbers, by their name.
        missing: `raise` on a cell without a finite value, or `drop` its row everywhere.
        partial: whether cells of the target may be missing: they are NaN then.

    Returns:
        The design, with all arrays in one row order.

    Raises:
        DataError: if the data cannot be used; the message names column and row.
        FormulaError: if a formula cannot be read or holds what is not allowed.

    Example:
        >>> data = {"y": [0, 2, 1], "age": [31, 44, 52], "place": ["a", "b", "a"]}
        >>> design = build({"rate": "age + place"}, data, target="y")
        >>> design.matrices["rate"].names, design.target.kind
        (('age', 'place[T.b]'), 'counts')
    """
    if not formulas:
        raise DataError("there is no formula; each distribution parameter needs one.")
    left = None if target is None else parse_left_side(target)
    given = list_roles(formulas, weights, offset, exposure, groups, extra, terms)
    named = [value for value in given.values() if isinstance(value, str)]
    taken = [*(left.columns if left else ()), *named]
    table = None
    available: Sequence[str] = ()
    if any(isinstance(text, str) and _DOT.search(text) for text in formulas.values()):
        table = read_table(data)
        available = [name for name in table.names if name not in taken]
    parsed: dict[str, Formula] = {}
    for parameter, text in formulas.items():
        parsed[parameter] = parse_formula(text, available)
    if left is not None:
        _check_sides(left, parsed)
    if table is None:
        read = [name for formula in parsed.values() for name in formula.columns]
        table = read_table(data, columns=[*taken, *read])
    return assemble(Recipe(parsed), left, table, given, missing, partial, learn=True)


def _check_sides(left: LeftSide, parsed: Mapping[str, Formula]) -> None:
    """Refuse a right side that reads the target: it would explain itself."""
    own = {part.columns[0] for part in left.parts if len(set(part.columns)) == 1}
    for formula in parsed.values():
        for name in formula.columns:
            if name in own:
                raise FormulaError(
                    f"the target `{name}` stands on the right of its own formula too, "
                    f"`{left.text} ~ {formula.text}`. Leave it out there."
                )


def from_arrays(
    y: Any,
    X: Any,
    parameters: Sequence[str],
    *,
    described: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    intercept: bool = True,
    weights: Any = None,
    offset: Any = None,
    exposure: Any = None,
    groups: Any = None,
    extra: Mapping[str, Any] | None = None,
    terms: Mapping[str, Any] | None = None,
    missing: str = "raise",
) -> Design:
    """Build the design of a fit from arrays: all columns for the parameters that they describe.

    The other parameters have an intercept alone. X is not copied if it is float64 or float32.

    Args:
        y: (n,) or (n, 1) numbers or labels, (n, d) for several targets, or an object with
            `lower` and `upper` for censored observations.
        X: (n, p) or (n,) array, SciPy sparse matrix, or a data frame of numbers.
        parameters: the distribution parameters, in order.
        described: the parameters that take the columns; the first when not given.
        names: the p column names; by default those of the frame, or x1, x2, ...
        intercept: whether these parameters have one.
        weights: (n,) non-negative; so are the next ones as in `build`, as arrays.
        offset: on the link scale, of the first parameter; or a dict by parameter.
        exposure: positive.
        groups: labels or numbers.
        extra: further arrays by name; terms: what terms of the objective read.
        missing: `raise` or `drop`.

    Raises:
        DataError: if the arrays differ in length or row labels, or hold what cannot be used.

    Example:
        >>> design = from_arrays([0, 1, 1], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], ["logits"])
        >>> design.matrices["logits"].names, design.target.kind
        (('x1', 'x2'), 'binary')
    """
    given = list_roles(parameters, weights, offset, exposure, groups, extra, terms)
    columns = Formula(intercept, (), all_columns=True)
    formulas = dict.fromkeys(parameters, _INTERCEPT)
    formulas |= dict.fromkeys(parameters[:1] if described is None else described, columns)
    recipe = Recipe(formulas, features=None if names is None else tuple(names))
    return assemble_arrays(recipe, X, y, given, missing, learn=True)


_INTERCEPT = Formula(True, ())
