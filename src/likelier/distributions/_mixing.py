"""Maximum likelihood of mixtures: EM from several starts, without solutions on a point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier.distributions import _mle
from likelier.errors import LikelierError, NoFiniteOptimumError
from likelier.special import Array

_STARTS = 6
_ROUNDS, _FIRST_ROUNDS = 30, 10
"""Rounds of EM before Newton takes over, and those of a rough start."""
_GAIN = 1e-9
# A component that holds less than this share of the sample must keep this share of its spread.
_SMALL, _SPREAD = 0.05, 1e-3


class _CollapsedError(Exception):
    """A component holds too few observations, or has no likelihood of its own."""


def start(
    family: Any, y: Array, weights: Array | None, known: Mapping[str, Array]
) -> dict[str, Array]:
    """Rough values: one component a slice of the ordered sample, improved by a few rounds of EM."""
    sample = _Sample(family, y, weights, known)
    shares = sample.slices()
    values = sample.rough(shares)
    if not sample.closed:
        return sample.named(values, shares)
    for _ in range(_FIRST_ROUNDS):
        try:
            new = sample.expect(sample.named(values, shares))[1]
            values, shares = sample.maximise(new), new
        except _CollapsedError:
            break
    return sample.named(values, shares)


def maximise(
    family: Any, y: Array, weights: Array | None, known: Mapping[str, Array]
) -> dict[str, Array]:
    """The best of several short runs of EM, each polished by Newton.

    Where components overlap EM takes hundreds of rounds to its end, and Newton a few steps.
    Components are ordered by their mean.

    Source: short runs from several starts as in Biernacki, Celeux and Govaert (2003),
    doi:10.1016/S0167-9473(02)00163-9.
    """
    sample = _Sample(family, y, weights, known)
    rng = np.random.default_rng(0)
    best: tuple[float, dict[str, Array]] | None = None
    for attempt in range(_STARTS):
        shares = sample.slices() if attempt == 0 else sample.scattered(rng)
        try:
            found = sample.polished(*_climb(sample, shares))
        except _CollapsedError:
            continue
        if best is None or found[0] > best[0] + 1e-6 * abs(best[0]):
            best = found
    if best is None:
        raise NoFiniteOptimumError(
            f"{family.__name__}: in every start a component collapsed onto a few equal"
            " observations; use fewer components"
        )
    return sample.reordered(best[1])


def _climb(sample: _Sample, shares: Array) -> tuple[dict[str, Array], Array]:
    values = sample.rough(shares) if not sample.closed else sample.maximise(shares)
    last = -np.inf
    for _ in range(_ROUNDS if sample.closed else _FIRST_ROUNDS):
        value, shares = sample.expect(sample.named(values, shares))
        if value - last <= _GAIN * (1 + abs(value)):
            break
        last = value
        values = sample.maximise(shares)
    return values, shares


class _Sample:
    """A sample with the steps of EM; `shares` are responsibilities, (n, k)."""

    def __init__(
        self, family: Any, y: Array, weights: Array | None, known: Mapping[str, Array]
    ) -> None:
        self.family, self.base, self.k = family, family.base, family._size
        self.y, self.known = y, {k: np.broadcast_to(v, len(y)) for k, v in known.items()}
        self.weights = np.ones(len(y)) if weights is None else weights
        self.more = (self.known,) if known else ()
        self.closed = self._has_closed_form()
        self.spread = float(np.sqrt(np.cov(y, aweights=self.weights))) if len(y) > 1 else 0.0

    def _has_closed_form(self) -> bool:
        try:
            return self.base._mle(self.y, self.weights, *self.more) is not None
        except LikelierError:
            return False

    def slices(self) -> Array:
        """Equal parts of the ordered sample."""
        order = np.argsort(self.y, kind="stable")
        level = np.empty(len(self.y))
        level[order] = np.cumsum(self.weights[order]) - self.weights[order] / 2
        part = np.minimum(np.floor(level / np.sum(self.weights) * self.k), self.k - 1)
        return (part[:, None] == np.arange(self.k)).astype(float)

    def scattered(self, rng: np.random.Generator) -> Array:
        """Each observation to the nearest of k that are drawn at random."""
        centres = np.sort(rng.choice(np.unique(self.y), self.k, replace=True))
        nearest = np.argmin(np.abs(self.y[:, None] - centres), axis=1)
        shares = (nearest[:, None] == np.arange(self.k)).astype(float)
        return 0.9 * shares + 0.1 / self.k

    def rough(self, shares: Array) -> dict[str, Array]:
        """Starting values of the base family on each part; those of all where a part has none."""
        whole = self.base._start(self.y, self.weights, *self.more)
        columns = []
        for j in range(self.k):
            some = shares[:, j] > 0.5
            data = [{k: v[some] for k, v in self.known.items()}] if self.known else []
            try:
                part = self.base._start(self.y[some], self.weights[some], *data)
                with np.errstate(all="ignore"):
                    self.base(**{**self._one(self.known, some), **part})
            except (LikelierError, ValueError, ZeroDivisionError):
                part = whole
            columns.append(part)
        return _stacked(columns)

    def _one(self, known: Mapping[str, Array], some: Any) -> dict[str, Array]:
        return {name: value[some] for name, value in known.items()}

    def expect(self, whole: Mapping[str, Array]) -> tuple[float, Array]:
        """Log-likelihood and responsibilities at parameters of the mixture."""
        mixture = self.family(**self.known, **whole)
        with np.errstate(all="ignore"):
            value = float(np.sum(self.weights * mixture._log_prob(self.y)))
            new = mixture.responsibilities(self.y)
        if not np.isfinite(value):
            raise _CollapsedError
        return value, new

    def maximise(self, shares: Array) -> dict[str, Array]:
        """Each component's maximum-likelihood values under its responsibilities."""
        total = np.sum(self.weights)
        least = len(self.base.parameter_names) + 1
        columns = []
        for j in range(self.k):
            weights = self.weights * shares[:, j]
            held = np.sum(weights)
            if held < min(least, total / self.k):
                raise _CollapsedError
            try:
                with np.errstate(all="ignore"):
                    found = self.base.mle(self.y, weights, **self.known)
            except LikelierError:
                raise _CollapsedError from None
            if self._too_narrow(found, float(held / total)):
                raise _CollapsedError
            columns.append({name: found.value_of(name) for name in self.base.parameter_names})
        return _stacked(columns)

    def polished(
        self, values: Mapping[str, Array], shares: Array
    ) -> tuple[float, dict[str, Array]]:
        """Log-likelihood and parameters where Newton ends from here, if no component collapses."""
        start = self.named(values, shares)
        try:
            found = _mle.maximise(self.family, self.y, self.weights, self.known, start=start)
            value, new = self.expect(found)
        except LikelierError:
            raise _CollapsedError from None
        held = self.weights @ new / np.sum(self.weights)
        for j in range(self.k):
            one = {name: found[name][j] for name in self.base.parameter_names}
            if self._too_narrow(self.base(**self._one(self.known, slice(1)), **one), held[j]):
                raise _CollapsedError
        return value, found

    def _too_narrow(self, component: Any, share: float) -> bool:
        if self.base.discrete or share >= _SMALL:
            return False
        spread = float(np.max(component.stddev))
        return np.isfinite(spread) and spread < _SPREAD * self.spread

    def named(self, values: Mapping[str, Array], shares: Array) -> dict[str, Array]:
        """Parameters of the mixture."""
        held = self.weights @ shares
        logits = np.log(np.maximum(held, 1e-300) / np.maximum(held[0], 1e-300))
        return {**values, self.family._logits: logits}

    def reordered(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """Components by rising mean, or by their first parameter where they have none."""
        d = self.family(**{k: v[:1] for k, v in self.known.items()}, **values)
        key = np.ravel(d.inner.mean)
        if not np.all(np.isfinite(key)):
            key = np.asarray(values[self.base.parameter_names[0]])
        order = np.argsort(key, kind="stable")
        return {name: np.asarray(value)[order] for name, value in values.items()}


def _stacked(columns: list[dict[str, Array]]) -> dict[str, Array]:
    return {name: np.array([float(c[name]) for c in columns]) for name in columns[0]}
