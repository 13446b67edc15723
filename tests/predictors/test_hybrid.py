"""Networks as terms of an equation: what they recover, from how much, and what is said of it."""

from __future__ import annotations

import re
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import likelier as lk

GROWTH, LOSS, DEATH, GAIN = 0.55, 0.028, 0.8, 0.024
TIMES = np.linspace(0.0, 40.0, 161)


def truth(t: float, y: Any) -> list[float]:
    """Lotka and Volterra's equations."""
    return [(GROWTH - LOSS * y[1]) * y[0], (GAIN * y[0] - DEATH) * y[1]]


def hybrid(t: Any, s: Any, p: Any) -> dict[str, Any]:
    """Growth and death are known in form; what becomes of an encounter is not."""
    met = p["f"](s["hare"], s["lynx"])
    return {
        "hare": p["growth"] * s["hare"] - met,
        "lynx": p["gain"] * met - p["death"] * s["lynx"],
    }


def course() -> np.ndarray:
    """Hares and lynxes at all times, (161, 2)."""
    found = solve_ivp(truth, (0.0, 40.0), [30.0, 6.0], t_eval=TIMES, rtol=1e-10, atol=1e-10)
    return found.y.T


def quarter(size: float = 1.0) -> dict[str, Any]:
    """The first quarter of the course, measured to 5 %, hares in another unit."""
    noise = np.random.default_rng(0).standard_normal((41, 2))
    seen = course()[:41] * np.exp(0.05 * noise)
    return {"t": TIMES[:41], "hare": size * seen[:, 0], "lynx": seen[:, 1]}


def hybrid_ode(size: float = 1.0, **options: Any) -> lk.ODE:
    return lk.ODE(
        hybrid,
        initial={"hare": lk.positive(30.0 * size), "lynx": lk.positive(6.0)},
        parameters={
            "growth": lk.positive(0.5),
            "gain": lk.positive(1.0 / size),
            "death": lk.positive(0.8),
            "f": lk.MLP((8,)),
        },
        **options,
    )


@pytest.fixture(scope="module")
def fit() -> Any:
    return lk.fit("hare + lynx ~ t", quarter(), "lognormal", predictor=hybrid_ode())


def test_known_parameters_and_the_unknown_term_are_recovered(fit: Any) -> None:
    """Each within 3.5 of its standard errors, in which the weights count as unknowns."""
    assert fit.converged
    expected = {"growth": GROWTH, "gain": GAIN / LOSS, "death": DEATH, "hare(0)": 30, "lynx(0)": 6}
    errors = dict(zip(fit.params.term, fit.standard_errors.standard_error, strict=True))
    found = dict(zip(fit.params.term, fit.params.estimate, strict=True))
    for name, value in expected.items():
        assert abs(found[name] - value) < 3.5 * errors[name]
        assert 0 < errors[name] < 0.1 * value
    hare, lynx = course()[:41:4].T
    term = fit.derived(lambda p: p["f"](hare, lynx))
    assert np.all(np.abs(term.estimate - LOSS * hare * lynx) < 3.5 * term.standard_error)
    assert np.all(term.standard_error < 6.0)  # the term goes from 4 to 52 along the data
    assert fit.derived(lambda p: p["f"](30.0, 10.0)).estimate[0] == pytest.approx(8.4, abs=4.0)


def test_it_holds_beyond_its_data(fit: Any) -> None:
    """Three more periods, unseen, to 5 %."""
    found = fit.predict({"t": TIMES}).median
    assert np.mean(np.abs(np.log(found / course()))[41:]) < 0.05
    band = fit.predict_interval({"t": TIMES[80:81]}, 0.9)
    assert np.all(band.parameter_variance > 0)
    assert np.all((band.lower < course()[80]) & (course()[80] < band.upper))


def test_the_unit_of_a_state_changes_nothing(fit: Any) -> None:
    """Hares one by one instead of in thousands. Sums are rounded otherwise, and on the plateaus of
    a network's likelihood that decides which of several valleys, alike to a nat, is met.
    """
    other = lk.fit("hare + lynx ~ t", quarter(1e3), "lognormal", predictor=hybrid_ode(1e3))
    same = np.array([1.0, 1e-3, 1.0, 1e3, 1.0])
    errors = fit.standard_errors.standard_error[:5]
    moved = other.params.estimate[:5] / same - fit.params.estimate[:5]
    assert np.all(np.abs(moved) < 0.25 * errors)
    shifted = other.log_likelihood + 41 * np.log(1e3)
    assert shifted == pytest.approx(fit.log_likelihood, abs=1.5)


