"""Many likelihoods of one form at once: groups of rows stacked to arrays (G, q, m).

Groups shorter than the longest are filled up with a row of weight 0. The formulas of the family run
over all rows of all groups together, and products of designs are taken by groups.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.distributions import Linked

Array = Any


@dataclass(frozen=True, eq=False)
class StackedSums:
    """Sums over the rows of each of G groups.

    Attributes:
        value: (G,) NLL.
        gradient: (G, P); curvature: (G, P, P).
    """

    value: Array
    gradient: Array
    curvature: Array

    def take(self, index: Array) -> StackedSums:
        """Those of some groups."""
        return StackedSums(self.value[index], self.gradient[index], self.curvature[index])

    def put(self, index: Array, found: StackedSums) -> None:
        """Replace those of some groups."""
        self.value[index] = found.value
        self.gradient[index] = found.gradient
        self.curvature[index] = found.curvature


@dataclass(frozen=True, eq=False)
class StackedLikelihood:
    """The NLL of each of G groups of at most m rows as a function of its own coefficients.

    Attributes:
        linked: the family with its links.
        designs: for each row of eta the columns, intercept among them, (G, q, m); one object where
            predictors share columns.
        y: observations, (G m,), (G m, event) or anything with rows, group by group.
        weights: (G, m), 0 for rows that fill up; None where every row counts once.
        known: parameters that are data, (G m,) each.
        offset: for each row of eta (G, m) or None.
    """

    linked: Linked
    designs: Sequence[Array]
    y: Any
    weights: Array | None
    known: Mapping[str, Array]
    offset: Sequence[Array | None]

    @property
    def size(self) -> int:
        """Number P of coefficients of a group."""
        return sum(design.shape[1] for design in self.designs)

    @property
    def shared(self) -> Sequence[Array]:
        """The designs, each once."""
        return list({id(design): design for design in self.designs}.values())

    def take(self, index: Array) -> StackedLikelihood:
        """The likelihoods of some groups."""
        taken = {id(design): design[index] for design in self.shared}
        m = self.designs[0].shape[2]
        rows = (index[:, None] * m + np.arange(m)).ravel()
        return StackedLikelihood(
            self.linked,
            [taken[id(design)] for design in self.designs],
            self.y[rows],
            None if self.weights is None else self.weights[index],
            {name: values[rows] for name, values in self.known.items()},
            [None if offset is None else offset[index] for offset in self.offset],
        )

    def predictors(self, theta: Array) -> Array:
        """Linear predictors at the coefficients (G, P), shape (K, G, m)."""
        groups, _, m = self.designs[0].shape
        eta = np.empty((len(self.designs), groups, m))
        for slot, (design, span) in enumerate(zip(self.designs, self._spans, strict=True)):
            np.matmul(theta[:, None, span], design, out=eta[slot, :, None])
            offset = self.offset[slot]
            if offset is not None:
                eta[slot] += offset
        return eta

    def losses(self, eta: Array) -> Array:
        """The NLL of each row, (G, m), at predictors as `predictors` gives them."""
        with np.errstate(all="ignore"):
            found = self.linked.nll(self._flat(eta), self.y, self.known)
        return found.reshape(eta.shape[1:])

    def __call__(self, theta: Array) -> StackedSums:
        """Value, gradient and curvature of each group at the coefficients (G, P)."""
        groups, _, m = self.designs[0].shape
        with np.errstate(all="ignore"):
            eta = self._flat(self.predictors(theta))
            nll, slopes, bends = self.linked.evaluate(eta, self.y, self.known)
            w = self.weights
            nll = nll.reshape(groups, m)
            value = nll.sum(axis=1) if w is None else np.einsum("gm,gm->g", w, nll)
            gradient = np.empty((groups, self.size))
            curvature = np.zeros((groups, self.size, self.size))
            spans = self._spans
            for slot, (design, span) in enumerate(zip(self.designs, spans, strict=True)):
                rows = slopes[slot].reshape(groups, m)
                if w is not None:
                    rows = rows * w
                gradient[:, span] = (design @ rows[:, :, None])[:, :, 0]
            for (a, b), bend in bends.items():
                if np.shape(bend) != (groups * m,):
                    bend = np.broadcast_to(bend, (groups * m,))
                rows = bend.reshape(groups, m)
                if w is not None:
                    rows = rows * w
                weighted = self.designs[a] * rows[:, None, :]
                product = weighted @ np.swapaxes(self.designs[b], 1, 2)
                curvature[:, spans[a], spans[b]] = product
                if a != b:
                    curvature[:, spans[b], spans[a]] = np.swapaxes(product, 1, 2)
        return StackedSums(value, gradient, curvature)

    @functools.cached_property
    def _spans(self) -> list[slice]:
        """Where the coefficients of each row of eta stand."""
        ends = np.cumsum([design.shape[1] for design in self.designs]).tolist()
        return [
            slice(end - design.shape[1], end)
            for end, design in zip(ends, self.designs, strict=True)
        ]

    @staticmethod
    def _flat(eta: Array) -> Array:
        return eta.reshape(len(eta), -1)
