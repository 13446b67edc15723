"""Risks that are no likelihoods: their optimum, what they say of themselves, and their limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog, minimize, root
from scipy.special import expit, gammaln, log_softmax

import likelier as lk
from likelier.engines import JointSum

Array = Any
Losses = Callable[[Array], tuple[Array, Array]]


@pytest.fixture(scope="module")
def table() -> dict[str, Array]:
    rng = np.random.default_rng(3)
    n = 61
    x, z = rng.standard_normal(n), rng.standard_normal(n)
    return {
        "x": x,
        "z": z,
        "real": 1 + x - 0.5 * z + rng.standard_t(3, n) * np.exp(0.5 * x),
        "binary": (rng.random(n) < expit(0.4 + x)).astype(int),
        "count": rng.poisson(np.exp(0.5 + 0.5 * x)),
        "w": rng.integers(0, 4, n).astype(float),
    }


# ---------------------------------------------------------------------- CVaR


def rows_of(family: str, table: dict[str, Array], columns: Array) -> Losses:
    """Losses of the rows and their slopes in the coefficients, from the textbook."""

    def found(b: Array) -> tuple[Array, Array]:
        eta = columns @ b
        if family == "normal":
            r = table["real"] - eta
            value, slope = 0.5 * r**2 + 0.5 * np.log(2 * np.pi), -r
        elif family == "laplace":
            r = table["real"] - eta
            value, slope = np.abs(r) + np.log(2), -np.sign(r)
        elif family == "bernoulli":
            value, slope = (
                np.logaddexp(0, eta) - table["binary"] * eta,
                expit(eta) - table["binary"],
            )
        else:
            y = table["count"]
            value, slope = np.exp(eta) - y * eta + gammaln(y + 1), np.exp(eta) - y
        return value, slope[:, None] * columns

    return found


def cvar(losses: Array, weights: Array, level: float) -> float:
    """The mean of the worst share, by counting rows down from the worst."""
    order = np.argsort(-losses)
    left = (1 - level) * weights.sum()
    total = 0.0
    for i in order:
        part = min(weights[i], left)
        total += part * losses[i]
        left -= part
    return total / ((1 - level) * weights.sum())


def lower_bound(losses: Losses, b: Array, weights: Array, level: float, aim: float) -> float:
    """A bound below the least CVaR of convex losses, by linear programs of their tangents.

    Kelley's cutting planes: of each loss only tangents are used, so that every program's value is
    below the least one, and rises to it.
    """
    used = weights > 0
    share = weights[used] / ((1 - level) * weights.sum())
    n, p = int(used.sum()), len(b)
    rows: list[Array] = []
    ends: list[Array] = []
    bound = -np.inf
    for _ in range(40):
        value, slope = (part[used] for part in losses(b))
        # u ≥ value + slope (b' − b) − t
        rows.append(np.hstack([slope, -np.ones((n, 1)), -np.eye(n)]))
        ends.append(slope @ b - value)
        found = linprog(
            np.concatenate([np.zeros(p), [1.0], share]),
            A_ub=np.vstack(rows),
            b_ub=np.concatenate(ends),
            bounds=[(-20, 20)] * p + [(None, None)] + [(0, None)] * n,
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        bound, b = float(found.fun), found.x[:p]
        if aim - bound < 2e-9:
            break
    return bound


@pytest.mark.parametrize("level", [1e-9, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("family", ["normal", "laplace", "bernoulli", "poisson"])
def test_cvar_is_that_of_a_linear_program(table: Any, family: str, level: float) -> None:
    made: Any = {
        "normal": lk.Fixed(lk.Normal, scale=1.0),
        "laplace": lk.Fixed(lk.Laplace, scale=1.0),
    }.get(family, family)
    target = {"bernoulli": "binary", "poisson": "count"}.get(family, "real")
    objective = lk.CVaR(level)
    fit = lk.fit(f"{target} ~ x + z", table, made, objective=objective, weights="w")
    assert fit.converged, fit.diagnoses
    columns = np.column_stack([np.ones(61), table["x"], table["z"]])
    losses = rows_of(family, table, columns)
    found = float(fit.objective_terms["mean"][0])
    here = losses(fit.coefficients)[0]
    assert found == pytest.approx(cvar(here, table["w"], level), abs=1e-9)
    bound = lower_bound(losses, fit.coefficients, table["w"], level, found)
    assert bound - 1e-8 <= found <= bound + 1e-7
    used = table["w"] > 0
    if level < 0.1:
        plain = lk.fit(f"{target} ~ x + z", table, made, weights="w")
        assert found == pytest.approx(plain.nll, abs=1e-7)
    elif level > 0.99:
        assert found == pytest.approx(here[used].max(), abs=1e-7)


def test_the_tail_of_a_fit(table: Any) -> None:
    formula, unit = "real ~ x + z", lk.Fixed(lk.Normal, scale=1.0)
    far = lk.fit(formula, table, unit, objective=lk.CVaR(0.8))
    near = lk.fit(formula, table, unit)
    tail, plain = far.tail(), near.tail(0.8)
    assert tail.level == 0.8
    assert tail.mean == pytest.approx(far.objective_terms["mean"][0], abs=1e-8)
    assert tail.mean < plain.mean
    assert tail.nll == pytest.approx(far.nll)
    assert tail.nll_paid == pytest.approx(far.nll - near.nll)
    assert tail.nll_paid > 0
    assert plain.nll_paid == pytest.approx(0, abs=1e-12)
    assert len(tail.rows) == 13  # a fifth of 61 rows, the last one in part
    assert tail.rows.share.sum() == pytest.approx(1)
    assert tail.rows.nll.is_monotonic_decreasing
    assert tail.threshold == tail.rows.nll.iloc[-1]
    assert tail.rows.observed.tolist() == table["real"][tail.rows.row].tolist()
    assert "worst 20 % of the rows (13)" in str(tail)
    with pytest.raises(lk.LikelierError, match="level of a tail"):
        far.tail(1.0)


def test_a_bigger_table_and_a_scale_that_varies() -> None:
    """The search that starts from a sample of the rows, and several parameters at once."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal(60_000)
    table = {"x": x, "y": 1 + x + np.exp(0.3 * x) * rng.standard_normal(60_000)}
    formulas = {"loc": "y ~ x", "scale": "~ x"}
    fit = lk.fit(formulas, table, "normal", objective=lk.CVaR(0.95))
    assert fit.converged
    least = fit.objective_terms["mean"][0]
    for _ in range(20):
        loc, slope, scale, drift = fit.coefficients + 1e-3 * rng.standard_normal(4)
        log_scale = scale + drift * x
        r = (table["y"] - loc - slope * x) / np.exp(log_scale)
        near = 0.5 * r**2 + log_scale + 0.5 * np.log(2 * np.pi)
        assert cvar(near, np.ones(60_000), 0.95) > least


