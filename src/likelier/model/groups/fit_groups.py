"""`fit_groups`: many small fits in one call, run together where they can be."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.data import Design, Table, read_table
from likelier.diagnosis import REMARK_KINDS
from likelier.distributions import Distribution, Linked
from likelier.engines import Engine, choose_engine
from likelier.errors import DataError, FormulaError, LikelierError
from likelier.model.answers.terms import names_of
from likelier.model.fit import check_choices, fit
from likelier.model.fitted import Fit
from likelier.model.fitting.estimation import as_specification, make_design, prepare, resolve_family
from likelier.model.fitting.problem import inputs_of, labels
from likelier.model.groups.group_fits import GroupFits, GroupRow, Key
from likelier.model.groups.stacking import StackedFits, can_stack, fit_stacks
from likelier.objective import NLL, Objective, Term
from likelier.predictors import Linear, PredictorSpec
from likelier.solvers import Solver

__all__ = ["fit_groups"]

Array = Any


def fit_groups(
    formula: str | Mapping[str, str],
    data: Any,
    by: str | Sequence[str],
    distribution: str | type[Distribution],
    *,
    links: Mapping[str, Any] | None = None,
    objective: Term | Objective | None = None,
    predictor: PredictorSpec | None = None,
    solver: Solver | None = None,
    engine: Engine | None = None,
    weights: Any = None,
    weight_type: str = "frequency",
    offset: Any = None,
    exposure: Any = None,
    missing: str = "raise",
    seed: int = 0,
) -> GroupFits:
    """Fit the same model to each group of the rows of a table, all in one call.

    Every group gets what `fit` gives of its rows. Groups are fitted together, a stack of them in
    each Newton step; a group with which anything might be wrong is then fitted by itself, so that
    it gets its diagnosis, or its error, and the others do not wait. All are fitted by themselves
    where the formula learns of the rows (`bs`, `scale`), or where predictor, penalty or family ask
    for another search than Newton's.

    Args:
        formula: as `fit` takes it.
        data: a table.
        by: the column or columns whose values make the groups.
        distribution: a family or its name.
        links, objective, predictor, solver, weights, weight_type, offset, exposure, missing, seed:
            as `fit` takes them.
        engine: threads run stacks side by side; chosen by size when not given.

    Returns:
        A `GroupFits`: `.table` (a row for each group), `.params` (a row for each coefficient),
        `.fits[key]` (the whole `Fit` of a group).

    Raises:
        DataError: a column is missing, or `by` has an empty cell.
        LikelierError: no group can be fitted; the error is that of the first.

    Example:
        >>> import likelier as lk
        >>> made = {"shop": ["a"] * 4 + ["b"] * 4, "sold": [1, 3, 2, 2, 9, 7, 8, 8]}
        >>> groups = lk.fit_groups("sold ~ 1", made, by="shop", distribution="poisson")
        >>> groups.params[["shop", "estimate"]].round(3).values.tolist()
        [['a', 0.693], ['b', 2.079]]
    """
    check_choices(weight_type, missing)
    if not isinstance(formula, str | Mapping):
        raise FormulaError("fit_groups takes a formula and a table whose columns it names")
    family = resolve_family(distribution)
    table = read_table(data)
    names = (by,) if isinstance(by, str) else tuple(by)
    keys, groups = _split(table, names)
    roles = {"weights": weights, "offset": offset, "exposure": exposure}
    options: dict[str, Any] = {
        "links": links,
        "objective": objective,
        "predictor": predictor,
        "solver": solver,
        "weight_type": weight_type,
        "missing": missing,
        "seed": seed,
    }

    def alone(g: int) -> Fit:
        own = {name: _rows_of(value, groups[g]) for name, value in roles.items()}
        return fit(formula, table.take(groups[g]), family, engine=engine, **own, **options)

    minimised = Objective.of(NLL() if objective is None else objective)
    plain_search = solver is None and isinstance(minimised.risk, NLL) and not minimised.penalties
    rows: list[GroupRow | None] = [None] * len(keys)
    if plain_search and isinstance(as_specification(predictor), Linear):
        stack = _stack(formula, table, family, predictor, links, roles, missing)
        if stack is not None:
            found = stack.fit(groups, weight_type, engine)
            for part in found:
                _put(rows, keys, part, stack)
    fits: dict[int, Fit] = {}
    errors: dict[int, LikelierError] = {}
    for g, key in enumerate(keys):
        if rows[g] is None:
            try:
                fits[g] = alone(g)
                rows[g] = _row_of(key, fits[g])
            except LikelierError as error:
                errors[g] = error
                rows[g] = GroupRow(key, len(groups[g]), error=str(error))
    if len(errors) == len(keys):
        raise errors[0]
    return GroupFits(names, [row for row in rows if row is not None], alone, fits, errors)


def _split(table: Table, by: Sequence[str]) -> tuple[list[Key], list[Array]]:
    """The keys of the groups in rising order, and the positions of each group's rows."""
    if not by:
        raise DataError("by names no column; name the one whose values make the groups")
    codes = np.zeros(table.n, dtype=np.int64)
    levels = []
    for name in by:
        column = table.column(name)
        found = column.labels()
        if (found.codes < 0).any():
            row = column.locate(int(np.argmin(found.codes)))
            raise DataError(f"column `{name}`: {row} has no value, so it is in no group.")
        levels.append(found.levels)
        codes = codes * len(found.levels) + found.codes
    order = np.arange(table.n)
    if np.any(codes[1:] < codes[:-1]):
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
    changes = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    starts = [0, *changes.tolist()] if len(codes) else []
    keys: list[Key] = []
    for code in codes[starts].tolist():
        parts = []
        for own in reversed(levels):
            code, place = divmod(code, len(own))
            parts.append(own[place])
        keys.append(parts[0] if len(by) == 1 else tuple(reversed(parts)))
    limits = itertools.pairwise([*starts, len(order)])
    return keys, [order[first:last] for first, last in limits]


