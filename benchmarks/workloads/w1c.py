"""W1c: the same on correlated columns of very different scales."""

import numpy as np
from benchmarks.workloads._base import Workload
from benchmarks.workloads._logistic import PROGRAMS, SLOW, R, log_likelihood


def simulate(scale: float) -> dict[str, np.ndarray]:
    """Columns of an autoregression of 0.9, scales from 1e-2 to 1e2, means away from 0."""
    rng = np.random.default_rng(0)
    n, p = int(2e5 * scale), 50
    z = rng.standard_normal((n, p))
    for j in range(1, p):
        z[:, j] = 0.9 * z[:, j - 1] + np.sqrt(1 - 0.81) * z[:, j]
    eta = 0.3 + z @ (rng.standard_normal(p) / p)
    x = (z + rng.standard_normal(p)) * np.logspace(-2, 2, p)
    return {"x": x, "y": (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)}


WORKLOAD = Workload(
    "W1c", "the same, n = 2e5, correlated, scales 1e-2 to 1e2", simulate, PROGRAMS,
    log_likelihood, R, SLOW,
)  # fmt: skip
