"""What a test knows of a family, and the references that follow from it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mpmath import mp, mpf

from likelier.errors import LikelierError
from oracles._points import generator

Parameters = Mapping[str, Any]
Point = tuple[Parameters, Any]

_STEP = 25
"""Decimal digits between a point and the step of its differences."""
_DIGITS = 110
"""Working precision at a point where all inputs are near 1; others get more."""


@dataclass(frozen=True, eq=False)
class Oracle:
    """A family's formulas at any precision, and where to compare.

    Args:
        family: the class's name (`"Normal"`), or the text of a modified family.
        log_prob: `log_prob(y, **parameters)` in mpmath numbers: `mpf`, or (nested) lists of them
            for vectors and matrices.
        points: draws (parameters, y) pairs of floats, at least 200: extreme ones and ordinary ones.
        ordinary: parameter sets at which moments, samples, scores and fits are checked.
        cdf, sf: either or both; what is not given is 1 minus the other at a raised precision.
        score: the derivatives by name, where differences of `log_prob` will not do.
        tails: draws points for cdf and sf, where `points` does not suit.
        sweeps: (parameters, y) in which one parameter is a pair (low, high): the path along which
            log_prob must have no jump. Logarithmic where both ends are positive.
        atoms: values of positive probability of a family that otherwise has a density.
        scalar: an observation is one number.
        circular: an observation is an angle; moments are those of the circle.
        exact_y: y is a label, so nothing is asked of log_prob beside it.
        observe: makes the family's observations of an array of what the points hold.
        digits: extra working digits, for formulas that cancel.
        roundings: factor on the rounding error that nearly all points keep, for families whose
            formula is a difference of two of another family's, each with roundings of its own.
    """

    family: str
    log_prob: Callable[..., Any]
    points: Callable[[np.random.Generator], Iterable[Point]]
    ordinary: tuple[Parameters, ...]
    cdf: Callable[..., Any] | None = None
    sf: Callable[..., Any] | None = None
    score: Callable[..., Mapping[str, Any]] | None = None
    tails: Callable[[np.random.Generator], Iterable[Point]] | None = None
    sweeps: tuple[Point, ...] = ()
    atoms: tuple[float, ...] = ()
    scalar: bool = True
    circular: bool = False
    exact_y: bool = False
    observe: Callable[[Any], Any] = lambda y: y
    digits: int = 0
    roundings: float = 1.0

    def __repr__(self) -> str:
        return self.family

    @property
    def exists(self) -> bool:
        """Whether the catalogue has the family."""
        try:
            find_family(self.family)
        except LikelierError:
            return False
        return True

    @property
    def cls(self) -> Any:
        """The family's class."""
        return find_family(self.family)

    @property
    def is_modified(self) -> bool:
        """Whether the family was made by a modifier or an option of another one."""
        return "(" in self.cls.text()

    @functools.cached_property
    def drawn(self) -> list[Point]:
        """The points of this run."""
        return list(self.points(generator(self.family)))

    @functools.cached_property
    def references(self) -> list[Reference]:
        """The answers at the points of this run."""
        return [self.reference(parameters, y) for parameters, y in self.drawn]

    @functools.cached_property
    def tail_references(self) -> list[TailReference]:
        """The answers for cdf and sf at the points of this run."""
        draw = self.tails or self.points
        return [
            self._tail_reference(parameters, y)
            for parameters, y in draw(generator(self.family + " tails"))
        ]

    # ------------------------------------------------------------------ references

    def reference(self, parameters: Parameters, y: Any, more_digits: int = 0) -> Reference:
        """log_prob, score and their condition numbers at one point."""
        inputs = _Inputs(self, parameters, y)
        with mp.workdps(_DIGITS + self.digits + inputs.decades + more_digits):
            return self._reference(inputs)

    def _reference(self, inputs: _Inputs) -> Reference:
        value = inputs.log_prob({})
        if not mp.isfinite(value):
            return Reference(inputs.parameters, inputs.y, value, 0.0, {}, {}, {})
        step = inputs.unit * mpf(10) ** -_STEP
        coarse = inputs.unit * mpf(10) ** -8
        slopes: list[Any] = []
        given = self._given_score(inputs)
        for i, known in zip(range(len(inputs)), given, strict=True):
            slopes.append(inputs.slope(i, value, step) if known is None else known)
        cond = mp.fsum(abs(inputs.values[i] * s) for i, s in enumerate(slopes) if s != 0)
        beside = [inputs.log_prob({i: inputs.sign[i] * coarse}) for i in range(len(inputs))]
        score: dict[str, list[Any]] = {}
        score_cond: dict[str, list[float]] = {}
        bends: dict[tuple[int, int], Any] = {}
        for i, (name, _) in enumerate(inputs.keys):
            if name == "y":
                continue
            total = mpf(0)
            for j in range(len(inputs)):
                if inputs.values[j] == 0 or j in inputs.still:
                    continue
                pair = (min(i, j), max(i, j))
                if pair not in bends:
                    both = {i: inputs.sign[i] * coarse}
                    both[j] = both.get(j, mpf(0)) + inputs.sign[j] * coarse
                    corner = inputs.log_prob(both)
                    bends[pair] = (corner - beside[i] - beside[j] + value) / coarse**2
                total += abs(inputs.values[j] * bends[pair])
            score.setdefault(name, []).append(slopes[i])
            score_cond.setdefault(name, []).append(float(min(total, mpf("1e300"))))
        cond = min(cond, mpf("1e300"))
        floor = {name: self._floor(inputs, name, 1 + abs(value) + cond) for name in score}
        return Reference(inputs.parameters, inputs.y, value, float(cond), score, score_cond, floor)

    def _floor(self, inputs: _Inputs, name: str, size: Any) -> Any:
        """What the reference itself cannot tell from a score of 0."""
        if self.score is not None:
            return mpf("1e-290")
        largest = max(
            abs(x) for x, k in zip(inputs.values, inputs.keys, strict=True) if k[0] == name
        )
        return mpf("1e-30") * size / (largest or 1)

    def _given_score(self, inputs: _Inputs) -> list[Any]:
        if self.score is None:
            return [None] * len(inputs)
        parameters, y = inputs.moved({})
        found = self.score(y, **parameters)
        return [
            None if name not in found else found[name] if index == () else _at(found[name], index)
            for name, index in inputs.keys
        ]

    def _tail_reference(self, parameters: Parameters, y: Any) -> TailReference:
        inputs = _Inputs(self, parameters, y)
        cdf, sf = self.cdf, self.sf
        with mp.workdps(60 + self.digits + inputs.decades):
            arguments, at = inputs.moved({})
            lower = None if cdf is None else mpf(cdf(at, **arguments))
            upper = None if sf is None else mpf(sf(at, **arguments))
        if lower is None or upper is None:
            known = upper if lower is None else lower
            # Enough digits that the complement has sixty of its own.
            decades = 0 if not 0 < known < 1 else int(-mp.log10(known)) + 1
            with mp.workdps(60 + self.digits + inputs.decades + min(decades, 400)):
                if cdf is None:
                    assert sf is not None
                    lower = 1 - mpf(sf(at, **arguments))
                else:
                    upper = 1 - mpf(cdf(at, **arguments))
        return TailReference(parameters, y, lower, upper)

    def tail_condition(self, reference: TailReference, upper: bool) -> float:
        """Condition number of cdf or sf, relative, by differences."""
        inputs = _Inputs(self, reference.parameters, reference.y)
        function = (self.sf or self.cdf) if upper else (self.cdf or self.sf)
        assert function is not None
        value = reference.sf if upper else reference.cdf
        with mp.workdps(80 + self.digits + inputs.decades):
            parameters, y = inputs.moved({})
            start = function(y, **parameters)
            total = mpf(0)
            for i in range(len(inputs)):
                if inputs.values[i] == 0 or i in inputs.still:
                    continue
                # Far above the quadrature errors of some oracles, far below any scale.
                step = inputs.sign[i] * abs(inputs.values[i]) * mpf(10) ** -22
                parameters, y = inputs.moved({i: step})
                total += abs(inputs.values[i] * (function(y, **parameters) - start) / step)
            return float(total / value)


