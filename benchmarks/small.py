"""A small fit, n = 500 and p = 5, in one process: milliseconds a call of `lk.fit` on arrays, warm.

    python benchmarks/small.py

The median of 200 calls, beside statsmodels and scikit-learn where they are installed.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np

import likelier as lk

CALLS = 200


def milliseconds(task: Callable[[], object]) -> float:
    """Median time of a call after a warm-up."""
    task()
    seconds = []
    for _ in range(CALLS):
        began = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 5))
    eta = x @ [0.3, -0.2, 0.5, 0.0, 0.1]
    labels = (rng.random(500) < 1 / (1 + np.exp(-eta))).astype(float)
    counts = rng.poisson(np.exp(eta)).astype(float)
    tasks: dict[str, Callable[[], object]] = {
        "likelier bernoulli": lambda: lk.fit(labels, x, "bernoulli"),
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
    for name, task in tasks.items():
        print(f"{name:<32}{milliseconds(task):8.2f} ms")


if __name__ == "__main__":
    main()
