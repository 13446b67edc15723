"""Split-conformal intervals: central intervals that hold what they promise, in any sample size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from likelier.assessment.outcomes import Numbers, Outcomes
from likelier.assessment.recalibration.pit_maps import Segments
from likelier.errors import LikelierError

Array = Any

_POINTS = 500
_NUDGE = 1e-9


@dataclass(frozen=True)
class Conformal(Segments):
    r"""The map of the PIT whose central intervals are split-conformal.

    With vᵢ = |uᵢ − ½| of n rows, sorted, a central interval of level λ reaches from the quantile
    ½ − v to ½ + v, v the ⌈(n + 1) λ⌉-th of them. If new rows are exchangeable with these n, it
    holds a new observation with probability at least λ, whatever the model, for
    1 / (n + 1) <= λ <= n / (n + 1); above, it is the whole support. Of counts the observation
    itself counts as held, so that the guarantee is theirs too. Above 500 rows every so many-th
    of the sorted values stands for those below it, which costs 0.2 points of coverage at most. It
    is a map for intervals: its density is rough, and its NLL higher than that of other maps.

    Source: Lei et al. (2018), doi:10.1080/01621459.2017.1307116; Chernozhukov, Wüthrich and Zhu
    (2021), doi:10.1073/pnas.2107794118.
    """

    points: tuple[float, ...]
    values: tuple[float, ...]
    rows: int

    name: ClassVar = "conformal"

    @property
    def highest(self) -> float:
        return self.rows / (self.rows + 1)

    @classmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        assert isinstance(outcomes, Numbers)
        if not np.all(weights == 1):
            raise LikelierError("conformal intervals count rows, each once: leave weights out")
        below, upto = outcomes.pit
        n = len(upto)
        half = np.sort(np.maximum(np.maximum(0.5 - upto, below - 0.5), 0.0))
        ranks = np.unique(np.round(np.linspace(1, n, min(n, _POINTS))).astype(int))
        # A rank is promised only from where the next one that is kept lies, so that the line
        # between two of them never promises more than a rank in between holds. The nudge makes
        # an interval closed whose end is the very cdf of a count.
        reach = np.append(np.minimum(half[ranks[1:] - 1] + _NUDGE, 0.5), 0.5)
        share = np.append(ranks[:-1] / (n + 1), 1.0)
        points = np.concatenate([0.5 - reach[::-1], [0.5], 0.5 + reach])
        values = np.concatenate([0.5 - share[::-1] / 2, [0.5], 0.5 + share / 2])
        return cls(tuple(points.tolist()), tuple(values.tolist()), n)

    def text(self) -> str:
        level = math.floor(1000 * self.highest) / 10
        return f"split-conformal intervals, guaranteed up to {level:g} %"
