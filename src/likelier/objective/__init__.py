"""Objectives: what a fit minimises. `_base.py` is the contract."""

from likelier.objective._base import Addend as Addend
from likelier.objective._base import Addition as Addition
from likelier.objective._base import Bound as Bound
from likelier.objective._base import Likelihood as Likelihood
from likelier.objective._base import Objective as Objective
from likelier.objective._base import Penalty as Penalty
from likelier.objective._base import Risk as Risk
from likelier.objective._base import Rows as Rows
from likelier.objective._base import Term as Term
from likelier.objective._base import Weighted as Weighted
from likelier.objective._batch import Batch as Batch
from likelier.objective._gap import GroupPenalty as GroupPenalty
from likelier.objective._kinks import Kinks as Kinks
from likelier.objective._layout import Layout as Layout
from likelier.objective._text import fairness_from_text as fairness_from_text
from likelier.objective._text import penalty_from_text as penalty_from_text
from likelier.objective._text import risk_from_text as risk_from_text
from likelier.objective.beta_nll import BetaNLL as BetaNLL
from likelier.objective.cvar import CVaR as CVaR
from likelier.objective.demographic_parity import DemographicParity as DemographicParity
from likelier.objective.elastic_net import ElasticNet as ElasticNet
from likelier.objective.equalized_odds import EqualizedOdds as EqualizedOdds
from likelier.objective.evidence_regularizer import EvidenceRegularizer as EvidenceRegularizer
from likelier.objective.group_l1 import GroupL1 as GroupL1
from likelier.objective.jeffreys import Jeffreys as Jeffreys
from likelier.objective.l1 import L1 as L1
from likelier.objective.l2 import L2 as L2
from likelier.objective.label_smoothing import LabelSmoothing as LabelSmoothing
from likelier.objective.nll import NLL as NLL
from likelier.objective.physics_residual import PhysicsResidual as PhysicsResidual
from likelier.objective.physics_residual import derivative as derivative

__all__ = [
    "L1",
    "L2",
    "NLL",
    "Addend",
    "Addition",
    "Batch",
    "BetaNLL",
    "Bound",
    "CVaR",
    "DemographicParity",
    "ElasticNet",
    "EqualizedOdds",
    "EvidenceRegularizer",
    "GroupL1",
    "GroupPenalty",
    "Jeffreys",
    "Kinks",
    "LabelSmoothing",
    "Layout",
    "Likelihood",
    "Objective",
    "Penalty",
    "PhysicsResidual",
    "Risk",
    "Rows",
    "Term",
    "Weighted",
    "derivative",
    "fairness_from_text",
    "penalty_from_text",
    "risk_from_text",
]
