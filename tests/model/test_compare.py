"""`compare`: candidates of every kind, splits, tests, what cannot be compared, threads."""

from __future__ import annotations

import importlib.util
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import likelier as lk
from likelier.data import from_arrays
from likelier.inference import VuongTest
from likelier.inference.vuong import vuong
from likelier.model.contest.candidates import SUITED, candidates
from likelier.model.splits import given_splits, k_folds, time_ordered

RNG = np.random.default_rng(9)
N = 400
X = RNG.standard_normal(N)
TABLE = pd.DataFrame(
    {
        "x": X,
        "z": RNG.standard_normal(N),
        "k": RNG.negative_binomial(2, 2 / (2 + np.exp(0.5 + 0.5 * X))),
        "y": np.exp(0.5 * X + 0.4 * RNG.standard_normal(N)),
        "day": pd.date_range("2024-01-01", periods=N, freq="h")[RNG.permutation(N)],
        "g": RNG.integers(0, 40, N),
    }
)


def _benchmark() -> Any:
    path = Path(__file__).parents[2] / "benchmarks" / "model_choice.py"
    spec = importlib.util.spec_from_file_location("model_choice", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---------------------------------------------------------------------- candidates


def test_candidates_differ_in_formula_objective_and_predictor() -> None:
    contest = lk.compare(
        "y ~ x",
        TABLE,
        [
            "gamma",
            {"name": "with z", "distribution": "gamma", "formula": "y ~ x + z"},
            ("ridge", {"distribution": "gamma", "objective": lk.NLL() + 0.01 * lk.L2()}),
            ("both", {"distribution": "gamma", "predictor": lk.Linear(parameters="all")}),
            ("by name", lk.LogNormal),
        ],
    )
    fits = {c.name: c.fit for c in contest.contestants}
    assert set(fits) == {"gamma", "with z", "ridge", "both", "by name"}
    assert fits["with z"].params.term.tolist()[:3] == ["intercept", "x", "z"]
    assert fits["ridge"].penalised
    assert fits["both"].degrees_of_freedom == 4
    assert contest.winner.name == "by name"
    lone = lk.fit("y ~ x", TABLE, "gamma")
    assert fits["gamma"].log_likelihood == pytest.approx(lone.log_likelihood, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([{"formula": "y ~ x"}], "names no distribution"),
        ([{"distribution": "gamma", "formla": "y ~ x"}], "Did you mean `formula`"),
        (["gamma", {"distribution": "gamma", "formula": "y ~ z"}], "two candidates are called"),
        ([], "at least one"),
        (["gama"], "Did you mean `gamma`"),
    ],
)
def test_what_is_no_candidate_is_named(given: Any, message: str) -> None:
    with pytest.raises(lk.LikelierError, match=message):
        lk.compare("y ~ x", TABLE, given)


def test_candidates_are_held_to_the_rows_that_all_can_use() -> None:
    gaps = TABLE.assign(z=TABLE.z.where(TABLE.index % 4 > 0))
    contest = lk.compare(
        "y ~ x",
        gaps,
        ["gamma", {"name": "with z", "distribution": "gamma", "formula": "y ~ x + z"}],
        missing="drop",
    )
    assert {c.fit.n_observations for c in contest.contestants} == {300}
    assert len(contest.contestants[0].nll) == 300


# ---------------------------------------------------------------------- what is comparable


def test_a_transformed_target_takes_no_part() -> None:
    with pytest.warns(UserWarning, match=r"of log\(y\), not of y, and lacks the Jacobian"):
        contest = lk.compare(
            "y ~ x",
            TABLE,
            ["gamma", {"name": "logs", "distribution": "normal", "formula": "log(y) ~ x"}],
        )
    assert contest.winner.name == "gamma"
    assert np.isnan(contest.table.set_index("distribution").difference["logs"])
    with pytest.raises(lk.LikelierError, match="no comparable candidate 'logs'"):
        contest.test("gamma", "logs")


# ---------------------------------------------------------------------- splits


def test_folds_hold_every_row_out_once_and_groups_together() -> None:
    plain = from_arrays(TABLE.y[:103], X[:103, None], ["mean"])
    grouped = from_arrays(TABLE.y, X[:, None], ["mean"], groups=TABLE.g.to_numpy())
    for splits in (k_folds(plain, 5, 1), k_folds(grouped, 4, 2)):
        held = np.concatenate([h for _, h in splits])
        assert np.array_equal(np.sort(held), np.arange(len(held)))
        for fitted, out in splits:
            assert np.intersect1d(fitted, out).size == 0
            assert len(fitted) + len(out) == len(held)
    for _, out in k_folds(grouped, 4, 2):
        assert not set(TABLE.g[out]) & set(TABLE.g.drop(index=out))


