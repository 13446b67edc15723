"""Under JAX: values as on NumPy, derivatives against mpmath, jit, vmap, and the special points."""

from __future__ import annotations

import math
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp
from special_cases import CASES, Case

from likelier import special

# These share all their work with those that are asked, and take seconds each to compile.
SLOW = {"betaincc", "log_betainc", "gammaincc", "log_gammainc", "stdtr", "von_mises_cdf"}
each = pytest.mark.parametrize("case", [c for c in CASES if c.name not in SLOW], ids=repr)


@pytest.fixture
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@each
@pytest.mark.usefixtures("_double")
def test_value_and_derivatives(case: Case) -> None:
    function = getattr(special, case.name)
    columns = [np.array(column) for column in zip(*case.ordinary, strict=True)]
    wanted = tuple(range(len(columns)))
    if case.name == "log_binomial":
        wanted = ()
    compiled = jax.jit(jax.vmap(jax.value_and_grad(function, argnums=wanted or (0,))))
    value, slopes = compiled(*map(jnp.asarray, columns))
    np.testing.assert_allclose(value, function(*columns), rtol=1e-13, atol=1e-15)
    with mp.workdps(max(case.digits, 60)):
        for row, point in enumerate(case.ordinary):
            exact = [mp.mpf(v) for v in point]
            for i in wanted:
                expected = float(case.slope(exact, i))
                # Beside a zero of the derivative only its absolute error is small.
                assert float(slopes[i][row]) == pytest.approx(expected, rel=1e-11, abs=1e-14)


@each
def test_single_precision_is_kept(case: Case) -> None:
    with jax.enable_x64(False):
        arguments = [jnp.asarray(c, dtype=jnp.float32) for c in zip(*case.ordinary, strict=True)]
        value = getattr(special, case.name)(*arguments)
    assert value.dtype == jnp.float32
    double = getattr(special, case.name)(*(np.asarray(a, dtype=np.float64) for a in arguments))
    # XLA's exp and log of single precision are a few units off, at exponents up to 100.
    np.testing.assert_allclose(value, double, rtol=5e-5, atol=1e-5)


def test_gradients_are_exact_at_zero() -> None:
    for name, slope in (("softplus", 0.5), ("log_sigmoid", 0.5), ("expit", 0.25)):
        assert float(jax.grad(getattr(special, name))(0.0)) == slope
    assert [float(g) for g in jax.grad(special.logaddexp, argnums=(0, 1))(0.0, 0.0)] == [0.5, 0.5]
    assert float(jax.grad(special.xlogy, argnums=1)(0.0, 0.0)) == 0.0
    assert float(jax.grad(special.xlog1py, argnums=1)(0.0, -1.0)) == 0.0
    assert float(jax.grad(special.log1pmx)(0.0)) == 0.0
    for name in ("log_i0", "bessel_ratio_slope"):
        assert float(jax.grad(getattr(special, name))(0.0)) == 0.0
    assert float(jax.grad(special.bessel_ratio)(0.0)) == 0.5


def test_infinite_logits_have_finite_gradients() -> None:
    gradient = jax.grad(special.logaddexp, argnums=(0, 1))(-math.inf, -math.inf)
    assert [float(g) for g in gradient] == [0.5, 0.5]
    assert float(jax.grad(special.softplus)(-1e30)) == 0.0
    assert float(jax.grad(special.log_ndtr)(-1e15)) == pytest.approx(1e15)


@pytest.mark.usefixtures("_double")
def test_second_derivatives() -> None:
    a, b, x = 0.8, 5.0, 0.1
    h = 1e-5

    def along(value: float) -> float:
        return float(special.betainc_grad(value, b, x)[0])

    second = jax.jit(jax.grad(jax.grad(special.betainc)))(a, b, x)
    # A central difference of the first derivative, good to h² and to rounding over h.
    assert float(second) == pytest.approx((along(a + h) - along(a - h)) / (2 * h), rel=1e-7)
    third = jax.grad(jax.grad(jax.grad(special.gammaln)))(2.5)
    assert float(third) == pytest.approx(float(special.tetragamma(2.5)), rel=1e-13)


def test_gradients_broadcast() -> None:
    a, d = jnp.ones((3, 1)), jnp.ones((1, 4))
    along_a, along_d = jax.grad(
        lambda a, d: special.gammaln_difference(a, d).sum(), argnums=(0, 1)
    )(a, d)
    assert along_a.shape == (3, 1)
    assert along_d.shape == (1, 4)
    np.testing.assert_allclose(along_a, 4.0, rtol=1e-5)
