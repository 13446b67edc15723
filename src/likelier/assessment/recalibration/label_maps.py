"""Calibrators of labels: a temperature, a scale and shift for each label, isotonic regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from likelier.assessment.outcomes import Labels, Outcomes
from likelier.assessment.recalibration._base import Calibrator, total_nll
from likelier.distributions import Distribution
from likelier.errors import LikelierError, NoFiniteOptimumError

Array = Any

_USUAL, _FARTHEST = 5.0, 30.0
"""Logarithms of temperatures that are searched first, and at all: all or nothing."""
_FLAT = 1e-9
"""Nats a row that a temperature at the end of the search may be worse and still be the best."""


class LabelMap(Calibrator):
    """What changes the probabilities of labels."""

    of: ClassVar = "labels"


@dataclass(frozen=True)
class Temperature(LabelMap):
    r"""One number that divides all logits: above 1 predictions become less sure.

    The likeliest label stays what it was. For ordered labels it divides location and cutpoints.

    Source: Guo, Pleiss, Sun and Weinberger (2017), arXiv:1706.04599.
    """

    temperature: float

    name: ClassVar = "temperature"

    @property
    def size(self) -> int:
        return 1

    @classmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        from scipy.optimize import minimize_scalar

        def loss(log: float) -> float:
            return total_nll(outcomes, cls(math.exp(log)).apply(outcomes.distribution), weights)

        for end in (_USUAL, _FARTHEST):
            found = minimize_scalar(
                loss, bounds=(-end, end), method="bounded", options={"xatol": 1e-10}
            )
            if abs(found.x) < end - 0.01:
                break
        best, flat = float(found.fun), _FLAT * float(weights.sum())
        if loss(-_FARTHEST) <= best + flat:
            raise NoFiniteOptimumError(
                "recalibration by temperature: the likeliest label came true in every one of these "
                f"{outcomes.n:,} rows, so that a lower temperature is always better and certainty "
                'the best; recalibrate on more rows, or with method="isotonic"'
            )
        if loss(_FARTHEST) <= best + flat:
            return cls(math.exp(_FARTHEST))
        return cls(math.exp(float(found.x)))

    def apply(self, distribution: Distribution) -> Distribution:
        names = ("location", "cutpoints") if _ordered(distribution) else ("logits",)
        family: Any = type(distribution)
        values = {name: _value(distribution, name) / self.temperature for name in names}
        return family._of(np, values)

    def sound(self) -> bool:
        return self.temperature > 0 and abs(math.log(self.temperature)) <= _FARTHEST * 1.001

    @property
    def limit(self) -> str:
        if math.log(self.temperature) < 0.999 * _FARTHEST:
            return ""
        return (
            "no finite temperature makes these predictions better than the same probability for "
            "every label, which is what is now predicted: on these rows they say nothing of what "
            "happened, or the opposite"
        )

    def text(self) -> str:
        if self.limit:
            return "every label with the same probability, for no temperature did better"
        return f"logits over a temperature of {self.temperature:.3g}"


@dataclass(frozen=True)
class VectorScaling(LabelMap):
    r"""A scale and a shift of each label's logit; of two labels one scale and one shift (Platt).

    scale_k logits_k + shift_k, the first shift 0; the logits are those that the model has, of
    which the first is 0 in a linear one.

    Source: Guo et al. (2017), arXiv:1706.04599; Platt (1999).
    """

    scale: tuple[float, ...]
    shift: tuple[float, ...]

    name: ClassVar = "vector"

    @property
    def size(self) -> int:
        return len(self.scale) + max(len(self.shift) - 1, 1)

    @classmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        from scipy.optimize import minimize

        assert isinstance(outcomes, Labels)
        d = outcomes.distribution
        _needs_logits(d, "vector scaling")
        x, happened, total = _logs(d), outcomes.happened, weights.sum()
        size = x.shape[1]
        if size == 1:
            happened = happened[:, 1:]

        def loss(theta: Array) -> tuple[float, Array]:
            made = cls(tuple(theta[:size]), _shifts(theta[size:], size))
            value = total_nll(outcomes, made.apply(d), weights)
            p = Labels(made.apply(d), outcomes.y, 0).probabilities
            gap = weights[:, None] * (p[:, -size:] - happened)
            shift = gap.sum(axis=0)
            return value / total, np.concatenate(
                [(gap * x).sum(axis=0), shift if size == 1 else shift[1:]]
            ) / total

        start = np.concatenate([np.ones(size), np.zeros(max(size - 1, 1))])
        found = minimize(loss, start, jac=True, method="L-BFGS-B", tol=1e-12)
        theta = found.x.tolist()
        return cls(tuple(theta[:size]), tuple(map(float, _shifts(theta[size:], size))))

    def apply(self, distribution: Distribution) -> Distribution:
        family: Any = type(distribution)
        x = _logs(distribution) * np.asarray(self.scale) + np.asarray(self.shift)
        return family._of(np, {"logits": x[:, 0] if len(self.scale) == 1 else x})

    def sound(self) -> bool:
        numbers = [*self.scale, *self.shift]
        return len(self.scale) == len(self.shift) > 0 and bool(np.all(np.isfinite(numbers)))

    def text(self) -> str:
        shown = ", ".join(f"{s:.3g}" for s in self.scale[:4])
        return f"logits scaled by {shown}{', …' if len(self.scale) > 4 else ''} and shifted"


@dataclass(frozen=True)
class LabelIsotonic(LabelMap):
    r"""Isotonic regression of each label's probability; of several they are divided by their sum.

    Kept within 1 / (n + 2) of 0 and 1, so that nothing that can happen gets probability 0.

    Source: Zadrozny and Elkan (2002), doi:10.1145/775047.775151.
    """

    predicted: tuple[tuple[float, ...], ...]
    observed: tuple[tuple[float, ...], ...]

    name: ClassVar = "isotonic"

    @property
    def size(self) -> int:
        return sum(len(set(curve)) for curve in self.observed)

    @classmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        assert isinstance(outcomes, Labels)
        _needs_logits(outcomes.distribution, "isotonic regression")
        p, happened = outcomes.probabilities, outcomes.happened
        which = [1] if p.shape[1] == 2 else range(p.shape[1])
        curves = [_isotonic(p[:, k], happened[:, k], weights) for k in which]
        return cls(tuple(c[0] for c in curves), tuple(c[1] for c in curves))

    def apply(self, distribution: Distribution) -> Distribution:
        family: Any = type(distribution)
        if len(self.predicted) == 1:
            p = np.interp(_probabilities(distribution)[:, 1], self.predicted[0], self.observed[0])
            if distribution.support.name == "binary":
                return family._of(np, {"probs": p})
            return family._of(np, {"probs": np.column_stack([1 - p, p])})
        before = _probabilities(distribution)
        after = np.column_stack(
            [
                np.interp(before[:, k], x, y)
                for k, (x, y) in enumerate(zip(self.predicted, self.observed, strict=True))
            ]
        )
        return family._of(np, {"probs": after / after.sum(axis=1, keepdims=True)})

    def sound(self) -> bool:
        pairs = list(zip(self.predicted, self.observed, strict=False))
        return len(self.predicted) == len(self.observed) > 0 and all(
            len(x) == len(y) > 0
            and np.all(np.diff(x) > 0)
            and np.all(np.diff(y) >= 0)
            and 0 < y[0] <= y[-1] < 1
            for x, y in pairs
        )

    def text(self) -> str:
        return f"isotonic regression of the probabilities, {self.size} levels"


def _isotonic(p: Array, happened: Array, weights: Array) -> tuple[tuple[float, ...], ...]:
    """The ends of the steps of an isotonic regression and their heights."""
    from scipy.optimize import isotonic_regression

    used = weights > 0
    values, index = np.unique(p[used], return_inverse=True)
    rows = np.bincount(index, weights[used])
    share = np.bincount(index, weights[used] * happened[used]) / rows
    found = isotonic_regression(share, weights=rows)
    blocks = np.asarray(found.blocks)
    first, last = values[blocks[:-1]], values[blocks[1:] - 1]
    edge = 1 / (weights.sum() + 2)
    heights = np.clip(np.asarray(found.x)[blocks[:-1]], edge, 1 - edge)
    x, y = np.column_stack([first, last]).ravel(), np.repeat(heights, 2)
    keep = np.append(True, np.diff(x) > 0)
    return tuple(x[keep].tolist()), tuple(y[keep].tolist())


def _shifts(free: Any, size: int) -> tuple[float, ...]:
    return tuple(free) if size == 1 else (0.0, *free)


def _ordered(d: Distribution) -> bool:
    return "cutpoints" in d.parameters_declared


def _value(d: Distribution, name: str) -> Array:
    if name not in d.parameters_declared:
        raise LikelierError(f"{type(d).__name__} has no {name} to calibrate")
    with np.errstate(divide="ignore"):
        return d.value_of(name)


def _needs_logits(d: Distribution, what: str) -> None:
    if "logits" not in d.parameters_declared:
        raise LikelierError(f'{what} is not for {type(d).__name__}; use method="temperature"')


def _logs(d: Distribution) -> Array:
    """The logit of each row, (n, 1), or those of its labels, (n, K)."""
    logits = np.clip(np.asarray(_value(d, "logits"), dtype=float), -700, 700)
    return logits.reshape(-1, 1) if d.support.name == "binary" else logits


def _probabilities(d: Distribution) -> Array:
    n = d.batch_shape[0]
    return Labels(d, np.zeros(n), 0).probabilities
