"""A sparse logistic regression at 50 strengths, and at one: time and accuracy beside others.

    python benchmarks/paths.py [rows] [--peers /path/to/python]

Each program runs in a process of its own on one thread, in turn, three times; what is shown is the
median of CPU seconds of the search alone, data in memory and in the order that the program likes.
Beside it stands how good the answers are: the largest excess of the mean objective over the best of
all programs, the largest entry of the shortest subgradient, and at how many strengths the support
is that of the most exact path. Peers that are not installed are left out. They may live in an
environment of their own, `pip install adelie skglm`, whose Python is named; glmnet is R's.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

COLUMNS, ACTIVE, STRENGTHS, RUNS = 500, 20, 50, 3
SMALLEST = 0.01
ONE = 24
"""The place of the strength that is searched alone."""

GLMNET = """
suppressMessages(library(glmnet))
a <- commandArgs(TRUE); n <- as.integer(a[2]); p <- as.integer(a[3]); one <- as.integer(a[5])
read <- function(name, k) readBin(file.path(a[1], name), "double", k)
x <- matrix(read("columns", n * p), n, p); y <- read("y", n); s <- read("strengths", 50)
if (one > 0) s <- s[one]
glmnet.control(fdev = 0)
t <- system.time(f <- glmnet(x, y, family = "binomial", lambda = s, thresh = as.double(a[4])))
cat(t[[1]] + t[[2]], as.character(packageVersion("glmnet")))
writeBin(as.vector(rbind(f$a0, as.matrix(f$beta))), file.path(a[1], "found"))
"""


def simulate(folder: Path, n: int) -> None:
    """Independent columns and labels of a sparse logistic model, and the strengths, seeded."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, COLUMNS))
    b = np.zeros(COLUMNS)
    b[rng.choice(COLUMNS, ACTIVE, replace=False)] = rng.uniform(-1, 1, ACTIVE)
    y = (rng.random(n) < 1 / (1 + np.exp(-x @ (2 * b / np.linalg.norm(b))))).astype(float)
    top = np.max(np.abs(((x - x.mean(axis=0)) / x.std(axis=0)).T @ (y - y.mean()))) / n
    x.tofile(folder / "rows")
    np.ascontiguousarray(x.T).tofile(folder / "columns")
    y.tofile(folder / "y")
    np.geomspace(top, SMALLEST * top, STRENGTHS).tofile(folder / "strengths")


