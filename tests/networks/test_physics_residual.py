"""Penalties of an equation's residual: their value by differences, what they do, mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import likelier as lk

RNG = np.random.default_rng(3)
T = np.sort(RNG.uniform(0.0, 3.0, 30))
AT = {"t": np.linspace(0.0, 6.0, 40)}
NET = lk.MLP(hidden=(16, 16), activation="tanh", dtype="float64")


def exact(t: Any) -> Any:
    """u'' + 0.4 u' + 4 u = 0 from u = 1, u' = 0."""
    w = np.sqrt(4 - 0.2**2)
    return np.exp(-0.2 * t) * (np.cos(w * t) + 0.2 / w * np.sin(w * t))


TABLE = {"t": T, "y": exact(T) + 0.05 * RNG.standard_normal(30)}


def oscillator(u: Any, x: Any) -> Any:
    speed = lk.derivative(u, "t")
    return lk.derivative(speed, "t")(x) + 0.4 * speed(x) + 4.0 * u(x)


def trained(objective: Any, epochs: int) -> Any:
    return lk.fit(
        {"loc": "y ~ t", "scale": "~ 1"},
        TABLE,
        "normal",
        predictor=NET,
        objective=objective,
        solver=lk.Adam(learning_rate=5e-3, epochs=epochs),
        validation=0,
    )


def test_value_is_that_of_differences_of_predictions() -> None:
    fit = trained(lk.NLL() + 0.5 * lk.PhysicsResidual(oscillator, AT, strength=2.0), 50)
    t, h = AT["t"], 1e-3
    below, here, above = (fit.predict({"t": t + move}).mean for move in (-h, 0.0, h))
    residual = (above - 2 * here + below) / h**2 + 0.4 * (above - below) / (2 * h) + 4 * here
    terms = fit.objective_terms
    assert terms.strength[1] == 0.5
    assert terms["mean"][1] == pytest.approx(0.5 * 2.0 * np.mean(residual**2), rel=1e-4)


def test_what_is_known_reaches_beyond_the_data() -> None:
    beyond = {"t": np.linspace(3.0, 6.0, 30)}
    errors = [
        np.sqrt(np.mean((trained(objective, 3000).predict(beyond).mean - exact(beyond["t"])) ** 2))
        for objective in (lk.NLL(), lk.NLL() + lk.PhysicsResidual(oscillator, AT))
    ]
    assert errors[1] < 0.5 * errors[0]


def test_several_residuals_add_their_squares() -> None:
    def twice(u: Any, x: Any) -> Any:
        return [oscillator(u, x), oscillator(u, x)]

    one = trained(lk.NLL() + 1e-9 * lk.PhysicsResidual(oscillator, AT), 3)
    two = trained(lk.NLL() + 1e-9 * lk.PhysicsResidual(twice, AT), 3)
    ratio = two.objective_terms.value[1] / one.objective_terms.value[1]
    assert ratio == pytest.approx(2.0, rel=1e-5)


def test_mistakes() -> None:
    law = lk.PhysicsResidual(oscillator, AT)
    with pytest.raises(lk.LikelierError, match="takes a network"):
        lk.fit("y ~ t", TABLE, "normal", objective=lk.NLL() + law)
    with pytest.raises(lk.LikelierError, match="no column 't' at this point; it has time"):
        trained(lk.NLL() + lk.PhysicsResidual(oscillator, {"time": AT["t"]}), 2)
    for at in (3.0, {}, {"t": 1.0}, {"t": [1.0], "z": [1.0, 2.0]}, {"t": ["a"]}, {"t": [np.nan]}):
        with pytest.raises(lk.LikelierError):
            lk.PhysicsResidual(oscillator, at)
    with pytest.raises(lk.LikelierError, match="takes a function"):
        lk.PhysicsResidual("oscillator", AT)
    with pytest.raises(lk.LikelierError, match="the strength of PhysicsResidual"):
        lk.PhysicsResidual(oscillator, AT, -1.0)
