"""The factor whose levels make a curvature an arrow, and how rows add up to one.

The widest factor that some predictors have is set apart; what else they hold, other factors
included, is the rest, which is summed as for any design.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from likelier.predictors._base import Array, Workspace
from likelier.predictors._parts import Codes, add_products
from likelier.predictors.arrow import Arrow, ArrowInverse, Places
from likelier.predictors.columns import Columns
from likelier.predictors.split_columns import SplitColumns

_FROM = 256
"""Levels from which a curvature is kept as an arrow: below, the whole matrix costs less."""


class Elimination:
    """A factor set apart.

    Args:
        designs: of each row of eta.
        starts: where its coefficients begin.
        factor: the factor.
    """

    def __init__(self, designs: Sequence[Columns], starts: Sequence[int], factor: Any) -> None:
        self.codes, self.width = factor.codes, factor.width
        self.member: dict[int, int] = {}
        self.designs: list[Columns] = []
        reduced: dict[int, Columns] = {}
        levels: list[Array] = []
        rest: list[Array] = []
        for slot, (design, start) in enumerate(zip(designs, starts, strict=True)):
            left = np.ones(design.q, dtype=bool)
            own = _same(design, factor)
            if own is not None:
                self.member[slot] = len(levels)
                places = own.places + design.intercept
                levels.append(start + places)
                left[places] = False
                if id(design) not in reduced:
                    assert isinstance(design, SplitColumns)
                    reduced[id(design)] = design.without(own)
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
        codes = Codes(self.codes[rows], self.width, slice(0, self.width))
        m = rows.stop - rows.start
        for (a, b), weights in curvature.items():
            w = np.broadcast_to(weights, (m,))
            i, j = self.member.get(a), self.member.get(b)
            if i is not None and j is not None:
                sums = codes.sums(w)
                total.blocks[:, i, j] += sums
                if i != j:
                    total.blocks[:, j, i] += sums
            if i is not None:
                self._add_cross(total.border[:, i, self.spans[b]], codes, b, w, rows, work)
            if j is not None and a != b:
                self._add_cross(total.border[:, j, self.spans[a]], codes, a, w, rows, work)

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
        codes = self.codes[rows]
        has = codes < self.width
        level = np.where(has, codes, 0)
        left: dict[int, Array] = {}
        for slot in {slot for pair in pairs for slot in pair}:
            design, span = self.designs[slot], self.spans[slot]
            u = np.zeros((len(codes), len(self.places.rest)))
            if design.intercept:
                u[:, span.start] = 1.0
            if design.width:
                u[:, span.start + design.intercept : span.stop] = design.inner(rows, work)
            if slot in self.member:
                u -= has[:, None] * matrix.lean[level, self.member[slot]]
            left[slot] = u
        found = {}
        for a, b in pairs:
            form = np.einsum("ij,ij->i", left[a] @ matrix.core, left[b])
            if a in self.member and b in self.member:
                form += has * matrix.own[level, self.member[a], self.member[b]]
            found[a, b] = form
        return found


def _same(design: Columns, factor: Any) -> Any:
    """The factor of a design that has the same levels in every row; None where none has."""
    if not isinstance(design, SplitColumns):
        return None
    for own in design.values.factors:
        alike = own.codes is factor.codes or (
            own.width == factor.width and np.array_equal(own.codes, factor.codes)
        )
        if alike:
            return own
    return None
