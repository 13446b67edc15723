"""The negative log-likelihood: the sum of the rows' NLL, each times its weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from likelier.distributions import Linked
from likelier.objective._base import Array, Risk, Rows
from likelier.objective._batch import Batch


class NLL(Risk):
    """Negative log-likelihood, Σ wᵢ (−log p(yᵢ | ηᵢ)), every constant included.

    Example:
        >>> import likelier as lk
        >>> lk.NLL().text()
        'NLL()'
    """

    is_likelihood: ClassVar[bool] = True

    def rows(
        self,
        linked: Linked,
        eta: Array,
        y: Array,
        weights: Array | None,
        known: Mapping[str, Array] | None,
        order: int,
        kind: str,
    ) -> Rows:
        if order == 0:
            return Rows(_total(linked.nll(eta, y, known), weights))
        if order == 1:
            nll, gradient = linked.nll_and_gradient(eta, y, known)
            if weights is not None:
                gradient *= weights
            return Rows(_total(nll, weights), gradient)
        nll, gradient, curvature = linked.evaluate(eta, y, known, kind)
        if weights is not None:
            gradient *= weights
            curvature = {pair: weights * rows for pair, rows in curvature.items()}
        return Rows(_total(nll, weights), gradient, curvature)

    def of_batch(self, batch: Batch) -> Array:
        return batch.mean(batch.nll)


def _total(nll: Array, weights: Array | None) -> float:
    return float(nll.sum() if weights is None else np.dot(weights, nll))
