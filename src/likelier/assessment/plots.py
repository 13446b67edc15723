"""`assessment.plot`: the numbers of an assessment handed to the plots of the report floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.assessment.outcomes import Labels, Numbers, Vectors
from likelier.assessment.pit import quantile_residuals
from likelier.errors import LikelierError
from likelier.report import plots
from likelier.report.plots import Plot

if TYPE_CHECKING:
    from likelier.assessment.assessment import Assessment

Array = Any


class AssessmentPlots:
    """The plots of an assessment, each of the rows that were assessed.

    Every method returns a `Plot` with `axes`, `data` and `save(path)`, as those of a fit do.

    Example:
        >>> import likelier as lk
        >>> d = lk.Normal([0.0] * 400, 1.0)
        >>> lk.assess(d, d.sample(seed=0)).plot.pit().data.inside.all().item()
        True
    """

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment

    def pit(self, ax: Any = None, *, bins: int | None = None, level: float = 0.95) -> Plot:
        """Histogram of the PIT, counts spread over their probability; flat if it is right.

        Args:
            ax: matplotlib axes; a new figure when not given.
            bins: number of bars; 20, or 10 for fewer than 400 rows, when not given.
            level: of the band in which all bars stay if the predictions are right.
        """
        a = self.assessment
        below, upto = a.pit_bounds
        upper = None if np.array_equal(below, upto) else upto
        return plots.pit(below, upper, ax, weights=a.weights, bins=bins, level=level)

    def coverage(self, ax: Any = None, *, level: float = 0.95) -> Plot:
        """The share of rows that regions hold, against what they promise.

        Args:
            ax: matplotlib axes; a new figure when not given.
            level: of the band within which shares stay if the predictions are right.
        """
        a = self.assessment
        levels = (np.arange(99) + 1) / 100
        shares = [a._average(a.outcomes.covered(float(q)))[0] for q in levels]
        words = {Numbers: "central interval", Labels: "set of likeliest labels"}
        what = words.get(type(a.outcomes), "region of highest density")
        return plots.coverage(levels, shares, a.n_observations, ax, level=level, what=what)

    def reliability(self, label: Any = None, ax: Any = None, *, bins: int = 10) -> Plot:
        """How often labels came true at each predicted probability, with consistency bars.

        For numbers how many rows lie below each predicted quantile.

        Args:
            label: which one; of two the second and of several all, each a line, when not given.
            ax: matplotlib axes; a new figure when not given.
            bins: number of points.
        """
        a = self.assessment
        if isinstance(a.outcomes, Vectors):
            raise LikelierError("vectors have no reliability diagram; see .coverage()")
        if not isinstance(a.outcomes, Labels):
            return self._quantiles(ax)
        p, o = a.outcomes.probabilities, a.outcomes.happened
        levels = list(a.levels or range(p.shape[1]))
        if label is None and p.shape[1] > 2:
            return plots.reliability_of_labels(p, o, levels, ax, bins=bins, target=a.target)
        if label is None:
            label = levels[1]
        if label not in levels:
            shown = ", ".join(repr(level) for level in levels[:8])
            raise LikelierError(f"reliability(label): one of {shown}; given: {label!r}")
        k = levels.index(label)
        return plots.reliability(p[:, k], o[:, k], ax, bins=bins, event=f"{a.target} = {label}")

    def _quantiles(self, ax: Any) -> Plot:
        from likelier.assessment.calibration import share_below

        a = self.assessment
        below, upto = a.pit_bounds
        rows = np.ones(a.n_rows) if a.weights is None else a.weights
        levels = np.concatenate([[0.01, 0.025], np.linspace(0.05, 0.95, 19), [0.975, 0.99]])
        shares = share_below(below, upto, rows, levels)
        return plots.quantile_reliability(levels, shares, a.n_observations, ax, target=a.target)

    def qq(self, ax: Any = None, *, level: float = 0.95) -> Plot:
        """Quantile residuals against normal quantiles, with a band for each point.

        Args:
            ax: matplotlib axes; a new figure when not given.
            level: of the band of each point.
        """
        return plots.qq(quantile_residuals(self.assessment.pit), ax, level=level)

    def worm(self, ax: Any = None, *, level: float = 0.95) -> Plot:
        """The same with the diagonal taken out: level and within its band if it is right.

        Args:
            ax: matplotlib axes; a new figure when not given.
            level: of the band of each point.
        """
        return plots.worm(quantile_residuals(self.assessment.pit), ax, level=level)
