"""Moments, mode, entropy and crps against quadrature or exact sums of the density."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import all_oracles
from oracles._integrate import nodes, quadrature, whole_numbers
from oracles._oracle import Oracle

scalar = [o for o in all_oracles() if o.scalar]
cases = pytest.mark.parametrize(
    ("oracle", "parameters"),
    [(o, p) for o in scalar for p in o.ordinary],
    ids=lambda x: repr(x) if isinstance(x, Oracle) else ",".join(map(str, x.values())),
)


@cases
def test_probability_is_one(oracle: Oracle, parameters: Any) -> None:
    _, w = nodes(oracle.cls(**parameters), oracle.atoms)
    np.testing.assert_allclose(w.sum(), 1, rtol=1e-9)


@cases
def test_mean_and_variance(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    y, w = nodes(d, oracle.atoms)
    if oracle.circular:
        mean = np.angle(np.sum(w * np.exp(1j * y)))
        np.testing.assert_allclose(d.mean, mean, atol=1e-9)
        np.testing.assert_allclose(d.variance, 1 - np.sum(w * np.cos(y - mean)), rtol=1e-9)
        return
    mean = float(np.sum(w * y))
    if np.isfinite(d.mean):
        np.testing.assert_allclose(d.mean, mean, rtol=1e-8, atol=1e-8 * abs(w * y).sum())
    if np.isfinite(d.variance):
        np.testing.assert_allclose(d.variance, np.sum(w * (y - mean) ** 2), rtol=1e-7)
        np.testing.assert_allclose(d.stddev, np.sqrt(d.variance))


@cases
def test_mode_is_most_probable(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    y, _ = nodes(d, oracle.atoms)
    mode = np.asarray(d.mode)
    at = d.log_prob(mode) if oracle.cls.support.contains(np, mode) else np.inf
    # Where single values have a probability, the mode is among them.
    rivals = np.array(oracle.atoms) if oracle.atoms else y
    assert at >= np.max(d.log_prob(rivals)) - 1e-9


@cases
def test_median(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    median = d.median
    if oracle.cls.discrete or oracle.atoms:
        assert d.cdf(median) >= 0.5 * (1 - 1e-14)
    else:
        np.testing.assert_allclose(d.cdf(median), 0.5, rtol=1e-10)
    low, high = d.interval(0.8)
    assert low <= median <= high


@cases
def test_cdf_is_the_integral(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    y, w = nodes(d, oracle.atoms)
    order = np.argsort(y)
    y, w = y[order], w[order]
    # E cdf(Y) is 1/2 for a density, and (1 + Σ p²) / 2 where there are masses.
    masses = w if oracle.cls.discrete else w[np.isin(y, oracle.atoms)]
    np.testing.assert_allclose(np.sum(w * d.cdf(y)), 0.5 + 0.5 * np.sum(masses**2), rtol=1e-8)
    np.testing.assert_allclose(d.cdf(y) + d.sf(y), 1, rtol=1e-12)


@cases
def test_entropy(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    y, w = nodes(d, oracle.atoms)
    entropy = -np.sum(w * np.where(w > 0, d.log_prob(y), 0.0))
    np.testing.assert_allclose(d.entropy(), entropy, rtol=1e-7, atol=1e-8)


@cases
def test_score_has_mean_zero_and_variance_information(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    y, w = nodes(d, oracle.atoms)
    score = {k: np.reshape(v, (len(y), -1)) for k, v in d.score(y).items()}
    information = d.information()
    names = [k for k in d.given if oracle.cls.parameters_declared[k].role == "predicted"]
    size = {k: np.sqrt(w @ score[k] ** 2) for k in names}
    for name in names:
        mean = w @ score[name]
        if oracle.cls.parameters_declared[name].domain.name != "simplex":
            np.testing.assert_allclose(mean, 0, atol=1e-7 * np.max(size[name]), err_msg=name)
    for i, a in enumerate(names):
        for b in names[i:]:
            expected = np.einsum("n,ni,nj->ij", w, score[a], score[b])
            got = information.get((a, b))
            if got is None and (b, a) in information:
                got = np.swapaxes(np.atleast_2d(information[b, a]), -1, -2)
            got = 0.0 if got is None else got
            tolerance = 1e-6 * np.outer(size[a], size[b]).max()
            np.testing.assert_allclose(
                np.broadcast_to(np.reshape(got, (-1,)), (expected.size,)),
                expected.ravel(),
                atol=tolerance,
                err_msg=f"{a}, {b}",
            )


@cases
def test_crps(oracle: Oracle, parameters: Any) -> None:
    """CRPS(F, y) = ∫ F² below y + ∫ (1 − F)² above it."""
    d = oracle.cls(**parameters)
    if oracle.circular or not np.isfinite(d.mean):
        return
    for level in (0.02, 0.3, 0.5, 0.8, 0.999):
        at = float(d.quantile(level))
        if oracle.cls.discrete:
            t, w = whole_numbers(d), 1.0
        else:
            t, w = quadrature(d, (*oracle.atoms, at))
        right = np.sum(w * np.where(t < at, d.cdf(t), d.sf(t)) ** 2)
        np.testing.assert_allclose(
            d.crps(at), right, rtol=1e-7, atol=1e-12 * float(d.quantile(0.9))
        )
