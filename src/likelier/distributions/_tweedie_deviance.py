"""Half the Tweedie deviance for powers between 1 and 2, without cancellation at y ≈ mean."""

from __future__ import annotations

from typing import Any

from likelier.special import Array, namespace

_TERMS = 22
_WIDE_TERMS = 46


def power_deviance(y: Array, mean: Array, power: Array) -> Array:
    """∫ from mean to y of (y − t) t^(−power) dt, for y > 0: half the deviance.

    It is mean^a G(T) with T = log(y / mean) and a = 2 − power, where
    G = Σ_{n >= 2} (1 + a + … + a^(n − 2)) Tⁿ / n!.
    """
    xp = namespace(y, mean, power)
    return mean ** (2 - power) * deviance_of_log_ratio(_log_ratio(xp, y, mean), 2 - power)


def deviance_of_log_ratio(log: Array, a: Array) -> Array:
    """G(T) at T = log(y / mean): half the deviance of y at a mean of 1, with a = 2 − power."""
    xp = namespace(log, a)
    near = abs(log) < 1
    series = _series(xp.where(near, log, 0.0), _sums(a, _TERMS))
    t = xp.where(near, 1.0, log)
    # Written on either side so that no exponential overflows before the deviance does.
    down = xp.where(t > 0, 0.0, t)
    up = xp.where(t > 0, t, 0.0)
    rise = xp.where(
        t > 0,
        -xp.exp(up) * xp.expm1(-(1 - a) * up),
        xp.exp(a * down) * xp.expm1((1 - a) * down),
    )
    direct = rise / (1 - a) - xp.expm1(a * t) / a
    return xp.where(near, series, direct)


def power_deviance_in_power(y: Array, mean: Array, power: Array, half: Array) -> Array:
    """Derivative of `power_deviance`, whose value is `half`, in the power."""
    xp = namespace(y, mean, power)
    a = 2 - power
    log = _log_ratio(xp, y, mean)
    near = abs(log) < 4
    sums = _sums(a, _WIDE_TERMS)
    slopes = [0 * a]
    for total in sums[:-1]:
        # (1 + … + a^n)' = (1 + … + a^(n−1)) + a (1 + … + a^(n−1))'
        slopes.append(total + a * slopes[-1])
    series = _series(xp.where(near, log, 0.0), slopes)
    t = xp.where(near, 1.0, log)
    both = a * (1 - a)
    direct = (
        xp.exp(t) / (1 - a) ** 2 - xp.exp(a * t) * (t - (1 - 2 * a) / both) / both - 1 / (a * a)
    )
    return -xp.log(mean) * half - mean**a * xp.where(near, series, direct)


def _log_ratio(xp: Any, y: Array, mean: Array) -> Array:
    excess = (y - mean) / mean
    near = abs(excess) < 0.5
    return xp.where(near, xp.log1p(xp.where(near, excess, 0.0)), xp.log(y) - xp.log(mean))


def _sums(a: Array, terms: int) -> list[Array]:
    """1, 1 + a, 1 + a + a², …"""
    result = [1 + 0 * a]
    for _ in range(terms - 1):
        result.append(1 + a * result[-1])
    return result


def _series(t: Array, coefficients: list[Array]) -> Array:
    """Σ_{n >= 2} coefficients[n − 2] tⁿ / n!"""
    total = 0 * t
    for n in range(len(coefficients) + 1, 1, -1):
        total = (total + coefficients[n - 2]) * t / n
    return total * t
