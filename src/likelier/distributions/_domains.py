"""Where a parameter or an observation can lie: name, test and default link of each set."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from likelier.special import Array, namespace


@dataclass(frozen=True)
class Domain:
    """A set of values, with what a model, a message and a test need to know of it.

    `contains(xp, x)` gives a boolean array (NaN is in no domain). `links` are the links on offer,
    the default first, each with the key of its implementation in `LINKS`. `event_dims` is the
    number of trailing axes that make one value (0 for numbers, 1 for vectors, 2 for matrices).
    `examples` are members that tests and documentation draw on. `lower` and `upper` bound the
    numbers in it; on a circle numbers that differ by `period` are one value. `size(x)` is what a
    change of a member is compared with, the member itself on a half-line; None where a change of
    its linear predictor needs no such unit.
    """

    name: str
    text: str
    contains: Callable[[Any, Array], Array]
    links: Mapping[str, str] = field(default_factory=lambda: {"identity": "identity"})
    event_dims: int = 0
    examples: tuple[Any, ...] = ()
    lower: float = -math.inf
    upper: float = math.inf
    period: float = math.inf
    size: Callable[[Array], Array] | None = None

    @property
    def circular(self) -> bool:
        """Whether its numbers lie on a circle."""
        return self.period < math.inf

    @property
    def link(self) -> str:
        """The default link's name."""
        return next(iter(self.links))

    @property
    def example(self) -> float:
        """A member that lies away from the bounds, where every formula has a value."""
        inside = (e for e in self.examples if e != self.lower and e != self.upper)
        return float(next(inside, self.examples[0]))

    def __repr__(self) -> str:
        return self.name


