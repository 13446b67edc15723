"""What may be claimed of predictions, and the sentence that says it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from likelier.assessment.calibration import percent
from likelier.assessment.outcomes import LEVEL, Labels, Numbers

if TYPE_CHECKING:
    from likelier.assessment.assessment import Assessment

_CLAIM = 0.02
"""How often each of two claims is made of right predictions: 4 % in all."""
_CLEAR = 2.3263
"""The same in standard errors."""


def claim(a: Assessment) -> str:
    """What `Assessment.claim` describes."""
    z = a.overconfidence_z
    if z < -_CLEAR and a.overconfidence < 0:
        return "underconfident"
    if z > max(_CLEAR, abs(_shift_z(a))) and a.overconfidence > 0:
        return "overconfident"
    found = a.calibration
    if found is not None:
        off = abs(found.deviation) > found.bound_at(1 - _CLAIM)
    else:
        off = _label_bias(a)[1] > _CLEAR
    return "biased" if off else "calibrated"


def verdict(a: Assessment) -> str:
    """What `Assessment.verdict` describes."""
    held, found = _held(a), a.claim
    if a.n_rows < 20:
        return f"Too few rows to judge: {held}."
    if found == "calibrated" and (a.calibration is None or a.calibration.calibrated):
        return f"Well calibrated: {held}."
    if found == "calibrated":
        return f"No clear fault: {held}; the PIT leaves its 95 % band, but not one of 98 %."
    if found == "biased":
        return f"Off to one side: {held}; {_where(a)}."
    head = "Too sure of itself" if found == "overconfident" else "Not sure enough of itself"
    return f"{head}: {held}{_shortfall(a)}."


def _shift_z(a: Assessment) -> float:
    """Evidence that predictions lie to one side, which makes their intervals miss as well."""
    found = a.outcomes.pit
    if found is None:
        return 0.0
    shift = a._average((found[0] + found[1]) / 2)[0] - 0.5
    return shift * math.sqrt(12 * a.n_observations)


def _label_bias(a: Assessment) -> tuple[int, float]:
    """The label whose total is furthest from the predicted one, and how far (Bonferroni)."""
    from scipy.special import ndtr, ndtri

    if not isinstance(a.outcomes, Labels):
        return 0, 0.0
    p, o = a.outcomes.probabilities, a.outcomes.happened
    rows = np.ones(len(p)) if a.weights is None else a.weights
    spread = np.sqrt(np.maximum(rows @ (p * (1 - p)), 1e-300))
    z = np.abs(rows @ (o - p)) / spread
    # Of two labels the second is the event that people speak of.
    worst, free = (1, 1) if p.shape[1] == 2 else (int(z.argmax()), p.shape[1])
    return worst, float(-ndtri(min(free * ndtr(-z[worst]), 0.5)))


def _held(a: Assessment) -> str:
    n, made = a.n_observations, a.outcomes
    rows = f"{n:,.10g} {a.which}"
    if isinstance(made, Labels):
        promised = a._average(made.probabilities.max(axis=1))[0]
        return (
            f"the likeliest label came true in {percent(a.accuracy, n)} % of {rows}, and "
            f"{percent(promised, n)} % were promised"
        )
    share = percent(a.coverage(LEVEL), n)
    return f"{made.region.format(100 * LEVEL)} hold {share} % of {rows}"


def _shortfall(a: Assessment) -> str:
    """What intervals of all levels hold more or less than promised, and what would mend it."""
    if isinstance(a.outcomes, Labels):
        return ""
    share = 100 * abs(a.overconfidence)
    text = (
        f"; over all levels they hold {share:.1f} percentage points "
        f"{'less' if a.overconfidence > 0 else 'more'} than they promise"
    )
    if not isinstance(a.outcomes, Numbers):
        return text
    factor = math.tan(math.pi / 2 * min(max(0.5 + a.overconfidence, 0.01), 0.99))
    return f"{text}, as if spreads had to be {factor:.2g} times as wide"


def _where(a: Assessment) -> str:
    n, found = a.n_observations, a.calibration
    if found is not None:
        share = percent(found.at + found.deviation, n)
        return f"{share} % lie below their predicted {percent(found.at, n)} % quantile"
    assert isinstance(a.outcomes, Labels)
    k = _label_bias(a)[0]
    name = a.levels[k] if a.levels else k
    seen = percent(a._average(a.outcomes.happened[:, k])[0], n)
    said = percent(a._average(a.outcomes.probabilities[:, k])[0], n)
    return f"{a.target} = {name} came true in {seen} % where {said} % were predicted"
