"""Growing the horizon: a long trajectory is fitted from its beginning on, a piece more at a time.

Over many periods the likelihood of an oscillation has a valley for each period that the curve may
be off by, and only in the nearest of them does descent lead to the answer. Over the first of them
it has one. Each piece is fitted from where the one before it ended, and the whole from the last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum, Sums
from likelier.predictors import CurvePredictor
from likelier.solvers import LevenbergMarquardt, Step, factorise, is_finite

Array = Any

_GROWTH = 1.5
"""How many times as many rows each piece has as the one before it."""
_PULL = 0.25
"""Of the logarithms and logits of unknowns: that of a normal prior with deviation 2."""
_STEPS = 30
"""Steps for each piece: it need not be fitted to the end, since the next one moves it anyway."""


@dataclass(frozen=True, eq=False)
class Grown:
    """Where the pieces led, with the steps and the number of passes that this took."""

    theta: Array = None
    trace: Sequence[Step] = ()
    passes: int = 0


def grow(
    function: LikelihoodSum,
    predictor: CurvePredictor,
    start: Array,
    progress: Callable[[Step], None] | None = None,
) -> Grown:
    """Fit the pieces one after the other.

    Args:
        function: the objective of all rows, its predictor on the free scale.
        predictor: that one, which has a horizon.
        start: a point of it.
        progress: told of each step.
    """
    solver, theta = LevenbergMarquardt(), start
    trace: list[Step] = []
    passes = 0
    horizon = predictor.horizon
    assert horizon is not None
    width = predictor.width
    pull = np.array([_PULL * unknown.limited for unknown in predictor.unknowns])
    done, count = 0, horizon.least
    while done < function.rows:
        piece = horizon.piece(count)
        part = replace(function, predictor=predictor.along(piece)).on([_runs(piece.rows)])
        held = Held(part, theta[width:], start[:width], pull)
        reached = len(piece.rows)
        if reached == done:
            break  # rows that share a time come together
        if done and not math.isfinite(held(theta[:width], 0).value):
            # What was fitted so far does not reach so far: a shorter step, if there is one.
            count = (done + count) // 2
            continue
        if reached == function.rows:
            break
        own, steps, taken = solver.follow(
            held, theta[:width], _STEPS, f"until {piece.label}", progress
        )
        theta = _others_moved(part, np.concatenate([own, theta[width:]]), width)
        trace += steps
        passes += taken + 1
        done, count = reached, math.ceil(_GROWTH * reached)
    return Grown(theta, trace, passes)


def _others_moved(part: LikelihoodSum, theta: Array, width: int) -> Array:
    """The point with one scoring step of what is not the curve's `width` unknowns, cut to a unit.

    The scale of a family starts as that of the whole target and comes down from piece to piece. At
    its optimum it would be 0 where a curve meets the few rows of a piece exactly.
    """
    rest = slice(width, None)
    sums = part(theta, 2, "expected")
    if not is_finite(sums) or not len(theta[rest]):
        return theta
    gradient, curvature = sums.gradient, sums.curvature
    assert gradient is not None
    assert curvature is not None
    moved = theta.copy()
    moved[rest] -= np.clip(factorise(curvature[rest, rest]).solve(gradient[rest]), -1.0, 1.0)
    return moved


@dataclass(frozen=True, eq=False)
class Held:
    """An objective in its first entries, the others held.

    A piece may leave unknowns open that later ones determine. A pull to where they began, ½ Σ wⱼ
    (θⱼ − cⱼ)², keeps them from wandering off meanwhile.
    """

    function: LikelihoodSum
    rest: Array
    centre: Array
    pull: Array

    def __call__(self, theta: Array, order: int = 2, kind: str = "observed") -> Sums:
        width = len(theta)
        sums = self.function(np.concatenate([theta, self.rest]), order, kind)
        force = self.pull * (theta - self.centre)
        value = sums.value + 0.5 * float(force @ (theta - self.centre))
        gradient = None if sums.gradient is None else sums.gradient[:width] + force
        curvature = sums.curvature
        if curvature is not None:
            curvature = curvature[:width, :width] + np.diag(self.pull)
        return replace(sums, value=value, gradient=gradient, curvature=curvature)


def _runs(rows: Array) -> list[slice]:
    """Numbers of rows, increasing, as slices."""
    cuts = np.flatnonzero(np.diff(rows) > 1) + 1
    return [slice(int(run[0]), int(run[-1]) + 1) for run in np.split(rows, cuts)]
