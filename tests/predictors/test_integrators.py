"""Steps of differential equations and their derivatives, beside mpmath and closed forms."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from likelier.predictors.ode.integrators import walk
from likelier.predictors.ode.jets import Jets
from likelier.predictors.ode.methods import RODAS, TSITOURAS
from likelier.special._jax import double_precision

METHODS = {"explicit": TSITOURAS, "stiff": RODAS}
both = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def solved(method: Any, slope: Any, y: Any, q: Any, stops: Any, order: int, rtol: float) -> Any:
    """The jets at the stops of a walk from time 0, where the states do not depend on q."""
    jets = Jets(len(q), order)

    def run(y: Any, q: Any) -> Any:
        unknowns = jets.of_unknowns(q)
        states = jets.through(lambda _: y, unknowns)
        amounts = jnp.zeros((len(stops), len(y)))
        return walk(method, slope, jets, states, unknowns, 0.0, stops, amounts, rtol, rtol)

    with double_precision():
        arrays = [jnp.asarray(values, float) for values in (y, q)]
        return np.asarray(jax.jit(run)(*arrays))


@both
def test_order_of_a_step(method: Any) -> None:
    """Halving a step divides its error by 2⁶ and the estimate of it by 2⁵; mpmath to 30 digits."""

    def slope(t: Any, y: Any, _: Any) -> Any:
        return jnp.stack([t * y[1] + y[0] * y[1], jnp.sin(t) - y[0] ** 2])

    start, first = 0.3, [0.8, -0.5]
    with mpmath.workdps(30):
        exact = mpmath.odefun(
            lambda t, y: [t * y[1] + y[0] * y[1], mpmath.sin(t) - y[0] ** 2],
            mpmath.mpf("0.3"),
            [mpmath.mpf("0.8"), mpmath.mpf("-0.5")],
        )
        lengths = (0.05, 0.025)
        ends = [[float(v) for v in exact(mpmath.mpf("0.3") + mpmath.mpf(h))] for h in lengths]
    jets, y, q = Jets(0, 0), np.array(first)[:, None], np.zeros((0, 1))

    @jax.jit
    def taken(h: Any) -> Any:
        stage = method.stages(slope, jets, jnp.asarray(start), h, y, q)
        inside = jnp.asarray(method.inside)

        def take(i: Any, k: Any) -> Any:
            return k.at[i].set(stage(i, y + (inside[i] @ k)[:, None], k)[:, 0])

        return jax.lax.fori_loop(0, len(inside), take, jnp.zeros((len(inside), 2)))

    with double_precision():
        stages = [np.asarray(taken(h)) for h in lengths]
    pairs = list(zip(stages, ends, strict=True))
    errors = [
        np.abs(np.array(first) + method.weights @ k - np.array(end)).max() for k, end in pairs
    ]
    estimates = [np.abs(method.error @ k).max() for k in stages]
    # The term in h⁶ is made small in such methods, so that here the one in h⁷ counts as well.
    assert 5.6 < np.log2(errors[0] / errors[1]) < 7
    assert np.log2(estimates[0] / estimates[1]) == pytest.approx(5, abs=0.4)
    assert errors[1] < 0.1 * estimates[1]


@both
def test_derivatives_are_those_of_the_solution(method: Any) -> None:
    """y' = r y (1 − y / c): the logistic curve, differentiated by mpmath in r, c and y(0)."""

    def slope(_: Any, y: Any, q: Any) -> Any:
        return q[0] * y * (1 - y / q[1])

    values, stops = (0.9, 3.0, 0.2), np.array([0.5, 2.0, 4.0])
    jets = Jets(3, 2)

    def run(q: Any) -> Any:
        unknowns = jets.of_unknowns(q)
        amounts = jnp.zeros((3, 1))
        return walk(method, slope, jets, unknowns[2:], unknowns, 0.0, stops, amounts, 1e-9, 1e-9)

    with double_precision():
        found = np.asarray(jax.jit(run)(jnp.array(values)))[:, 0]

    def logistic(r: Any, c: Any, y: Any, t: Any) -> Any:
        return c / (1 + (c / y - 1) * mpmath.exp(-r * t))

    orders = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    orders += [
        tuple(np.eye(3, dtype=int)[i] + np.eye(3, dtype=int)[j])
        for i, j in zip(*jets.pairs, strict=True)
    ]
    for row, t in zip(found, stops, strict=True):
        exact = [
            float(
                mpmath.diff(lambda r, c, y, t=t: logistic(r, c, y, t), values, tuple(map(int, n)))
            )
            if any(n)
            else float(logistic(*values, t))
            for n in orders
        ]
        np.testing.assert_allclose(row, exact, rtol=2e-7, atol=2e-8)


def test_a_stiff_equation_takes_steps_of_the_size_of_its_solution() -> None:
    """y' = −λ (y − cos t) − sin t, y = cos t: λ = 1e6 asks for 1e6 explicit steps or more."""

    def slope(t: Any, y: Any, q: Any) -> Any:
        return -q[0] * (y - jnp.cos(t)) - jnp.sin(t)

    stops = np.array([1.0, 5.0, 10.0])
    found = solved(RODAS, slope, [1.0], [1e6], stops, 1, 1e-8)[:, 0]
    np.testing.assert_allclose(found[:, 0], np.cos(stops), atol=1e-7)
    np.testing.assert_allclose(found[:, 1], 0.0, atol=1e-12)
    assert np.all(np.isnan(solved(TSITOURAS, slope, [1.0], [1e6], stops, 0, 1e-8)[-1]))


@both
def test_what_blows_up_is_missing_from_there_on(method: Any) -> None:
    """y' = y²: y = 1 / (1 − t)."""
    found = solved(method, lambda t, y, q: y**2, [1.0], [1.0], np.array([0.5, 0.9, 1.5]), 0, 1e-8)
    np.testing.assert_allclose(found[:, 0, 0], [2.0, 10.0, np.nan], rtol=1e-6)


@both
def test_time_far_from_zero(method: Any) -> None:
    """Seconds since 1970: the least step that moves the time exceeds a cautious first one."""
    begin = 1.7e9
    jets = Jets(1, 0)
    with double_precision():
        stops = jnp.array([begin, begin + 10.0, begin + 100.0])
        y, q = jnp.zeros((1, 1)), jnp.full((1, 1), 0.5)
        amounts = jnp.array([[0.0], [7.0], [0.0]])
        found = walk(
            method, lambda t, y, q: q, jets, y, q, jnp.float64(begin), stops, amounts, 1e-8, 1e-8
        )
    np.testing.assert_allclose(found[:, 0, 0], [0.0, 5.0, 57.0], rtol=1e-6)
