"""What the scikit-learn face costs over `lk.fit`, and what scikit-learn's own models take.

    python benchmarks/estimators.py

Medians of CPU time, the calls taken turn by turn, so that a busy machine slows all alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor

import likelier as lk

SHAPES = ((500, 5, 60), (20_000, 20, 15), (200_000, 50, 5))
"""Rows, columns, turns."""


def medians(tasks: Mapping[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Median milliseconds of CPU time of each task, after a warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(turns + 1):
        for name, task in tasks.items():
            began = time.process_time()
            task()
            if turn:
                seconds[name].append(time.process_time() - began)
    return {name: 1000 * statistics.median(found) for name, found in seconds.items()}


def cases(n: int, p: int) -> dict[str, tuple[np.ndarray, np.ndarray, Any, Any]]:
    """Features, target, our estimator and scikit-learn's, by family."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, p))
    eta = X @ rng.standard_normal(p) / np.sqrt(p)
    exact = {"solver": "newton-cholesky", "tol": 1e-8}
    labels = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
    return {
        "poisson": (
            X, rng.poisson(np.exp(eta)), lk.NLLRegressor("poisson"),
            PoissonRegressor(alpha=0, **exact),
        ),
        "normal": (X, eta + rng.standard_normal(n), lk.NLLRegressor(), LinearRegression()),
        "bernoulli": (X, labels, lk.NLLClassifier(), LogisticRegression(C=np.inf, **exact)),
    }  # fmt: skip


def main() -> None:
    """Print the table."""
    print("| rows x columns | family | lk.fit | estimator | over it | scikit-learn | predict |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for n, p, turns in SHAPES:
        for family, (X, y, ours, theirs) in cases(n, p).items():
            found = medians(
                {
                    "fit": lambda y=y, X=X, family=family: lk.fit(y, X, family),
                    "ours": lambda X=X, y=y, ours=ours: ours.fit(X, y),
                    "theirs": lambda X=X, y=y, theirs=theirs: theirs.fit(X, y),
                    "predict": lambda X=X, ours=ours: ours.predict(X),
                },
                turns,
            )
            over = found["ours"] - found["fit"]
            print(
                f"| {n:,} x {p} | {family} | {found['fit']:.2f} ms | {found['ours']:.2f} ms | "
                f"{over:+.2f} ms | {found['theirs']:.2f} ms | {found['predict']:.2f} ms |"
            )


if __name__ == "__main__":
    main()
