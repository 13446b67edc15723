"""How a design was built, so that new rows can be built the same way, and kept as plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from likelier.data._base import CensoredValues, Design, Matrix, Target, row_number
from likelier.data.arrays import describe_unusable, read_features
from likelier.data.coding import CodedFactor, code_factor, make_matrix
from likelier.data.columns import Column
from likelier.data.formula import Formula, factor_name
from likelier.data.reading import read_column
from likelier.data.rows import (
    check_index,
    check_roles,
    complete_rows,
    is_of_fit,
    list_roles,
    read_role,
    refuse_infinite,
    role_name,
)
from likelier.data.tables import Table, read_table
from likelier.data.targets import LeftSide, TargetState, read_target
from likelier.errors import DataError

__all__ = ["Recipe"]


@dataclass(frozen=True, eq=False)
class Recipe:
    """How the matrices of a design are made from a table.

    Attributes:
        formulas: the right-hand side by distribution parameter.
        factors: what each factor learnt (levels, knots, means), by its text.
        left: the left side, or None.
        target: what the left side learnt, or None.
        roles: what fills each role: a column name, or None where an array did.
        features: the p column names, if the design was made from arrays.
    """

    formulas: Mapping[str, Formula]
    factors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    left: LeftSide | None = None
    target: TargetState | None = None
    roles: Mapping[str, str | None] = field(default_factory=dict)
    features: tuple[str, ...] | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The distribution parameters, in order."""
        return tuple(self.formulas)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a table must have for a prediction."""
        named = [
            name for role, name in self.roles.items() if name is not None and not is_of_fit(role)
        ]
        formulas = [c for formula in self.formulas.values() for c in formula.columns]
        return tuple(dict.fromkeys([*formulas, *named]))

    def design_of_no_rows(self) -> Design:
        """The design that every table has in common: the columns of the matrices, and no rows.

        Raises:
            DataError: if what a factor is said to have learnt does not fit its expression.
        """
        if self.features is not None:
            matrices = _matrices_of_features(self, np.empty((0, len(self.features))))
            return _design(self, None, matrices, {}, None, 0, row_number)
        # Nothing is learnt, so no cell is needed to know the columns.
        factors = {
            factor_name(f): code_factor(f, _no_cells, 0, self.factors[factor_name(f)])
            for formula in self.formulas.values()
            for term in formula.terms
            for f in term
        }
        matrices = _matrices(self.formulas, lambda f: make_matrix(f, factors, 0, row_number))
        return _design(self, None, matrices, {}, None, 0, row_number)

    def design(
        self,
        data: Any,
        *,
        need_target: bool = False,
        y: Any = None,
        weights: Any = None,
        offset: Any = None,
        exposure: Any = None,
        groups: Any = None,
        extra: Mapping[str, Any] | None = None,
        missing: str = "raise",
        partial: bool = False,
    ) -> Design:
        """Build the design of new rows: same columns, levels, knots and scales.

        Args:
            data: a table as `build` takes it, or an array of p columns if arrays were fitted.
            need_target: whether the target is read too; from `y` if arrays were fitted.
            y: the target of arrays.
            weights: as in `build`; by default the column that the fit used, if `need_target`.
            offset: as in `build`, or one number; by default the column that the fit used.
            exposure: likewise.
            groups: likewise, if the table has that column.
            extra: likewise, by name.
            missing: `raise` or `drop`.
            partial: whether cells of the target may be missing.

        Raises:
            DataError: for a missing column, a level that the fit never saw, a value beyond the
                range of a spline, or an offset or exposure that the fit had as an array and that
                is not given here.
        """
        given = list_roles(self.parameters, weights, offset, exposure, groups, extra)
        if self.features is not None:
            return self._from_arrays(data, y, need_target, given, missing)
        table = read_table(data)
        for role, name in self.roles.items():
            if role in given:
                continue
            if role == "weights":
                if not need_target or name is None:
                    continue
            elif is_of_fit(role):
                if name is None or name not in table:
                    continue
            elif name is None:
                raise _absent(role)
            elif name not in table and not role.startswith("extra:"):
                raise DataError(f"{table.lacks(name, role_name(role))} {_instead(role)}")
            if name is not None:
                given[role] = name
        left = self.left if need_target else None
        if need_target and left is None:
            raise DataError("the formula has no left side, so there is no target to read.")
        return assemble(self, left, table, given, missing, partial, learn=False)

    def _from_arrays(
        self, X: Any, y: Any, need_target: bool, given: dict[str, Any], missing: str
    ) -> Design:
        """The design of new arrays."""
        if need_target and y is None:
            raise DataError("the target y is needed beside X.")
        for role in self.roles:
            if role not in given and not is_of_fit(role):
                raise _absent(role)
        return assemble_arrays(self, X, y if need_target else None, given, missing, learn=False)

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values, floats exact; see `from_json`."""
        from likelier.data.recipe_json import recipe_to_json

        return recipe_to_json(self)

    @classmethod
    def from_json(cls, data: Any) -> Recipe:
        """Read what `to_json` wrote. Everything is checked and nothing is executed.

        Raises:
            ModelFileError: if an entry is missing, unknown or of another type than it must be.
            FormulaError: if an expression asks for what formulas may not do.
        """
        from likelier.data.recipe_json import recipe_from_json

        return recipe_from_json(data)


