"""`distribution="auto"`: the families that suit a target, and the contest among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from likelier.distributions import Normal
from likelier.errors import LikelierError
from likelier.model.compare import compare
from likelier.model.fit import fit, make_design
from likelier.model.fitted import Fit

CANDIDATES: dict[str, tuple[str, ...]] = {
    "binary": ("bernoulli",),
    "labels": ("categorical",),
    "ordered": ("ordinal", "categorical"),
    "counts": ("poisson", "negative_binomial", "zero_inflated(poisson)"),
    "proportions": ("beta",),
    "positive": ("gamma", "log_normal", "inverse_gaussian", "weibull"),
    "nonnegative": ("tweedie(power=1.5)",),
    "real": ("normal", "student_t", "laplace"),
}
"""Candidates by the kind of the target; all of a row are densities, or all are masses."""


def choose(formula: Any, data: Any, **options: Any) -> Fit:
    """Fit the family that explains held-out rows best among those that suit the target."""
    if not isinstance(formula, str) and hasattr(formula, "keys"):
        raise LikelierError(
            'distribution="auto" needs one formula, "y ~ x": families differ in their parameters'
        )
    passed = {
        k: options[k]
        for k in ("weights", "offset", "exposure", "groups", "missing", "names", "intercept")
    }
    design = make_design(formula, data, Normal, **passed)
    assert design.target is not None
    kind = design.target.kind
    if kind not in CANDIDATES:
        raise LikelierError(
            f'distribution="auto" does not choose for a target of kind {kind!r}; name the family'
        )
    candidates = CANDIDATES[kind]
    if len(candidates) == 1:
        return fit(formula, data, candidates[0], **options)
    contest = compare(formula, data, candidates, **options)
    return replace(contest.best, contest=contest)
