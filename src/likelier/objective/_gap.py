"""Gaps between groups of predicted means, bound: squares of contrasts of the predictions."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from likelier.distributions import Linked
from likelier.errors import LikelierError
from likelier.objective._base import Addend, Addition, Array, Likelihood, Penalty
from likelier.objective._batch import Batch
from likelier.objective._layout import Layout, check_number

_MANY = 100
"""Groups whose means may be compared two by two."""


Contrast = Callable[[Any], tuple[Callable[[slice], Array], Array]]
"""From rows (a likelihood, or `Sample`) the weights of the rows in some means, as a function of the
block that returns (D, m); and Q, (D, D) positive semidefinite, which says how the means differ."""


class GroupPenalty(Penalty):
    """A penalty of gaps between groups in what is predicted: s · mᵀ Q m, m means of predictions."""

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    trains = True

    def __init__(self, group: Any, strength: float) -> None:
        who = type(self).__name__
        if not isinstance(group, str) and np.ndim(group) != 1:
            raise LikelierError(
                f'the group of {who} is the name of a column, such as {who}("sex"), or an array '
                f"with a value for each row; given: {group!r}"
            )
        self.group = group
        self.strength = check_number(f"the strength of {who}", strength)

    @abstractmethod
    def contrast(self, groups: Array) -> Contrast:
        """How the means of predictions differ, for the groups of the rows, (n,)."""

    @property
    def name(self) -> str:
        """What messages call the group."""
        return self.group if isinstance(self.group, str) else "group"

    @property
    def columns(self) -> Mapping[str, Any]:
        return {self.name: self.group}

    def text(self, *options: str) -> str:
        shown = repr(self.group) if isinstance(self.group, str) else "group"
        strength = [f"{self.strength:g}"] if self.strength != 1 else []
        return f"{type(self).__name__}({', '.join([shown, *strength, *options])})"

    def bind(self, layout: Layout) -> Addend:
        return Gap(self.strength, self.contrast(layout.columns[self.name]))

    @property
    def key(self) -> str:
        return "gap"

    def prepared(
        self, columns: Mapping[str, Array], y: Any, weights: Array | None
    ) -> tuple[Any, Any]:
        weigh, form = self.contrast(columns[self.name])(Sample(y, weights))
        return weigh(slice(0, len(y))).T, self.strength * form

    def of_batch(self, batch: Batch, rows: Any, whole: Any) -> Array:
        import jax.numpy as jnp

        predicted = what_is_predicted(batch.distribution)
        # A constant changes no gap; near the mean of the batch, chance in how many rows of a group
        # a batch holds moves it least.
        used = (batch.weights > 0)[:, None]
        centre = jnp.sum(jnp.where(used, predicted, 0.0), axis=0) / jnp.sum(used)
        means = rows.T @ jnp.where(used, predicted - centre, 0.0) / batch.share
        return _scale(batch.linked.family) * jnp.sum(means * (whole @ means))

    def gap(
        self, groups: Array, predictions: Any, y: Array, weights: Array | None = None
    ) -> tuple[float, float]:
        """The root of what it adds at strength 1, and its standard error.

        For two groups that is the absolute difference of their means. The standard error, by the
        delta method, is that of the rows: predictions are given.

        Args:
            groups: of the rows, (n,).
            predictions: their distributions.
            y: their target, codes for labels; weights: (n,) or None.
        """
        sample = Sample(np.asarray(y), weights)
        weigh, form = self.contrast(groups)(sample)
        share, mean = weigh(slice(0, len(sample.y))), what_is_predicted(predictions)
        means = share @ mean
        scale = _scale(type(predictions))
        size = math.sqrt(scale * max(float(np.sum(means * (form @ means))), 0))
        if size == 0:
            return 0.0, math.nan
        # What each row adds to a mean about that mean, and to a covariance about all rows' mean.
        counts = np.ones(len(mean)) if weights is None else weights
        about = np.where(share.sum(axis=1)[:, None] > 0.5, means, counts @ mean / counts.sum())
        parts = share[:, :, None] * (mean - about[:, None, :])
        parts -= (counts / counts.sum())[:, None] * parts.sum(axis=1)[:, None, :]
        moved = np.einsum("de,dne->n", scale * (form @ means) / size, parts)
        used = counts > 0
        return size, math.sqrt(float(np.sum(moved[used] ** 2 / counts[used])))

    def codes(self, groups: Array) -> tuple[Array, int]:
        """Codes of the rows' groups, and the number of groups.

        Raises:
            LikelierError: there is one group only, or more than can be compared.
        """
        found = groups.astype(str) if groups.dtype == object else groups
        names, codes = np.unique(found, return_inverse=True)
        who = type(self).__name__
        if len(names) < 2:
            raise LikelierError(
                f"{who}: `{self.name}` has one level in these rows, {str(names[0])!r}; a gap takes "
                "two groups or more"
            )
        if len(names) > _MANY:
            raise LikelierError(
                f"{who}: `{self.name}` has {len(names):,} levels, and means are compared two by "
                f"two for up to {_MANY}; for a number use "
                f'DemographicParity({self.name!r}, kind="covariance")'
            )
        return codes, len(names)


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of which a gap is taken outside a fit."""

    y: Array
    weights: Array | None

    def blocks(self) -> Iterator[tuple[slice, None]]:
        """All rows as one block."""
        yield slice(0, len(self.y)), None


