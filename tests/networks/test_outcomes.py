"""What training options do, seen from the outcome; networks where fits are used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from waves import noise, wave

import likelier as lk

NEW = wave(3000, seed=9)
BEST = float(lk.Normal(np.sin(2 * NEW["x"]), noise(NEW["x"])).nll(NEW["y"]).mean())


def above_best(**options: object) -> float:
    """Nats a row by which a network is worse than what made the rows."""
    fit = lk.fit("y ~ x", wave(1200), "normal", **options)
    return fit.assess(NEW).nll - BEST


@pytest.mark.parametrize(
    "solver",
    [
        lk.SGD(momentum=0.0, learning_rate=0.1),
        lk.SGD(momentum=0.9, nesterov=False),
        lk.SGD(),
        lk.Adam(nesterov=True),
        lk.Adam(schedule="inverse"),
        lk.Adam(schedule="constant", warmup=0.0),
    ],
    ids=["plain", "momentum", "nesterov", "nadam", "inverse", "constant"],
)
def test_every_rule_and_schedule_comes_to_the_distribution(solver: lk.SGD) -> None:
    assert above_best(predictor=lk.MLP((32,)), solver=solver) < 0.08


def test_momentum_comes_further_in_the_same_steps() -> None:
    """Plain descent at the rate that momentum multiplies by ten."""
    few = {"epochs": 60, "learning_rate": 0.02}
    plain, heavy = (
        above_best(predictor=lk.MLP((32,)), solver=lk.SGD(momentum=m, **few)) for m in (0.0, 0.9)
    )
    assert heavy < 0.1 < 0.5 < plain


def test_clipping_takes_rows_far_out_for_no_more_than_a_step() -> None:
    """At this rate a row a hundred scales away throws the curve of an unclipped training off."""
    table = wave(600)
    table["y"][7] = 50.0
    network = {"predictor": lk.MLP((32,), heteroscedastic="none"), "validation": 0.0}
    ends = []
    for clip in (None, 0.5):
        solver = lk.SGD(0.05, 16, 40, clip=clip, momentum=0.9)
        fit = lk.fit("y ~ x", table, lk.Fixed(lk.Normal, scale=0.3), solver=solver, **network)
        error = fit.predict(NEW).mean - np.sin(2 * NEW["x"])
        ends.append(float(np.sqrt(np.mean(error**2))))
    assert ends[1] < 0.1
    assert ends[1] < 0.5 * ends[0]


def test_dropout_keeps_a_wide_network_from_learning_its_rows_by_heart() -> None:
    table = wave(80)
    ends = []
    for dropout in (0.0, 0.2):
        network = lk.MLP((64, 64), dropout=dropout)
        options = {"predictor": network, "solver": lk.Adam(epochs=300), "validation": 0.0}
        fit = lk.fit("y ~ x", table, "normal", **options)
        ends.append(fit.assess(NEW).nll)
    assert ends[1] < ends[0] - 0.15


def test_a_network_in_a_pipeline_and_under_a_search() -> None:
    from sklearn.model_selection import GridSearchCV

    table = wave(300)
    X, y = pd.DataFrame({"x": 1000 * table["x"] + 5}), table["y"]
    network = lk.NLLRegressor(predictor=lk.MLP((16,)), solver=lk.Adam(epochs=150))
    pipe = make_pipeline(StandardScaler(), network)
    search = GridSearchCV(pipe, {"nllregressor__distribution": ["normal", "student_t"]}, cv=2)
    search.fit(X, y)
    new = pd.DataFrame({"x": 1000 * NEW["x"] + 5})
    assert -search.score(new, NEW["y"]) - BEST < 0.35
    low, high = np.asarray(
        search.best_estimator_[-1].predict_interval(search.best_estimator_[:-1].transform(new), 0.9)
    ).T
    assert np.mean((low <= NEW["y"]) & (NEW["y"] <= high)) > 0.75
    again = clone(search.best_estimator_).fit(X, y)
    assert np.array_equal(again.predict(new), search.predict(new))
