"""A sum over rows, and the sum of sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True, eq=False)
class Sums:
    """A sum over rows: the objective's value, gradient and curvature in `theta`.

    Attributes:
        value: of the objective; of several points (points,), their gradients (points, P).
        gradient, curvature: from order 1 and 2, else None.
        nll: the plain NLL where the risk is another, else None.
        terms: what the risk and each penalty add to the value, where there are penalties.
        shared, mass, slope: of a number that the rows share, as in `Rows`; shared is (P,).
    """

    value: float
    gradient: Array | None = None
    curvature: Array | None = None
    nll: float | None = None
    terms: tuple[float, ...] = ()
    shared: Array | None = None
    mass: float = 0.0
    slope: float = 0.0


def add(parts: Sequence[Sums]) -> Sums:
    """Sum of sums; the values by exact summation."""
    if len(parts) == 1:
        return parts[0]
    value = _exact_sum([part.value for part in parts])
    plain = [part.nll for part in parts if part.nll is not None]
    gradient = curvature = None
    if parts[0].gradient is not None:
        gradient = parts[0].gradient.copy()
        for part in parts[1:]:
            gradient += part.gradient
    if parts[0].curvature is not None:
        curvature = parts[0].curvature.copy()
        for part in parts[1:]:
            curvature += part.curvature
    shared = None
    if parts[0].shared is not None:
        shared = parts[0].shared.copy()
        for part in parts[1:]:
            shared += part.shared
    mass = math.fsum(part.mass for part in parts)
    slope = math.fsum(part.slope for part in parts)
    nll = _exact_sum(plain) if plain else None
    return Sums(value, gradient, curvature, nll, shared=shared, mass=mass, slope=slope)


def _exact_sum(values: Sequence[Any]) -> Any:
    if np.ndim(values[0]):
        return np.array([_exact_sum(own) for own in zip(*values, strict=True)])
    return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)
