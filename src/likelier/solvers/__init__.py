"""Solvers: how an objective is minimised. `_base.py` is the contract."""

from likelier.solvers._base import Solution as Solution
from likelier.solvers._base import Solver as Solver
from likelier.solvers._base import Step as Step
from likelier.solvers._base import unchanged as unchanged
from likelier.solvers._choose import choose_solver as choose_solver
from likelier.solvers._direction import ArrowDirection as ArrowDirection
from likelier.solvers._direction import factorise as factorise
from likelier.solvers._quadratic import minimise_quadratic as minimise_quadratic
from likelier.solvers._refine import refine as refine
from likelier.solvers._training.plan import Settings as Settings
from likelier.solvers._training.prepare import network_in as network_in
from likelier.solvers._training.run import Store as Store
from likelier.solvers._training.training import Feed as Feed
from likelier.solvers._training.training import Split as Split
from likelier.solvers._training.training import train as train
from likelier.solvers.adam import Adam as Adam
from likelier.solvers.bfgs import BFGS as BFGS
from likelier.solvers.continuation import Continuation as Continuation
from likelier.solvers.lbfgs import LBFGS as LBFGS
from likelier.solvers.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from likelier.solvers.levenberg_marquardt import finisher as finisher
from likelier.solvers.newton import Newton as Newton
from likelier.solvers.newton import is_finite as is_finite
from likelier.solvers.proximal_newton import ProximalNewton as ProximalNewton
from likelier.solvers.sgd import SGD as SGD
from likelier.solvers.stacked import StackedSolution as StackedSolution
from likelier.solvers.stacked import minimise_stacked as minimise_stacked

__all__ = [
    "BFGS",
    "LBFGS",
    "SGD",
    "Adam",
    "ArrowDirection",
    "Continuation",
    "LevenbergMarquardt",
    "Newton",
    "ProximalNewton",
    "Settings",
    "Solution",
    "Solver",
    "Split",
    "StackedSolution",
    "Step",
    "Store",
    "choose_solver",
    "factorise",
    "finisher",
    "is_finite",
    "minimise_quadratic",
    "minimise_stacked",
    "network_in",
    "refine",
    "train",
    "unchanged",
]
