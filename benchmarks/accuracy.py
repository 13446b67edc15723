"""Digits of log_prob, its gradient and the cdf: ours beside PyTorch's, numpyro's and SciPy's.

    python benchmarks/accuracy.py > docs/accuracy.md

Every library sees the same points, those of the oracles in tests/distributions/oracles, drawn
from LIKELIER_SEED, and is held to the same references at 110 digits and more. numpyro takes
part where it is installed.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "distributions"))

from mpmath import mpf
from oracles import all_oracles
from oracles._compare import batches, error_of
from oracles._oracle import Oracle
from oracles._points import SEED

from likelier.errors import LikelierError

Arrays = Mapping[str, Any]
_BAD = 1e-9
"""Above this error, in units of 1 + condition number, an answer counts as wrong."""


def _peers_of_torch() -> dict[str, Callable[..., Any]]:
    import torch
    from torch import distributions as td

    def beta(mean: Any, precision: Any) -> Any:
        return td.Beta(mean * precision, (1 - mean) * precision)

    def negative_binomial(mean: Any, dispersion: Any) -> Any:
        return td.NegativeBinomial(1 / dispersion, logits=torch.log(mean * dispersion))

    return {
        "Bernoulli": td.Bernoulli,
        "Beta": _either(("mean", beta), ("concentration1", td.Beta)),
        "Binomial": td.Binomial,
        "Categorical": td.Categorical,
        "Cauchy": td.Cauchy,
        "Dirichlet": _either(
            ("mean", lambda mean, precision: td.Dirichlet(mean * precision[:, None])),
            ("concentration", td.Dirichlet),
        ),
        "Exponential": _either(
            ("mean", lambda mean: td.Exponential(1 / mean)), ("rate", td.Exponential)
        ),
        "Gamma": _either(
            ("mean", lambda mean, concentration: td.Gamma(concentration, concentration / mean)),
            ("rate", td.Gamma),
        ),
        "Geometric": _either(
            ("mean", lambda mean: td.Geometric(1 / (1 + mean))), ("probs", td.Geometric)
        ),
        "Gumbel": td.Gumbel,
        "InverseGamma": td.InverseGamma,
        "Laplace": td.Laplace,
        "LogNormal": td.LogNormal,
        "Logistic": lambda loc, scale: td.TransformedDistribution(
            td.Uniform(torch.zeros_like(loc), torch.ones_like(loc)),
            [td.SigmoidTransform().inv, td.AffineTransform(loc, scale)],
        ),
        "MultivariateNormal": _renamed(
            td.MultivariateNormal, covariance="covariance_matrix", precision="precision_matrix"
        ),
        "NegativeBinomial": _either(
            ("mean", negative_binomial), ("total_count", td.NegativeBinomial)
        ),
        "Normal": td.Normal,
        "Poisson": _either(
            ("rate", td.Poisson), ("log_rate", lambda log_rate: td.Poisson(torch.exp(log_rate)))
        ),
        "StudentT": td.StudentT,
        "VonMises": td.VonMises,
        "Weibull": td.Weibull,
    }


def _peers_of_numpyro() -> dict[str, Callable[..., Any]]:
    import jax.numpy as jnp
    import numpyro.distributions as nd

    def beta(mean: Any, precision: Any) -> Any:
        return nd.Beta(mean * precision, (1 - mean) * precision)

    return {
        "Bernoulli": _either(("logits", nd.BernoulliLogits), ("probs", nd.BernoulliProbs)),
        "Beta": _either(("mean", beta), ("concentration1", nd.Beta)),
        "Binomial": _either(("logits", nd.BinomialLogits), ("probs", nd.BinomialProbs)),
        "BetaBinomial": lambda total_count, mean, precision: nd.BetaBinomial(
            mean * precision, (1 - mean) * precision, total_count
        ),
        "Categorical": _either(("logits", nd.CategoricalLogits), ("probs", nd.CategoricalProbs)),
        "Cauchy": nd.Cauchy,
        "Dirichlet": _either(
            ("mean", lambda mean, precision: nd.Dirichlet(mean * precision[:, None])),
            ("concentration", nd.Dirichlet),
        ),
        "Exponential": _either(
            ("mean", lambda mean: nd.Exponential(1 / mean)), ("rate", nd.Exponential)
        ),
        "Gamma": _either(
            ("mean", lambda mean, concentration: nd.Gamma(concentration, concentration / mean)),
            ("rate", nd.Gamma),
        ),
        "Geometric": _either(
            ("mean", lambda mean: nd.GeometricProbs(1 / (1 + mean))), ("probs", nd.GeometricProbs)
        ),
        "Gumbel": nd.Gumbel,
        "InverseGamma": nd.InverseGamma,
        "Laplace": nd.Laplace,
        "LogNormal": nd.LogNormal,
        "Logistic": nd.Logistic,
        "MultivariateNormal": _renamed(
            nd.MultivariateNormal, covariance="covariance_matrix", precision="precision_matrix"
        ),
        "NegativeBinomial": _either(
            ("mean", lambda mean, dispersion: nd.NegativeBinomial2(mean, 1 / dispersion)),
            ("logits", nd.NegativeBinomialLogits),
            ("probs", nd.NegativeBinomialProbs),
        ),
        "Normal": nd.Normal,
        "Poisson": _either(
            ("rate", nd.Poisson), ("log_rate", lambda log_rate: nd.Poisson(jnp.exp(log_rate)))
        ),
        "StudentT": nd.StudentT,
        "VonMises": nd.VonMises,
        "Weibull": nd.Weibull,
        "zero_inflated(poisson)": _either(
            ("gate", lambda rate, gate: nd.ZeroInflatedPoisson(gate, rate)),
        ),
    }


def _peers_of_scipy() -> dict[str, Callable[..., Any]]:
    from scipy import special, stats

    def negative_binomial(y: Any, **p: Any) -> Any:
        if "mean" in p:
            r = 1 / p["dispersion"]
            return stats.nbinom, (r, r / (r + p["mean"]))
        failure = 1 - p["probs"] if "probs" in p else special.expit(-p["logits"])
        return stats.nbinom, (p["total_count"], failure)

    def beta(y: Any, **p: Any) -> Any:
        if "concentration1" in p:
            return stats.beta, (p["concentration1"], p["concentration0"])
        mean = special.expit(p["mean_logits"]) if "mean_logits" in p else p["mean"]
        return stats.beta, (mean * p["precision"], (1 - mean) * p["precision"])

    def chances(p: Arrays) -> Any:
        return p["probs"] if "probs" in p else special.expit(p["logits"])

    def location(family: Any, *more: str) -> Callable[..., Any]:
        return lambda y, **p: (family, (*(p[k] for k in more), p["loc"], p["scale"]))

    return {
        "Bernoulli": lambda y, **p: (stats.bernoulli, (chances(p),)),
        "Beta": beta,
        "BetaBinomial": lambda y, total_count, mean, precision: (
            stats.betabinom,
            (total_count, mean * precision, (1 - mean) * precision),
        ),
        "Binomial": lambda y, **p: (stats.binom, (p["total_count"], chances(p))),
        "Cauchy": location(stats.cauchy),
        "Exponential": lambda y, **p: (
            stats.expon,
            (0, p["mean"] if "mean" in p else 1 / p["rate"]),
        ),
        "GEV": lambda y, loc, scale, shape: (stats.genextreme, (-shape, loc, scale)),
        "Gamma": lambda y, **p: (
            stats.gamma,
            (
                p["concentration"],
                0,
                p["mean"] / p["concentration"] if "mean" in p else 1 / p["rate"],
            ),
        ),
        "GeneralizedPareto": lambda y, scale, shape: (stats.genpareto, (shape, 0, scale)),
        "Gumbel": location(stats.gumbel_r),
        "InverseGamma": lambda y, concentration, rate: (stats.invgamma, (concentration, 0, rate)),
        "InverseGaussian": lambda y, mean, concentration: (
            stats.invgauss,
            (mean / concentration, 0, concentration),
        ),
        "Laplace": location(stats.laplace),
        "LogNormal": lambda y, loc, scale: (stats.lognorm, (scale, 0, np.exp(loc))),
        "Logistic": location(stats.logistic),
        "NegativeBinomial": negative_binomial,
        "Normal": location(stats.norm),
        "Poisson": lambda y, **p: (
            stats.poisson,
            (p["rate"] if "rate" in p else np.exp(p["log_rate"]),),
        ),
        "StudentT": location(stats.t, "df"),
        "VonMises": lambda y, loc, concentration: (stats.vonmises, (concentration, loc)),
        "Weibull": lambda y, scale, concentration: (stats.weibull_min, (concentration, 0, scale)),
    }


def _either(*choices: tuple[str, Callable[..., Any]]) -> Callable[..., Any]:
    """The first of these constructors whose telling parameter is given."""

    def build(**parameters: Any) -> Any:
        for name, make in choices:
            if name in parameters:
                return make(**parameters)
        raise NotImplementedError

    return build


def _renamed(make: Callable[..., Any], **names: str) -> Callable[..., Any]:
    return lambda **p: make(**{names.get(k, k): v for k, v in p.items()})


# ---------------------------------------------------------------------- evaluation

Result = tuple[Any, dict[str, Any] | None]
"""log_prob, and its gradient by parameter where the library has one."""


def _ours(oracle: Oracle, arrays: Arrays, y: np.ndarray) -> Result:
    d = oracle.cls(**arrays)
    y = oracle.observe(y)
    return d.log_prob(y), d.score(y)


def _torch(make: Callable[..., Any], oracle: Oracle, arrays: Arrays, y: np.ndarray) -> Result:
    import torch

    torch.distributions.Distribution.set_default_validate_args(False)
    tensors = {
        k: torch.tensor(v, requires_grad=oracle.cls.parameters_declared[k].role == "predicted")
        for k, v in arrays.items()
    }
    value = make(**tensors).log_prob(torch.tensor(y))
    value.sum().backward()
    gradient = {k: t.grad.numpy() for k, t in tensors.items() if t.grad is not None}
    return value.detach().numpy(), gradient


def _numpyro(make: Callable[..., Any], oracle: Oracle, arrays: Arrays, y: np.ndarray) -> Result:
    import jax

    declared = oracle.cls.parameters_declared
    moving = {k: v for k, v in arrays.items() if declared[k].role == "predicted"}
    still = {k: v for k, v in arrays.items() if k not in moving}
    at = y.astype(int) if oracle.cls.discrete else y

    def total(moving: Any) -> Any:
        value = make(**still, **moving).log_prob(at)
        return value.sum(), value

    gradient, value = jax.grad(total, has_aux=True)(jax.tree.map(jax.numpy.asarray, moving))
    return np.asarray(value), {k: np.asarray(v) for k, v in gradient.items()}


def _scipy(make: Callable[..., Any], oracle: Oracle, arrays: Arrays, y: np.ndarray) -> Result:
    family, parameters = make(y, **arrays)
    log_prob = family.logpmf if hasattr(family, "logpmf") else family.logpdf
    return log_prob(y, *parameters), None


@dataclass
class Tally:
    """Errors of one library at one family."""

    worst: float = 0.0
    bad: int = 0
    total: int = 0

    def add(self, error: float) -> None:
        self.total += 1
        self.bad += not error <= _BAD
        if np.isfinite(error):
            self.worst = max(self.worst, error)

    def __str__(self) -> str:
        if not self.total:
            return "–"
        return f"{self.worst:.0e}" + (f" ({self.bad} of {self.total})" if self.bad else "")


def _measure(oracle: Oracle, evaluate: Callable[..., Result]) -> tuple[Tally, Tally]:
    value_tally, score_tally = Tally(), Tally()
    points = [(r.parameters, r.y) for r in oracle.references]
    declared = oracle.cls.parameters_declared
    for rows, arrays, y in batches(points):
        try:
            values, gradient = evaluate(oracle, arrays, y)
        except Exception as problem:
            # A library that cannot evaluate a parametrisation has no entry for it.
            print(f"{oracle}: {type(problem).__name__}", file=sys.stderr)
            continue
        for n, i in enumerate(rows):
            r = oracle.references[i]
            if abs(r.value) == mpf("inf"):
                continue
            value_tally.add(error_of(float(values[n]), r.value, max(1, abs(r.value)) + r.cond))
            for name, right in r.score.items():
                if gradient is None or name not in gradient:
                    continue
                if declared[name].role != "predicted" or declared[name].domain.name == "simplex":
                    continue
                flat = np.ravel(gradient[name][n])
                for one, x, c in zip(flat, right, r.score_cond[name], strict=True):
                    score_tally.add(error_of(float(one), x, abs(x) + c + r.floor[name]))
    return value_tally, score_tally


def _measure_tails(oracle: Oracle, cdf_and_sf: Callable[..., tuple[Any, Any]]) -> Tally:
    tally = Tally()
    if oracle.cdf is None and oracle.sf is None:
        return tally
    points = [(r.parameters, r.y) for r in oracle.tail_references]
    for rows, arrays, y in batches(points):
        try:
            lower, upper = cdf_and_sf(arrays, y)
        except (LikelierError, NotImplementedError, KeyError):
            continue
        for n, i in enumerate(rows):
            r = oracle.tail_references[i]
            for got, right, is_upper in ((lower[n], r.cdf, False), (upper[n], r.sf, True)):
                if right < mpf("1e-290"):
                    continue
                error = error_of(float(got), right, right)
                if error > _BAD:
                    error /= 1 + oracle.tail_condition(r, is_upper)
                tally.add(error)
    return tally


def main() -> None:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    import jax

    jax.config.update("jax_enable_x64", True)
    libraries: dict[str, tuple[dict[str, Any], Callable[..., Result]]] = {}
    versions = [f"NumPy {np.__version__}"]
    if importlib.util.find_spec("torch"):
        import torch

        libraries["torch"] = (_peers_of_torch(), _torch)
        versions.append(f"PyTorch {torch.__version__}")
    if importlib.util.find_spec("numpyro"):
        import numpyro

        libraries["numpyro"] = (_peers_of_numpyro(), _numpyro)
        versions.append(f"numpyro {numpyro.__version__} on JAX {jax.__version__}")
    import scipy

    scipy_peers = _peers_of_scipy()
    libraries["SciPy"] = (scipy_peers, _scipy)
    versions.append(f"SciPy {scipy.__version__}")

    print("# Accuracy\n")
    print(
        f"Written by `LIKELIER_SEED={os.environ.get('LIKELIER_SEED', SEED)} "
        f"python benchmarks/accuracy.py > docs/accuracy.md`: {', '.join(versions)}, "
        f"Python {platform.python_version()}, {platform.machine()}, double precision.\n"
    )
    print(
        "The same points for every library: ordinary parameters and extreme ones (scales from\n"
        "1e-150 to 1e150, dispersions from 1e-30, degrees of freedom to 1e12, logits to ±800,\n"
        "counts to 1e12), drawn from the seed. References have 110 digits and more. An entry is\n"
        "the worst error in units of (1 + condition number), so that what rounding the inputs\n"
        "alone costs is not counted; 1e-16 is the best a double can do. In parentheses: answers\n"
        f"whose error is above {_BAD:.0e}, or which are infinite or not a number where a finite\n"
        "answer exists. A dash: the library has no such family, or no gradient.\n\n"
        "Read fairly: many points are extreme on purpose. For a parametrisation that a library\n"
        "lacks (a negative binomial with a mean and a dispersion, a Beta with a mean and a\n"
        "precision), its own parameters are computed from ours as a user would, and what that\n"
        "loses is counted. Where a library refuses a batch of points (numpyro a concentration of\n"
        "0), they are left out of its entry.\n"
    )
    names = list(libraries)
    head = ["family", "points", "log_prob: **ours**", *names]
    head += ["gradient: **ours**", *names[:-1], "cdf, sf: **ours**", "SciPy"]
    rows = []
    sums = [Tally() for _ in head[2:]]
    for oracle in all_oracles():
        measured: list[Tally] = []
        pairs = [_measure(oracle, _ours)]
        for peers, evaluate in libraries.values():
            make = peers.get(oracle.family)
            pairs.append(
                (Tally(), Tally())
                if make is None
                else _measure(oracle, lambda *a, m=make, e=evaluate: e(m, *a))
            )
        measured += [value for value, _ in pairs]
        measured += [score for _, score in pairs[:-1]]
        measured.append(
            _measure_tails(oracle, lambda p, y, o=oracle: (o.cls(**p).cdf(y), o.cls(**p).sf(y)))
        )
        peer = scipy_peers.get(oracle.family)

        def tails(p: Any, y: Any, peer: Any = peer) -> Any:
            family, parameters = peer(y, **p)
            return family.cdf(y, *parameters), family.sf(y, *parameters)

        measured.append(Tally() if peer is None else _measure_tails(oracle, tails))
        rows.append([f"`{oracle.cls.text()}`", str(len(oracle.references)), *map(str, measured)])
        for total, one in zip(sums, measured, strict=True):
            total.bad += one.bad
            total.total += one.total
        print(oracle, *map(str, measured), sep=" | ", file=sys.stderr, flush=True)
    print("| " + " | ".join(head) + " |")
    print("|---|" + "--:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    totals = [f"**{t.bad} of {t.total}**" for t in sums]
    print("| **above 1e-9 or not finite** | | " + " | ".join(totals) + " |")


if __name__ == "__main__":
    main()
