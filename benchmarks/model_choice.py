"""How often `compare` picks the family that the data were drawn from, and says when it cannot.

    python benchmarks/model_choice.py 200 > docs/model_choice.md

The argument is the number of samples of each truth: 2,000 rows with one covariate on the main
parameter. The candidates of a row are those of its kind of target, the truth among them. *Picked*
counts samples in which `.best` is of that family; *cannot tell* those in which the verdict says so.
The last rows are truths that the candidates hardly differ on.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import likelier as lk

N = 2000
COUNTS = ("poisson", "negative_binomial", "zero_inflated(poisson)")
REAL = ("normal", "student_t")
POSITIVE = ("gamma", "log_normal", "weibull", "inverse_gaussian")


def _zero_inflated(x: Any) -> Any:
    return lk.ZeroInflated(lk.Poisson)(rate=np.exp(0.7 + 0.4 * x), gate=0.25)


TRUTHS: dict[str, tuple[str, tuple[str, ...], Callable[[Any], Any]]] = {
    "Poisson": ("poisson", COUNTS, lambda x: lk.Poisson(rate=np.exp(0.7 + 0.4 * x))),
    "negative binomial, dispersion 0.5": (
        "negative_binomial",
        COUNTS,
        lambda x: lk.NegativeBinomial(mean=np.exp(0.7 + 0.4 * x), dispersion=0.5),
    ),
    "zero-inflated Poisson, 25 % more zeros": ("zero_inflated(poisson)", COUNTS, _zero_inflated),
    "Normal": ("normal", REAL, lambda x: lk.Normal(1 + 0.5 * x, 1.0)),
    "Student t, df 4": ("student_t", REAL, lambda x: lk.StudentT(4.0, 1 + 0.5 * x, 1.0)),
    "Gamma, concentration 3": (
        "gamma",
        POSITIVE,
        lambda x: lk.Gamma(mean=np.exp(0.5 * x), concentration=3.0),
    ),
    "log-normal, scale 0.7": ("log_normal", POSITIVE, lambda x: lk.LogNormal(0.5 * x, 0.7)),
    "(nearly Normal: Student t, df 60)": (
        "student_t",
        REAL,
        lambda x: lk.StudentT(60.0, 1 + 0.5 * x, 1.0),
    ),
    "(nearly Poisson: dispersion 0.01)": (
        "negative_binomial",
        COUNTS,
        lambda x: lk.NegativeBinomial(mean=np.exp(0.7 + 0.4 * x), dispersion=0.01),
    ),
}


def simulate(name: str, samples: int, seed: int = 0) -> tuple[float, float]:
    """Shares of samples in which the true family is picked, and in which it cannot tell."""
    rng = np.random.default_rng(seed)
    family, rivals, make = TRUTHS[name]
    picked = undecided = 0
    for i in range(samples):
        x = rng.standard_normal(N)
        table = {"y": np.asarray(make(x).sample(seed=rng), dtype=float), "x": x}
        contest = lk.compare("y ~ x", table, rivals, seed=i)
        picked += contest.winner.name == family
        undecided += contest.verdict.startswith("Cannot tell")
    return picked / samples, undecided / samples


def main(samples: int) -> None:
    lines = [
        "# Which family was it? `compare` where the truth is known",
        "",
        f"    python benchmarks/model_choice.py {samples} > docs/model_choice.md",
        "",
        f"{samples} samples of {N:,} rows with one covariate; shares in per cent. Candidates:",
        f"counts {', '.join(COUNTS)}; real numbers {', '.join(REAL)}; positive numbers",
        f"{', '.join(POSITIVE)}; five folds. *Cannot tell* is what the verdict says where some",
        "candidate lies within two standard errors of the lowest held-out NLL; the simplest is",
        "picked then, which is the truth where that is the simpler family. In brackets: truths",
        "that the candidates hardly differ on, where nothing but *cannot tell* is honest.",
        "",
        "| truth | picked | cannot tell |",
        "|---|---|---|",
    ]
    for name in TRUTHS:
        picked, undecided = simulate(name, samples)
        lines.append(f"| {name} | {100 * picked:.1f} | {100 * undecided:.1f} |")
        print(lines[-1], file=sys.stderr, flush=True)
    lines += ["", f"Python {platform.python_version()}, NumPy {np.__version__}."]
    print("\n".join(lines))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
