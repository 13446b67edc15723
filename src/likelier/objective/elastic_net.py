"""Absolute values and squares of the coefficients together: the elastic net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from likelier.errors import LikelierError
from likelier.objective._base import Addend, Penalty
from likelier.objective._layout import Key, Layout, check_number, check_options, options_text
from likelier.objective._shrinkage import Shrinkage, absolute_values


class ElasticNet(Penalty):
    r"""Elastic net: adds s Σⱼ fⱼ (a |bⱼ| + (1 − a)/2 bⱼ²) to the mean NLL, a the `l1_ratio`.

    Columns that are nearly alike enter together, where `L1` takes one of them. b are the
    coefficients of columns divided by their weighted standard deviation (divisor n); intercepts are
    never penalised, and estimates are reported on the user's own scale.

    Args:
        strength: s, 0 or above.
        l1_ratio: a, from 0 (ridge) to 1 (lasso).
        factors: f by term or column, 1 for what is not named; 0 leaves a term free. A term that
            several parameters have may be named (parameter, term).
        parameters: the distribution parameters whose coefficients are penalised; all by default.

    Raises:
        LikelierError: for a number outside its range.

    Source: Zou and Hastie (2005), doi:10.1111/j.1467-9868.2005.00503.x, with the mixture as in
    Friedman, Hastie and Tibshirani (2010), doi:10.18637/jss.v033.i01.

    Example:
        >>> import likelier as lk
        >>> lk.ElasticNet(0.1, 0.5).text()
        'ElasticNet(0.1, 0.5)'
    """

    trains = True
    smooth: ClassVar[bool] = False
    proximal: ClassVar[bool] = True
    inference: ClassVar[str] = "none"

    def __init__(
        self,
        strength: float = 1.0,
        l1_ratio: float = 0.5,
        *,
        factors: Mapping[Key, float] | None = None,
        parameters: str | Sequence[str] | None = None,
    ) -> None:
        self.strength, self.factors, self.parameters = check_options(
            "ElasticNet", strength, factors, parameters
        )
        self.l1_ratio = check_number("l1_ratio of ElasticNet", l1_ratio)
        if self.l1_ratio > 1:
            raise LikelierError(f"l1_ratio of ElasticNet is at most 1; given: {l1_ratio!r}")

    def text(self) -> str:
        numbers = [self.strength, self.l1_ratio]
        return options_text("ElasticNet", numbers, self.factors, self.parameters)

    def bind(self, layout: Layout) -> Addend:
        weights = self.strength * layout.factors(self.factors, self.parameters)
        deviations = layout.deviations
        return Shrinkage(
            (1 - self.l1_ratio) * weights * deviations**2,
            absolute_values(deviations, self.l1_ratio * weights),
        )
