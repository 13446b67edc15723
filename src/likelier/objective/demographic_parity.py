"""Demographic parity: groups should be predicted alike on average."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.objective._base import Array
from likelier.objective._gap import Contrast, GroupPenalty, cells, covariance

KINDS = ("mean_gap", "covariance")


class DemographicParity(GroupPenalty):
    r"""Adds s times the squared gap between groups in the predicted mean to the mean NLL.

    With m_g the (weighted) mean over the rows of group g of the predicted mean E[y | x]:

    * `kind="mean_gap"`: s · mean over pairs of groups of (m_g − m_h)²;
    * `kind="covariance"`: s · cov(group, E[y | x])², of a group that is a number, such as age.

    The mean of a binary target is the probability of its second label; of other labels half the
    sum over classes is taken, which for two of them is the same; of vectors the sum over entries.
    The group is read by the fit alone: the predictors see it only if the formula does, and neither
    predictions nor model files need it. It is parity of the *means* on the rows fitted: thresholds
    may still part the groups, and other rows have gaps of their own (`fit.assess(data,
    groups="sex")`, `lk.frontier`). Its curvature is that of Gauss and Newton.

    Args:
        group: name of a column, or (n,) array of labels or numbers.
        strength: s, 0 or above.
        kind: "mean_gap" for any number of groups, or "covariance".

    Raises:
        LikelierError: the group has one level, or far too many; a covariance of labels is asked.

    Source: Calders, Kamiran and Pechenizkiy (2009), doi:10.1109/ICDMW.2009.83; the covariance as
    in Zafar et al. (2017), arXiv:1507.05259.

    Example:
        >>> import likelier as lk
        >>> made = {"y": [0, 0, 1, 0, 1, 1], "x": [0, 1, 2, 1, 2, 3], "sex": list("ffmfmm")}
        >>> even = lk.NLL() + lk.DemographicParity("sex", 100)
        >>> fit = lk.fit("y ~ x", made, "bernoulli", objective=even)
        >>> p = fit.predict().mean
        >>> bool(abs(p[[0, 1, 3]].mean() - p[[2, 4, 5]].mean()) < 0.06)
        True
    """

    def __init__(self, group: Any, strength: float = 1.0, kind: str = "mean_gap") -> None:
        super().__init__(group, strength)
        if kind not in KINDS:
            raise LikelierError(
                f"kind of DemographicParity is {' or '.join(map(repr, KINDS))}; given: {kind!r}."
                f"{did_you_mean(str(kind), KINDS)}"
            )
        self.kind = kind

    def text(self, *options: str) -> str:
        kind = [f"kind={self.kind!r}"] if self.kind != KINDS[0] else []
        return super().text(*kind)

    def contrast(self, groups: Array) -> Contrast:
        if self.kind == "covariance":
            if groups.dtype.kind not in "fiub":
                raise LikelierError(
                    f"DemographicParity: `{self.name}` holds labels, which have no covariance; "
                    'use kind="mean_gap"'
                )
            return covariance(groups.astype(float))
        codes, count = self.codes(groups)
        return cells(codes, np.array(np.triu_indices(count, 1)).T)
