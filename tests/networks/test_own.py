"""Networks of a user's own, and what all networks can do as a `Fit`."""

from __future__ import annotations

from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest
from waves import wave

import likelier as lk
from likelier.distributions import Pooled, from_text

FEW = lk.Adam(epochs=20)


class Noisy(eqx.Module):
    """Two layers with dropout between them."""

    first: eqx.nn.Linear
    second: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, key: jax.Array) -> None:
        one, two = jax.random.split(key)
        self.first, self.second = eqx.nn.Linear(1, 32, key=one), eqx.nn.Linear(32, 2, key=two)
        self.dropout = eqx.nn.Dropout(0.1)

    def __call__(self, x, key=None):
        inner = self.dropout(jax.nn.tanh(self.first(x)), key=key, inference=key is None)
        return self.second(inner)


def test_an_equinox_module_learns_and_is_left_as_it_was(tmp_path: Path) -> None:
    module = Noisy(jax.random.key(0))
    before = np.array(module.first.weight)
    table = wave(400)
    solver = lk.Adam(epochs=150)
    fit = lk.fit("y ~ x", table, "normal", predictor=lk.Network(module), solver=solver)
    constant = lk.fit("y ~ 1", table, "normal")
    assert fit.assess(wave(2000, 5)).nll < constant.nll - 0.8
    assert np.array_equal(module.first.weight, before)
    assert fit.params.term.iloc[0] == "first.weight[0, 0]"
    # Nothing is random in a prediction.
    assert np.array_equal(fit.predict(table).loc, fit.predict(table).loc)
    with pytest.raises(lk.LikelierError, match="code of your own"):
        fit.save(tmp_path / "model.lkl")


def test_a_function_recovers_its_numbers() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 1000)
    y = 3 * np.exp(-((x - 0.5) ** 2)) + 0.05 * rng.normal(size=1000)

    def bump(w, z):
        from jax import numpy as jnp

        return [w["height"] * jnp.exp(-w["width"] * (z[0] - w["centre"]) ** 2) + w["base"], w["s"]]

    first = {"height": 1.0, "width": 1.0, "centre": 0.0, "base": 0.0, "s": 0.0}
    network = lk.Network(bump, first, dtype="float64")
    fit = lk.fit("y ~ x", {"x": x, "y": y}, "normal", predictor=network)
    found = fit.params.set_index("term").estimate
    # The network sees x standardised.
    assert found["centre"] * x.std() + x.mean() == pytest.approx(0.5, abs=0.03)
    assert found["width"] / x.std() ** 2 == pytest.approx(1.0, rel=0.05)
    assert np.exp(-((2.0 - 0.5) ** 2)) * 3 == pytest.approx(
        fit.predict({"x": [2.0]}).loc[0], abs=0.1
    )


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (lambda: lk.Network(3), "equinox module, or a function"),
        (lambda: lk.Network(lambda w, x: w["a"] * x, {"a": 1.0}), "gives 1 outputs"),
        (lambda: lk.Network(lambda w, x: w["b"], {"a": 1.0}), "fails on a row.*KeyError"),
        (lambda: lk.Network(lambda x: x), "has no weights"),
    ],
)
def test_what_is_no_network_is_refused(network, words: str) -> None:
    with pytest.raises(lk.LikelierError, match=words):
        lk.fit("y ~ x", wave(50), "normal", predictor=network())


# ---------------------------------------------------------------------- every family


def member(text: str, n: int) -> tuple[dict[str, np.ndarray], str]:
    """Rows of a family whose main parameter moves with x, and a formula for them."""
    rng = np.random.default_rng(1)
    family = from_text(text)
    values = {
        name: np.asarray(family.parameters_declared[name].domain.examples[0], dtype=float)
        for name in family.parameter_names
    }
    known = {name: np.full(n, 10.0) for name in family.names("data")}
    wide = {name: np.broadcast_to(value, (n, *value.shape)) for name, value in values.items()}
    y = family._of(np, {**wide, **known}).sample(seed=rng)
    table = {"x": rng.uniform(-1, 1, n), **known}
    if y.ndim == 1:
        return {**table, "y": y}, "y ~ x"
    names = [f"y{j}" for j in range(y.shape[1])]
    return {**table, **dict(zip(names, y.T, strict=True))}, f"{' + '.join(names)} ~ x"