def test_derivatives_in_weights(fit: Any) -> None:
    function = fit.sample.problem.function
    theta = fit.estimate.coefficients + 0.01
    gradient = function(theta, 1).gradient
    for i in (5, 21, 33, 37):
        move = 1e-5 * np.eye(len(theta))[i]
        slope = (function(theta + move, 0).value - function(theta - move, 0).value) / 2e-5
        assert gradient[i] == pytest.approx(slope, rel=1e-4, abs=1e-2)


def test_what_is_said_of_it(fit: Any, tmp_path: Any) -> None:
    text = str(fit.summary())
    assert "f: a network, 2 columns → 8 (gelu) → 1 output, 33 weights." in text
    assert "weight[" not in text
    assert "the weights of networks counted" in text
    assert [d.kind for d in fit.diagnoses] == ["penalised"]
    assert fit.objective_terms.term.tolist() == ["NLL()", "L2(0.01, parameters=('f',))"]
    # The horizon grew before all rows were fitted.
    phases = fit.history.phase.drop_duplicates().tolist()
    assert len(phases) > 3
    assert phases[-1] == "all rows"
    assert phases[0].startswith("until time")
    # Effective coefficients: fewer than weights.
    assert 7 < fit.degrees_of_freedom < 25
    with pytest.raises(lk.LikelierError, match="carries no code"):
        fit.save(tmp_path / "model.lkl")


def test_a_parameter_whose_place_a_network_can_take_is_named(fit: Any) -> None:
    """In y' = f(y) − k y the network can do what k y does; in the hybrid it cannot."""
    t = np.linspace(0.0, 4.0, 30)
    table = {"t": t, "y": np.exp(-0.6 * t) + 0.01 * np.cos(40 * t)}
    ode = lk.ODE(
        lambda t, s, p: {"y": p["f"](s["y"]) - p["k"] * s["y"]},
        initial={"y": 1.0},
        parameters={"k": lk.positive(0.5), "f": lk.MLP((4,))},
    )
    confounded = lk.fit("y ~ t", table, "normal", predictor=ode)
    (found,) = [d for d in confounded.diagnoses if d.kind == "weak identification"]
    assert found.where == ("k",)
    assert found.evidence["unmatched"]["k"] < 1e-6
    # No standard error says otherwise; what is predicted keeps its own.
    errors = confounded.standard_errors.set_index("term").standard_error
    assert np.isnan(errors["k"])
    assert confounded.predict_interval({"t": [1.0, 2.0]}).notna().all(axis=None)
    curve = fit.sample.problem.predictor.curve
    shares = curve.unmatched(fit.estimate.coefficients[: fit.sample.problem.predictor.width])
    assert set(shares) == {"growth", "gain", "death"}
    assert min(shares.values()) > 0.3


def logistic(w: Any, x: Any) -> Any:
    """A user's own function of weights, written with NumPy: it must be told as such."""
    return jnp.tanh(w["a"] * x[0] + w["b"]) * w["c"]


def test_a_function_of_ones_own_within_a_field_written_with_numpy() -> None:
    """y' = 1 − y² − y, its quadratic part left to the function; y is known in closed form."""
    t = np.linspace(0.0, 3.0, 40)
    root = np.sqrt(5.0)
    y = (root * np.tanh(0.5 * root * t + np.arctanh(1 / root)) - 1.0) / 2.0
    noise = 0.005 * np.random.default_rng(1).standard_normal(40)

    def field(t: Any, s: Any, p: Any) -> dict[str, Any]:
        one, other = p["f"](np.sin(s["y"]), s["y"], outputs=2)
        return {"y": np.exp(p["k"]) * (1.0 - s["y"]) + one + 0.0 * other}

    def own(w: Any, x: Any) -> Any:
        return [logistic(w, x), 0.0]

    first = {"a": 0.5, "b": 0.1, "c": 0.1}
    ode = lk.ODE(
        field,
        initial={"y": 0.0},
        parameters={"k": 0.0, "f": lk.Network(own, first)},
        weight_decay=1e-3,
    )
    fit = lk.fit("y ~ t", {"t": t, "y": y + noise}, "normal", predictor=ode)
    assert fit.params.term.tolist() == ["k", "a", "b", "c", "intercept"]
    assert fit.params.parameter.tolist() == ["loc", "f", "f", "f", "scale"]
    np.testing.assert_allclose(fit.predict({"t": t}).mean, y, atol=0.01)


