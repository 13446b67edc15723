"""Differential equations as predictors: published fits, solutions in closed form, experiments."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import likelier as lk


def lotka_volterra(t: Any, s: Any, p: Any) -> dict[str, Any]:
    return {
        "hare": (p["a"] - p["b"] * s["lynx"]) * s["hare"],
        "lynx": (p["d"] * s["hare"] - p["c"]) * s["lynx"],
    }


PREDATION = {
    "a": lk.positive(0.5),
    "b": lk.positive(0.03),
    "c": lk.positive(0.8),
    "d": lk.positive(0.02),
}


@pytest.fixture(scope="module")
def pelts() -> Any:
    ode = lk.ODE(
        lotka_volterra,
        initial={"hare": lk.positive(30.0), "lynx": lk.positive(4.0)},
        parameters=PREDATION,
    )
    table = lk.datasets.load("pelts")
    return lk.fit("hare + lynx ~ year", table, "lognormal", predictor=ode)


def test_hudson_bay_pelts(pelts: Any) -> None:
    """Howard (2009) and Carpenter (2018): posterior means 0.547, 0.0277, 0.800, 0.0241, initial
    34.0 and 5.9, sigma 0.25; maximum likelihood lies within half a posterior deviation of them.
    """
    assert pelts.converged
    terms = dict(zip(pelts.params.term, pelts.params.estimate, strict=True))
    published = {"a": (0.547, 0.063), "b": (0.0277, 0.0041), "c": (0.800, 0.090)}
    published |= {"d": (0.0241, 0.0036), "hare(0)": (34.0, 2.9), "lynx(0)": (5.9, 0.53)}
    for name, (mean, deviation) in published.items():
        assert abs(terms[name] - mean) < 0.5 * deviation
    # Without a prior, and without the unknowns that were fitted counted, it is somewhat smaller.
    assert 0.2 < np.exp(terms["hare"]) < 0.25
    assert 0.2 < np.exp(terms["lynx"]) < 0.25


def test_likelihood_is_that_of_scipys_solution(pelts: Any) -> None:
    table = lk.datasets.load("pelts")
    p = dict(zip(pelts.params.term, pelts.params.estimate, strict=True))

    def slope(t: float, y: Any) -> Any:
        return list(lotka_volterra(t, {"hare": y[0], "lynx": y[1]}, p).values())

    start = [p["hare(0)"], p["lynx(0)"]]
    years = table.year.to_numpy(float)
    solution = solve_ivp(
        slope, (1900.0, 1920.0), start, t_eval=years, rtol=1e-10, atol=1e-10, method="DOP853"
    )
    expected = sum(
        lk.LogNormal(np.log(solution.y[j]), np.exp(p[name])).log_prob(table[name]).sum()
        for j, name in enumerate(("hare", "lynx"))
    )
    assert pelts.log_likelihood == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(pelts.predict({"year": years}).median, solution.y.T, rtol=1e-6)


def test_derivatives_of_trajectories(pelts: Any) -> None:
    function = pelts.sample.problem.function
    theta = pelts.estimate.coefficients * 1.01
    sums = function(theta)
    for i in range(len(theta)):
        move = 1e-5 * abs(theta[i]) * np.eye(len(theta))[i]
        up, down = function(theta + move), function(theta - move)
        slope = (up.value - down.value) / (2 * move[i])
        assert sums.gradient[i] == pytest.approx(slope, rel=1e-5, abs=1e-3)
        bend = (up.gradient - down.gradient) / (2 * move[i])
        np.testing.assert_allclose(sums.curvature[i], bend, rtol=1e-4, atol=1e-2)


def test_empty_cells_are_not_observed(pelts: Any) -> None:
    """Leaving cells out is the likelihood of the rest."""
    table = lk.datasets.load("pelts").astype(float)
    table.loc[[3, 7, 8], "hare"] = np.nan
    table.loc[5, ["hare", "lynx"]] = np.nan
    fit = lk.fit("hare + lynx ~ year", table, "lognormal", predictor=pelts.predictor)
    assert fit.n_observations == 42 - 5
    median = fit.predict(table).median
    scales = np.exp(fit.params.estimate[-2:].to_numpy())
    values = table[["hare", "lynx"]].to_numpy()
    rows = lk.LogNormal(np.log(median), scales).log_prob(np.where(np.isnan(values), 1.0, values))
    # Steps end at rows: those of the integration with a row more differ within its tolerance.
    assert fit.log_likelihood == pytest.approx(rows[~np.isnan(values)].sum(), abs=1e-6)


def decay(t: Any, s: Any, p: Any) -> dict[str, Any]:
    return {"y": -p["k"] * s["y"]}


def test_equals_a_function_where_the_solution_is_known() -> None:
    rng = np.random.default_rng(2)
    t = np.linspace(0.0, 5.0, 40)
    table = {"t": t, "y": rng.poisson(30 * np.exp(-0.7 * t)).astype(float)}
    unknowns = {"k": lk.positive(1.0)}
    ode = lk.ODE(decay, initial={"y": lk.positive(20.0)}, parameters=unknowns)
    curve = lk.Function(
        lambda x, p: p["y0"] * jnp.exp(-p["k"] * x["t"]), {**unknowns, "y0": lk.positive(20.0)}
    )
    one = lk.fit("y ~ t", table, "poisson", predictor=ode)
    other = lk.fit("y ~ t", table, "poisson", predictor=curve)
    np.testing.assert_allclose(one.params.estimate, other.params.estimate, rtol=1e-6)
    np.testing.assert_allclose(
        one.standard_errors.standard_error, other.standard_errors.standard_error, rtol=1e-5
    )
    np.testing.assert_allclose(
        one.conf_int(method="profile").lower, other.conf_int(method="profile").lower, rtol=1e-5
    )


def test_doses_inputs_and_own_parameters() -> None:
    """One compartment with absorption, two subjects with two doses each: Bateman's functions."""
    ka, ke = 1.4, {"ann": 0.25, "bob": 0.4}
    times = np.array([0.0, 0.5, 1, 2, 4, 6, 8, 9, 10, 12, 16.0])
    given = {0.0: 4.0, 8.0: 3.0}
    rows: dict[str, list[Any]] = {"who": [], "t": [], "dose": [], "w": [], "conc": []}
    rng = np.random.default_rng(5)
    for who, k in ke.items():
        for t in times:
            # An observation at a dose is before it; clearance grows with the input w.
            parts = [
                d * ka / (ka - k) * (np.exp(-k * (t - at)) - np.exp(-ka * (t - at)))
                for at, d in given.items()
                if t > at
            ]
            rows["who"].append(who)
            rows["t"].append(t)
            rows["dose"].append(given.get(t, 0.0))
            rows["w"].append(2.0 if who == "bob" else 1.0)
            rows["conc"].append(sum(parts) / 2.0 + 0.02 * rng.standard_normal())

    def field(t: Any, s: Any, p: Any) -> dict[str, Any]:
        absorbed = p["ka"] * s["gut"]
        return {"gut": -absorbed, "blood": absorbed - p["ke"] * s["blood"] + 0.0 * p["w"]}

    ode = lk.ODE(
        field,
        initial={"gut": 0.0, "blood": 0.0},
        parameters={"ka": lk.positive(1.0), "ke": lk.own(lk.positive(0.3)), "V": lk.positive(1.0)},
        observe=lambda s, p: {"conc": s["blood"] / p["V"]},
        doses={"gut": "dose"},
    )
    fit = lk.fit("conc ~ t + dose + w", rows, "normal", predictor=ode, groups="who")
    assert fit.converged
    assert list(fit.params.term[:4]) == ["ka", "ke[ann]", "ke[bob]", "V"]
    truth = np.array([ka, ke["ann"], ke["bob"], 2.0])
    errors = fit.standard_errors.standard_error[:4].to_numpy()
    assert np.all(np.abs(fit.params.estimate[:4] - truth) < 3.5 * errors)
    assert np.exp(fit.params.estimate[4]) == pytest.approx(0.02, rel=0.4)


