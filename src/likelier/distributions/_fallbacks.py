"""What follows from `log_prob`, cdf and support when a family writes no formula of its own.

Expectations over a density are integrals over its quantiles; expectations over counts are sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.distributions import _inversion
from likelier.distributions._links import get_link
from likelier.distributions._quadrature import (
    count_rule,
    integrate_ray,
    integrate_unit,
)
from likelier.distributions._series import by_series
from likelier.errors import UndefinedError
from likelier.special import Array

FAINT = 1e-290
"""Below this density, derivatives of a cdf by formula have lost digits that quadrature keeps."""

# Sums over counts leave out no more than this probability at either end.
_LEFT_OUT = 1e-25
_ROWS = 256
_MANY = 64
"""Rows that differ in one parameter from which a series costs less than they do."""

Statistic = Callable[[Any, Array], list[Array]]
"""Functions of a distribution and observations whose leading axis is that of the nodes."""


def quantile(d: Any, q: Array) -> Array:
    """Quantiles by a search on the cdf, in the lower or upper tail as the level asks."""
    _needs_numbers(d, "quantiles")
    return _inversion.count_quantile(d, q) if d.discrete else _inversion.continuous_quantile(d, q)


def expectation(d: Any, statistic: Statistic) -> list[Array]:
    """Expected values of functions of an observation, shape of the batch, then of the function."""
    _needs_numbers(d, "an expected value by quadrature")
    totals: list[Array] = []
    for weight, part in d._strata():
        if d.discrete:
            values = _count_expectation(d, part, statistic)
        else:
            values = _quantile_expectation(d, part, statistic)
        shares = [
            np.reshape(weight, np.shape(weight) + (1,) * (v.ndim - np.ndim(weight))) for v in values
        ]
        parts = [share * value for share, value in zip(shares, values, strict=True)]
        totals = [a + b for a, b in zip(totals, parts, strict=True)] if totals else parts
    return totals


def _quantile_expectation(d: Any, part: Any, statistic: Statistic) -> list[Array]:
    """Expectations under `part` of functions of `d` and an observation."""
    shape = d.batch_shape
    return integrate_unit(lambda u, _: statistic(d, part._quantile(_nodes(u, shape))))


def entropy(d: Any) -> Array:
    """Entropy by quadrature or a sum."""
    d = d._on_numpy("entropy by quadrature")
    (value,) = expectation(d, lambda e, y: [-e._log_prob(y)])
    return value


def information(d: Any) -> dict[tuple[str, str], Array]:
    """Expected information by quadrature or a sum of the score's outer product.

    Of many rows that differ in one parameter, as those of a regression with a constant dispersion
    do, by a series in it.
    """
    d = d._on_numpy("information by quadrature")
    pairs = [(a, b) for i, a in enumerate(d.given) for b in d.given[i:]]
    pairs = [pair for pair in pairs if _predicted(d, pair)]
    found = _information_by_series(d, pairs)
    return _information(d, pairs) if found is None else found


def _information(d: Any, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], Array]:

    def products(e: Any, y: Array) -> list[Array]:
        score = e._score(y)
        return [_outer(e, score, *pair) for pair in pairs]

    return dict(zip(pairs, expectation(d, products), strict=True))


def _information_by_series(
    d: Any, pairs: list[tuple[str, str]]
) -> dict[tuple[str, str], Array] | None:
    """The same by series in the parameter that differs most; None where that is no gain."""
    size = math.prod(d.batch_shape)
    declared = d.parameters_declared
    if size < _MANY or any(declared[name].domain.event_dims for name in d.parameters):
        return None
    flat = {k: np.broadcast_to(v, d.batch_shape).ravel() for k, v in d.parameters.items()}
    distinct = {k: len(np.unique(v)) for k, v in flat.items() if _predicted(d, (k,))}
    along = max(distinct, key=lambda name: distinct[name])
    # A row of ones, for a family of one parameter.
    rest = np.array([np.ones(size), *(v for name, v in flat.items() if name != along)])
    groups, member = np.unique(rest, axis=1, return_inverse=True)
    if len(groups.T) * _MANY > size:
        return None
    # On the scale of its link a function of a parameter is smooth.
    link = get_link(declared[along].domain.link, declared[along].domain, along)
    whole = {pair: np.empty(size) for pair in pairs}
    with np.errstate(all="ignore"):
        scaled = link.forward(flat[along])
    for k, group in enumerate(groups.T):
        rows = np.flatnonzero(member.ravel() == k)
        held = dict(zip([name for name in flat if name != along], group[1:], strict=True))

        def at(t: Array, held: dict[str, float] = held) -> Array:
            values = {name: np.full(t.shape, held.get(name, 0.0)) for name in flat}
            found = _information(type(d)._of(np, {**values, along: link.inverse(t)}), pairs)
            # Against the diagonal, since those apart from it may vanish.
            return np.array([v / _size(found, *p) + 2 * (p[0] != p[1]) for p, v in found.items()])

        series = dict(zip(pairs, by_series(at, scaled[rows]), strict=True))
        for (a, b), values in series.items():
            whole[a, b][rows] = values if a == b else (values - 2) * _size(series, a, b)
    return {pair: values.reshape(d.batch_shape) for pair, values in whole.items()}


def _size(found: dict[tuple[str, str], Array], a: str, b: str) -> Array:
    """√(Iₐₐ I_bb) off the diagonal, 1 on it and where nothing is known of one of them."""
    size = np.ones(()) if a == b else np.sqrt(found[a, a] * found[b, b])
    return np.where(size > 0, size, 1.0)


def crps(d: Any, y: Array) -> Array:
    """CRPS by quadrature or a sum."""
    _needs_numbers(d, "the CRPS")
    if d.discrete:
        return _count_crps(d, y)
    with np.errstate(all="ignore"):
        below, above = d.cdf(y), d.sf(y)

        # ∫ F² below y and ∫ S² above it, as integrals over the quantiles that are passed.
        def parts(v: Array, _: Array) -> list[Array]:
            low = _nodes(v, below.shape) * below
            high = 1 - _nodes(v, below.shape) * above
            gap_low = np.where(low > 0, y - d._quantile(low), 0.0)
            gap_high = np.where(high < 1, d._quantile(high) - y, 0.0)
            return [below * low * gap_low, above * (1 - high) * gap_high]

        first, second = integrate_unit(parts)
    return 2 * (first + second)


def cdf_score(d: Any, y: Array) -> dict[str, Array]:
    """Derivatives of the cdf in the parameters over the density at `y`: `_cdf_score`."""
    _needs_numbers(d, "derivatives of the cdf")
    names = [name for name in d.given if _predicted(d, (name,))]
    if d.discrete:
        return dict(zip(names, _count_cdf_score(d, y, names), strict=True))
    shape = np.broadcast_shapes(np.shape(y), d.batch_shape)
    y = np.broadcast_to(y, shape)
    with np.errstate(all="ignore"):
        at = d._log_prob(y)
        cdf, sf = d._cdf(y), d._sf(y)
        lower = cdf <= sf
        scale = np.where(lower, cdf, sf) / np.exp(at)

        def tail(t: Array, width: Array) -> list[Array]:
            t = np.where(d.support.contains(np, t), t, np.nan)
            share = width * np.exp(d._log_prob(t) - at)
            score = d._score(t)
            return [_event(share, d, name) * score[name] for name in names]

        def towards(bound: float, sign: float) -> list[Array]:
            """∫ density × score, over the density at y, from y to one end of the support."""
            if np.isfinite(bound):
                gap = abs(bound - y)

                def between(x: Array, rest: Array) -> list[Array]:
                    # Each node by its distance from the nearer end, where the digits are.
                    x, rest = _nodes(x, shape), _nodes(rest, shape)
                    t = np.where(x < 0.5, bound - sign * x * gap, y + sign * rest * gap)
                    return tail(t, gap)

                return integrate_unit(between)
            return integrate_ray(lambda x, _: tail(y + sign * _nodes(x, shape) * scale, scale))

        left = towards(d.support.lower, -1.0)
        right = towards(d.support.upper, 1.0)
    return {
        name: np.where(_event(lower, d, name), a, -b)
        for name, a, b in zip(names, left, right, strict=True)
    }


def _needs_numbers(d: Any, what: str) -> None:
    if d.support.event_dims:
        raise UndefinedError(f"{type(d).__name__} takes {d.support.text} and has no {what}")


def _predicted(d: Any, names: tuple[str, ...]) -> bool:
    return all(d.parameters_declared[name].role == "predicted" for name in names)


def _nodes(x: Array, shape: tuple[int, ...]) -> Array:
    """Nodes on a leading axis before the batch."""
    return np.broadcast_to(x.reshape(x.shape + (1,) * len(shape)), x.shape + shape)


def _event(x: Array, d: Any, name: str) -> Array:
    """Add the event axes of a parameter."""
    return np.reshape(x, np.shape(x) + (1,) * d.parameters_declared[name].domain.event_dims)


def _outer(d: Any, score: dict[str, Array], first: str, other: str) -> Array:
    """Products of two scores, the event axes of the first parameter before the other's."""
    a, b = score[first], score[other]
    dims = [d.parameters_declared[name].domain.event_dims for name in (first, other)]
    a = np.reshape(a, np.shape(a) + (1,) * dims[1])
    lead = np.ndim(b) - dims[1]
    b = np.reshape(b, np.shape(b)[:lead] + (1,) * dims[0] + np.shape(b)[lead:])
    return a * b


