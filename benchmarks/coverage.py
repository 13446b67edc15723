"""How often 95 % intervals hold the truth, and whether p-values are uniform, by simulation.

    python benchmarks/coverage.py 30:2000 200:5000 2000:5000 > docs/coverage.md

An argument is a number of rows and how many samples of it are drawn from each family; `--jobs 2`
shares the cells of the table among processes. Each sample is drawn from a model with one covariate
on the main parameter; the true coefficients are in `MODELS`. A profile interval holds the truth
where the deviance there is within the quantile of χ²₁, which takes one restricted fit instead of a
search for both ends; tests/inference/test_profile.py shows that both say the same.
"""

from __future__ import annotations

import math
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.stats import chi2, kstest, norm

import likelier as lk
from likelier.distributions import Linked, from_text

MODELS: dict[str, dict[str, tuple[float, ...]]] = {
    "normal": {"loc": (1.0, 0.5), "scale": (0.0,)},
    "student_t": {"df": (math.log(4.0),), "loc": (1.0, 0.5), "scale": (0.0,)},
    "laplace": {"loc": (1.0, 0.5), "scale": (0.0,)},
    "logistic": {"loc": (1.0, 0.5), "scale": (0.0,)},
    "gumbel": {"loc": (1.0, 0.5), "scale": (0.0,)},
    "log_normal": {"loc": (1.0, 0.5), "scale": (0.0,)},
    "gamma": {"mean": (1.0, 0.5), "concentration": (0.7,)},
    "inverse_gaussian": {"mean": (1.0, 0.5), "concentration": (1.0,)},
    "weibull": {"scale": (1.0, 0.5), "concentration": (0.4,)},
    "beta": {"mean": (-0.5, 0.5), "precision": (1.5,)},
    "bernoulli": {"logits": (-0.5, 0.7)},
    "poisson": {"rate": (0.5, 0.4)},
    "negative_binomial": {"mean": (1.0, 0.5), "dispersion": (-0.5,)},
    "zero_inflated(poisson)": {"rate": (1.0, 0.4), "gate": (-1.0,)},
}
EDGES = {
    "negative_binomial": ("poisson", {"rate": (0.5, 0.4)}),
    "zero_inflated(poisson)": ("poisson", {"rate": (0.5, 0.4)}),
    "student_t": ("normal", {"loc": (1.0, 0.5), "scale": (0.0,)}),
}
"""Larger families by the smaller one, on whose edge the samples are drawn."""
SIZES = ("30:100", "200:100", "2000:100")
LEVEL = 0.95
LOW, HIGH = 0.935, 0.965
"""What is asked of coverage from 200 rows on."""
SIGNIFICANCE = (0.10, 0.05, 0.01)


def draw(
    text: str, truth: dict[str, tuple[float, ...]], n: int, rng: np.random.Generator
) -> dict[str, Any]:
    """One sample of n rows: a standard normal covariate and the target."""
    linked = Linked(from_text(text))
    x = rng.standard_normal(n)
    ones = np.ones(n)
    eta = [np.column_stack([ones, x])[:, : len(b)] @ b for b in truth.values()]
    return {"x": x, "y": linked.build(np.array(eta)).sample(seed=rng)}


def one(
    text: str, truth: dict[str, tuple[float, ...]], n: int, rng: np.random.Generator
) -> tuple[Any, Any, bool]:
    """Of one sample: errors over standard errors, deviances of the truth, at an edge or not."""
    flat = np.concatenate(list(truth.values()))
    fit = lk.fit("y ~ x", draw(text, truth, n, rng), from_text(text))
    with np.errstate(invalid="ignore"):
        wald = (fit.coefficients - flat) / np.sqrt(np.diag(fit.covariance()))
    points = [fit._profiler(i).at(value) for i, value in enumerate(flat)]
    deviance = [2 * (point.nll + fit.log_likelihood) for point in points]
    return wald, deviance, bool(np.any(np.isinf(fit.coefficients)))


