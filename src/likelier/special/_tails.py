"""Both tails of a distribution function and their logarithms, as differentiable functions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.special._namespace import Array, as_floating, namespace
from likelier.special._primitive import Formula
from likelier.special._tail import log_of_tail, subset


@dataclass(frozen=True)
class Tails:
    """The lower tail (0) and the upper tail (1) of a distribution function in its last argument.

    Args:
        parameters: number of arguments before the last.
        parts: `parts(xp, *arguments)` gives the logarithms of both tails, then the derivatives of
            the lower one in each parameter.
        log_density: `log_density(xp, *arguments)`, the log of its derivative in the last argument.
        fast: `fast(tail, *arguments)`, NumPy values of one tail.
        fast_pair: `fast_pair(*arguments)`, NumPy values of both.
        doubtful: `doubtful(value, *arguments)`, where the fast value of a tail has lost digits.
    """

    parameters: int
    parts: Callable[..., tuple[Array, ...]]
    log_density: Formula
    fast: Formula
    fast_pair: Callable[..., tuple[Array, Array]]
    doubtful: Formula

    def value(self, xp: Any, tail: int, *arguments: Array) -> Array:
        """One tail."""
        if xp is not np:
            return xp.exp(self.parts(xp, *arguments)[tail])
        value = self.fast(tail, *arguments)
        wrong = self.doubtful(value, *arguments)
        return subset(wrong, value, lambda *some: np.exp(self.parts(np, *some)[tail]), *arguments)

    def log_value(self, xp: Any, tail: int, *arguments: Array) -> Array:
        """The logarithm of one tail, through the smaller of both where that serves."""
        if xp is not np:
            return self.parts(xp, *arguments)[tail]
        pair = self.fast_pair(*arguments)
        value, other = pair[tail], pair[1 - tail]
        wrong = self.doubtful(value, *arguments)
        return log_of_tail(
            value, other, wrong, lambda *some: self.parts(np, *some)[tail], *arguments
        )

    def slope(self, which: int, *arguments: Array) -> Array:
        """Derivative of the lower tail in one parameter."""
        xp = namespace(*arguments)
        with np.errstate(all="ignore"):
            return self.parts(xp, *as_floating(xp, *arguments))[2 + which]

    def partials(self, tail: int) -> tuple[Formula, ...]:
        """Derivatives of one tail in each argument, as `differentiable` takes them."""
        sign = (1, -1)[tail]

        def density(*given: Array) -> Array:
            *arguments, _ = given
            xp = namespace(*arguments)
            return sign * xp.exp(self.log_density(xp, *arguments))

        def slope(which: int, *given: Array) -> Array:
            return sign * self.slope(which, *given[:-1])

        return *(functools.partial(slope, i) for i in range(self.parameters)), density

    def log_partials(self, tail: int) -> tuple[Formula, ...]:
        """Derivatives of the logarithm of one tail in each argument."""
        sign = (1, -1)[tail]

        def hazard(*given: Array) -> Array:
            *arguments, log_tail = given
            xp = namespace(*arguments)
            return sign * xp.exp(self.log_density(xp, *arguments) - log_tail)

        def slope(which: int, *given: Array) -> Array:
            xp = namespace(*given)
            results = self.parts(xp, *given[:-1])
            return sign * results[2 + which] / xp.exp(results[tail])

        return *(functools.partial(slope, i) for i in range(self.parameters)), hazard
