"""Evidence against the family: over-dispersed counts, too many zeros, tails too heavy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._remedies import SANDWICH, another, spelt
from likelier.display import counted

Array = Any

_Z = 5.0
"""Standard errors of evidence from which a departure is no accident."""
_DISPERSION = 1.25
"""Variance over that of the family from which standard errors are more than a tenth too small."""
_ZEROS = 1.2
_KURTOSIS = 1.0
"""Excess from which the standard error of the scale is a fifth too small."""
_TAIL = 3.0
_TAIL_SHARE = math.erfc(_TAIL / math.sqrt(2))
_LEAST = 30

WIDER = {
    "poisson": "negative_binomial",
    "binomial": "beta_binomial",
    "zero_inflated(poisson)": "zero_inflated(negative_binomial)",
    "hurdle(poisson)": "hurdle(negative_binomial)",
}
"""The family to try where the counts vary more than this one lets them."""
INFLATED = ("poisson", "negative_binomial", "negative_binomial(kind=nb1)", "geometric")
"""Families of counts whose zeros are compared with those expected."""


def check(case: Case) -> Finding | None:
    """Compare moments, zeros and tails of the target with what the family expects of them.

    Only where the estimates are of maximum likelihood: others do not fit moments to begin with.
    """
    if not case.function.risk.is_likelihood:
        return None
    if case.spoilt or case.function.penalties or len(case.view.index) < _LEAST:
        return None
    if not isinstance(case.view.y, np.ndarray) or case.view.y.ndim != 1:
        return None
    family = case.function.linked.family.text()
    diagnoses = []
    with np.errstate(all="ignore"):
        if family in WIDER and (found := _dispersion(case, family)):
            diagnoses.append(found)
        if family in INFLATED and (found := _zeros(case, family)):
            diagnoses.append(found)
        if family == "normal" and (found := _tails(case)):
            diagnoses.append(found)
    return Finding(diagnoses) if diagnoses else None


def _dispersion(case: Case, family: str) -> Diagnosis | None:
    """Pearson's mean square, with a standard error from its own spread or the family's.

    For a Poisson: Dean (1992), doi:10.2307/2290276, whose statistic does not take a few counts
    above a tiny mean for evidence.
    """
    view = case.view
    d, w = view.distribution, view.counts
    mean, variance = d.mean, d.variance
    rows = float(w.sum())
    free = case.predictor.size / view.share
    if rows <= free:
        return None
    square = float(np.sum(w * (view.y - mean) ** 2 / variance)) / (rows - free)
    if family == "poisson":
        excess = (view.y - mean) ** 2 - view.y
        z = float(np.sum(w * excess) / np.sqrt(2 * np.sum(w * mean**2)))
    else:
        excess = (view.y - mean) ** 2 / variance - 1
        z = float(np.sum(w * excess) / np.sqrt(np.sum(w * excess**2)))
    if not (z > _Z and square > _DISPERSION):
        return None
    return Diagnosis(
        kind="over-dispersion",
        severity="warning",
        message=(
            f"`{case.target}` varies {square:.3g} times as much about its mean as {family} lets "
            f"it (z = {z:.1f}): standard errors are about {math.sqrt(square):.2g} times too small"
        ),
        where=(case.target,),
        evidence={"dispersion": square, "z": z},
        **spelt(lambda say: f"{say(another(WIDER[family]))}, or {say(SANDWICH)}"),
    )


def _zeros(case: Case, family: str) -> Diagnosis | None:
    """Zeros against those expected, also if a Poisson's variance were widened."""
    view = case.view
    w = view.counts
    zero = np.zeros(len(view.index))
    chance = np.exp(view.distribution.log_prob(zero))
    if family == "poisson":
        # What over-dispersion alone would explain calls for no further zeros.
        mean = view.distribution.mean
        alpha = float(np.sum(w * ((view.y - mean) ** 2 - view.y)) / np.sum(w * mean**2))
        if alpha > 0:
            chance = np.exp(-np.log1p(alpha * mean) / alpha)
    seen = float(np.sum(w * (view.y == 0)))
    expected = float(np.sum(w * chance))
    z = (seen - expected) / math.sqrt(max(float(np.sum(w * chance * (1 - chance))), 1e-12))
    if not (z > _Z and seen > _ZEROS * expected and seen >= 10):
        return None
    share = view.share
    wider = "negative_binomial" if family == "poisson" else family
    return Diagnosis(
        kind="excess zeros",
        severity="warning",
        message=(
            f"`{case.target}` holds {seen * share:,.0f} zeros where {expected * share:,.0f} are "
            f"expected (z = {z:.1f})"
        ),
        where=(case.target,),
        evidence={"zeros": seen * share, "expected": expected * share, "z": z},
        **spelt(
            lambda say: " or ".join(
                say(another(f"{modifier}({wider})")) for modifier in ("zero_inflated", "hurdle")
            )
        ),
    )


def _tails(case: Case) -> Diagnosis | None:
    """The kurtosis of the residuals against a Normal's, with its standard error √(24 / n)."""
    view = case.view
    w = view.counts
    r = (view.y - view.distribution.mean) / view.distribution.stddev
    rows = float(w.sum())
    excess = float(np.sum(w * r**4) / np.sum(w * r**2) ** 2) * rows - 3
    z = excess / math.sqrt(24 / rows)
    if not (z > _Z and excess > _KURTOSIS):
        return None
    low, high = float(np.sum(w * (r < -_TAIL))), float(np.sum(w * (r > _TAIL)))
    both = min(low, high) >= 0.2 * max(low, high)
    positive = bool(np.all(view.y > 0))
    other = "log_normal" if positive and not both and high > low else "student_t"
    shape = "both tails are" if both else f"the {'upper' if high > low else 'lower'} tail is"
    seen, expected = (low + high) * view.share, rows * view.share * _TAIL_SHARE
    if seen > expected:
        many = round(seen)
        finding = (
            f"{counted(many, 'row')} lie{'s' * (many == 1)} beyond {_TAIL:g} standard "
            f"deviations of the mean where a Normal expects {expected:,.1f}"
        )
    else:
        farthest = int(np.argmax(np.where(w > 0, np.abs(r), 0.0)))
        name = case.row_name(int(view.index[farthest]))
        finding = f"{name} lies {abs(r[farthest]):.1f} standard deviations from its mean"
    return Diagnosis(
        kind="heavy tails",
        severity="warning",
        message=(
            f"{finding} (excess kurtosis {excess:.1f}, z = {z:.1f}): {shape} too heavy for a "
            "Normal, and single rows weigh too much"
        ),
        where=(case.target,),
        evidence={"rows": seen, "expected": expected, "kurtosis": excess, "z": z},
        **spelt(lambda say: say(another(other))),
    )
