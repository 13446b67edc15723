"""Choose a distribution for the target; its negative log-likelihood is the loss.

Every public name is loaded at its first use (PEP 562), so that `import likelier` costs almost
nothing and a program pays for what it touches.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Each public name and the floor that defines it. A new name is one line here.
_EXPORTS: dict[str, str] = {
    # distributions
    "AsymmetricLaplace": "distributions",
    "Bernoulli": "distributions",
    "Beta": "distributions",
    "BetaBinomial": "distributions",
    "Binomial": "distributions",
    "Categorical": "distributions",
    "Cauchy": "distributions",
    "Censored": "distributions",
    "CensoredValues": "distributions",
    "Dirichlet": "distributions",
    "Distribution": "distributions",
    "Exponential": "distributions",
    "Fixed": "distributions",
    "GEV": "distributions",
    "Gamma": "distributions",
    "GeneralizedPareto": "distributions",
    "Geometric": "distributions",
    "Gumbel": "distributions",
    "Hurdle": "distributions",
    "Independent": "distributions",
    "InverseGamma": "distributions",
    "InverseGaussian": "distributions",
    "Laplace": "distributions",
    "LogNormal": "distributions",
    "Logistic": "distributions",
    "Mixture": "distributions",
    "Multinomial": "distributions",
    "MultivariateNormal": "distributions",
    "NegativeBinomial": "distributions",
    "Normal": "distributions",
    "NormalInverseGamma": "distributions",
    "Ordinal": "distributions",
    "Poisson": "distributions",
    "StudentT": "distributions",
    "Truncated": "distributions",
    "VonMises": "distributions",
    "Weibull": "distributions",
    "ZeroInflated": "distributions",
    "ZeroOneInflated": "distributions",
    "interval": "distributions",
    "kl_divergence": "distributions",
    "left_censored": "distributions",
    "losses": "distributions",
    "right_censored": "distributions",
    "smooth_labels": "distributions",
    # what a fit minimises, and how
    "NLL": "objective",
    "Newton": "solvers",
    "Threads": "engines",
    # fitting
    "Comparison": "model",
    "Fit": "model",
    "compare": "model",
    "fit": "model",
    "load": "model",
    # errors
    "DataError": "errors",
    "FormulaError": "errors",
    "LikelierError": "errors",
    "ModelFileError": "errors",
    "NoFiniteOptimumError": "errors",
    "SupportError": "errors",
}
_MODULES = ("datasets",)

__all__ = ["__version__", *_MODULES, *_EXPORTS]

if TYPE_CHECKING:
    from likelier import datasets as datasets
    from likelier.distributions import *
    from likelier.engines import *
    from likelier.errors import *
    from likelier.model import *
    from likelier.objective import *
    from likelier.solvers import *


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"likelier.{name}")
    if name not in _EXPORTS:
        raise AttributeError(f"module 'likelier' has no attribute {name!r}", name=name)
    value = getattr(import_module(f"likelier.{_EXPORTS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