def summed(text: str, samples: list[tuple[Any, Any, bool]]) -> dict[str, Any]:
    """Shares of intervals that hold the truth, by coefficient, and p-values of the slope."""
    z = np.abs(np.array([wald for wald, _, _ in samples]))
    deviance = np.array([each for _, each, _ in samples])
    inside = np.where(np.isnan(z), np.nan, z <= norm.ppf((1 + LEVEL) / 2))
    slope = _slope(from_text(text), MODELS[text])
    own = deviance[:, slope]
    plain = z[np.isfinite(z[:, slope]), slope]
    return {
        "wald": np.nanmean(inside, axis=0),
        "profile": np.mean(deviance <= chi2.ppf(LEVEL, 1), axis=0),
        "slope": slope,
        "ratio": kstest(chi2.sf(np.maximum(own, 0), 1), "uniform"),
        "plain": kstest(2 * norm.sf(plain), "uniform"),
        "lost": sum(lost for _, _, lost in samples),
        "samples": len(samples),
    }


def simulate(text: str, n: int, samples: int, seed: int) -> dict[str, Any]:
    """What `summed` says of samples of n rows."""
    truth = {name: MODELS[text][name] for name in from_text(text).parameter_names}
    rng = np.random.default_rng(seed)
    return summed(text, [one(text, truth, n, rng) for _ in range(samples)])


def sizes_at_edge(text: str, n: int, samples: int, seed: int) -> list[float]:
    """Shares of samples of the smaller family in which the larger one is significantly better."""
    small, truth = EDGES[text]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(samples):
        table = draw(small, truth, n, rng)
        large, plain = (lk.fit("y ~ x", table, family) for family in (text, small))
        found.append(large.test(plain).p_value)
    return [float(np.mean(np.array(found) <= level)) for level in SIGNIFICANCE]


def _slope(family: Any, truth: dict[str, tuple[float, ...]]) -> int:
    """Where the covariate's coefficient stands."""
    position = 0
    for name in family.parameter_names:
        if name == family.main:
            return position + 1
        position += len(truth[name])
    raise AssertionError(family)


def _line(text: str, n: int, found: dict[str, Any]) -> str:
    wald, profile, slope = found["wald"], found["profile"], found["slope"]
    others = [i for i in range(len(wald)) if i != slope]
    cells = [
        f"`{text}`",
        f"{n:,}",
        f"{100 * wald[slope]:.1f}",
        f"{100 * profile[slope]:.1f}",
        ", ".join(f"{100 * wald[i]:.1f}" for i in others),
        ", ".join(f"{100 * profile[i]:.1f}" for i in others),
        *(f"{100 * found[k].statistic:.1f} ({found[k].pvalue:.2f})" for k in ("plain", "ratio")),
        str(found["lost"]),
    ]
    return "| " + " | ".join(cells) + " |"


def _cell(task: tuple[Any, ...]) -> Any:
    began = time.process_time()
    function, *arguments = task
    found = function(*arguments)
    spent = time.process_time() - began
    print(f"{function.__name__} {arguments[:2]} {spent:.0f} s", file=sys.stderr, flush=True)
    return found


