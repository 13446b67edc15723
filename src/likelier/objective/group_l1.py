"""The norms of groups of coefficients: terms that enter a model as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from likelier.errors import LikelierError
from likelier.objective._base import Addend, Penalty
from likelier.objective._kinks import Kinks
from likelier.objective._layout import Key, Layout, check_options, options_text
from likelier.objective._shrinkage import Shrinkage


class GroupL1(Penalty):
    r"""Group lasso: adds s Σ_g f_g √size_g ‖b_g‖ to the mean NLL, g the terms of the formula.

    All columns of a factor or a spline, and the coefficients of all classes, enter together; a
    term of one coefficient is penalised as by `L1`. b are the coefficients of columns divided by
    their weighted standard deviation (divisor n); intercepts are never penalised, and estimates
    are reported on the user's own scale.

    Args:
        strength: s, 0 or above.
        factors: f by term, 1 for what is not named; 0 leaves a term free. A term that several
            parameters have may be named (parameter, term).
        parameters: the distribution parameters whose coefficients are penalised; all by default.

    Raises:
        LikelierError: for a strength or factor that is not a finite number from 0 up, or for a
            factor of some columns of a term only.

    Source: Yuan and Lin (2006), doi:10.1111/j.1467-9868.2005.00532.x; Meier, van de Geer and
    Bühlmann (2008), doi:10.1111/j.1467-9868.2007.00627.x.

    Example:
        >>> import likelier as lk
        >>> lk.GroupL1(0.1, factors={"age": 0}).text()
        "GroupL1(0.1, factors={'age': 0})"
    """

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
            "GroupL1", strength, factors, parameters
        )

    def text(self) -> str:
        return options_text("GroupL1", [self.strength], self.factors, self.parameters)

    def bind(self, layout: Layout) -> Addend:
        factors = layout.factors(self.factors, self.parameters)
        deviations = layout.deviations
        size = len(factors)
        member = np.full(size, -1)
        norms: list[float] = []
        for _, term, positions in layout.terms:
            own = positions[deviations[positions] > 0]
            if not len(own) or not factors[own].any():
                continue
            if np.ptp(factors[own]):
                raise LikelierError(
                    f"GroupL1 takes one factor for all columns of `{term}`, which enter together"
                )
            member[own] = len(norms)
            norms.append(self.strength * factors[own[0]] * np.sqrt(len(own)))
        scale = np.where(deviations > 0, deviations, 1.0)
        kinks = Kinks(scale, np.zeros(size), member, np.array(norms))
        return Shrinkage(np.zeros(size), kinks)
