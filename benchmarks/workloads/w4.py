"""W4: a negative binomial whose dispersion is estimated."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.workloads._base import Arrays, Workload, torch_lbfgs, with_intercept

P = 20


def simulate(scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((int(1e5 * scale), P))
    mean = np.exp(1 + x @ (rng.standard_normal(P) / np.sqrt(P) / 2))
    size = 1 / 0.7
    return {"x": x, "y": rng.negative_binomial(size, size / (size + mean)).astype(float)}


def log_likelihood(d: Arrays, b: np.ndarray) -> float:
    """b: intercept and slopes of the log mean, then the log dispersion."""
    from scipy.special import gammaln

    mean, r, y = np.exp(b[0] + d["x"] @ b[1 : P + 1]), np.exp(-b[P + 1]), d["y"]
    terms = gammaln(y + r) - gammaln(r) + r * np.log(r / (r + mean)) + y * np.log(mean / (r + mean))
    return float(terms.sum())


def likelier(d: Arrays) -> Any:
    import likelier as lk

    return lambda: lk.fit(d["y"], d["x"], lk.NegativeBinomial).params.estimate


def torch(d: Arrays) -> Any:
    import torch as t

    x, y = t.from_numpy(d["x"]), t.from_numpy(d["y"])

    def loss(b: Any) -> Any:
        eta, r = b[0] + x @ b[1 : P + 1], t.exp(-b[P + 1])
        total = t.log(r + t.exp(eta))
        terms = t.lgamma(y + r) - t.lgamma(r) + r * (-b[P + 1] - total) + y * (eta - total)
        return -terms.mean()

    return torch_lbfgs(loss, P + 2)


def statsmodels(d: Arrays) -> Any:
    from statsmodels.discrete.discrete_model import NegativeBinomial

    x = with_intercept(d["x"])

    def fit() -> np.ndarray:
        found = NegativeBinomial(d["y"], x).fit(disp=0, maxiter=500, gtol=1e-8).params
        return np.r_[found[:-1], np.log(found[-1])]

    return fit


_GLM_NB = """library(MASS)
t <- data.frame(y = d$y, x = d$x)
fit <- function() { m <- glm.nb(y ~ ., data = t); c(coef(m), -log(m$theta)) }"""

WORKLOAD = Workload(
    "W4",
    "negative binomial, dispersion estimated, n = 1e5, p = 20",
    simulate,
    {"likelier": likelier, "PyTorch L-BFGS": torch, "statsmodels NegativeBinomial": statsmodels},
    log_likelihood,
    {"R MASS glm.nb": _GLM_NB},
    frozenset({"R MASS glm.nb"}),
)
