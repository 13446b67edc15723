"""Solvers: how an objective is minimised. `_base.py` is the contract."""

from likelier.solvers._base import Solution as Solution
from likelier.solvers._base import Solver as Solver
from likelier.solvers._base import Step as Step
from likelier.solvers._direction import factorise as factorise
from likelier.solvers._refine import refine as refine
from likelier.solvers.continuation import Continuation as Continuation
from likelier.solvers.newton import Newton as Newton

__all__ = [
    "Continuation",
    "Newton",
    "Solution",
    "Solver",
    "Step",
    "choose_solver",
    "factorise",
    "refine",
]


def choose_solver(smooth: bool) -> Solver:
    """The solver for linear predictors, from what the family declares."""
    return Newton() if smooth else Continuation()