@pytest.mark.parametrize("solver", [lk.SGD(batch_size=20), lk.Adam(batch_size=20), lk.Adam()])
def test_cvar_by_batches_of_rows_ends_at_its_optimum(solver: Any) -> None:
    rng = np.random.default_rng(5)
    n = 400
    x = rng.standard_normal(n)
    table = {"x": x, "y": 1 + x + rng.standard_normal(n)}
    risk = lk.CVaR(0.9)
    best = lk.fit("y ~ x", table, "normal", objective=risk)
    fit = lk.fit("y ~ x", table, "normal", objective=risk, solver=solver)
    # Where few rows lie at the threshold the last steps may stall a little above the tolerance.
    assert fit.converged or fit.diagnoses[0].kind == "not converged"
    excess = n * (fit.objective_terms["mean"][0] - best.objective_terms["mean"][0])
    assert -1e-8 < excess < 0.1
    # The value is the exact one of its coefficients.
    loc = fit.coefficients[0] + fit.coefficients[1] * x
    scale = np.exp(fit.coefficients[2])
    losses = 0.5 * ((table["y"] - loc) / scale) ** 2 + np.log(scale) + 0.5 * np.log(2 * np.pi)
    exact = cvar(losses, np.ones(n), 0.9)
    assert fit.objective_terms["mean"][0] == pytest.approx(exact, rel=1e-12)


