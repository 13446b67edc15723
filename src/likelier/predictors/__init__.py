"""Predictors: features to the parameters of a distribution. `_base.py` is the contract."""

from likelier.predictors._base import Inputs as Inputs
from likelier.predictors._base import ParametricPredictor as ParametricPredictor
from likelier.predictors._base import Predictor as Predictor
from likelier.predictors._base import PredictorSpec as PredictorSpec
from likelier.predictors._base import Workspace as Workspace
from likelier.predictors._curve_predictor import CurvePredictor as CurvePredictor
from likelier.predictors._elimination import Elimination as Elimination
from likelier.predictors._text import predictor_from_text as predictor_from_text
from likelier.predictors._unknowns import bounded as bounded
from likelier.predictors._unknowns import own as own
from likelier.predictors._unknowns import positive as positive
from likelier.predictors._unknowns import real as real
from likelier.predictors._unknowns import unit as unit
from likelier.predictors.arrow import Arrow as Arrow
from likelier.predictors.arrow import ArrowInverse as ArrowInverse
from likelier.predictors.arrow import Places as Places
from likelier.predictors.arrow import Scaling as Scaling
from likelier.predictors.columns import Columns as Columns
from likelier.predictors.designs import columns_kind as columns_kind
from likelier.predictors.function import Function as Function
from likelier.predictors.linear import Linear as Linear
from likelier.predictors.linear import LinearPredictor as LinearPredictor
from likelier.predictors.network import MLP as MLP
from likelier.predictors.network import Ensemble as Ensemble
from likelier.predictors.network import Network as Network
from likelier.predictors.network import NetworkPredictor as NetworkPredictor
from likelier.predictors.network import NetworkSpec as NetworkSpec
from likelier.predictors.ode import ODE as ODE

__all__ = [
    "MLP",
    "ODE",
    "Arrow",
    "ArrowInverse",
    "Columns",
    "CurvePredictor",
    "Elimination",
    "Ensemble",
    "Function",
    "Inputs",
    "Linear",
    "LinearPredictor",
    "Network",
    "NetworkPredictor",
    "NetworkSpec",
    "ParametricPredictor",
    "Places",
    "Predictor",
    "PredictorSpec",
    "Scaling",
    "Workspace",
    "bounded",
    "columns_kind",
    "own",
    "positive",
    "predictor_from_text",
    "real",
    "unit",
]
