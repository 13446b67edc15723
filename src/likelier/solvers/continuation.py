"""Minimise a likelihood with kinks through rounded ones that approach it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.errors import LikelierError
from likelier.solvers._base import Objective, Solution, Solver, Step
from likelier.solvers.newton import Newton

Array = Any

_NEXT = 0.1
_FINE = 1e-6
_WIDTHS = tuple(10.0**-k for k in range(10))
_ROUNDING = 1e-11
"""Nats a row that are not told from rounding error."""
_TINY = 1e-6
"""Share of the largest coefficient up to which one that a penalty draws is tried at 0."""


class Continuation(Solver):
    """For families whose density has a kink (Laplace, quantile regression), where Newton stalls.

    The kink |z| is replaced by √(z² + w²) with a width w (in scales of the family) that shrinks
    tenfold from 1 to 1e-9, each two optima leading to the next. What is returned is within n w
    nats of the optimum of the unrounded likelihood, whose value is reported.

    Args:
        within: the solver of each width; `Newton` when not given.

    Source: smoothing of non-smooth convex functions, Nesterov (2005),
    doi:10.1007/s10107-004-0552-5.

    Example:
        >>> import likelier as lk
        >>> made = {"y": [1.0, 2.0, 40.0, 4.0, 5.0], "x": [1.0, 2.0, 3.0, 4.0, 5.0]}
        >>> lk.fit("y ~ x", made, "laplace").params.estimate[:2].round(6).tolist()
        [0.0, 1.0]
    """

    def __init__(self, within: Solver | None = None) -> None:
        # The curvature of a rounded kink is another one at every step.
        self.within = within or Newton(tolerance=1e-9, chord=False)

    @property
    def proximal(self) -> bool:  # type: ignore[override]
        """Whether it takes norms of coefficients: as the solver of each width does."""
        return self.within.proximal

    def minimise(
        self,
        function: Objective,
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Solution:
        rounded = getattr(function, "rounded", None)
        if rounded is None:
            raise LikelierError("Continuation rounds a family; it takes a likelihood")
        trace: list[Step] = []
        passes = {0: 0, 1: 0, 2: 0}
        last: tuple[float, Array] | None = None
        definite = False
        for width in _WIDTHS:
            found = self.within.minimise(rounded(width), start, progress)
            theta = start = found.theta
            if last is not None:
                # Optima of small widths lie on a line: the next one is where it leads.
                start = theta + (theta - last[1]) * (width - _NEXT * width) / (last[0] - width)
            last = width, theta
            if width <= _FINE:
                # At the last widths rounding error, which grows with 1 / width, may hide the
                # curvature of an optimum that the ones before have seen.
                definite = definite or found.converged
            unbounded = found.reason in ("unbounded", "not finite")
            trace += [replace(step, phase=f"width {width:g}") for step in found.trace]
            passes = {order: passes[order] + found.passes[order] for order in passes}
            if unbounded:
                break
        theta = _with_zeros(function, theta)
        exact = function(theta, 1)
        # At the last widths no gradient is small, since its rounding error is eps / width; what the
        # best step promises is.
        at_rounding = found.reason == "stalled" and found.decrement <= _ROUNDING * _count(function)
        if at_rounding and definite:
            found = replace(found, reason="converged")
        return replace(
            found,
            theta=theta,
            value=exact.value,
            gradient=exact.gradient,
            source=None,
            converged=found.converged or (definite and found.reason == "converged"),
            passes=passes,
            trace=trace,
        )


def _count(function: Any) -> float:
    return float(getattr(function, "total_weight", 1.0))


def _with_zeros(function: Any, theta: Array) -> Array:
    """Coefficients with those at 0 that norms hold there but for the rounding of the kinks."""
    kinks = getattr(function, "kinks", None)
    if kinks is None:
        return theta
    u = np.abs(kinks.scale * theta)
    tiny = kinks.penalised & (u > 0) & (u <= _TINY * u.max(initial=0.0))
    if not np.any(tiny):
        return theta
    held = np.where(tiny, 0.0, theta)
    rise = function(held, 0).value - function(theta, 0).value
    return held if rise <= _ROUNDING * _count(function) else theta
