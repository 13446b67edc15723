"""W2: Poisson regression on a million rows of fifty columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.workloads._base import (
    Arrays,
    Workload,
    glum_program,
    linear,
    torch_lbfgs,
    with_intercept,
)


def simulate(scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((int(1e6 * scale), 50))
    eta = 0.5 + x @ (rng.standard_normal(50) / np.sqrt(50) / 2)
    return {"x": x, "y": rng.poisson(np.exp(eta)).astype(float)}


def log_likelihood(d: Arrays, b: np.ndarray) -> float:
    """Without log y!, which no coefficient changes."""
    eta = b[0] + d["x"] @ b[1:]
    return float(d["y"] @ eta - np.exp(eta).sum())


def likelier(d: Arrays) -> Any:
    import likelier as lk

    return lambda: lk.fit(d["y"], d["x"], lk.Poisson).params.estimate


def _scikit_learn(d: Arrays, solver: str) -> Any:
    from sklearn.linear_model import PoissonRegressor

    model = PoissonRegressor(alpha=0, solver=solver, tol=1e-6, max_iter=500)
    return linear(model, d)


def lbfgs(d: Arrays) -> Any:
    return _scikit_learn(d, "lbfgs")


def newton_cholesky(d: Arrays) -> Any:
    return _scikit_learn(d, "newton-cholesky")


def torch(d: Arrays) -> Any:
    import torch as t

    x, y = t.from_numpy(d["x"]), t.from_numpy(d["y"])

    def loss(b: Any) -> Any:
        eta = b[0] + x @ b[1:]
        return (t.exp(eta) - y * eta).mean()

    return torch_lbfgs(loss, d["x"].shape[1] + 1)


def statsmodels(d: Arrays) -> Any:
    from statsmodels.discrete.discrete_model import Poisson

    x = with_intercept(d["x"])
    return lambda: Poisson(d["y"], x).fit(disp=0, method="newton").params


WORKLOAD = Workload(
    "W2",
    "Poisson, n = 1e6, p = 50",
    simulate,
    {
        "likelier": likelier,
        "scikit-learn lbfgs": lbfgs,
        "scikit-learn newton-cholesky": newton_cholesky,
        "glum": glum_program("poisson"),
        "PyTorch L-BFGS": torch,
        "statsmodels Poisson": statsmodels,
    },
    log_likelihood,
    {"R glm.fit": "fit <- function() coef(glm.fit(cbind(1, d$x), d$y, family = poisson()))"},
    frozenset({"statsmodels Poisson", "R glm.fit"}),
)
