"""Equalised odds: among rows of one outcome, groups should be predicted alike on average."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.errors import LikelierError
from likelier.objective._base import Array
from likelier.objective._gap import Contrast, GroupPenalty, cells


class EqualizedOdds(GroupPenalty):
    r"""Adds s times the squared gap between groups of equal outcome to the mean NLL.

    With m_gc the (weighted) mean over the rows of group g whose label is c of what is predicted,

        s · mean over labels c and pairs of groups of (m_gc − m_hc)²,

    which for a binary target draws together the mean probabilities among those who were positive
    and among those who were not: equal odds of the scores, of which equal rates of decisions are a
    consequence only where the scores' distributions agree. Pairs of which one side has no row are
    left out. What is said of `DemographicParity` on labels, rows, predictions and files holds here.

    Args:
        group: name of a column, or (n,) array of labels.
        strength: s, 0 or above.

    Raises:
        LikelierError: the group has one level or far too many, or the target is no label.

    Source: Hardt, Price and Srebro (2016), arXiv:1610.02413; means of scores as in Kleinberg,
    Mullainathan and Raghavan (2017), doi:10.4230/LIPIcs.ITCS.2017.43.

    Example:
        >>> import likelier as lk
        >>> made = {"y": [0, 0, 1, 1, 0, 0, 1, 1], "x": [0, 1, 1, 2, 1, 2, 2, 3]}
        >>> made["sex"] = list("ffffmmmm")
        >>> fit = lk.fit("y ~ x", made, "bernoulli", objective=lk.NLL() + lk.EqualizedOdds("sex"))
        >>> fit.objective_terms.term.tolist()
        ['NLL()', "EqualizedOdds('sex')"]
    """

    def __init__(self, group: Any, strength: float = 1.0) -> None:
        super().__init__(group, strength)

    def check(self, family: Any) -> None:
        if family.support.name not in ("binary", "labels"):
            raise LikelierError(
                f"EqualizedOdds compares groups among rows of one label, and {family.text()} is a "
                "distribution of something else; use DemographicParity"
            )

    def contrast(self, groups: Array) -> Contrast:
        codes, count = self.codes(groups)
        pairs = np.array(np.triu_indices(count, 1)).T

        def within(rows: Any) -> tuple[Callable[[slice], Array], Array]:
            labels = np.asarray(rows.y)
            if labels.ndim > 1:
                raise LikelierError("EqualizedOdds takes labels, and these are shares of labels")
            labels = labels.astype(np.intp)
            each = [pairs + count * label for label in range(int(labels.max()) + 1)]
            return cells(codes + count * labels, np.concatenate(each))(rows)

        return within
