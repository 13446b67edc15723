"""The beta-binomial distribution: a binomial whose probability varies like a Beta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

import numpy as np

from likelier import special
from likelier.distributions import _fallbacks
from likelier.distributions._base import Distribution
from likelier.distributions._domains import counts, log_odds, positive, unit
from likelier.distributions._parameter import Parameter, parameter
from likelier.distributions._saddle import (
    deviance,
    digamma_remainder,
    factorial_remainder,
    small_deviance,
)
from likelier.special import Array

# Beyond these log odds the rarer outcome's shape is a factor of the probability and no more.
_STEEP = 300.0
# Below this probability of an outcome, its absence says little of the precision.
_RARE = 1e-3
_GAUSS = tuple(part.tolist() for part in np.polynomial.legendre.leggauss(5))
# So many trials are summed one by one.
_FEW = 64


class _MeanShare(Parameter):
    """The parameter `mean`, a probability; on instances the name is that of the expected count."""

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return getattr(instance, "inner", instance)._expected()

    def __set__(self, instance: Any, value: Any) -> NoReturn:
        # With this method Python asks the class before the instance's own values.
        raise AttributeError("distributions do not change")


def _pair_sum(b: Array, s: Array, n: Array) -> Array:
    """Σ i / ((b + i)(s + i)) over i = 1 … n − 1, where n is small beside b and s.

    An integral from ½ to n − ½, by Gauss's rule of five points, and the first of the midpoint
    rule's corrections: the next is (n b³)⁻¹ beside the sum.
    """
    middle, half = 0.5 * n, 0.5 * (n - 1)
    total = 0.0
    for node, weight in zip(*_GAUSS, strict=True):
        x = middle + half * node
        total = total + weight * x / ((b + x) * (s + x))

    def slope(x: Array) -> Array:
        return (b * s - x * x) / ((b + x) * (s + x)) ** 2

    return half * total - (slope(n - 0.5) - slope(0.5 + 0 * n)) / 24


class BetaBinomial(Distribution):
    r"""Beta-binomial distribution of the number of yeses in `total_count` trials.

    log p(y) = log C(total_count, y) + log B(a + y, b + total_count − y) − log B(a, b)

    with a = mean · precision and b = (1 − mean) · precision. The variance is the binomial's times
    (precision + total_count) / (precision + 1), so that a large precision is the binomial.

    Args:
        total_count: number of trials, a count; known for each row of data, with
        mean: mean probability of a yes, between 0 and 1 (on an instance `mean` is the expected
            count, and `parameters["mean"]` this probability); or
        mean_logits: log(mean / (1 − mean)), any real number, in place of `mean`; and
        precision: a + b, positive.

    Source: Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 6.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.BetaBinomial(total_count=4, mean=0.5, precision=2.0).nll(1)), 6)
        1.609438
    """

    support = counts
    discrete = True
    source = "Johnson, Kemp and Kotz (2005), ch. 6"
    location_link = "identity"
    limits: ClassVar = {("precision", "upper"): "binomial"}

    total_count = parameter(counts, "number of trials", role="data")
    mean = _MeanShare(
        unit,
        "mean probability of a yes",
        derive=lambda d: special.expit(d.mean_logits),
        linked={"logit": "mean_logits"},
    )
    precision = parameter(positive, "sum of both shapes; the larger, the nearer to a binomial")
    mean_logits = parameter(
        log_odds, "log odds of the mean", derive=lambda d: special.logit(d.value_of("mean"))
    )
    parametrisations = (
        ("total_count", "mean", "precision"),
        ("total_count", "mean_logits", "precision"),
    )

    @property
    def _by_logits(self) -> bool:
        return "mean_logits" in self.given

    def _shares(self) -> tuple[Array, Array]:
        """mean and 1 − mean, each with all its digits and not below what can be divided by."""
        if not self._by_logits:
            mean = self.value_of("mean")
            return mean, 1 - mean
        logits = self._xp.clip(self.mean_logits, -_STEEP, _STEEP)
        return special.expit(logits), special.expit(-logits)

    def _placed(self, y: Array) -> tuple[Array, Array]:
        inside, missing = super()._placed(y)
        return inside & (y <= self.total_count), missing

    def _noes(self, y: Array) -> Array:
        """Number of noes, never below 0, so that what lies outside the support does no harm."""
        rest = self.total_count - y
        return self._xp.where(rest > 0, rest, 0.0)

    def _pieces(self, y: Array) -> tuple[Array, ...]:
        """p, q, a, b and the two deviances of a and b from what they and the counts expect."""
        xp = self._xp
        p, q = self._shares()
        noes = self._noes(y)
        total = self.precision + self.total_count
        a, b = p * self.precision, q * self.precision
        excess = (y * q - noes * p) * (self.precision / total)
        first = small_deviance(a, excess, xp.log((a + y) / (p * total)))
        second = small_deviance(b, -excess, xp.log((b + noes) / (q * total)))
        return p, q, a, b, excess, first + second

    def _log_prob(self, y: Array) -> Array:
        xp, n, noes = self._xp, self.total_count, self._noes(y)
        _, _, a, b, excess, shapes = self._pieces(y)
        yes_a, no_b, total = a + y, b + noes, self.precision + n
        yes = xp.log(n * yes_a / xp.where(y > 0, y * total, 1.0) + (y == 0))
        no = xp.log(n * no_b / xp.where(noes > 0, noes * total, 1.0) + (noes == 0))
        error = special.stirling_error
        value = (
            shapes
            + deviance(y, -excess, yes)
            + deviance(noes, excess, no)
            + (error(yes_a) - error(a))
            + (error(no_b) - error(b))
            - (error(total) - error(self.precision))
            - 0.5 * xp.log(yes_a / a * (no_b / b) * (self.precision / total))
            + (factorial_remainder(n) - factorial_remainder(y) - factorial_remainder(noes))
        )
        if self._by_logits:
            beyond = abs(self.mean_logits) - _STEEP
            rarer = xp.where(self.mean_logits < 0, y, noes) > 0
            value = value - xp.where((beyond > 0) & rarer, beyond, 0.0)
        return value

    def _score(self, y: Array) -> dict[str, Array]:
        p, q, a, b, _, shapes = self._pieces(y)
        noes = self._noes(y)
        yes_slope = special.digamma_difference(a, y)
        no_slope = special.digamma_difference(b, noes)
        score = {}
        if self._by_logits:
            score["mean_logits"] = q * (a * yes_slope) - p * (b * no_slope)
        else:
            score["mean"] = self.precision * (yes_slope - no_slope)
        score["precision"] = self._in_precision(y, noes, p, q, a, b, shapes)
        return score

    def _in_precision(
        self, y: Array, noes: Array, p: Array, q: Array, a: Array, b: Array, shapes: Array
    ) -> Array:
        xp, n, precision = self._xp, self.total_count, self.precision
        yes_a, no_b, total = a + y, b + noes, precision + n

        def remainder(shape: Array, sum_: Array) -> Array:
            return digamma_remainder(sum_) / sum_ * (shape / sum_) - (
                digamma_remainder(shape) / shape
            )

        large = (
            shapes
            + 0.5 * (y / yes_a + noes / no_b - n / total)
            + (remainder(a, yes_a) + remainder(b, no_b) - remainder(precision, total))
        ) / precision

        def later(shape: Array, count: Array) -> Array:
            """ψ(shape + count) − ψ(shape + 1), without the first term, 1 / shape."""
            return special.digamma_difference(shape + 1, xp.where(count > 1, count - 1, 0.0))

        kinds = xp.where(y > 0, 1.0, 0.0) + xp.where(noes > 0, 1.0, 0.0)
        small = (kinds - xp.where(n > 0, 1.0, 0.0)) / precision
        small = small + p * later(a, y) + q * later(b, noes) - later(precision, n)
        value = xp.where((precision > 4) & (n > 1), large, small)
        # Where a rare outcome did not occur, both forms cancel down to a multiple of its
        # probability, which differences over its shape give. (The first of the n factors of the
        # likelihood, 1 − rare, knows nothing of the precision.)
        rare = xp.where(p < q, p, q)
        shape = rare * precision
        absent = (xp.where(p < q, y, noes) == 0) & (rare < _RARE) & (shape < n)
        shape = xp.where(absent, shape, 0.0)
        often = precision - shape + 1
        difference = special.digamma_difference
        rest = xp.where(n > 1, n - 1, 0.0)
        among = (
            difference(often, shape)
            - difference(often + rest, shape)
            - (rare * difference(often, rest))
        )
        steady = absent & (n < 0.01 * often) & (often > 2000.0)
        spread = -rare * _pair_sum(often - 1, precision, xp.where(n > 1, n, 1.0))
        return xp.where(steady, spread, xp.where(absent, among, value))

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        p, q, a, b, _, _ = self._pieces(y)
        noes, precision = self._noes(y), self.precision
        bend_yes = special.trigamma_difference(a, y)
        bend_no = special.trigamma_difference(b, noes)
        slopes = special.digamma_difference(a, y) - special.digamma_difference(b, noes)
        mixed = slopes + a * bend_yes - b * bend_no
        both = (
            p * p * bend_yes
            + q * q * bend_no
            - special.trigamma_difference(precision, self.total_count)
        )
        if not self._by_logits:
            return {
                ("mean", "mean"): precision * precision * (bend_yes + bend_no),
                ("mean", "precision"): mixed,
                ("precision", "precision"): both,
            }
        weight = precision * p * q
        return {
            ("mean_logits", "mean_logits"): (q - p) * weight * slopes
            + weight * weight * (bend_yes + bend_no),
            ("mean_logits", "precision"): p * q * mixed,
            ("precision", "precision"): both,
        }

    def _log_cdf(self, y: Array) -> Array:
        return self._log_tail(y, above=False)

    def _log_sf(self, y: Array) -> Array:
        return self._log_tail(y, above=True)

    def _log_tail(self, y: Array, above: bool) -> Array:
        """log P(Y > y), or log P(Y <= y)."""
        if self._xp is not np:
            return self._by_order(y, above)
        shape = np.broadcast_shapes(y.shape, self.batch_shape)
        few = np.broadcast_to(self.total_count <= _FEW, shape)
        if np.all(few):
            return self._by_sum(y, above)
        d, y = _fallbacks.flattened(self, shape), np.broadcast_to(y, shape)
        value = np.empty(shape)
        value[few] = d[few.ravel()]._by_sum(y[few], above)
        value[~few] = d[~few.ravel()]._by_order(y[~few], above)
        return value[()]

    def _towards(self, yes: bool) -> tuple[Array, Array]:
        """Both shapes, first that of what is counted: yeses or noes."""
        p, q = self._shares()
        a, b = p * self.precision, q * self.precision
        return (a, b) if yes else (b, a)

    def _by_order(self, y: Array, above: bool) -> Array:
        """More than y yeses come where a Beta(y + 1, n − y) falls below the probability."""
        noes = self._noes(y)
        count, rest = (y + 1, noes) if above else (noes, y + 1)
        value = special.log_beta_exceeds(*self._towards(above), count, rest)
        beyond = (-self.mean_logits if above else self.mean_logits) - _STEEP
        return value - self._xp.where((beyond > 0) & (count > 0), beyond, 0.0)

    def _by_sum(self, y: Array, above: bool) -> Array:
        """The same from the probabilities of few trials, on NumPy."""
        tails = self._log_sum(y + 1, True), self._log_sum(self._noes(y), False)
        value, other = tails if above else tails[::-1]
        # Through the smaller of both: digits next to 0, never above.
        most = value > other
        return np.where(most, special.log1mexp(-np.where(most, other, -1.0)), value)

    def _log_sum(self, count: Array, yes: bool) -> Array:
        """log P of at least `count` yeses, or noes."""
        n = self.total_count
        a, b = self._towards(yes)
        first = self._log_prob(np.minimum(count if yes else n - count, n))
        j = count[..., None] + np.arange(_FEW)
        # What is left to go is whole, so that a small b keeps its digits beside it.
        rest = n[..., None] - j
        ratio = rest / (j + 1) * ((a[..., None] + j) / ((rest - 1) + b[..., None]))
        terms = np.cumprod(np.where(rest > 0, ratio, 0.0), axis=-1)
        return np.where(count > n, -np.inf, first + np.log1p(np.sum(terms, axis=-1)))

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        p, q = self._shares()
        chance = rng.beta(p * self.precision, q * self.precision, shape)
        return np.asarray(rng.binomial(self.total_count.astype(np.int64), chance))

    def _expected(self) -> Array:
        return self.total_count * self._shares()[0]

    @property
    def variance(self) -> Array:
        p, q = self._shares()
        n, precision = self.total_count, self.precision
        return n * p * q * ((precision + n) / (precision + 1))

    @property
    def mode(self) -> Array:
        xp, n = self._xp, self.total_count
        p, q = self._shares()
        a, b = p * self.precision, q * self.precision
        inner = (a > 1) & (b > 1)
        peak = xp.ceil((n * (a - 1) - (b - 1)) / xp.where(inner, a + b - 2, 1.0))
        return xp.where(inner, xp.where(peak > 0, peak, 0.0), xp.where(a <= b, 0.0, n))

    @classmethod
    def takes(cls, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        return super().takes(y) & (y <= (known or {}).get("total_count", np.inf))

    @classmethod
    def _start(
        cls, y: Array, weights: Array | None, known: Mapping[str, Array] | None = None
    ) -> dict[str, Array]:
        n = np.broadcast_to((known or {})["total_count"], y.shape)
        w = np.ones(len(y)) if weights is None else weights
        mean = (np.sum(w * y) + 0.5) / (np.sum(w * n) + 1)
        # Pearson's statistic of the binomial: 1 + (n − 1) / (precision + 1) in expectation.
        pearson = (y - n * mean) ** 2 / (np.maximum(n, 1) * mean * (1 - mean))
        excess = np.maximum(np.average(pearson, weights=w) - 1, 1e-2)
        precision = np.maximum(np.average(n, weights=w) - 1, 1.0) / excess
        return {"mean": mean, "precision": np.clip(precision, 0.1, 1e4)}
