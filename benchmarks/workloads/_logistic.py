"""Programs that fit a logistic regression, for W1 and W1c."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.workloads._base import Arrays, glum_program, linear, torch_lbfgs, with_intercept


def log_likelihood(d: Arrays, b: np.ndarray) -> float:
    eta = b[0] + d["x"] @ b[1:]
    return float(d["y"] @ eta - np.logaddexp(0, eta).sum())


def likelier(d: Arrays) -> Any:
    import likelier as lk

    return lambda: lk.fit(d["y"], d["x"], lk.Bernoulli).params.estimate


def _scikit_learn(d: Arrays, solver: str) -> Any:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=np.inf, solver=solver, tol=1e-6, max_iter=500)
    return linear(model, d)


def lbfgs(d: Arrays) -> Any:
    return _scikit_learn(d, "lbfgs")


def newton_cholesky(d: Arrays) -> Any:
    return _scikit_learn(d, "newton-cholesky")


def torch(d: Arrays) -> Any:
    from torch.nn.functional import softplus

    import torch as t

    x, y = t.from_numpy(d["x"]), t.from_numpy(d["y"])

    def loss(b: Any) -> Any:
        eta = b[0] + x @ b[1:]
        return (softplus(eta) - y * eta).mean()

    return torch_lbfgs(loss, d["x"].shape[1] + 1)


def statsmodels(d: Arrays) -> Any:
    from statsmodels.discrete.discrete_model import Logit

    x = with_intercept(d["x"])
    return lambda: Logit(d["y"], x).fit(disp=0).params


PROGRAMS = {
    "likelier": likelier,
    "scikit-learn lbfgs": lbfgs,
    "scikit-learn newton-cholesky": newton_cholesky,
    "glum": glum_program("binomial"),
    "PyTorch L-BFGS": torch,
    "statsmodels Logit": statsmodels,
}
R = {
    "R glm.fit": "fit <- function() coef(glm.fit(cbind(1, d$x), d$y, family = binomial()))",
    "R glmnet": (
        "library(glmnet)\n"
        'fit <- function() { m <- glmnet(d$x, d$y, family = "binomial", lambda = 0, '
        "standardize = TRUE, thresh = 1e-12); c(m$a0, as.numeric(m$beta)) }"
    ),
}
SLOW = frozenset({"statsmodels Logit", "R glm.fit", "R glmnet"})
