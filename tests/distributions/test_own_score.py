"""A family that writes `_log_prob` alone: its score is differentiated, or the error says how."""

from __future__ import annotations

import sys
from typing import Any

import jax
import numpy as np
import pytest

import likelier as lk
from likelier.distributions import Distribution, parameter
from likelier.distributions._domains import positive, real
from likelier.distributions._formulas import Formulas

RNG = np.random.default_rng(3)
Y = RNG.normal(1.0, 2.0, 40)


class Bell(Distribution):
    """A Normal of which nothing but the density is written."""

    support = real
    loc = parameter(real, "mean")
    scale = parameter(positive, "standard deviation")

    def _log_prob(self, y: Any) -> Any:
        z = (y - self.loc) / self.scale
        return -0.5 * z * z - self._xp.log(self.scale) - 0.5 * np.log(2 * np.pi)

    @classmethod
    def _start(cls, y: Any, weights: Any) -> dict[str, Any]:
        return {"loc": np.average(y, weights=weights), "scale": np.std(y)}


class OfNumPy(Bell):
    """The same with a function that JAX cannot trace."""

    def _log_prob(self, y: Any) -> Any:
        return super()._log_prob(y) + 0 * np.asarray(self.scale)


def _without_score(family: Any) -> Any:
    names = ("_score", "_log_prob_and_score", "_hessian")
    return type(f"Bare{family.__name__}", (family,), {k: vars(Formulas)[k] for k in names})


@pytest.mark.parametrize(
    "d",
    [
        lk.Normal(np.linspace(-1, 1, 40), 2.0),
        lk.Gamma(mean=2.0, concentration=np.linspace(0.5, 3, 40)),
        lk.Categorical(logits=RNG.normal(size=(40, 3))),
        lk.MultivariateNormal(loc=[0.0, 1.0], scale_tril=[[1.0, 0.0], [0.4, 2.0]]),
        lk.Binomial(total_count=5, logits=0.3),
    ],
    ids=lambda d: type(d).__name__,
)
def test_what_is_differentiated_is_the_score(d: Any) -> None:
    bare = _without_score(type(d))(**d.parameters)
    y = d.sample(None if d.batch_shape else (40,), seed=1)
    right = {k: v for k, v in d.score(y).items() if d.parameters_declared[k].role == "predicted"}
    found = bare.score(y)
    assert set(found) == set(right)
    for name, value in right.items():
        assert found[name].shape == value.shape
        assert found[name].dtype == np.float64
        if name == "scale_tril":  # entries above the diagonal are no parameters
            value, found[name] = np.tril(value), np.tril(found[name])
        np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_model_of_such_a_family_is_fitted() -> None:
    table = {"y": Y, "x": np.linspace(-1, 1, 40)}
    ours, known = lk.fit("y ~ x", table, Bell), lk.fit("y ~ x", table, "normal")
    assert ours.converged
    np.testing.assert_allclose(ours.params.estimate, known.params.estimate, rtol=1e-7)
    np.testing.assert_allclose(
        ours.standard_errors.standard_error, known.standard_errors.standard_error, rtol=1e-6
    )
    mixed = lk.Mixture(Bell, 2)(loc=[0.0, 1.0], scale=[1.0, 2.0], logits=[0.0, 0.3])
    normal = lk.Mixture(lk.Normal, 2)(loc=[0.0, 1.0], scale=[1.0, 2.0], logits=[0.0, 0.3])
    for name, value in normal.score(Y).items():
        np.testing.assert_allclose(mixed.score(Y)[name], value, rtol=1e-12, atol=1e-14)


def test_gradients_and_hessians_in_jax() -> None:
    def loss(values: Any) -> Any:
        return Bell(values[0], values[1]).nll(np.float32(Y)).mean()

    at = jax.numpy.array([0.3, 1.5])
    normal = lk.Normal(0.3, 1.5)
    right = [-np.mean(normal.score(Y)[name]) for name in ("loc", "scale")]
    gradient, hessian = jax.jit(lambda at: (jax.grad(loss)(at), jax.hessian(loss)(at)))(at)
    np.testing.assert_allclose(gradient, right, rtol=1e-4)
    assert float(hessian[0, 0]) == pytest.approx(1 / 1.5**2, rel=1e-5)


def test_what_jax_cannot_trace_is_said() -> None:
    with pytest.raises(lk.UndefinedError, match=r"use self\._xp .* or define _score\(self, y\)"):
        OfNumPy(0.0, 1.0).score(Y)
    with pytest.raises(lk.LikelierError, match=r"define _score\(self, y\)"):
        lk.fit("y ~ 1", {"y": Y}, OfNumPy)


def test_without_jax_the_error_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(lk.UndefinedError, match=r"define _score\(self, y\).*pip install"):
        lk.fit("y ~ 1", {"y": Y}, Bell)


def test_a_family_without_starting_values_says_what_to_write() -> None:
    class NoStart(Bell):
        _start = vars(Formulas)["_start"]

    with pytest.raises(lk.UndefinedError, match=r"define _start\(cls, y, weights\)"):
        lk.fit("y ~ 1", {"y": Y}, NoStart)
