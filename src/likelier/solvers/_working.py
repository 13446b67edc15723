"""Working sets: an objective as a function of some coefficients, and which ones those are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.engines import Sums
from likelier.objective import Kinks
from likelier.predictors import Arrow

Array = Any

_FEW_NUMBERS = 32
"""Up to so many numbers a row it costs little to pass over all of them."""
_MANY_ROWS = 50_000
"""From here on a curvature is taken in single precision: it only turns steps."""


@dataclass(frozen=True, eq=False)
class Part:
    """An objective as a function of some of the coefficients, in u = d ∘ θ, the others 0.

    Attributes:
        function: the objective, of these coefficients alone where it could be `selected`.
        index: positions of the coefficients, in the function's order.
        kinks: its norms of these coefficients.
        size: number of all coefficients.
        selected: whether the function takes these coefficients alone.
    """

    function: Any
    index: Array
    kinks: Kinks
    size: int
    selected: bool

    @classmethod
    def of(cls, function: Any, index: Array, kinks: Kinks, like: Part | None = None) -> Part:
        """The part of an objective, its columns copied where that is possible.

        Args:
            function: the objective of all coefficients.
            index: positions of the coefficients, in increasing order.
            kinks: the norms of all coefficients.
            like: an earlier part, whose columns are used again.
        """
        if len(index) == kinks.size:
            return cls(function, index, kinks, kinks.size, True)
        extend = getattr(function, "extend", None)
        held = None
        if like is not None and like.selected and not like.whole:
            held = like.function
        found = None if extend is None else extend(held, index)
        if found is None:
            return cls(function, index, kinks.select(index), kinks.size, False)
        chosen, order = found
        return cls(chosen, order, kinks.select(order), kinks.size, True)

    @property
    def whole(self) -> bool:
        """Whether it is of all coefficients."""
        return len(self.index) == self.size

    def spread(self, u: Array) -> Array:
        """All coefficients, those of the part given."""
        full = np.zeros(self.size)
        full[self.index] = u
        return full

    @property
    def cheap(self) -> bool:
        """Whether passes and steps cost little, of however many coefficients: levels of factors."""
        predictor = getattr(self.function, "predictor", None)
        return predictor is not None and predictor.held > 0 and predictor.breadth <= _FEW_NUMBERS

    @property
    def checkable(self) -> bool:
        """Whether all coefficients can be checked at points of this part by one pass."""
        return (
            self.selected
            and not self.whole
            and hasattr(self.function, "gradients")
            and self.function.risk.separable
        )

    def checks(self, whole: Part, points: Sequence[Array]) -> Iterator[Sums]:
        """Sums over rows, gradients in all coefficients, at points of this part, by one pass."""
        thetas = [self._theta(u) for u in points]
        found = whole.function.gradients(self.function, thetas)
        for value, gradient in zip(found.value, found.gradient / whole.kinks.scale, strict=True):
            yield Sums(float(value), gradient)

    def rows(self, u: Array, order: int, single: bool = False) -> Sums:
        """The sum over rows alone, its derivatives in u; the whole of a function without rows."""
        function = self.function
        if hasattr(function, "over_rows"):
            if single and order > 1 and function.rows > _MANY_ROWS:
                function = replace(function, single=True)
            return self._scaled(function.over_rows(self._theta(u), order))
        return self._scaled(function(self._theta(u), order))

    def complete(self, rows: Sums, u: Array, order: int) -> Sums:
        """The sum over rows with the smooth parts of the penalties."""
        if not hasattr(self.function, "with_penalties"):
            return rows
        theta = self._theta(u)
        nothing: Any = None
        if order > 1:
            held = rows.curvature
            nothing = np.zeros((len(theta),) * 2) if not isinstance(held, Arrow) else 0.0 * held
        empty = Sums(rows.value, None if order < 1 else np.zeros(len(theta)), nothing)
        added = self.function.with_penalties(empty, theta, order)
        extra = self._scaled(added)
        gradient, curvature = rows.gradient, rows.curvature
        if gradient is not None and order > 0:
            gradient = gradient + extra.gradient
        if curvature is not None and order > 1:
            curvature = curvature + extra.curvature
        return replace(added, gradient=gradient, curvature=curvature, nll=rows.nll)

    def _theta(self, u: Array) -> Array:
        theta = u / self.kinks.scale
        if self.selected:
            return theta
        return self.spread(theta)

    def _scaled(self, sums: Sums) -> Sums:
        """Derivatives in θ taken to these coefficients in u."""
        scale = self.kinks.scale
        gradient, curvature = sums.gradient, sums.curvature
        if gradient is not None:
            gradient = (gradient if self.selected else gradient[self.index]) / scale
        if curvature is not None:
            if not self.selected:
                curvature = curvature[np.ix_(self.index, self.index)]
            if isinstance(curvature, Arrow):
                curvature = curvature.scaled(1 / scale)
            else:
                curvature = curvature / np.outer(scale, scale)
        return replace(sums, gradient=gradient, curvature=curvature)


def closed(kinks: Kinks, wanted: Array) -> Array:
    """A mask of coefficients that holds whole groups."""
    inside = kinks.member >= 0
    touched = np.zeros(len(kinks.norm) + 1, dtype=bool)
    touched[kinks.member[wanted & inside]] = True
    return wanted | (inside & touched[kinks.member])


def violated_most(kinks: Kinks, shortest: Array, working: Array, count: int) -> Array:
    """The working set with the `count` coefficients whose condition is violated most."""
    size = np.where(working, 0.0, np.abs(shortest))
    order = np.argsort(-size)[:count]
    wanted = working.copy()
    wanted[order[size[order] > 0]] = True
    return closed(kinks, wanted)


def screened(kinks: Kinks, before: Kinks, u: Array, gradient: Array, slack: float = 1.0) -> Array:
    """The coefficients that may be other than 0 when the norms go from `before` to `kinks`.

    The sequential strong rule: a gradient moves no faster than its bound, so one that is further
    from it than the bound moves is left out. The rule can err; its result is checked.

    Args:
        kinks, before: the norms.
        u: the coefficients before.
        gradient: of the smooth part there, or what it is foreseen to be under `kinks`.
        slack: how far it may be off, as a share of what the bound moves.

    Source: Tibshirani et al. (2012), doi:10.1111/j.1467-9868.2011.01004.x.
    """
    rule = replace(
        kinks,
        absolute=np.maximum(kinks.absolute - slack * (before.absolute - kinks.absolute), 0.0),
        norm=np.maximum(kinks.norm - slack * (before.norm - kinks.norm), 0.0),
    )
    return (u != 0) | ~kinks.penalised | (rule.subgradient(u, gradient) != 0)
