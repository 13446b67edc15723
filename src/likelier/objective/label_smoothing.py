"""Label smoothing: a share of each observation is given to all labels evenly."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from likelier.distributions import Linked
from likelier.errors import LikelierError
from likelier.objective._base import Array, Risk, Rows
from likelier.objective._batch import Batch


class LabelSmoothing(Risk):
    r"""NLL of smoothed labels: (1 − ε) (−log p(yᵢ)) + ε/K Σₖ (−log p(k)) for each row.

    Each row is the cross-entropy of a target that holds 1 − ε + ε/K at its label and ε/K at the
    K − 1 others. It is never below `entropy(K)`, the entropy of that target, and is equal to it
    where the model can reach it: at finite coefficients, of which the log odds of a perfectly
    predicted label are log((1 − ε + ε/K) / (ε/K)). Separation has no hold on it.

    It is **not a likelihood** of the labels: probabilities are drawn towards 1/K, no standard
    errors of likelihood hold and none are shown. The plain NLL is reported beside it, and
    `assess`, `predict` and everything else judge by the labels as they are. Row weights multiply a
    row as a whole: they have no say in how its label is smoothed.

    Args:
        amount: ε, from 0 (the likelihood) up, below 1.

    Raises:
        LikelierError: ε is outside, or the family's target is no label.

    Source: Szegedy et al. (2016), doi:10.1109/CVPR.2016.308; Müller, Kornblith and Hinton (2019),
    arXiv:1906.02629.

    Example:
        >>> import likelier as lk
        >>> table = {"y": [0, 0, 0, 1, 1, 1], "x": [0, 0, 0, 1, 1, 1]}  # x predicts y perfectly
        >>> fit = lk.fit("y ~ x", table, "bernoulli", objective=lk.LabelSmoothing(0.1))
        >>> fit.converged, fit.params.estimate.round(4).tolist()  # log(0.05 / 0.95), and back
        (True, [-2.9444, 5.8889])
    """

    is_likelihood = False

    def __init__(self, amount: float = 0.1) -> None:
        number = isinstance(amount, int | float) and not isinstance(amount, bool)
        if not number or not 0 <= amount < 1:
            raise LikelierError(
                f"the amount of LabelSmoothing is 0 or above and below 1; given: {amount!r}"
            )
        self.amount = float(amount)
        self.attained = self.amount > 0

    def text(self) -> str:
        return f"LabelSmoothing({'' if self.amount == 0.1 else f'{self.amount:g}'})"

    def check(self, family: type) -> None:
        if family.support.name not in ("binary", "labels"):  # type: ignore[attr-defined]
            raise LikelierError(
                f"LabelSmoothing is of labels, and {family.text()} is "  # type: ignore[attr-defined]
                "a distribution of something else"
            )

    def entropy(self, k: int) -> float:
        """Entropy of a smoothed label among k, in nats: the least that a row can be.

        Example:
            >>> import likelier as lk
            >>> round(lk.LabelSmoothing(0.1).entropy(2), 4)
            0.1985
        """
        other = self.amount / k
        own = 1 - self.amount + other
        return -own * math.log(own) - ((k - 1) * other * math.log(other) if other else 0.0)

    def of_batch(self, batch: Batch) -> Array:
        distribution = batch.distribution
        k = 2 if distribution.support.name == "binary" else distribution._size
        loss = (1 - self.amount) * distribution.nll(batch.y)
        for label in range(k):
            loss = loss + self.amount / k * distribution.nll(0 * batch.y + label)
        return batch.mean(loss)

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
        counts = np.ones(eta.shape[1]) if weights is None else weights
        k = 2 if linked.family.support.name == "binary" else linked.build(eta, known)._size
        # The NLL is linear in the target: that of each label, by its share.
        parts = [(1 - self.amount, y)]
        if self.amount:
            parts += [(self.amount / k, np.full(eta.shape[1], float(label))) for label in range(k)]
        value = nll = 0.0
        gradient = np.zeros_like(eta) if order else None
        curvature: dict[tuple[int, int], Array] = {}
        for i, (share, target) in enumerate(parts):
            if order == 0:
                row = linked.nll(eta, target, known)
            elif order == 1:
                row, slope = linked.nll_and_gradient(eta, target, known)
            else:
                row, slope, second = linked.evaluate(eta, target, known, kind)
                for pair, bend in second.items():
                    more = share * counts * bend
                    curvature[pair] = curvature[pair] + more if pair in curvature else more
            if i == 0:
                nll = float(counts @ row)
            value += share * float(counts @ row)
            if gradient is not None:
                gradient += share * counts * slope
        return Rows(value, gradient, curvature if order > 1 else None, nll)
