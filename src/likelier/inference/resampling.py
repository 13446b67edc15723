"""The bootstrap: estimates of samples drawn anew, and what their spread says.

Only the arithmetic is here: drawing rows as weights, limits from estimates. Fitting is above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.inference.level import check_level

if TYPE_CHECKING:
    import pandas as pd

Array = Any

INTERVALS = ("percentile", "bca")


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """Estimates of samples drawn anew, beside those of the fit.

    Attributes:
        estimates: (n, P) coefficients of each sample, NaN where one had no finite estimate.
        names: parameter and term of each coefficient.
        centre: (P,) the fit's own coefficients.
        skewness: (P,) of the rows' influence on each coefficient, for BCa intervals.
        kind: "rows" or "parametric"; seed: of the draws.
        selecting: whether each sample chose its terms anew, by a penalty that sets some to 0.
    """

    estimates: Array
    names: tuple[tuple[str, str], ...]
    centre: Array
    skewness: Array
    kind: str
    seed: int
    selecting: bool = False

    @property
    def failures(self) -> int:
        """Samples that had no finite estimate; they are left out of what follows."""
        return int(np.isnan(self.estimates).any(axis=1).sum())

    @property
    def sound(self) -> Array:
        """The estimates of the other samples."""
        return self.estimates[~np.isnan(self.estimates).any(axis=1)]

    @property
    def table(self) -> pd.DataFrame:
        """Parameter, term, estimate, bias, standard_error and limits of the 95 % BCa interval.

        Of a penalty that chooses terms, `selected` is the share of samples in which each was kept,
        and limits are percentiles: they show how the estimate varies, bias towards 0 included, and
        are no confidence intervals of the truth (Chatterjee and Lahiri 2011,
        doi:10.1198/jasa.2011.tm10159).
        """
        import pandas as pd

        sound = self._enough()
        limits = self.conf_int(method="percentile" if self.selecting else "bca")
        table = pd.DataFrame(
            {
                "parameter": [name[0] for name in self.names],
                "term": [name[1] for name in self.names],
                "estimate": self.centre,
                "bias": sound.mean(axis=0) - self.centre,
                "standard_error": sound.std(axis=0, ddof=1),
                "lower": limits.lower,
                "upper": limits.upper,
            }
        )
        return table.assign(selected=(sound != 0).mean(axis=0)) if self.selecting else table

    def covariance(self) -> pd.DataFrame:
        """Covariance matrix of the estimates."""
        import pandas as pd

        names = [f"{parameter}: {term}" for parameter, term in self.names]
        found = np.atleast_2d(np.cov(self._enough(), rowvar=False))
        return pd.DataFrame(found, index=names, columns=names)

    def conf_int(self, level: float = 0.95, method: str = "bca") -> pd.DataFrame:
        """Table of confidence intervals: parameter, term, lower, upper.

        Args:
            level: coverage, between 0 and 1.
            method: "percentile", or "bca", whose shares are moved for bias and skewness; Efron
                (1987), doi:10.1080/01621459.1987.10478410.
        """
        import pandas as pd

        check_level(level)
        if method not in INTERVALS:
            raise LikelierError(
                f"no interval method {method!r}.{did_you_mean(method, INTERVALS)} "
                f"Methods: {', '.join(INTERVALS)}"
            )
        shares = np.tile([(1 - level) / 2, (1 + level) / 2], (len(self.centre), 1))
        sound = self._enough()
        if method == "bca":
            shares = _moved(shares, sound, self.centre, self.skewness)
        limits = [np.quantile(sound[:, j], shares[j]) for j in range(len(self.centre))]
        lower, upper = np.array(limits).T
        return pd.DataFrame(
            {
                "parameter": [name[0] for name in self.names],
                "term": [name[1] for name in self.names],
                "lower": lower,
                "upper": upper,
            }
        )

    def _enough(self) -> Array:
        """The sound estimates, if any number can rest on them."""
        sound = self.sound
        if len(sound) < 2:
            raise LikelierError(
                f"{self.failures} of {len(self.estimates)} samples had no finite estimate; nothing "
                "can be said from the rest"
            )
        return sound

    def __repr__(self) -> str:
        failed = f", {self.failures} without a finite estimate" if self.failures else ""
        return f"<Bootstrap: {len(self.estimates):,} samples ({self.kind}){failed}; see .table>"


def _moved(shares: Array, sound: Array, centre: Array, skewness: Array) -> Array:
    """Shares of BCa intervals, (P, 2): corrected for bias and for the skewness of influence."""
    from scipy.special import ndtr, ndtri

    n = len(sound)
    below = (np.sum(sound < centre, axis=0) + 0.5 * np.sum(sound == centre, axis=0)) / n
    bias = ndtri(np.clip(below, 0.5 / n, 1 - 0.5 / n))[:, None]
    acceleration = (skewness / 6)[:, None]
    moved = bias + ndtri(shares)
    return ndtr(bias + moved / (1 - acceleration * moved))


def influence_skewness(scores: Array, counts: Array | None, way: Array) -> Array:
    """Σ l³ / (Σ l²)^(3/2) of the rows' influence l = C s on each coefficient, (P,).

    Args:
        scores: (n, P) slopes of the rows' log-likelihood, inner scale.
        counts: how many rows each stands for, or None.
        way: (P, P), the covariance and the way to the user's scale.
    """
    influence = scores @ way.T
    weights = np.ones(len(influence)) if counts is None else counts
    second = weights @ influence**2
    third = weights @ influence**3
    return np.where(second > 0, third / np.where(second > 0, second, 1.0) ** 1.5, 0.0)


def drawn_counts(
    rng: np.random.Generator, n: int, counts: Array | None, codes: Array | None
) -> Array:
    """How often each of n rows is in a sample drawn with replacement, (n,).

    Args:
        rng: the generator.
        n: number of rows.
        counts: how many observations each row stands for; a sample has as many in all.
        codes: (n,) clusters 0, 1, …, which are then drawn whole.
    """
    if codes is not None:
        size = int(codes.max()) + 1
        drawn = rng.multinomial(size, np.full(size, 1 / size))[codes].astype(float)
        return drawn if counts is None else drawn * counts
    if counts is None:
        return rng.multinomial(n, np.full(n, 1 / n)).astype(float)
    total = float(counts.sum())
    size = max(1, round(total))
    return rng.multinomial(size, counts / total) * (total / size)
