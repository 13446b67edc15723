"""The β-NLL: a Normal regression in which rows of large variance keep a say in the mean."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from likelier.distributions import Linked, Normal
from likelier.errors import LikelierError
from likelier.objective._base import Array, Risk, Rows
from likelier.objective._batch import Batch


class BetaNLL(Risk):
    r"""β-NLL of a Normal: each row's slopes are those of its NLL times its variance to the β.

    The estimate solves Σ wᵢ vᵢ^β ∂(−log p(yᵢ))/∂θ = 0 with v = scale², for loc and for scale.
    β = 0 is the likelihood; as β → 1 the mean becomes that of least squares, whatever the scale.

    It is **not a likelihood**: no standard errors or tests of likelihood hold, and none are shown.
    As its authors state it, with vᵢ^β taken for a constant, it is no function to descend on. Loc
    and scale having coefficients of their own, the same estimate is where

        u = ½ v^(β−1) (y − loc)² + (1 − β) (v^β − 1) / (2β) + ½ log 2π

    is least, which is what is minimised and reported beside the plain NLL: its slopes in log scale
    are those of the β-NLL times 1 − β. The expectation of u is least at the true mean and variance.
    A network, whose loc and scale share weights, follows the slopes as its authors state them.

    Args:
        beta: β, 0 or above, below 1. At 1 scale has no say in u at all.

    Raises:
        LikelierError: β is outside, or the family is not a Normal of which loc and scale are
            predicted.

    Source: Seitzer, Tavakoli, Antic and Martius (2022), arXiv:2203.09168.

    Example:
        >>> import likelier as lk
        >>> made = {"y": [1.0, 2.0, 4.0, 3.0, 9.0, 2.0], "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]}
        >>> formulas = {"loc": "y ~ x", "scale": "~ x"}
        >>> fit = lk.fit(formulas, made, "normal", objective=lk.BetaNLL(0.5))
        >>> fit.objective_terms.term.tolist()
        ['BetaNLL()', 'NLL()']
    """

    is_likelihood = False

    def __init__(self, beta: float = 0.5) -> None:
        number = isinstance(beta, int | float) and not isinstance(beta, bool)
        if not number or not 0 <= beta < 1:
            raise LikelierError(
                f"beta of BetaNLL is 0 or above and below 1; given: {beta!r}. (At 1 the mean is "
                "that of least squares and scale has no objective.)"
            )
        self.beta = float(beta)

    def text(self) -> str:
        return "BetaNLL()" if self.beta == 0.5 else f"BetaNLL({self.beta:g})"

    def check(self, family: type) -> None:
        names = getattr(family, "parameter_names", ())
        if not issubclass(family, Normal) or not {"loc", "scale"} <= set(names):
            shown = getattr(family, "text", lambda: family.__name__)()
            raise LikelierError(
                f"BetaNLL weighs rows by the variance of a Normal whose loc and scale are "
                f"predicted; the family is {shown}"
            )

    def of_batch(self, batch: Batch) -> Array:
        """As its authors state it, v^β taken for a constant; its mean over the batch is 1."""
        import jax

        raised = jax.lax.stop_gradient(batch.distribution.value_of("scale") ** (2 * self.beta))
        return batch.mean(raised * batch.nll) / batch.mean(raised)

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
        beta = self.beta
        distribution = linked.build(eta, known)
        scale = distribution.value_of("scale")
        log_scale = np.log(scale)
        counts = np.ones(len(y)) if weights is None else weights
        raised = counts * np.exp(2 * beta * log_scale)  # w v^β
        half_square = 0.5 * ((y - distribution.value_of("loc")) / scale) ** 2
        constant = 0.5 * math.log(2 * math.pi)
        spread = np.expm1(2 * beta * log_scale) / (2 * beta) if beta else log_scale
        value = float(raised @ half_square + counts @ ((1 - beta) * spread + constant))
        nll = float(counts @ (half_square + log_scale + constant))
        if order == 0:
            return Rows(value, nll=nll)
        slot = linked.slots["scale"].start
        own = np.ones(linked.columns)
        own[slot] = 1 - beta
        if order == 1:
            gradient = linked.gradient(eta, y, known)
            return Rows(value, own[:, None] * raised * gradient, nll=nll)
        _, gradient, curvature = linked.evaluate(eta, y, known, kind)
        bent = {
            (a, b): min(own[a], own[b]) * raised * second for (a, b), second in curvature.items()
        }
        if kind == "observed":
            # v^β moves with the predictor of scale itself.
            drift = 2 * beta * linked.links["scale"].pullback(eta[slot], np.ones(len(y))) / scale
            extra = own[slot] * raised * drift * gradient[slot]
            bent[slot, slot] = bent.get((slot, slot), 0.0) + extra
        return Rows(value, own[:, None] * raised * gradient, bent, nll)
