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


def trained(objective: Any, epochs: int, **options: Any) -> Any:
    """A fit of one layout, so that what was compiled for one test serves the others."""
    return lk.fit(
        {"loc": "y ~ t", "scale": "~ 1"},
        TABLE,
        "normal",
        predictor=NET,
        objective=objective,
        solver=lk.Adam(learning_rate=5e-3, epochs=epochs),
        validation=0,
        **options,
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
    """With a strength that the training finds: nearer than at 1, and much nearer than without."""
    beyond = {"t": np.linspace(3.0, 6.0, 30)}
    law = lk.PhysicsResidual(oscillator, AT, strength="balance")
    fits = [trained(objective, 3000) for objective in (lk.NLL(), lk.NLL() + law)]
    errors = [np.sqrt(np.mean((f.predict(beyond).mean - exact(beyond["t"])) ** 2)) for f in fits]
    assert errors[1] < 0.2 * errors[0]
    # The strength that was found is what the term says, and its value what the strength makes it.
    text = fits[1].objective_terms.term[1]
    strength = float(text.split(", ")[-1].removesuffix(" by balance)"))
    bare = lk.PhysicsResidual(oscillator, AT)
    function = fits[1].sample.problem.function
    value = bare.bind(None).add(function, fits[1].coefficients, 0).value  # type: ignore[arg-type]
    assert fits[1].objective_terms["mean"][1] == pytest.approx(strength * value, rel=0.01)
    assert text in " ".join(str(fits[1].summary()).split())


def test_a_conservation_law() -> None:
    """What flows along z with speed ½ is conserved, u_t + ½ u_z = 0; measured early, asked late."""
    rng = np.random.default_rng(1)
    t, z = rng.uniform(0.0, 0.3, 60), rng.uniform(0.0, 1.0, 60)

    def flowing(t: Any, z: Any) -> Any:
        return np.exp(-20 * (z - 0.5 * t - 0.3) ** 2)

    def conserved(u: Any, x: Any) -> Any:
        return lk.derivative(u, "t")(x) + 0.5 * lk.derivative(u, "z")(x)

    table = {"t": t, "z": z, "y": flowing(t, z) + 0.02 * rng.standard_normal(60)}
    late = {"t": np.full(40, 0.8), "z": np.linspace(0.3, 1.0, 40)}
    law = lk.PhysicsResidual(conserved, {"t": (0.0, 0.8), "z": (0.0, 1.0)}, strength="balance")
    errors = []
    for objective in (lk.NLL(), lk.NLL() + law):
        fit = lk.fit(
            {"loc": "y ~ t + z", "scale": "~ 1"},
            table,
            "normal",
            predictor=NET,
            objective=objective,
            solver=lk.Adam(learning_rate=1e-2, epochs=1000),
            validation=0,
        )
        errors.append(np.sqrt(np.mean((fit.predict(late).mean - flowing(**late)) ** 2)))
    assert errors[1] < 0.1 * errors[0]


def test_a_training_that_goes_on_has_its_strength(tmp_path: Any) -> None:
    law = lk.PhysicsResidual(oscillator, AT, strength="balance")
    one, again = (trained(lk.NLL() + law, 70, checkpoint=tmp_path / "run.ckpt") for _ in range(2))
    assert again.objective_terms.equals(one.objective_terms)


def test_members_of_an_ensemble_share_a_strength() -> None:
    law = lk.PhysicsResidual(oscillator, AT, strength="balance")
    fit = lk.fit(
        "y ~ t",
        TABLE,
        "normal",
        predictor=lk.Ensemble(NET, 2),
        objective=lk.NLL() + 0.5 * law,
        solver=lk.Adam(epochs=5),
        validation=0,
    )
    assert "by balance" in fit.objective_terms.term[1]
    assert np.all(np.isfinite(fit.objective_terms["mean"]))


def test_ranges_are_filled() -> None:
    one = lk.PhysicsResidual(oscillator, {"t": (0.0, 6.0)}, points=13)
    np.testing.assert_allclose(one.at["t"], np.linspace(0.0, 6.0, 13))
    two = lk.PhysicsResidual(oscillator, {"t": (0.0, 6.0), "z": (-1.0, 1.0)}).at
    assert len(two["t"]) == 200
    # Every cell of a grid of 5 x 5 has some of the 200 points, of which a cell expects 8.
    counts = np.histogram2d(two["t"], two["z"], 5, [[0.0, 6.0], [-1.0, 1.0]])[0]
    assert counts.sum() == 200
    assert counts.min() >= 5


def test_several_residuals_add_their_squares() -> None:
    def twice(u: Any, x: Any) -> Any:
        return [oscillator(u, x), oscillator(u, x)]

    one = trained(lk.NLL() + 1e-9 * lk.PhysicsResidual(oscillator, AT), 3)
    two = trained(lk.NLL() + 1e-9 * lk.PhysicsResidual(twice, AT), 3)
    ratio = two.objective_terms.value[1] / one.objective_terms.value[1]
    assert ratio == pytest.approx(2.0, rel=1e-5)


def test_mistakes() -> None:
    law = lk.PhysicsResidual(oscillator, AT)
    with pytest.raises(lk.LikelierError, match=r"a network, such as predictor=lk\.MLP"):
        lk.fit("y ~ t", TABLE, "normal", objective=lk.NLL() + law)
    with pytest.raises(lk.LikelierError, match="no column 't' at this point; it has time"):
        trained(lk.NLL() + lk.PhysicsResidual(oscillator, {"time": AT["t"]}), 2)
    relu = lk.MLP(hidden=(8,), activation="relu")
    bend = lk.PhysicsResidual(
        lambda u, x: lk.derivative(lk.derivative(u, "t"), "t")(x), AT, strength="balance"
    )
    with pytest.raises(lk.LikelierError, match=r'finds no balance.*activation="tanh"'):
        lk.fit("y ~ t", TABLE, "normal", predictor=relu, objective=lk.NLL() + bend)
    for at in (3.0, {}, {"t": (0.0, 0.0)}, {"t": (0.0,)}, {"t": (0.0, 1.0), "z": [0.0]}):
        with pytest.raises(lk.LikelierError):
            lk.PhysicsResidual(oscillator, at)
    for points in (0, 2.5, True):
        with pytest.raises(lk.LikelierError, match="points is a whole number"):
            lk.PhysicsResidual(oscillator, {"t": (0.0, 1.0)}, points=points)  # type: ignore[arg-type]
    with pytest.raises(lk.LikelierError, match="at is a table, which has its own"):
        lk.PhysicsResidual(oscillator, AT, points=5)
    for at in ({"t": 1.0}, {"t": [1.0], "z": [1.0, 2.0]}, {"t": ["a"]}, {"t": [np.nan]}):
        with pytest.raises(lk.LikelierError):
            lk.PhysicsResidual(oscillator, at)
    with pytest.raises(lk.LikelierError, match="takes a function"):
        lk.PhysicsResidual("oscillator", AT)
    with pytest.raises(lk.LikelierError, match="the strength of PhysicsResidual"):
        lk.PhysicsResidual(oscillator, AT, -1.0)
    with pytest.raises(lk.LikelierError, match='a number or "balance"'):
        lk.PhysicsResidual(oscillator, AT, "balanced")
