"""Plots of predictions along a column, of histories and of influence: against direct numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

import likelier as lk
from likelier.report import plots

RNG = np.random.default_rng(1)
N = 200
X = RNG.uniform(0, 10, N)
TABLE = pd.DataFrame(
    {
        "age": X,
        "place": RNG.choice(["a", "b"], N, p=[0.7, 0.3]),
        "y": 2 + X + (1 + 0.2 * X) * RNG.standard_normal(N),
        "k": RNG.poisson(np.exp(0.1 * X)),
    }
)


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    return lk.fit({"loc": "y ~ age + place", "scale": "~ age"}, TABLE, "normal")


def test_quantiles_are_those_of_predictions_with_the_rest_as_usual(fit: lk.Fit) -> None:
    shown = fit.plot.centiles("age", TABLE, levels=[0.1, 0.5, 0.9]).data
    there = fit.predict({"age": shown.feature, "place": ["a"] * len(shown)})
    for level in (0.1, 0.5, 0.9):
        np.testing.assert_allclose(shown[f"q{100 * level:g}"], there.quantile(level))
    assert shown.feature.iloc[[0, -1]].tolist() == [X.min(), X.max()]
    assert fit.plot.fan("age", TABLE).data.columns.tolist() == [
        "feature", "q5", "q25", "q50", "q75", "q95",
    ]  # fmt: skip


def test_centiles_are_named_with_the_rows_below_them(fit: lk.Fit) -> None:
    plot = fit.plot.centiles("age", TABLE, levels=[0.5])
    share = 100 * np.mean(TABLE.y <= fit.predict(TABLE).median)
    assert f"50: {share:.1f}" in [text.get_text() for text in plot.axes.texts]


def test_what_quantiles_cannot_be_drawn_along_is_named(fit: lk.Fit) -> None:
    with pytest.raises(lk.DataError, match="`place` holds labels"):
        fit.plot.fan("place", TABLE)
    with pytest.raises(lk.LikelierError, match="no formula reads `k`"):
        fit.plot.fan("k", TABLE)
    with pytest.raises(lk.LikelierError, match="between 0 and 1"):
        fit.plot.centiles("age", TABLE, levels=[50])
    with pytest.raises(lk.DataError, match="Did you mean `age`"):
        fit.plot.fan("aeg", TABLE)


def test_learning_curves_show_the_course_of_the_search(fit: lk.Fit) -> None:
    shown = fit.plot.learning_curves()
    np.testing.assert_allclose(shown.data["training rows"], fit.history.objective / N)
    assert shown.axes.get_ylabel() == "mean NLL of a row (nats)"
    with pytest.raises(lk.LikelierError, match="holds no mse"):
        fit.plot.learning_curves("mse")


def test_learning_curves_of_training_and_held_out_rows() -> None:
    curves = {"training rows": [3.0, 2.0, 1.0], "held-out rows": [3.0, np.nan, 2.0]}
    shown = plots.learning_curves([0, 1, 2], curves, best=1, steps="epoch")
    assert [line.get_label() for line in shown.axes.lines[:2]] == list(curves)
    assert len(shown.axes.lines[1].get_xdata()) == 2
    words = [text.get_text() for text in shown.axes.get_legend().get_texts()]
    assert words == [*curves, "kept: epoch 1"]
    assert shown.data.columns.tolist() == ["step", *curves]


def test_influence_of_a_linear_model_is_cooks() -> None:
    fit = lk.fit("y ~ age", TABLE, "normal")
    shown = fit.plot.influence().data
    x = np.column_stack([np.ones(N), X])
    hat = np.einsum("ij,jk,ik->i", x, np.linalg.inv(x.T @ x), x)
    # The scale is a coefficient too, in which every row has a share of 1 / n.
    np.testing.assert_allclose(shown.leverage, hat + 1 / N, rtol=1e-6)
    model = LinearRegression().fit(X[:, None], TABLE.y)
    residual = TABLE.y - model.predict(X[:, None])
    scale = np.sqrt(np.mean(residual**2))
    location = residual**2 / scale**2 * hat
    spread = ((residual / scale) ** 2 - 1) ** 2 / (2 * N)
    known = (location + spread) / (1 - shown.leverage) ** 2
    np.testing.assert_allclose(shown.displacement, known, rtol=1e-5, atol=1e-10)
    worst = int(np.argmax(known))
    assert shown.row[worst] == str(worst + 1)


def test_a_frontier_marks_points_that_others_beat() -> None:
    table = {"strength": [10, 0, 1], "gap": [0.05, 0.3, -0.04], "nll": [0.6, 0.5, 0.53]}
    shown = plots.frontier(table).data
    assert shown.strength.tolist() == [0, 1, 10]
    assert shown.beaten.tolist() == [False, False, True]


def test_coverage_and_qq_are_of_the_rows_of_the_fit(fit: lk.Fit) -> None:
    held = fit.plot.coverage().data
    low, high = fit.predict().interval(0.5)
    assert held.coverage[49] == pytest.approx(np.mean((low <= TABLE.y) & (TABLE.y <= high)))
    residuals = np.sort(fit.residuals())
    np.testing.assert_allclose(fit.plot.qq().data.residual, residuals)
    assert stats.shapiro(residuals).pvalue > 1e-4


def test_influence_names_rows_that_matter_and_no_name_lies_on_another() -> None:
    names = [str(i) for i in range(6)]
    leverage = [0.10, 0.30, 0.301, 0.05, 0.20, 0.15]
    displacement = [9.0, 8.0, 8.1, 0.01, 4.0, 0.0]
    shown = plots.influence(leverage, displacement, names=names)
    assert {t.get_text().strip() for t in shown.axes.texts} == {"0", "2", "4"}
