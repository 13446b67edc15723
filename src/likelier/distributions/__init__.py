"""Distributions: what the target can be. One file a family; `_base.py` is the contract."""

from types import ModuleType

from likelier.distributions._base import Distribution as Distribution
from likelier.distributions._censoring import CensoredValues as CensoredValues
from likelier.distributions._censoring import interval as interval
from likelier.distributions._censoring import left_censored as left_censored
from likelier.distributions._censoring import right_censored as right_censored
from likelier.distributions._divergence import kl_divergence as kl_divergence
from likelier.distributions._domains import Domain as Domain
from likelier.distributions._linked import Linked as Linked
from likelier.distributions._links import LINKS as LINKS
from likelier.distributions._links import Link as Link
from likelier.distributions._losses import losses as losses
from likelier.distributions._modifier import Modifier as Modifier
from likelier.distributions._parameter import Parameter as Parameter
from likelier.distributions._parameter import parameter as parameter
from likelier.distributions._pooled import Pooled as Pooled
from likelier.distributions._text import catalogue as catalogue
from likelier.distributions._text import from_text as from_text
from likelier.distributions.asymmetric_laplace import AsymmetricLaplace as AsymmetricLaplace
from likelier.distributions.bernoulli import Bernoulli as Bernoulli
from likelier.distributions.beta import Beta as Beta
from likelier.distributions.beta_binomial import BetaBinomial as BetaBinomial
from likelier.distributions.binomial import Binomial as Binomial
from likelier.distributions.categorical import Categorical as Categorical
from likelier.distributions.cauchy import Cauchy as Cauchy
from likelier.distributions.censored import Censored as Censored
from likelier.distributions.dirichlet import Dirichlet as Dirichlet
from likelier.distributions.exponential import Exponential as Exponential
from likelier.distributions.fixed import Fixed as Fixed
from likelier.distributions.gamma import Gamma as Gamma
from likelier.distributions.generalized_pareto import GeneralizedPareto as GeneralizedPareto
from likelier.distributions.geometric import Geometric as Geometric
from likelier.distributions.gev import GEV as GEV
from likelier.distributions.gumbel import Gumbel as Gumbel
from likelier.distributions.hurdle import Hurdle as Hurdle
from likelier.distributions.independent import Independent as Independent
from likelier.distributions.inverse_gamma import InverseGamma as InverseGamma
from likelier.distributions.inverse_gaussian import InverseGaussian as InverseGaussian
from likelier.distributions.labels import smooth_labels as smooth_labels
from likelier.distributions.laplace import Laplace as Laplace
from likelier.distributions.log_normal import LogNormal as LogNormal
from likelier.distributions.logistic import Logistic as Logistic
from likelier.distributions.mixture import Mixture as Mixture
from likelier.distributions.multinomial import Multinomial as Multinomial
from likelier.distributions.multivariate_normal import MultivariateNormal as MultivariateNormal
from likelier.distributions.negative_binomial import NegativeBinomial as NegativeBinomial
from likelier.distributions.normal import Normal as Normal
from likelier.distributions.normal_inverse_gamma import NormalInverseGamma as NormalInverseGamma
from likelier.distributions.ordinal import Ordinal as Ordinal
from likelier.distributions.poisson import Poisson as Poisson
from likelier.distributions.student_t import StudentT as StudentT
from likelier.distributions.truncated import Truncated as Truncated
from likelier.distributions.tweedie import Tweedie as Tweedie
from likelier.distributions.von_mises import VonMises as VonMises
from likelier.distributions.weibull import Weibull as Weibull
from likelier.distributions.zero_inflated import ZeroInflated as ZeroInflated
from likelier.distributions.zero_one_inflated import ZeroOneInflated as ZeroOneInflated

_CONTRACTS = (
    Domain,
    Link,
    Linked,
    Modifier,
    Parameter,
    Pooled,
    parameter,
    catalogue,
    from_text,
    LINKS,
)

__all__ = [
    name
    for name, value in list(globals().items())
    if not (name.startswith("_") or value is ModuleType or isinstance(value, ModuleType))
]


def public_names() -> tuple[str, ...]:
    """Names that `likelier` itself offers: families, modifiers and what goes with them."""
    return tuple(
        name for name in __all__ if not any(globals()[name] is contract for contract in _CONTRACTS)
    )
