"""Unknowns of a curve whose place a network in it can take, so that weight decay decides on them.

In y' = f(y) − k y a network f can do what k y does. The curvature at an estimate does not say so:
where the network has become 0, so has every slope by which it could begin to.
"""

from __future__ import annotations

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.predictors import CurvePredictor

_LITTLE = 0.1
"""Share of an unknown's effect, of which the data speak, where networks do the rest: as if it were
measured to a tenth, a standard error ten times as large as with the network held."""


def check(case: Case) -> Finding | None:
    """Find unknowns whose effect on a curve networks in it can have as well."""
    predictor = case.predictor
    if not isinstance(predictor, CurvePredictor) or not predictor.networks:
        return None
    if case.solution.reason != "converged":
        return None
    shares = predictor.curve.unmatched(predictor.natural(case.solution.theta))
    found = {name: share for name, share in shares.items() if share < _LITTLE}
    if not found:
        return None
    several = len(found) > 1
    networks = " and ".join(f"`{name}`" for name in predictor.networks)
    it = "them" if several else "it"
    # One with a value for each of several groups has as many coefficients, `k[ann]`, `k[bob]`.
    terms = [term.partition("[")[0] for _, _, term in case.labels]
    return Finding(
        [
            Diagnosis(
                kind="weak identification",
                severity="warning",
                message=(
                    f"{', '.join(f'`{name}`' for name in found)} cannot be told from what "
                    f"{networks} may do: along these data a function of the same inputs has all "
                    f"but {100 * max(found.values()):.2g} % of the effect on the field. Weight "
                    f"decay decides how much is left to {it}, and no standard error counts "
                    "that; predictions near the data are sound"
                ),
                where=tuple(found),
                evidence={"unmatched": found},
                remedy=(
                    f"give {it} a known value, or write the equation so that the network cannot "
                    "do the same"
                ),
            )
        ],
        unsure=np.isin(terms, list(found)),
    )
