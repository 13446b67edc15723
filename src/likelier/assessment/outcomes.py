"""What predictions and outcomes of each kind have in common: numbers, labels, vectors.

The contract is `Outcomes`. Its centre is the *region* of a row: of all regions that a prediction
offers, one for each probability, the one that just holds what happened. For numbers these are the
central intervals, for labels the likeliest labels, for vectors the points of highest density.
The probability of that region is uniform on (0, 1) if the predictions are right, whatever the
family, so coverage and over-confidence mean the same for all of them.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from likelier.assessment.pit import pit_bounds
from likelier.distributions import Distribution
from likelier.distributions._formulas import Formulas
from likelier.errors import LikelierError

Array = Any

LEVEL = 0.9
"""Of the intervals whose width is sharpness."""
_DRAWS = 200
"""Draws of each row by which a region of highest density is measured."""
_NARROW = 1e-6
_COUNTED = 1000
"""Counts up to here are summed one by one."""
_LEFT_OUT = 1e-13
"""Probability that a sum over counts leaves out."""


class Outcomes:
    """Predictions, one a row, and what happened. A subclass says what it knows of a row.

    Args:
        distribution: on NumPy, of n rows.
        y: observations, n of them.
        seed: of whatever is drawn.
    """

    what = ""
    """What is predicted, in the plural."""
    region = ""
    """What holds an observation or does not, in the plural, with a place for its level."""

    def __init__(self, distribution: Distribution, y: Any, seed: int) -> None:
        self.distribution = distribution
        self.y = y
        self.seed = seed

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    @functools.cached_property
    def nll(self) -> Array:
        """Negative log-likelihood of each row, in nats."""
        return np.asarray(self.distribution.nll(self.y), dtype=float)

    @property
    def score_names(self) -> tuple[str, ...]:
        """Scores that there are."""
        return ("nll",)

    def score(self, name: str) -> Array:
        """A score of each row, (n,)."""
        return self.nll

    def sharpness(self) -> Array:
        """How wide each prediction is: its entropy, in nats."""
        return np.broadcast_to(np.asarray(self.distribution.entropy(), dtype=float), (self.n,))

    def covered(self, level: float) -> Array:
        """The share of each row that its region of this probability holds, (n,)."""
        lower, upper = self.regions
        width = upper - lower
        inside = np.clip((level - lower) / np.where(width > 0, width, 1.0), 0.0, 1.0)
        return np.where(width > 0, inside, level >= upper)

    @property
    def regions(self) -> tuple[Array, Array]:
        """Probability of the region of each row, between two ends over which it is spread."""
        raise NotImplementedError

    @functools.cached_property
    def excess(self) -> tuple[Array, Array]:
        """Mean and mean square of each row's region over its ends, less those of a uniform one."""
        lower, upper = self.regions
        return (lower + upper) / 2 - 0.5, (lower**2 + lower * upper + upper**2) / 3 - 1 / 3

    @property
    def tilt(self) -> tuple[Array, Array]:
        """What tells over-confidence best of each row: its excess, and its variance if right.

        The mean is above 0 for predictions that are too sure and 0 for right ones. A region that
        is spread over its row has that much less than the variance of a uniform value, 1/12.
        """
        mean, square = self.excess
        return mean, 1 / 12 - (square + 1 / 3 - (mean + 0.5) ** 2)

    @property
    def pit(self) -> tuple[Array, Array] | None:
        """P(Y < y) and P(Y <= y) of each row, or None where no order makes sense of them."""
        return None

    @functools.cached_property
    def expected(self) -> Array | None:
        """The predicted mean of each row, (n,), or of each label, (n, K)."""
        return None

    @property
    def happened(self) -> Array:
        """What `expected` is held against, of the same shape."""
        return self.y


