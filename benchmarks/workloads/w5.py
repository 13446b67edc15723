"""W5: softmax regression of ten classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.workloads._base import Arrays, Workload, torch_lbfgs

P, K = 50, 10


def simulate(scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((int(2e5 * scale), P))
    logits = rng.standard_normal(K) / 2 + x @ (rng.standard_normal((P, K)) / np.sqrt(P))
    noise = rng.gumbel(size=logits.shape)
    return {"x": x, "y": (logits + noise).argmax(1).astype(float)}


def log_likelihood(d: Arrays, b: np.ndarray) -> float:
    """b: intercept and slopes of each class but the first."""
    w = b.reshape(K - 1, P + 1)
    logits = np.column_stack([np.zeros(len(d["x"])), w[:, 0] + d["x"] @ w[:, 1:].T])
    top = logits.max(1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(1))
    return float((logits[np.arange(len(top)), d["y"].astype(int)] - total).sum())


def likelier(d: Arrays) -> Any:
    import likelier as lk

    return lambda: lk.fit(d["y"], d["x"], lk.Categorical).params.estimate


def _scikit_learn(d: Arrays, solver: str) -> Any:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=np.inf, solver=solver, tol=1e-6, max_iter=500)

    def fit() -> np.ndarray:
        model.fit(d["x"], d["y"])
        w = np.column_stack([model.intercept_, model.coef_])
        return w[1:] - w[0]

    return fit


def newton_cg(d: Arrays) -> Any:
    return _scikit_learn(d, "newton-cg")


def lbfgs(d: Arrays) -> Any:
    return _scikit_learn(d, "lbfgs")


def torch(d: Arrays) -> Any:
    import torch as t

    x, y = t.from_numpy(d["x"]), t.from_numpy(d["y"]).long()

    def loss(b: Any) -> Any:
        w = b.reshape(K - 1, P + 1)
        logits = t.nn.functional.pad(w[:, 0] + x @ w[:, 1:].T, (1, 0))
        return t.nn.functional.cross_entropy(logits, y)

    return torch_lbfgs(loss, (K - 1) * (P + 1))


WORKLOAD = Workload(
    "W5",
    "softmax, n = 2e5, p = 50, 10 classes",
    simulate,
    {
        "likelier": likelier,
        "scikit-learn newton-cg": newton_cg,
        "scikit-learn lbfgs": lbfgs,
        "PyTorch L-BFGS": torch,
    },
    log_likelihood,
)
