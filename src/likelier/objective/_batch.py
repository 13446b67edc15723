"""A batch of rows of a training step, in JAX: what terms of an objective see of a network."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from likelier.distributions import Linked
from likelier.special import namespace

Array = Any


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of a batch as JAX traces them; everything is differentiable in `eta`.

    Attributes:
        linked: the family with its links.
        eta: predictors, (K, m), float64.
        y: observations.
        weights: (m,), 0 for a row that fills the batch up.
        known: parameters that are data, (m,) each.
        shared: the number that all rows share, of a risk that has one.
        share: rows of the batch over all rows.
        surface: the predicted mean at a dict of numbers by column, differentiable in them.
    """

    linked: Linked
    eta: Array
    y: Any
    weights: Array
    known: Mapping[str, Array]
    shared: Array | None = None
    share: Array | float = 1.0
    surface: Callable[[Mapping[str, Array]], Array] | None = None

    @functools.cached_property
    def distribution(self) -> Any:
        """The predictive distributions of the rows."""
        return self.linked.build(self.eta, self.known, namespace(self.eta))

    @functools.cached_property
    def nll(self) -> Array:
        """NLL of the rows, (m,)."""
        return self.distribution.nll(self.y)

    def mean(self, rows: Array) -> Array:
        """The weighted mean of a number of each row."""
        import jax.numpy as jnp

        # A row without weight may hold anything.
        used = self.weights > 0
        return jnp.sum(jnp.where(used, self.weights * rows, 0.0)) / jnp.sum(self.weights)
