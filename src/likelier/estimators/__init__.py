"""The scikit-learn face: estimators whose loss is a distribution's negative log-likelihood."""

from likelier.estimators.classifier import NLLClassifier as NLLClassifier
from likelier.estimators.regressor import NLLRegressor as NLLRegressor

__all__ = ["NLLClassifier", "NLLRegressor"]
