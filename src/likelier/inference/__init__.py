"""Inference: how sure we are. Covariances and profile likelihoods."""

from likelier.inference.covariance import covariance as covariance
from likelier.inference.covariance import inverse_information as inverse_information
from likelier.inference.profile import Profiler as Profiler

__all__ = ["Profiler", "covariance", "inverse_information"]
