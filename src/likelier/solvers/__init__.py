"""Solvers: how an objective is minimised. `_base.py` is the contract."""

from likelier.solvers._base import Solution as Solution
from likelier.solvers._base import Solver as Solver
from likelier.solvers._base import Step as Step
from likelier.solvers._direction import factorise as factorise
from likelier.solvers.newton import Newton as Newton

__all__ = ["Newton", "Solution", "Solver", "Step", "factorise"]