def test_inputs_that_vary_in_time_are_interpolated() -> None:
    """ds/dt = u(t) with u piecewise linear: s is its integral."""
    t = np.linspace(0.0, 6.0, 25)
    u = np.abs(t - 3.0)
    exact = np.concatenate([[0.0], np.cumsum(np.diff(t) * (u[1:] + u[:-1]) / 2)])
    table = {"t": t, "u": u, "s": 2.0 * exact + 0.01 * np.sin(50 * t)}
    ode = lk.ODE(
        lambda t, s, p: {"s": p["gain"] * p["u"]},
        initial={"s": 0.0},
        parameters={"gain": lk.positive(1.0)},
    )
    fit = lk.fit("s ~ t + u", table, "normal", predictor=ode)
    assert fit.params.estimate[0] == pytest.approx(2.0, abs=0.01)


def test_robertsons_chemistry_is_stiff() -> None:
    """Hairer and Wanner (1996), section IV.1; states at t = 40 and 4e5 from their code."""

    def field(t: Any, s: Any, p: Any) -> dict[str, Any]:
        slow, back, fast = p["k1"] * s["a"], 1e4 * s["b"] * s["c"], 3e7 * s["b"] ** 2
        return {"a": back - slow, "b": slow - back - fast, "c": fast}

    times = np.array([0.0, 0.4, 4.0, 40.0, 400.0, 4e3, 4e4])
    exact = np.array([1.0, 0.98517, 0.90551, 0.71582, 0.45051, 0.18320, 0.038983])
    noise = 1 + 0.001 * np.array([0.0, 1, -1, 1, -1, 1, -1])
    ode = lk.ODE(
        field,
        initial={"a": 1.0, "b": 0.0, "c": 0.0},
        parameters={"k1": lk.positive(0.05)},
        atol=1e-10,
    )
    table = {"t": times, "a": exact * noise}
    fit = lk.fit("a ~ t", table, "lognormal", predictor=ode)
    assert fit.predictor.method == "stiff"
    assert fit.params.estimate[0] == pytest.approx(0.04, rel=5e-3)


