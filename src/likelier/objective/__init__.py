"""Objectives: what a fit minimises. `_base.py` is the contract."""

from likelier.objective._base import Addition as Addition
from likelier.objective._base import Likelihood as Likelihood
from likelier.objective._base import Objective as Objective
from likelier.objective._base import Penalty as Penalty
from likelier.objective._base import Risk as Risk
from likelier.objective._base import Rows as Rows
from likelier.objective._base import Term as Term
from likelier.objective._base import Weighted as Weighted
from likelier.objective.jeffreys import Jeffreys as Jeffreys
from likelier.objective.nll import NLL as NLL

__all__ = [
    "NLL",
    "Addition",
    "Jeffreys",
    "Likelihood",
    "Objective",
    "Penalty",
    "Risk",
    "Rows",
    "Term",
    "Weighted",
]
