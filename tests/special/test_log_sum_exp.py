"""Log-sum-exp, softmax and its logarithm: digits beside certainty, ties, infinities, gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf

from likelier.special import log_softmax, logsumexp, softmax

ROWS = (
    (0.0, 0.0, 0.0),
    (0.0, -40.0, -800.0),
    (1000.0, 999.0, -3.0),
    (-1000.0, -1000.5, -1001.0),
    (3.0, 2.0, float("-inf")),
)


@pytest.mark.parametrize("row", ROWS)
def test_values(row: tuple[float, ...]) -> None:
    x = np.array(row)
    with mp.workdps(900):
        powers = [mp.exp(mpf(v)) for v in row]
        total = mp.fsum(powers)
        shares = [float(p / total) for p in powers]
        logs = [float(mp.log1p(-(total - p) / total)) if p else -np.inf for p in powers]
        assert float(logsumexp(x)) == pytest.approx(float(mp.log(total)), rel=4e-16)
    np.testing.assert_allclose(softmax(x), shares, rtol=1e-14)
    # Next to certainty the logarithm keeps its digits: −4e-18 is not 0.
    np.testing.assert_allclose(log_softmax(x), logs, rtol=1e-14)


def test_axes_and_shapes() -> None:
    x = np.random.default_rng(1).normal(size=(2, 3, 4))
    for axis in (0, 1, 2, -1, -2):
        np.testing.assert_allclose(softmax(x, axis).sum(axis), 1.0, rtol=1e-14)
        expected = np.log(np.exp(x).sum(axis))
        np.testing.assert_allclose(logsumexp(x, axis), expected, rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(np.exp(log_softmax(x, axis)), softmax(x, axis), rtol=1e-13)
    assert logsumexp(np.float32([1, 2])).dtype == np.float32
    assert float(logsumexp([7.0])) == 7.0


def test_infinities() -> None:
    nothing = np.full(3, -np.inf)
    assert logsumexp(nothing) == -np.inf
    assert logsumexp(np.array([np.inf, 0.0])) == np.inf
    gradient = jax.grad(logsumexp)(jnp.asarray(nothing))
    assert gradient.tolist() == [0.0, 0.0, 0.0]


def test_gradients() -> None:
    assert jax.grad(logsumexp)(jnp.zeros(4)).tolist() == [0.25] * 4
    with jax.enable_x64(True):
        x = jnp.asarray([0.0, -40.0, -41.0])
        rest = float(np.exp(-40.0) + np.exp(-41.0))
        # 1 − p of the near-certain class, which is far below machine precision beside 1.
        gradient = jax.grad(lambda x: log_softmax(x)[0])(x)
        assert float(gradient[0]) == pytest.approx(rest / (1 + rest), rel=1e-14)
        forward = jax.jacfwd(log_softmax)(x)
        np.testing.assert_allclose(forward, jax.jacrev(log_softmax)(x), rtol=1e-13)
        np.testing.assert_allclose(
            jax.jacfwd(softmax)(x), jax.jacrev(softmax)(x), rtol=1e-13, atol=1e-30
        )
        p = softmax(x)
        hessian = jax.hessian(logsumexp)(x)
        np.testing.assert_allclose(hessian, jnp.diag(p) - jnp.outer(p, p), rtol=1e-12, atol=1e-17)