def test_what_cannot_be_known_is_named() -> None:
    """Only the product of two parameters enters."""
    t = np.linspace(0.0, 4.0, 30)
    table = {"t": t, "y": np.exp(-0.6 * t) + 0.01 * np.cos(40 * t)}
    ode = lk.ODE(
        lambda t, s, p: {"y": -p["k"] * p["m"] * s["y"]},
        initial={"y": 1.0},
        parameters={"k": lk.positive(0.5), "m": lk.positive(1.0)},
    )
    fit = lk.fit("y ~ t", table, "normal", predictor=ode)
    assert not fit.converged
    (found,) = [d for d in fit.diagnoses if d.kind == "weak identification"]
    assert found.severity == "serious"
    assert set(found.where) == {"k", "m"}
    # What is lost is their ratio.
    assert "k^+1 · m^-1" in found.message
    assert fit.standard_errors.standard_error[:2].isna().all()


def test_a_trajectory_that_blows_up() -> None:
    """y' = y² from 1 has no value from t = 1 / p on; steps there are refused."""
    t = np.linspace(0.0, 0.9, 20)
    table = {"t": t, "y": 1 / (1 - 0.9 * t)}

    def field(t: Any, s: Any, p: Any) -> dict[str, Any]:
        return {"y": p["k"] * s["y"] ** 2}

    near = lk.ODE(field, initial={"y": 1.0}, parameters={"k": lk.positive(0.5)})
    fit = lk.fit("y ~ t", table, lk.Fixed(lk.Normal, scale=0.1), predictor=near)
    assert fit.params.estimate[0] == pytest.approx(0.9, abs=1e-6)
    far = lk.ODE(field, initial={"y": 1.0}, parameters={"k": lk.bounded(5.0, 4.0, 6.0)})
    with pytest.raises(lk.NoFiniteOptimumError, match=r"y at time 0\.\d+ .*k = 5"):
        lk.fit("y ~ t", table, lk.Fixed(lk.Normal, scale=0.1), predictor=far)


