"""A scale that goes to zero: the likelihood of a density has no bound where the fit is exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._remedies import Typed, spelt

Array = Any

RATIO = 1e-7
"""A spread this small beside the target's own is a fit to rounding error."""


def check(case: Case) -> Finding | None:
    """Find rows whose predicted spread has shrunk to nothing beside the spread of the target."""
    function = case.function
    family = function.linked.family
    y = function.y
    if family.discrete or not isinstance(y, np.ndarray) or y.ndim > 1:
        return None
    if case.large and case.solution.converged:
        # Where the likelihood has no bound the search does not come to an end.
        return None
    with np.errstate(all="ignore"):
        density = -function.linked.nll(case.eta, y, function.known)
    used = np.ones(len(y), dtype=bool) if function.weights is None else function.weights > 0
    own = float(np.ptp(y[used])) or float(np.max(np.abs(y[used]))) or 1.0
    # A density of height h has a peak no wider than 1 / h.
    narrow = used & ~(density < -np.log(RATIO * own))
    if not narrow.any() or (np.ptp(y[used]) == 0 and case.solution.converged):
        return None
    count, total = int(narrow.sum()), int(used.sum())
    constant = np.ptp(y[used]) == 0
    why = (
        f"every value of `{case.target}` is {y[used][0]:g}"
        if constant
        else f"{count:,} of {total:,} rows are fitted exactly"
    )
    spreads = [name for name in family.parameter_names if name != family.main]

    def remedy(say: Callable[[Typed], str]) -> str:
        if constant:
            return "a target that varies"
        text = "leave out columns until the fit is not exact"
        for name in spreads[-1:]:
            text += f", or hold {name} at what is known of it, {say(case.held(name))}"
        return text

    return Finding(
        [
            Diagnosis(
                kind="scale collapse",
                severity="serious",
                message=(
                    f"{why}, so that the likelihood rises for ever as the spread goes to 0; there "
                    "is no finite maximum, and no standard error means anything"
                ),
                where=(case.target,),
                evidence={"rows": [int(i) for i in np.flatnonzero(narrow)[:20]], "n_rows": count},
                **spelt(remedy),
            )
        ],
        whole=True,
    )
