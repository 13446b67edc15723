"""Inference: how sure we are. Covariances, tests, profile likelihoods, bootstrap, predictions."""

from likelier.inference.covariance import Information as Information
from likelier.inference.covariance import covariance as covariance
from likelier.inference.covariance import invert_information as invert_information
from likelier.inference.covariance import without as without
from likelier.inference.curve import Curve as Curve
from likelier.inference.families import Embedding as Embedding
from likelier.inference.families import embedding as embedding
from likelier.inference.hypothesis import METHODS as METHODS
from likelier.inference.hypothesis import HypothesisTest as HypothesisTest
from likelier.inference.hypothesis import Restriction as Restriction
from likelier.inference.hypothesis import edge_p_value as edge_p_value
from likelier.inference.hypothesis import p_value as p_value
from likelier.inference.hypothesis import ratio_statistic as ratio_statistic
from likelier.inference.hypothesis import score_statistic as score_statistic
from likelier.inference.hypothesis import wald_statistic as wald_statistic
from likelier.inference.kinks import blurred_information as blurred_information
from likelier.inference.profile import Profiler as Profiler
from likelier.inference.quantity import QuantityProfiler as QuantityProfiler
from likelier.inference.quantity import delta_errors as delta_errors
from likelier.inference.resampling import Bootstrap as Bootstrap
from likelier.inference.vuong import VuongTest as VuongTest
from likelier.inference.vuong import vuong as vuong

__all__ = [
    "METHODS",
    "Bootstrap",
    "Curve",
    "Embedding",
    "HypothesisTest",
    "Information",
    "Profiler",
    "QuantityProfiler",
    "Restriction",
    "VuongTest",
    "blurred_information",
    "covariance",
    "delta_errors",
    "edge_p_value",
    "embedding",
    "invert_information",
    "p_value",
    "ratio_statistic",
    "score_statistic",
    "vuong",
    "wald_statistic",
    "without",
]