def _no_cells(name: str) -> Column:
    """A column of a table that has no rows."""
    return Column(name, "number", np.empty(0))


def _absent(role: str) -> DataError:
    """The error for something that was an array in the fit and is not given for new rows."""
    kind, _, name = role.partition(":")
    what = f"the offset of `{name}`" if kind == "offset" else f"`{name or kind}`"
    return DataError(
        f"the fit had {what} as an array, so its values for the new rows are needed. "
        f"{_instead(role)}"
    )


def _instead(role: str) -> str:
    """What to type where the new rows hold nothing for a role."""
    kind = role.partition(":")[0]
    neutral = {"offset": "offset=0.0", "exposure": "exposure=1.0"}.get(kind)
    keyword = "extra" if kind == "extra" else kind
    return f"Pass its values with {keyword}=....{f' For none, pass {neutral}.' if neutral else ''}"


def assemble(
    recipe: Recipe,
    left: LeftSide | None,
    table: Table,
    given: Mapping[str, Any],
    missing: str,
    partial: bool,
    learn: bool,
) -> Design:
    """Build a design from a table; with `learn`, return it with a recipe that has learnt."""
    n = table.n
    roles = {
        role: read_role(role, value, n, table.locate, table, table.index)
        for role, value in given.items()
    }
    needed: dict[str, tuple[Column, bool]] = {}
    for formula in recipe.formulas.values():
        for name in formula.columns:
            needed[name] = (table.column(name), False)
    if left is not None:
        targets = {name: table.column(name) for name in left.columns}
        if partial:
            for c in targets.values():
                refuse_infinite(c)
        else:
            needed.update({k: (c, left.may_be_infinite(k)) for k, c in targets.items()})
    keep = complete_rows([*needed.values(), *((c, False) for c in roles.values())], n, missing)
    taken: dict[str, Column] = {}

    def column(name: str) -> Column:
        if keep is None:
            return table.column(name)
        if name not in taken:
            taken[name] = table.column(name).take(keep)
        return taken[name]

    if keep is not None:
        roles = {role: c.take(keep) for role, c in roles.items()}
        n = len(keep)
    target, state = None, recipe.target
    if left is not None:
        target, state = read_target(left, column, n, None if learn else recipe.target, partial)
    factors: dict[str, CodedFactor] = {}
    for formula in recipe.formulas.values():
        for term in formula.terms:
            for factor in term:
                key = factor_name(factor)
                if key not in factors:
                    known = None if learn else recipe.factors[key]
                    factors[key] = code_factor(factor, column, n, known)

    def locate(i: int) -> str:
        return table.locate(i if keep is None else int(keep[i]))

    matrices = _matrices(recipe.formulas, lambda f: make_matrix(f, factors, n, locate))
    if learn:
        recipe = replace(
            recipe,
            factors={key: coded.state for key, coded in factors.items()},
            left=left,
            target=state,
            roles={r: v if isinstance(v, str) else None for r, v in given.items()},
        )
    return _design(recipe, target, matrices, check_roles(roles), keep, table.n, table.locate)


def assemble_arrays(
    recipe: Recipe, X: Any, y: Any, given: Mapping[str, Any], missing: str, learn: bool
) -> Design:
    """Build a design from arrays."""
    # A fit reads the columns as they come, names given or not; new rows are aligned by name.
    features = read_features(X, recipe.features or None, align=not learn)
    n = features.values.shape[0]
    if features.unusable is not None and missing == "raise":
        raise DataError(describe_unusable(features, row_number))
    bad = features.unusable
    mask = None if bad is None else np.asarray(bad.any(axis=1))
    columns: list[tuple[Column, bool]] = []
    target: Target | None = None
    state = recipe.target
    if y is not None:
        target, state, seen = _array_target(y, n, features.index, state)
        columns += [(c, False) for c in seen]
    roles = {
        role: read_role(role, value, n, row_number, None, features.index)
        for role, value in given.items()
    }
    keep = complete_rows([*columns, *((c, False) for c in roles.values())], n, missing, mask)
    values = features.values
    if keep is not None:
        values = values[keep]
        roles = {role: c.take(keep) for role, c in roles.items()}
        if target is not None:
            if columns:
                kept = [c.take(keep) for c, _ in columns]
                target, state = _column_target(target.name, kept, len(keep), recipe.target)
            else:
                target = replace(target, values=target.values[keep])
    if learn:
        recipe = replace(recipe, features=features.names, target=state, roles=dict.fromkeys(given))
    matrices = _matrices_of_features(recipe, values)
    return _design(recipe, target, matrices, check_roles(roles), keep, n, row_number)


