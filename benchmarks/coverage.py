"""How often 95 % intervals hold the truth, and whether p-values are uniform, by simulation.

    python benchmarks/coverage.py 30:1000 200:1000 2000:500 > docs/coverage.md

An argument is a number of rows and how many samples of it are drawn from each family. Each sample
is drawn from a model with one covariate on the main parameter; the true coefficients are in
`MODELS`. A profile interval holds the truth where the deviance there is within the quantile of
χ²₁, which takes one restricted fit instead of a search for both ends.
"""

from __future__ import annotations

import math
import platform
import sys
import time
from typing import Any

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
SIZES = ("30:100", "200:100", "2000:100")
LEVEL = 0.95


def simulate(text: str, n: int, samples: int, seed: int) -> dict[str, Any]:
    """Shares of intervals that hold the truth, by coefficient, and p-values of the slope."""
    family, truth = from_text(text), MODELS[text]
    rng = np.random.default_rng(seed)
    linked = Linked(family)
    flat = np.concatenate([truth[name] for name in family.parameter_names])
    slope = _slope(family, truth)
    wald, deviance, lost = [], [], 0
    for _ in range(samples):
        x = rng.standard_normal(n)
        eta = np.array(
            [
                truth[name][0] + (truth[name][1] * x if len(truth[name]) > 1 else 0 * x)
                for name in family.parameter_names
            ]
        )
        y = linked.build(eta).sample(seed=rng)
        fit = lk.fit("y ~ x", {"x": x, "y": y}, family)
        lost += not fit.converged
        errors = fit.standard_errors.standard_error.to_numpy()
        with np.errstate(invalid="ignore"):
            wald.append((fit.coefficients - flat) / errors)
        points = [fit._profiler(i).at(value) for i, value in enumerate(flat)]
        deviance.append([2 * (point.nll + fit.log_likelihood) for point in points])
    z = np.abs(np.array(wald))
    inside = np.where(np.isnan(z), np.nan, z <= norm.ppf((1 + LEVEL) / 2))
    held_wald = np.nanmean(inside, axis=0)
    held_profile = np.mean(np.array(deviance) <= chi2.ppf(LEVEL, 1), axis=0)
    own = np.array(deviance)[:, slope]
    ratio = chi2.sf(np.maximum(own[np.isfinite(own)], 0), 1)
    plain = 2 * norm.sf(z[:, slope][np.isfinite(z[:, slope])])
    return {
        "wald": held_wald,
        "profile": held_profile,
        "slope": slope,
        "uniform": kstest(ratio, "uniform").pvalue,
        "uniform_wald": kstest(plain, "uniform").pvalue,
        "lost": lost,
    }


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
        f"{found['uniform_wald']:.2f}",
        f"{found['uniform']:.2f}",
        str(found["lost"]),
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    arguments = sys.argv[1:] or SIZES
    sizes = {int(n): int(samples) for n, samples in (a.split(":") for a in arguments)}
    errors = "; ".join(
        f"{100 * math.sqrt(LEVEL * (1 - LEVEL) / samples):.1f} points for n = {n:,} "
        f"({samples:,} samples)"
        for n, samples in sizes.items()
    )
    began = time.time()
    print(
        f"""# Coverage of intervals, uniformity of p-values

    python benchmarks/coverage.py {" ".join(arguments)} > docs/coverage.md

Samples are drawn with the true coefficients in the script: one covariate on the main parameter,
an intercept on every parameter. Shares are in per cent of samples. The simulation itself leaves
each a standard error of {errors}.
"Others" are the intercepts, in the order of the family's parameters. "Uniform" is the p-value of a
Kolmogorov–Smirnov test that the p-values of the slope's true value are uniform. "Edge" counts
samples in which a coefficient has no finite estimate: it has no Wald interval, and the others,
like all profile intervals, count.

| family | n | slope, Wald | slope, profile | others, Wald | others, profile | uniform, Wald | \
uniform, likelihood ratio | edge |
|---|---|---|---|---|---|---|---|---|""",
        flush=True,
    )
    totals = {n: ([], []) for n in sizes}  # type: ignore[var-annotated]
    for n, samples in sizes.items():
        for k, text in enumerate(MODELS):
            found = simulate(text, n, samples, seed=1000 * k + n)
            totals[n][0].extend(found["wald"])
            totals[n][1].extend(found["profile"])
            print(_line(text, n, found), flush=True)
            print(f"{text} {n} {time.time() - began:.0f} s", file=sys.stderr, flush=True)
    print()
    for n in sizes:
        wald, profile = (np.array(part) for part in totals[n])
        print(
            f"n = {n:,}: mean coverage of all coefficients {100 * wald.mean():.2f} % (Wald) and "
            f"{100 * profile.mean():.2f} % (profile); mean distance from {100 * LEVEL:g} % "
            f"{100 * np.abs(wald - LEVEL).mean():.2f} and "
            f"{100 * np.abs(profile - LEVEL).mean():.2f} points.\n"
        )
    print(f"Python {platform.python_version()}, NumPy {np.__version__}.")


if __name__ == "__main__":
    main()
