"""Curves that a user writes: derivatives, equality with linear models, families, mistakes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import likelier as lk
from likelier.predictors import CurvePredictor

RNG = np.random.default_rng(8)
N = 120
X = RNG.uniform(-1.0, 2.0, N)
TABLE = {
    "x": X,
    "g": np.where(np.arange(N) % 3 == 0, "a", "b"),
    "real": 1.0 + 2.0 * X + RNG.standard_t(5, N),
    "count": RNG.poisson(np.exp(0.3 + 0.6 * X)).astype(float),
    "positive": RNG.gamma(3.0, np.exp(0.3 + 0.6 * X) / 3.0),
    "binary": (RNG.random(N) < 1 / (1 + np.exp(-0.3 - 0.9 * X))).astype(float),
    "share": RNG.beta(4.0, 3.0, N),
}

LINE = {"a": lk.real(0.5), "b": lk.real(0.5)}
INVERSES = {
    "identity": lambda x, p: p["a"] + p["b"] * x["x"],
    "log": lambda x, p: np.exp(p["a"] + p["b"] * x["x"]),
    "logit": lambda x, p: 1 / (1 + np.exp(-p["a"] - p["b"] * x["x"])),
}
SAME = [
    ("real", "normal", "identity"),
    ("real", "student_t", "identity"),
    ("real", "logistic", "identity"),
    ("real", "gumbel", "identity"),
    ("count", "poisson", "log"),
    ("count", "negative_binomial", "log"),
    ("count", "zero_inflated(poisson)", "log"),
    ("positive", "gamma", "log"),
    ("positive", "inverse_gaussian", "log"),
    ("binary", "bernoulli", "logit"),
    ("share", "beta", "logit"),
]


@pytest.mark.parametrize(("target", "family", "link"), SAME)
def test_equals_the_linear_model(target: str, family: str, link: str) -> None:
    """A function that is the inverse link of a line gives the same fit, errors included."""
    linear = lk.fit(f"{target} ~ x", TABLE, family)
    curve = lk.Function(INVERSES[link], LINE)
    fit = lk.fit(f"{target} ~ x", TABLE, family, predictor=curve)
    assert fit.log_likelihood == pytest.approx(linear.log_likelihood, abs=1e-9)
    assert fit.converged == linear.converged
    own = linear.params.parameter == linear.distribution.main
    ours = fit.params.parameter == fit.distribution.main
    np.testing.assert_allclose(
        fit.params.estimate[ours], linear.params.estimate[own], rtol=1e-5, atol=1e-7
    )
    np.testing.assert_allclose(
        fit.standard_errors.standard_error[ours],
        linear.standard_errors.standard_error[own],
        rtol=1e-5,
    )
    new = {"x": [0.0, 1.5]}
    np.testing.assert_allclose(fit.predict(new).mean, linear.predict(new).mean, rtol=1e-6)


def test_median_of_a_log_normal() -> None:
    curve = lk.Function(INVERSES["log"], LINE)
    fit = lk.fit("positive ~ x", TABLE, "log_normal", predictor=curve)
    linear = lk.fit("positive ~ x", TABLE, "log_normal")
    np.testing.assert_allclose(fit.params.estimate, linear.params.estimate, rtol=1e-6)
    np.testing.assert_allclose(
        fit.predict({"x": [1.0]}).median, linear.predict({"x": [1.0]}).median, rtol=1e-7
    )


def test_gradient_and_curvature_are_derivatives() -> None:
    """With df before loc and its own formula for the scale, on both scales of the unknowns."""
    curve = lk.Function(
        lambda x, p: p["top"] * jnp.exp(-p["rate"] * x["x"]) + p["base"],
        {"top": lk.positive(2.0), "rate": lk.bounded(0.4, -1.0, 3.0), "base": lk.unit(0.5)},
    )
    formulas = {"loc": "real ~ x", "scale": "~ x"}
    fit = lk.fit(formulas, TABLE, "student_t", predictor=curve)
    function = fit.sample.problem.function
    predictor = function.predictor
    assert isinstance(predictor, CurvePredictor)
    natural = np.array([2.1, 0.45, 0.55, 1.2, 0.1, 0.05])
    for one, theta in (
        (function, natural),
        (replace(function, predictor=predictor.searched()), predictor.to_free(natural)),
    ):
        sums = one(theta)
        for i in range(len(theta)):
            move = 1e-5 * np.eye(len(theta))[i]
            up, down = one(theta + move), one(theta - move)
            slope = (up.value - down.value) / 2e-5
            assert sums.gradient[i] == pytest.approx(slope, rel=1e-6, abs=1e-6)
            bend = (up.gradient - down.gradient) / 2e-5
            np.testing.assert_allclose(sums.curvature[i], bend, rtol=1e-6, atol=1e-5)


def test_puromycin_as_nls_has_it() -> None:
    """Bates and Watts (1988), table A1.3; estimates and errors as R's `nls` prints them."""
    concentration = np.repeat([0.02, 0.06, 0.11, 0.22, 0.56, 1.10], 2)
    rate = [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200.0]
    curve = lk.Function(
        lambda x, p: p["Vm"] * x["conc"] / (p["K"] + x["conc"]),
        {"Vm": lk.positive(200.0), "K": lk.positive(0.05)},
    )
    fit = lk.fit("rate ~ conc", {"rate": rate, "conc": concentration}, "normal", predictor=curve)
    np.testing.assert_allclose(fit.params.estimate[:2], [212.7, 0.06412], rtol=5e-4)
    # nls divides the residual sum of squares by n − p and takes the expected information.
    errors = np.sqrt(np.diag(fit.covariance("expected"))[:2] * 12 / 10)
    np.testing.assert_allclose(errors, [6.947, 0.008281], rtol=1e-3)