def _matrices_of_features(recipe: Recipe, values: Any) -> dict[str, Matrix]:
    """The matrices of a recipe of arrays: all features, or none, as each formula says."""
    names = recipe.features
    assert names is not None
    groups = tuple([(name, slice(j, j + 1)) for j, name in enumerate(names)])

    def make(formula: Formula) -> Matrix:
        if formula.all_columns:
            return Matrix(values, names, formula.intercept, groups)
        return Matrix(np.empty((values.shape[0], 0)), (), formula.intercept)

    return _matrices(recipe.formulas, make)


def _array_target(
    y: Any, n: int, index: Any, state: TargetState | None
) -> tuple[Target, TargetState, list[Column]]:
    """Read y beside X; the columns are those to check for missing cells."""
    if hasattr(y, "lower") and hasattr(y, "upper") and not hasattr(y, "dtype"):
        lower = read_column("y", np.broadcast_to(y.lower, np.shape(y.upper))).numbers()
        upper = read_column("y", np.broadcast_to(y.upper, np.shape(y.lower))).numbers()
        _check_length("y", lower, n)
        if not (lower <= upper).all():
            i = int(np.argmin(lower <= upper))
            raise DataError(f"y: {row_number(i)} has no lower end, or one above its upper end.")
        target = Target(CensoredValues(lower, upper), "y", None, "censored")
        return target, TargetState(kind="censored"), []
    name = str(y.name) if isinstance(getattr(y, "name", None), str) else "y"
    check_index("y", y, index)
    if np.ndim(y) == 2 and np.shape(y)[1] != 1:
        if hasattr(y, "columns"):
            table = read_table(y)
            seen = [table.column(column) for column in table.names]
        else:
            array = np.asanyarray(y)
            seen = [read_column(f"y{j + 1}", array[:, j]) for j in range(array.shape[1])]
    elif np.ndim(y) > 2:
        raise DataError(f"y has shape {np.shape(y)}; it has one value a row.")
    else:
        seen = [read_column(name, y)]
    for column in seen:
        _check_length(name, column, n)
    usable = [c for c in seen if c.unusable() is None]
    if len(usable) < len(seen):
        # Levels and kind wait until the rows without a value are gone.
        return Target(None, name, None, "real"), TargetState(), seen
    target, learnt = _column_target(name, seen, n, state)
    return target, learnt, seen


def _column_target(
    name: str, seen: list[Column], n: int, state: TargetState | None
) -> tuple[Target, TargetState]:
    """Make a target of complete columns."""
    if len(seen) > 1:
        values = np.column_stack([c.numbers() for c in seen])
        target = Target(values, name, None, "multivariate", tuple(c.name for c in seen))
        return target, TargetState(kind="multivariate")
    left = LeftSide.of_column(name)
    return read_target(left, lambda _: seen[0], n, state)


def _check_length(name: str, values: Any, n: int) -> None:
    """Raise unless there is one value a row."""
    if len(values) != n:
        raise DataError(
            f"X has {n:,} rows and {name} has {len(values):,}. X is a table of n rows and p "
            "columns, y has n values; a single row is X.reshape(1, -1), a single column "
            "X.reshape(-1, 1)."
        )


def _matrices(
    formulas: Mapping[str, Formula], make: Callable[[Formula], Matrix]
) -> dict[str, Matrix]:
    """Make one matrix for each distinct formula."""
    made: dict[str, Matrix] = {}
    matrices: dict[str, Matrix] = {}
    for parameter, formula in formulas.items():
        text = formula.text
        if text not in made:
            made[text] = make(formula)
        matrices[parameter] = made[text]
    return matrices


def _design(
    recipe: Recipe,
    target: Target | None,
    matrices: Mapping[str, Matrix],
    roles: Mapping[str, np.ndarray],
    keep: np.ndarray | None,
    n_before: int,
    locate: Callable[[int], str],
) -> Design:
    """Put the parts together."""
    return Design(
        target,
        matrices,
        recipe,
        roles.get("weights"),
        {r[len("offset:") :]: v for r, v in roles.items() if r.startswith("offset:")},
        roles.get("exposure"),
        roles.get("groups"),
        {r[len("extra:") :]: v for r, v in roles.items() if r.startswith("extra:")},
        {r[len("term:") :]: v for r, v in roles.items() if r.startswith("term:")},
        keep,
        0 if keep is None else n_before - len(keep),
        locate,
    )
