"""Which calibrators there are for what, and which one rows call for."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np

from likelier.assessment.outcomes import Labels, Outcomes, Vectors
from likelier.assessment.recalibration._base import Calibrator, Unchanged, total_nll
from likelier.assessment.recalibration.conformal import Conformal
from likelier.assessment.recalibration.label_maps import LabelIsotonic, Temperature, VectorScaling
from likelier.assessment.recalibration.pit_maps import BetaMap, Isotonic, Scale
from likelier.errors import LikelierError, NoFiniteOptimumError, did_you_mean

Array = Any

_ALL: tuple[type[Calibrator], ...] = (
    Temperature,
    VectorScaling,
    LabelIsotonic,
    Scale,
    BetaMap,
    Isotonic,
    Conformal,
)
_AUTO: dict[str, tuple[type[Calibrator], ...]] = {
    "labels": (Temperature,),
    "numbers": (Scale, BetaMap),
}


def kinds(of: str) -> dict[str, type[Calibrator]]:
    """Calibrators by name for "labels" or "numbers"."""
    return {kind.name: kind for kind in _ALL if kind.of == of} | {Unchanged.name: Unchanged}


def calibrator(outcomes: Outcomes, method: str, weights: Array | None = None) -> Calibrator:
    """The calibrator that rows call for.

    Args:
        outcomes: predictions of rows that they were not fitted to, and what happened.
        method: by name; "auto" takes the one with the lowest BIC of none and those with few
            numbers, so that predictions stay as they are where nothing speaks against them.
        weights: how many observations each row stands for, (n,).

    Raises `LikelierError` for vectors and for methods of something else.
    """
    if isinstance(outcomes, Vectors):
        raise LikelierError("recalibration is of numbers and labels; these are vectors")
    of = "labels" if isinstance(outcomes, Labels) else "numbers"
    rows = np.ones(outcomes.n) if weights is None else weights
    known = kinds(of)
    if method != "auto" and method not in known:
        hint = did_you_mean(method, known)
        offer = ", ".join(["auto", *known])
        raise LikelierError(f"no recalibration {method!r} of {of}.{hint} On offer: {offer}")
    if method != "auto":
        return known[method].fitted(outcomes, rows)
    made: list[Calibrator] = [Unchanged()]
    for kind in _AUTO[of]:
        with contextlib.suppress(NoFiniteOptimumError):
            made.append(kind.fitted(outcomes, rows))

    def bic(one: Calibrator) -> float:
        nll = total_nll(outcomes, one.apply(outcomes.distribution), rows)
        return 2 * nll + one.size * math.log(rows.sum())

    return min(made, key=bic)
