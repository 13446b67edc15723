"""Draws against the distribution they are from, and maximum likelihood on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import all_oracles
from oracles._oracle import Oracle
from scipy import stats

oracles = all_oracles()
cases = pytest.mark.parametrize(
    ("oracle", "parameters"),
    [(o, p) for o in oracles for p in o.ordinary],
    ids=lambda x: repr(x) if isinstance(x, Oracle) else ",".join(map(str, x.values())),
)
_DRAWS = 4000


@cases
def test_draws_follow_the_cdf(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    y = d.sample(_DRAWS, seed=11)
    assert np.shape(y)[0] == _DRAWS
    good = oracle.cls.support.contains(np, y)
    assert np.all(good)
    if not oracle.scalar:
        return
    if oracle.cls.discrete:
        _chi_square(d, y)
    elif oracle.atoms:
        # Within an atom's jump of the cdf, a uniform draw makes the values continuous again.
        low = np.where(np.isin(y, oracle.atoms), d.cdf(y) - np.exp(d.log_prob(y)), d.cdf(y))
        u = low + (d.cdf(y) - low) * np.random.default_rng(2).random(len(y))
        assert stats.kstest(u, "uniform").pvalue > 1e-4
    else:
        assert stats.kstest(y, d.cdf).pvalue > 1e-4


def _chi_square(d: Any, y: np.ndarray) -> None:
    values = np.arange(y.max() + 2)
    expected = len(y) * np.exp(d.log_prob(values))
    common = expected >= 8
    observed = np.array([np.sum(y == v) for v in values[common]])
    rest = len(y) - expected[common].sum()
    statistic = np.sum((observed - expected[common]) ** 2 / expected[common])
    if rest > 1:
        statistic += (len(y) - observed.sum() - rest) ** 2 / rest
    assert stats.chi2.sf(statistic, common.sum()) > 1e-4


@cases
def test_moments_of_draws(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    if oracle.circular:
        return
    y = d.sample(_DRAWS, seed=12)
    if d.support.event_dims == 0 and oracle.exact_y:
        return
    mean, variance = np.asarray(d.mean), np.asarray(d.variance)
    if np.all(np.isfinite(mean)) and np.all(np.isfinite(variance)):
        error = np.std(y, axis=0) / np.sqrt(_DRAWS)
        np.testing.assert_array_less(np.abs(y.mean(0) - mean), 5 * error + 1e-12)
        if variance.shape == np.shape(y)[1:]:
            fourth = np.mean((y - mean) ** 4, axis=0)
            error = np.sqrt(fourth / _DRAWS)
            np.testing.assert_array_less(np.abs(y.var(0) - variance), 6 * error + 1e-12)


@cases
def test_score_of_draws(oracle: Oracle, parameters: Any) -> None:
    """For vectors: the score's mean is 0, its variance the information, the entropy −E log p."""
    if oracle.scalar:
        return
    d = oracle.cls(**parameters)
    y = d.sample(_DRAWS, seed=13)
    log_prob = d.log_prob(y)
    error = log_prob.std() / np.sqrt(_DRAWS)
    assert abs(-log_prob.mean() - d.entropy()) < 5 * error + 1e-9
    for name, part in d.score(y).items():
        declared = oracle.cls.parameters_declared[name]
        if declared.domain.name == "simplex" or declared.role != "predicted":
            continue
        error = part.std(0) / np.sqrt(_DRAWS)
        np.testing.assert_array_less(np.abs(part.mean(0)), 5 * error + 1e-9, err_msg=name)
        flat = part.reshape(_DRAWS, -1)
        information = np.reshape(d.information()[name, name], (flat.shape[1],) * 2)
        products = flat[:, :, None] * flat[:, None, :]
        error = products.std(0) / np.sqrt(_DRAWS)
        np.testing.assert_array_less(
            np.abs(products.mean(0) - information), 6 * error + 1e-9, err_msg=name
        )


@cases
def test_same_seed_same_draws(oracle: Oracle, parameters: Any) -> None:
    d = oracle.cls(**parameters)
    np.testing.assert_array_equal(d.sample(5, seed=1), d.sample(5, seed=1))
    event = np.shape(d.sample(seed=1))
    assert np.shape(d.sample((2, 3), seed=1)) == (2, 3, *event)
    generator = np.random.default_rng(4)
    first, second = d.sample(5, seed=generator), d.sample(5, seed=generator)
    assert np.shape(first) == np.shape(second)


@cases
def test_mle(oracle: Oracle, parameters: Any) -> None:
    """The estimate beats the truth and its own neighbours, weights count as copies."""
    cls = oracle.cls
    declared = cls.parameters_declared
    if any(declared[k].role == "data" for k in cls.parametrisations[0]):
        return
    d = cls(**parameters)
    if any(
        declared[k].role == "fixed" and np.any(parameters[k] != declared[k].default)
        for k in parameters
    ):
        return
    y = d.sample(1500, seed=21)
    found = cls.mle(y)
    best = np.sum(found.log_prob(y))
    assert best >= np.sum(d.log_prob(y)) - 1e-9 * abs(best)
    for name, value in found.parameters.items():
        domain = declared[name].domain
        value = np.asarray(value)
        if declared[name].role != "predicted" or domain.event_dims:
            continue
        for factor in (1e-2, 1e-4):
            for step in (factor, -factor):
                moved = value + step * max(abs(float(value)), 1e-3)
                if domain.contains(np, moved):
                    other = cls._of(np, {**found.parameters, name: np.asarray(moved)})
                    assert np.sum(other.log_prob(y)) <= best + 1e-10 * abs(best), name
    weights = np.random.default_rng(5).integers(0, 3, len(y)).astype(float)
    weighted = cls.mle(y, weights=weights)
    copied = cls.mle(np.repeat(y, weights.astype(int), axis=0))
    # Equal up to what a flat optimum lets the optimiser's last step decide.
    np.testing.assert_allclose(
        np.sum(weights * weighted.log_prob(y)), np.sum(weights * copied.log_prob(y)), rtol=1e-9
    )
