"""What must be known of all rows before any can be made into columns: one pass over the pieces.

Levels of factors and labels, whole columns of which knots and means are learnt, what the weights
add up to, and a spread sample of the rows, by which everything else is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

import numpy as np

from likelier.data.coding import code_factor
from likelier.data.columns import Column
from likelier.data.evaluation import label_column
from likelier.data.expressions import Expression
from likelier.data.formula import Formula, factor_name, parse_formula
from likelier.data.pieces import Piece, Places, stack_columns
from likelier.data.recipe import Recipe, assemble
from likelier.data.rows import NoRowsError, complete_rows
from likelier.data.tables import Table
from likelier.data.targets import LeftSide, TargetState, parse_left_side
from likelier.errors import DataError

__all__ = ["Found", "Question", "question_of"]

_MANY = 100_000
"""Levels beyond which a column is taken for no factor."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of every piece; it travels to where the pieces are read.

    Attributes:
        formulas: the right-hand side by distribution parameter.
        left: the left side.
        roles: the column that fills each role.
        missing: "raise" or "drop".
        stride: one row in so many is sampled.
        codes: whether numbers of the target are labels.
    """

    formulas: Mapping[str, Formula]
    left: LeftSide
    roles: Mapping[str, str]
    missing: str
    stride: int
    codes: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that a fit reads."""
        read = [name for formula in self.formulas.values() for name in formula.columns]
        return tuple(dict.fromkeys([*self.left.columns, *read, *self.roles.values()]))

    @property
    def factors(self) -> dict[str, Expression]:
        """The factors of all formulas by their text."""
        return {
            factor_name(factor): factor
            for formula in self.formulas.values()
            for term in formula.terms
            for factor in term
        }

    def ask(self, piece: Piece) -> Found:
        """Read a piece."""
        found = Found()
        for table in piece.batches(self.columns):
            found.n_before += table.n
            some = self._usable(table)
            if some is not None:
                self._note(found, some)
        return found

    def _usable(self, table: Table) -> Table | None:
        """The rows without missing cells; None if there are none."""
        open_ended = {name for name in self.left.columns if self.left.may_be_infinite(name)}
        columns = [(table.column(name), name in open_ended) for name in self.columns]
        try:
            keep = complete_rows(columns, table.n, self.missing)
        except NoRowsError:
            return None
        return table if keep is None else table.take(keep)

    def _note(self, found: Found, table: Table) -> None:
        for key, factor in self.factors.items():
            asked = factor.categorical
            if asked is not None:
                if asked.levels is None:
                    found.see(key, label_column(factor, table.column, table.n))
            elif factor.column is not None and not table.column(factor.column).is_number:
                found.see(key, table.column(factor.column))
            if factor.learning:
                for name in factor.columns:
                    found.whole.setdefault(name, []).append(_settled(table.column(name)))
        self._note_target(found, table)
        weights = self.roles.get("weights")
        if weights is not None:
            values = table.column(weights).numbers()
            found.weight += float(values.sum())
            found.positive += int(np.count_nonzero(values > 0))
        first = -found.n % self.stride
        chosen = np.arange(first, table.n, self.stride)
        if len(chosen):
            found.keep(table.take(chosen), self.columns)
        found.n += table.n

    def _note_target(self, found: Found, table: Table) -> None:
        """Levels of a target of labels, and what a transform of it learns of."""
        if self.left.censoring is not None or len(self.left.parts) > 1:
            return
        part = self.left.parts[0]
        if part.learning:
            raise DataError(
                f"`{self.left.text}` learns of all rows, which a target that is read piece by "
                "piece cannot; transform the column before"
            )
        plain = part.column is not None
        labelled = part.categorical is not None
        if labelled or (plain and (self.codes or table.column(part.columns[0]).kind != "number")):
            found.see("", label_column(part, table.column, table.n))


