"""Conditional value at risk: the mean NLL of the worst share of the rows."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np

from likelier.distributions import Linked
from likelier.errors import LikelierError
from likelier.objective._base import Array, Risk, Rows
from likelier.objective._batch import Batch


class CVaR(Risk):
    r"""Conditional value at risk: the mean of the worst 1 − level share of the rows' NLLs.

    By Rockafellar and Uryasev it is the least over t of

        t + Σ wᵢ max(ℓᵢ − t, 0) / ((1 − level) Σ w),    ℓᵢ = −log p(yᵢ),

    which is convex in the coefficients where ℓ is, and t is the threshold beyond which rows count.
    The threshold is found anew, exactly, at every step; the kinks are rounded over widths that
    shrink to 1e-9 nats (`Continuation`). As level → 0 it is the mean NLL, as level → 1 the worst
    row's. `Fit.tail` shows the threshold, the worst rows and what the plain NLL has paid.

    It is **not a likelihood**: ordinary standard errors do not apply, and none are shown. Where
    the family is wrong its worst rows are those that the family thinks impossible, and CVaR chases
    them: a `StudentT` or a `Laplace` is then the better answer than a risk. The largest of
    a few rows are less far out than those of many, so that the CVaR of a batch is too low (by a
    tenth at 20 rows); `SGD` and `Adam` therefore search t along with the coefficients, given which
    the sum above is a plain mean over rows and a batch unbiased.

    Args:
        level: above 0 and below 1; 0.9 for the worst tenth of the rows.

    Raises:
        LikelierError: the level is outside.

    Source: Rockafellar and Uryasev (2000), doi:10.21314/JOR.2000.038.

    Example:
        >>> import likelier as lk
        >>> made = {"y": [1.0, 2.0, 3.0, 4.0, 9.0]}
        >>> far = lk.fit("y ~ 1", made, lk.Fixed(lk.Normal, scale=1), objective=lk.CVaR(0.9))
        >>> far.params.estimate.round(6).tolist()  # the worst rows on both sides are as bad
        [5.0]
    """

    is_likelihood = False

    def __init__(self, level: float = 0.9) -> None:
        number = isinstance(level, int | float) and not isinstance(level, bool)
        if not number or not 0 < level < 1:
            raise LikelierError(
                f"the level of CVaR is above 0 and below 1, such as 0.9 for the worst tenth of "
                f"the rows; given: {level!r}"
            )
        self.level = float(level)
        self.share = 1 - self.level
        self.width = 0.0
        self.threshold: float | None = None

    @property
    def smooth(self) -> bool:  # type: ignore[override]
        """Whether the kink at the threshold is rounded."""
        return self.width > 0

    @property
    def separable(self) -> bool:  # type: ignore[override]
        """Whether the threshold is known, so that rows add up."""
        return self.threshold is not None

    def text(self) -> str:
        return f"CVaR({'' if self.level == 0.9 else f'{self.level:g}'})"

    def rounded(self, width: float) -> CVaR:
        return self._with(width=width)

    def given(self, losses: Array, weights: Array | None) -> CVaR:
        weights = np.ones(len(losses)) if weights is None else weights
        used = weights > 0
        losses, weights = losses[used], weights[used]
        # A share that the worst row fills alone is as good as all of that row.
        share = max(1 - self.level, float(weights.min() / weights.sum()))
        return self._with(share=share, threshold=threshold(losses, weights, share, self.width))

    def at(self, number: float) -> CVaR:
        return self._with(threshold=number)

    @property
    def shared(self) -> float | None:
        return self.threshold

    def _with(self, **changed: float) -> CVaR:
        found = copy.copy(self)
        vars(found).update(changed)
        return found

    def of_batch(self, batch: Batch) -> Array:
        import jax.numpy as jnp

        assert batch.shared is not None
        beyond = jnp.maximum(batch.nll - batch.shared, 0.0)
        return batch.shared + batch.mean(beyond) / self.share

    def watched(self, batch: Batch) -> Array:
        return self.of_batch(batch)

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
        assert self.threshold is not None
        gradient: Array = None
        second: Mapping[tuple[int, int], Array] = {}
        if order == 0:
            losses = linked.nll(eta, y, known)
        elif order == 1:
            losses, gradient = linked.nll_and_gradient(eta, y, known)
        else:
            losses, gradient, second = linked.evaluate(eta, y, known, kind)
        counts = np.ones(len(losses)) if weights is None else weights
        nll = float(counts @ losses)
        part, slope, bend = excess(losses - self.threshold, self.width)
        tail = 1 / self.share
        value = self.threshold * float(counts.sum()) + tail * float(counts @ part)
        if order == 0:
            return Rows(value, nll=nll)
        slope, bend = tail * counts * slope, tail * counts * bend
        rise = float(counts.sum() - slope.sum())
        if order == 1:
            return Rows(value, slope * gradient, nll=nll, slope=rise)
        size = len(gradient)
        curvature = {
            (a, b): slope * second.get((a, b), 0.0) + bend * gradient[a] * gradient[b]
            for a in range(size)
            for b in range(a, size)
        }
        shared = -bend * gradient
        return Rows(value, slope * gradient, curvature, nll, shared, float(bend.sum()), rise)


def excess(z: Array, width: float) -> tuple[Array, Array, Array]:
    """max(z, 0), rounded to ½ (z + √(z² + width²)), with its first and second derivative."""
    if width == 0:
        above = (z > 0).astype(float)
        return above * z, above, np.zeros_like(z)
    root = np.hypot(z, width)
    # Below 0 the sum cancels, and its other form does not.
    value = 0.5 * np.where(z > 0, z + root, width * (width / (root + np.abs(z))))
    return value, value / root, 0.5 * (width / root) ** 2 / root


def threshold(losses: Array, weights: Array, share: float, width: float) -> float:
    """The t beyond which a share of the weight lies: a quantile of the losses, rounded.

    Where the kink is rounded it is the root of Σ wᵢ φ′(ℓᵢ − t) = share · Σ w.
    """
    if not np.all(np.isfinite(losses)):
        return np.nan
    order = np.argsort(losses)[::-1]
    beyond = share * float(weights.sum())
    # From the worst row down, until the share is full.
    filled = int(np.searchsorted(np.cumsum(weights[order]), beyond * (1 - 1e-14)))
    t = float(losses[order[min(filled, len(order) - 1)]])
    if width == 0:
        return t
    # φ′ is ½ at 0 and leaves 0 and 1 by w²/4z²: the root lies between these.
    far = width / np.sqrt(min(share, 1 - share) + 1e-16)
    low, high = float(losses.min()) - far, float(losses.max()) + far
    for _ in range(200):
        _, slope, bend = excess(losses - t, width)
        off = float(weights @ slope) - beyond
        low, high = (t, high) if off > 0 else (low, t)
        rate = float(weights @ bend)
        moved = t + off / rate if rate > 0 else np.inf
        if not low < moved < high:
            moved = 0.5 * (low + high)
        if abs(moved - t) <= 1e-15 * max(abs(t), width) or moved in (low, high):
            break
        t = moved
    return t