def test_a_batch_underrates_the_tail_and_not_where_the_threshold_is_known() -> None:
    """Of 20 rows the worst are less far out than those of many; given the threshold rows add up."""
    rng = np.random.default_rng(8)
    n, size = 40_000, 20
    table = {"y": rng.standard_normal(n)}
    fit = lk.fit("y ~ 1", table, lk.Fixed(lk.Normal, scale=1.0))
    losses = 0.5 * (table["y"] - fit.coefficients[0]) ** 2 + 0.5 * np.log(2 * np.pi)
    whole = cvar(losses, np.ones(n), 0.95)
    sample: Any = fit.sample
    function = replace(sample.problem.function, risk=lk.CVaR(0.95))
    joint, point = JointSum.begin(function, sample.solution.theta)

    def mean(of: Any, at: Array) -> float:
        batches = [[[slice(first, first + size)]] for first in range(0, n, size)]
        return float(np.mean([of.on(rows)(at, 0).value / size for rows in batches]))

    assert mean(function, point[:-1]) < 0.92 * whole
    assert mean(joint, point) == pytest.approx(whole, rel=1e-10)
    # A threshold that is a little off costs a little: it is a minimum.
    for off in (-0.2, 0.2):
        assert whole <= mean(joint, point + np.array([0, off])) < 1.02 * whole
    # Its derivatives, the one in the threshold too, are those of the value.
    rounded, point = JointSum.begin(function.rounded(0.3), sample.solution.theta)
    steps = 1e-5 * np.eye(2)
    slopes = [(rounded(point + e, 0).value - rounded(point - e, 0).value) / 2e-5 for e in steps]
    np.testing.assert_allclose(rounded(point, 1).gradient, slopes, rtol=1e-6, atol=1e-3)
    bends = [
        (rounded(point + e, 1).gradient - rounded(point - e, 1).gradient) / 2e-5 for e in steps
    ]
    np.testing.assert_allclose(rounded(point, 2).curvature, bends, rtol=1e-6, atol=1e-2)


# ---------------------------------------------------------------------- label smoothing


def test_label_smoothing_is_at_the_optimum_of_a_generic_search(table: Any) -> None:
    rng = np.random.default_rng(6)
    columns = np.column_stack([np.ones(61), table["x"], table["z"]])
    w = table["w"]
    labels = rng.integers(0, 3, 61)
    amount = 0.15

    def binary(b: Array) -> float:
        soft = (1 - amount) * table["binary"] + amount / 2
        return float(np.average(np.logaddexp(0, columns @ b) - soft * (columns @ b), weights=w))

    def three(b: Array) -> float:
        soft = (1 - amount) * np.eye(3)[labels] + amount / 3
        logits = np.column_stack([np.zeros(61), columns @ b.reshape(2, 3).T])
        return float(np.average(-np.sum(soft * log_softmax(logits, axis=1), axis=1), weights=w))

    made = {**table, "label": np.array(["a", "b", "c"])[labels]}
    for target, family, value, size in (
        ("binary", "bernoulli", binary, 3),
        ("label", "categorical", three, 6),
    ):
        objective = lk.LabelSmoothing(amount)
        fit = lk.fit(f"{target} ~ x + z", made, family, objective=objective, weights="w")
        assert fit.converged
        found = fit.objective_terms["mean"][0]
        assert found == pytest.approx(value(fit.coefficients), abs=1e-13)
        best = minimize(value, np.zeros(size), method="BFGS", options={"gtol": 1e-9})
        assert found <= best.fun + 1e-13
        np.testing.assert_allclose(fit.coefficients, best.x, atol=2e-6)


