"""Random tables, formulas, families and weights: `fit` answers honestly or refuses, and ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import likelier as lk
from likelier.distributions import catalogue, from_text

FAMILIES = (
    *sorted(set(catalogue()) - {"dirichlet", "multinomial", "multivariate_normal"}),
    "zero_inflated(poisson)",
    "hurdle(negative_binomial)",
    "zero_one_inflated(beta)",
    "truncated(normal, lower=0)",
    "fixed(student_t, df=3)",
    "mixture(normal, 2)",
)
RIGHT = ("1", "x", "x + z", "x * z", "g", "x + g", "x:g", "0 + x", "0 + g", "poly(x, 2)",
         "bs(x, df=4)", "x + I(x**2)", "log(x)", "C(k)", "x - 1 + z", "scale(x) + z")  # fmt: skip
NUMBERS = st.one_of(
    st.floats(-5, 5),
    st.integers(-3, 12).map(float),
    st.sampled_from([0.0, 1.0, 1e-300, 1e300, 1e12, -1e9, 0.5, np.nan, np.inf]),
)
TARGETS = {
    "counts": st.one_of(st.integers(0, 9), st.sampled_from([0, 0, 0, 10**6, 2**40])),
    "binary": st.integers(0, 1),
    "labels": st.integers(0, 3),
    "positive": st.one_of(st.floats(0.01, 50), st.sampled_from([1e-12, 1e12, 1.0])),
    "nonnegative": st.one_of(st.floats(0, 50), st.just(0.0)),
    "unit": st.floats(1e-6, 1 - 1e-6),
    "closed unit interval": st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0])),
    "angle": st.floats(-3.14, 3.14),
}
REAL = st.one_of(st.floats(-20, 20), st.integers(-3, 3).map(float))
PASSES = 3000
"""A bound of passes over the rows that no honest search comes near."""


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any], str, dict[str, Any]]:
    """A formula, a table, a family and options."""
    family = draw(st.sampled_from(FAMILIES))
    n = draw(st.integers(1, 25))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    cells = draw(st.sampled_from(["normal", "drawn", "whole"]))

    def column() -> np.ndarray:
        if cells == "normal":
            return rng.standard_normal(n) * 10.0 ** draw(st.sampled_from([0, 0, 0, -9, 9, 150]))
        if cells == "whole":
            return rng.integers(0, 4, n).astype(float)
        return np.array(draw(st.lists(NUMBERS, min_size=n, max_size=n)))

    support = from_text(family).support.name
    fits = draw(st.integers(0, 9)) > 0
    target = TARGETS.get(support, REAL) if fits else NUMBERS
    few = draw(st.booleans())
    y = draw(st.lists(target, min_size=n, max_size=n))
    table = {
        "y": np.array(y[:2] * n)[:n] if few and n > 2 else np.array(y),
        "x": column(),
        "z": column(),
        "g": np.array(["a", "b", "c"])[rng.integers(0, 3, n)],
        "k": rng.integers(0, 2, n),
        "w": draw(st.sampled_from([np.ones(n), rng.integers(0, 3, n), rng.uniform(0, 2, n)])),
        "total_count": np.full(n, draw(st.sampled_from([9, 12, 2**41]))),
    }
    options: dict[str, Any] = {"missing": draw(st.sampled_from(["raise", "drop"]))}
    if draw(st.booleans()):
        options["weights"] = "w"
        options["weight_type"] = draw(st.sampled_from(["frequency", "precision"]))
    if draw(st.integers(0, 4)) == 0:
        options["offset"] = "z"
    formula: Any = "y ~ " + draw(st.sampled_from(RIGHT))
    names = from_text(family).parameter_names
    if len(names) > 1 and draw(st.integers(0, 3)) == 0:
        main = from_text(family).main
        other = draw(st.sampled_from([name for name in names if name != main]))
        formula = {main: formula, other: "~ " + draw(st.sampled_from(RIGHT[:6]))}
    return formula, table, family, options


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(calls())
def test_fit_answers_honestly_or_refuses(call: Any) -> None:
    formula, table, family, options = call
    before = {name: values.copy() for name, values in table.items()}
    try:
        fit = lk.fit(formula, table, family, **options)
    except lk.LikelierError:
        return
    finally:
        for name, values in before.items():
            np.testing.assert_array_equal(table[name], values)
    errors = fit.standard_errors.standard_error.to_numpy()
    if fit.converged:
        assert np.isfinite(fit.log_likelihood)
        assert np.isfinite(fit.params.estimate).all()
        assert not (errors <= 0).any()
    else:
        assert fit.diagnoses
    assert fit.facts.passes < PASSES
    assert str(fit.summary())
