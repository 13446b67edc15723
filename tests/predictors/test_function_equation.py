"""An equation as a penalty on a formula: polynomials, whose penalised fit is a linear system."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import likelier as lk

T = np.linspace(0.0, 2.0, 25)
TABLE = {"t": T, "y": 2 * np.exp(-0.5 * T) + 0.05 * np.random.default_rng(0).standard_normal(25)}
AT = np.linspace(0.0, 5.0, 100)
NAMES = [f"c{i}" for i in range(7)]
DEGREES = np.arange(7)
QUINTIC = lk.Function(
    lambda x, p: sum(p[name] * x["t"] ** i for i, name in enumerate(NAMES)),
    dict.fromkeys(NAMES, 0.0),
)


def decay(u: Any, x: Any) -> Any:
    return lk.derivative(u, "t")(x) + 0.5 * u(x)


def fitted(strength: Any, **options: Any) -> Any:
    law = lk.PhysicsResidual(decay, {"t": (0.0, 5.0)}, strength=strength)
    return lk.fit("y ~ t", TABLE, "normal", predictor=QUINTIC, objective=lk.NLL() + law, **options)


def matrices() -> tuple[Any, Any]:
    """The columns of the polynomial at the rows, and those of its residual at the points."""
    powers = AT[:, None] ** DEGREES
    slopes = DEGREES * AT[:, None] ** np.maximum(DEGREES - 1, 0)
    return T[:, None] ** DEGREES, slopes + 0.5 * powers


@pytest.mark.parametrize("solver", [None, lk.BFGS(), lk.Newton()])
def test_estimates_solve_the_penalised_normal_equations(solver: Any) -> None:
    """(XᵀX / (n σ²) + 2 s AᵀA / m) c = Xᵀy / (n σ²), with σ² the mean squared residual."""
    strength = 3.0
    fit = fitted(strength, solver=solver)
    assert fit.converged
    x, a = matrices()
    c, scale = fit.coefficients[:7], np.exp(fit.coefficients[7])
    n, m = len(T), len(AT)
    assert scale**2 == pytest.approx(np.mean((TABLE["y"] - x @ c) ** 2), rel=1e-6)
    whole = x.T @ x / (n * scale**2) + 2 * strength * a.T @ a / m
    np.testing.assert_allclose(
        c, np.linalg.solve(whole, x.T @ TABLE["y"] / (n * scale**2)), rtol=1e-5, atol=1e-7
    )
    terms = fit.objective_terms
    assert terms["mean"][1] == pytest.approx(strength * np.mean((a @ c) ** 2), rel=1e-6)


def test_a_balance_is_one_of_curvatures() -> None:
    """Σⱼ (Fⱼ − s Gⱼ) / (Fⱼ + s Gⱼ) = 0 for the diagonals F of XᵀX / (n σ²) and G of 2 AᵀA / m."""
    fit = fitted("balance")
    assert fit.converged
    text = fit.objective_terms.term[1]
    assert text.endswith(" by balance)")
    strength = float(text.split(", ")[-1].removesuffix(" by balance)"))
    x, a = matrices()
    rows = np.sum(x**2, axis=0) / (len(T) * np.exp(2 * fit.coefficients[7]))
    own = strength * 2 * np.sum(a**2, axis=0) / len(AT)
    # It stands to 2 % and is shown with three digits.
    assert abs(np.mean((rows - own) / (rows + own))) < 0.02
    truth = 2 * np.exp(-0.5 * AT)
    plain = lk.fit("y ~ t", TABLE, "normal", predictor=QUINTIC)
    errors = [np.max(np.abs(f.predict({"t": AT}).mean - truth)) for f in (fit, plain)]
    assert errors[0] < 0.2 < 10 < errors[1]


def test_what_has_no_such_mean_is_refused() -> None:
    law = lk.PhysicsResidual(decay, {"t": (0.0, 5.0)})
    objective = lk.NLL() + law
    own = lk.Function(lambda x, p: p["a"] * x["t"], {"a": lk.own(1.0)})
    groups = np.arange(25) % 2
    with pytest.raises(lk.LikelierError, match="at points of no group"):
        lk.fit("y ~ t", TABLE, "normal", predictor=own, objective=objective, groups=groups)
    ode = lk.ODE(lambda t, s, p: {"y": -p["k"] * s["y"]}, {"y": 2.0}, {"k": 0.4})
    with pytest.raises(lk.LikelierError, match="of an ODE is solved already"):
        lk.fit("y ~ t", TABLE, "normal", predictor=ode, objective=objective)
    elsewhere = lk.NLL() + lk.PhysicsResidual(decay, {"z": (0.0, 5.0)})
    with pytest.raises(lk.LikelierError, match="no column 't' at this point; it has z"):
        lk.fit("y ~ t", TABLE, "normal", predictor=QUINTIC, objective=elsewhere)
    level = lk.PhysicsResidual(lambda u, x: u(x) * 0.0, {"t": (0.0, 5.0)}, strength="balance")
    with pytest.raises(lk.LikelierError, match="finds no balance"):
        lk.fit("y ~ t", TABLE, "normal", predictor=QUINTIC, objective=lk.NLL() + level)


def test_written_with_numpy() -> None:
    curve = lk.Function(
        lambda x, p: p["a"] * np.exp(-p["k"] * x["t"]), {"a": lk.positive(1.0), "k": 0.1}
    )
    law = lk.PhysicsResidual(decay, {"t": (0.0, 5.0)}, strength=1e4)
    fit = lk.fit("y ~ t", TABLE, "normal", predictor=curve, objective=lk.NLL() + law)
    assert fit.coefficients[1] == pytest.approx(0.5, abs=1e-3)
