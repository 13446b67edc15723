"""What competes in a contest: families, or whole models under names of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likelier.distributions import CensoredValues, Distribution, Normal
from likelier.errors import LikelierError, did_you_mean
from likelier.model.fitting.estimation import make_design, resolve_family

OPTIONS = ("distribution", "formula", "links", "objective", "predictor", "solver", "engine")
"""What a candidate may have of its own; the rest is the contest's."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One candidate: its name, its family, and what it does otherwise than the others."""

    name: str
    family: type[Distribution]
    formula: Any
    settings: Mapping[str, Any] = field(default_factory=dict)


SUITED: dict[str, tuple[str, ...]] = {
    "binary": ("bernoulli",),
    "labels": ("categorical",),
    "ordered": ("ordinal", "categorical"),
    "counts": (
        "poisson",
        "negative_binomial",
        "zero_inflated(poisson)",
        "zero_inflated(negative_binomial)",
    ),
    "proportions": ("beta",),
    "positive": ("gamma", "log_normal", "inverse_gaussian", "weibull"),
    "nonnegative": ("tweedie(power=1.5)",),
    "real": ("normal", "student_t", "laplace"),
    "times": ("exponential", "weibull", "gamma", "log_normal", "inverse_gaussian"),
    "times from 0": ("exponential", "weibull"),
    "censored numbers": ("normal", "logistic", "student_t"),
}
"""Families by the kind of the target, simplest first; all of a row are densities, or masses."""


def candidates(formula: Any, data: Any, **options: Any) -> tuple[str, ...]:
    """The families that suit the kind of the target, simplest first.

    Raises `LikelierError` for a dict of formulas, since families differ in their parameters, and
    for a kind of target for which nothing is chosen.
    """
    if not isinstance(formula, str) and hasattr(formula, "keys"):
        raise LikelierError(
            'distribution="auto" needs one formula, "y ~ x": families differ in their parameters'
        )
    design = make_design(formula, data, Normal, **options)
    assert design.target is not None
    kind = design.target.kind
    if isinstance(design.target.values, CensoredValues):
        kind = _kind_of_censored(design.target.values)
    if kind not in SUITED:
        raise LikelierError(
            f'distribution="auto" does not choose for a target of kind {kind!r}; name the family'
        )
    return SUITED[kind]


def _kind_of_censored(y: CensoredValues) -> str:
    """What is censored: times, which lie above 0 or start there, or numbers of either sign."""
    lower, upper = np.asarray(y.lower), np.asarray(y.upper)
    if np.any(upper < 0) or np.any((lower < 0) & np.isfinite(lower)):
        return "censored numbers"
    return "times from 0" if np.any(upper == 0) else "times"


def read_candidates(given: Sequence[Any], formula: Any) -> list[Candidate]:
    """Candidates as a call of `compare` writes them.

    Raises `LikelierError` for what is none, for a name that is there twice, and for an option that
    candidates do not have.
    """
    if not given:
        raise LikelierError("compare needs at least one distribution")
    found = [_read(one, formula) for one in given]
    names = [c.name for c in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise LikelierError(
            f"two candidates are called {twice!r}; give them names: "
            f'("first", {{"distribution": "{twice}", …}})'
        )
    return found


def _read(given: Any, formula: Any) -> Candidate:
    name = None
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str):
        name, given = given
    if not isinstance(given, Mapping):
        family = resolve_family(given)
        return Candidate(name or family.text(), family, formula)
    options = dict(given)
    name = options.pop("name", name)
    for option in options:
        if option not in OPTIONS:
            hint = did_you_mean(option, (*OPTIONS, "name"))
            raise LikelierError(
                f"a candidate has no option {option!r}.{hint} It has name, {', '.join(OPTIONS)}"
            )
    if "distribution" not in options:
        raise LikelierError(f"candidate {name or given!r} names no distribution")
    family = resolve_family(options.pop("distribution"))
    own = options.pop("formula", formula)
    return Candidate(name or family.text(), family, own, options)