TABLE = {"t": [0.0, 1.0, 2.0], "y": [1.0, 0.5, 0.2]}
GOOD: dict[str, Any] = {"initial": {"y": lk.positive(1.0)}, "parameters": {"k": lk.positive(1.0)}}
MISTAKES = [
    ("y ~ t", decay, {**GOOD, "initial": {"x": 1.0}}, "is no state"),
    ("y ~ t", lambda t, s, p: {"z": s["y"]}, GOOD, "field gives no 'y'"),
    ("y ~ t", lambda t, s, p: {"y": s["y"], "z": 1.0}, GOOD, "'z', which is no state"),
    ("y ~ t", lambda t, s, p: -s["y"], GOOD, "gives a dict by name"),
    ("y ~ t", lambda t, s, p: {"y": p["kk"]}, GOOD, "asks for 'kk'"),
    ("y ~ 1", decay, GOOD, "needs the time"),
    ("y ~ t", decay, {**GOOD, "start": 0.5}, "before the time 0.5"),
    ("y ~ t", decay, {**GOOD, "doses": {"y": "dose"}}, "`dose`, which the formula does not"),
    ("y ~ t", decay, {**GOOD, "doses": {"gut": "dose"}}, "'gut', which is no state"),
    ("y ~ t", decay, {**GOOD, "method": "stif"}, "Did you mean"),
]


@pytest.mark.parametrize(("formula", "field", "options", "message"), MISTAKES)
def test_mistakes(formula: str, field: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((lk.LikelierError, lk.DataError), match=message):
        lk.fit(formula, TABLE, "normal", predictor=lk.ODE(field, **options))


@pytest.mark.parametrize("formula", ["blood ~ t + dose", "gut + blood ~ t + dose"])
def test_a_dose_is_given_once_whatever_of_its_row_is_observed(formula: str) -> None:
    """A row may bring a dose and no observation, or a dose and several."""
    ka, k, amount = 1.2, 0.3, 10.0
    t = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0])
    late = np.maximum(t - 3.0, 0.0)

    def gut(s):
        return amount * np.exp(-ka * s) * (s > 0)

    def blood(s):
        return amount * ka / (ka - k) * (np.exp(-k * s) - np.exp(-ka * s))

    noise = np.exp(0.01 * np.random.default_rng(0).standard_normal((2, len(t))))
    table = {
        "t": t,
        "dose": amount * np.isin(t, [0.0, 3.0]),
        "gut": (gut(t) + gut(late)) * noise[0],
        "blood": (blood(t) + blood(late)) * noise[1],
    }
    table["gut"][0] = table["blood"][0] = np.nan
    ode = lk.ODE(
        lambda t, s, p: {
            "gut": -p["ka"] * s["gut"],
            "blood": p["ka"] * s["gut"] - p["k"] * s["blood"],
        },
        initial={"gut": 0.0, "blood": 0.0},
        parameters={"ka": lk.positive(1.0), "k": lk.positive(0.2)},
        doses={"gut": "dose"},
    )
    fit = lk.fit(formula, table, "lognormal", predictor=ode)
    found = fit.params.set_index("term").estimate
    assert found["ka"] == pytest.approx(ka, rel=0.05)
    assert found["k"] == pytest.approx(k, rel=0.05)


def robertson(t: Any, s: Any, p: Any) -> dict[str, Any]:
    slow, back, fast = p["k1"] * s["a"], p["k3"] * s["b"] * s["c"], 3e7 * s["b"] ** 2
    return {"a": back - slow, "b": slow - back - fast, "c": fast}


def pendulum(t: Any, s: Any, p: Any) -> dict[str, Any]:
    pull = p["damping"] * s["speed"] + p["stiffness"] * np.sin(s["angle"])
    return {"angle": s["speed"], "speed": -pull}