@dataclass(frozen=True)
class Reference:
    """The right answers at one point; scores are flat lists, in C order.

    `floor` is the part of each score that lies below the digits of its reference.
    """

    parameters: Parameters
    y: Any
    value: Any
    cond: float
    score: Mapping[str, list[Any]]
    score_cond: Mapping[str, list[float]]
    floor: Mapping[str, Any]


@dataclass(frozen=True)
class TailReference:
    """The right probabilities on both sides of one point."""

    parameters: Parameters
    y: Any
    cdf: Any
    sf: Any


@dataclass
class _Inputs:
    """All numbers that go into one evaluation, as a flat list that can be moved one by one."""

    oracle: Oracle
    parameters: Parameters
    y: Any
    keys: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.arrays = {k: np.asarray(v, dtype=float) for k, v in self.parameters.items()}
        self.arrays["y"] = np.asarray(self.y, dtype=float)
        for name, array in self.arrays.items():
            for index in np.ndindex(array.shape):
                self.keys.append((name, index))
                self.values.append(mpf(float(array[index])))
        sizes = [abs(x) for x in self.values if x != 0 and mp.isfinite(x)]
        self.unit = min([mpf(1), *sizes])
        # Next to 1, a probability's natural unit is its distance from 1.
        self.unit = min([self.unit, *(1 - x for x in sizes if mpf("0.9") < x < 1)])
        self.decades = math.ceil(float(mp.log10(max([mpf(1), *sizes]) / self.unit)))
        declared = self.oracle.cls.parameters_declared
        data = {k for k, p in declared.items() if p.role == "data"}
        exact = data | ({"y"} if self.oracle.exact_y else set())
        self.still = {i for i, (name, _) in enumerate(self.keys) if name in exact}
        self.sign = [self._free_side(i) for i in range(len(self.keys))]
        self.two_sided = [self._two_sided(i) for i in range(len(self.keys))]

    def __len__(self) -> int:
        return len(self.keys)

    def _allowed(self, i: int, move: float) -> bool:
        name, index = self.keys[i]
        if name == "y":
            return True
        domain = self.oracle.cls.parameters_declared[name].domain
        if domain.event_dims:
            return True
        x = float(self.arrays[name][index])
        return bool(np.all(domain.contains(np, np.asarray(x + move))))

    def _at_edge(self, i: int) -> bool:
        return self.values[i] in (0, 1)

    def _free_side(self, i: int) -> int:
        return -1 if self._at_edge(i) and not self._allowed(i, 1e-9) else 1

    def _two_sided(self, i: int) -> bool:
        return not self._at_edge(i) or (self._allowed(i, 1e-9) and self._allowed(i, -1e-9))

    def moved(self, moves: Mapping[int, Any]) -> tuple[dict[str, Any], Any]:
        """Parameters and y in mpmath numbers, some of them moved by a little."""
        flat = [x + moves[i] if i in moves else x for i, x in enumerate(self.values)]
        result: dict[str, Any] = {}
        start = 0
        for name, array in self.arrays.items():
            result[name] = _nested(flat[start : start + array.size], array.shape)
            start += array.size
        y = result.pop("y")
        return result, y

    def log_prob(self, moves: Mapping[int, Any]) -> Any:
        parameters, y = self.moved(moves)
        return self.oracle.log_prob(y, **parameters)

    def slope(self, i: int, value: Any, step: Any) -> Any:
        """Derivative of log_prob in input i by differences."""
        if i in self.still or (self.keys[i][0] == "y" and self.values[i] == 0):
            return mpf(0)
        if self.two_sided[i]:
            return (self.log_prob({i: step}) - self.log_prob({i: -step})) / (2 * step)
        step = self.sign[i] * step
        near, far = self.log_prob({i: step}), self.log_prob({i: 2 * step})
        return (4 * near - far - 3 * value) / (2 * step)


def _nested(flat: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return flat[0]
    width = len(flat) // shape[0] if shape[0] else 0
    return [_nested(flat[i * width : (i + 1) * width], shape[1:]) for i in range(shape[0])]


def _at(nested: Any, index: tuple[int, ...]) -> Any:
    for i in index:
        nested = nested[i]
    return nested


@functools.cache
def find_family(name: str) -> Any:
    """The class of this name, or the modified family of this text."""
    import likelier.distributions as catalogue

    return getattr(catalogue, name, None) or catalogue.from_text(name)
