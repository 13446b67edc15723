"""Objectives: what a fit minimises. `_base.py` is the contract."""

from likelier.objective._base import Risk as Risk
from likelier.objective._base import Rows as Rows
from likelier.objective.nll import NLL as NLL

__all__ = ["NLL", "Risk", "Rows"]
