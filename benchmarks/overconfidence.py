"""How often planted over- and under-confidence is found, and claimed where there is none.

    python benchmarks/overconfidence.py 1000 > docs/overconfidence.md

The argument is the number of samples of each case. Honest predictions are the very distributions
that the 500 rows are drawn from. A plant makes their spread 1.25 times too small or too large; for
counts it leaves the mean and changes what exceeds a Poisson's variance by a factor of 3; for
labels it multiplies or divides the logits by 1.6.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import likelier as lk

N = 500
FACTOR = 1.25
LOGITS = 1.6
EXCESS = 3.0


def _location_scale(family: Any, **more: float) -> Callable[[Any, float], Any]:
    """Predictions with a spread of their own in every row, `width` times what it should be."""

    def make(x: Any, width: float) -> Any:
        return family(loc=x, scale=np.exp(0.3 * x) * width, **more)

    return make


def _counts(excess: float) -> Callable[[Any, float], Any]:
    def make(x: Any, width: float) -> Any:
        times = 1.0 if width == 1 else EXCESS if width > 1 else 1 / EXCESS
        return lk.NegativeBinomial(mean=np.exp(1 + 0.5 * x), dispersion=excess * times)

    return make


def _binary(x: Any, width: float) -> Any:
    times = 1.0 if width == 1 else 1 / LOGITS if width > 1 else LOGITS
    return lk.Bernoulli(logits=(0.3 + 1.5 * x) * times)


def _labels(x: Any, width: float) -> Any:
    times = 1.0 if width == 1 else 1 / LOGITS if width > 1 else LOGITS
    slopes = np.array([0.0, 1.2, -1.2, 0.6])
    return lk.Categorical(logits=(x[:, None] * slopes + np.array([0.0, 0.3, 0.2, -0.4])) * times)


def _gamma(x: Any, width: float) -> Any:
    return lk.Gamma(mean=np.exp(0.5 * x), concentration=3.0 / width**2)


def _beta(x: Any, width: float) -> Any:
    return lk.Beta(mean=1 / (1 + np.exp(-x)), precision=8.0 / width**2)


def _vectors(x: Any, width: float) -> Any:
    covariance = np.array([[1.0, 0.5], [0.5, 2.0]]) * width**2
    return lk.MultivariateNormal(loc=np.column_stack([x, -x]), covariance=covariance)


CASES: dict[str, Callable[[Any, float], Any]] = {
    "normal": _location_scale(lk.Normal),
    "student_t, df 4": _location_scale(lk.StudentT, df=4.0),
    "laplace": _location_scale(lk.Laplace),
    "log_normal": _location_scale(lk.LogNormal),
    "gamma": _gamma,
    "beta": _beta,
    "negative_binomial": _counts(0.5),
    "bernoulli": _binary,
    "categorical, 4 labels": _labels,
    "multivariate_normal, 2 columns": _vectors,
}


def simulate(name: str, samples: int, seed: int = 0) -> dict[str, float]:
    """Shares of samples with each claim, for honest and planted predictions."""
    rng = np.random.default_rng(seed)
    make = CASES[name]
    found = dict.fromkeys(("honest", "too sure", "not sure enough"), 0)
    for i in range(samples):
        x = rng.standard_normal(N)
        y = np.asarray(make(x, 1.0).sample(seed=rng))
        claims = {
            what: lk.assess(make(x, width), y, seed=i).claim
            for what, width in (
                ("honest", 1.0),
                ("too sure", 1 / FACTOR),
                ("not sure enough", FACTOR),
            )
        }
        found["honest"] += claims["honest"] == "calibrated"
        found["too sure"] += claims["too sure"] == "overconfident"
        found["not sure enough"] += claims["not sure enough"] == "underconfident"
    return {what: count / samples for what, count in found.items()}


def main(samples: int) -> None:
    lines = [
        "# Over-confidence: found where it was planted, not claimed where it was not",
        "",
        "    python benchmarks/overconfidence.py " + str(samples) + " > docs/overconfidence.md",
        "",
        f"{samples:,} samples of {N} rows for each case; shares in per cent. *Found* counts the",
        "right sign only. Honest predictions are the distributions that the rows were drawn from;",
        f"a plant makes spreads {FACTOR:g} times too small or too large, changes the dispersion of",
        f"counts by a factor of {EXCESS:g} (means untouched), or multiplies or divides logits by",
        f"{LOGITS:g}.",
        f"A share of 95 has a standard error of {100 * (0.95 * 0.05 / samples) ** 0.5:.1f} points.",
        "",
        "| predictions | honest: none claimed | too sure: found | not sure enough: found |",
        "|---|---|---|---|",
    ]
    for name in CASES:
        r = simulate(name, samples)
        shares = " | ".join(f"{100 * share:.1f}" for share in r.values())
        lines.append(f"| {name} | {shares} |")
        print(name, r, file=sys.stderr)
    lines += ["", f"Python {platform.python_version()}, NumPy {np.__version__}."]
    print("\n".join(lines))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