def _rows_of(role: Any, rows: Array) -> Any:
    """What fills a role for some rows: a name and a number stay, arrays are cut."""
    if isinstance(role, Mapping):
        return {name: _rows_of(value, rows) for name, value in role.items()}
    if role is None or isinstance(role, str) or np.ndim(role) == 0:
        return role
    return np.asarray(role)[rows]


@dataclass(frozen=True, eq=False)
class _Stack:
    """One design of all rows, of which groups are cut."""

    design: Design
    linked: Linked
    n: int

    def fit(self, groups: Sequence[Array], weight_type: str, engine: Engine | None) -> Any:
        """The fits of the groups that have rows in the design."""
        if self.design.rows is not None:
            # Rows were dropped: positions in the table become positions in the design.
            place = np.full(self.n, -1)
            place[self.design.rows] = np.arange(self.design.n)
            groups = [place[rows][place[rows] >= 0] for rows in groups]
        filled = [g for g, rows in enumerate(groups) if len(rows)]
        width = sum(matrix.n_columns for matrix in self.design.matrices.values())
        found = fit_stacks(
            self.design,
            self.linked,
            [groups[g] for g in filled],
            weight_type,
            engine or choose_engine(self.design.n, width),
        )
        return [(np.array(filled)[part.groups], part) for part in found]

    @functools.cached_property
    def names(self) -> list[tuple[str, str]]:
        """Parameter and term of each coefficient."""
        predictor = Linear().bind(inputs_of(self.design, self.linked, plain=True))
        return names_of(labels(self.design, self.linked, predictor))


def _stack(
    formula: Any,
    table: Table,
    family: type[Distribution],
    predictor: PredictorSpec | None,
    links: Mapping[str, Any] | None,
    roles: Mapping[str, Any],
    missing: str,
) -> _Stack | None:
    """The design of all rows, if every group's own would have the same columns; else None."""
    try:
        whole = make_design(formula, table, family, predictor=predictor, missing=missing, **roles)
        design, linked = prepare(whole, family, links, as_specification(predictor))
    except LikelierError:
        # Some rows cannot be used. Whose they are, each group finds out for itself.
        return None
    return _Stack(design, linked, table.n) if can_stack(design, linked) else None


def _put(
    rows: list[GroupRow | None],
    keys: Sequence[Key],
    found: tuple[Array, StackedFits],
    stack: _Stack,
) -> None:
    """Enter the groups of a stack with which nothing is wrong."""
    numbers, part = found
    names = stack.names
    for i in np.flatnonzero(part.plain).tolist():
        g = int(numbers[i])
        rows[g] = GroupRow(
            keys[g],
            int(part.sizes[i]),
            float(part.log_likelihood[i]),
            True,
            (),
            "",
            names,
            part.coefficients[i],
            part.errors[i],
        )


def _row_of(key: Key, fit: Fit) -> GroupRow:
    """What the table says of a group that was fitted by itself."""
    kinds = dict.fromkeys(d.kind for d in fit.diagnoses if d.kind not in REMARK_KINDS)
    return GroupRow(
        key,
        fit.facts.n_rows,
        fit.log_likelihood,
        fit.converged,
        tuple(kinds),
        "",
        names_of(fit.estimate.labels),
        fit.coefficients,
        fit.standard_errors.standard_error.to_numpy(),
    )
