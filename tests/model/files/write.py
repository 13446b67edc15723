"""Writes one model file a case in the format of today: `python tests/model/files/write.py`.

Each format has a folder, `v1`, `v2`, …, with `expected.json`, what the fits said before they were
saved. A folder is written once, by the version that introduced its format, and never again: its
files are what users of that version have.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import likelier as lk

ROWS = 120


def table() -> dict[str, Any]:
    """Made-up rows with a target for every kind of family."""
    rng = np.random.default_rng(2026)
    x, z = rng.uniform(-2, 2, ROWS).round(3), rng.uniform(0, 10, ROWS).round(3)
    g = rng.choice(["low", "mid", "high"], ROWS)
    mean = np.exp(0.4 + 0.3 * x)
    latent = x + rng.logistic(size=ROWS)
    ab = rng.multivariate_normal([1, 2], [[1, 0.5], [0.5, 2]], ROWS).round(4)
    time = (mean * rng.weibull(1.5, ROWS)).round(4) + 1e-3
    trials = rng.integers(3, 12, ROWS)
    share = 1 / (1 + np.exp(-0.5 * x))
    real = (1 + x + 0.3 * z + rng.standard_t(5, ROWS)).round(4)
    return {
        "x": x,
        "z": z,
        "g": g,
        "days": rng.integers(1, 9, ROWS),
        "w": rng.integers(1, 4, ROWS),
        "trials": trials,
        "total_count": trials,
        "counts": rng.negative_binomial(2, 2 / (2 + mean)),
        "zeros": np.where(rng.random(ROWS) < 0.3, 0, rng.poisson(3 * mean)),
        "real": real,
        "positive": np.abs(real) + 0.01,
        "share": rng.beta(5 * share, 5 * (1 - share)).round(6).clip(1e-4, 1 - 1e-4),
        "colour": np.array(["red", "green", "blue"])[rng.integers(0, 3, ROWS)],
        "grade": np.digitize(latent, [-1, 0.5]),
        "sure": (x > 0.2).astype(int),
        "angle": np.mod(2.8 + 2 * np.arctan(0.4 * x) + rng.vonmises(0, 6, ROWS), 2 * np.pi),
        "a": ab[:, 0],
        "b": ab[:, 1],
        "two": np.where(rng.random(ROWS) < 0.4, 6.0, 0.0) + rng.standard_normal(ROWS).round(4),
        "time": np.minimum(time, 3.0),
        "event": (time < 3.0).astype(int),
        "hits": rng.binomial(trials, share),
    }


CASES: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "splines": (
        {"mean": "counts ~ bs(x, df=5) * C(g)", "dispersion": "~ scale(z)"},
        "negative_binomial",
        {},
    ),
    "cubic": ({"loc": "real ~ poly(x, 2) + cr(z, df=4)", "scale": "~ g"}, "normal", {}),
    "cyclic": ("real ~ cc(z, df=4) + center(x) + log(z + 1)", "student_t(df=4)", {}),
    "contrasts": ("colour ~ x + C(g, Sum)", "categorical", {}),
    "ordered": ("grade ~ x + z", "ordinal", {}),
    "separated": ("sure ~ x", "bernoulli", {}),
    "angle": ("angle ~ x", "von_mises", {}),
    "exposed": ("zeros ~ x", "zero_inflated(poisson)", {"exposure": "days"}),
    "vectors": ("a + b ~ x", "multivariate_normal", {}),
    "components": ("two ~ x", "mixture(normal, 2)", {}),
    "censored": ("Surv(time, event) ~ x + g", "weibull", {}),
    "trials": ("hits ~ x", "binomial", {}),
    "linked": ("share ~ x", "beta", {"links": {"mean": "probit"}}),
    "truncated": ("positive ~ x + I(z ** 2)", "truncated(normal, lower=0)", {}),
    "weighted": (
        "positive ~ `x`:g",
        "gamma",
        {"weights": "w", "weight_type": "precision", "offset": "z"},
    ),
    "arrays": (None, "poisson", {"names": ["first", "second"]}),
    "levels": ("counts ~ x + C(shop)", "poisson", {}),
}
SINCE = {"levels": 3}
"""The first format that has a case, where that is not 1."""
SHOPS = 300
"""Levels of a factor whose part of a covariance is kept apart."""


def table_of_shops() -> dict[str, Any]:
    """Made-up rows of many shops."""
    rng = np.random.default_rng(7)
    shop = np.tile(np.arange(SHOPS), 12)
    x = rng.standard_normal(len(shop)).round(3)
    return {"x": x, "shop": shop, "counts": rng.poisson(np.exp(1 + 0.3 * x + 0.02 * (shop % 9)))}


def rows_of(name: str) -> dict[str, Any]:
    """The rows of a case."""
    return table_of_shops() if name == "levels" else table()


def fit_case(name: str) -> lk.Fit:
    """The fit of a case."""
    formula, family, options = CASES[name]
    rows = rows_of(name)
    if formula is None:
        return lk.fit(rows["counts"], np.column_stack([rows["x"], rows["z"]]), family, **options)
    return lk.fit(formula, rows, family, **options)


def new_rows(name: str) -> Any:
    """Rows to predict."""
    rows = rows_of(name)
    if CASES[name][0] is None:
        return np.column_stack([rows["x"], rows["z"]])[:7]
    return {column: values[:7] for column, values in rows.items()}


def said(fit: lk.Fit, name: str) -> dict[str, Any]:
    """What a fit says of the new rows and of itself, as plain numbers."""
    prediction = fit.predict(new_rows(name))
    errors = fit.standard_errors.standard_error
    return {
        "parameters": {k: np.asarray(v).tolist() for k, v in prediction.parameters.items()},
        "terms": [list(pair) for pair in fit.params[["parameter", "term"]].to_numpy().tolist()],
        "estimates": [repr(v) for v in fit.params.estimate],
        "standard_errors": [repr(v) for v in errors],
        "log_likelihood": fit.log_likelihood,
        "converged": fit.converged,
        "diagnoses": [str(d) for d in fit.diagnoses],
        "n_observations": fit.n_observations,
        "links": fit.links,
    }


def main() -> None:
    from likelier.model.files.archive import VERSION

    folder = Path(__file__).parent / f"v{VERSION}"
    folder.mkdir()
    expected = {}
    for name in CASES:
        fit = fit_case(name)
        fit.save(folder / f"{name}.lkl")
        expected[name] = said(fit, name)
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