EQUATIONS: dict[str, dict[str, Any]] = {
    "robertson": {
        "field": robertson,
        "formula": "a + c ~ t",
        "family": "lognormal",
        "times": np.concatenate([[0.0], np.geomspace(0.1, 1e5, 14)]),
        "initial": {"a": 1.0, "b": 0.0, "c": 0.0},
        "parameters": {"k1": (0.04, lk.positive(0.05)), "k3": (1e4, lk.positive(1.3e4))},
        "noise": 0.05,
        "scipy": {"method": "Radau", "rtol": 1e-9, "atol": 1e-13},
        "options": {"method": "stiff", "atol": 1e-11},
    },
    "pendulum": {
        "field": pendulum,
        "formula": "angle ~ t",
        "family": "normal",
        "times": np.linspace(0.0, 10.0, 41),
        "initial": {"angle": 2.0, "speed": 0.0},
        "parameters": {
            "damping": (0.25, lk.positive(0.35)),
            "stiffness": (4.0, lk.positive(5.0)),
        },
        "noise": 0.1,
        "scipy": {"method": "DOP853", "rtol": 1e-10, "atol": 1e-10},
        "options": {},
    },
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_what_was_simulated_is_recovered(name: str) -> None:
    """Within profile intervals, and with SciPy's trajectory at the estimates."""
    model = EQUATIONS[name]
    times, initial, measured = model["times"], model["initial"], ["a", "c"]
    if name == "pendulum":
        measured = ["angle"]

    def solved(values: Any) -> Any:
        def slope(t: float, y: Any) -> Any:
            found = model["field"](t, dict(zip(initial, y, strict=True)), values)
            return list(found.values())

        first = list(initial.values())
        ends = (0.0, times[-1])
        found = solve_ivp(slope, ends, first, t_eval=times, **model["scipy"]).y
        return found[[list(initial).index(state) for state in measured]]

    truth = {key: value for key, (value, _) in model["parameters"].items()}
    noise = model["noise"] * np.random.default_rng(1).standard_normal((len(measured), len(times)))
    exact = solved(truth)
    seen = exact * np.exp(noise) if model["family"] == "lognormal" else exact + noise
    table = {"t": times, **dict(zip(measured, seen, strict=True))}
    if name == "robertson":
        table["c"][0] = np.nan  # nothing of it is there at the start
    ode = lk.ODE(
        model["field"],
        initial=initial,
        parameters={key: unknown for key, (_, unknown) in model["parameters"].items()},
        **model["options"],
    )
    fit = lk.fit(model["formula"], table, model["family"], predictor=ode)
    assert fit.converged
    interval = fit.conf_int(method="profile").set_index("term")
    for key, value in truth.items():
        assert interval.lower[key] < value < interval.upper[key]
    found = dict(zip(fit.params.term, fit.params.estimate, strict=True))
    curve = fit.predict({"t": times[1:]}).median.reshape(len(times) - 1, -1).T
    np.testing.assert_allclose(curve, solved(found)[:, 1:], rtol=1e-6, atol=1e-6)


def test_an_interval_of_what_comes_has_noise_and_parameters() -> None:
    """Measured late and asked early, where the curve is known worse than what is measured."""
    ode = lk.ODE(
        decay, initial={"y": lk.positive(2.0)}, parameters={"k": lk.positive(0.5)}, start=0.0
    )
    rng = np.random.default_rng(0)
    t = np.linspace(2.0, 6.0, 40)
    held: dict[str, list[float]] = {"both": [], "noise": []}
    for _ in range(120):
        y = 2 * np.exp(-0.5 * t) + 0.1 * rng.standard_normal(len(t))
        fit = lk.fit("y ~ t", {"t": t, "y": y}, "normal", predictor=ode)
        new = 2 * np.exp(-0.25) + 0.1 * rng.standard_normal(200)
        band = fit.predict_interval({"t": [0.5]}, 0.9)
        lower, upper = fit.predict({"t": [0.5]}).interval(0.9)
        held["both"].append(np.mean((band.lower[0] < new) & (new < band.upper[0])))
        held["noise"].append(np.mean((lower[0] < new) & (new < upper[0])))
    # Of 120 samples the share has a standard error of about 0.02.
    assert np.mean(held["both"]) == pytest.approx(0.9, abs=0.05)
    assert np.mean(held["noise"]) < 0.8
    # The last one's parts: σ² averaged over a log σ of variance 1 / (2 n), and the delta method.
    a, k = fit.params.estimate[[1, 0]]
    slope = np.array([-0.5 * a * np.exp(-0.5 * k), np.exp(-0.5 * k)])
    covariance = fit.covariance().to_numpy()[:2, :2]
    noise = fit.predict({"t": [0.5]}).variance[0] * np.exp(2 / (2 * len(t)))
    assert band.noise_variance[0] == pytest.approx(noise, rel=1e-4)
    assert band.parameter_variance[0] == pytest.approx(slope @ covariance @ slope, rel=0.05)
    assert band.variance[0] == pytest.approx(band.noise_variance[0] + band.parameter_variance[0])
