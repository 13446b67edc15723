"""A location and its scale learnt together: what each remedy follows, and the least scale."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from waves import noise, wave

import likelier as lk
from likelier.distributions import Linked
from likelier.predictors.network.heteroscedastic import (
    REMEDIES,
    followed,
    resolution_floor,
)
from likelier.special._jax import double_precision


def slopes(remedy: str, progress: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes of the mean NLL of four rows in loc and log scale; the last does not count."""
    import jax.numpy as jnp

    linked = Linked(lk.Normal)
    eta = np.array([[0.0, 1.0, 2.0, 9.0], [-1.0, 0.0, 1.0, 3.0]])
    y, weights = np.array([1.0, 1.5, -1.0, 0.0]), np.array([1.0, 1.0, 1.0, 0.0])

    def nll(eta):
        eta = followed(remedy, linked, eta, {}, jnp.asarray(weights), progress)
        from likelier.special import jax_namespace

        return jnp.sum(weights * linked.build(eta, {}, jax_namespace()).nll(jnp.asarray(y))) / 3

    with double_precision():
        found = np.asarray(jax.grad(nll)(jnp.asarray(eta)))
        kept = followed(remedy, linked, jnp.asarray(eta), {}, jnp.asarray(weights), progress)
        assert np.array_equal(np.asarray(kept), eta)
    scale = np.exp(eta[1])
    own = weights / 3 * np.array([(eta[0] - y) / scale**2, 1 - ((y - eta[0]) / scale) ** 2])
    return found, own, scale


@pytest.mark.parametrize("remedy", ["none", "natural"])
def test_slopes_that_are_left_alone(remedy: str) -> None:
    found, own, _ = slopes(remedy)
    assert np.allclose(found, own)


def test_beta_weighs_rows_by_their_scale() -> None:
    found, own, scale = slopes("beta")
    assert np.allclose(found, own * scale / scale[:3].mean())


def test_faithful_gives_loc_the_slopes_of_least_squares() -> None:
    found, own, scale = slopes("faithful")
    assert np.allclose(found[0], own[0] * scale**2 / np.mean(scale[:3] ** 2))
    assert np.allclose(found[1], own[1])


def test_mean_first_leaves_the_scale_alone_for_a_fifth_of_the_steps() -> None:
    early, own, scale = slopes("mean_first", 0.1)
    assert np.allclose(early[0], own[0] * scale**2 / np.mean(scale[:3] ** 2))
    assert np.array_equal(early[1], np.zeros(4))
    assert np.allclose(slopes("mean_first", 0.3)[0], own)


@pytest.mark.parametrize("remedy", REMEDIES)
def test_every_remedy_learns_mean_and_scale_and_is_kept_in_a_file(remedy: str, tmp_path) -> None:
    network = lk.MLP((32,), heteroscedastic=remedy)
    fit = lk.fit("y ~ x", wave(1000), "normal", predictor=network)
    found = fit.predict(fresh := wave(5000, 1))
    # What no model can be below is the entropy of the noise; "natural" is the slowest
    # to get there: the slopes of loc / scale² in both heads are of very different size.
    least = np.mean(0.5 * np.log(2 * np.pi * np.e) + np.log(noise(fresh["x"])))
    assert found.nll(fresh["y"]).mean() - least < (0.2 if remedy == "natural" else 0.05)
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl").predict(fresh)
    assert np.array_equal(again.loc, found.loc)
    assert np.array_equal(again.scale, found.scale)


def test_families_without_a_location_and_a_scale_train_as_ever() -> None:
    made = {"x": np.linspace(0, 1, 100), "y": np.random.default_rng(0).poisson(3.0, 100)}
    few = lk.Adam(epochs=5)
    fits = [
        lk.fit("y ~ x", made, "poisson", predictor=lk.MLP((4,), heteroscedastic=name), solver=few)
        for name in ("none", "beta")
    ]
    assert np.array_equal(fits[0].coefficients, fits[1].coefficients)


def test_a_scale_does_not_fall_below_what_the_steps_of_the_target_can_tell() -> None:
    assert resolution_floor(np.array([3.0, 1.0, 1.0, 1.5])) == pytest.approx(np.log(0.5 / 12**0.5))
    assert resolution_floor(np.array([2.0, 2.0])) == -np.inf
    # Whole numbers that a line explains exactly: a density would grow without limit.
    x = np.repeat(np.arange(10.0), 20)
    fit = lk.fit("y ~ x", {"x": x, "y": x}, "normal", predictor=lk.MLP((16,)))
    assert np.all(fit.predict().scale >= 1 / 12**0.5)
    assert np.all(fit.predict().scale < 0.4)


def test_a_remedy_that_does_not_exist_is_named() -> None:
    with pytest.raises(lk.LikelierError, match=r"Did you mean `faithful`"):
        lk.MLP(heteroscedastic="faithfull")
    with pytest.raises(lk.LikelierError, match="beta, mean_first, none"):
        lk.Network(lambda w, x: [w, w], 0.0, heteroscedastic="natural")
