"""The sum of a fit: a risk over linear predictors, with penalties, as a function of `theta`."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.distributions import Linked
from likelier.engines._base import Engine
from likelier.engines._penalties import plus, with_kinks
from likelier.engines.blocks import chunks_of
from likelier.engines.sums import Sums
from likelier.objective import NLL, Bound, Kinks, Risk, Rows
from likelier.predictors import ParametricPredictor, Predictor, Workspace

Array = Any

_GATHERED = 40_000
"""Blocks of fewer cells take less time to be put together than each by itself."""
_PRODUCTS = 24.0
"""Products of columns that take as long as reading one for value and gradient (measured)."""


@dataclass(frozen=True, eq=False)
class LikelihoodSum:
    """A risk over linear predictors as a function of `theta`: the block function and its sum.

    Attributes:
        linked: the family with its links.
        predictor: features to linear predictors.
        y: observations, (n,), (n, event), or anything with rows.
        weights: (n,) or None.
        known: parameters that are data, (n,) each.
        risk: how row losses become a sum.
        engine: where the sum is taken.
        chunks: the blocks of rows; the whole table unless some are chosen.
        penalties: what is added to the sum over rows.
        single: whether curvature may be taken in single precision (value and gradient never are).
    """

    linked: Linked
    predictor: Predictor
    y: Any
    weights: Array | None
    known: Mapping[str, Array]
    risk: Risk
    engine: Engine
    chunks: Sequence[Sequence[slice]]
    penalties: tuple[Bound, ...] = ()
    single: bool = False

    @functools.cached_property
    def parametric(self) -> ParametricPredictor:
        """The predictor with its derivatives, for all that needs more than values.

        What asks for them has refused networks before: these are trained, and have none here.
        """
        assert isinstance(self.predictor, ParametricPredictor)
        return self.predictor

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums:
        """Value, from order 1 the gradient, from 2 the curvature, at `theta`.

        Where the objective has kinks the gradient is its shortest subgradient, which is 0 at an
        optimum and only there, and the curvature that of the coefficients which are not 0.
        """
        sums = self.smooth(theta, order, kind)
        kinks = self.kinks
        return sums if kinks is None else with_kinks(sums, kinks, theta)

    def smooth(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums:
        """The objective without its `kinks`, but for its `terms`, which are whole."""
        return self.with_penalties(self.over_rows(theta, order, kind), theta, order)

    def with_penalties(self, sums: Sums, theta: Array, order: int) -> Sums:
        """The sums over rows at `theta` with the smooth parts of the penalties."""
        if not self.penalties:
            return sums
        terms = [sums.value]
        for bound in self.penalties:
            factor = self._factor(bound)
            added = bound.addend.add(self.likelihood, theta, order)
            sums = plus(sums, factor, added)
            kinks = bound.addend.kinks
            norms = 0.0 if kinks is None else kinks.value(kinks.scale * theta)
            terms.append(factor * (added.value + norms))
        return replace(sums, terms=tuple(terms))

    def _factor(self, bound: Bound) -> float:
        """What a penalty is multiplied by in the sum over rows."""
        return bound.strength * (self.total_weight if bound.penalty.per_row else 1.0)

    @functools.cached_property
    def kinks(self) -> Kinks | None:
        """The norms of coefficients in the objective, None where there are none."""
        found = [
            bound.addend.kinks.times(self._factor(bound))
            for bound in self.penalties
            if bound.addend.kinks is not None
        ]
        return sum(found[1:], start=found[0]) if found else None

    @property
    def is_smooth(self) -> bool:
        """Whether family and terms have a gradient everywhere, so that only `kinks` have none."""
        rounds = [b for b in self.penalties if not (b.penalty.smooth or b.penalty.proximal)]
        return self.linked.family.smooth and self.risk.smooth and not rounds

    @functools.cached_property
    def total_weight(self) -> float:
        """What the rows count for: Σ w, or their number."""
        if self.weights is None:
            return float(self.rows)
        parts = [self.weights[rows].sum() for chunk in self.chunks for rows in chunk]
        return math.fsum(parts)

    def losses(self, theta: Array) -> Array:
        """The NLL of each row, (n,), unweighted."""
        found = np.empty(self.predictor.n)

        def block(rows: slice, work: Workspace) -> Sums:
            with np.errstate(all="ignore"):
                eta = self.predictor.forward(theta, rows, work)
                known = {name: value[rows] for name, value in self.known.items()}
                found[rows] = self.linked.nll(eta, self.y[rows], known)
            return Sums(0.0)

        self.engine.total(block, self.chunks)
        return found

    def over_rows(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums:
        """The risk summed over all rows."""
        if not self.risk.separable:
            return _profiled(self.given(theta).over_rows(theta, order, kind))

        def block(rows: slice, work: Workspace) -> Sums:
            return self.block(theta, rows, order, kind, work)

        # Overflow in a trial step is an answer (the step is refused), not an accident.
        with np.errstate(all="ignore"):
            sums = self.engine.total(block, self.chunks)
        if sums.curvature is not None:
            self.parametric.symmetrise(sums.curvature)
        return sums

    def block(self, theta: Array, rows: slice, order: int, kind: str, work: Workspace) -> Sums:
        """What one block of rows contributes."""
        with np.errstate(all="ignore"):
            result = self._losses(theta, rows, order, kind, work)
            if order == 0:
                return Sums(result.value, nll=result.nll)
            gradient = self.parametric.pull_gradient(result.gradient, rows, work)
            if order == 1 or result.curvature is None:
                return Sums(result.value, gradient, nll=result.nll, slope=result.slope)
            curvature = self.parametric.no_curvature()
            self.parametric.pull_curvature(result.curvature, rows, curvature, work, self.single)
            if kind == "observed" and not self.parametric.linear:
                self.parametric.pull_bend(result.gradient, rows, curvature, work)
            shared = result.shared
            if shared is not None:
                shared = self.parametric.pull_gradient(shared, rows, work)
        return Sums(
            result.value,
            gradient,
            curvature,
            result.nll,
            shared=shared,
            mass=result.mass,
            slope=result.slope,
        )

    def _losses(self, theta: Array, rows: slice, order: int, kind: str, work: Workspace) -> Rows:
        """The risk of one block and its derivatives in eta."""
        return self.risk.rows(
            self.linked,
            self.predictor.forward(theta, rows, work),
            self.y[rows],
            None if self.weights is None else self.weights[rows],
            {name: value[rows] for name, value in self.known.items()},
            order,
            kind,
        )

    def given(self, theta: Array) -> LikelihoodSum:
        """The same function near `theta`, with a risk whose rows add up."""
        used = np.concatenate([np.arange(r.start, r.stop) for chunk in self.chunks for r in chunk])
        losses = self.losses(theta)[used]
        weights = None if self.weights is None else self.weights[used]
        return replace(self, risk=self.risk.given(losses, weights))

    def score_products(
        self, theta: Array, groups: Array | None = None, frequency: bool = True
    ) -> Array:
        """Σ sᵢ sᵢᵀ over rows, or over sums within groups (by codes), of the rows' scores.

        A row with a frequency weight w stands for w equal rows: it adds w sᵢ sᵢᵀ, and within a
        group w sᵢ. A precision weight is part of the score.

        Returns:
            (P, P), beside a factor that is set apart an arrow, or of groups a SciPy sparse matrix.
        """
        predictor = self.parametric
        if groups is not None:
            count = int(groups.max()) + 1
            sums: Array = 0
            for rows, work in self.blocks():
                slopes = self._slopes(theta, rows, work)
                if self.weights is not None:
                    slopes *= self.weights[rows]
                sums = sums + predictor.sums_within(groups[rows], count, slopes, rows, work)
            return sums.T @ sums

        def block(rows: slice, work: Workspace) -> Sums:
            slopes = self._slopes(theta, rows, work)
            weights = np.ones(1) if self.weights is None else self.weights[rows]
            counts = weights if frequency else weights * weights
            # A row's score is its slopes in eta times its columns, as in a curvature.
            pairs = {
                (a, b): counts * slopes[a] * slopes[b]
                for a in range(len(slopes))
                for b in range(a, len(slopes))
            }
            total = predictor.no_curvature()
            predictor.pull_curvature(pairs, rows, total, work)
            return Sums(0.0, None, total)

        return predictor.symmetrise(self.engine.total(block, self.chunks).curvature)

    def _slopes(self, theta: Array, rows: slice, work: Workspace) -> Array:
        """Derivatives of the rows' NLL in eta, unweighted, (K, m)."""
        with np.errstate(all="ignore"):
            eta = self.predictor.forward(theta, rows, work)
            known = {name: value[rows] for name, value in self.known.items()}
            return self.linked.gradient(eta, self.y[rows], known)

    def row_scores(self, theta: Array, rows: slice, work: Workspace) -> Array:
        """Gradient of each row's NLL in `theta`, unweighted, (m, size)."""
        return self.parametric.row_gradients(self._slopes(theta, rows, work), rows, work)

    def effective_rows(self, frequency: bool) -> float:
        """How many observations the rows stand for: Σ w for frequency weights, else their count."""
        if self.weights is None:
            return float(self.rows)
        used = self.weights[self.weights > 0]
        return float(used.sum()) if frequency else float(len(used))

    @property
    def likelihood(self) -> LikelihoodSum:
        """The plain negative log-likelihood of the same rows."""
        return replace(self, risk=NLL(), penalties=())

    def rounded(self, width: float) -> LikelihoodSum:
        """The same function with the kinks of family and terms rounded over this width."""
        linked = self.linked if self.linked.family.smooth else self.linked.rounded(width)
        penalties = tuple(bound.rounded(width) for bound in self.penalties)
        return replace(self, linked=linked, risk=self.risk.rounded(width), penalties=penalties)

    def select(self, index: Array) -> LikelihoodSum | None:
        """The function of some coefficients, the others 0; None where a penalty needs them all.

        Only the columns of these coefficients are copied, and only they are passed over.

        Args:
            index: the coefficients, in increasing order.
        """
        found = self.extend(None, index)
        return None if found is None else found[0]

    def extend(
        self, like: LikelihoodSum | None, index: Array
    ) -> tuple[LikelihoodSum, Array] | None:
        """A selection with what an earlier one has copied, and the order of its coefficients.

        Args:
            like: the earlier one, perhaps of fewer coefficients and with other penalties, or None.
            index: the coefficients, in increasing order.
        """
        earlier = None if like is None else like.parametric
        if any(bound.select(index) is None for bound in self.penalties):
            return None
        predictor, order = self.parametric.select(index, earlier)
        penalties = [bound.select(order) for bound in self.penalties]
        whole = self.rows == predictor.n
        function = replace(
            self,
            predictor=predictor,
            penalties=tuple(bound for bound in penalties if bound is not None),
            # Of fewer columns a block holds more rows.
            chunks=chunks_of(predictor.n, predictor.breadth) if whole else self.chunks,
        )
        return function, order

    def gradients(self, part: LikelihoodSum, points: Sequence[Array]) -> Sums:
        """Values, (points,), and gradients, (points, P), over rows in one pass over the columns.

        Args:
            part: a selection of this function, with a separable risk.
            points: the coefficients of the selection, all others being 0.
        """

        def block(rows: slice, work: Workspace) -> Sums:
            with np.errstate(all="ignore"):
                found = [part._losses(theta, rows, 1, "observed", work) for theta in points]
            slopes: list[Array] = [losses.gradient for losses in found]
            values: Any = np.array([losses.value for losses in found])
            return Sums(values, self.parametric.pull_gradient(np.stack(slopes), rows, work))

        return self.engine.total(block, part.chunks)

    def blocks(self) -> Iterator[tuple[slice, Workspace]]:
        """Blocks of rows in order, each with scratch memory, for what is summed in this thread."""
        work = Workspace()
        for chunk in self.chunks:
            for rows in chunk:
                yield rows, work

    def on(self, chunks: Sequence[Sequence[slice]]) -> LikelihoodSum:
        """The same function on some of the blocks."""
        return replace(self, chunks=chunks)

    def gathered(self) -> LikelihoodSum:
        """The same function over copies of its rows, where its blocks are small and scattered."""
        blocks = [rows for chunk in self.chunks for rows in chunk]
        width = self.predictor.breadth
        if self.penalties or self.rows * width > _GATHERED * len(blocks):
            return self
        index = np.concatenate([np.arange(rows.start, rows.stop) for rows in blocks])
        predictor = self.predictor.take(index)
        if predictor is None:
            return self
        return replace(
            self,
            predictor=predictor,
            y=self.y[index],
            weights=None if self.weights is None else self.weights[index],
            known={name: value[index] for name, value in self.known.items()},
            chunks=chunks_of(len(index), width),
        )

    @property
    def sample(self) -> LikelihoodSum:
        """The same function over the rows in memory: all, unless rows are read piece by piece."""
        return self

    @property
    def behind(self) -> float:
        """How many rows stand behind each that is in memory."""
        return 1.0

    @property
    def dearness(self) -> float:
        """About how many passes with a gradient one with curvature takes."""
        read = sum(design.breadth + design.intercept for design in self.parametric.designs)
        return 1.0 + read / _PRODUCTS

    @property
    def rows(self) -> int:
        """Number of rows that the sum runs over."""
        return sum(part.stop - part.start for chunk in self.chunks for part in chunk)


def _profiled(sums: Sums) -> Sums:
    """The sums where the number that the rows share moves with theta, so that it stays the best."""
    if sums.curvature is None or sums.shared is None or not sums.mass > 0:
        return sums
    moved = np.outer(sums.shared, sums.shared / sums.mass)
    return replace(sums, curvature=sums.curvature - moved)