def test_smoothed_labels_have_a_finite_optimum_with_no_excess() -> None:
    """At separation a finite gap, no excess, and no label lost (arXiv:1906.02629)."""
    made = {"g": np.repeat(["a", "b", "c"], 7), "y": np.repeat(["u", "v", "w"], 7)}
    for amount in (0.3, 0.1, 1e-6):
        risk = lk.LabelSmoothing(amount)
        fit = lk.fit("y ~ g", made, "categorical", objective=risk)
        # 1. Log odds of the right label against any other one are finite, and these.
        assert fit.converged, fit.diagnoses
        logits = np.log(fit.predict().probs)
        right = np.eye(3, dtype=bool)[np.repeat([0, 1, 2], 7)]
        gap = np.log((1 - amount + amount / 3) / (amount / 3))
        np.testing.assert_allclose(
            logits[right][:, None] - logits[~right].reshape(-1, 2),
            gap,
            # A search ends 1e-10 nats from the optimum, in which a share of 1e-6 weighs little.
            rtol=1e-5,
        )
        # 2. The smoothed cross-entropy is the entropy of the smoothed target, and no more.
        assert fit.objective_terms["mean"][0] == pytest.approx(risk.entropy(3), rel=1e-9)
        # 3. No label is lost by it; the plain NLL, on the labels as they are, is that of the gap.
        assert (fit.predict().probs.argmax(axis=1) == np.repeat([0, 1, 2], 7)).all()
        assert fit.nll == pytest.approx(-np.log(1 - amount + amount / 3), rel=1e-5)
        assert fit.assess(made).nll == pytest.approx(fit.nll, rel=1e-9)
    plain = lk.fit("y ~ g", made, "categorical")
    assert plain.diagnoses[0].kind == "separation"


def test_no_smoothing_is_the_likelihood_and_weights_only_count_rows(table: Any) -> None:
    plain = lk.fit("binary ~ x", table, "bernoulli")
    none = lk.fit("binary ~ x", table, "bernoulli", objective=lk.LabelSmoothing(0))
    np.testing.assert_allclose(none.coefficients, plain.coefficients, atol=1e-9)
    times = table["w"].astype(int)
    repeated = {name: np.repeat(values, times) for name, values in table.items()}
    for objective in (lk.LabelSmoothing(0.2), lk.CVaR(0.7)):
        weighted = lk.fit("binary ~ x", table, "bernoulli", objective=objective, weights="w")
        rows = lk.fit("binary ~ x", repeated, "bernoulli", objective=objective)
        assert weighted.objective_terms["mean"].tolist() == pytest.approx(
            rows.objective_terms["mean"].tolist(), abs=1e-9
        )


def test_ordered_labels_are_smoothed_too(table: Any) -> None:
    made = {"x": table["x"], "y": np.digitize(table["real"], [0.0, 1.0, 2.0])}
    fit = lk.fit("y ~ x", made, "ordinal", objective=lk.LabelSmoothing(0.2))
    probs = np.exp(fit.predict()._log_probs())
    soft = lk.smooth_labels(made["y"], 0.2, 4)
    found = -np.mean(np.sum(soft * np.log(probs), axis=1))
    assert fit.objective_terms["mean"][0] == pytest.approx(found, rel=1e-12)


# ---------------------------------------------------------------------- β-NLL


@pytest.mark.parametrize("beta", [0.25, 0.5, 0.9])
def test_beta_nll_solves_the_equations_of_its_paper(table: Any, beta: float) -> None:
    formulas = {"loc": "real ~ x + z", "scale": "~ x"}
    fit = lk.fit(formulas, table, "normal", objective=lk.BetaNLL(beta), weights="w")
    assert fit.converged
    loc = np.column_stack([np.ones(61), table["x"], table["z"]])
    scale = loc[:, :2]

    def equations(b: Array) -> Array:
        mean, sd = loc @ b[:3], np.exp(scale @ b[3:])
        r = (table["real"] - mean) / sd
        # The slopes of the NLL, the variance to the β in front taken for a constant.
        held = table["w"] * sd ** (2 * beta)
        return np.concatenate([loc.T @ (-held * r / sd), scale.T @ (held * (1 - r**2))])

    solved = root(equations, fit.coefficients + 0.01, tol=1e-13)
    np.testing.assert_allclose(fit.coefficients, solved.x, atol=1e-6)


def test_beta_nll_goes_from_likelihood_to_least_squares(table: Any) -> None:
    formulas = {"loc": "real ~ x", "scale": "~ x"}
    plain = lk.fit(formulas, table, "normal")
    none = lk.fit(formulas, table, "normal", objective=lk.BetaNLL(0.0))
    np.testing.assert_allclose(none.coefficients, plain.coefficients, atol=1e-8)
    assert none.objective_terms["mean"][0] == pytest.approx(plain.nll, rel=1e-12)
    squares = lk.fit("real ~ x", table, "normal").coefficients[:2]
    gaps = [
        np.abs(
            lk.fit(formulas, table, "normal", objective=lk.BetaNLL(b)).coefficients[:2] - squares
        ).max()
        for b in (0.9, 0.99, 0.999)
    ]
    assert gaps[0] > 5 * gaps[1] > 25 * gaps[2]


