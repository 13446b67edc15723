"""A small fit, n = 500 and p = 5, in one process: milliseconds a call of `lk.fit`, warm.

    python benchmarks/small.py

The median of 200 calls, on arrays, and of a formula on a dict and on a data frame; beside
statsmodels where it is installed. Calls are taken in turns of 20, so that all meet the same load.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

import likelier as lk

CALLS, TURN = 200, 20
FORMULA = "y ~ x1 + x2 + x3 + x4 + x5"


def milliseconds(tasks: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median time of a call of each, after a warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(CALLS // TURN):
        for name, task in tasks.items():
            task()
            for _ in range(TURN):
                began = time.perf_counter()
                task()
                seconds[name].append(time.perf_counter() - began)
    return {name: 1000 * statistics.median(taken) for name, taken in seconds.items()}


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 5))
    eta = x @ [0.3, -0.2, 0.5, 0.0, 0.1]
    labels = (rng.random(500) < 1 / (1 + np.exp(-eta))).astype(float)
    counts = rng.poisson(np.exp(eta)).astype(float)
    table = {"y": labels, **{f"x{j + 1}": column.copy() for j, column in enumerate(x.T)}}
    frame = pd.DataFrame(table)
    tasks: dict[str, Callable[[], object]] = {
        "likelier bernoulli": lambda: lk.fit(labels, x, "bernoulli"),
        "likelier bernoulli, dict": lambda: lk.fit(FORMULA, table, "bernoulli"),
        "likelier bernoulli, frame": lambda: lk.fit(FORMULA, frame, "bernoulli"),
        "likelier bernoulli, errors": lambda: lk.fit(labels, x, "bernoulli").standard_errors,
        "likelier poisson": lambda: lk.fit(counts, x, "poisson"),
        "likelier negative_binomial": lambda: lk.fit(counts, x, "negative_binomial"),
        "likelier normal": lambda: lk.fit(eta + rng.standard_normal(500), x, "normal"),
    }
    try:
        import statsmodels.api as sm
    except ImportError:
        pass
    else:
        tasks["statsmodels Logit"] = lambda: sm.Logit(labels, sm.add_constant(x)).fit(disp=0)
        tasks["statsmodels NegativeBinomial"] = lambda: sm.NegativeBinomial(
            counts, sm.add_constant(x)
        ).fit(disp=0)
    for name, median in milliseconds(tasks).items():
        print(f"{name:<32}{median:8.2f} ms")


if __name__ == "__main__":
    main()