@pytest.mark.parametrize(
    "text",
    ["von_mises", "zero_inflated(negative_binomial)", "multivariate_normal", "binomial", "beta"],
)
def test_heads_of_any_kind_are_trained(text: str) -> None:
    table, formula = member(text, 200)
    fit = lk.fit(formula, table, text, predictor=lk.MLP((8,)), solver=FEW)
    marginal = lk.fit(formula.replace("~ x", "~ 1"), table, text)
    assert np.all(np.isfinite(fit.history.nll))
    assert abs(fit.nll - marginal.nll) < 0.3


def test_a_family_without_a_mean_in_jax_has_no_squared_error() -> None:
    rng = np.random.default_rng(0)
    table = {"x": rng.normal(size=100), "y": np.abs(rng.normal(1.0, 1.0, 100))}
    fit = lk.fit("y ~ x", table, "truncated(normal, lower=0)", predictor=lk.MLP((4,)), solver=FEW)
    assert fit.history.mse.isna().all()
    assert np.isfinite(fit.history.held_out_nll).all()


# ---------------------------------------------------------------------- as a fit


def test_a_network_is_a_fit(tmp_path: Path) -> None:
    table = wave(300)
    fit = lk.fit("y ~ x", table, "normal", predictor=lk.Ensemble(lk.MLP((8,)), 2), solver=FEW)
    fit.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "2 members" in page
    found = fit.predict_interval(table, 0.9)
    prediction = fit.predict(table)
    assert np.allclose(found.noise_variance, prediction.aleatoric_variance)
    assert np.allclose(found.variance, found.noise_variance + found.parameter_variance)
    assert np.allclose(prediction.cdf(found.upper.to_numpy()), 0.95)
    assert np.isfinite(fit.residuals()).all()
    assert "more than" not in repr(fit.tail())
    held = wave(200, 7)
    assert lk.recalibrate(fit, held).predict(held).mean.shape == (200,)
    for refused in (
        lambda: fit.conf_int(),
        lambda: fit.prediction_table(),
        lambda: fit.test(terms="x"),
        lambda: fit.bootstrap(5),
        lambda: fit.refit(),
    ):
        with pytest.raises(lk.LikelierError, match="no standard errors"):
            refused()


def test_networks_are_compared_by_held_out_likelihood() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 400)
    table = {"x": x, "y": np.exp(np.sin(2 * x)) * rng.gamma(1.5, size=400)}
    found = lk.compare(
        "y ~ x", table, ["normal", "gamma"], predictor=lk.MLP((8,)), folds=2,
        solver=lk.Adam(epochs=60),
    )  # fmt: skip
    assert found.best.distribution is lk.Gamma
    assert found.best.predictor.trained


def test_the_estimators_take_networks() -> None:
    table = wave(300)
    X, y = table["x"][:, None], table["y"]
    model = lk.NLLRegressor(predictor=lk.MLP((16,)), solver=lk.Adam(epochs=300)).fit(X, y)
    assert model.score(X, y) > -0.9
    assert model.predict(X).shape == (300,)
    labels = np.where(y > 0, "up", "down")
    chosen = lk.NLLClassifier(predictor=lk.MLP((16,)), solver=lk.Adam(epochs=300)).fit(X, labels)
    assert np.mean(chosen.predict(X) == labels) > 0.85


def test_pooled_families_are_told_apart_from_single_ones() -> None:
    single = lk.fit("y ~ x", wave(60), "normal").linked
    assert single.members == 1
    assert Pooled(single, 3).single is single
    assert Pooled(single, 3).columns == 6