# ---------------------------------------------------------------------- what they say


@pytest.mark.parametrize(
    ("risk", "target", "family"),
    [(lk.CVaR(0.8), "count", "poisson"), (lk.LabelSmoothing(0.2), "binary", "bernoulli")],
)
def test_what_is_no_likelihood_says_so(
    table: Any, risk: Any, target: str, family: str, tmp_path: Any
) -> None:
    fit = lk.fit(f"{target} ~ x", table, family, objective=risk)
    note = next(d for d in fit.diagnoses if d.kind == "not a likelihood")
    assert risk.text() in note.message
    assert fit.objective_terms.term.tolist() == [risk.text(), "NLL()"]
    assert fit.objective_terms["mean"][1] == pytest.approx(fit.nll)
    assert fit.standard_errors.standard_error.isna().all()
    plain = lk.fit(f"{target} ~ 1", table, family)
    for ask in (
        fit.conf_int,
        fit.covariance,
        lambda: fit.profile("x"),
        lambda: fit.test(plain),
    ):
        with pytest.raises(lk.LikelierError, match=r"no likelihood"):
            ask()
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl")
    assert again.objective_terms.equals(fit.objective_terms)
    with pytest.raises(lk.LikelierError, match="no likelihood"):
        again.conf_int()
    # Along the search the plain NLL is told beside the objective.
    steps = fit.sample.solution.trace  # type: ignore[union-attr]
    assert all(step.nll is not None and step.nll != step.value for step in steps)
    drawn = fit.bootstrap(20, seed=1)
    assert drawn.failures == 0
    assert np.all(drawn.table.standard_error > 0)
    assert np.all(drawn.conf_int().lower < drawn.conf_int().upper)


def test_risks_and_penalties_add_up(table: Any) -> None:
    made = {**table, "y": table["real"]}
    sparse = lk.CVaR(0.7) + lk.L1(0.3)
    fit = lk.fit("y ~ x + z", made, lk.Fixed(lk.Normal, scale=1), objective=sparse)
    columns = np.column_stack([np.ones(61), table["x"], table["z"]])
    spreads = columns[:, 1:].std(axis=0)

    def value(b: Array) -> float:
        rows = 0.5 * (table["real"] - columns @ b) ** 2 + 0.5 * np.log(2 * np.pi)
        return cvar(rows, np.ones(61), 0.7) + 0.3 * float(np.abs(b[1:]) @ spreads)

    least = value(fit.coefficients)
    assert fit.objective_terms["mean"][:2].sum() == pytest.approx(least, abs=1e-8)
    rng = np.random.default_rng(1)
    for _ in range(300):
        step = 10 ** rng.uniform(-5, 0) * rng.standard_normal(3)
        assert value(fit.coefficients + step) > least - 1e-9


def test_risks_refuse_what_has_no_meaning(table: Any) -> None:
    for make, words in (
        (lambda: lk.CVaR(0), "level of CVaR"),
        (lambda: lk.CVaR(1), "level of CVaR"),
        (lambda: lk.CVaR("high"), "level of CVaR"),
        (lambda: lk.LabelSmoothing(1), "amount of LabelSmoothing"),
        (lambda: lk.LabelSmoothing(True), "amount of LabelSmoothing"),
        (lambda: lk.BetaNLL(1), "least squares"),
        (lambda: lk.BetaNLL(-0.1), "beta of BetaNLL"),
    ):
        with pytest.raises(lk.LikelierError, match=words):
            make()
    with pytest.raises(lk.LikelierError, match="LabelSmoothing is of labels, and poisson"):
        lk.fit("count ~ x", table, "poisson", objective=lk.LabelSmoothing())
    for family in ("gamma", lk.Fixed(lk.Normal, scale=1)):
        with pytest.raises(lk.LikelierError, match="BetaNLL weighs rows by the variance"):
            lk.fit("w ~ x", table, family, objective=lk.BetaNLL())
    with pytest.raises(lk.LikelierError, match="one risk"):
        lk.NLL() + lk.CVaR()