class Numbers(Outcomes):
    """Real numbers, counts, proportions; exact or censored."""

    what = "numbers"
    region = "{:g} % intervals"

    @property
    def censored(self) -> bool:
        """Whether some observations are only known to lie in an interval."""
        return hasattr(self.y, "lower")

    @property
    def score_names(self) -> tuple[str, ...]:
        return ("nll",) if self.censored else ("nll", "crps", "mse", "mae")

    def score(self, name: str) -> Array:
        if name == "crps":
            return _crps(self.distribution, self.y)
        if name == "mse":
            return (self.y - self._mean) ** 2
        if name == "mae":
            return np.abs(self.y - np.asarray(self.distribution.median))
        return self.nll

    def quantile_score(self, level: float) -> Array:
        """The pinball loss of the predicted quantile, (n,)."""
        above = self.y - np.asarray(self.distribution.quantile(level))
        return np.maximum(level * above, (level - 1) * above)

    def sharpness(self) -> Array:
        """The width of the central 90 % interval, in the unit of y."""
        low, high = self.distribution.interval(LEVEL)
        return np.broadcast_to(np.asarray(high) - np.asarray(low), (self.n,))

    @functools.cached_property
    def pit(self) -> tuple[Array, Array]:
        below, upto = pit_bounds(self.distribution, self.y)
        # A width below any that matters would only cost digits in differences of its ends.
        return np.where(upto - below > _NARROW, below, upto), upto

    def covered(self, level: float) -> Array:
        below, upto = self.pit
        width = upto - below
        low, high = (1 - level) / 2, (1 + level) / 2
        inside = np.clip(np.minimum(upto, high) - np.maximum(below, low), 0.0, None)
        whole = (upto >= low) & (upto <= high)
        return np.where(width > 0, inside / np.where(width > 0, width, 1.0), whole)

    @functools.cached_property
    def excess(self) -> tuple[Array, Array]:
        # The region of a PIT value u is |2u − 1|; it and its square are integrated over the row.
        below, upto = (2 * end - 1 for end in self.pit)
        width = np.where(upto > below, upto - below, 1.0)
        mean = np.where(
            upto > below,
            (upto * np.abs(upto) - below * np.abs(below)) / (2 * width),
            np.abs(upto),
        )
        square = (below**2 + below * upto + upto**2) / 3
        return mean - 0.5, square - 1 / 3

    @property
    def _mean(self) -> Array:
        return np.broadcast_to(np.asarray(self.distribution.mean, dtype=float), (self.n,))

    @functools.cached_property
    def expected(self) -> Array | None:
        return None if self.censored else self._mean


class Labels(Outcomes):
    """One of two labels, or of several."""

    what = "labels"
    region = "{:g} % sets of likeliest labels"

    @functools.cached_property
    def probabilities(self) -> Array:
        """Probability of each label, (n, K)."""
        d = self.distribution
        if d.support.name == "binary":
            p = np.broadcast_to(np.asarray(d.mean, dtype=float), (self.n,))
            return np.column_stack([1 - p, p])
        labelled: Any = d
        logs = np.asarray(labelled._log_probs(), dtype=float)
        return np.exp(np.broadcast_to(logs, (self.n, logs.shape[-1])))

    @property
    def n_labels(self) -> int:
        """Number of labels."""
        return self.probabilities.shape[1]

    @functools.cached_property
    def codes(self) -> Array:
        """The label of each row as a code, (n,)."""
        return np.asarray(self.y).astype(np.int64)

    @functools.cached_property
    def happened(self) -> Array:
        return (self.codes[:, None] == np.arange(self.probabilities.shape[1])).astype(float)

    @property
    def expected(self) -> Array:
        return self.probabilities

    @property
    def score_names(self) -> tuple[str, ...]:
        ranked = self.distribution.support.name == "binary" or self.ordered
        return ("nll", "brier", "accuracy", "crps") if ranked else ("nll", "brier", "accuracy")

    def score(self, name: str) -> Array:
        if name == "brier":
            squares = (self.probabilities - self.happened) ** 2
            # Of two labels either square alone is Brier's score, as everybody writes it.
            two = self.distribution.support.name == "binary"
            return squares[:, 1] if two else squares.sum(axis=1)
        if name == "accuracy":
            return (self.probabilities.argmax(axis=1) == self.codes).astype(float)
        return np.asarray(self.distribution.crps(self.y)) if name == "crps" else self.nll

    @property
    def ordered(self) -> bool:
        """Whether the codes of the labels have an order that means something."""
        return "cutpoints" in self.distribution.parameters_declared

    @functools.cached_property
    def regions(self) -> tuple[Array, Array]:
        own = np.take_along_axis(self.probabilities, self.codes[:, None], axis=1)
        lower = np.where(self.probabilities > own, self.probabilities, 0.0).sum(axis=1)
        ties = np.where(self.probabilities == own, self.probabilities, 0.0).sum(axis=1)
        return lower, np.minimum(lower + ties, 1.0)

    @property
    def tilt(self) -> tuple[Array, Array]:
        # The score of a temperature that multiplies the logarithms of the probabilities: NLL less
        # entropy. No test at this level finds a wrong temperature more often.
        p = self.probabilities
        logs = np.log(np.where(p > 0, p, 1.0))
        entropy = -(p * logs).sum(axis=1)
        return self.nll - entropy, (p * logs**2).sum(axis=1) - entropy**2

    def judged(self) -> tuple[Array, Array]:
        """A probability of each row and whether it came true: of the event, or the top label."""
        if self.probabilities.shape[1] == 2:
            return self.probabilities[:, 1], self.happened[:, 1]
        top = self.probabilities.argmax(axis=1)
        return self.probabilities.max(axis=1), (top == self.codes).astype(float)


