"""W3: a Normal whose mean and log scale are linear in twenty columns each."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.workloads._base import Arrays, Workload, torch_lbfgs

P = 20


def simulate(scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    n = int(1e5 * scale)
    x, z = rng.standard_normal((n, P)), rng.standard_normal((n, P))
    log_scale = -0.2 + z @ (rng.standard_normal(P) / P)
    y = 1 + x @ rng.standard_normal(P) + np.exp(log_scale) * rng.standard_normal(n)
    return {"x": x, "z": z, "y": y}


def log_likelihood(d: Arrays, b: np.ndarray) -> float:
    """b: intercept and slopes of the mean, then of the log scale."""
    mean, log_scale = b[0] + d["x"] @ b[1 : P + 1], b[P + 1] + d["z"] @ b[P + 2 :]
    residual = (d["y"] - mean) * np.exp(-log_scale)
    return float(-(log_scale + 0.5 * residual**2).sum())


def likelier(d: Arrays) -> Any:
    import likelier as lk

    table = {f"x{j}": d["x"][:, j] for j in range(P)} | {f"z{j}": d["z"][:, j] for j in range(P)}
    table["y"] = d["y"]
    formulas = {
        "loc": "y ~ " + " + ".join(f"x{j}" for j in range(P)),
        "scale": "~ " + " + ".join(f"z{j}" for j in range(P)),
    }
    return lambda: lk.fit(formulas, table, lk.Normal).params.estimate


def torch(d: Arrays) -> Any:
    import torch as t

    x, z, y = (t.from_numpy(d[name]) for name in ("x", "z", "y"))

    def loss(b: Any) -> Any:
        log_scale = b[P + 1] + z @ b[P + 2 :]
        residual = (y - b[0] - x @ b[1 : P + 1]) * t.exp(-log_scale)
        return (log_scale + 0.5 * residual * residual).mean()

    return torch_lbfgs(loss, 2 * P + 2)


_GAULSS = """library(mgcv)
f <- list(as.formula(paste("y ~", paste0("x", 1:20, collapse = " + "))),
          as.formula(paste("~", paste0("z", 1:20, collapse = " + "))))
t <- data.frame(y = d$y, x = d$x, z = d$z)
names(t) <- c("y", paste0("x", 1:20), paste0("z", 1:20))
fit <- function() coef(gam(f, data = t, family = gaulss(b = 0)))"""

_UNINORMAL = """library(VGAM)
t <- data.frame(y = d$y, x = d$x, z = d$z)
names(t) <- c("y", paste0("x", 1:20), paste0("z", 1:20))
mean <- rep(list(rbind(1, 0)), 20); names(mean) <- paste0("x", 1:20)
scale <- rep(list(rbind(0, 1)), 20); names(scale) <- paste0("z", 1:20)
shape <- c(list("(Intercept)" = diag(2)), mean, scale)
f <- as.formula(paste("y ~", paste(names(t)[-1], collapse = " + ")))
fit <- function() {
  b <- coef(vglm(f, uninormal(zero = NULL), data = t, constraints = shape, epsilon = 1e-10))
  b[c(1, 3:22, 2, 23:42)]
}"""

WORKLOAD = Workload(
    "W3",
    "Normal, mean and log scale linear, n = 1e5, p = 20 each",
    simulate,
    {"likelier": likelier, "PyTorch L-BFGS": torch},
    log_likelihood,
    {"R mgcv gaulss": _GAULSS, "R VGAM uninormal": _UNINORMAL},
    frozenset({"R mgcv gaulss", "R VGAM uninormal"}),
)