def _links(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _is_whole(xp: Any, x: Array) -> Array:
    return (xp.floor(x) == x) & xp.isfinite(x)


real = Domain(
    "real",
    "any finite number",
    lambda xp, x: xp.isfinite(x),
    examples=(-2.5, 0.0, 0.3, 4.0),
)
positive = Domain(
    "positive",
    "a number above 0",
    lambda xp, x: (x > 0) & xp.isfinite(x),
    _links("log", "softplus", "sqrt", "inverse", "identity"),
    examples=(0.2, 0.9, 1.7, 6.0),
    lower=0.0,
    size=lambda x: x,
)
above_one = Domain(
    "above one",
    "a number above 1",
    lambda xp, x: (x > 1) & xp.isfinite(x),
    _links("one_plus_softplus"),
    examples=(1.2, 1.9, 3.0, 8.0),
    lower=1.0,
    size=lambda x: x - 1,
)
nonnegative = Domain(
    "nonnegative",
    "a number, 0 or above",
    lambda xp, x: (x >= 0) & xp.isfinite(x),
    _links("log", "softplus", "sqrt", "inverse", "identity"),
    examples=(0.0, 0.4, 1.3, 5.0),
    lower=0.0,
    size=lambda x: x,
)
unit = Domain(
    "unit",
    "a number strictly between 0 and 1",
    lambda xp, x: (x > 0) & (x < 1),
    _links("logit", "probit", "cloglog", "cauchit"),
    examples=(0.1, 0.35, 0.5, 0.8),
    lower=0.0,
    upper=1.0,
)
probability = Domain(
    "probability",
    "a number from 0 to 1",
    lambda xp, x: (x >= 0) & (x <= 1),
    _links("logit", "probit", "cloglog", "cauchit"),
    examples=(0.1, 0.35, 0.5, 0.8),
    lower=0.0,
    upper=1.0,
)
binary = Domain(
    "binary",
    "0 or 1",
    lambda xp, x: (x == 0) | (x == 1),
    examples=(0.0, 1.0),
    lower=0.0,
    upper=1.0,
)
counts = Domain(
    "counts",
    "counts: 0, 1, 2, …",
    lambda xp, x: (x >= 0) & _is_whole(xp, x),
    examples=(0.0, 1.0, 3.0, 12.0),
    lower=0.0,
)
labels = Domain(
    "labels",
    "label codes: 0, 1, …, K − 1",
    lambda xp, x: (x >= 0) & _is_whole(xp, x),
    examples=(0.0, 1.0, 2.0),
    lower=0.0,
)
logits = Domain(
    "logits",
    "a vector of K real numbers",
    lambda xp, x: ~xp.isnan(x),
    _links("reference"),
    event_dims=1,
    examples=((0.0, 0.5, -1.0), (0.0, 2.0, 0.1)),
)
log_odds = Domain(
    "log odds",
    "a real number, the logarithm of the odds p / (1 − p)",
    lambda xp, x: ~xp.isnan(x),
    {
        "logit": "identity",
        "probit": "log_odds_probit",
        "cloglog": "log_odds_cloglog",
        "cauchit": "log_odds_cauchit",
    },
    examples=(-3.0, -0.4, 0.0, 2.0),
)
simplex = Domain(
    "simplex",
    "K numbers from 0 to 1 that sum to 1",
    lambda xp, x: (x >= 0) & (x <= 1) & (abs(xp.sum(x, axis=-1, keepdims=True) - 1) < 1e-6),
    _links("softmax"),
    event_dims=1,
    examples=((0.2, 0.5, 0.3), (0.6, 0.1, 0.3)),
)
positive_vector = Domain(
    "positive vector",
    "a vector of K numbers above 0",
    lambda xp, x: (x > 0) & xp.isfinite(x),
    event_dims=1,
    examples=((0.5, 2.0, 1.2), (3.0, 0.8, 1.0)),
)
ordered = Domain(
    "ordered",
    "a vector of numbers that increase",
    lambda xp, x: xp.isfinite(x) & xp.all(x[..., 1:] > x[..., :-1], axis=-1, keepdims=True),
    _links("ordered"),
    event_dims=1,
    examples=((-1.0, 0.4), (-0.2, 1.5)),
)
count_vectors = Domain(
    "count vectors",
    "vectors of K counts",
    lambda xp, x: (x >= 0) & _is_whole(xp, x),
    event_dims=1,
    examples=((2.0, 0.0, 1.0), (0.0, 1.0, 2.0)),
)
angle = Domain(
    "angle",
    "an angle in radians, any finite number",
    lambda xp, x: xp.isfinite(x),
    _links("tan_half", "direction", "identity"),
    examples=(-2.5, 0.0, 0.3, 3.0),
    period=2 * math.pi,
)
between_one_and_two = Domain(
    "between one and two",
    "a number strictly between 1 and 2",
    lambda xp, x: (x > 1) & (x < 2),
    examples=(1.2, 1.5, 1.8),
    lower=1.0,
    upper=2.0,
)
vector = Domain(
    "vector",
    "a vector of finite numbers",
    lambda xp, x: xp.isfinite(x),
    event_dims=1,
    examples=((0.3, -1.0), (2.0, 0.0)),
)
cholesky_factor = Domain(
    "Cholesky factor",
    "a lower triangular matrix with a positive diagonal",
    lambda xp, x: _is_cholesky_factor(xp, x),
    _links("log_cholesky"),
    event_dims=2,
    examples=(((1.5, 0.0), (0.4, 0.6)),),
    size=lambda x: _size_of_factor(x),
)
positive_definite = Domain(
    "positive definite",
    "a symmetric, positive definite matrix",
    lambda xp, x: _is_positive_definite(xp, x),
    event_dims=2,
    examples=(((2.0, 0.5), (0.5, 1.0)),),
)


def _is_cholesky_factor(xp: Any, x: Array) -> Array:
    row, column = xp.arange(x.shape[-2])[:, None], xp.arange(x.shape[-1])
    above, diagonal = column > row, column == row
    return xp.isfinite(x) & (~above | (x == 0)) & (~diagonal | (x > 0))


def _size_of_factor(x: Array) -> Array:
    """Entries on the diagonal by themselves, those below by the standard deviation of their row."""
    xp = namespace(x)
    diagonal = xp.eye(x.shape[-1], dtype=x.dtype)
    deviation = xp.sqrt(xp.sum(x * x, axis=-1, keepdims=True))
    return xp.where(diagonal == 1, x, deviation + 0 * x)


def _is_positive_definite(xp: Any, x: Array) -> Array:
    sound = xp.all(xp.isfinite(x), axis=(-2, -1), keepdims=True)
    safe = xp.where(sound, x, 0.0)
    # Scaled to a unit diagonal, so that neither units nor sizes decide.
    root = xp.sqrt(abs(xp.sum(safe * xp.eye(x.shape[-1], dtype=x.dtype), axis=-1)))
    root = xp.where(root > 0, root, 1.0)
    scaled = safe / root[..., :, None] / root[..., None, :]
    transposed = xp.moveaxis(scaled, -1, -2)
    even = xp.all(abs(scaled - transposed) < 1e-6, axis=(-2, -1), keepdims=True)
    least = xp.linalg.eigvalsh(0.5 * (scaled + transposed))[..., :1, None]
    return (sound & even & (least > 0)) & xp.ones_like(x, dtype=bool)