def test_blocks_of_time_are_held_out_from_what_came_before() -> None:
    time = np.repeat(np.arange(30), 4)[np.random.default_rng(0).permutation(120)]
    splits = time_ordered(time, 4)
    assert len(splits) == 4
    for fitted, out in splits:
        assert time[fitted].max() < time[out].min()
        assert len(out) == pytest.approx(24, abs=4)
    contest = lk.compare("y ~ x", TABLE, ["gamma", "log_normal"], time="day", folds=3)
    assert contest.splits == "3 blocks in the order of time"
    held = ~np.isnan(contest.contestants[0].nll)
    assert TABLE.day[~held].max() < TABLE.day[held].min()
    assert contest.contestants[0].assessment.n_rows == held.sum()
    mean = contest.contestants[0].nll[held].mean()
    assert contest.contestants[0].mean_nll == pytest.approx(mean)
    with pytest.raises(lk.LikelierError, match="need 6 times; there are 3"):
        lk.compare("y ~ x", TABLE, ["gamma"], time=np.arange(N) % 3)


def test_splits_of_ones_own_are_used_as_they_are() -> None:
    rows = np.arange(N)
    splits = [(rows[100:], rows[:100]), (rows[:300], rows[300:])]
    contest = lk.compare("y ~ x", TABLE, ["gamma"], folds=splits)
    part = lk.fit("y ~ x", TABLE[100:], "gamma")
    np.testing.assert_allclose(
        contest.winner.nll[:100], part.predict(TABLE[:100]).nll(TABLE.y[:100]), rtol=1e-9
    )
    assert np.isnan(contest.winner.nll[100:300]).all()
    for bad, message in (
        ([(rows[:10], rows[5:20])], "fitted and held out at once"),
        ([(rows[:10], rows[20:])] * 2, "held out once"),
        ([rows], "pairs"),
        ([(rows, rows + N)], "numbered from 0 to 399"),
        ([], "empty"),
    ):
        with pytest.raises((lk.DataError, lk.LikelierError), match=message):
            given_splits(bad, N)


# ---------------------------------------------------------------------- the outcome


def test_the_held_out_assessment_is_of_held_out_predictions() -> None:
    contest = lk.compare("k ~ x", TABLE, ["poisson", "negative_binomial"])
    for c in contest.contestants:
        np.testing.assert_allclose(c.assessment.outcomes.nll, c.nll, rtol=1e-12)
        assert "held-out rows" in c.assessment.verdict
    line = contest.table.set_index("distribution").loc["poisson"]
    assert line.overconfidence > 0.03
    assert line.coverage_90 < 0.87


def test_weights_weigh_means_and_differences() -> None:
    table = TABLE.assign(w=RNG.integers(1, 4, N))
    contest = lk.compare("k ~ x", table, ["poisson", "negative_binomial"], weights="w")
    first, second = contest.contestants
    assert first.mean_nll == pytest.approx(np.average(first.nll, weights=table.w))
    gap = np.average(second.nll - first.nll, weights=table.w)
    assert contest.difference(second)[0] == pytest.approx(gap)


def test_it_says_that_it_cannot_tell() -> None:
    rng = np.random.default_rng(5)
    table = {"y": rng.standard_normal(500), "x": rng.standard_normal(500)}
    contest = lk.compare("y ~ x", table, ["student_t", "normal"])
    assert contest.winner.name == "normal"
    assert not contest.decided
    assert contest.verdict == (
        "Cannot tell: student_t cannot be told apart from normal on held-out rows. normal is "
        "chosen, since it is the simplest."
    )


@pytest.mark.parametrize(
    "name",
    [
        "Poisson",
        "negative binomial, dispersion 0.5",
        "zero-inflated Poisson, 25 % more zeros",
        "Normal",
        "Student t, df 4",
        "log-normal, scale 0.7",
    ],
)
def test_the_true_family_is_picked(name: str) -> None:
    picked, _ = _benchmark().simulate(name, 2)
    assert picked == 1


# ---------------------------------------------------------------------- tests


def test_nested_candidates_get_a_likelihood_ratio_and_others_vuongs() -> None:
    contest = lk.compare("k ~ x", TABLE, ["poisson", "negative_binomial", "zero_inflated(poisson)"])
    by_name = {c.name: c.fit for c in contest.contestants}
    ratio = contest.test("poisson", "negative_binomial")
    assert ratio == by_name["poisson"].test(by_name["negative_binomial"])
    other = contest.test("negative_binomial", "zero_inflated(poisson)")
    assert isinstance(other, VuongTest)
    rows = [
        by_name[name].predict().log_prob(TABLE.k)
        for name in ("negative_binomial", "zero_inflated(poisson)")
    ]
    m = rows[0] - rows[1]
    assert other.statistic == pytest.approx(m.sum() / (np.sqrt(N) * m.std()), rel=1e-10)
    assert other.p_value == pytest.approx(2 * stats.norm.sf(abs(other.statistic)))
    assert sorted(contest.tests.test) == ["Vuong", "likelihood ratio"]
    with pytest.raises(lk.LikelierError, match="Did you mean `poisson`"):
        contest.test("poison", "negative_binomial")


