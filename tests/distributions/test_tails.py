"""cdf, sf, their logarithms and quantiles against mpmath, in both tails."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from oracles import all_oracles
from oracles._compare import batches
from oracles._oracle import Oracle, TailReference

from likelier.errors import LikelierError

EPS = float(np.finfo(np.float64).eps)

with_tails = [o for o in all_oracles() if o.cdf is not None or o.sf is not None]
each = pytest.mark.parametrize("oracle", with_tails, ids=repr)


def _walk(oracle: Oracle, function: Callable[[Any, np.ndarray], Any]) -> list[Any]:
    """What `function(distribution, y)` gives at every point of the tails, in order."""
    points = [(r.parameters, r.y) for r in oracle.tail_references]
    results: list[Any] = [None] * len(points)
    for rows, arrays, y in batches(points):
        found = function(oracle.cls(**arrays), y)
        for n, i in enumerate(rows):
            results[i] = tuple(float(f[n]) for f in found)
    return results


def _within(oracle: Oracle, r: TailReference, got: float, upper: bool) -> bool:
    """Relative error below 1e-10, or as small as the rounding of the inputs makes it."""
    right = r.sf if upper else r.cdf
    if right == 0:
        return got == 0
    if right < mpf("1e-290"):
        return 0 <= got < 2e-290
    error = abs(mpf(got) - right) / right if np.isfinite(got) else mp.inf
    return error <= 1e-10 or error <= 32 * EPS * oracle.tail_condition(r, upper)


def _describe(oracle: Oracle, r: TailReference, what: str, got: float, right: Any) -> str:
    inside = ", ".join(f"{k}={v!r}" for k, v in r.parameters.items())
    right = mp.nstr(right, 20)
    return f"{oracle.family}({inside}): {what} at {r.y!r} is {got!r}, right is {right}"


@each
def test_cdf_and_sf(oracle: Oracle) -> None:
    found = _walk(oracle, lambda d, y: (d.cdf(y), d.sf(y)))
    wrong = []
    for r, (cdf, sf) in zip(oracle.tail_references, found, strict=True):
        if not _within(oracle, r, cdf, upper=False):
            wrong.append(_describe(oracle, r, "cdf", cdf, r.cdf))
        if not _within(oracle, r, sf, upper=True):
            wrong.append(_describe(oracle, r, "sf", sf, r.sf))
    assert not wrong, f"{len(wrong)} of {2 * len(found)}:\n" + "\n".join(wrong[:8])


@each
def test_log_cdf_and_log_sf(oracle: Oracle) -> None:
    found = _walk(oracle, lambda d, y: (d.log_cdf(y), d.log_sf(y)))
    wrong = []
    for r, pair in zip(oracle.tail_references, found, strict=True):
        for got, right, upper in zip(pair, (r.cdf, r.sf), (False, True), strict=True):
            other = r.cdf if upper else r.sf
            if right == 0:
                good = got == -np.inf
            elif other < mpf("1e-290"):
                good = -2e-290 < got <= 0
            else:
                # Digits of a probability next to 1 lie in its complement.
                log = mp.log(right) if right < 0.5 else mp.log1p(-other)
                error = abs(mpf(got) - log) / abs(log) if np.isfinite(got) else mp.inf
                # Next to 0, a logarithm has the digits that its probability has.
                good = bool(error <= 1e-10) or bool(error * abs(log) <= 4 * EPS)
                if not good:
                    cond = oracle.tail_condition(r, upper) / float(abs(log))
                    good = bool(error <= 32 * EPS * cond)
            if not good:
                what = "log_sf" if upper else "log_cdf"
                wrong.append(_describe(oracle, r, what, got, mp.log(right) if right else -mp.inf))
    assert not wrong, f"{len(wrong)} of {2 * len(found)}:\n" + "\n".join(wrong[:8])


@each
def test_quantile_inverts_the_cdf(oracle: Oracle) -> None:
    if oracle.cls.discrete:
        _check_discrete_quantile(oracle)
        return
    found = _walk(oracle, lambda d, y: _round_trip(d, y))
    wrong = []
    for r, (q, back, density) in zip(oracle.tail_references, found, strict=True):
        if not 1e-290 < q < 1 or not 0 < density < np.inf:
            continue
        # What rounding of the level, of y and of the parameters moves y by.
        slack = 1e-10 * q / density + 32 * EPS * max(
            abs(r.y), *(float(np.max(np.abs(v))) for v in r.parameters.values())
        )
        slack += 4 * EPS * q / density
        # On a circle the same angle may come back a turn away.
        apart = math.remainder(back - r.y, 2 * math.pi) if oracle.circular else back - r.y
        if not abs(apart) <= slack:
            wrong.append(_describe(oracle, r, f"quantile(cdf(y) = {q!r})", back, mpf(r.y)))
    assert not wrong, f"{len(wrong)} of {len(found)}:\n" + "\n".join(wrong[:8])


def _round_trip(d: Any, y: np.ndarray) -> tuple[Any, Any, Any]:
    q = d.cdf(y)
    with np.errstate(over="ignore"):
        return q, d.quantile(q), np.exp(d.log_prob(y))


def _check_discrete_quantile(oracle: Oracle) -> None:
    def levels(d: Any, y: np.ndarray) -> tuple[Any, ...]:
        q = d.cdf(y)
        back = d.quantile(q)
        return q, back, d.cdf(back), np.where(back > 0, d.cdf(back - 1), 0.0)

    wrong = []
    found = _walk(oracle, levels)
    for r, (q, back, at, before) in zip(oracle.tail_references, found, strict=True):
        if not 1e-290 < q < 1:
            continue
        if not (at >= q * (1 - 1e-10) and before <= q * (1 + 1e-10) and back == np.floor(back)):
            wrong.append(_describe(oracle, r, f"quantile(cdf(y) = {q!r})", back, mpf(r.y)))
    assert not wrong, f"{len(wrong)} of {len(found)}:\n" + "\n".join(wrong[:8])


@each
def test_ends_of_the_support(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        d = oracle.cls(**parameters)
        low, high = d.quantile(0.0), d.quantile(1.0)
        assert low <= d.median <= high
        assert d.cdf(np.asarray(-np.inf)) == 0
        assert d.cdf(np.asarray(np.inf)) == 1
        assert d.sf(np.asarray(-np.inf)) == 1
        assert d.sf(np.asarray(np.inf)) == 0
        assert d.log_cdf(np.asarray(np.inf)) == 0
        assert np.isnan(d.cdf(np.asarray(np.nan)))
        for level in (-0.1, 1.1, np.nan):
            with pytest.raises(LikelierError, match="from 0 to 1"):
                d.quantile(level)
