"""Every family under JAX: values, gradients, jit, vmap, hessians and pytrees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from oracles import all_oracles
from oracles._compare import batches, log_prob_errors, score_errors
from oracles._oracle import Oracle

each = pytest.mark.parametrize("oracle", all_oracles(), ids=repr)


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def _differentiable(oracle: Oracle, names: Any) -> list[str]:
    declared = oracle.cls.parameters_declared
    return [k for k in names if declared[k].role == "predicted"]


def _evaluated(oracle: Oracle) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Values and gradients at every reference through jit and grad."""
    values: list[tuple[int, Any]] = []
    gradients: list[tuple[int, Any]] = []
    points = [(r.parameters, r.y) for r in oracle.references]
    for rows, arrays, y in batches(points):
        moving = {k: jnp.asarray(arrays[k]) for k in _differentiable(oracle, arrays)}
        still = {k: jnp.asarray(v) for k, v in arrays.items() if k not in moving}

        def total(moving: Any, y: Any, still: Any = still) -> tuple[Any, Any]:
            value = oracle.cls(**{**still, **moving}).log_prob(oracle.observe(y))
            return value.sum(), value

        gradient, value = jax.jit(jax.grad(total, has_aux=True))(moving, jnp.asarray(y))
        values += [(i, np.asarray(value)[n]) for n, i in enumerate(rows)]
        gradients += [
            (i, {k: np.asarray(v)[n] for k, v in gradient.items()}) for n, i in enumerate(rows)
        ]
    return values, gradients


@each
def test_values_and_gradients(oracle: Oracle) -> None:
    values, gradients = _evaluated(oracle)
    # XLA's logarithms and exponentials round worse than NumPy's, and its loops reassociate.
    for errors, limit, usual in (
        (log_prob_errors(oracle, values), 1e-12, 2e-14),
        (score_errors(oracle, gradients), 1e-10, 1e-13),
    ):
        assert errors.worst().error <= limit, errors.worst().text
        assert np.mean(errors.values <= usual) >= 0.99, errors.at(0.99).text


@each
def test_transformations(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        plain = oracle.cls(**parameters)
        y = np.asarray(plain.sample(4, seed=2), dtype=float)
        d = oracle.cls(**{k: jnp.asarray(v, dtype=float) for k, v in plain.parameters.items()})
        right = plain.log_prob(y)
        np.testing.assert_allclose(d.log_prob(jnp.asarray(y)), right, rtol=1e-12, atol=1e-13)
        by_row = jax.vmap(lambda v, d=d: d.log_prob(v))(jnp.asarray(y))
        np.testing.assert_allclose(by_row, right, rtol=1e-12, atol=1e-13)
        leaves, tree = jax.tree_util.tree_flatten(d)
        assert len(leaves) == len(d.given)
        again = jax.jit(lambda d: jax.tree_util.tree_map(lambda x: x, d))(d)
        assert type(again) is type(d)
        assert jax.tree_util.tree_structure(again) == tree
        for name, value in d.parameters.items():
            np.testing.assert_array_equal(again.parameters[name], value)
        if oracle.scalar:
            for formula in ("cdf", "sf", "log_cdf", "log_sf"):
                np.testing.assert_allclose(
                    jax.jit(lambda v, f=formula, d=d: getattr(d, f)(v))(jnp.asarray(y)),
                    getattr(plain, formula)(y),
                    rtol=1e-9,
                    atol=1e-300,
                    err_msg=formula,
                )
        np.testing.assert_allclose(d.mean, plain.mean, rtol=1e-10)


@each
def test_hessian(oracle: Oracle) -> None:
    """jax.hessian is finite and is the derivative of the score."""
    for parameters in oracle.ordinary:
        plain = oracle.cls(**parameters)
        y = np.asarray(plain.sample(3, seed=4), dtype=float)
        names = _differentiable(oracle, plain.given)
        moving = {k: jnp.asarray(plain.parameters[k], dtype=float) for k in names}
        still = {k: v for k, v in plain.parameters.items() if k not in moving}

        def total(moving: Any, still: Any = still, y: Any = y) -> Any:
            return oracle.cls(**{**still, **moving}).log_prob(jnp.asarray(y)).sum()

        found = jax.hessian(total)(moving)
        analytic = plain._hessian(y)
        for a in names:
            for b in names:
                block = np.asarray(found[a][b])
                assert np.all(np.isfinite(block)), (a, b)
                if analytic is not None and (a, b) in analytic and oracle.cls.smooth:
                    lead = np.broadcast_to(
                        analytic[a, b], (len(y), *np.shape(moving[a]), *np.shape(moving[b]))
                    )
                    right = lead.sum(0)
                    size = np.abs(lead).max() + 1e-300
                    np.testing.assert_allclose(block, right, rtol=1e-7, atol=1e-8 * size)


@each
def test_gradient_in_the_observation(oracle: Oracle) -> None:
    if oracle.cls.discrete or not oracle.scalar:
        return
    for parameters in oracle.ordinary:
        plain = oracle.cls(**parameters)
        y = float(plain.quantile(0.37))
        if y in oracle.atoms:
            continue
        d = oracle.cls(**{k: jnp.asarray(v, dtype=float) for k, v in plain.parameters.items()})
        step = 1e-5 * max(abs(y), 1e-3)
        right = (plain.log_prob(y + step) - plain.log_prob(y - step)) / (2 * step)
        np.testing.assert_allclose(jax.grad(d.log_prob)(y), right, rtol=1e-5, atol=1e-7)


@each
def test_single_precision(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        plain = oracle.cls(**parameters)
        y = np.asarray(plain.sample(4, seed=2), dtype=np.float32)
        values = {k: np.float32(v) for k, v in plain.parameters.items()}
        right = oracle.cls(**{k: np.asarray(v, dtype=float) for k, v in values.items()}).log_prob(
            y.astype(float)
        )
        with jax.enable_x64(False):
            d = oracle.cls(**{k: jnp.asarray(v) for k, v in values.items()})
            got = d.log_prob(jnp.asarray(y))
        assert got.dtype == jnp.float32
        np.testing.assert_allclose(got, right, rtol=1e-5, atol=1e-5)