def load(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, labels and strengths."""
    x = np.fromfile(folder / "rows").reshape(-1, COLUMNS)
    return x, np.fromfile(folder / "y"), np.fromfile(folder / "strengths")


Search = tuple[Callable[[], object], Callable[[object], np.ndarray]]
"""What is timed; and how its answer becomes intercept and slopes of each strength, (k, 1 + p)."""


def likelier(x: np.ndarray, y: np.ndarray, strengths: np.ndarray, tolerance: float) -> Search:
    import likelier as lk

    # What is imported late is there before it is timed.
    lk.path(y[:500], x[:500], "bernoulli", lk.L1(), strengths=2, folds=None).coefficients  # noqa: B018
    lk.fit(y[:500], x[:500], "bernoulli", objective=lk.NLL() + lk.L1(0.1))

    def search() -> object:
        if len(strengths) == 1:
            objective = lk.NLL() + float(strengths[0]) * lk.L1()
            solver = lk.ProximalNewton(tolerance)
            return lk.fit(
                y, x, "bernoulli", objective=objective, solver=solver, engine=lk.Threads(1)
            )
        return lk.path(
            y, x, "bernoulli", lk.L1(), strengths=strengths.tolist(), folds=None,
            tolerance=tolerance, engine=lk.Threads(1),
        )  # fmt: skip

    def read(found: object) -> np.ndarray:
        if isinstance(found, lk.Fit):
            return found.params.estimate.to_numpy()[None]
        return found.coefficients.to_numpy()  # type: ignore[attr-defined]

    return search, read


def adelie(x: np.ndarray, y: np.ndarray, strengths: np.ndarray, tolerance: float) -> Search:
    import adelie as ad

    columns = np.asfortranarray(x)

    def search() -> object:
        matrix = ad.matrix.standardize(ad.matrix.dense(columns, method="naive", n_threads=1))
        return ad.grpnet(
            matrix, ad.glm.binomial(y), lmda_path=strengths, n_threads=1, tol=tolerance,
            irls_tol=tolerance, early_exit=False, progress_bar=False,
        )  # fmt: skip

    def read(found: object) -> np.ndarray:
        slopes = found.betas.toarray() / x.std(axis=0)  # type: ignore[attr-defined]
        intercepts = found.intercepts - slopes @ x.mean(axis=0)  # type: ignore[attr-defined]
        return np.column_stack([intercepts, slopes])

    return search, read


def skglm(x: np.ndarray, y: np.ndarray, strengths: np.ndarray, tolerance: float) -> Search:
    from skglm import GeneralizedLinearEstimator
    from skglm.datafits import Logistic
    from skglm.penalties import L1
    from skglm.solvers import ProxNewton

    centre, spread = x.mean(axis=0), x.std(axis=0)
    columns = np.asfortranarray((x - centre) / spread)
    signs = np.where(y > 0, 1.0, -1.0)

    def along(data: np.ndarray, labels: np.ndarray, own: np.ndarray) -> np.ndarray:
        model = GeneralizedLinearEstimator(
            Logistic(), L1(1.0), ProxNewton(tol=tolerance, fit_intercept=True, warm_start=True)
        )
        found = []
        for strength in own:
            model.penalty = L1(strength)
            model.fit(data, labels)
            found.append(np.concatenate([np.ravel(model.intercept_), np.ravel(model.coef_)]))
        return np.array(found)

    # Compiled before it is timed.
    along(columns[:500], signs[:500], strengths[-1:])

    def read(found: object) -> np.ndarray:
        slopes = np.asarray(found)[:, 1:] / spread
        return np.column_stack([np.asarray(found)[:, 0] - slopes @ centre, slopes])

    return lambda: along(columns, signs, strengths), read


PROGRAMS = {
    ("likelier", 1e-7): likelier,
    ("likelier", 1e-9): likelier,
    ("adelie", 1e-7): adelie,
    ("adelie", 1e-10): adelie,
    ("skglm", 1e-6): skglm,
    ("glmnet", 1e-7): None,
    ("glmnet", 1e-12): None,
}
"""By name and tolerance, each by its own measure; the first of a program is its default."""


def child(folder: Path, name: str, tolerance: float, single: bool) -> None:
    """One run: seconds and version on standard output, coefficients in a file."""
    x, y, strengths = load(folder)
    make = PROGRAMS[name, tolerance]
    assert make is not None
    search, read = make(x, y, strengths[ONE : ONE + 1] if single else strengths, tolerance)
    began = time.process_time()
    found = search()
    seconds = time.process_time() - began
    np.ascontiguousarray(read(found)).tofile(folder / "found")
    print(seconds, version(name))


def run(
    folder: Path, python: str, name: str, tolerance: float, single: bool, n: int
) -> tuple[float, str, np.ndarray] | None:
    """CPU seconds, version and coefficients of one process, or None where it cannot run."""
    (folder / "found").unlink(missing_ok=True)
    if name == "glmnet":
        script = folder / "glmnet.R"
        script.write_text(GLMNET)
        one = str(ONE + 1 if single else 0)
        size = [str(n), str(COLUMNS)]
        command = ["Rscript", str(script), str(folder), *size, str(tolerance), one]
    else:
        own = sys.executable if name == "likelier" else python
        mode = "one" if single else "path"
        command = [own, __file__, "--child", str(folder), name, str(tolerance), mode]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    if not (folder / "found").exists():
        print(f"{name} is left out: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
        return None
    seconds, own_version = done.stdout.split()[-2:]
    return float(seconds), own_version, np.fromfile(folder / "found").reshape(-1, COLUMNS + 1)


def measures(
    x: np.ndarray, y: np.ndarray, strengths: np.ndarray, found: np.ndarray
) -> tuple[np.ndarray, float]:
    """The mean objective at each strength, and the largest entry of a shortest subgradient."""
    centre, spread = x.mean(axis=0), x.std(axis=0)
    eta = found[:, :1] + found[:, 1:] @ x.T
    scaled = found[:, 1:] * spread
    losses = np.mean(np.logaddexp(0, eta) - y * eta, axis=1)
    values = losses + strengths * np.abs(scaled).sum(axis=1)
    residuals = 1 / (1 + np.exp(-eta)) - y
    slopes = (residuals @ x - residuals.sum(axis=1)[:, None] * centre) / spread / len(y)
    own = strengths[:, None]
    left = np.maximum(np.abs(slopes) - own, 0)
    shortest = np.where(scaled != 0, np.abs(slopes + own * np.sign(scaled)), left)
    return values, max(float(shortest.max()), float(np.abs(residuals.mean(axis=1)).max()))


def table(folder: Path, python: str, single: bool, n: int) -> None:
    """Run all programs in turn and print what they took and reached."""
    x, y, strengths = load(folder)
    if single:
        strengths = strengths[ONE : ONE + 1]
    seconds: dict[tuple[str, float], list[float]] = {key: [] for key in PROGRAMS}
    ends: dict[tuple[str, float], tuple[str, np.ndarray]] = {}
    for _ in range(RUNS):
        for key in list(seconds):
            done = run(folder, python, *key, single, n)
            if done is None:
                del seconds[key]
                continue
            seconds[key].append(done[0])
            ends[key] = done[1:]
    reached = {key: measures(x, y, strengths, ends[key][1]) for key in seconds}
    best = np.min([values for values, _ in reached.values()], axis=0)
    exact = min(reached, key=lambda key: reached[key][1])
    support = ends[exact][1][:, 1:] != 0
    print(f"\n{'one strength' if single else f'{STRENGTHS} strengths'}, {n:,} x {COLUMNS}\n")
    print("| program | tolerance | CPU s | excess of the objective | subgradient | same support |")
    print("| --- | --- | --- | --- | --- | --- |")
    for key, times in seconds.items():
        values, shortest = reached[key]
        own, found = ends[key]
        same = int(np.all((found[:, 1:] != 0) == support, axis=1).sum())
        print(
            f"| {key[0]} {own} | {key[1]:.0e} | {statistics.median(times):.2f} | "
            f"{np.max(values - best):.0e} | {shortest:.0e} | {same} of {len(strengths)} |"
        )


def main() -> None:
    """Print both tables, or run one program."""
    if sys.argv[1:2] == ["--child"]:
        folder, name, tolerance, mode = sys.argv[2:]
        child(Path(folder), name, float(tolerance), mode == "one")
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="?", type=lambda text: int(float(text)), default=100_000)
    parser.add_argument("--peers", default=sys.executable, help="Python that has the peers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder, options.rows)
        for single in (False, True):
            table(folder, options.peers, single, options.rows)


if __name__ == "__main__":
    main()
