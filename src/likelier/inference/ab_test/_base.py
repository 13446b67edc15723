"""The contract of a conjugate family: what an A/B test needs to know of one.

To add a family, write one file with a `Posterior` (the posterior of the quantity that arms are
compared by, as functions on a `Line`) and a `Conjugate` (totals, prior, posterior), and list it in
`__init__.py`. Probabilities, losses and intervals follow from these by quadrature in
`comparison.py`; where P(θ > θ′) has a closed form, the posterior's `log_above` gives it.

Every arm of a test lives on one `Line`: a coordinate u over the whole real line, in which
posteriors are smooth and fall off at least exponentially.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from likelier.distributions import Distribution
from likelier.errors import DataError, LikelierError, did_you_mean

Array = Any

LEAST = 0.05
"""A posterior with a smaller shape puts weight on numbers too small for a computer to hold."""


@dataclass(frozen=True, eq=False)
class Point:
    """Values of the quantity, and what is left of it to the upper end of its range.

    Next to 1 the distance from 1 holds the digits of a probability; where there is no upper end it
    is infinite.
    """

    x: Array
    rest: Array

    def moved(self, step: Array) -> Point:
        """The points x + step."""
        return Point(self.x + step, self.rest - step)


class Line(ABC):
    """A coordinate u in (−reach, reach) for the values zero + x of a quantity."""

    zero: float = 0.0
    lower: ClassVar[float] = -math.inf
    upper: ClassVar[float] = math.inf
    reach: ClassVar[float] = 700.0

    @abstractmethod
    def point(self, u: Array) -> Point:
        """The points at these coordinates."""

    @abstractmethod
    def coordinate(self, x: Array, rest: Array) -> Array:
        """The coordinates of points."""

    @abstractmethod
    def log_slope(self, u: Array) -> Array:
        """log dx/du."""


class UnitLine(Line):
    """Log odds of a probability."""

    lower, upper = 0.0, 1.0

    def point(self, u: Array) -> Point:
        small = np.exp(-np.abs(u))
        near, far = small / (1 + small), 1 / (1 + small)
        return Point(np.where(u < 0, near, far), np.where(u < 0, far, near))

    def coordinate(self, x: Array, rest: Array) -> Array:
        return np.log(x) - np.log(rest)

    def log_slope(self, u: Array) -> Array:
        return -np.abs(u) - 2 * np.log1p(np.exp(-np.abs(u)))


class PositiveLine(Line):
    """The logarithm of a positive quantity in units of `unit`."""

    lower = 0.0

    def __init__(self, unit: float) -> None:
        self.unit = unit

    def point(self, u: Array) -> Point:
        return Point(self.unit * np.exp(u), np.full(np.shape(u), math.inf))

    def coordinate(self, x: Array, rest: Array) -> Array:
        return np.log(x / self.unit)

    def log_slope(self, u: Array) -> Array:
        return u + math.log(self.unit)


class RealLine(Line):
    """x = unit sinh u for a quantity that is counted from `zero` on."""

    def __init__(self, unit: float, zero: float) -> None:
        self.unit, self.zero = unit, zero

    def point(self, u: Array) -> Point:
        return Point(self.unit * np.sinh(u), np.full(np.shape(u), math.inf))

    def coordinate(self, x: Array, rest: Array) -> Array:
        return np.arcsinh(x / self.unit)

    def log_slope(self, u: Array) -> Array:
        size = np.abs(u)
        return math.log(self.unit) + size + np.log1p(np.exp(-2 * size)) - math.log(2)


class Posterior(ABC):
    """The posterior of one arm's quantity.

    Attributes:
        distribution: the same as a distribution of the library.
    """

    distribution: Distribution

    def log_density(self, p: Point) -> Array:
        """log of the density at points inside the range."""
        return self.distribution.log_prob(p.x)

    @abstractmethod
    def log_cdf(self, p: Point) -> Array:
        """log P(θ <= x) at points inside the range."""

    @abstractmethod
    def log_sf(self, p: Point) -> Array:
        """log P(θ > x) at points inside the range."""

    @abstractmethod
    def place(self, line: Line) -> tuple[float, float]:
        """About where it lies, and how wide it is, on the line."""

    def about(self, other: Any) -> tuple[Line, Posterior, Posterior] | None:
        """A line counted from here with both arms on it, or None where every line is as good."""
        return None

    def log_above(self, other: Any) -> float | None:
        """log P(θ > other's θ) in closed form, or None where there is none."""
        return None

    @property
    def mean(self) -> float:
        """E θ, infinite (or NaN) where there is none."""
        return float(self.distribution.mean)

    @property
    def heavy(self) -> bool:
        """Whether E θ is infinite or does not exist."""
        return not math.isfinite(self.mean)


class Conjugate(ABC):
    """A family of outcomes with its conjugate prior.

    Attributes:
        name: of the family of outcomes, as `likelier.fit` calls it.
        quantity: what arms are compared by.
        totals: what an arm's data come down to, in the order in which they are given.
        prior: the default, by parameter; `prior_text` says of what, and `reason` why.
        wider: a family for outcomes that vary more than this one allows, or "".
    """

    name: ClassVar[str]
    quantity: ClassVar[str]
    totals: ClassVar[tuple[str, ...]]
    prior: ClassVar[Mapping[str, float]]
    prior_text: ClassVar[str]
    reason: ClassVar[str]
    wider: ClassVar[str] = ""

    @abstractmethod
    def check(self, arm: str, totals: Sequence[float]) -> None:
        """Raise `DataError` if an arm cannot have these totals."""

    @abstractmethod
    def posterior(self, arm: str, totals: Sequence[float], prior: Mapping[str, float]) -> Posterior:
        """The posterior of an arm; raises `DataError` where it is improper."""

    @abstractmethod
    def of_rows(
        self, y: Array, weights: Array, exposure: Array | None, event: Array | None
    ) -> tuple[float, ...]:
        """The totals of one arm's rows.

        Args:
            y: outcomes, (n,); weights: how many rows each stands for, (n,).
            exposure: (n,) or None; event: (n,), False where y is only a lower bound, or None.
        """

    def data_text(self, totals: Sequence[float]) -> str:
        """Totals as a table shows them."""
        return f"{whole(totals[0])} / {whole(totals[1])}"

    def remark(self, totals: Sequence[float]) -> str:
        """What a reader must know of an arm with little data, or ""."""
        return ""

    def size(self, totals: Sequence[float]) -> float | None:
        """The number of units assigned to an arm, or None if its totals do not say it."""
        return None

    @abstractmethod
    def on_line(self, posteriors: Sequence[Any]) -> tuple[Line, Sequence[Any]]:
        """The line on which arms are compared, and their posteriors counted from its zero."""

    def dispersion(
        self, y: Array, weights: Array, exposure: Array | None
    ) -> tuple[float, float] | None:
        """Variance of outcomes over what the family makes of their mean, and its standard error.

        None where the family leaves the variance free, or there are too few rows.
        """
        return None

    def full_prior(self, given: Mapping[str, float] | None) -> dict[str, float]:
        """The prior with defaults for what was not given.

        Raises:
            LikelierError: for a parameter that the prior does not have, or a value that is no
                number or negative where it may not be.
        """
        values = dict(self.prior)
        for name, value in (given or {}).items():
            if name not in values:
                hint = did_you_mean(str(name), values) or f" It has {', '.join(values)}."
                raise LikelierError(f"the prior of {self.name!r} has no parameter {name!r}.{hint}")
            if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
                raise LikelierError(f"prior: {name} is a number; given: {value!r}")
            least = -math.inf if name == "loc" else min(0.0, self.prior[name])
            if not (math.isfinite(value) and value >= least):
                raise LikelierError(f"prior: {name} is 0 or above; given: {value}")
            values[name] = float(value)
        return values


def check_count(arm: str, name: str, value: float) -> None:
    """Raise `DataError` unless a total is a whole number, 0 or above."""
    if not (value >= 0 and math.isfinite(value) and value == math.floor(value)):
        raise DataError(f"arm {arm!r}: {name} is a count, 0, 1, 2, …; given: {value:g}")


def whole(value: float) -> str:
    """A total as text, its thousands set apart."""
    return f"{value:,.10g}"
