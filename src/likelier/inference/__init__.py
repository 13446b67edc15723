"""Inference: how sure we are. Covariances and profile likelihoods."""

from likelier.inference.covariance import Information as Information
from likelier.inference.covariance import covariance as covariance
from likelier.inference.covariance import invert_information as invert_information
from likelier.inference.profile import Profiler as Profiler

__all__ = ["Information", "Profiler", "covariance", "invert_information"]
