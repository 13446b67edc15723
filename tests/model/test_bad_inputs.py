"""Bad and degenerate input through `fit`, for every family that it touches.

Three outcomes are allowed: the right answer, a diagnosis that names what is wrong, or a
`LikelierError` before any long work. Warnings of NumPy are failures (see `filterwarnings`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bad_inputs import (
    COUNTS,
    FAMILIES,
    KINDS,
    OUTSIDE,
    SCALARS,
    SEARCHED,
    N,
    formula_of,
    table_of,
    target_of,
)

import likelier as lk
from likelier.distributions import from_text


def fitted(text: str, table: Any, right: str = "x", **options: Any) -> lk.Fit:
    return lk.fit(formula_of(text, right), table, text, **options)


def honest(fit: lk.Fit) -> None:
    """A fit that says what it is: sound where it says so, and named where it is not."""
    errors = fit.standard_errors.standard_error.to_numpy()
    estimates = fit.params.estimate.to_numpy()
    assert not np.isnan(estimates).any() or not fit.converged
    assert np.isfinite(fit.log_likelihood) or not fit.converged
    for found in fit.diagnoses:
        assert found.kind in KINDS
        assert found.message
        assert found.remedy
    if fit.converged:
        assert np.isfinite(estimates).all()
        # An error below the smallest number is shown as unknown, never as 0.
        tiny = "overflow" in [d.kind for d in fit.diagnoses]
        assert np.isfinite(errors).all() or tiny
        assert not (errors <= 0).any()
    else:
        assert [d for d in fit.diagnoses if d.severity != "note"]
    assert np.isnan(errors[np.isinf(estimates)]).all()
    assert str(fit.summary())


def honest_or_refused(make: Callable[[], lk.Fit]) -> lk.Fit | None:
    """The outcome of a call: an honest fit, or None for an error of ours with words in it."""
    try:
        fit = make()
    except lk.LikelierError:
        return None
    honest(fit)
    return fit


# ------------------------------------------------------------------ degenerate tables


@pytest.mark.parametrize("text", FAMILIES)
def test_a_healthy_table_is_a_healthy_fit(text: str) -> None:
    fit = fitted(text, table_of(text, 120))
    honest(fit)
    if text not in ("normal_inverse_gamma", "zero_inflated(negative_binomial)"):
        assert fit.converged or fit.diagnoses[0].kind == "boundary", fit.diagnoses


@pytest.mark.parametrize("text", FAMILIES)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_one_two_or_three_rows(text: str, n: int) -> None:
    table = {k: v[:n] for k, v in table_of(text).items()}
    fit = honest_or_refused(lambda: fitted(text, table))
    if fit is not None and n == 1:
        assert not fit.converged


@pytest.mark.parametrize("text", SEARCHED)
def test_more_coefficients_than_rows(text: str) -> None:
    table = {k: v[:5] for k, v in table_of(text).items()}
    table |= {f"v{i}": np.random.default_rng(i).standard_normal(5) for i in range(7)}
    fit = honest_or_refused(lambda: fitted(text, table, " + ".join(f"v{i}" for i in range(7))))
    assert fit is None or not fit.converged


@pytest.mark.parametrize("text", FAMILIES)
def test_collinear_columns_are_named_and_the_rest_is_that_of_the_clean_fit(text: str) -> None:
    table = table_of(text, 80)
    table["twice"] = 2 * table["x"] + 1
    fit = honest_or_refused(lambda: fitted(text, table, "x + z + twice"))
    if fit is None:
        assert text.startswith("mixture")
        return
    assert not fit.converged
    if any(d.kind in ("boundary", "separation", "scale collapse") for d in fit.diagnoses):
        return
    assert [d for d in fit.diagnoses if d.kind == "collinearity"]
    clean = fitted(text, table, "x + z")
    assert fit.log_likelihood == pytest.approx(clean.log_likelihood, abs=1e-6)
    errors, sound = fit.standard_errors, clean.standard_errors
    np.testing.assert_allclose(
        errors.standard_error[errors.term == "z"],
        sound.standard_error[sound.term == "z"],
        rtol=1e-4,
    )
    assert errors.standard_error[errors.term == "twice"].isna().all()


@pytest.mark.parametrize("text", FAMILIES)
def test_a_constant_column(text: str) -> None:
    fit = honest_or_refused(lambda: fitted(text, {**table_of(text), "k": np.full(N, 7.0)}, "x + k"))
    if text == "ordinal" and fit is not None:
        # Its cutpoints are the intercept that the column repeats, in a parameter of their own.
        assert not fit.converged
    assert fit is None or not fit.converged


@pytest.mark.parametrize("text", FAMILIES)
def test_a_constant_target(text: str) -> None:
    table = table_of(text)
    for name in ("a", "b", "c", "y"):
        if name in table:
            table[name] = np.repeat(table[name][:1], N)
    honest_or_refused(lambda: fitted(text, table))


@pytest.mark.parametrize(
    "text", [t for t in SEARCHED if t in SCALARS and not from_text(t).discrete]
)
def test_a_target_that_a_column_fits_exactly(text: str) -> None:
    table = table_of(text)
    table["x"] = table["y"]
    fit = honest_or_refused(lambda: fitted(text, table))
    if text in ("normal", "student_t", "laplace", "logistic", "cauchy", "gumbel"):
        assert fit is None or not fit.converged


@pytest.mark.parametrize("text", COUNTS)
@pytest.mark.parametrize("right", ["1", "x"])
def test_counts_that_are_all_zero(text: str, right: str) -> None:
    table = {**table_of(text), "y": np.zeros(N)}
    if text in ("truncated(poisson, lower=1)",):
        with pytest.raises(lk.SupportError):
            fitted(text, table, right)
        return
    fit = honest_or_refused(lambda: fitted(text, table, right))
    assert fit is None or not fit.converged


@pytest.mark.parametrize("text", [t for t in COUNTS if not t.startswith("truncated")])
def test_a_group_of_counts_that_is_all_zero(text: str) -> None:
    table = table_of(text, 80)
    table["g"] = np.where(np.arange(80) < 12, "first", "second")
    table["y"] = np.where(np.arange(80) < 12, 0, table["y"])
    fit = honest_or_refused(lambda: fitted(text, table, "g"))
    if text in ("poisson", "binomial", "geometric", "negative_binomial", "beta_binomial"):
        assert fit is not None
        assert not fit.converged
        assert fit.diagnoses[0].kind == "separation"
        assert "g[T.second]" in fit.diagnoses[0].where


@pytest.mark.parametrize("text", ["bernoulli", "categorical", "ordinal", "ordinal(kind=probit)"])
@pytest.mark.parametrize(
    ("y", "x"),
    [
        ([0, 1, 1], [1.0, 2.0, 3.0]),
        ([0, 0, 0, 1, 1, 1], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        ([0, 0, 0, 1, 1, 1], [1.0, 2.0, 3.0, 3.0, 5.0, 6.0]),
        ([0, 0, 0, 0], [1.0, 2.0, 3.0, 4.0]),
        ([1, 1, 1, 1], [1.0, 2.0, 3.0, 4.0]),
    ],
    ids=["three rows", "perfect", "quasi", "all 0", "all 1"],
)
def test_separated_labels(text: str, y: list[int], x: list[float]) -> None:
    fit = honest_or_refused(lambda: lk.fit("y ~ x", {"y": y, "x": x}, text))
    assert fit is None or not fit.converged
    if len(set(y)) == 2:
        assert fit is not None
        assert fit.diagnoses[0].kind == "separation"
        assert fit.diagnoses[0].where == ("x",)


@pytest.mark.parametrize("text", ["categorical", "ordinal"])
def test_a_label_with_one_row(text: str) -> None:
    table = table_of(text)
    table["y"] = np.array(["a", "b"])[np.arange(N) % 2].astype("U1")
    table["y"][7] = "c"
    honest_or_refused(lambda: fitted(text, table))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("negative_binomial", "poisson"),
        ("negative_binomial(kind=nb1)", "poisson"),
        ("beta_binomial", "binomial"),
        ("student_t", "normal"),
        ("zero_inflated(poisson)", "poisson"),
    ],
)
def test_an_estimate_at_the_edge_has_a_one_sided_interval(text: str, limit: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 80)
    y: Any = rng.binomial(6, 1 / (1 + np.exp(-0.4 * x)))
    if text == "student_t":
        y = x + rng.uniform(-1, 1, 80)
    if text == "beta_binomial":
        y = np.clip(np.round(6 / (1 + np.exp(-x))) + (np.arange(80) % 3 == 0), 0, 12)
    table = {"y": y, "x": x, "total_count": np.full(80, 12)}
    fit = lk.fit("y ~ x", table, text)
    honest(fit)
    edge = next(d for d in fit.diagnoses if d.kind == "boundary")
    assert limit in edge.remedy
    plain = lk.fit("y ~ x", table, limit)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-3)
    found = fit.standard_errors
    own = found.standard_error[found.parameter == plain.params.parameter[0]]
    sound = plain.standard_errors.standard_error[: len(own)]
    np.testing.assert_allclose(own, sound, rtol=5e-3)
    if text in ("negative_binomial", "student_t", "beta_binomial", "zero_inflated(poisson)"):
        interval = fit.conf_int(method="profile")
        row = interval.parameter == edge.where[0]
        ends = np.isinf(interval[row][["lower", "upper"]].to_numpy()).sum()
        assert ends == 1


# ------------------------------------------------------------------ values that cannot be


@pytest.mark.parametrize(
    ("text", "value"),
    [(t, v) for t in SCALARS for v in OUTSIDE.get(from_text(t).support.name, ())],
)
def test_a_value_outside_the_support_is_named(text: str, value: float) -> None:
    table = table_of(text)
    table["y"] = table["y"].astype(float)
    table["y"][4] = value
    with pytest.raises(lk.SupportError, match=r"row 5\b") as caught:
        fitted(text, table)
    assert f"{value:g}".replace("-", "−") in str(caught.value)


def test_a_share_of_one_is_told_the_family_that_takes_it() -> None:
    table = {"y": [0.2, 0.5, 1.0], "x": [1.0, 2.0, 4.0]}
    with pytest.raises(lk.SupportError, match=r'"zero_one_inflated\(beta\)" takes them'):
        lk.fit("y ~ x", table, "beta")


@pytest.mark.parametrize("text", ["binomial", "beta_binomial"])
def test_more_successes_than_trials(text: str) -> None:
    table = table_of(text)
    table["y"][6] = 13
    with pytest.raises(lk.SupportError, match=r"row 7\b"):
        fitted(text, table)


@pytest.mark.parametrize("text", FAMILIES)
@pytest.mark.parametrize("where", ["target", "x", "w"])
@pytest.mark.parametrize("cell", [np.nan, np.inf], ids=["nan", "inf"])
def test_a_cell_without_a_number(text: str, where: str, cell: float) -> None:
    table = table_of(text)
    name = target_of(text) if where == "target" else where
    if table[name].dtype.kind in "iuf":
        table[name] = table[name].astype(float)
        table[name][9] = cell
    else:
        table[name] = np.array(table[name], dtype=object)
        table[name][9] = None
    with pytest.raises(lk.DataError, match=r"row 10\b") as caught:
        fitted(text, table, weights="w")
    assert f"`{name}`" in str(caught.value)


@pytest.mark.parametrize("text", FAMILIES)
def test_dropped_rows_zero_weights_and_fewer_rows_are_the_same(text: str) -> None:
    table = table_of(text, 60)
    kept = np.ones(60, dtype=bool)
    kept[[3, 17]] = False
    gap = {**table, "x": np.where(kept, table["x"], np.nan)}
    outcomes = [
        honest_or_refused(make)
        for make in (
            lambda: fitted(text, gap, missing="drop"),
            lambda: fitted(text, {k: v[kept] for k, v in table.items()}),
            lambda: fitted(text, {**table, "w": kept.astype(float)}, weights="w"),
        )
    ]
    if None in outcomes:
        assert outcomes == [None] * 3
        return
    dropped, fewer, zero = outcomes
    assert dropped is not None
    assert fewer is not None
    assert zero is not None
    assert dropped.facts.n_dropped == 2
    for other in (dropped, zero):
        assert other.n_observations == 58
        assert other.converged == fewer.converged
        assert other.log_likelihood == pytest.approx(fewer.log_likelihood, abs=1e-6)
        if fewer.converged:
            np.testing.assert_allclose(
                other.params.estimate, fewer.params.estimate, rtol=1e-4, atol=1e-4
            )


WEIGHTS = {
    "negative": lambda n: np.r_[-1.0, np.ones(n - 1)],
    "infinite": lambda n: np.r_[np.inf, np.ones(n - 1)],
    "all zero": np.zeros,
    "too few": lambda n: np.ones(n - 1),
    "text": lambda n: np.array(["a"] * n),
    "a table": lambda n: np.ones((n, 2)),
}


@pytest.mark.parametrize("text", FAMILIES)
@pytest.mark.parametrize("kind", list(WEIGHTS))
def test_weights_that_cannot_be(text: str, kind: str) -> None:
    with pytest.raises(lk.DataError, match="weight"):
        fitted(text, table_of(text), weights=WEIGHTS[kind](N))


@pytest.mark.parametrize("text", FAMILIES)
def test_one_row_of_positive_weight(text: str) -> None:
    fit = honest_or_refused(lambda: fitted(text, table_of(text), weights=np.eye(N)[0]))
    assert fit is None or not fit.converged


# ------------------------------------------------------------------ scales


@pytest.mark.parametrize("text", FAMILIES)
@pytest.mark.parametrize(
    ("scale", "shift"), [(1e12, 0.0), (1e-12, 0.0), (1.0, 1e9), (1e150, 0.0), (1e-150, 0.0)]
)
def test_predictions_do_not_depend_on_the_unit_of_a_column(
    text: str, scale: float, shift: float
) -> None:
    table = table_of(text, 60)
    # On this grid the shifted column holds the same numbers to the last bit.
    table["x"] = np.round(table["x"] * 1024) / 1024
    moved = {**table, "x": table["x"] * scale + shift}
    pair: list[Any] = [honest_or_refused(lambda t=t: fitted(text, t)) for t in (table, moved)]
    if None in pair:
        assert pair == [None, None]
        return
    plain, other = pair
    assert other.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-8, abs=1e-6)
    assert other.converged == plain.converged
    if not plain.converged:
        return
    if text.startswith("ordinal"):
        # Its location and cutpoints move together; the probabilities of the labels do not.
        codes = np.unique(table["y"], return_inverse=True)[1]
        pair = [{"nll": np.asarray(f.predict().nll(codes))} for f in (plain, other)]
    else:
        pair = [f.predict().parameters for f in (plain, other)]
    for name, value in pair[0].items():
        # Where one search ended a hair from the other's end (1e-10 nats: 1e-5 errors).
        np.testing.assert_allclose(
            np.asarray(pair[1][name]), np.asarray(value), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("text", FAMILIES)
def test_one_cell_beyond_all_others(text: str) -> None:
    table = table_of(text)
    table["x"][5] = 1e300
    fit = honest_or_refused(lambda: fitted(text, table))
    if fit is not None:
        assert {d.kind for d in fit.diagnoses} & {"overflow", "influence", "separation"}


@pytest.mark.parametrize(
    "text", [t for t in SCALARS if from_text(t).support.name in ("real", "positive", "nonnegative")]
)
@pytest.mark.parametrize("scale", [1e200, 1e-200, 1e8, 1e-8])
def test_a_target_in_an_odd_unit(text: str, scale: float) -> None:
    table = table_of(text)
    table["y"] = table["y"] * scale
    fit = honest_or_refused(lambda: fitted(text, table))
    if fit is not None and fit.converged and scale in (1e8, 1e-8) and "trunc" not in text:
        plain = fitted(text, table_of(text))
        if plain.converged:
            assert fit.log_likelihood == pytest.approx(
                plain.log_likelihood - _rows_with_density(text, table) * np.log(scale), abs=1e-4
            )


def _rows_with_density(text: str, table: dict[str, Any]) -> int:
    """Rows whose density changes with the unit; an atom at zero does not."""
    return int(np.sum(table["y"] != 0)) if text in ("tweedie", "hurdle(gamma)") else N


@pytest.mark.parametrize("text", COUNTS)
def test_counts_of_a_trillion(text: str) -> None:
    table = table_of(text)
    if "total_count" in table:
        return
    table["y"] = table["y"].astype(float) * 2.0**40
    honest_or_refused(lambda: fitted(text, table))


# ------------------------------------------------------------------ types and shapes


DTYPES: dict[str, Callable[[np.ndarray], Any]] = {
    "bool": lambda v: v.astype(bool),
    "int8": lambda v: v.astype(np.int8),
    "uint8": lambda v: v.astype(np.uint8),
    "float16": lambda v: v.astype(np.float16),
    "float32": lambda v: v.astype(np.float32),
    "object": lambda v: np.array([int(i) for i in v], dtype=object),
    "nullable": lambda v: pd.array(v.astype(int), dtype="Int64"),
    "strided": lambda v: np.repeat(v, 2)[::2],
    "read-only": lambda v: _locked(v),
    "big-endian": lambda v: v.astype(">f8"),
    "masked": np.ma.masked_array,
}


def _locked(v: np.ndarray) -> np.ndarray:
    v = v.copy()
    v.flags.writeable = False
    return v


@pytest.mark.parametrize("text", ["poisson", "normal", "bernoulli", "negative_binomial", "gamma"])
@pytest.mark.parametrize("kind", list(DTYPES))
def test_every_type_of_number_is_the_same_number(text: str, kind: str) -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 2, N).astype(float)
    y = rng.integers(0, 2, N).astype(float) + (1.0 if text == "gamma" else 0.0)
    if text in ("normal", "negative_binomial") and kind != "bool":
        y = rng.integers(0, 9, N).astype(float)
    plain = lk.fit("y ~ x", {"y": y, "x": x}, text)
    make = DTYPES[kind]
    target = y if kind == "bool" and text == "gamma" else make(y)
    given = {"y": target, "x": make(x)}
    fit = lk.fit("y ~ x", given, text)
    np.testing.assert_array_equal(fit.params.estimate, plain.params.estimate)
    arrays = lk.fit(target, np.asarray(make(x))[:, None], text)
    np.testing.assert_allclose(arrays.params.estimate, plain.params.estimate, rtol=1e-12)


@pytest.mark.parametrize("text", FAMILIES)
@pytest.mark.parametrize(
    "cells",
    [
        pd.date_range("2020-01-01", periods=N),
        np.arange(N) + 1j,
        np.array([f"case {i}" for i in range(N)]),
        np.full((N, N), 1.0),
    ],
    ids=["dates", "complex", "text", "square"],
)
def test_columns_that_are_no_numbers(text: str, cells: Any) -> None:
    table = {**table_of(text), "x": cells}
    fit = honest_or_refused(lambda: fitted(text, table))
    assert fit is None or not fit.converged


def test_a_masked_cell_is_missing_and_its_hidden_value_never_used() -> None:
    table = table_of("normal")
    hidden = np.ma.masked_array(table["y"], mask=np.arange(N) == 8)
    hidden.data[8] = 1e6
    with pytest.raises(lk.DataError, match="row 9"):
        lk.fit("y ~ x", {**table, "y": hidden}, "normal")
    dropped = lk.fit("y ~ x", {**table, "y": hidden}, "normal", missing="drop")
    kept = np.arange(N) != 8
    clean = lk.fit("y ~ x", {k: v[kept] for k, v in table.items()}, "normal")
    np.testing.assert_allclose(dropped.params.estimate, clean.params.estimate, rtol=1e-12)


@pytest.mark.parametrize("text", FAMILIES)
def test_a_name_that_does_not_exist_is_answered_with_the_nearest(text: str) -> None:
    table = {**table_of(text), "income": np.arange(N) * 1.0}
    with pytest.raises(lk.LikelierError, match="Did you mean `income`"):
        fitted(text, table, "incme")
    with pytest.raises(lk.LikelierError, match="Did you mean"):
        lk.fit(formula_of(text), table, text[:-1] + "_" if "(" not in text else "poison")


@pytest.mark.parametrize("text", ["normal", "poisson", "bernoulli", "categorical", "gamma"])
def test_prediction_aligns_by_name_and_refuses_what_is_missing_or_new(text: str) -> None:
    table = {**table_of(text), "g": np.array(["u", "v"])[np.arange(N) % 2]}
    fit = fitted(text, table, "x + g")
    reordered = {"g": table["g"], "unused": np.zeros(N), "x": table["x"]}
    np.testing.assert_array_equal(
        np.asarray(fit.predict(reordered).nll(np.zeros(1) + 1)),
        np.asarray(fit.predict(table).nll(np.zeros(1) + 1)),
    )
    with pytest.raises(lk.DataError, match="`x`"):
        fit.predict({"g": table["g"]})
    with pytest.raises(lk.DataError, match="new"):
        fit.predict({"x": [1.0], "g": ["new"]})


@pytest.mark.parametrize("right", ["scale(x)", "center(x)", "poly(x, 2)", "bs(x, df=4)", "log(x)",
                                   "exp(x)", "I(x**2)", "x:x", "1 / x"])  # fmt: skip
@pytest.mark.parametrize(
    "x",
    [[1.0], [2.0] * 4, [1e300, -1e300, 1e200, 0.0], [1e-300, 2e-300, 0.0, 1e-310]],
    ids=["one row", "constant", "huge", "tiny"],
)
def test_transforms_of_columns_that_they_hardly_suit(right: str, x: list[float]) -> None:
    table = {"y": [1.0, 2.0, 4.0, 3.0][: len(x)], "x": x}
    honest_or_refused(lambda: lk.fit(f"y ~ {right}", table, "normal"))


@pytest.mark.parametrize("text", ["ordinal", "categorical", "poisson", "binomial", "geometric"])
def test_the_remedy_for_separation_is_one(text: str) -> None:
    x = np.repeat([0.0, 1.0], 12)
    labels = np.where(x == 0, np.arange(24) % 2, 2)
    table = {"y": labels if text in ("ordinal", "categorical") else np.where(x == 0, 0, labels)}
    table |= {"x": x, "total_count": np.full(24, 6)}
    plain = lk.fit("y ~ x", table, text)
    assert plain.diagnoses[0].kind == "separation"
    assert "lk.Jeffreys()" in plain.diagnoses[0].remedy
    fit = lk.fit("y ~ x", table, text, objective=lk.NLL() + lk.Jeffreys())
    assert fit.converged
    assert [d.kind for d in fit.diagnoses] == ["penalised"]
    assert np.isfinite(fit.standard_errors.standard_error).all()
