"""The regulariser of evidential regression: little evidence where errors are large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from likelier.distributions import NormalInverseGamma
from likelier.errors import LikelierError
from likelier.objective._base import Addend, Addition, Array, Likelihood, Penalty
from likelier.objective._batch import Batch
from likelier.objective._layout import Layout, check_number


class EvidenceRegularizer(Penalty):
    r"""Adds s · mean over rows of |y − loc| (2 evidence + alpha) to the mean NLL.

    It draws evidence down, most where errors are large. What `epistemic_variance` then says is set
    by s and by when a training ends, not by the data: the likelihood of a `NormalInverseGamma`
    leaves evidence open (beta makes up for it), so that the least value of this sum is where
    evidence is 0. With `kind="tied"` the tails of y hold it, as long as s is small.

    Args:
        strength: s, 0 or above, in one over the unit of y.

    Raises:
        LikelierError: the family is not a `NormalInverseGamma`.

    Source: Amini, Schwarting, Soleimany and Rus (2020), Deep Evidential Regression,
    arXiv:1910.02600, eq. 9.

    Example:
        >>> import likelier as lk
        >>> engel = lk.datasets.load("engel")
        >>> evidential = lk.NLL() + lk.EvidenceRegularizer(1e-5)
        >>> fit = lk.fit(
        ...     "foodexp ~ income", engel, "normal_inverse_gamma(kind=tied)", objective=evidential
        ... )
        >>> fit.converged, round(float(fit.predict().evidence[0]), 1)
        (True, 0.6)
    """

    smooth: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    trains: ClassVar[bool] = True

    def __init__(self, strength: float = 0.01) -> None:
        self.strength = check_number("the strength of EvidenceRegularizer", strength)

    def text(self) -> str:
        shown = "" if self.strength == 0.01 else f"{self.strength:g}"
        return f"EvidenceRegularizer({shown})"

    def check(self, family: Any) -> None:
        if not issubclass(family, NormalInverseGamma):
            raise LikelierError(
                f"{self.text()} weighs the evidence of a normal_inverse_gamma; the family is "
                f"{family.text()}"
            )

    def bind(self, layout: Layout) -> Addend:
        return _Rows(self.strength)

    @property
    def key(self) -> str:
        return "evidence"

    def prepared(
        self, columns: Mapping[str, Array], y: Any, weights: Array | None
    ) -> tuple[Any, Any]:
        return (), np.float64(self.strength)

    def of_batch(self, batch: Batch, rows: Any, whole: Any) -> Array:
        d = batch.distribution
        return whole * batch.mean(abs(batch.y - d.loc) * d.total_evidence)


@dataclass(frozen=True, eq=False)
class _Rows(Addend):
    """s · mean of r(y − loc) · (2 evidence + alpha), r the absolute value or √(e² + width²)."""

    strength: float
    width: float = 0.0

    def rounded(self, width: float) -> Addend:
        return replace(self, width=width)

    def add(self, likelihood: Likelihood, theta: Array, order: int) -> Addition:
        predictor, linked = likelihood.predictor, likelihood.linked
        # The kink is rounded in units of the target's spread.
        width = self.width * float(np.std(likelihood.y)) if self.width else 0.0
        value = total = 0.0
        gradient, curvature = np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
        for rows, work in likelihood.blocks():
            y = likelihood.y[rows]
            counts = np.ones(len(y)) if likelihood.weights is None else likelihood.weights[rows]
            known = {name: values[rows] for name, values in likelihood.known.items()}
            total += float(counts.sum())
            with np.errstate(all="ignore"):
                eta = predictor.forward(theta, rows, work)
                d = linked.build(eta, known)
                error = y - d.loc
                size = np.hypot(error, width) if width else abs(error)
                value += float(counts @ (size * d.total_evidence))
                if order == 0:
                    continue
                sign = error / size if width else np.sign(error)
                slopes = {"loc": -counts * sign * d.total_evidence}
                slopes.update({k: counts * size * by for k, by in d.by_evidence.items()})
                second: dict[tuple[str, str], Array] = {}
                if width:
                    bend = (width / size) ** 2 / size
                    second.update(
                        {("loc", k): -counts * sign * by for k, by in d.by_evidence.items()}
                    )
                else:
                    # In expectation, as the curvature of families with a kink is.
                    bend = 2 * np.exp(d._log_prob(d.loc))
                second["loc", "loc"] = counts * bend * d.total_evidence
                pulled, bent = linked.pull(slopes, second, eta)
                gradient += predictor.pull_gradient(pulled, rows, work)
                if order > 1:
                    predictor.pull_curvature(bent, rows, curvature, work)
        scale = self.strength / total
        if order == 0:
            return Addition(scale * value)
        if order == 1:
            return Addition(scale * value, scale * gradient)
        predictor.symmetrise(curvature)
        return Addition(scale * value, scale * gradient, scale * curvature)
