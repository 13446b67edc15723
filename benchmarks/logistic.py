"""Logistic regression of 1e6 rows and 50 columns: one pass, and a fit, beside others.

    python benchmarks/logistic.py [rows]

Times are the median of five interleaved runs in this process, in seconds. `X.T @ (w * X)` is what a
pass with curvature costs when it is written as one expression. Peers take part if installed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

import likelier as lk
from likelier.distributions import Linked
from likelier.engines import LikelihoodSum, choose_engine, chunks_of
from likelier.predictors import Columns, LinearPredictor

COLUMNS = 50
RUNS = 5


def simulate(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Independent columns and labels of a logistic model, seeded."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, COLUMNS))
    eta = 0.3 + x @ (rng.standard_normal(COLUMNS) / np.sqrt(COLUMNS))
    return x, (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)


def likelihood(x: np.ndarray, y: np.ndarray) -> LikelihoodSum:
    """The sum that a fit evaluates once a pass."""
    design = Columns.standardise(x, True)
    predictor = LinearPredictor([design], len(y))
    engine = choose_engine(len(y), COLUMNS)
    chunks = chunks_of(len(y), COLUMNS + 1)
    return LikelihoodSum(Linked(lk.Bernoulli), predictor, y, None, {}, lk.NLL(), engine, chunks)


def interleaved(tasks: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each task, run in turn after one warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for run in range(RUNS + 1):
        for name, task in tasks.items():
            began = time.perf_counter()
            task()
            if run:
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    """Print the table."""
    n = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    x, y = simulate(n)
    function = likelihood(x, y)
    theta = np.full(COLUMNS + 1, 0.05)
    weights = np.random.default_rng(1).random(n)
    passes = {
        "pass: value and gradient": lambda: function(theta, 1),
        "pass: value, gradient, curvature": lambda: function(theta, 2),
        "X.T @ (w * X)": lambda: x.T @ (weights[:, None] * x),
    }
    fits: dict[str, Callable[[], object]] = {"likelier.fit": lambda: lk.fit(y, x, "bernoulli")}
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        pass
    else:
        fits["scikit-learn lbfgs"] = lambda: LogisticRegression(C=np.inf, tol=1e-8).fit(x, y)
        fits["scikit-learn newton-cholesky"] = lambda: LogisticRegression(
            C=np.inf, solver="newton-cholesky"
        ).fit(x, y)
    print(f"{n:,} rows, {COLUMNS} columns, median of {RUNS} interleaved runs\n")
    for name, seconds in {**interleaved(passes), **interleaved(fits)}.items():
        print(f"{name:<34}{seconds:8.3f} s")


if __name__ == "__main__":
    main()