SHORT = {"t": [0.0, 1.0, 2.0], "y": [1.0, 0.5, 0.2], "u": [0.0, 1.0, 0.0]}
F = lk.MLP((2,))


def calling(*calls: Any) -> Any:
    """A field that is the sum of what calls make of the network and the states."""

    def field(t: Any, s: Any, p: Any) -> dict[str, Any]:
        return {"y": sum(call(p["f"], s["y"]) for call in calls)}

    return field


one, two = (lambda f, y: f(y)), (lambda f, y: f(y, y))
MISTAKES: list[tuple[str, Any, dict[str, Any], str]] = [
    ("y ~ t", calling(one, two), {"f": F}, "with 2 arguments here and with 1 elsewhere"),
    ("y ~ t", calling(lambda f, y: f()), {"f": F}, "called without arguments"),
    ("y ~ t", calling(lambda f, y: f(y, outputs=0)), {"f": F}, "outputs of the network 'f' is"),
    ("y ~ t", calling(lambda f, y: 2.0 * f), {"f": F}, "unsupported operand"),
    ("y ~ t", lambda t, s, p: {"y": -s["y"]}, {"f": F}, "never calls the network 'f'"),
    ("y ~ t", lambda t, s, p: {"y": p["g"](s["y"])}, {"f": F}, "asks for 'g'"),
    ("y ~ t + u", lambda t, s, p: {"y": p["u"](s["y"])}, {"u": F}, "a parameter and a column"),
    ("y ~ t", lambda t, s, p: {"y": p["scale"](s["y"])}, {"scale": F}, "cannot be called 'scale'"),
    ("y ~ t", calling(one), {"f": lk.MLP()}, "4,353 weights"),
    ("y ~ t", calling(one), {"f": lk.MLP((2,), dropout=0.1)}, "no dropout"),
    ("y ~ t", calling(one), {"f": lk.MLP((2,), weight_decay=0.1)}, "ODE(…, weight_decay=0.1)"),
    ("y ~ t", calling(one), {"f": lk.Ensemble(F, 3)}, "is one lk.MLP or lk.Network"),
    ("y ~ t", calling(one), {"f": lk.own}, "a parameter is lk.positive"),
]


@pytest.mark.parametrize(("formula", "field", "parameters", "message"), MISTAKES)
def test_mistakes(formula: str, field: Any, parameters: Any, message: str) -> None:
    def fitted() -> Any:
        ode = lk.ODE(field, initial={"y": 1.0}, parameters=parameters)
        return lk.fit(formula, SHORT, "normal", predictor=ode)

    with pytest.raises(lk.LikelierError, match=re.escape(message)):
        fitted()


def test_only_the_field_calls_a_network() -> None:
    ode = lk.ODE(
        calling(one),
        initial={"y": 1.0},
        parameters={"f": F},
        observe=lambda s, p: {"y": p["f"](s["y"])},
    )
    with pytest.raises(lk.LikelierError, match="is a term of the field, and observe calls it"):
        lk.fit("y ~ t", SHORT, "normal", predictor=ode)


def swing(t: Any, s: Any, p: Any) -> dict[str, Any]:
    """A pendulum."""
    return {"y": s["v"], "v": -(p["w"] ** 2) * jnp.sin(s["y"])}


@pytest.mark.parametrize("start", [2.0, 4.0])
def test_a_long_oscillation_is_found_from_its_beginning(start: float) -> None:
    """Eighteen periods: descent over the whole ends at a wrong frequency, and looks converged."""
    t = np.linspace(0.0, 40.0, 161)
    solved = solve_ivp(
        lambda t, y: [y[1], -9 * np.sin(y[0])], (0, 40), [1.0, 0.0], t_eval=t, rtol=1e-9, atol=1e-9
    )
    table = {"t": t, "y": solved.y[0] + 0.1 * np.random.default_rng(1).standard_normal(161)}

    def fitted(**options: Any) -> Any:
        ode = lk.ODE(
            swing, initial={"y": 1.0, "v": 0.0}, parameters={"w": lk.positive(start)}, **options
        )
        return lk.fit("y ~ t", table, "normal", predictor=ode)

    trapped, found, grown = fitted(horizon="whole"), fitted(), fitted(horizon="growing")
    assert abs(trapped.params.estimate[0] - 3.0) > 0.5
    assert trapped.log_likelihood < found.log_likelihood - 200
    for fit in (found, grown):
        assert fit.converged
        assert fit.params.estimate[0] == pytest.approx(3.0, abs=0.002)
