"""`frontier`: what each strength of a fairness penalty costs and buys on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.assessment import weighted_mean
from likelier.data import hold_out, read_table
from likelier.distributions import Distribution
from likelier.errors import LikelierError
from likelier.model.fit import fit
from likelier.model.fitted import Fit
from likelier.model.fitting.problem import target_values
from likelier.model.rows import target_design
from likelier.objective import NLL, GroupPenalty, Objective, Term, Weighted

if TYPE_CHECKING:
    import pandas as pd

    from likelier.report import FrontierData
    from likelier.report.plots import Plot

Array = Any

__all__ = ["Frontier", "frontier"]


@dataclass(frozen=True, eq=False, repr=False)
class Frontier:
    """Fits of one model at rising strengths of a penalty; made by `likelier.frontier`.

    Attributes:
        table: one row a strength: strength; nll (mean of a held-out row); accuracy for labels, mse
            (of the mean) else; gap on held-out rows; the standard error of each (nll_se, …), by
            what held-out rows vary; nll_paid, what the strength costs in NLL beside the first one,
            row by row, with its nll_paid_se; nll_fitted and gap_fitted on the rows fitted. The gap
            is that of the penalty: for two groups, the absolute difference of their mean predicted
            means.
        fits: the fit at each strength.
        penalty: as text, at strength 1; n_held_out: rows that were held out.

    Example:
        >>> import likelier as lk
        >>> made = {"y": [0, 0, 1, 0, 1, 1] * 9, "x": [0, 1, 2, 1, 2, 3] * 9}
        >>> made["sex"] = ["f", "f", "m", "f", "m", "m"] * 9
        >>> parity = lk.DemographicParity("sex")
        >>> found = lk.frontier("y ~ x", made, "bernoulli", parity, [0.1, 10])
        >>> found.n_held_out, found.table.columns.tolist()[:4]
        (16, ['strength', 'nll', 'accuracy', 'gap'])
    """

    table: pd.DataFrame
    fits: tuple[Fit, ...]
    penalty: str
    n_held_out: int

    def plot(self, ax: Any = None) -> Plot:
        """Held-out NLL over the gap, each strength named; hollow where another beats it in both.

        Bars are ± 2 standard errors: of the gap, and of the NLL paid beside the first strength.

        Args:
            ax: matplotlib axes; a new figure when not given.
        """
        from likelier.report.plots import frontier as drawn

        # All strengths are judged by the same rows, so that what one costs beside another is known
        # far better than the NLL itself.
        table = self.table.drop(columns="nll_se").rename(columns={"nll_paid_se": "nll_se"})
        return drawn(table, ax, x_name="gap between groups, held-out rows")

    @property
    def _data(self) -> FrontierData:
        from likelier.report import FrontierData

        first = self.fits[0]
        table = self.table
        return FrontierData(
            first.facts.target,
            first.distribution.text(),
            self.penalty,
            self.n_held_out,
            table.columns[2],
            {name: table[name].tolist() for name in table.columns},
        )

    def __repr__(self) -> str:
        from likelier.report import frontier_text

        return frontier_text(self._data)

    def _repr_html_(self) -> str:
        from likelier.report import frontier_html

        return frontier_html(self._data)


def frontier(
    formula: Any,
    data: Any,
    distribution: str | type[Distribution],
    penalty: Term | Objective,
    strengths: Sequence[float] = (0, 0.1, 0.3, 1, 3, 10, 30, 100),
    *,
    held_out: float = 0.3,
    validation: Any = None,
    risk: Term | None = None,
    missing: str = "raise",
    seed: int = 0,
    **options: Any,
) -> Frontier:
    """What fairness costs: NLL, accuracy and gap on held-out rows, over strengths of a penalty.

    Args:
        formula, data, distribution, missing: as in `fit`; data is a table.
        penalty: `DemographicParity("sex")` or `EqualizedOdds("sex")`, whose group is a column.
        strengths: what the penalty is multiplied by, 0 or above; taken in rising order.
        held_out: share of the rows that is held out, by chance.
        validation: a table of rows to judge by, instead of a share of `data`.
        risk: what the penalty is added to; `NLL()` when not given.
        seed: of the split.
        options: further keywords of `fit`; columns are given by their names.

    Returns:
        A `Frontier`: `.table`, `.plot()`, `.fits`.

    Raises:
        LikelierError: there is no such penalty, a strength is negative, or no row is held out; and
            whatever `fit` raises.

    Example:
        >>> import likelier as lk
        >>> votes = lk.datasets.load("anes96")
        >>> votes["young"] = votes.age < 35
        >>> parity = lk.DemographicParity("young")
        >>> found = lk.frontier("vote ~ PID + age", votes, "bernoulli", parity, [0, 10, 1000])
        >>> bool(found.table.gap_fitted.is_monotonic_decreasing)
        True
    """
    given = Objective.of(penalty)
    one = given.penalties[0] if given.risk is None and len(given.penalties) == 1 else None
    if one is None or not isinstance(one.penalty, GroupPenalty):
        raise LikelierError(
            "a frontier is of one penalty of groups, such as lk.DemographicParity(\"sex\"); given: "
            f"{given.text()}"
        )  # fmt: skip
    group = one.penalty.group
    if not isinstance(group, str):
        raise LikelierError("a frontier splits a table, so its group is the name of a column")
    values = np.sort(np.atleast_1d(np.asarray(strengths, dtype=float)))
    if not len(values) or not np.all((values >= 0) & np.isfinite(values)):
        raise LikelierError("strengths of a frontier are finite numbers, 0 or above")
    if validation is None and not 0 < held_out < 1:
        raise LikelierError(f"held_out is a share between 0 and 1; given: {held_out!r}")
    table = read_table(data)
    table.column(group)
    if validation is None:
        clusters = options.get("groups")
        rest, others = hold_out(table, held_out, seed, clusters)
    else:
        rest, others = table, read_table(validation)
    base = Objective.of(NLL() if risk is None else risk)
    fits, rows, first = [], [], None
    for strength in values:
        found = fit(
            formula,
            rest,
            distribution,
            objective=base + Objective(None, (Weighted(strength * one.strength, one.penalty),)),
            missing=missing,
            seed=seed,
            **options,
        )
        fits.append(found)
        held, near = (_judged(found, part, one.penalty, missing) for part in (others, rest))
        first = held if first is None else first
        row = {"strength": strength, "nll": 0.0, held.score: 0.0, "gap": 0.0}
        for name, values in (
            ("nll", held.losses),
            (held.score, held.right),
            ("nll_paid", held.losses - first.losses),
        ):
            row[name], row[f"{name}_se"] = weighted_mean(values, held.weights)
        row["gap"], row["gap_se"] = held.gap
        row["nll_fitted"] = weighted_mean(near.losses, near.weights)[0]
        row["gap_fitted"] = near.gap[0]
        rows.append(row)
    import pandas as pd

    text = Objective(None, (one,)).text()
    return Frontier(pd.DataFrame(rows), tuple(fits), text, others.n)


@dataclass(frozen=True, eq=False)
class _Judged:
    """What a fit says of the rows of a table.

    Attributes:
        losses: NLL of each row; right: its `score`, (n,); weights: (n,) or None.
        score: "accuracy" or "mse".
        gap: between groups, and its standard error.
    """

    losses: Array
    right: Array
    score: str
    weights: Array | None
    gap: tuple[float, float]


def _judged(found: Fit, table: Any, penalty: GroupPenalty, missing: str) -> _Judged:
    """NLL, score and gap of a fit on the rows of a table."""
    design = target_design(found, table, missing=missing)
    y = target_values(design, found.distribution)
    predictions = found._distribution(design)
    column = table.column(penalty.name)
    groups = column.data
    if column.kind != "number":
        codes, levels, _ = column.labels()
        groups = np.array([str(level) for level in levels], dtype=object)[codes]
    if design.rows is not None:
        groups = groups[design.rows]
    weights = design.weights
    support = found.distribution.support.name
    if support in ("labels", "binary"):
        score, right = "accuracy", 1.0 * (np.asarray(predictions.mode) == y)
    else:
        right = (np.asarray(predictions.mean) - y) ** 2
        score, right = "mse", right if right.ndim == 1 else right.mean(axis=1)
    gap = penalty.gap(groups, predictions, y, weights)
    return _Judged(-predictions._log_prob(y), right, score, weights, gap)