def main() -> None:
    arguments = sys.argv[1:]
    jobs = 1
    if "--jobs" in arguments:
        at = arguments.index("--jobs")
        jobs = int(arguments[at + 1])
        del arguments[at : at + 2]
    arguments = arguments or list(SIZES)
    sizes = {int(n): int(samples) for n, samples in (a.split(":") for a in arguments)}
    rounding = "; ".join(
        f"{100 * math.sqrt(LEVEL * (1 - LEVEL) / samples):.2f} points for n = {n:,} "
        f"({samples:,} samples)"
        for n, samples in sizes.items()
    )
    print(
        f"""# Coverage of intervals, uniformity of p-values

    python benchmarks/coverage.py {" ".join(arguments)} > docs/coverage.md

Samples are drawn with the true coefficients in the script: one covariate on the main parameter,
an intercept on every parameter. Shares are in per cent of samples. The simulation itself leaves
each a standard error of {rounding}.
"Others" are the intercepts, in the order of the family's parameters. "Gap" is the largest distance
between the distribution of the p-values of the slope's true value and the uniform one, in points,
with the p-value of Kolmogorov and Smirnov's test of it. "Edge" counts samples in which a
coefficient has no finite estimate: it has no Wald interval, and the others, like all profile
intervals, count. A Laplace's likelihood has a kink: its standard errors are those of the expected
information blurred by the estimate's own spread (without that its slope's Wald interval holds 86 %
of 30 rows and 92 % of 200), and the p-values of its likelihood ratio are a few points from uniform
up to some hundred rows.

| family | n | slope, Wald | slope, profile | others, Wald | others, profile | gap, Wald | \
gap, likelihood ratio | edge |
|---|---|---|---|---|---|---|---|---|""",
        flush=True,
    )
    cells = [(text, n, samples) for n, samples in sizes.items() for text in MODELS]
    tasks: list[tuple[Any, ...]] = [
        (simulate, text, n, samples, 1000 * list(MODELS).index(text) + n)
        for text, n, samples in cells
    ]
    edges = [(text, n, samples // 5) for n, samples in sizes.items() for text in EDGES]
    tests: list[tuple[Any, ...]] = [
        (sizes_at_edge, text, n, samples, 7000 + n) for text, n, samples in edges
    ]
    results = []
    with ProcessPoolExecutor(jobs) as pool:
        done = pool.map(_cell, tasks + tests)
        for (text, n, _), found in zip(cells, done, strict=False):
            results.append((text, n, found))
            print(_line(text, n, found), flush=True)
        _conclude(results, sizes)
        print(
            """## Tests at an edge

Shares in per cent of samples of the smaller family (a fifth as many as above) in which `fit.test`
of the larger one against it finds a p-value up to the level: half χ², as the hypothesis lies on
the edge, where half of all samples have a p-value of 1. In small samples more than half do, and
the test keeps below its level.

| larger family | sample of | n | """
            + " | ".join(f"{100 * level:g} %" for level in SIGNIFICANCE)
            + """ |
|---|---|---|---|---|---|"""
        )
        for (text, n, _), found in zip(edges, done, strict=True):
            shares = " | ".join(f"{100 * share:.1f}" for share in found)
            print(f"| `{text}` | `{EDGES[text][0]}` | {n:,} | {shares} |", flush=True)
    print(f"\nPython {platform.python_version()}, NumPy {np.__version__}.")


def _conclude(results: list[tuple[str, int, Any]], sizes: dict[int, int]) -> None:
    """Means by size, and every cell that lies outside what is asked."""
    print()
    for n in sizes:
        wald, profile = (
            np.concatenate([found[kind] for _, m, found in results if m == n])
            for kind in ("wald", "profile")
        )
        print(
            f"n = {n:,}: mean coverage of all coefficients {100 * wald.mean():.2f} % (Wald) and "
            f"{100 * profile.mean():.2f} % (profile); mean distance from {100 * LEVEL:g} % "
            f"{100 * np.abs(wald - LEVEL).mean():.2f} and "
            f"{100 * np.abs(profile - LEVEL).mean():.2f} points.\n"
        )
    outside = []
    for text, n, found in results:
        truth = MODELS[text]
        names = [name for name in from_text(text).parameter_names for _ in truth[name]]
        for kind, shown in (("wald", "Wald"), ("profile", "profile")):
            for i, share in enumerate(found[kind]):
                if n >= 200 and not LOW <= share <= HIGH:
                    term = "slope" if i == found["slope"] else f"intercept of {names[i]}"
                    outside.append(f"`{text}`, n = {n:,}, {term}, {shown}: {100 * share:.1f} %")
    asked = f"{100 * LOW:g} to {100 * HIGH:g} %"
    if outside:
        print(
            """A parameter that the data hardly know (the degrees of freedom of a Student's t) has a
likelihood far from quadratic: its Wald interval is too wide or too narrow, its profile is not.
"""
        )
        print(f"Outside {asked} from n = 200 on:\n\n" + "\n".join(f"* {o}" for o in outside))
    else:
        print(f"All coverages from n = 200 on lie within {asked}.")
    print()


if __name__ == "__main__":
    main()
