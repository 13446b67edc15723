"""Terms say what they are, add up on one scale, and call for the solver that suits them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import likelier as lk
from likelier.objective import GroupPenalty, Kinks, Penalty, Risk, Term
from likelier.solvers import Continuation, Newton, ProximalNewton, choose_solver


def members(base: type) -> list[type]:
    """The concrete classes of a contract."""
    found = [m for cls in base.__subclasses__() for m in [cls, *members(cls)]]
    return [cls for cls in found if not getattr(cls, "__abstractmethods__", None)]


PENALTIES = sorted(set(members(Penalty)), key=lambda cls: cls.__name__)


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    n = 240
    x, z = rng.standard_normal(n), 5 + 30 * rng.standard_normal(n)
    place = rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    w = rng.integers(0, 4, n).astype(float)
    y = 1 + 0.8 * x + 0.01 * z + 0.5 * (place == "b") + rng.standard_normal(n)
    return {"y": y, "x": x, "z": z, "place": place, "w": w}


@pytest.mark.parametrize("cls", PENALTIES, ids=lambda cls: cls.__name__)
def test_every_penalty_says_what_it_is(cls: type[Penalty]) -> None:
    assert cls.__name__ in lk.__all__
    assert not (cls.smooth and cls.proximal), "kinks are what a prox is for"
    assert cls.inference in ("information", "penalised", "none")
    assert (cls.inference == "none") == cls.proximal
    if "surface" in cls.needs:
        # What takes a user's function has no text that could be typed again.
        return
    # Those of groups name a column first.
    penalty = cls("sex") if issubclass(cls, GroupPenalty) else cls()  # type: ignore[call-arg]
    assert eval(f"lk.{penalty.text()}").text() == penalty.text()


def test_every_risk_is_exported() -> None:
    assert {cls.__name__ for cls in members(Risk)} <= set(lk.__all__)
    assert issubclass(Risk, Term)


@pytest.mark.parametrize(
    ("family", "penalty", "solver", "within"),
    [
        ("normal", None, Newton, None),
        ("normal", lk.L2(0.1), Newton, None),
        ("normal", lk.Jeffreys(), Newton, None),
        ("normal", lk.L1(0.1) + lk.Jeffreys(), ProximalNewton, None),
        ("laplace", lk.L2(0.1), Continuation, Newton),
        ("laplace", lk.L1(0.1), Continuation, ProximalNewton),
    ],
)
def test_the_solver_follows_from_what_family_and_terms_declare(
    table: Any, family: str, penalty: Any, solver: type, within: type | None
) -> None:
    objective = lk.NLL() if penalty is None else lk.NLL() + penalty
    plain = lk.fit("y ~ x", table, "normal").sample
    assert plain is not None
    if family == "normal" or not isinstance(penalty, lk.Jeffreys):
        fit = lk.fit("y ~ x", table, family, objective=objective)
        assert fit.sample is not None
        chosen = choose_solver(fit.sample.problem.function)
        assert type(chosen) is solver
        assert within is None or type(chosen.within) is within  # type: ignore[attr-defined]


def test_penalties_are_against_the_mean_and_of_standardised_columns(table: Any) -> None:
    """The optimum of the formula of the docstring, found by a generic optimiser."""
    w, y = table["w"], table["y"]
    b, c = (table["place"] == level for level in "bc")
    x = np.column_stack([table["x"], table["z"], b, c])
    means = np.average(x, axis=0, weights=w)
    spreads = np.sqrt(np.average((x - means) ** 2, axis=0, weights=w))
    u = (x - means) / spreads
    rng = np.random.default_rng(11)

    def mean_nll(p: np.ndarray) -> float:
        mu, scale = p[0] + u @ p[1:5], np.exp(p[5])
        row = np.log(scale) + 0.5 * np.log(2 * np.pi) + 0.5 * ((y - mu) / scale) ** 2
        return float(np.average(row, weights=w))

    terms = {
        lk.L2(0.3): lambda s: 0.15 * np.sum(s**2),
        lk.L2(0.3, factors={"z": 2, "place": 0}): lambda s: 0.15 * (s[0] ** 2 + 2 * s[1] ** 2),
        lk.L1(0.1): lambda s: 0.1 * np.sum(np.abs(s)),
        lk.ElasticNet(0.1, 0.3): lambda s: 0.03 * np.sum(np.abs(s)) + 0.035 * np.sum(s**2),
        lk.GroupL1(0.1): lambda s: (
            0.1 * (abs(s[0]) + abs(s[1]) + np.sqrt(2) * np.hypot(s[2], s[3]))
        ),
    }
    for penalty, value in terms.items():
        objective = lk.NLL() + penalty
        fit = lk.fit("y ~ x + z + place", table, "normal", objective=objective, weights="w")
        assert fit.converged
        # The estimate on the scale of the formula: slopes of standardised columns.
        p = fit.params.estimate.to_numpy().copy()
        p[0] += p[1:5] @ means
        p[1:5] *= spreads
        least = mean_nll(p) + value(p[1:5])
        assert fit.objective_terms["mean"].sum() == pytest.approx(least, abs=1e-12)
        for _ in range(200):
            near = p + 10 ** rng.uniform(-5, 0) * rng.standard_normal(6)
            assert mean_nll(near) + value(near[1:5]) > least - 1e-12
        best = minimize(
            lambda p, value=value: mean_nll(p) + value(p[1:5]), np.zeros(6), method="Powell"
        )
        # A search that knows no kinks stalls near them, and never below.
        assert least - 1e-12 <= best.fun <= least + 1e-4


def test_terms_are_listed_with_the_plain_nll(table: Any) -> None:
    objective = lk.NLL() + 0.5 * lk.L1(0.2) + lk.L2(0.1) + 0.25 * lk.Jeffreys()
    fit = lk.fit("y ~ x + z", table, "normal", objective=objective)
    terms = fit.objective_terms
    assert terms.term.tolist() == ["NLL()", "L1(0.2)", "L2(0.1)", "Jeffreys()"]
    assert terms.strength.tolist() == [1.0, 0.5, 1.0, 0.25]
    assert fit.sample is not None
    assert fit.sample.solution is not None
    assert terms.value @ terms.strength == pytest.approx(fit.sample.solution.value, rel=1e-12)
    assert terms.value[0] == pytest.approx(-fit.log_likelihood)
    # Along the search too.
    for step in fit.sample.solution.trace:
        assert sum(step.terms) == pytest.approx(step.value, rel=1e-12)
    course = fit.history
    shown = ["NLL()", "0.5 * L1(0.2)", "L2(0.1)", "0.25 * Jeffreys()"]
    np.testing.assert_allclose(course[shown].sum(axis=1), course.objective, rtol=1e-12)
    plain = lk.fit("y ~ x + z", table, "normal")
    assert plain.objective_terms["mean"].tolist() == [pytest.approx(plain.nll)]


def test_one_parameter_or_one_term_may_be_penalised_alone(table: Any) -> None:
    formulas = {"loc": "y ~ x + z", "scale": "~ x + z + place"}
    plain = lk.fit(formulas, table, "normal")
    sparse = lk.fit(formulas, table, "normal", objective=lk.NLL() + lk.L1(10, parameters="scale"))
    scale = sparse.params.parameter == "scale"
    assert np.all(sparse.params.estimate[scale & (sparse.params.term != "intercept")] == 0)
    assert np.all(sparse.params.estimate[~scale] != 0)
    one = lk.L1(10, factors={("scale", "x"): 0, ("loc", "x"): 0, ("loc", "z"): 0})
    free = lk.fit(formulas, table, "normal", objective=lk.NLL() + one)
    kept = free.params[(free.params.estimate != 0) & (free.params.term != "intercept")]
    assert kept[["parameter", "term"]].values.tolist() == [
        ["loc", "x"],
        ["loc", "z"],
        ["scale", "x"],
    ]
    none = lk.fit(formulas, table, "normal", objective=lk.NLL() + 0 * lk.L2(5.0))
    np.testing.assert_allclose(none.params.estimate, plain.params.estimate, atol=1e-6)


def test_a_term_of_all_classes_enters_together() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((300, 3))
    y = np.argmax(x[:, :1] * [[0.0, 1.5, -1.0]] + rng.gumbel(size=(300, 3)), axis=1)
    fit = lk.fit(y, x, "categorical", objective=lk.NLL() + lk.GroupL1(0.08))
    by_term = fit.params.groupby("term").estimate.agg(lambda b: (b != 0).sum())
    assert by_term["x1"] == 2
    assert by_term["x2"] == by_term["x3"] == 0


def test_names_and_numbers_that_mean_nothing_are_refused(table: Any) -> None:
    for penalty, words in (
        (lambda: lk.L1(-1), "strength of L1"),
        (lambda: lk.L2(np.inf), "strength of L2"),
        (lambda: lk.L1("strong"), "strength of L1"),
        (lambda: lk.L1(True), "strength of L1"),
        (lambda: lk.ElasticNet(1, 1.5), "at most 1"),
        (lambda: lk.L1(1, factors={"x": -1}), "factor of 'x'"),
        (lambda: lk.L1(1, factors=["x"]), "is a dict"),
        (lambda: lk.L1(1, factors={"plase": 0}), "mean `place`"),
        (lambda: lk.L1(1, factors={"intercept": 0}), "never penalised"),
        (lambda: lk.L1(1, parameters="scle"), "scale"),
        (lambda: lk.GroupL1(1, factors={"place[T.b]": 2}), "enter together"),
    ):
        with pytest.raises(lk.LikelierError, match=words):
            lk.fit("y ~ x + place", table, "normal", objective=lk.NLL() + penalty())
    with pytest.raises(lk.LikelierError, match=r"use lk\.ProximalNewton"):
        lk.fit("y ~ x", table, "normal", objective=lk.NLL() + lk.L1(0.1), solver=lk.Newton())


def test_kinks_know_their_prox_and_their_shortest_subgradient() -> None:
    """By what defines them."""
    rng = np.random.default_rng(8)
    kinks = Kinks(
        np.ones(6),
        np.array([0.5, 0.0, 0.3, 0.3, 0.0, 0.0]),
        np.array([-1, -1, 0, 0, 1, 1]),
        np.array([0.4, 0.7]),
    )
    for _ in range(10):
        u = rng.standard_normal(6)
        found = kinks.prox(u, 0.6)
        least = 0.5 * np.sum((found - u) ** 2) + 0.6 * kinks.value(found)
        for _ in range(200):
            near = found + 10 ** rng.uniform(-6, 0) * rng.standard_normal(6)
            assert 0.5 * np.sum((near - u) ** 2) + 0.6 * kinks.value(near) > least
        # At the prox 0 is a subgradient of what was minimised.
        shortest = kinks.times(0.6).subgradient(found, found - u)
        np.testing.assert_allclose(shortest, 0, atol=1e-14)
        # Off the kinks it is the gradient.
        steps = 1e-6 * np.eye(6)
        slopes = [(kinks.value(u + e) - kinks.value(u - e)) / 2e-6 for e in steps]
        np.testing.assert_allclose(kinks.subgradient(u, np.zeros(6)), slopes, atol=1e-8)
        bends = [(kinks.slope(u + e) - kinks.slope(u - e)) / 2e-6 for e in steps]
        np.testing.assert_allclose(kinks.curvature(u), bends, atol=1e-8)
        # The factor at which 0 becomes the optimum.
        least = kinks.reach(u * (kinks.penalised))
        assert np.any(kinks.prox(u * kinks.penalised, 0.999 * least) != 0)
        assert not np.any(kinks.prox(u * kinks.penalised, 1.001 * least))
