"""Derivatives against one another: no jumps along any parameter, hessians, and links."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import all_oracles
from oracles._oracle import Oracle
from scipy import special

from likelier.distributions import Linked

oracles = all_oracles()
cases = pytest.mark.parametrize(
    ("oracle", "parameters"),
    [(o, p) for o in oracles for p in o.ordinary],
    ids=lambda x: repr(x) if isinstance(x, Oracle) else ",".join(map(str, x.values())),
)
sweeps = pytest.mark.parametrize(
    ("oracle", "parameters", "y"),
    [(o, p, y) for o in oracles for p, y in o.sweeps],
    ids=lambda x: repr(x) if isinstance(x, Oracle) else str(x),
)

_STEPS = np.array([1.0, -1.0, 2.0, -2.0])
_WEIGHTS = np.array([8.0, -8.0, -1.0, 1.0]) / 12
"""Central differences of fourth order."""


@sweeps
def test_no_jump(oracle: Oracle, parameters: Any, y: float) -> None:
    """log_prob rises by the integral of its score over every short stretch of a parameter.

    The stretches leave no gap, so that a branch anywhere would show.
    """
    declared = oracle.cls.parameters_declared
    (name,) = (k for k, v in parameters.items() if np.ndim(v) > declared[k].domain.event_dims)
    low, high = parameters[name]
    edges = _edges(low, high, oracle.cls.parameters_declared[name].domain.upper)
    x, w = np.polynomial.legendre.leggauss(7)
    width = np.diff(edges)[:, None]
    inner = edges[:-1, None] + width * (x + 1) / 2

    def at(value: np.ndarray) -> Any:
        still = {k: v for k, v in parameters.items() if k != name}
        fixed = {k: np.broadcast_to(v, value.shape + np.shape(v)) for k, v in still.items()}
        return oracle.cls(**{**fixed, name: value})

    ends = at(edges).log_prob(np.full(edges.shape, y))
    score = at(inner).score(np.full(inner.shape, y))[name]
    rise = (score * w).sum(1) * width[:, 0] / 2
    # What rounding makes of the values and of the inputs' own last bits.
    size = np.maximum(1, np.abs(ends)) + np.abs(
        at(edges).score(np.full(edges.shape, y))[name] * edges
    )
    jump = np.abs(np.diff(ends) - rise) / np.maximum(size[1:], size[:-1])
    worst = int(np.argmax(jump))
    assert jump[worst] <= 1e-13, (
        f"{oracle} jumps by {jump[worst]:.1e} for {name} at {edges[worst]!r}..{edges[worst + 1]!r}"
    )


def _edges(low: float, high: float, limit: float) -> np.ndarray:
    """Close enough that Gauss-Legendre of 7 points is exact to rounding in between."""
    if limit == 1:
        return special.expit(np.arange(special.logit(low), special.logit(high), 0.05))
    if low > 0:
        return np.exp(np.arange(np.log(low), np.log(high), 0.05))
    return np.linspace(low, high, 2001)


@cases
def test_hessian(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    y = np.asarray(d.sample(12, seed=3), dtype=float)
    hessian = d._hessian(y)
    if hessian is None:
        return
    predicted = [k for k in d.given if oracle.cls.parameters_declared[k].role == "predicted"]
    for first, other in hessian:
        assert first in d.given
        assert other in d.given
        assert (first, other) == (other, first) or (other, first) not in hessian
    for b in predicted:
        columns = _score_differences(oracle, d, b, y)
        for a in predicted:
            right = columns[a]
            if (a, b) in hessian:
                got = np.asarray(hessian[a, b])
            elif (b, a) in hessian:
                dims = (np.ndim(d.parameters[b]), np.ndim(d.parameters[a]))
                got = _transposed(np.asarray(hessian[b, a]), *dims)
            else:
                got = np.zeros(1)
            got = np.broadcast_to(
                np.reshape(got, right.shape) if got.size > 1 else got, right.shape
            )
            size = np.abs(right).max() + _typical(d, a, y) * _typical(d, b, y)
            np.testing.assert_allclose(got, right, atol=2e-7 * size, err_msg=f"{a}, {b}")


def _transposed(block: np.ndarray, first: int, other: int) -> np.ndarray:
    lead = block.ndim - first - other
    order = [*range(lead), *range(lead + first, block.ndim), *range(lead, lead + first)]
    return block.transpose(order)


def _typical(d: Any, name: str, y: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(d.score(y)[name]))))


def _score_differences(oracle: Oracle, d: Any, name: str, y: np.ndarray) -> dict[str, np.ndarray]:
    """Differences of the score in every entry of one parameter, which become the last axes."""
    value = np.asarray(d.parameters[name])
    columns: dict[str, list[np.ndarray]] = {k: [] for k in d.given}
    for index in np.ndindex(value.shape):
        # Small beside the scale on which the likelihood bends, and inside the domain.
        step = 1e-3 / max(_typical(d, name, y), 1e-3)
        if value[index] != 0:
            step = min(step, 1e-2 * abs(value[index]))
        total = dict.fromkeys(d.given, 0.0)
        for s, w in zip(_STEPS, _WEIGHTS, strict=True):
            moved = value.copy()
            moved[index] += s * step
            score = oracle.cls._of(np, {**d.parameters, name: moved})._score(y)
            for k in score:
                total[k] = total[k] + w * score[k] / step
        for k in columns:
            columns[k].append(np.asarray(total[k]))
    return {
        k: np.stack(v, axis=-1).reshape(np.shape(v[0]) + value.shape) for k, v in columns.items()
    }


@cases
@pytest.mark.parametrize("kind", ["observed", "expected"])
def test_linked(oracle: Oracle, parameters: Any, kind: str) -> None:
    """NLL, gradient and curvature in the linear predictors, as solvers use them."""
    cls = oracle.cls
    if set(cls.parametrisations[0]) != set(parameters):
        return
    declared = cls.parameters_declared
    known = {k: v for k, v in parameters.items() if declared[k].role != "predicted"}
    if {k for k in known if declared[k].role == "fixed"}:
        known = {k: np.asarray(v, dtype=float) for k, v in known.items()}
    sizes = {k: np.shape(parameters[k])[0] for k in cls.parameter_names if np.ndim(parameters[k])}
    offered = [{}] + [
        {name: link} for name in cls.parameter_names for link in declared[name].domain.links
    ]
    y = np.asarray(cls(**parameters).sample(7, seed=5), dtype=float)
    n = len(y)
    known = {k: np.full(n, v) for k, v in known.items()}
    for links in offered:
        linked = Linked(cls, links=links, sizes=sizes)
        eta = np.repeat(linked.predictors(parameters)[:, None], n, axis=1)
        np.testing.assert_allclose(
            np.ravel(linked.parameters(eta[:, 0])[cls.parameter_names[0]]),
            np.ravel(parameters[cls.parameter_names[0]]),
            rtol=1e-10,
            atol=1e-12,
        )
        nll, gradient, curvature = linked.evaluate(eta, y, known, kind)
        np.testing.assert_allclose(nll, linked.nll(eta, y, known), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(
            gradient, linked.gradient(eta, y, known), rtol=1e-12, atol=1e-300
        )
        _check_gradient(linked, eta, y, known, gradient)
        matrix = np.zeros((n, len(eta), len(eta)))
        for (a, b), value in curvature.items():
            matrix[:, a, b] = matrix[:, b, a] = value
        if kind == "expected":
            assert np.linalg.eigvalsh(matrix).min() >= -1e-10 * np.abs(matrix).max(), links
        elif cls.smooth:
            _check_curvature(linked, eta, y, known, matrix)


@cases
@pytest.mark.parametrize("varying", [False, True], ids=["shared", "one_varies"])
def test_predictors_that_rows_share(oracle: Oracle, parameters: Any, varying: bool) -> None:
    """Of many rows what they share is computed once; few rows at a time, each for itself."""
    cls = oracle.cls
    if set(cls.parametrisations[0]) != set(parameters):
        return
    declared = cls.parameters_declared
    sizes = {k: np.shape(parameters[k])[0] for k in cls.parameter_names if np.ndim(parameters[k])}
    y = np.asarray(cls(**parameters).sample(120, seed=6), dtype=float)
    known = {
        k: np.full(len(y), v, dtype=float)
        for k, v in parameters.items()
        if declared[k].role != "predicted"
    }
    linked = Linked(cls, sizes=sizes)
    eta = np.repeat(linked.predictors(parameters)[:, None], len(y), axis=1)
    if varying:
        eta[0] += np.linspace(-1e-3, 1e-3, len(y)) * np.maximum(1.0, np.abs(eta[0]))
    pieces = [slice(i, i + 30) for i in range(0, len(y), 30)]
    found = linked.evaluate(eta, y, known)
    each = [
        linked.evaluate(eta[:, rows], y[rows], {k: v[rows] for k, v in known.items()})
        for rows in pieces
    ]
    for i in (0, 1):
        right = np.concatenate([part[i] for part in each], axis=-1)
        scale = np.abs(right).max()
        np.testing.assert_allclose(found[i], right, rtol=1e-11, atol=1e-13 * scale)
    for pair, rows in found[2].items():
        right = np.concatenate([part[2][pair] for part in each])
        np.testing.assert_allclose(rows, right, rtol=1e-8, atol=1e-9 * np.abs(right).max())
    np.testing.assert_allclose(linked.nll(eta, y, known), found[0], rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(linked.gradient(eta, y, known), found[1], rtol=1e-9, atol=1e-11)


def _step(linked: Any, eta: np.ndarray, y: np.ndarray, known: Any, a: int) -> float:
    """Small beside the scale on which the likelihood bends."""
    size = np.sqrt(np.mean(linked.gradient(eta, y, known)[a] ** 2))
    return min(1e-3 / max(size, 1e-2), 1e-2 * max(float(np.abs(eta[a, 0])), 0.1))


def _check_gradient(linked: Any, eta: np.ndarray, y: np.ndarray, known: Any, got: Any) -> None:
    for a in range(len(eta)):
        step = _step(linked, eta, y, known, a)
        right = 0.0
        for s, w in zip(_STEPS, _WEIGHTS, strict=True):
            moved = eta.copy()
            moved[a] += s * step
            right = right + w * linked.nll(moved, y, known) / step
        if linked.family.smooth:
            np.testing.assert_allclose(
                got[a], right, rtol=1e-6, atol=1e-6 * np.abs(got[a]).max() + 1e-9
            )


def _check_curvature(linked: Any, eta: np.ndarray, y: np.ndarray, known: Any, got: Any) -> None:
    for a in range(len(eta)):
        step = _step(linked, eta, y, known, a)
        right = 0.0
        for s, w in zip(_STEPS, _WEIGHTS, strict=True):
            moved = eta.copy()
            moved[a] += s * step
            right = right + w * linked.gradient(moved, y, known) / step
        np.testing.assert_allclose(
            got[:, a].T, right, rtol=1e-6, atol=1e-6 * np.abs(got).max() + 1e-9
        )
