"""W1: logistic regression on a million rows of fifty independent columns."""

import numpy as np
from benchmarks.workloads._base import Workload
from benchmarks.workloads._logistic import PROGRAMS, SLOW, R, log_likelihood


def simulate(scale: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((int(1e6 * scale), 50))
    eta = 0.3 + x @ (rng.standard_normal(50) / np.sqrt(50))
    return {"x": x, "y": (rng.random(len(x)) < 1 / (1 + np.exp(-eta))).astype(float)}


WORKLOAD = Workload("W1", "logistic, n = 1e6, p = 50", simulate, PROGRAMS, log_likelihood, R, SLOW)
