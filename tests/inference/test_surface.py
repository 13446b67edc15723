"""The likelihood surface against a closed form, and its plot."""

from __future__ import annotations

import numpy as np
import pytest

import likelier as lk
from likelier.model.answers.surfaces import surface_data

RNG = np.random.default_rng(51)
N = 40
X, Z = RNG.standard_normal(N), RNG.standard_normal(N)
Y = 1 + 2 * X - Z + RNG.standard_normal(N)
FIT = lk.fit("y ~ x + z", {"x": X, "z": Z, "y": Y}, "normal")


def test_the_surface_of_two_slopes_of_a_normal_is_the_exact_one() -> None:
    data = surface_data(FIT, "x", "z", points=7)
    x, z, y = X - X.mean(), Z - Z.mean(), Y - Y.mean()
    best = np.sum((y - np.column_stack([x, z]) @ FIT.params.estimate[1:3]) ** 2)
    for i, a in enumerate(data.first):
        for j, b in enumerate(data.second):
            # With both slopes held, intercept and scale have closed forms.
            expected = N * np.log(np.sum((y - a * x - b * z) ** 2) / best)
            assert data.deviance[i][j] == pytest.approx(expected, abs=1e-6)


def test_the_grid_holds_the_joint_region() -> None:
    data = surface_data(FIT, "x", ("scale", "intercept"), points=15)
    deviance = np.array(data.deviance)
    edge = np.concatenate([deviance[0], deviance[-1], deviance[:, 0], deviance[:, -1]])
    assert edge.min() > -2 * np.log(0.05)
    assert deviance.min() < 0.3


def test_two_coefficients_and_no_others_have_a_surface_too() -> None:
    y = RNG.poisson(np.exp(0.5 + 0.3 * X)).astype(float)
    fit = lk.fit("y ~ x", {"x": X, "y": y}, "poisson")
    data = surface_data(fit, "intercept", "x", points=5)
    a, b = data.first[1], data.second[3]
    rate = np.exp(a + b * X)
    own = np.sum(rate - y * np.log(rate)) - np.sum(
        fit.predict().rate - y * np.log(fit.predict().rate)
    )
    assert data.deviance[1][3] == pytest.approx(2 * own, rel=1e-9)


def test_the_plot_shows_both_surfaces() -> None:
    plot = FIT.plot.likelihood("x", "z", points=9)
    assert list(plot.data) == ["first", "second", "deviance", "quadratic"]
    assert len(plot.data) == 81
    near = plot.data[plot.data.quadratic < 0.5]
    np.testing.assert_allclose(near.deviance, near.quadratic, atol=0.05)
    assert plot.axes.get_xlabel() == "x, loc (identity link)"
    assert FIT.plot.likelihood("x").data.columns[0] == "value"


def test_what_has_no_surface_is_refused() -> None:
    collinear = lk.fit("y ~ x + z", {"x": X, "z": 2 * X, "y": Y}, "normal")
    for call, message in (
        (lambda: FIT.plot.likelihood("x", "x"), "given twice"),
        (lambda: FIT.plot.likelihood("x", "q"), "no term"),
        (lambda: FIT.plot.likelihood("x", "z", points=2), "5 points or more"),
        (lambda: collinear.plot.likelihood("intercept", "z"), "not identified"),
    ):
        with pytest.raises(lk.LikelierError, match=message):
            call()
