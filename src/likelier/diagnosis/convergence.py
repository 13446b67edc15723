"""A search that did not end at an optimum, and why."""

from __future__ import annotations

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._remedies import python, spelt

_TEXT = {
    "stalled": "no step lowers the objective any further, yet its slope is not zero",
    "unbounded": "the objective keeps falling and no step brings its end nearer",
    "limit": "the limit of iterations was reached",
    "not finite": "the likelihood is not finite at the starting values",
    "converged": "the curvature is not positive definite at the point found",
}


def check(case: Case) -> Finding | None:
    """Say why the solver did not converge, if nothing else explains it."""
    solution = case.solution
    if solution.converged:
        return None
    longer = python("solver=lk.Newton(max_iterations=1000)")
    remedy = spelt(
        lambda say: (
            f"{say(longer)}, or simplify the model"
            if solution.reason == "limit"
            else "look at the other diagnoses, simplify the model or rescale the target"
        )
    )
    return Finding(
        [
            Diagnosis(
                kind="not converged",
                severity="serious",
                message=(
                    f"{_TEXT[solution.reason]} (Newton decrement {solution.decrement:.2g} nats)"
                ),
                evidence={"reason": solution.reason, "decrement": solution.decrement},
                **remedy,
            )
        ]
    )