@dataclass(frozen=True, eq=False)
class Gap(Addend):
    """s · mᵀ Q m, with the curvature of Gauss and Newton."""

    strength: float
    contrast: Contrast

    def add(self, likelihood: Likelihood, theta: Array, order: int) -> Addition:
        predictor, linked = likelihood.predictor, likelihood.linked
        weigh, form = self.contrast(likelihood)
        means: Array = 0.0
        slopes: Array = 0.0
        for rows, work in likelihood.blocks():
            known = {name: value[rows] for name, value in likelihood.known.items()}
            share = weigh(rows)
            with np.errstate(all="ignore"):
                eta = predictor.forward(theta, rows, work)
                mean, slope = predicted_means(linked, eta, known, order > 0)
                means = means + share @ mean
                if slope is not None:
                    slopes = slopes + np.array(
                        [
                            [predictor.pull_gradient(row * column, rows, work) for column in slope]
                            for row in share
                        ]
                    )
        scale = self.strength * _scale(linked.family)
        turned = form @ means
        value = scale * float(np.sum(means * turned))
        if order == 0:
            return Addition(value)
        gradient = 2 * scale * np.einsum("de,dep->p", turned, slopes)
        if order == 1:
            return Addition(value, gradient)
        curvature = 2 * scale * np.einsum("dep,dc,ceq->pq", slopes, form, slopes, optimize=True)
        return Addition(value, gradient, curvature)


def _scale(family: Any) -> float:
    """Two classes differ by as much as the probability of one of them does."""
    return 0.5 if family.support.name == "labels" else 1.0


def what_is_predicted(distribution: Any) -> Array:
    """The probability of each class for labels, the mean else, (n, E)."""
    labels = distribution.support.name == "labels"
    mean = distribution._xp.exp(distribution._log_probs()) if labels else distribution.mean
    return mean.reshape(mean.shape[0], -1)


def predicted_means(
    linked: Linked, eta: Array, known: dict[str, Array], slopes: bool
) -> tuple[Array, Array | None]:
    """What is predicted of each row, (m, E), and its slopes in the linear predictors, (E, K, m).

    Slopes are differences of fourth order, which are right to about 12 digits.
    """

    def value(at: Array) -> Array:
        return what_is_predicted(linked.build(at, known))

    # A predictor may hand out its scratch memory, which the pulls write to.
    here = eta.copy()
    mean = value(here)
    if not slopes:
        return mean, None
    found = np.zeros((mean.shape[1], *eta.shape))
    for k in range(len(eta)):
        step = 1e-3 * np.maximum(1.0, np.abs(here[k]))
        for multiple, coefficient in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
            moved = here.copy()
            moved[k] += multiple * step
            found[:, k] += coefficient * value(moved).T / (12 * step)
    return mean, found


# ---------------------------------------------------------------------- contrasts


def cells(codes: Array, pairs: Array) -> Contrast:
    """The mean of each cell, of which pairs are compared: the mean square of their differences.

    Args:
        codes: (n,) cell of each row.
        pairs: (q, 2) cells whose means should be alike; those without rows are left out.
    """
    count = int(pairs.max()) + 1

    def contrast(likelihood: Any) -> tuple[Callable[[slice], Array], Array]:
        totals = np.zeros(count)
        for rows, _ in likelihood.blocks():
            counts = None if likelihood.weights is None else likelihood.weights[rows]
            totals += np.bincount(codes[rows], counts, count)
        kept = pairs[np.all(totals[pairs] > 0, axis=1)]
        form = np.zeros((count, count))
        for a, b in kept:
            form[[a, b], [a, b]] += 1 / len(kept)
            form[[a, b], [b, a]] -= 1 / len(kept)
        each = 1 / np.where(totals > 0, totals, 1.0)

        def weigh(rows: slice) -> Array:
            share = (codes[rows] == np.arange(count)[:, None]) * each[:, None]
            return share if likelihood.weights is None else share * likelihood.weights[rows]

        return weigh, form

    return contrast


def covariance(values: Array) -> Contrast:
    """The covariance of numbers, (n,), with the predicted mean."""

    def contrast(likelihood: Any) -> tuple[Callable[[slice], Array], Array]:
        weights = likelihood.weights
        total = first = 0.0
        for rows, _ in likelihood.blocks():
            counts = np.ones(len(values[rows])) if weights is None else weights[rows]
            total += float(counts.sum())
            first += float(counts @ values[rows])

        def weigh(rows: slice) -> Array:
            share = (values[rows] - first / total) / total
            return (share if weights is None else share * weights[rows])[None, :]

        return weigh, np.ones((1, 1))

    return contrast
