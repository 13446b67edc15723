"""Columns and targets at the edge of what floating-point numbers hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding

Array = Any

LARGE, SMALL = 1e100, 1e-100
"""Beyond these, squares leave the range of double precision or coefficients come near its end."""


def check(case: Case) -> Finding | None:
    """Find columns and targets whose size endangers the arithmetic on the user's scale."""
    predictor = case.predictor
    extreme: dict[str, float] = {}
    for slot, design in enumerate(predictor.designs):
        start = predictor.starts[slot] + design.intercept
        scale = design.scale
        if not design.width or SMALL <= scale.min() <= scale.max() <= LARGE:
            continue
        for j in np.flatnonzero((scale > LARGE) | (scale < SMALL)):
            extreme[case.labels[start + int(j)][2]] = float(scale[j])
    # All rows, where that is no work and each counts.
    every = case.function.weights is None and not case.large
    y = case.function.y if every else case.view.y
    if isinstance(y, np.ndarray):
        top = float(max(y.max(initial=0.0), -y.min(initial=0.0)))
        if top > LARGE or 0 < top < SMALL:
            extreme[case.target] = top
    if not extreme:
        return None
    shown = ", ".join(f"`{name}` (about {size:.0e})" for name, size in extreme.items())
    return Finding(
        [
            Diagnosis(
                kind="overflow",
                severity="warning",
                message=(
                    f"{shown} is so large or small that its square is no floating-point number; "
                    "estimates on its scale may overflow or vanish"
                ),
                where=tuple(extreme),
                evidence={"size": extreme},
                remedy=(
                    f"change its unit, as in {_in_unit(extreme)}, or correct the cell that holds "
                    "this value"
                ),
            )
        ]
    )


def _in_unit(extreme: dict[str, float]) -> str:
    """The first of these columns in a unit that brings it near 1."""
    name, size = next(iter(extreme.items()))
    return f"I({name} / 1e{np.floor(np.log10(size)):.0f})"
