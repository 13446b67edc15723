"""What diagnoses cost: a fit with them and without, interleaved.

    python benchmarks/honesty.py [rows ...]

Without them a fit is its design, its search and its table of estimates. Times are CPU seconds of
all threads, the median of interleaved runs; the ratio is of the two medians. The data are those of
benchmarks/logistic.py (50 columns), and for small fits 500 rows of 5.
"""

from __future__ import annotations

import statistics
import sys
import time
from unittest import mock

import numpy as np
from logistic import COLUMNS, simulate

import likelier as lk
from likelier.diagnosis import Diagnosed
from likelier.model.fitting import estimation

RUNS = {500: 200, 100_000: 9}


def seconds(x: np.ndarray, y: np.ndarray, diagnosed: bool) -> float:
    """CPU seconds of one fit with standard errors and, asked for, its diagnoses."""
    kept = estimation.diagnose if diagnosed else lambda case: ([], Diagnosed())
    with mock.patch.object(estimation, "diagnose", kept):
        began = time.process_time()
        fit = lk.fit(y, x, "bernoulli")
        fit.estimate.covariance  # noqa: B018
        fit.diagnoses  # noqa: B018
        return time.process_time() - began


def main() -> None:
    """Print the table."""
    sizes = [int(float(a)) for a in sys.argv[1:]] or [500, 100_000, 1_000_000]
    print("| rows | columns | without, s | with, s | diagnoses add | runs |\n" + 6 * "|---" + "|")
    for n in sizes:
        x, y = simulate(n)
        x = x[:, : 5 if n < 10_000 else COLUMNS]
        runs = next((r for limit, r in RUNS.items() if n <= limit), 5)
        found: dict[bool, list[float]] = {True: [], False: []}
        for run in range(runs + 1):
            for diagnosed in (False, True):
                spent = seconds(x, y, diagnosed)
                if run:
                    found[diagnosed].append(spent)
        without, whole = (statistics.median(found[kind]) for kind in (False, True))
        print(
            f"| {n:,} | {x.shape[1]} | {without:.4f} | {whole:.4f} | "
            f"{100 * (whole / without - 1):.1f} % | {runs} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
