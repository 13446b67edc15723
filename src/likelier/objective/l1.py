"""The absolute values of the coefficients: estimates of which some are exactly 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from likelier.objective._base import Addend, Penalty
from likelier.objective._layout import Key, Layout, check_options, options_text
from likelier.objective._shrinkage import Shrinkage, absolute_values


class L1(Penalty):
    r"""The lasso: adds s Σⱼ fⱼ |bⱼ| to the mean NLL, so that some coefficients are exactly 0.

    b are the coefficients of columns divided by their weighted standard deviation (divisor n);
    intercepts are never penalised, and estimates are reported on the user's own scale.

    Args:
        strength: s, 0 or above.
        factors: f by term or column, 1 for what is not named; 0 leaves a term free. A term that
            several parameters have may be named (parameter, term).
        parameters: the distribution parameters whose coefficients are penalised; all by default.

    Raises:
        LikelierError: for a strength or factor that is not a finite number from 0 up.

    Source: Tibshirani (1996), doi:10.1111/j.2517-6161.1996.tb02080.x.

    Example:
        >>> import likelier as lk
        >>> table = {"y": [0, 2, 1, 5, 4, 9], "x": [0, 1, 2, 3, 4, 5], "z": [1, 0, 0, 1, 1, 0]}
        >>> fit = lk.fit("y ~ x + z", table, "poisson", objective=lk.NLL() + lk.L1(0.2))
        >>> fit.params.estimate.round(3).tolist()
        [-0.222, 0.469, 0.0]
    """

    trains = True
    smooth: ClassVar[bool] = False
    proximal: ClassVar[bool] = True
    inference: ClassVar[str] = "none"

    def __init__(
        self,
        strength: float = 1.0,
        *,
        factors: Mapping[Key, float] | None = None,
        parameters: str | Sequence[str] | None = None,
    ) -> None:
        self.strength, self.factors, self.parameters = check_options(
            "L1", strength, factors, parameters
        )

    def text(self) -> str:
        return options_text("L1", [self.strength], self.factors, self.parameters)

    def bind(self, layout: Layout) -> Addend:
        weights = self.strength * layout.factors(self.factors, self.parameters)
        return Shrinkage(np.zeros(len(weights)), absolute_values(layout.deviations, weights))
