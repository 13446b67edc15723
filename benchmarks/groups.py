"""A thousand small logistic fits, n = 500 and p = 5, in one process (W8).

    python benchmarks/groups.py

CPU seconds for all fits, medians of interleaved rounds, with the largest error of a coefficient
beside Newton to rounding error; peers are left out where they are not installed.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

import likelier as lk

GROUPS, ROWS, COLUMNS, ROUNDS = 1000, 500, 5, 5
NAMES = [f"x{j + 1}" for j in range(COLUMNS)]
FORMULA = "y ~ " + " + ".join(NAMES)
Array = np.ndarray
R = """
a <- commandArgs(TRUE)
d <- matrix(readBin(a[1], "double", 1e8), ncol = {columns} + 2)
x <- cbind(1, d[, 3:ncol(d)]); g <- split(seq_len(nrow(d)), d[, 1])
t <- system.time(b <- sapply(g, function(i) glm.fit(x[i, ], d[i, 2], family = binomial(),
  control = list(epsilon = 1e-12))$coefficients))
writeBin(c(t[["user.self"]] + t[["sys.self"]], as.vector(b)), a[2])
"""


def simulate() -> tuple[Array, Array, Array]:
    """Group, target and features."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((GROUPS * ROWS, COLUMNS))
    g = np.repeat(np.arange(GROUPS), ROWS)
    slopes = 0.5 * rng.standard_normal((GROUPS, COLUMNS))
    eta = np.einsum("ij,ij->i", x, slopes[g])
    return g, (rng.random(len(g)) < 1 / (1 + np.exp(-eta))).astype(float), x


def exact(y: Array, x: Array) -> Array:
    """Newton by the book, group by group, to rounding error."""
    found = []
    for own in np.split(np.arange(len(y)), GROUPS):
        design = np.column_stack([np.ones(ROWS), x[own]])
        b = np.zeros(COLUMNS + 1)
        for _ in range(12):
            p = 1 / (1 + np.exp(-design @ b))
            b += np.linalg.solve((design.T * (p * (1 - p))) @ design, design.T @ (y[own] - p))
        found.append(b)
    return np.array(found)


def peers(g: Array, y: Array, x: Array) -> dict[str, Callable[[], Array]]:
    """What is run, by name: each gives (groups, coefficients)."""
    table = {"g": g, "y": y, **dict(zip(NAMES, x.T, strict=True))}
    parts = np.split(np.arange(len(y)), GROUPS)

    def together() -> Array:
        found = lk.fit_groups(FORMULA, table, "g", "bernoulli", engine=lk.Threads(1))
        return found.params.estimate.to_numpy().reshape(GROUPS, -1)

    def one_by_one() -> Array:
        return np.array([lk.fit(y[own], x[own], "bernoulli").coefficients for own in parts])

    tasks = {"likelier fit_groups": together, "likelier fit, each": one_by_one}
    try:
        import statsmodels.api as sm
    except ImportError:
        pass
    else:
        tasks["statsmodels Logit"] = lambda: np.array(
            [sm.Logit(y[own], sm.add_constant(x[own])).fit(disp=0).params for own in parts]
        )
    from sklearn.linear_model import LogisticRegression

    def newton_cholesky(own: Array) -> Array:
        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
        model.fit(x[own], y[own])
        return np.concatenate([model.intercept_, model.coef_[0]])

    tasks["scikit-learn newton-cholesky"] = lambda: np.array([newton_cholesky(o) for o in parts])
    return tasks


def glm_fit(g: Array, y: Array, x: Array) -> tuple[float, Array]:
    """CPU seconds and coefficients of R's glm.fit."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "in"), Path(folder, "out")
        np.asfortranarray(np.column_stack([g, y, x])).T.tofile(given)
        script = Path(folder, "script.R")
        script.write_text(R.replace("{columns}", str(COLUMNS)))
        subprocess.run(["Rscript", str(script), str(given), str(made)], check=True)
        found = np.fromfile(made)
    return float(found[0]), found[1:].reshape(GROUPS, -1)


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    g, y, x = simulate()
    truth = exact(y, x)
    tasks = peers(g, y, x)
    seconds: dict[str, list[float]] = {}
    errors: dict[str, float] = {}

    def note(name: str, taken: float, found: Array) -> None:
        seconds.setdefault(name, []).append(taken)
        errors[name] = float(np.max(np.abs(found - truth)))

    for _ in range(ROUNDS):
        for name, task in tasks.items():
            began = time.process_time()
            found = task()
            note(name, time.process_time() - began, found)
        if shutil.which("Rscript"):
            note("R glm.fit", *glm_fit(g, y, x))
    print("| | CPU s, median | times fit_groups | largest error of a coefficient |")
    print("| --- | --- | --- | --- |")
    first = statistics.median(seconds["likelier fit_groups"])
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"| {name} | {median:.3f} | {median / first:.1f} | {errors[name]:.1e} |")


if __name__ == "__main__":
    main()