class Vectors(Outcomes):
    """Vectors of numbers, simplices, vectors of counts."""

    what = "vectors"
    region = "{:g} % regions of highest density"

    @property
    def score_names(self) -> tuple[str, ...]:
        return ("nll",) if self.expected is None else ("nll", "mse")

    def score(self, name: str) -> Array:
        if name == "mse":
            assert self.expected is not None
            return ((self.y - self.expected) ** 2).mean(axis=1)
        return self.nll

    def sharpness(self) -> Array:
        try:
            return super().sharpness()
        except (NotImplementedError, LikelierError):
            return np.full(self.n, np.nan)

    @functools.cached_property
    def regions(self) -> tuple[Array, Array]:
        """The rank of each observation's density among those of draws, an exact uniform.

        Source: Box (1980), doi:10.2307/2982063, on the predictive density as its own ordinate.
        """
        own = -self.nll
        rng = np.random.default_rng(self.seed)
        higher, ties = np.zeros(self.n), np.ones(self.n)
        for _ in range(_DRAWS):
            drawn = np.asarray(self.distribution.log_prob(self.distribution.sample(seed=rng)))
            higher += drawn > own
            ties += drawn == own
        return higher / (_DRAWS + 1), (higher + ties) / (_DRAWS + 1)

    @functools.cached_property
    def expected(self) -> Array | None:
        try:
            mean = np.asarray(self.distribution.mean, dtype=float)
        except (NotImplementedError, LikelierError):
            return None
        return np.broadcast_to(mean, np.shape(self.y))


def _crps(d: Distribution, y: Array) -> Array:
    """The CRPS of each row; that of counts by sums of probabilities, which cost less than tails."""
    own = type(d)._crps is not Formulas._crps
    if own or not d.discrete or d.support.lower != 0:
        return np.asarray(d.crps(y))
    cdf, total = np.zeros(len(y)), np.zeros(len(y))
    rows, k = np.arange(len(y)), 0
    part = d
    while len(rows) and k < _COUNTED:
        cdf[rows] += np.exp(np.asarray(part.log_prob(np.full(len(rows), float(k)))))
        total[rows] += (cdf[rows] - (k >= y[rows])) ** 2
        k += 1
        open_ends = 1 - cdf[rows] > _LEFT_OUT
        if not open_ends.all():
            # Beyond, the cdf is 1: each count below the observed one adds 1.
            total[rows[~open_ends]] += np.maximum(y[rows[~open_ends]] - k, 0)
            rows = rows[open_ends]
            part = d[rows]
    if len(rows):
        total[rows] = part.crps(y[rows])
    return total


def outcomes(distribution: Distribution, y: Any, seed: int = 0) -> Outcomes:
    """Predictions and observations as the kind that the support says."""
    support = distribution.support
    if support.name in ("labels", "binary"):
        return Labels(distribution, y, seed)
    if support.event_dims and not hasattr(y, "lower"):
        return Vectors(distribution, y, seed)
    return Numbers(distribution, y, seed)