def test_second_function_gives_the_scale() -> None:
    curve = lk.Function(
        INVERSES["identity"],
        {**LINE, "s": lk.positive(1.0)},
        scale=lambda x, p: p["s"] + 0 * x["x"],
    )
    fit = lk.fit("real ~ x", TABLE, "normal", predictor=curve)
    plain = lk.fit("real ~ x", TABLE, "normal")
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert fit.params.estimate[2] == pytest.approx(np.exp(plain.params.estimate[2]), rel=1e-6)


def test_own_parameters_are_those_of_separate_fits() -> None:
    curve = lk.Function(INVERSES["log"], {"a": lk.own(lk.real(0.1)), "b": lk.own(0.1)})
    fit = lk.fit("count ~ x", TABLE, "poisson", predictor=curve, groups="g")
    assert list(fit.params.term) == ["a[a]", "a[b]", "b[a]", "b[b]"]
    for j, level in enumerate(("a", "b")):
        rows = TABLE["g"] == level
        alone = lk.fit("count ~ x", {"count": TABLE["count"][rows], "x": X[rows]}, "poisson")
        np.testing.assert_allclose(
            fit.params.estimate[[j, 2 + j]], alone.params.estimate, rtol=1e-6, atol=1e-8
        )
    with pytest.raises(lk.DataError, match="group 'c' was not in the fit"):
        fit.predict({"x": [1.0], "g": ["c"]})


def test_profile_intervals_do_not_depend_on_the_scale_of_the_search() -> None:
    one = lk.fit("count ~ x", TABLE, "poisson", predictor=lk.Function(INVERSES["log"], LINE))
    positive = lk.Function(INVERSES["log"], {"a": lk.positive(0.5), "b": lk.bounded(0.5, -4, 9)})
    other = lk.fit("count ~ x", TABLE, "poisson", predictor=positive)
    linear = lk.fit("count ~ x", TABLE, "poisson")
    expected = linear.conf_int(method="profile")[["lower", "upper"]]
    for fit in (one, other):
        found = fit.conf_int(method="profile")[["lower", "upper"]]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_several_starts_find_the_lowest_minimum() -> None:
    x = np.linspace(0.0, 4.0, 60)
    y = np.sin(2.1 * x) + 0.1 * np.random.default_rng(1).standard_normal(60)
    table = {"y": y, "x": x}

    def wave(c: dict[str, Any], p: dict[str, Any]) -> Any:
        return np.sin(p["w"] * c["x"])

    one = lk.fit("y ~ x", table, "normal", predictor=lk.Function(wave, {"w": lk.positive(0.4)}))
    several = lk.Function(wave, {"w": lk.positive(0.8)}, starts=20)
    fit = lk.fit("y ~ x", table, "normal", predictor=several)
    assert fit.params.estimate[0] == pytest.approx(2.1, abs=0.02)
    assert one.log_likelihood < fit.log_likelihood - 10


def test_a_second_fit_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import jax

    curve = lk.Function(INVERSES["log"], LINE)
    lk.fit("count ~ x", TABLE, "poisson", predictor=curve)
    compiled: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda name, *rest, **more: compiled.append(name) if "compile" in name else None
    )
    try:
        lk.fit("count ~ x", {**TABLE, "count": TABLE["count"] + 1}, "poisson", predictor=curve)
    finally:
        jax.monitoring.clear_event_listeners()
    assert not [name for name in compiled if "backend_compile" in name]


def test_jax_keeps_its_configuration() -> None:
    import jax

    assert not jax.config.jax_enable_x64
    assert jnp.ones(1).dtype == jnp.float32


MISTAKES = [
    (lambda x, p: p["a"] * x["xx"], {}, "asks for 'xx'.*Did you mean `?x"),
    (lambda x, p: p["c"] * x["x"], {}, "asks for 'c'"),
    (lambda x, p: x["x"].wrong(), {}, "the function fails: AttributeError"),
    (lambda x, p: jnp.ones(7), {}, "the function fails"),
    (lambda x, p: p["a"] * x["x"], {"links": {"loc": "log"}}, "takes no link"),
]


@pytest.mark.parametrize(("f", "options", "message"), MISTAKES)
def test_mistakes(f: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(lk.LikelierError, match=message):
        lk.fit("real ~ x", TABLE, "normal", predictor=lk.Function(f, LINE), **options)


def test_what_is_no_parameter_is_refused() -> None:
    f = INVERSES["identity"]
    for bad in ({"a": "one"}, {}, {"a": np.nan}, [1.0], {1: 2.0}):
        with pytest.raises(lk.LikelierError):
            lk.Function(f, bad)
    with pytest.raises(lk.LikelierError, match="cannot start at -1"):
        lk.positive(-1.0)
    curve = lk.Function(f, {"a": lk.own(1.0), "b": 1.0})
    with pytest.raises(lk.LikelierError, match="no groups are given"):
        lk.fit("real ~ x", TABLE, "normal", predictor=curve)
    with pytest.raises(lk.LikelierError, match="gives a location"):
        lk.fit("positive ~ x", TABLE, "weibull", predictor=lk.Function(f, LINE))
    curve = lk.Function(lambda x, p: np.log(p["a"] * x["x"] - 50.0) + p["b"], LINE)
    with pytest.raises(lk.NoFiniteOptimumError, match=r"row .* a = "):
        lk.fit("real ~ x", TABLE, "normal", predictor=curve)


def test_a_function_is_code_and_no_file_carries_it(tmp_path: object) -> None:
    fit = lk.fit("real ~ x", TABLE, "normal", predictor=lk.Function(INVERSES["identity"], LINE))
    with pytest.raises(lk.LikelierError, match="carries no code"):
        fit.save(f"{tmp_path}/model.lkl")
