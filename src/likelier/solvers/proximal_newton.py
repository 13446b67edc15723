"""Newton for objectives with norms of coefficients, of which some are exactly 0 at the optimum."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from likelier.engines import Sums
from likelier.objective import Kinks
from likelier.predictors import Arrow
from likelier.solvers._base import IterativeSolver, Objective, Solution, Step
from likelier.solvers._direction import factorise
from likelier.solvers._proximal_descent import Descent, Found, size_of
from likelier.solvers._working import Part, closed, screened, violated_most

Array = Any

_WHOLE = 32
"""Up to this many coefficients are searched at once, without a working set."""
_SPARE = 1.4
"""A working set that must grow takes in this many times what it needs, to grow seldom."""
_FORESEEN = 8.0
"""Gradients are foreseen this many times as far as the last two strengths lie apart."""
_UNFORESEEN = 0.15
"""Share of its change by which a gradient that is foreseen may be off."""
_BATCH = 16
"""Up to this many objectives are searched before their working set is checked, all in one pass."""


class ProximalNewton(IterativeSolver):
    """Proximal Newton on a working set, the default where coefficients may be exactly 0.

    Of many coefficients only a working set is searched: those that are not 0, free ones, and those
    that violate their condition of optimality most. On it each step minimises the quadratic model
    with the norms themselves, a line search keeps the descent, and one curvature serves several
    steps while they contract. A pass over all columns then checks every coefficient, and violators
    join until there are none, so that what was left out was left out rightly. That pass also sees
    to the last step of a search, which is taken untried where its residual is foreseen to do.

    Args:
        tolerance: largest entry of the shortest subgradient of the mean objective, for columns of
            standard deviation 1: a certificate, which the solution carries as `residual`.
        max_iterations: a guard, not a criterion.

    Source: Lee, Sun and Saunders (2014), doi:10.1137/130921428; working sets, Massias, Gramfort
    and Salmon (2018), arXiv:1802.07481; strong rules, Tibshirani et al. (2012),
    doi:10.1111/j.1467-9868.2011.01004.x.

    Example:
        >>> import likelier as lk
        >>> lk.ProximalNewton(tolerance=1e-6).tolerance
        1e-06
    """

    proximal: ClassVar[bool] = True

    def __init__(self, tolerance: float = 1e-9, max_iterations: int = 500) -> None:
        super().__init__(tolerance, max_iterations)

    def minimise(
        self,
        function: Objective,
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Solution:
        return next(self.follow([function], start, progress))

    def follow(
        self,
        functions: Iterable[Any],
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Iterator[Solution]:
        """The minima of objectives that differ in the strengths of their penalties alone.

        Each search starts where the last one ended, on the coefficients that the sequential strong
        rule leaves, with its columns, gradient and curvature. Objectives for which the rule leaves
        hardly more than for the first share a working set, and one pass checks all of them.

        Args:
            functions: the objectives, their strengths falling.
            start: where the first search begins.
            progress: called with each step.
        """
        search = _Search(self.tolerance, self.max_iterations, progress)
        left = list(functions)
        while left:
            for solution in search.batch(left[:_BATCH], start):
                start = solution.theta
                left = left[1:]
                yield solution


@dataclass(frozen=True, eq=False)
class _Known:
    """What one search leaves for the next: its part, the sums over rows, and a curvature."""

    part: Part
    kinks: Kinks
    rows: Sums
    curvature: Array | None


@dataclass(frozen=True, eq=False)
class _End:
    """Where the search of one objective ended, before the coefficients left out are checked."""

    descent: Descent
    kinks: Kinks
    part: Part
    found: Found


class _Search:
    """Proximal Newton on one objective after the other."""

    def __init__(self, per_row: float, limit: int, progress: Callable[[Step], None] | None) -> None:
        self.per_row = per_row
        self.limit = limit
        self.progress = progress
        self.single = True
        self.known: _Known | None = None
        self.before: _Known | None = None

    def batch(self, functions: Sequence[Any], theta: Array) -> Iterator[Solution]:
        """The minima of the first objectives, as many as share a working set, one at the least."""
        size = len(theta)
        kinks = [getattr(f, "kinks", None) or Kinks.none(size) for f in functions]
        full = kinks[0].scale * theta
        index, share = self._working_set(functions[0], kinks, full)
        rows, curvature, before = None, None, None
        if self.known is not None:
            before, curvature = self.known.part, self.known.curvature
        part = Part.of(functions[0], index, kinks[0], before)
        if self.known is not None:
            rows = _restricted(self.known.rows, part.index)
            if before is None or not np.array_equal(part.index, before.index):
                curvature = None
        ends: list[_End] = []
        u = full[part.index]
        for function, own in zip(functions[:share], kinks, strict=False):
            descent = Descent(function, self.per_row, self.limit, self.progress, self.single)
            if ends:
                part = Part.of(function, index, own, part)
            goal = descent.tolerance
            found = descent.minimise(part, u, rows, curvature, goal, part.checkable)
            self.single = descent.single
            u, rows, curvature = found.seen, found.rows, found.curvature
            ends.append(_End(descent, own, part, found))
            if found.reason != "converged":
                break
        for end, checked in zip(ends, _checks(ends), strict=True):
            solution, grown = self._settle(end, checked)
            yield solution
            if grown:
                # What came after rests on a working set that was too small.
                return

    def _working_set(self, function: Any, kinks: Sequence[Kinks], u: Array) -> tuple[Array, int]:
        """The coefficients to search, and how many of the objectives to search on them."""
        first, size, known = kinks[0], len(u), self.known
        everything = np.arange(size)
        if known is None:
            if size <= _WHOLE or Part.of(function, everything, first).cheap:
                return everything, 1
            return np.flatnonzero(closed(first, (u != 0) | ~first.penalised)), 1
        if known.part.whole:
            return everything, len(kinks)
        whole = Part.of(function, everything, first)
        held = np.zeros(size, dtype=bool)
        held[known.part.index] = True
        needed = held | self._entering(whole, first, u)
        share = 1
        room = max(int(_SPARE * needed.sum()) + 8, held.sum())
        for own in kinks[1:]:
            wider = needed | self._entering(whole, own, u)
            if wider.sum() > room:
                break
            needed, share = wider, share + 1
        if 1.2 * needed.sum() > size:
            needed[:] = True
        return np.flatnonzero(needed), share

    def _entering(self, whole: Part, kinks: Kinks, u: Array) -> Array:
        """The coefficients that may be other than 0 under norms to come.

        From two strengths on gradients are foreseen on the line through the last two.
        """
        known, before = self.known, self.before
        assert known is not None
        rows, slack = known.rows, 1.0
        if before is not None:
            moved = before.kinks.level - known.kinks.level
            ahead = known.kinks.level - kinks.level
            if 0 < ahead <= _FORESEEN * moved:
                change: Array = known.rows.gradient - before.rows.gradient  # type: ignore[operator]
                rows = replace(rows, gradient=rows.gradient + ahead / moved * change)
                slack = _UNFORESEEN
        gradient = whole.complete(rows, u, 1).gradient
        return closed(kinks, screened(kinks, known.kinks, u, gradient, slack))

    def _settle(self, end: _End, rows: Sums) -> tuple[Solution, bool]:
        """The solution once no coefficient that was left out should join; whether any did.

        Args:
            end: of the search on the working set.
            rows: the sums over rows there, with the gradient of all coefficients.
        """
        descent, kinks, part, found = end.descent, end.kinks, end.part, end.found
        whole = Part.of(descent.function, np.arange(kinks.size), kinks)
        goal, joined = descent.tolerance, False
        while True:
            u = part.spread(found.u)
            full = whole.complete(rows, u, 1)
            shortest = kinks.subgradient(u, full.gradient)
            worst = size_of(shortest)
            working = np.zeros(kinks.size, dtype=bool)
            working[part.index] = True
            kept = int(np.sum((u != 0) | ~kinks.penalised))
            grown = violated_most(kinks, shortest, working, max(_WHOLE, kept))
            more = grown.sum() > len(part.index)
            exact = goal == descent.tolerance and found.u is found.seen
            if worst <= descent.tolerance or found.reason != "converged" or (exact and not more):
                self.known, self.before = _Known(part, kinks, rows, found.curvature), self.known
                return _solution(descent, kinks, u, full, shortest, found, part), joined
            # Where passes over the working set cost little beside one over all columns, its
            # minimum is found exactly at once; so it is when nothing is left to join.
            goal = descent.tolerance
            if more and 4 * grown.sum() > kinks.size:
                goal = max(goal, 0.1 * worst)
            curvature = None if more else found.curvature
            if more:
                part = Part.of(descent.function, np.flatnonzero(grown), kinks, part)
                joined = True
            rows = _restricted(rows, part.index)
            u = u[part.index]
            found = descent.minimise(part, u, rows, curvature, goal)
            rows = next(_checks([_End(descent, kinks, part, found)]))


def _checks(ends: Sequence[_End]) -> Iterator[Sums]:
    """The sums over rows where searches of one working set ended, with all of the gradient."""
    first = ends[0]
    size = first.kinks.size
    whole = Part.of(first.descent.function, np.arange(size), first.kinks)
    if first.part.whole:
        yield from (end.found.rows for end in ends)
        return
    if not first.part.checkable:
        for end in ends:
            yield end.descent.rows(whole, end.part.spread(end.found.u), 1)
        return
    points = [end.found.u for end in ends]
    for end, rows in zip(ends, first.part.checks(whole, points), strict=True):
        end.descent.passes[1] += 1
        yield rows


def _solution(
    descent: Descent,
    kinks: Kinks,
    u: Array,
    sums: Sums,
    shortest: Array,
    found: Found,
    part: Part,
) -> Solution:
    """The solution, with the certificate that every coefficient was checked."""
    conditioning, definite = 0.0, False
    if found.curvature is not None:
        active = (found.u != 0) | ~part.kinks.penalised
        arrow = isinstance(found.curvature, Arrow)
        own = found.curvature.among(active) if arrow else found.curvature[np.ix_(active, active)]
        direction = factorise(own)
        conditioning, definite = direction.conditioning, direction.definite
    return Solution(
        u / kinks.scale,
        sums.value + kinks.value(u),
        shortest * kinks.scale,
        None,
        descent.falls[-1] if descent.falls else 0.0,
        found.reason == "converged" and (definite or not np.any(u)),
        found.reason,
        descent.passes,
        conditioning,
        descent.trace,
        size_of(shortest) / descent.count,
    )


def _restricted(rows: Sums, index: Array) -> Sums:
    """Sums over rows with the gradient in some coefficients."""
    return Sums(rows.value, rows.gradient[index], None, rows.nll)  # type: ignore[index]
