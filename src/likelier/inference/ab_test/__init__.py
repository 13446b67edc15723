"""Bayesian A/B/n tests from conjugate families. `_base.py` is the contract."""

from likelier.inference.ab_test._base import Conjugate as Conjugate
from likelier.inference.ab_test._base import Posterior as Posterior
from likelier.inference.ab_test.bernoulli import Bernoulli as Bernoulli
from likelier.inference.ab_test.comparison import Difference as Difference
from likelier.inference.ab_test.comparison import Lift as Lift
from likelier.inference.ab_test.comparison import expected_losses as expected_losses
from likelier.inference.ab_test.comparison import move_quantiles as move_quantiles
from likelier.inference.ab_test.comparison import probabilities_best as probabilities_best
from likelier.inference.ab_test.comparison import probability_above as probability_above
from likelier.inference.ab_test.exponential import Exponential as Exponential
from likelier.inference.ab_test.normal import Normal as Normal
from likelier.inference.ab_test.poisson import Poisson as Poisson
from likelier.inference.ab_test.sample_ratio import check_sample_ratio as check_sample_ratio
from likelier.inference.ab_test.sample_ratio import sample_ratio_p_value as sample_ratio_p_value

CONJUGATES = {family.name: family for family in (Bernoulli(), Poisson(), Normal(), Exponential())}
"""The families by name."""

__all__ = [
    "CONJUGATES",
    "Conjugate",
    "Difference",
    "Lift",
    "Posterior",
    "check_sample_ratio",
    "expected_losses",
    "move_quantiles",
    "probabilities_best",
    "probability_above",
    "sample_ratio_p_value",
]
