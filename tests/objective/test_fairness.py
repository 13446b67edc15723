"""Penalties of gaps between groups: their optimum, what they compare, and what they never need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, gammaln, log_softmax, softmax

import likelier as lk

Array = Any
Value = Callable[[Array], float]
N = 160


@pytest.fixture(scope="module")
def table() -> dict[str, Array]:
    rng = np.random.default_rng(9)
    place = rng.choice(["north", "south", "west"], N, p=[0.5, 0.3, 0.2])
    x = rng.standard_normal(N) + 0.8 * (place == "south")
    age = 40 + 12 * rng.standard_normal(N) + 5 * x
    return {
        "x": x,
        "z": rng.standard_normal(N),
        "place": place,
        "age": age,
        "w": rng.integers(0, 3, N).astype(float),
        "binary": (rng.random(N) < expit(0.3 + x)).astype(int),
        "count": rng.poisson(np.exp(0.2 + 0.4 * x)),
        "label": np.array(["a", "b", "c"])[
            np.argmax(x[:, None] * [0, 0.8, -0.5] + rng.gumbel(size=(N, 3)), axis=1)
        ],
        "real": 2 + x + rng.standard_normal(N),
    }


def columns_of(table: dict[str, Array]) -> Array:
    return np.column_stack([np.ones(N), table["x"], table["z"]])


def gap_of(mean: Array, table: dict[str, Array], among: Array | None = None) -> float:
    """Mean squared difference of weighted group means over pairs, from the definition."""
    rows = np.ones(N, bool) if among is None else among
    means = []
    for name in ("north", "south", "west"):
        inside = rows & (table["place"] == name)
        means.append(np.average(mean[inside], weights=table["w"][inside]))
    pairs = [(0, 1), (0, 2), (1, 2)]
    return float(np.mean([(means[a] - means[b]) ** 2 for a, b in pairs]))


def covariance_of(mean: Array, table: dict[str, Array]) -> float:
    centred = table["age"] - np.average(table["age"], weights=table["w"])
    return float(np.average(centred * mean, weights=table["w"])) ** 2


def objectives(table: dict[str, Array], name: str) -> tuple[str, str, Any, Value, int]:
    """Formula, family, penalty and the objective as a function of the coefficients."""
    x, w = columns_of(table), table["w"]

    def binary(b: Array) -> Array:
        return np.average(np.logaddexp(0, x @ b) - table["binary"] * (x @ b), weights=w)

    if name == "parity":
        return "binary", "bernoulli", lk.DemographicParity("place", 8.0), lambda b: (
            binary(b) + 8.0 * gap_of(expit(x @ b), table)
        ), 3  # fmt: skip
    if name == "odds":
        y = table["binary"]
        return "binary", "bernoulli", 0.5 * lk.EqualizedOdds("place", 20.0), lambda b: (
            binary(b)
            + 10.0 * np.mean([gap_of(expit(x @ b), table, y == c) for c in (0, 1)])
        ), 3  # fmt: skip
    if name == "covariance":
        y = table["count"]
        penalty = lk.DemographicParity("age", 0.02, kind="covariance")
        return "count", "poisson", penalty, lambda b: (
            np.average(np.exp(x @ b) - y * (x @ b) + gammaln(y + 1), weights=w)
            + 0.02 * covariance_of(np.exp(x @ b), table)
        ), 3  # fmt: skip
    if name == "real":
        y = table["real"]
        return "real", "normal", lk.DemographicParity("place", 1.5), lambda b: (
            np.average(
                b[3] + 0.5 * ((y - x @ b[:3]) / np.exp(b[3])) ** 2 + 0.5 * np.log(2 * np.pi),
                weights=w,
            )
            + 1.5 * gap_of(x @ b[:3], table)
        ), 4  # fmt: skip
    codes = np.searchsorted(["a", "b", "c"], table["label"])

    def classes(b: Array) -> float:
        logits = np.column_stack([np.zeros(N), x @ b.reshape(2, 3).T])
        nll = -log_softmax(logits, axis=1)[np.arange(N), codes]
        gaps = [gap_of(p, table) for p in softmax(logits, axis=1).T]
        return float(np.average(nll, weights=w) + 5.0 * 0.5 * np.sum(gaps))

    return "label", "categorical", lk.DemographicParity("place", 5.0), classes, 6


@pytest.mark.parametrize("name", ["parity", "odds", "covariance", "real", "classes"])
def test_the_optimum_is_that_of_a_generic_search(table: Any, name: str) -> None:
    target, family, penalty, value, size = objectives(table, name)
    objective = lk.NLL() + penalty
    fit = lk.fit(f"{target} ~ x + z", table, family, objective=objective, weights="w")
    assert fit.converged, fit.diagnoses
    found = float(fit.objective_terms["mean"].sum())
    least = value(fit.coefficients)
    assert found == pytest.approx(least, abs=1e-12)
    best = minimize(value, np.zeros(size), method="BFGS", options={"gtol": 1e-7})
    best = minimize(value, best.x, method="Nelder-Mead", options={"fatol": 1e-13, "xatol": 1e-9})
    assert least == pytest.approx(best.fun, abs=1e-8)
    assert least <= best.fun + 1e-11
    plain = lk.fit(f"{target} ~ x + z", table, family, weights="w")
    assert plain.nll < fit.nll
    # Derivatives are those of the value.
    function = fit.sample.problem.function  # type: ignore[union-attr]
    theta = 0.8 * fit.sample.solution.theta  # type: ignore[union-attr]
    steps = 1e-5 * np.eye(size)
    slopes = [(function(theta + e, 0).value - function(theta - e, 0).value) / 2e-5 for e in steps]
    np.testing.assert_allclose(function(theta, 1).gradient, slopes, rtol=1e-6, atol=1e-5)


def test_the_gap_falls_with_the_strength(table: Any) -> None:
    kinds: list[tuple[str, str, Any]] = [
        ("binary", "bernoulli", lk.DemographicParity("place")),
        ("binary", "bernoulli", lk.EqualizedOdds("place")),
        ("count", "negative_binomial", lk.DemographicParity("age", kind="covariance")),
    ]
    for target, family, penalty in kinds:
        gaps, losses = [], []
        for strength in (0, 0.3, 3, 30, 300, 3000):
            objective = lk.NLL() + strength * penalty
            fit = lk.fit(f"{target} ~ x + z", table, family, objective=objective)
            assert fit.converged
            gaps.append(fit.objective_terms.value[1] / N if strength else np.inf)
            losses.append(fit.nll)
        assert np.all(np.diff(gaps) < 0)
        assert np.all(np.diff(losses) > 0)
        assert gaps[-1] < 1e-3 * gaps[1]


def test_neither_predictions_nor_files_need_the_group(table: Any, tmp_path: Any) -> None:
    objective = lk.NLL() + lk.DemographicParity("place", 5.0)
    fit = lk.fit("binary ~ x", table, "bernoulli", objective=objective)
    rows = {"x": [0.0, 1.0]}
    fit.save(tmp_path / "fair.lkl")
    again = lk.load(tmp_path / "fair.lkl")
    np.testing.assert_array_equal(again.predict(rows).mean, fit.predict(rows).mean)
    assert again.objective_terms.equals(fit.objective_terms)
    # By an array the same, and among the rows that are judged the gaps are told by group.
    array = lk.NLL() + lk.DemographicParity(table["place"], 5.0)
    same = lk.fit("binary ~ x", table, "bernoulli", objective=array)
    np.testing.assert_allclose(same.coefficients, fit.coefficients, rtol=1e-12)
    assert len(fit.assess(table, groups="place").by_group) == 3


def test_groups_are_named_in_errors(table: Any) -> None:
    one = {**table, "same": np.repeat("north", N), "id": np.arange(N)}
    for penalty, words in (
        (lk.DemographicParity("plce"), "place"),
        (lk.DemographicParity("same"), r"`same` has one level in these rows, 'north'"),
        (lk.EqualizedOdds("same"), r"EqualizedOdds: `same` has one level"),
        (lk.DemographicParity("id"), r"`id` has 160 levels.*kind=\"covariance\""),
        (lk.DemographicParity("place", kind="covariance"), "`place` holds labels"),
        (lk.DemographicParity(table["place"][:9]), "group has 9 values"),
    ):
        with pytest.raises(lk.LikelierError, match=words):
            lk.fit("binary ~ x", one, "bernoulli", objective=lk.NLL() + penalty)
    with pytest.raises(lk.LikelierError, match="use DemographicParity"):
        lk.fit("count ~ x", one, "poisson", objective=lk.NLL() + lk.EqualizedOdds("place"))
    two = lk.DemographicParity(table["age"], kind="covariance") + lk.EqualizedOdds(table["place"])
    with pytest.raises(lk.LikelierError, match="different arrays as group"):
        lk.fit("binary ~ x", one, "bernoulli", objective=lk.NLL() + two)
    for make, words in (
        (lambda: lk.DemographicParity("place", -1), "strength of DemographicParity"),
        (lambda: lk.DemographicParity(3), "the name of a column"),
        (lambda: lk.DemographicParity("place", kind="covarince"), "mean `covariance`"),
    ):
        with pytest.raises(lk.LikelierError, match=words):
            make()


def test_a_missing_group_is_a_missing_value(table: Any) -> None:
    holes = {**table, "place": np.where(np.arange(N) == 7, None, table["place"])}
    objective = lk.NLL() + lk.DemographicParity("place", 5.0)
    with pytest.raises(lk.DataError, match=r"place.*row 8"):
        lk.fit("binary ~ x", holes, "bernoulli", objective=objective)
    kept = lk.fit("binary ~ x", holes, "bernoulli", objective=objective, missing="drop")
    rest = {name: np.delete(values, 7) for name, values in table.items()}
    fit = lk.fit("binary ~ x", rest, "bernoulli", objective=objective)
    np.testing.assert_allclose(kept.coefficients, fit.coefficients, rtol=1e-10)


def test_the_error_of_a_gap_is_that_of_its_rows(table: Any) -> None:
    """Delete-one jackknife, for labels of several classes, odds, and a covariance, with weights."""
    rng = np.random.default_rng(4)
    w, place, age = table["w"] + 1, table["place"], table["age"]
    probs = rng.dirichlet([2.0, 3.0, 1.0], N)
    y = rng.integers(0, 3, N)
    for penalty, groups in (
        (lk.DemographicParity("place"), place),
        (lk.EqualizedOdds("place"), place),
        (lk.DemographicParity("age", kind="covariance"), age),
    ):
        rows = np.repeat(np.arange(N), w.astype(int))
        told = lk.Categorical(probs=probs)
        size, error = penalty.gap(groups, told, y, w)
        repeated = penalty.gap(groups[rows], told[rows], y[rows])
        assert (size, error) == pytest.approx(repeated, rel=1e-12)
        total = len(rows)
        each = [np.delete(rows, i) for i in range(total)]
        out = np.array([penalty.gap(groups[r], told[r], y[r])[0] for r in each])
        assert error == pytest.approx(np.sqrt((total - 1) * out.var()), rel=0.06)


def test_a_frontier_judges_by_rows_that_were_held_out(table: Any) -> None:
    parity = lk.DemographicParity("place")
    found = lk.frontier("binary ~ x + z", table, "bernoulli", parity, [10, 0, 1], held_out=0.4)
    made = found.table
    assert made.columns.tolist() == [
        "strength", "nll", "accuracy", "gap", "nll_se", "accuracy_se", "nll_paid", "nll_paid_se",
        "gap_se", "nll_fitted", "gap_fitted",
    ]  # fmt: skip
    assert made.nll_paid.tolist() == pytest.approx((made.nll - made.nll[0]).tolist())
    # By the same rows, what a small strength costs is known better than what it leads to.
    assert made.nll_paid_se[0] == 0 < made.nll_paid_se[1] < 0.5 * made.nll_se[1]
    assert made.strength.tolist() == [0, 1, 10]
    assert made.gap_fitted.is_monotonic_decreasing
    assert made.nll_fitted.is_monotonic_increasing
    assert found.n_held_out == 64
    # Judged by rows that are given: the same numbers by hand.
    first = {name: values[:100] for name, values in table.items()}
    rest = {name: values[100:] for name, values in table.items()}
    given = lk.frontier("binary ~ x", first, "bernoulli", parity, [2.0], validation=rest)
    objective = lk.NLL() + 2.0 * parity
    p = lk.fit("binary ~ x", first, "bernoulli", objective=objective).predict(rest).mean
    row = given.table.iloc[0]
    y = rest["binary"]
    assert row.nll == pytest.approx(-np.mean(np.log(np.where(y == 1, p, 1 - p))))
    assert row.accuracy == np.mean((p > 0.5) == y)
    losses = -np.log(np.where(y == 1, p, 1 - p))
    assert row.nll_se == pytest.approx(losses.std() / np.sqrt(60))
    assert row.accuracy_se == pytest.approx(np.sqrt(row.accuracy * (1 - row.accuracy) / 60))
    means = [p[rest["place"] == g].mean() for g in ("north", "south", "west")]
    pairs = [means[0] - means[1], means[0] - means[2], means[1] - means[2]]
    assert row.gap == pytest.approx(np.sqrt(np.mean(np.square(pairs))))
    # The standard error of the gap by leaving out one row after the other; in a group of ten rows
    # that is wider by 10 / 9.
    places = rest["place"]

    def gap(kept: Array) -> float:
        m = [p[kept & (places == g)].mean() for g in ("north", "south", "west")]
        return float(np.sqrt(np.mean([(m[a] - m[b]) ** 2 for a, b in ((0, 1), (0, 2), (1, 2))])))

    out = np.array([gap(np.arange(60) != i) for i in range(60)])
    assert row.gap_se == pytest.approx(np.sqrt(59 * out.var()), rel=0.12)
    drawn = lk.frontier("count ~ x", table, "poisson", parity, [0, 1]).plot()
    assert "mse" in drawn.data.columns
    assert "DemographicParity('place') of binary as bernoulli" in str(found)
    assert "<table" in found._repr_html_()
    for penalty, words in (
        (lk.L1(), "penalty of groups"),
        (lk.NLL() + parity, "penalty of groups"),
    ):
        with pytest.raises(lk.LikelierError, match=words):
            lk.frontier("binary ~ x", table, "bernoulli", penalty)
    with pytest.raises(lk.LikelierError, match="0 or above"):
        lk.frontier("binary ~ x", table, "bernoulli", parity, [-1])
