"""The worst rows of a fit: where the tail of their losses begins, and what a better one costs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.display import number
from likelier.errors import LikelierError
from likelier.model.fitting.searching import search
from likelier.objective import NLL, Objective

if TYPE_CHECKING:
    import pandas as pd

    from likelier.model.fitted import Fit

Array = Any


@dataclass(frozen=True, eq=False, repr=False)
class Tail:
    """The worst 1 − level share of the rows that a fit was made of.

    Attributes:
        level: share of the rows' weight that is not in the tail.
        threshold: NLL of a row from which on rows are in the tail, in nats.
        mean: of the NLLs in the tail: the conditional value at risk.
        nll: mean NLL of all rows.
        rows: table of the rows in the tail, the worst first: row (position in the data), observed
            (the target; codes for labels), nll, and the share of the tail that the row makes up.
    """

    level: float
    threshold: float
    mean: float
    nll: float
    rows: pd.DataFrame
    least: Callable[[], float] = field(default=lambda: np.nan)

    @functools.cached_property
    def nll_paid(self) -> float:
        """Mean NLL above that of the maximum-likelihood fit of the same rows, in nats.

        NaN of a network, which has no such fit.
        """
        return float(self.nll - self.least())

    def __repr__(self) -> str:
        worst = self.rows.iloc[0]
        paid = self.nll_paid
        more = "" if np.isnan(paid) else f", {number(paid, 3)} more than at the likelihood's best"
        return (
            f"the worst {100 * (1 - self.level):.3g} % of the rows ({len(self.rows):,}) lie "
            f"beyond an NLL of {number(self.threshold, 4)} nats, {number(self.mean, 4)} in the "
            f"mean; the worst is row {int(worst.row) + 1:,} with {number(worst.nll, 4)}. All rows: "
            f"{number(self.nll, 4)}{more}"
        )


def tail_of(fit: Fit, level: float | None) -> Tail:
    """The tail that `Fit.tail` describes."""
    import pandas as pd

    rows = fit._rows
    function, design = rows.problem.function, rows.design
    if level is None:
        level = getattr(function.risk, "level", 0.9)
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0 < level < 1:
        raise LikelierError(f"the level of a tail is above 0 and below 1; given: {level!r}")
    theta = rows.problem.predictor.from_user(fit.estimate.coefficients)
    losses = function.losses(theta)
    weights = np.ones(design.n) if function.weights is None else function.weights
    order = np.argsort(-losses, kind="stable")
    order = order[weights[order] > 0]
    # From the worst row down until the share is full; of the last row a part may count.
    beyond = (1 - level) * weights.sum()
    before = np.cumsum(weights[order]) - weights[order]
    inside = before < beyond * (1 - 1e-12)
    order = order[inside]
    counted = np.minimum(weights[order], beyond - before[inside])
    y = function.y
    table: dict[str, Any] = {"row": order if design.rows is None else design.rows[order]}
    if isinstance(y, np.ndarray) and y.ndim == 1:
        table["observed"] = y[order]
    share = counted / beyond
    table |= {"nll": losses[order], "share": share}

    def least() -> float:
        if fit.predictor.trained:
            return np.nan
        best = rows.problem.with_objective(Objective(NLL()))
        return float(search(best, None, 0).value) / weights.sum()

    return Tail(
        float(level),
        float(losses[order[-1]]),
        float(share @ losses[order]),
        float(np.average(losses, weights=weights)),
        pd.DataFrame(table),
        least,
    )
