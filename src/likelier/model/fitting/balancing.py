"""Strengths that a search finds: so that a penalty curves the objective as much as the rows do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError
from likelier.model.fitting.problem import Problem
from likelier.predictors import CurvePredictor
from likelier.solvers import Solution

Array = Any

_ROUNDS = 30
"""Searches, each from where the last one ended; they end sooner."""
_STANDS = 0.01
"""A strength that moves by less than this share stands."""


def balances(function: LikelihoodSum) -> bool:
    """Whether a strength is to be found."""
    return any(bound.penalty.balances for bound in function.penalties)


def balanced(
    problem: Problem, theta: Array, minimise: Callable[[Problem, Array], Solution]
) -> tuple[Problem, Solution]:
    """The problem whose strengths stand at its own solution, and that solution.

    Args:
        problem: whose predictor is a curve.
        theta: where to begin.
        minimise: the search, from a point.
    """
    strengths = _ratios(problem, theta)
    problem = reweighed(problem, strengths)
    found = minimise(problem, theta)
    for _ in range(_ROUNDS):
        moves = np.sqrt(_ratios(problem, found.theta))
        if np.all(np.abs(np.log(moves)) < _STANDS):
            break
        strengths = strengths * moves
        problem = reweighed(problem, strengths)
        found = minimise(problem, found.theta)
    return problem, found


def reweighed(problem: Problem, strengths: Sequence[float]) -> Problem:
    """The problem with these strengths of the penalties that balance."""
    left = iter(strengths)
    penalties = tuple(
        bound.weighing(next(left)) if bound.penalty.balances else bound
        for bound in problem.function.penalties
    )
    return replace(problem, function=replace(problem.function, penalties=penalties))


def _ratios(problem: Problem, theta: Array) -> Array:
    """By what factor each strength is off the balance at `theta`.

    Parameters have units; each counts on the scale on which the search moves, that of the whole
    curvature, as in Moré (1978), doi:10.1007/BFb0067700.
    """
    function = problem.function
    predictor = problem.predictor
    assert isinstance(predictor, CurvePredictor)
    curvature: Array = function.likelihood(theta, 2, "expected").curvature
    rows = np.diag(curvature)[: predictor.width]
    found = []
    for bound in function.penalties:
        if not bound.penalty.balances:
            continue
        if not bound.strength:
            found.append(1.0)  # A term that is switched off stays so.
            continue
        factor = function.total_weight * bound.strength
        curvature = bound.addend.add(function, theta, 2).curvature
        added = factor * np.diag(curvature)[: predictor.width]
        whole = np.where(rows + added > 0, rows + added, 1.0)
        with np.errstate(all="ignore"):
            ratio = np.sum(rows / whole) / np.sum(added / whole)
        if not 0 < ratio < np.inf:
            raise LikelierError(
                f"{bound.penalty.text()} finds no balance: where the search is, either the curve "
                "or the equation does not change with the parameters; start elsewhere, or give "
                "its strength as a number"
            )
        found.append(ratio)
    return np.array(found)
