"""Networks as predictors. `_base.py` is the contract of an architecture."""

from likelier.predictors.network._base import Architecture as Architecture
from likelier.predictors.network._base import Net as Net
from likelier.predictors.network._base import Packing as Packing
from likelier.predictors.network.ensemble import Ensemble as Ensemble
from likelier.predictors.network.mlp import MLP as MLP
from likelier.predictors.network.own import Network as Network
from likelier.predictors.network.predictor import NetworkPredictor as NetworkPredictor
from likelier.predictors.network.specification import Learnt as Learnt
from likelier.predictors.network.specification import NetworkSpec as NetworkSpec
from likelier.predictors.network.specification import Scales as Scales
from likelier.predictors.network.surface import Frame as Frame
from likelier.predictors.network.surface import mean_surface as mean_surface