@dataclass(eq=False)
class Found:
    """What a piece, or all of them, hold.

    Attributes:
        n: usable rows; n_before: all rows.
        levels: by factor ("" for the target), in the order in which they are coded.
        ordered: factors whose levels have an order of their own.
        whole: columns of which something is learnt, in parts.
        weight: sum of the weights; positive: how many are above 0.
        sample: columns of sampled rows, in parts; places: what names the rows of each part.
    """

    n: int = 0
    n_before: int = 0
    levels: dict[str, dict[Any, None]] = field(default_factory=dict)
    ordered: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    whole: dict[str, list[Column]] = field(default_factory=dict)
    weight: float = 0.0
    positive: int = 0
    sample: list[dict[str, Column]] = field(default_factory=list)
    places: list[Any] = field(default_factory=list)

    def see(self, key: str, column: Column) -> None:
        """Note the levels of a batch."""
        labels = column.labels()
        if labels.ordered:
            self.ordered[key] = tuple(column.levels or ())
        self._add(key, labels.levels)

    def _add(self, key: str, levels: Iterable[Any]) -> None:
        held = self.levels.setdefault(key, {})
        held.update(dict.fromkeys(levels))
        if len(held) > _MANY:
            raise DataError(f"`{key or 'the target'}` has more than {_MANY:,} levels.")

    def add(self, other: Found) -> None:
        """Take in what another piece holds, whose rows come after these."""
        self.n += other.n
        self.n_before += other.n_before
        self.weight += other.weight
        self.positive += other.positive
        self.ordered |= other.ordered
        for key, levels in other.levels.items():
            self._add(key, levels)
        for name, parts in other.whole.items():
            self.whole.setdefault(name, []).extend(parts)
        self.sample += other.sample
        self.places += other.places

    def keep(self, table: Table, columns: Sequence[str]) -> None:
        """Keep some rows, after those that are kept."""
        self.sample.append({name: _settled(table.column(name)) for name in columns})
        self.places.append(table.locate)

    def levels_of(self, key: str) -> tuple[Any, ...]:
        """The levels of a factor in the order of their codes."""
        held = self.levels[key]
        if key in self.ordered:
            return tuple(level for level in self.ordered[key] if level in held)
        return tuple(sorted(held))

    @property
    def sampled(self) -> Table:
        """The sample as a table."""
        counts = [len(next(iter(part.values()))) for part in self.sample]
        place = Places([0, *accumulate(counts)][:-1], self.places)
        names = self.sample[0]
        columns = {name: stack_columns([p[name] for p in self.sample], place) for name in names}
        return Table.of_columns(columns, sum(counts), place)

    def recipe(self, question: Question) -> Recipe:
        """How all rows are made into columns, learnt of all of them."""
        table = self.sampled
        given = dict(question.roles)
        # What is wrong with formulas or kinds of columns shows in the sample.
        learnt = assemble(
            Recipe(question.formulas), question.left, table, given, "raise", False, learn=True
        ).recipe
        whole = {name: stack_columns(parts, place_of) for name, parts in self.whole.items()}
        factors: dict[str, Mapping[str, Any]] = {}
        for key, factor in question.factors.items():
            state = learnt.factors[key]
            if key in self.levels:
                state = {"levels": list(self.levels_of(key))}
            elif state.get("calls"):
                state = code_factor(factor, whole.__getitem__, self.n, None).state
            factors[key] = state
        target = learnt.target
        if "" in self.levels and target is not None and target.levels is not None:
            levels = self.levels_of("")
            kind = target.kind
            if kind != "ordered":
                kind = "binary" if len(levels) <= 2 else "labels"
            target = TargetState(levels, kind)
        return replace(learnt, factors=factors, target=target)


def place_of(position: int) -> str:
    """A row of a column that was read whole."""
    return f"usable row {position + 1:,}"


def _settled(column: Column) -> Column:
    """The column with cells of its own, so that the batch it came from can go."""
    return replace(column, data=np.array(column.data), locate=place_of)


def question_of(
    formulas: Mapping[str, str],
    target: str,
    roles: Mapping[str, Any],
    missing: str,
    stride: int,
    codes: bool,
    available: Sequence[str],
) -> Question:
    """The question of a fit.

    Raises:
        DataError: a role is an array, which pieces cannot be cut along, or a column is missing.
    """
    left = parse_left_side(target)
    for role, value in roles.items():
        if not isinstance(value, str):
            raise DataError(
                f"{role.partition(':')[0]} is the name of a column where rows are read piece by "
                "piece; put the values into the files"
            )
    taken = [*left.columns, *roles.values()]
    others = [name for name in available if name not in taken]
    parsed = {name: parse_formula(text, others) for name, text in formulas.items()}
    question = Question(parsed, left, dict(roles), missing, stride, codes)
    have = Table(dict.fromkeys(available), 0)
    for name in question.columns:
        if name not in have:
            have.column(name)  # which says what there is instead
    return question
