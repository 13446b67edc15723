"""P(X > Y) of two Beta variables: sums at 60 digits, limits, derivatives under JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf

from likelier import special

RNG = np.random.default_rng(41)


def _at_least(a: Any, b: Any, k: int, rest: int) -> Any:
    """P of k or more yeses among n = k + rest − 1 trials of a Beta(a, b): P(X > Beta(k, rest))."""
    n = k + rest - 1
    term = mp.binomial(n, k) * mp.beta(a + k, b + n - k) / mp.beta(a, b)
    total = mpf(0)
    for j in range(k, n + 1):
        total += term
        if j < n:
            term *= mpf(n - j) / (j + 1) * (a + j) / (n - j - 1 + b)
    return total


def _log(a: Any, b: Any, k: int, rest: int) -> Any:
    value = _at_least(a, b, k, rest)
    return mp.log(value) if value < 0.5 else mp.log1p(-_at_least(b, a, rest, k))


def _points(count: int) -> list[tuple[float, float, int, int]]:
    """Shapes from 1e-12 to 1e8, the other variable's from 1 to a thousand, tails to e^-2000."""
    points = []
    for _ in range(count):
        n = int(10 ** RNG.uniform(0, 3))
        k = int(RNG.integers(1, n + 1))
        share = RNG.choice([RNG.uniform(0.01, 0.99), 10 ** RNG.uniform(-6, -1)])
        share = share if RNG.random() < 0.5 else 1 - share
        total = 10 ** RNG.uniform(-6, 8)
        points.append((share * total, (1 - share) * total, k, n - k + 1))
    return points


def test_against_sums() -> None:
    points = _points(150)
    found = special.log_beta_exceeds(*np.array(points, dtype=float).T)
    with mp.workdps(60):
        for point, value in zip(points, found, strict=True):
            a, b, k, rest = point
            right = _log(mpf(a), mpf(b), k, rest)
            assert abs(mpf(float(value)) - right) <= 5e-15 * (20 + abs(right)), point


def test_one_order_is_the_complement_of_the_other() -> None:
    a, b, c, d = 10 ** RNG.uniform(-4, 6, (4, 200))
    one = special.log_beta_exceeds(a, b, c, d)
    other = special.log_beta_exceeds(c, d, a, b)
    np.testing.assert_allclose(np.exp(one) + np.exp(other), 1.0, rtol=1e-13)
    np.testing.assert_allclose(special.log_beta_exceeds(d, c, b, a), one, rtol=1e-12, atol=1e-15)


def test_limits() -> None:
    # Against a uniform Y, P(X > Y) is the mean of X; a Y at an end always loses or wins.
    assert float(special.log_beta_exceeds(3.0, 5.0, 1.0, 1.0)) == pytest.approx(np.log(3 / 8))
    assert float(special.log_beta_exceeds(3.0, 5.0, 0.0, 4.0)) == 0.0
    assert float(special.log_beta_exceeds(3.0, 5.0, 4.0, 0.0)) == -np.inf
    # Both concentrated: log odds are Normal with variances 1/a + 1/b.
    big = special.log_beta_exceeds(4e12, 4e12, 4e12 + 8e6, 4e12)
    # mean difference 2e-6 of deviation 1e-6: Φ(−2).
    assert float(big) == pytest.approx(float(special.log_ndtr(-2.0)), rel=2e-6)


def test_derivatives_under_jax() -> None:
    points = _points(12)
    slopes = jax.vmap(jax.grad(special.log_beta_exceeds, argnums=(0, 1)))
    with jax.enable_x64(True):
        columns = [jnp.asarray(c) for c in np.array(points, dtype=float).T]
        value = jax.jit(special.log_beta_exceeds)(*columns)
        found = np.array(slopes(*columns)).T
    np.testing.assert_allclose(
        value, special.log_beta_exceeds(*np.array(points, dtype=float).T), rtol=1e-11, atol=1e-14
    )
    with mp.workdps(80):
        for (a, b, k, rest), pair in zip(points, found, strict=True):
            for i, slope in enumerate(pair):
                h = [mpf(0), mpf(0)]
                h[i] = mpf((a, b)[i]) * mpf(10) ** -25
                up = _log(a + h[0], b + h[1], k, rest)
                down = _log(a - h[0], b - h[1], k, rest)
                right = (up - down) / (2 * h[i])
                size = abs(right) + abs(up) * mpf("1e-3") / (a, b)[i]
                assert abs(mpf(float(slope)) - right) <= 1e-10 * size, (a, b, k, rest, i)


def test_derivatives_in_the_shapes_of_the_other() -> None:
    # P(X > Y) = 1 − P(Y > X): a derivative of one is minus that of the other.
    a, b, c, d = 0.7, 3.0, 5.0, 2.0
    with jax.enable_x64(True):
        slope = jax.grad(lambda *v: jnp.exp(special.log_beta_exceeds(*v)), argnums=(0, 1, 2, 3))
        one, other = slope(a, b, c, d), slope(c, d, a, b)
    np.testing.assert_allclose(one[2:], -np.array(other[:2]), rtol=1e-12)
    np.testing.assert_allclose(one[:2], -np.array(other[2:]), rtol=1e-12)
