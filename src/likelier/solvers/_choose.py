"""Which solver minimises an objective, when the user has not said."""

from __future__ import annotations

from typing import Any

from likelier.solvers._base import Solver
from likelier.solvers.continuation import Continuation
from likelier.solvers.newton import Newton
from likelier.solvers.proximal_newton import ProximalNewton


def choose_solver(function: Any) -> Solver:
    """The solver for linear predictors, from what family and terms declare.

    Newton where there is a gradient everywhere; ProximalNewton where the kinks are norms of
    coefficients; Continuation, over either, where family or risk have kinks of their own.
    """
    smooth = getattr(function, "is_smooth", True)
    kinked = getattr(function, "kinks", None) is not None
    if smooth:
        return ProximalNewton() if kinked else Newton()
    return Continuation(ProximalNewton() if kinked else None)
