"""What differs between array libraries: choices on NumPy, and the logarithms of JAX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from likelier.special._namespace import jax_namespace, select

EPS = float(np.finfo(float).eps)
logarithms = pytest.mark.parametrize("name", ["log", "log1p"])


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_select_is_where(dtype: Any) -> None:
    rng = np.random.default_rng(3)
    odd = np.asarray([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-310, 5.0], dtype=dtype)
    x, y = (rng.choice(odd, 2000) for _ in range(2))
    mask = rng.random(2000) < 0.5
    for first, second in ((x, y), (x, 0.0), (1.0, y), (x[:1], y), (2.0, -np.inf)):
        expected = np.where(mask, first, second)
        found = select(np, mask, first, second)
        assert found.dtype == expected.dtype
        # The bits, which tell the zeros apart.
        np.testing.assert_array_equal(found.tobytes(), expected.tobytes())
    np.testing.assert_array_equal(select(np, mask[::3], x[::3], y[::3]), np.where(mask, x, y)[::3])
    table = select(np, mask.reshape(50, 40), x[:40], y.reshape(50, 40))
    np.testing.assert_array_equal(table, np.where(mask.reshape(50, 40), x[:40], y.reshape(50, 40)))


def _points(name: str) -> np.ndarray:
    """Numbers of all sizes, next to where the logarithm is 0, and next to the ends of its steps."""
    rng = np.random.default_rng(7)
    sizes = 10 ** rng.uniform(-300, 300, 200)
    beside = 10 ** rng.uniform(-17, -0.5, 200)
    steps = np.sqrt(0.5) * 2.0 ** np.arange(-20, 21) * (1 + 1e-15 * rng.normal(size=41))
    positive = np.concatenate([sizes, 1 + beside, 1 - beside, rng.uniform(0.2, 3, 300), steps])
    if name == "log":
        return positive
    return np.concatenate([sizes, 1 / sizes, beside, -beside, positive[600:] - 1])


@logarithms
def test_logarithms_of_jax(name: str) -> None:
    x = _points(name)
    found = np.asarray(jax.jit(getattr(jax_namespace(), name))(jnp.asarray(x)))
    with mp.workdps(40):
        function: Callable[[Any], Any] = getattr(mp, name)
        exact = [function(mp.mpf(float(v))) for v in x]
        errors = [
            abs(mp.mpf(float(v)) - e) / abs(e) for v, e in zip(found, exact, strict=True) if e
        ]
        assert max(errors) < 0.75 * EPS


@logarithms
def test_limits_and_derivatives_of_logarithms_of_jax(name: str) -> None:
    own, general = getattr(jax_namespace(), name), getattr(jnp, name)
    edges = jnp.asarray([0.0, -1.0, -2.0, jnp.inf, -jnp.inf, jnp.nan, 1.0, 1.7e308])
    np.testing.assert_allclose(own(edges), general(edges), rtol=2 * EPS)
    for depth in (own, general):
        slopes = jax.vmap(jax.grad(jax.grad(depth)))(jnp.asarray([0.3, 2.0, 1e9]))
        np.testing.assert_allclose(
            slopes, [-1 / (v + (name == "log1p")) ** 2 for v in (0.3, 2.0, 1e9)], rtol=1e-14
        )
    single = jnp.asarray([0.3, 2.0], dtype=jnp.float32)
    np.testing.assert_array_equal(own(single), general(single))
    assert own(single).dtype == jnp.float32
