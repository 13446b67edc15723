"""The factor whose levels make a curvature an arrow, and how rows add up to one.

The widest factor that some predictors have is set apart with its products; what else they hold,
other factors included, is the rest, which is summed as for any design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.predictors._base import Array, Workspace
from likelier.predictors._parts import Codes, add_products
from likelier.predictors.arrow import Arrow, ArrowInverse, Places
from likelier.predictors.columns import Columns
from likelier.predictors.split_columns import SplitColumns

_FROM = 256
"""Levels from which a curvature is kept as an arrow: below, the whole matrix costs less."""


@dataclass(frozen=True, eq=False)
class _Member:
    """Columns of the factor that is set apart.

    Attributes:
        slot: the row of eta that has them.
        values: (n,) the entries of the rows, or None where they are 1.
    """

    slot: int
    values: Array | None


class Elimination:
    """A factor set apart: its indicators, and its products with other columns, in every predictor.

    Of levels those are set apart for which each of these has a column; a level that is the
    reference in one of them is part of the rest.

    Args:
        designs: of each row of eta.
        starts: where its coefficients begin.
        factor: the factor.
    """

    def __init__(self, designs: Sequence[Columns], starts: Sequence[int], factor: Any) -> None:
        shared = np.ones(factor.width, dtype=bool)
        found = []
        for slot, design in enumerate(designs):
            for own in design.values.factors if isinstance(design, SplitColumns) else ():
                columns = _aligned(own, factor)
                if columns is None:
                    continue
                both = shared & (columns < own.width)
                # What would take most levels back into the rest is all of it part of that.
                if 2 * both.sum() >= factor.width:
                    shared = both
                    found.append((slot, own, columns))
        self.width = int(shared.sum())
        place = np.full(factor.width + 1, self.width, dtype=factor.codes.dtype)
        place[:-1][shared] = np.arange(self.width)
        self.codes = factor.codes if shared.all() else place[factor.codes]
        self.members = [_Member(slot, own.values) for slot, own, _ in found]
        taken: dict[int, list[Array]] = {}
        for slot, own, columns in found:
            taken.setdefault(slot, []).append(own.places[columns[shared]])
        self.designs: list[Columns] = []
        reduced: dict[int, Columns] = {}
        levels: list[Array] = []
        rest: list[Array] = []
        for slot, (design, start) in enumerate(zip(designs, starts, strict=True)):
            left = np.ones(design.q, dtype=bool)
            if slot in taken:
                assert isinstance(design, SplitColumns)
                for columns in taken[slot]:
                    levels.append(start + columns + design.intercept)
                    left[columns + design.intercept] = False
                if id(design) not in reduced:
                    reduced[id(design)] = design.without(np.concatenate(taken[slot]))
                design = reduced[id(design)]
            rest.append(start + np.flatnonzero(left))
            self.designs.append(design)
        self.places = Places(np.column_stack(levels), np.concatenate(rest))
        ends = np.cumsum([design.q for design in self.designs])
        self.spans = [
            slice(int(end) - design.q, int(end))
            for end, design in zip(ends, self.designs, strict=True)
        ]

    @classmethod
    def of(cls, designs: Sequence[Columns], starts: Sequence[int]) -> Elimination | None:
        """The widest factor of these designs set apart; None where there is none wide enough."""
        factors = [f for d in designs if isinstance(d, SplitColumns) for f in d.values.factors]
        widest = max(factors, key=lambda f: int(f.width), default=None)
        if widest is None or widest.width < _FROM:
            return None
        return cls(designs, starts, widest)

    def pull_borders(
        self, curvature: dict[tuple[int, int], Array], rows: slice, total: Arrow, work: Workspace
    ) -> None:
        """Add what rows of second derivatives in eta give to all but the core."""
        members = self.by_slot(rows)
        m = rows.stop - rows.start
        for (a, b), weights in curvature.items():
            w = np.broadcast_to(weights, (m,))
            first, other = members.get(a, []), members.get(b, [])
            for i, mine in first:
                for j, yours in other:
                    sums = mine.sums(yours.times(w))
                    total.blocks[:, i, j] += sums
                    if a != b:
                        total.blocks[:, j, i] += sums
                self._add_cross(total.border[:, i, self.spans[b]], mine, b, w, rows, work)
            if a != b:
                for j, yours in other:
                    self._add_cross(total.border[:, j, self.spans[a]], yours, a, w, rows, work)

    def by_slot(self, rows: Any) -> dict[int, list[tuple[int, Codes]]]:
        """By row of eta, the columns of the factor that it has, each with its place in a block."""
        codes = self.codes[rows]
        found: dict[int, list[tuple[int, Codes]]] = {}
        for i, member in enumerate(self.members):
            values = None if member.values is None else member.values[rows]
            own = Codes(codes, self.width, slice(0, self.width), values)
            found.setdefault(member.slot, []).append((i, own))
        return found

    def _add_cross(
        self, out: Array, codes: Codes, slot: int, w: Array, rows: slice, work: Workspace
    ) -> None:
        """Add Σ w x over the rows of each level, x the rest of a predictor's columns, (L, q)."""
        design = self.designs[slot]
        if design.intercept:
            out[:, 0] += codes.sums(w)
        if design.width:
            add_products(out[:, design.intercept :], [codes], design.parts(rows, work), w, work)

    def row_forms(
        self, matrix: ArrowInverse, pairs: Sequence[tuple[int, int]], rows: slice, work: Workspace
    ) -> dict[tuple[int, int], Array]:
        """xₐᵀ M x_b of each row: D⁻¹ of its level, and S⁻¹ between x less what its level takes."""
        members = self.by_slot(rows)
        has = self.codes[rows] < self.width
        level = np.where(has, self.codes[rows], 0)
        ones = has.astype(float)
        left: dict[int, Array] = {}
        for slot in {slot for pair in pairs for slot in pair}:
            design, span = self.designs[slot], self.spans[slot]
            u = np.zeros((len(ones), len(self.places.rest)))
            if design.intercept:
                u[:, span.start] = 1.0
            if design.width:
                u[:, span.start + design.intercept : span.stop] = design.inner(rows, work)
            for i, own in members.get(slot, []):
                u -= own.times(ones)[:, None] * matrix.lean[level, i]
            left[slot] = u
        found = {}
        for a, b in pairs:
            form = np.einsum("ij,ij->i", left[a] @ matrix.core, left[b])
            for i, mine in members.get(a, []):
                for j, yours in members.get(b, []):
                    form += mine.times(yours.times(ones)) * matrix.own[level, i, j]
            found[a, b] = form
        return found


def _aligned(own: Any, factor: Any) -> Array | None:
    """The column of some indicators for each level of a factor, their `width` where none has it.

    None where they are not of the same factor: where the level does not tell the column, or some
    column is that of several levels.
    """
    if own.codes is factor.codes:
        return np.arange(factor.width)
    column = np.full(factor.width + 1, own.width)
    column[factor.codes] = own.codes
    within = factor.codes < factor.width
    if not np.array_equal(column[factor.codes][within], own.codes[within]):
        return None
    found = column[:-1]
    held = found[found < own.width]
    return found if len(np.unique(held)) == len(held) else None
