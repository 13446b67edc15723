"""Every family under JAX: values, gradients, jit, vmap, hessians and pytrees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from oracles import all_oracles, one_of_each
from oracles._compare import batches, log_prob_errors, score_errors
from oracles._oracle import Oracle

each = pytest.mark.parametrize("oracle", all_oracles(), ids=repr)
instances = pytest.mark.parametrize("oracle", one_of_each(all_oracles()), ids=repr)


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture
def _quick_compiler() -> Iterator[None]:
    """Compiling is what a test that runs once costs; digits under optimisation are tested apart."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def _differentiable(oracle: Oracle, names: Any) -> list[str]:
    declared = oracle.cls.parameters_declared
    return [k for k in names if declared[k].role == "predicted"]


def _evaluated(oracle: Oracle) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Values and gradients through jit and grad, at the largest batch of each parametrisation."""
    values: list[tuple[int, Any]] = []
    gradients: list[tuple[int, Any]] = []
    points = [(r.parameters, r.y) for r in oracle.references]
    largest: dict[Any, Any] = {}
    for batch in sorted(batches(points), key=lambda b: len(b[0])):
        largest[tuple(batch[1])] = batch
    for rows, arrays, y in largest.values():
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
        assert np.mean(errors.values <= usual * oracle.roundings) >= 0.99, errors.at(0.99).text


@instances
@pytest.mark.usefixtures("_quick_compiler")
def test_transformations(oracle: Oracle) -> None:
    """jit, vmap, pytrees, and every formula that runs on JAX, compiled as one function."""
    plain, y = _instance(oracle)
    d = oracle.cls(**{k: jnp.asarray(v, dtype=float) for k, v in plain.parameters.items()})
    formulas = ("cdf", "sf", "log_cdf", "log_sf") if oracle.scalar else ()

    @jax.jit
    def everything(d: Any, y: Any) -> Any:
        rows = jax.vmap(d.log_prob)(y)
        return d, d.log_prob(y), rows, [getattr(d, f)(y) for f in formulas]

    again, value, rows, tails = everything(d, jnp.asarray(y))
    assert type(again) is type(d)
    assert jax.tree_util.tree_structure(again) == jax.tree_util.tree_structure(d)
    for name, parameter in d.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], parameter)
    right = plain.log_prob(y)
    np.testing.assert_allclose(value, right, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(rows, right, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(d.mean, plain.mean, rtol=1e-10)
    for formula, got in zip(formulas, tails, strict=True):
        np.testing.assert_allclose(
            got, getattr(plain, formula)(y), rtol=1e-9, atol=1e-300, err_msg=formula
        )


@instances
@pytest.mark.usefixtures("_quick_compiler")
def test_second_derivatives(oracle: Oracle) -> None:
    """jax.hessian is finite and is the family's own; the gradient in y is that of log_prob."""
    plain, y = _instance(oracle)
    names = _differentiable(oracle, plain.given)
    moving = {k: jnp.asarray(plain.parameters[k], dtype=float) for k in names}
    still = {k: v for k, v in plain.parameters.items() if k not in moving}
    smooth_y = oracle.scalar and not oracle.cls.discrete

    @jax.jit
    def derivatives(moving: Any, y: Any) -> Any:
        def total(moving: Any, y: Any) -> Any:
            return oracle.cls(**{**still, **moving}).log_prob(y).sum()

        along_y = jax.grad(total, argnums=1)(moving, y) if smooth_y else None
        return jax.hessian(total)(moving, y), along_y

    found, along_y = derivatives(moving, jnp.asarray(y))
    analytic = plain._hessian(y)
    for a in names:
        for b in names:
            block = np.asarray(found[a][b])
            assert np.all(np.isfinite(block)), (a, b)
            if analytic is not None and (a, b) in analytic and oracle.cls.smooth:
                shape = (len(y), *np.shape(moving[a]), *np.shape(moving[b]))
                rows = np.broadcast_to(analytic[a, b], shape)
                size = np.abs(rows).max() + 1e-300
                np.testing.assert_allclose(block, rows.sum(0), rtol=1e-7, atol=1e-8 * size)
    if smooth_y:
        step = 1e-5 * np.maximum(np.abs(y), 1e-3)
        right = (plain.log_prob(y + step) - plain.log_prob(y - step)) / (2 * step)
        # An atom has no slope.
        usual = ~np.isin(y, oracle.atoms)
        np.testing.assert_allclose(along_y[usual], right[usual], rtol=1e-5, atol=1e-6)


@instances
def test_single_precision(oracle: Oracle) -> None:
    plain, y = _instance(oracle)
    y = y.astype(np.float32)
    values = {k: np.float32(v) for k, v in plain.parameters.items()}
    exact = oracle.cls(**{k: np.asarray(v, dtype=float) for k, v in values.items()})
    with jax.enable_x64(False):
        d = oracle.cls(**{k: jnp.asarray(v) for k, v in values.items()})
        got = jax.jit(lambda d, y: d.log_prob(y))(d, jnp.asarray(y))
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(got, exact.log_prob(y.astype(float)), rtol=1e-5, atol=1e-5)


def _instance(oracle: Oracle) -> tuple[Any, np.ndarray]:
    """An ordinary member on NumPy, and draws from it."""
    plain = oracle.cls(**oracle.ordinary[0])
    return plain, np.asarray(plain.sample(4, seed=2), dtype=float)
