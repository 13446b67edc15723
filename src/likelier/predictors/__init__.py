"""Predictors: features to the parameters of a distribution. `_base.py` is the contract."""

from likelier.predictors._base import Predictor as Predictor
from likelier.predictors._base import PredictorSpec as PredictorSpec
from likelier.predictors._base import Workspace as Workspace
from likelier.predictors.linear import Columns as Columns
from likelier.predictors.linear import Linear as Linear
from likelier.predictors.linear import LinearPredictor as LinearPredictor

__all__ = ["Columns", "Linear", "LinearPredictor", "Predictor", "PredictorSpec", "Workspace"]