def test_vuongs_statistic_is_corrected_for_coefficients_and_weighted() -> None:
    a, b = RNG.standard_normal(50), RNG.standard_normal(50)
    times = RNG.integers(1, 4, 50)
    whole = vuong(np.repeat(a, times), np.repeat(b, times), (5, 2))
    assert vuong(a, b, (5, 2), times).statistic == pytest.approx(whole.statistic, rel=1e-12)
    n, m = times.sum(), np.repeat(a - b, times)
    known = (m.sum() - 1.5 * np.log(n)) / (np.sqrt(n) * m.std())
    assert whole.statistic == pytest.approx(known, rel=1e-12)
    assert np.isnan(vuong(a, a, (2, 2)).statistic)


# ---------------------------------------------------------------------- threads


def test_threads_change_nothing_but_the_time() -> None:
    names = ["poisson", "negative_binomial", "zero_inflated(poisson)"]
    alone = lk.compare("k ~ x", TABLE, names)
    calls: list[tuple[str, int, int]] = []
    together = lk.compare(
        "k ~ x", TABLE, names, workers=3, progress=lambda *call: calls.append(call)
    )
    pd.testing.assert_frame_equal(alone.table, together.table)
    assert sorted(done for _, done, _ in calls) == list(range(18))
    assert threading.active_count() < 20
    with pytest.raises(lk.LikelierError, match="workers is 1 or more"):
        lk.compare("k ~ x", TABLE, names, workers=0)


def test_a_candidate_that_fails_is_told_with_threads_too() -> None:
    contest = lk.compare("y ~ x", TABLE, ["gamma", "beta"], workers=2)
    assert "beta" in contest.table.distribution.tolist()
    assert contest.winner.name == "gamma"
    assert "strictly between 0 and 1" in contest.standing(contest.contestants[-1])


def test_families_compete_for_censored_times() -> None:
    times = lk.datasets.load("leukemia")
    formula = "Surv(weeks, relapse) ~ treatment"
    contest = lk.compare(formula, times, ["exponential", "weibull"])
    for found in contest.contestants:
        assert found.fit is not None
        alone = lk.fit(formula, times, found.name)
        assert found.fit.distribution is alone.distribution
        assert found.fit.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-9)


def _censored_times(rng: np.random.Generator) -> dict[str, np.ndarray]:
    x = rng.normal(size=250)
    times = np.exp(0.5 * x + rng.normal(size=250))
    end = np.quantile(times, 0.75) * rng.uniform(0.9, 1.5, 250)
    return {"x": x, "t": np.minimum(times, end), "seen": times <= end}


def test_auto_ranks_families_for_censored_targets() -> None:
    """The family that the times were drawn from has the least held-out NLL."""
    fit = lk.fit("Surv(t, seen) ~ x", _censored_times(np.random.default_rng(5)), seed=1)
    assert fit.distribution.text() == "censored(log_normal)"
    assert fit.contest.table.distribution[0].endswith("log_normal")
    assert len(fit.contest.table) == 5


def test_what_is_censored_decides_who_competes() -> None:
    table = _censored_times(np.random.default_rng(5))
    assert candidates("Surv(t, seen) ~ x", table) == SUITED["times"]
    # Not seen to end at all by time 0 says nothing of a family; an end at 0 does.
    table["t"][3], table["seen"][3] = 0.0, False
    assert candidates("Surv(t, seen) ~ x", table) == SUITED["times"]
    table["seen"][3] = True
    assert candidates("Surv(t, seen) ~ x", table) == SUITED["times from 0"]
    table["t"] = np.log(table["t"] + 0.01)
    assert candidates("Surv(t, seen) ~ x", table) == SUITED["censored numbers"]
    for name in SUITED["times"] + SUITED["censored numbers"]:
        assert lk.Censored(name).smooth


def test_a_cell_that_a_candidate_finds_impossible_is_no_accident() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((300, 2))
    y = x @ [1.0, 2.0] + rng.standard_normal(300)
    x[2, 1] = 1e300
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        contest = lk.compare(y, x, ["normal", "laplace", "student_t"], folds=3)
        assert contest.best.diagnoses
    assert "overflow" in [d.kind for d in contest.best.diagnoses]
