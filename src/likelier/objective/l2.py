"""The squares of the coefficients: ridge regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from likelier.objective._base import Addend, Penalty
from likelier.objective._layout import Key, Layout, check_options, options_text
from likelier.objective._shrinkage import Shrinkage


class L2(Penalty):
    r"""Ridge: adds s/2 Σⱼ fⱼ bⱼ² to the mean NLL, which draws coefficients towards 0.

    b are the coefficients of columns divided by their weighted standard deviation (divisor n);
    intercepts are never penalised, and estimates are reported on the user's own scale. Standard
    errors are those of the penalised curvature: they say how far the estimate would move, not how
    far it has been drawn from the truth.

    Args:
        strength: s, 0 or above.
        factors: f by term or column, 1 for what is not named; 0 leaves a term free. A term that
            several parameters have may be named (parameter, term).
        parameters: the distribution parameters whose coefficients are penalised; all by default.

    Raises:
        LikelierError: for a strength or factor that is not a finite number from 0 up.

    Source: Hoerl and Kennard (1970), doi:10.1080/00401706.1970.10488634; le Cessie and van
    Houwelingen (1992), doi:10.2307/2347628.

    Example:
        >>> import likelier as lk
        >>> table = {"y": [0, 0, 1, 1], "x": [0.0, 1.0, 2.0, 3.0]}  # separated: no finite maximum
        >>> fit = lk.fit("y ~ x", table, "bernoulli", objective=lk.NLL() + lk.L2(0.1))
        >>> fit.converged, fit.params.estimate.round(3).tolist()
        (True, [-2.042, 1.361])
    """

    trains = True

    def __init__(
        self,
        strength: float = 1.0,
        *,
        factors: Mapping[Key, float] | None = None,
        parameters: str | Sequence[str] | None = None,
    ) -> None:
        self.strength, self.factors, self.parameters = check_options(
            "L2", strength, factors, parameters
        )

    def text(self) -> str:
        return options_text("L2", [self.strength], self.factors, self.parameters)

    def bind(self, layout: Layout) -> Addend:
        factors = layout.factors(self.factors, self.parameters)
        return Shrinkage(self.strength * factors * layout.deviations**2)