# ---------------------------------------------------------------------- counts


def flattened(d: Any, shape: tuple[int, ...]) -> Any:
    """The same distributions with one batch axis."""
    size = int(np.prod(shape))
    values = {}
    for name, value in d.parameters.items():
        dims = d.parameters_declared[name].domain.event_dims
        event = tuple(value.shape[value.ndim - dims :]) if dims else ()
        values[name] = np.broadcast_to(value, shape + event).reshape((size, *event))
    return d._of(np, values)


def _by_length(start: Array, length: Array, direction: float, rows: Any) -> Any:
    """Sum over counts from `start` in one direction, rows of like length together.

    `rows(index, k)` gives a list of arrays whose leading axes are nodes and rows.
    """
    levels = np.ceil(np.log2(np.maximum(length, 1.0)))
    totals: list[Array] = []
    for level in np.unique(levels):
        members = np.flatnonzero(levels == level)
        offsets, weights = count_rule(2.0**level)
        for i in range(0, len(members), _ROWS):
            index = members[i : i + _ROWS]
            k = start[index] + direction * offsets[:, None]
            with np.errstate(all="ignore"):
                values = [np.where(np.isfinite(v), v, 0.0) for v in rows(index, k)]
            sums = [np.tensordot(weights, v, axes=(0, 0)) for v in values]
            if not totals:
                totals = [np.zeros((len(start), *s.shape[1:])) for s in sums]
            for total, part in zip(totals, sums, strict=True):
                total[index] = part
    return totals


