"""What can be asked of the predictions of a fit: each row's distribution, and how good it is."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Design
from likelier.distributions import Distribution
from likelier.engines import chunks_of
from likelier.errors import LikelierError, did_you_mean
from likelier.model.fitting.problem import inputs_of, observed_cells
from likelier.model.records import CalibratedLinked
from likelier.predictors import Predictor, Workspace

if TYPE_CHECKING:
    import pandas as pd

    from likelier.assessment import Assessment
    from likelier.model.answers.tail import Tail

Array = Any


class Prediction:
    """The part of a `Fit` that predicts rows and says how good its predictions are.

    `self` is always a `Fit`, which this class is a base of.
    """

    def predict(
        self: Any, data: Any = None, *, offset: Any = None, exposure: Any = None
    ) -> Distribution:
        """The predictive distribution of each row.

        Of an `ODE` with several observed columns it has a row for each row of `data` and a column
        for each of those; without `data`, one entry for each cell that was observed. Of labels it
        takes and gives labels as the target has them: `.log_prob(labels)`, `.mode`, `.sample()`.

        Args:
            data: a table with the columns of the formulas; the rows of the fit when not given.
            offset, exposure: for these rows; those of the fit are found in `data` by their name.

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ x", {"y": [3, 1, 4, 7, 9], "x": [0, 1, 2, 3, 4]}, "poisson")
            >>> fit.predict({"x": [5, 6]}).sf(10).round(2).tolist()
            [0.8, 0.99]
        """
        if data is None:
            return self._named(self._fitted)
        design = self._design(data, offset, exposure)
        columns = len(self.predictor.measured or ())
        if columns < 2:
            return self._named(self._distribution(design))
        eta = self._predictors(design).reshape(self.linked.columns, -1, columns)
        with np.errstate(all="ignore"):
            return self.linked.build(eta)

    def prediction_table(
        self: Any,
        data: Any = None,
        level: float = 0.95,
        *,
        offset: Any = None,
        exposure: Any = None,
        covariance: str = "observed",
        groups: Any = None,
    ) -> pd.DataFrame:
        """Predicted means: table of mean, mean_se, mean_ci_lower, mean_ci_upper.

        Standard errors are √(sᵀ C s), s the derivatives of the mean in the linear predictors and
        C their covariance. Limits are those of the linear predictor that moves the mean, taken
        through its link; where several do, they are taken on the log or logit scale of the mean.

        Args:
            data: a table with the columns of the formulas; the rows of the fit when not given.
            level: coverage of the mean, between 0 and 1; `predict_interval` is for observations.
            offset, exposure: as `predict` takes them.
            covariance, groups: as `Fit.covariance` takes its kind and groups.

        Returns:
            A row for each row of `data`; for labels and vectors one set of columns for each, their
            names at the end, where the mean of a label is its probability.

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ x", {"y": [3, 1, 4, 7, 9], "x": [0, 1, 2, 3, 4]}, "poisson")
            >>> fit.prediction_table({"x": [5]}).round(2).values.tolist()
            [[13.66, 5.64, 6.09, 30.67]]
        """
        from likelier.model.answers.means import mean_table

        return mean_table(self, self._design(data, offset, exposure), level, covariance, groups)

    def predict_interval(
        self: Any,
        data: Any = None,
        level: float = 0.95,
        *,
        parameter_uncertainty: bool = True,
        draws: int = 128,
        seed: int = 0,
        offset: Any = None,
        exposure: Any = None,
        covariance: str = "observed",
        groups: Any = None,
    ) -> pd.DataFrame:
        """Intervals for new observations that count the uncertainty of the estimates too.

        The linear predictors of a row are drawn from the normal approximation of their estimates,
        the cdf of an observation is averaged over the draws, and its quantiles are the limits.
        An observation has weight 1.

        Args:
            data: a table with the columns of the formulas; the rows of the fit when not given.
            level: probability that a new observation lies inside, between 0 and 1.
            parameter_uncertainty: whether the uncertainty of the estimates counts.
            draws: of the linear predictors; seed: of them.
            offset, exposure: as `predict` takes them.
            covariance, groups: as `Fit.covariance` takes its kind and groups.

        Returns:
            Table of lower, upper and the variance of the observation, split into noise_variance
            (that of its distribution) and parameter_variance (that of its mean).

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ x", {"y": [3, 1, 4, 7, 9], "x": [0, 1, 2, 3, 4]}, "poisson")
            >>> fit.predict_interval({"x": [5]}, 0.9)[["lower", "upper"]].values.tolist()
            [[5.0, 29.0]]
            >>> fit.predict_interval({"x": [5]}, 0.9, parameter_uncertainty=False).upper.tolist()
            [20.0]
        """
        from likelier.model.answers.means import interval_table

        design = self._design(data, offset, exposure)
        return interval_table(
            self, design, level, parameter_uncertainty, draws, seed, covariance, groups
        )

    def residuals(self: Any, kind: str = "quantile", seed: int = 0) -> Array:
        """Residuals of the rows of the fit (or of those given to `on`), (n,).

        Args:
            kind: "quantile" (Φ⁻¹ of the PIT, randomised for discrete families; standard normal if
                the model is right; Dunn and Smyth 1996, doi:10.2307/1390802), "pearson"
                ((y − mean) / stddev) or "response" (y − mean).
            seed: of the randomisation.

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ x", {"y": [1.0, 2.0, 4.0], "x": [0.0, 1.0, 2.0]}, "normal")
            >>> fit.residuals("response").round(3).tolist()
            [0.167, -0.333, 0.167]
        """
        from likelier.assessment import pit, quantile_residuals

        y = self._rows.problem.function.y
        if kind == "quantile":
            return quantile_residuals(pit(self._fitted, y, seed))
        if kind == "pearson":
            return (y - self._fitted.mean) / self._fitted.stddev
        if kind == "response":
            return y - self._fitted.mean
        hint = did_you_mean(kind, ("quantile", "pearson", "response"))
        raise LikelierError(f"no residuals of kind {kind!r}.{hint}")

    def tail(self: Any, level: float | None = None) -> Tail:
        """The worst rows of the fit: threshold, mean and rows of the tail of their NLLs.

        Of a fit with `CVaR` they are the rows that count, and `.nll_paid` is what the mean NLL
        has paid for them; of any other fit they are what CVaR would look at.

        Args:
            level: share of the rows that is not in the tail; that of the `CVaR`, else 0.9.

        Example:
            >>> import likelier as lk
            >>> made = {"y": [1.0, 2.0, 3.0, 4.0, 9.0]}
            >>> unit = lk.Fixed(lk.Normal, scale=1)
            >>> tail = lk.fit("y ~ 1", made, unit, objective=lk.CVaR(0.6)).tail()
            >>> tail.rows.row.tolist(), round(tail.mean, 3), round(tail.nll_paid, 3)
            ([0, 4], 8.919, 0.72)
        """
        from likelier.model.answers.tail import tail_of

        return tail_of(self, level)

    def assess(
        self: Any,
        data: Any = None,
        *,
        y: Any = None,
        groups: Any = None,
        weights: Any = None,
        missing: str = "raise",
        seed: int = 0,
        which: str | None = None,
    ) -> Assessment:
        """Say how good the predictions of rows whose target is known are.

        Args:
            data: a table with the target and the columns of the formulas, best of rows that the
                fit has not seen; those of the fit when not given, on which every model looks
                better than it is.
            y: the target, where arrays were fitted.
            groups: column name or (n,) array, for `Assessment.by_group`.
            weights: column name or (n,) array; by default the column that the fit used.
            missing: "raise" or "drop".
            seed: of what is drawn.
            which: what to call the rows in the verdict, such as "held-out rows".

        Example:
            >>> import likelier as lk
            >>> visits = lk.datasets.load("randhie")
            >>> fit = lk.fit("mdvis ~ disea", visits.head(1000), "poisson")
            >>> fit.assess(visits.tail(1000)).verdict.split(":")[0]
            'Too sure of itself'
        """
        from likelier.model.answers.assessing import assess_fit

        return assess_fit(self, data, groups, missing, seed, which, y=y, weights=weights)

    # ------------------------------------------------------------------ within

    def _design(self: Any, data: Any, offset: Any, exposure: Any) -> Design:
        """The design of the rows of a table, or of those of the fit."""
        if data is None:
            return self._rows.design
        design = self.recipe.design(data, offset=offset, exposure=exposure)
        return observed_cells(design, self.distribution, self.predictor)

    @functools.cached_property
    def _fitted(self: Any) -> Distribution:
        return self._distribution(self._rows.design)

    def _named(self: Any, distribution: Distribution) -> Distribution:
        """Predictions that know the labels of the target, if it has any."""
        return distribution.labelled(self.facts.levels) if self.facts.levels else distribution

    def _distribution(self: Any, design: Design) -> Distribution:
        eta = self._predictors(design)
        with np.errstate(all="ignore"):
            return self._predictive.build(eta, design.extra)

    @property
    def _predictive(self: Any) -> Any:
        """What makes a distribution of linear predictors: the links, and what calibrates it."""
        if self.recalibration is None:
            return self.linked
        return CalibratedLinked(self.linked, self.recalibration.calibrator)

    def _predictors(self: Any, design: Design) -> Array:
        """Linear predictors of the rows of a design, (K, n)."""
        predictor = self._predictor_of(design)
        work, theta = Workspace(), self.estimate.coefficients
        parts = [
            predictor.forward(theta, rows, work)
            for chunk in chunks_of(design.n, predictor.breadth)
            for rows in chunk
        ]
        return np.concatenate(parts, axis=1) if parts else np.empty((predictor.columns, 0))

    def _predictor_of(self: Any, design: Design) -> Predictor:
        """The predictor of the rows of a design, whose theta are the coefficients."""
        return self.predictor.bind(inputs_of(design, self.linked, plain=True))
