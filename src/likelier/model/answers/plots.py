"""`fit.plot`: the fit's own numbers handed to the plots of the report floor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.model.answers.counts import counts_data
from likelier.model.answers.curves import (
    FAN,
    LEVELS,
    has_errors,
    history_curves,
    profile_data,
    quantile_data,
    row_influence,
)
from likelier.model.answers.observed import dense_column, observed, row_counts
from likelier.model.names import target_name
from likelier.report import plots
from likelier.report.plots import Plot

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any


class FitPlots:
    """The plots of one fit, each of the rows that it was fitted to.

    Every method returns a `Plot` with its matplotlib `axes`, its `data` (a data frame) and
    `save(path)`; `ax` draws into axes that exist already.

    Example:
        >>> import likelier as lk
        >>> fit = lk.fit("mdvis ~ disea", lk.datasets.load("randhie").head(500), "poisson")
        >>> plot = fit.plot.rootogram()
        >>> plot.data.columns.tolist()[:4]
        ['lower', 'upper', 'observed', 'poisson']
    """

    def __init__(self, fit: Fit) -> None:
        self.fit = fit

    def profile(
        self,
        term: str | tuple[str, str],
        ax: Any = None,
        *,
        level: float = 0.95,
        points: int = 21,
        scale: str = "likelihood",
    ) -> Plot:
        """The likelihood curve of a coefficient with its maximum, interval and Wald's parabola.

        Args:
            term: a term's name, or (parameter, term) where several parameters have it.
            ax: matplotlib axes; a new figure when not given.
            level: of the interval.
            points: at how many values the other coefficients are refitted.
            scale: "likelihood" (relative to the maximum) or "deviance".
        """
        return plots.profile(profile_data(self.fit, term, level, points), ax, scale=scale)

    def likelihood(
        self,
        term: str | tuple[str, str],
        term2: str | tuple[str, str] | None = None,
        ax: Any = None,
        *,
        points: int = 25,
    ) -> Plot:
        """The likelihood of two coefficients as regions, their normal approximation beside them.

        Args:
            term, term2: names of terms, or (parameter, term) where several parameters have them;
                with one of them, its likelihood curve as `profile` draws it.
            ax: matplotlib axes; a new figure when not given.
            points: values of each coefficient at which the others are refitted.
        """
        if term2 is None:
            return plots.profile(profile_data(self.fit, term, points=points), ax)
        from likelier.model.answers.surfaces import surface_data

        return plots.likelihood(surface_data(self.fit, term, term2, points), ax)

    def pit(
        self, seed: int = 0, ax: Any = None, *, bins: int | None = None, level: float = 0.95
    ) -> Plot:
        """Histogram of the PIT: flat if the predictions are calibrated.

        Args:
            seed: of the randomisation, for discrete families.
            ax: matplotlib axes; a new figure when not given.
            bins: number of bars; 20, or 10 for fewer than 400 rows, when not given.
            level: of the band in which all bars stay if the model is right.
        """
        from likelier.assessment import pit

        values = pit(self.fit._fitted, observed(self.fit), seed)
        return plots.pit(values, ax=ax, weights=row_counts(self.fit), bins=bins, level=level)

    def counts(self, ax: Any = None) -> Plot:
        """Observed against fitted counts: bars and points.

        Args:
            ax: matplotlib axes; a new figure when not given.
        """
        return plots.counts(counts_data([self.fit]), ax)

    def rootogram(self, ax: Any = None) -> Plot:
        """Hanging rootogram of observed against fitted counts.

        Square roots of counts: bars hang from what was expected, and miss 0 by what is wrong.

        Args:
            ax: matplotlib axes; a new figure when not given.

        Source: Kleiber and Zeileis (2016), doi:10.1080/00031305.2016.1173590.
        """
        return plots.rootogram(counts_data([self.fit]), ax)

    def residuals(self, against: str | None = None, seed: int = 0, ax: Any = None) -> Plot:
        """Quantile residuals against the fitted mean, or against a column of the design.

        Args:
            against: a column's name as the table of coefficients writes it.
            seed: of the randomisation, for discrete families.
            ax: matplotlib axes; a new figure when not given.
        """
        values = self._residuals(seed)
        if against is not None:
            return plots.residuals(values, self._column(against), ax, name=against)
        center, word = _center(self.fit)
        low, high = float(center.min()), float(center.max())
        name = f"fitted {word} of {target_name(self.fit)}"
        wide = low > 0 and high > 20 * low
        return plots.residuals(values, center, ax, name=name, logarithmic=wide)

    def worm(self, seed: int = 0, ax: Any = None, *, level: float = 0.95) -> Plot:
        """Worm plot of the quantile residuals: level and within its band if the family is right.

        Args:
            seed: of the randomisation, for discrete families.
            ax: matplotlib axes; a new figure when not given.
            level: of the band of each point.

        Source: van Buuren and Fredriks (2001), doi:10.1002/sim.746.
        """
        return plots.worm(self._residuals(seed), ax, level=level)

    def coefficients(
        self, ax: Any = None, *, level: float = 0.95, intercepts: bool = False
    ) -> Plot:
        """Estimates with their intervals beside 0.

        Args:
            ax: matplotlib axes; a new figure when not given.
            level: of the intervals.
            intercepts: whether to show intercepts too.
        """
        lines = self.fit.summary(level).data.coefficients
        shown = [c for c in lines if intercepts or c.term != "intercept"] or lines
        return plots.coefficients(shown, ax, links=self.fit.links, level=level)

    def reliability(self, label: Any = None, ax: Any = None, *, bins: int = 10) -> Plot:
        """Reliability diagram of the predicted probability of one label.

        Args:
            label: which one; the second of two when not given.
            ax: matplotlib axes; a new figure when not given.
            bins: number of points.
        """
        fit = self.fit
        if fit.distribution.support.name not in ("labels", "binary"):
            raise LikelierError(
                f"a reliability diagram is of labels, and {fit.distribution.text()} has none; "
                "use .pit()"
            )
        levels = fit.facts.levels or (0, 1)
        if label is None and len(levels) == 2:
            label = levels[1]
        if label not in levels:
            shown = ", ".join(repr(level) for level in levels[:8])
            raise LikelierError(f"reliability(label): one of {shown}; given: {label!r}")
        code = levels.index(label)
        y = np.asarray(observed(fit), dtype=float)
        probability = np.exp(fit._fitted.log_prob(np.full(len(y), float(code))))
        named = f"{target_name(fit)} = {label}"
        return plots.reliability(probability, y == code, ax, bins=bins, event=named)

    def coverage(self, ax: Any = None, *, level: float = 0.95) -> Plot:
        """The share of rows that intervals, or sets of labels, hold against what they promise.

        Args:
            ax: matplotlib axes; a new figure when not given.
            level: of the band within which shares stay if the model is right.
        """
        return self.fit.assess().plot.coverage(ax, level=level)

    def qq(self, seed: int = 0, ax: Any = None, *, level: float = 0.95) -> Plot:
        """Quantile residuals against normal quantiles, with a band for each point.

        Args:
            seed: of the randomisation, for discrete families.
            ax: matplotlib axes; a new figure when not given.
            level: of the band of each point.
        """
        return plots.qq(self._residuals(seed), ax, level=level)

    def fan(self, column: str, data: Any, ax: Any = None) -> Plot:
        """Median and 50 and 90 % intervals along a column, over the rows of a table.

        Args:
            column: of numbers; the other columns stand at their median or commonest label.
            data: a table with the target and the columns of the formulas.
            ax: matplotlib axes; a new figure when not given.
        """
        return plots.fan(quantile_data(self.fit, column, data, FAN), ax)

    def centiles(
        self, column: str, data: Any, levels: Sequence[float] = LEVELS, ax: Any = None
    ) -> Plot:
        """Predicted quantiles along a column, each with the share of rows below it.

        Args:
            column: of numbers; the other columns stand at their median or commonest label.
            data: a table with the target and the columns of the formulas.
            levels: of the quantiles.
            ax: matplotlib axes; a new figure when not given.
        """
        return plots.centiles(quantile_data(self.fit, column, data, levels), ax)

    def trajectory(
        self,
        column: str | None = None,
        experiment: Any = None,
        ax: Any = None,
        *,
        level: float = 0.9,
    ) -> Plot:
        """A curve of a differential equation over its time, with bands and what was observed.

        The inner band is of the noise alone, the outer one counts the parameters too.

        Args:
            column: measured; the first when not given.
            experiment: a group of rows; the first when not given.
            ax: matplotlib axes; a new figure when not given.
            level: probability of the bands.
        """
        from likelier.model.answers.trajectories import chosen, trajectory_data

        found = trajectory_data(self.fit, [chosen(self.fit, column, experiment)], level)
        return plots.trajectory(found[0], ax)

    def learning_curves(self, score: str | None = None, ax: Any = None) -> Plot:
        """How the NLL and the squared error fell in training, on its rows and on held-out ones.

        Where the network became surer than it is right, the epochs from there on are shaded.

        Args:
            score: "nll" or "mse" for one of the two; where the solver keeps no squared errors the
                NLL alone is drawn.
            ax: matplotlib axes, whose place is parted in two for both; a new figure when not given.
        """
        fit = self.fit
        step, curves, unit, steps = history_curves(fit, score or "nll")
        found = [d.evidence for d in fit.diagnoses if d.kind == "overconfident training"]
        return plots.learning_curves(
            step,
            curves,
            ax,
            unit=unit,
            steps=steps,
            best=float(np.median(fit.facts.chosen)) if fit.facts.chosen else None,
            surer=found[0]["epoch"] if found else None,
            errors=history_curves(fit, "mse")[1] if score is None and has_errors(fit) else None,
        )

    def influence(self, ax: Any = None) -> Plot:
        """How far each row alone moves the estimates, against how unusual its features are.

        Args:
            ax: matplotlib axes; a new figure when not given.

        Source: Cook (1986), doi:10.1111/j.2517-6161.1986.tb01398.x.
        """
        fit = self.fit
        leverage, displacement = row_influence(fit)
        names = [re.sub("^row ", "", fit._rows.design.row_name(i)) for i in range(len(leverage))]
        k = int(fit.degrees_of_freedom)
        return plots.influence(leverage, displacement, ax, names=names, coefficients=k)

    def _residuals(self, seed: int) -> Array:
        observed(self.fit)
        return self.fit.residuals("quantile", seed)

    def _column(self, name: str) -> Array:
        known: list[str] = []
        for matrix in self.fit._rows.design.matrices.values():
            if name in matrix.names:
                return dense_column(matrix.values, matrix.names.index(name))
            known += matrix.names
        raise LikelierError(f"no column {name!r} in the design.{did_you_mean(name, known)}")


def _center(fit: Fit) -> tuple[Array, str]:
    """The fitted mean, or the median where a family has no finite mean."""
    mean = np.asarray(fit._fitted.mean, dtype=float)
    if np.all(np.isfinite(mean)):
        return mean, "mean"
    return np.asarray(fit._fitted.median, dtype=float), "median"