def _count_expectation(d: Any, part: Any, statistic: Statistic) -> list[Array]:
    shape = d.batch_shape
    flat, under = flattened(d, shape), flattened(part, shape)
    low, high = _inversion.count_window(under, _LEFT_OUT, _LEFT_OUT)

    def rows(index: Array, k: Array) -> list[Array]:
        mass = np.exp(under[index]._supported_log_prob(k))
        values = statistic(flat[index], k)
        return [v * np.reshape(mass, mass.shape + (1,) * (v.ndim - 2)) for v in values]

    sums = _by_length(low, high - low + 1, 1.0, rows)
    return [np.reshape(s, shape + s.shape[1:]) for s in sums]


def _count_crps(d: Any, y: Array) -> Array:
    shape = np.broadcast_shapes(np.shape(y), d.batch_shape)
    flat, y = flattened(d, shape), np.broadcast_to(y, shape).ravel()
    low, high = _inversion.count_window(flat, 1e-18, 1e-18)
    # Beyond the window the cdf is 0 or 1 and the score grows by 1 a unit.
    inside = np.clip(y, low, high)
    top = np.floor(inside)

    def above(index: Array, k: Array) -> list[Array]:
        return [flat[index].sf(k) ** 2]

    def below(index: Array, k: Array) -> list[Array]:
        return [flat[index].cdf(k) ** 2]

    (upper,) = _by_length(top, high - top + 1, 1.0, above)
    (lower,) = _by_length(top - 1, top - low + 1, -1.0, below)
    # Between two counts the score is linear.
    rest = inside - top
    part = rest * (flat.cdf(top) ** 2 - flat.sf(top) ** 2)
    return np.reshape(upper + lower + part + np.abs(y - inside), shape)


def _count_cdf_score(d: Any, y: Array, names: list[str]) -> list[Array]:
    shape = np.broadcast_shapes(np.shape(y), d.batch_shape)
    flat, y = flattened(d, shape), np.broadcast_to(y, shape).ravel()
    low, high = _inversion.count_window(flat, _LEFT_OUT, _LEFT_OUT)
    with np.errstate(all="ignore"):
        at = flat._log_prob(y)
        lower = flat._cdf(y) <= flat._sf(y)

    def rows(index: Array, k: Array) -> list[Array]:
        part = flat[index]
        share = np.exp(part._supported_log_prob(k) - at[index])
        score = part._score(np.maximum(k, 0.0))
        return [_event(share, part, name) * score[name] for name in names]

    # Where y itself lies outside the window, terms fall off from it within a like distance.
    reach = high - low + 1
    left, right = np.flatnonzero(lower), np.flatnonzero(~lower)
    length = np.where(lower, np.maximum(reach, y - low + 1), np.maximum(reach, high - y))
    below = _by_length(y[left], length[left], -1.0, lambda i, k: rows(left[i], k))
    above = _by_length(y[right] + 1, length[right], 1.0, lambda i, k: rows(right[i], k))
    found = [np.empty((len(y), *part.shape[1:])) for part in below or above]
    for side, sign, parts in ((left, 1.0, below), (right, -1.0, above)):
        for total, part in zip(found, parts, strict=False):
            total[side] = sign * part
    return [np.reshape(c, shape + c.shape[1:]) for c in found]
