"""W6: Beta regression with one precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.workloads._base import Arrays, Workload, torch_lbfgs, with_intercept

P = 10


def simulate(scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((int(1e5 * scale), P))
    mean = 1 / (1 + np.exp(-0.2 - x @ (rng.standard_normal(P) / np.sqrt(P))))
    y = rng.beta(mean * 8, (1 - mean) * 8)
    return {"x": x, "y": np.clip(y, 1e-9, 1 - 1e-9)}


def log_likelihood(d: Arrays, b: np.ndarray) -> float:
    """b: intercept and slopes of the mean's logit, then the log precision."""
    from scipy.special import betaln

    mean, phi = 1 / (1 + np.exp(-b[0] - d["x"] @ b[1 : P + 1])), np.exp(b[P + 1])
    a, c, y = mean * phi, (1 - mean) * phi, d["y"]
    return float(((a - 1) * np.log(y) + (c - 1) * np.log1p(-y) - betaln(a, c)).sum())


def likelier(d: Arrays) -> Any:
    import likelier as lk

    return lambda: lk.fit(d["y"], d["x"], lk.Beta).params.estimate


def torch(d: Arrays) -> Any:
    import torch as t

    x, y = t.from_numpy(d["x"]), t.from_numpy(d["y"])
    log_y, log_rest = t.log(y), t.log1p(-y)

    def loss(b: Any) -> Any:
        mean, phi = t.sigmoid(b[0] + x @ b[1 : P + 1]), t.exp(b[P + 1])
        a, c = mean * phi, (1 - mean) * phi
        log_beta = t.lgamma(a) + t.lgamma(c) - t.lgamma(phi)
        return (log_beta - (a - 1) * log_y - (c - 1) * log_rest).mean()

    return torch_lbfgs(loss, P + 2)


def statsmodels(d: Arrays) -> Any:
    from statsmodels.othermod.betareg import BetaModel

    x = with_intercept(d["x"])
    return lambda: BetaModel(d["y"], x).fit(disp=0).params


_BETAR = """library(mgcv)
t <- data.frame(y = d$y, x = d$x)
f <- as.formula(paste("y ~", paste(names(t)[-1], collapse = " + ")))
fit <- function() { m <- gam(f, data = t, family = betar()); c(coef(m), m$family$getTheta()) }"""

_BETAFF = """library(VGAM)
t <- data.frame(y = d$y, x = d$x)
f <- as.formula(paste("y ~", paste(names(t)[-1], collapse = " + ")))
fit <- function() {
  b <- coef(vglm(f, betaff(zero = 2), data = t, epsilon = 1e-10))
  b[c(1, 3:12, 2)]
}"""

WORKLOAD = Workload(
    "W6",
    "Beta, n = 1e5, p = 10",
    simulate,
    {"likelier": likelier, "PyTorch L-BFGS": torch, "statsmodels BetaModel": statsmodels},
    log_likelihood,
    {"R mgcv betar": _BETAR, "R VGAM betaff": _BETAFF},
    frozenset({"R mgcv betar", "R VGAM betaff"}),
)
