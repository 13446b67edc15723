"""`Fit.test`: a fit against a smaller or larger one, or against one without some of its terms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.inference import (
    METHODS,
    HypothesisTest,
    Information,
    Restriction,
    edge_p_value,
    p_value,
    ratio_statistic,
    score_statistic,
    wald_statistic,
)
from likelier.model.answers.nesting import check_likelihood, nest
from likelier.model.answers.terms import indices_of
from likelier.model.answers.uncertainty import inner_covariance

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any

_LOWER = 1e-5
"""Nats by which a larger model may lie below a smaller one for where their searches stopped."""


def run_test(
    fit: Fit, other: Fit | None, terms: Any, method: str, kind: str, groups: Any
) -> HypothesisTest:
    """The test that `Fit.test` describes."""
    if method not in METHODS:
        hint = did_you_mean(method, METHODS)
        raise LikelierError(f"no test {method!r}.{hint} Tests: {', '.join(METHODS)}")
    if (other is None) == (terms is None):
        raise LikelierError("test(other) takes another fit, or test(terms=…) terms of this one")
    if kind != "observed" and method != "wald":
        raise LikelierError(f"a covariance of kind {kind!r} is for method='wald'")
    if other is not None and not isinstance(other, type(fit)):
        raise LikelierError(
            f"test(other) takes another fit; given: {other!r}. For terms write test(terms=…)"
        )
    if other is None:
        return _test_terms(fit, terms, method, kind, groups)
    return _test_fits(fit, other, method, kind, groups)


def _test_terms(fit: Fit, terms: Any, method: str, kind: str, groups: Any) -> HypothesisTest:
    """Test that the coefficients of some terms are 0."""
    check_likelihood(fit)
    problem, information = fit._posed.problem, fit._optimum[1]
    indices = indices_of(fit, terms)
    rows = problem.parametric.to_user()[indices]
    main = fit.distribution.main
    names = [
        f"`{term}`" if parameter == main else f"`{term}` of {parameter}"
        for parameter, term in (fit._names()[i] for i in indices)
    ]
    hypothesis = f"{_listed(names)} {'is' if len(names) == 1 else 'are'} 0"
    lost = [i for i in indices if np.isnan(fit.estimate.covariance[i, i])]
    collinear = [i for i in lost if fit.estimate.infinite[i] == 0]
    if collinear or (lost and method != "likelihood_ratio"):
        term = fit._names()[(collinear or lost)[0]][1]
        why = "is not identified" if collinear else "has no finite estimate"
        more = "" if collinear else "; use method='likelihood_ratio'"
        raise LikelierError(f"`{term}` {why}, so it has no test by itself; see .diagnoses{more}")
    held = Restriction.zero(rows)
    statistic = _statistic(fit, held, method, information, kind, groups)
    k = len(indices)
    return HypothesisTest(statistic, k, p_value(statistic, k), method, hypothesis)


def _test_fits(fit: Fit, other: Fit, method: str, kind: str, groups: Any) -> HypothesisTest:
    """Test the smaller of two nested fits against the larger."""
    found = nest(fit, other)
    small, large = found.small, found.large
    k = round(large.degrees_of_freedom - small.degrees_of_freedom)
    hypothesis = f"{_described(small, large)} suffices, {_described(large, small)} adds nothing"
    if method == "likelihood_ratio":
        gain = large.log_likelihood - small.log_likelihood
        if gain < -_LOWER - 1e-9 * abs(large.log_likelihood):
            raise LikelierError(
                f"the larger fit has the lower log-likelihood ({large.log_likelihood:.6g} against "
                f"{small.log_likelihood:.6g}): its search ended at a local optimum; see its "
                ".diagnoses"
            )
        statistic = 2 * max(gain, 0.0)
        if found.edges:
            # At the edge itself both fits are one, whatever their searches left between them.
            at_edge = _at_edge(large, found.edges)
            statistic = 0.0 if at_edge else statistic
            p = edge_p_value(statistic, k)
        else:
            p = p_value(statistic, k)
        return HypothesisTest(statistic, k, p, method, hypothesis, found.edges)
    if found.restriction is None:
        raise LikelierError(
            f"{_listed(list(found.edges))} is on the edge of its domain under the hypothesis, "
            "where only method='likelihood_ratio' holds"
        )
    statistic = _statistic(large, found.restriction, method, large._optimum[1], kind, groups)
    return HypothesisTest(statistic, k, p_value(statistic, k), method, hypothesis)


def _at_edge(large: Fit, edges: tuple[str, ...]) -> bool:
    """Whether all parameters that the hypothesis puts on an edge have been estimated there."""
    return all(
        any(
            name == edge and large.estimate.infinite[i] != 0
            for i, (name, _, _) in enumerate(large.estimate.labels)
        )
        for edge in edges
    )


def _statistic(
    fit: Fit, held: Restriction, method: str, information: Information, kind: str, groups: Any
) -> float:
    """The statistic of one method."""
    function, solution = fit._posed.problem.function, fit._optimum[0]
    if method == "likelihood_ratio":
        return ratio_statistic(function, solution.theta, solution.value, information, held)
    if method == "score":
        return score_statistic(function, solution.theta, information, held)
    if kind != "observed":
        information = Information(inner_covariance(fit, kind, groups), information.null)
    found = wald_statistic(solution.theta, information, held)
    if math.isnan(found):
        raise LikelierError(
            "the hypothesis concerns coefficients that have no standard error; see .diagnoses, or "
            "use method='likelihood_ratio'"
        )
    return found


def _described(fit: Fit, beside: Fit) -> str:
    """A fit by what tells it from the other one."""
    if fit.distribution is not beside.distribution:
        return fit.distribution.text()
    differ = [
        f"{name} ~ {text}"
        for name, text in fit.facts.formulas.items()
        if beside.facts.formulas.get(name) != text
    ]
    return f"'{'; '.join(differ)}'" if differ else "the same formula with more held"


def _listed(names: list[str]) -> str:
    """Names as a sentence lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
