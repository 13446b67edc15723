"""What the tests of bad input are made of: a table for every family, and values it cannot take."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.distributions import catalogue, from_text

N = 40
MODIFIED = (
    "zero_inflated(poisson)",
    "zero_inflated(negative_binomial)",
    "hurdle(poisson)",
    "hurdle(gamma)",
    "zero_one_inflated(beta)",
    "truncated(normal, lower=0)",
    "truncated(poisson, lower=1)",
    "negative_binomial(kind=nb1)",
    "fixed(student_t, df=4)",
    "mixture(normal, 2)",
    "mixture(poisson, 2)",
    "ordinal(kind=probit)",
)
FAMILIES = tuple(sorted(catalogue())) + MODIFIED
VECTORS = ("dirichlet", "multinomial", "multivariate_normal")
SCALARS = tuple(text for text in FAMILIES if text not in VECTORS)
COUNTS = tuple(text for text in SCALARS if from_text(text).support.name == "counts")
# Its search for an end that does not exist takes seconds, on differences of a costly score.
SEARCHED = tuple(text for text in FAMILIES if text != "truncated(normal, lower=0)")
KINDS = {
    "separation", "scale collapse", "collinearity", "near collinearity", "boundary",
    "weak identification", "overflow", "over-dispersion", "excess zeros", "heavy tails",
    "influence", "not converged", "penalised",
}  # fmt: skip


def table_of(text: str, n: int = N, seed: int = 0) -> dict[str, Any]:
    """A table that the family can be fitted to: y (or a, b, c), two features, weights, trials."""
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((2, n))
    mean = np.exp(0.3 + 0.3 * x)
    table: dict[str, Any] = {"x": x, "z": z, "w": rng.integers(1, 4, n).astype(float)}
    support = from_text(text).support.name
    if text == "dirichlet":
        return table | dict(zip("abc", rng.dirichlet([2, 3, 4], n).T, strict=True))
    if text == "multinomial":
        y = rng.multinomial(9, [0.2, 0.3, 0.5], n).T
        return table | dict(zip("abc", y, strict=True)) | {"total_count": np.full(n, 9)}
    if text == "multivariate_normal":
        return table | dict(zip("abc", rng.standard_normal((3, n)), strict=True))
    if text == "truncated(poisson, lower=1)":
        y = 1 + rng.poisson(mean)
    elif text in ("binomial", "beta_binomial"):
        y = rng.binomial(12, rng.beta(3, 3, n))
        table["total_count"] = np.full(n, 12)
    elif text in ("zero_inflated(poisson)", "zero_inflated(negative_binomial)", "hurdle(poisson)"):
        y = rng.negative_binomial(2, 2 / (2 + mean)) * (rng.random(n) < 0.7)
    elif text == "hurdle(gamma)":
        y = rng.gamma(2, mean / 2) * (rng.random(n) < 0.7)
    elif text == "zero_one_inflated(beta)":
        y = np.where(np.arange(n) % 5 == 0, np.arange(n) % 2, rng.beta(2, 3, n))
    elif text == "mixture(normal, 2)":
        y = np.where(rng.random(n) < 0.5, 0.0, 6.0) + rng.standard_normal(n)
    elif text == "mixture(poisson, 2)":
        y = rng.poisson(np.where(rng.random(n) < 0.5, 2.0, 25.0))
    elif support == "counts":
        y = rng.negative_binomial(2, 2 / (2 + mean))
    elif support == "binary":
        y = (rng.random(n) < mean / (1 + mean)).astype(int)
    elif support == "labels":
        y = np.array(["a", "b", "c"])[np.digitize(x + rng.logistic(size=n), [-0.5, 0.8])]
    elif support in ("positive", "nonnegative") or text == "truncated(normal, lower=0)":
        y = rng.gamma(2.0, mean / 2)
        if text == "tweedie":
            y = y * (rng.random(n) < 0.8)
    elif support == "unit":
        y = rng.beta(2, 3, n)
    elif support == "angle":
        y = np.mod(rng.vonmises(0.5 * x, 3.0) + np.pi, 2 * np.pi) - np.pi
    else:
        y = 0.5 * x + rng.standard_t(6, n)
    return table | {"y": y}


def formula_of(text: str, right: str = "x") -> str:
    return f"{'a + b + c' if text in VECTORS else 'y'} ~ {right}"


def target_of(text: str) -> str:
    return "a" if text in VECTORS else "y"


OUTSIDE = {
    "counts": (-1.0, 2.5),
    "binary": (0.5, 2.0),
    "positive": (-1.0, 0.0),
    "nonnegative": (-1.0,),
    "unit": (0.0, 1.0, -0.5, 3.0),
}
