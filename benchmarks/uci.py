"""Networks with library defaults on UCI regressions, on their 20 standard splits.

    python benchmarks/uci.py FOLDER [--sets concrete,energy,yacht,wine] [--splits 20] [--inner]

FOLDER holds, for each set, `data.txt` (a row a line, the target last) and `test_index_splits.csv`
(a split a line, the numbers of its test rows; all others train), as published with Gal and
Ghahramani (2016): yacht, energy, concrete, wine-quality-red. The four sets are UCI's.

Protocol. For each split a model is fitted to the training rows with the library's defaults, which
hold some of these rows out to stop by; nothing is chosen per set, and the test rows are seen once,
for the scores: mean NLL of a test row in the unit of the target, root mean squared error of the
predicted mean, and the share of test rows in the central 90 % interval. `--inner` scores a tenth of
each split's *training* rows instead, which the model isn't fitted to: defaults were chosen by it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import likelier as lk

FOLDERS = {
    "concrete": "concrete",
    "energy": "energy",
    "wine": "wine-quality-red",
    "yacht": "yacht",
}
PUBLISHED = {  # Deep Ensembles (2017), NGBoost (2020), deep evidential regression (2020)
    "concrete": ("3.06 ± 0.18", "3.04 ± 0.17", "3.01 ± 0.02"),
    "energy": ("1.38 ± 0.22", "0.60 ± 0.45", "1.39 ± 0.06"),
    "wine": ("0.94 ± 0.12", "0.91 ± 0.06", "0.89 ± 0.05"),
    "yacht": ("1.18 ± 0.21", "0.20 ± 0.26", "1.03 ± 0.19"),
}


def read(folder: Path) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Columns, target and the test rows of each split."""
    table = np.loadtxt(folder / "data.txt")
    lines = (folder / "test_index_splits.csv").read_text().split()
    return table[:, :-1], table[:, -1], [np.array(line.split(","), dtype=int) for line in lines]


def predictor(text: str) -> lk.MLP | lk.Ensemble:
    """A network, or an ensemble of five, with options of the network."""
    kind, *options = text.split()
    given: dict[str, Any] = dict(option.split("=") for option in options)
    for name in ("dropout", "weight_decay"):
        if name in given:
            given[name] = float(given[name])
    network = lk.MLP(**given)
    return lk.Ensemble(network, 5) if kind == "ensemble" else network


def score(model: lk.Fit, x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Mean NLL, root mean squared error and coverage of the 90 % interval."""
    predicted = model.predict(x)
    lower, upper = predicted.interval(0.9)
    inside = (lower <= y) & (y <= upper)
    error = np.sqrt(np.mean((predicted.mean - y) ** 2))
    return float(predicted.nll(y).mean()), float(error), float(inside.mean())


def main(
    folder: Path,
    sets: Annotated[str, typer.Option(help="Which, with commas.")] = ",".join(FOLDERS),
    splits: Annotated[int, typer.Option(help="How many of the 20.")] = 20,
    models: Annotated[
        str, typer.Option(help="mlp, ensemble or both, with a comma.")
    ] = "mlp,ensemble",
    inner: Annotated[bool, typer.Option(help="Score training rows that are held out.")] = False,
) -> None:
    """Print the table."""
    print("| set | model | NLL | RMSE | 90 % covers | seconds a fit |")
    print("|---|---|---|---|---|---:|")
    for name in sets.split(","):
        x, y, tests = read(folder / FOLDERS[name])
        for model in models.split(","):
            scores, seconds = [], []
            for k, test in enumerate(tests[:splits]):
                rows = np.setdiff1d(np.arange(len(y)), test)
                if inner:
                    rows = np.random.default_rng(k).permutation(rows)
                    rows, test = rows[len(rows) // 10 :], rows[: len(rows) // 10]
                began = time.perf_counter()
                fit = lk.fit(y[rows], x[rows], lk.Normal, predictor=predictor(model), seed=k)
                seconds.append(time.perf_counter() - began)
                scores.append(score(fit, x[test], y[test]))
            found = np.array(scores)
            spread = found.std(0, ddof=1) / np.sqrt(len(found))
            nll, error, inside = (
                f"{mean:.{digits}f} ± {se:.{digits}f}"
                for mean, se, digits in zip(found.mean(0), spread, (2, 2, 3), strict=True)
            )
            print(
                f"| {name} | {model} | {nll} | {error} | {inside} | {np.median(seconds):.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    typer.run(main)
