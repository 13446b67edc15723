"""Choose a distribution for the target; its negative log-likelihood is the loss.

Every public name is loaded at its first use (PEP 562), so that `import likelier` costs almost
nothing and a program pays for what it touches.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# The home of each public name but the distributions, which their own floor lists.
_EXPORTS: dict[str, str] = {
    # what a fit minimises, and how
    "Adam": "solvers",
    "BFGS": "solvers",
    "BetaNLL": "objective",
    "CVaR": "objective",
    "DemographicParity": "objective",
    "ElasticNet": "objective",
    "Ensemble": "predictors",
    "EqualizedOdds": "objective",
    "EvidenceRegularizer": "objective",
    "GroupL1": "objective",
    "Function": "predictors",
    "Jeffreys": "objective",
    "L1": "objective",
    "LBFGS": "solvers",
    "L2": "objective",
    "LabelSmoothing": "objective",
    "Linear": "predictors",
    "LevenbergMarquardt": "solvers",
    "MLP": "predictors",
    "NLL": "objective",
    "ODE": "predictors",
    "Network": "predictors",
    "Newton": "solvers",
    "PhysicsResidual": "objective",
    "ProximalNewton": "solvers",
    "SGD": "solvers",
    "Dask": "engines",
    "Stream": "engines",
    "Threads": "engines",
    # how good it is
    "Assessment": "assessment",
    "assess": "assessment",
    "bounded": "predictors",
    "derivative": "objective",
    "own": "predictors",
    "positive": "predictors",
    "real": "predictors",
    "unit": "predictors",
    # scikit-learn
    "NLLClassifier": "estimators",
    "NLLRegressor": "estimators",
    # tests of arms
    "ABTest": "model.ab_test.result",
    "AdjustedABTest": "model.ab_test.adjusted",
    "ab_test": "model.ab_test.ab_test",
    # fitting
    "Comparison": "model",
    "Fit": "model",
    "Frontier": "model.penalised.frontier",
    "Path": "model.penalised.path_result",
    "compare": "model",
    "GroupFits": "model.groups.group_fits",
    "fit": "model",
    "fit_groups": "model.groups.fit_groups",
    "frontier": "model.penalised.frontier",
    "load": "model",
    "path": "model.penalised.path",
    "recalibrate": "model.recalibrating",
    # errors
    "DataError": "errors",
    "FormulaError": "errors",
    "LikelierError": "errors",
    "ModelFileError": "errors",
    "NoFiniteOptimumError": "errors",
    "SupportError": "errors",
    "UndefinedError": "errors",
}
_MODULES = ("datasets",)

if TYPE_CHECKING:
    from likelier import datasets as datasets
    from likelier.assessment import *
    from likelier.distributions import *
    from likelier.engines import *
    from likelier.errors import *
    from likelier.estimators import *
    from likelier.model import *
    from likelier.model.ab_test.ab_test import *
    from likelier.model.ab_test.adjusted import *
    from likelier.model.ab_test.result import *
    from likelier.model.groups.fit_groups import *
    from likelier.model.groups.group_fits import *
    from likelier.model.penalised.frontier import Frontier as Frontier
    from likelier.model.penalised.frontier import frontier as frontier
    from likelier.model.penalised.path import *
    from likelier.model.penalised.path_result import *
    from likelier.model.recalibrating import *
    from likelier.objective import *
    from likelier.predictors import *
    from likelier.solvers import *


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"likelier.{name}")
    if name == "__all__":
        return ["__version__", *_MODULES, *_EXPORTS, *_distributions()]
    if name in _EXPORTS:
        value = getattr(import_module(f"likelier.{_EXPORTS[name]}"), name)
    elif not name.startswith("_") and name in _distributions():
        value = getattr(import_module("likelier.distributions"), name)
    else:
        raise AttributeError(f"module 'likelier' has no attribute {name!r}", name=name)
    globals()[name] = value
    return value


def _distributions() -> tuple[str, ...]:
    """The public names of the distributions' floor, without its contracts."""
    return import_module("likelier.distributions").public_names()


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})
