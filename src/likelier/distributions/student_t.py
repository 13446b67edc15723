"""Student's t distribution: a Normal whose tails are as heavy as the data ask for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import positive, real
from likelier.distributions._fallbacks import FAINT
from likelier.distributions._parameter import parameter
from likelier.distributions._repeated import once
from likelier.distributions._square import Square
from likelier.distributions._weighted import spread, weighted_quantile
from likelier.special import Array

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class StudentT(Distribution):
    r"""Student's t distribution with `df` degrees of freedom, moved by `loc` and scaled by `scale`.

    log p(y) = log Γ((df + 1)/2) − log Γ(df/2) − ½ log(π df) − log scale
               − (df + 1)/2 log(1 + z²/df),  z = (y − loc) / scale

    Args:
        df: degrees of freedom, positive; Cauchy at 1, towards Normal as it grows.
        loc: median, any real number, in the unit of y; the mean where df > 1.
        scale: scale, positive, in the unit of y; the variance is scale² df / (df − 2) where
            df > 2.

    Source: Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 28;
    information: Lange, Little and Taylor (1989), doi:10.2307/2290063;
    CRPS: Jordan, Krüger and Lerch (2019), doi:10.18637/jss.v090.i12.

    Example:
        >>> import likelier as lk
        >>> round(float(lk.StudentT(df=4.0, loc=0.0, scale=1.0).nll(2.0)), 6)
        2.713697
    """

    support = real
    source = "Johnson, Kotz and Balakrishnan (1995), vol. 2, ch. 28"
    location_link = "identity"
    classical_loss = "Student's t loss log(1 + z²/df) of robust regression (df and scale fixed)"
    main: ClassVar[str] = "loc"
    limits: ClassVar[Mapping[tuple[str, str], str]] = {("df", "upper"): "normal"}

    df = parameter(positive, "degrees of freedom: how heavy the tails are, Normal for a large df")
    loc = parameter(real, "median, in the unit of y")
    scale = parameter(positive, "scale, in the unit of y")

    def _square(self, y: Array) -> tuple[Square, Array]:
        """The pieces of 1 + z²/df, and √df."""
        root = self._xp.sqrt(self.df)
        return Square(self._xp, (y - self.loc) / self.scale / root), root

    def _log_prob(self, y: Array) -> Array:
        square, _ = self._square(y)
        return self._value(square.log1p())

    def _score(self, y: Array) -> dict[str, Array]:
        square, root = self._square(y)
        return self._slopes(square, root, square.share(), square.log1p_less_share())

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        square, root = self._square(y)
        share, rest = square.share(), square.log1p_less_share()
        return self._value(share + rest), self._slopes(square, root, share, rest)

    def _value(self, log1p: Array) -> Array:
        df = self.df
        constant = once(special.student_constant, df) - _HALF_LOG_2PI - self._xp.log(self.scale)
        return constant - 0.5 * (df + 1) * log1p

    def _slopes(self, square: Square, root: Array, share: Array, rest: Array) -> dict[str, Array]:
        """The score from w² / (1 + w²) and log(1 + w²) less it."""
        df, scale = self.df, self.scale
        return {
            "df": once(special.student_constant_slope, df) + 0.5 * (share / df - rest),
            "loc": (df + 1) / root * square.half_slope() / scale,
            "scale": square.excess(df, root) / scale,
        }

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        df, scale = self.df, self.scale
        square, root = self._square(y)
        share, rest = square.share(), square.rest()
        # 1 / (df + z²) and (z² − 1) / (df + z²), of which the mixed derivatives are made.
        excess = square.excess(df, root) / df
        slope = square.half_slope() / root
        tails = share * share / df - share * (1 + rest) / df / df
        precision = 1 / scale / scale
        return {
            ("df", "df"): once(special.student_constant_bend, df) + 0.5 * tails,
            ("df", "loc"): excess * slope / scale,
            ("df", "scale"): excess * share / scale,
            ("loc", "loc"): -(df + 1) / df * rest * (rest - share) * precision,
            ("loc", "scale"): -2 * (df + 1) / root * square.half_slope() * rest * precision,
            ("scale", "scale"): (1 - (df + 1) * share * (1 + 2 * rest)) * precision,
        }

    def _information(self) -> dict[tuple[str, str], Array]:
        df, scale = self.df, self.scale
        base = 0 * self.loc + 0 * scale
        # Two terms of order df⁻³ whose difference is of order df⁻⁴ are subtracted on paper.
        lead = (7 * df + 3) / (2 * df * df * df * (df + 1) * (df + 3))
        remainder = special.student_constant_bend(df, remainder=True)
        precision = 1 / scale / scale
        return {
            ("df", "df"): lead - remainder + base,
            ("df", "scale"): -2 / ((df + 1) * (df + 3)) / scale + base,
            ("loc", "loc"): (df + 1) / (df + 3) * precision + base,
            ("scale", "scale"): 2 * df / (df + 3) * precision + base,
        }

    def _cdf(self, y: Array) -> Array:
        return special.stdtr(self.df, (y - self.loc) / self.scale)

    def _sf(self, y: Array) -> Array:
        return special.stdtr(self.df, (self.loc - y) / self.scale)

    def _log_cdf(self, y: Array) -> Array:
        return special.log_stdtr(self.df, (y - self.loc) / self.scale)

    def _log_sf(self, y: Array) -> Array:
        return special.log_stdtr(self.df, (self.loc - y) / self.scale)

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        xp, z = self._xp, (y - self.loc) / self.scale
        density = xp.exp(self._log_prob(y))
        if xp is np and np.any(density < FAINT):
            return None
        return {
            "df": special.stdtr_grad_df(self.df, z) / density,
            "loc": -1.0 + 0 * z + 0 * self.df,
            "scale": -z + 0 * self.df,
        }

    def _quantile(self, q: Array) -> Array:
        return self.loc + self.scale * special.stdtrit(self.df, q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.loc + self.scale * rng.standard_t(self.df, size=shape)

    def _crps(self, y: Array) -> Array:
        df = np.where(self.df > 1, self.df, np.nan)
        z = np.abs((y - self.loc) / self.scale)
        root = np.sqrt(df)
        square = Square(np, z / root)
        # (df + z²) times the density, whose powers are joined so that neither leaves the range.
        density = special.student_constant(df) - _HALF_LOG_2PI - 0.5 * (df - 1) * square.log1p()
        # √df B(½, df − ½) / B(½, df/2)² by the constants of df and of 2 df − 1.
        spread = 2 * special.student_constant(df) - special.student_constant(2 * df - 1)
        spread = np.exp(spread) * df * root / np.sqrt(2 * math.pi * (2 * df - 1))
        wide = z * (1 - 2 * special.stdtr(df, -z))
        return self.scale * (wide + 2 / (df - 1) * (df * np.exp(density) - spread))

    @property
    def mean(self) -> Array:
        return self._xp.where(self.df > 1, self.loc, math.nan) + 0 * self.scale

    @property
    def variance(self) -> Array:
        xp, df = self._xp, self.df
        ratio = df / xp.where(df > 2, df - 2, 1.0)
        ratio = xp.where(df > 2, ratio, xp.where(df > 1, math.inf, math.nan))
        return ratio * self.scale * self.scale + 0 * self.loc

    @property
    def mode(self) -> Array:
        return self.loc + 0 * self.scale + 0 * self.df

    def entropy(self) -> Array:
        df = self.df
        constant, slope = special.student_constant(df), special.student_constant_slope(df)
        tails = (df + 1) * (slope + 0.5 / df)
        return _HALF_LOG_2PI - constant + tails + self._xp.log(self.scale) + 0 * self.loc

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        # Halfway to the tails that a sample can tell apart: Newton goes either way from here.
        return {
            "df": np.asarray(6.0),
            "loc": weighted_quantile(y, 0.5, weights),
            "scale": 1.4 * spread(y, weights),
        }
