"""`Fit`: what a fit hands back, and everything that can be asked of it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Design, Recipe
from likelier.diagnosis import Diagnosed, Diagnoses
from likelier.distributions import Distribution, Linked
from likelier.engines import chunks_of
from likelier.errors import LikelierError, did_you_mean
from likelier.inference import Information
from likelier.model.answers.describe import summarise
from likelier.model.answers.inferring import Inference
from likelier.model.answers.terms import index_of, names_of
from likelier.model.files.saving import save
from likelier.model.fitting.problem import inputs_of, observed_cells
from likelier.model.fitting.training_words import refuse_errors
from likelier.model.records import CalibratedLinked, Recalibration
from likelier.model.records import Estimate as Estimate
from likelier.model.records import Facts as Facts
from likelier.model.records import Sample as Sample
from likelier.predictors import Linear, Predictor, PredictorSpec, Workspace
from likelier.report import Summary
from likelier.solvers import Solution

if TYPE_CHECKING:
    import pandas as pd

    from likelier.assessment import Assessment
    from likelier.model.answers.plots import FitPlots
    from likelier.model.answers.tail import Tail

Array = Any


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Inference):
    """A fitted model: a predictive distribution, its estimates, and how far to trust them.

    Made by `likelier.fit`; read-only. Tables are pandas data frames with the columns `parameter`
    (of the distribution; classes and components in brackets), `term` and their numbers. Estimates
    are on the scale of the linear predictors.

    Example:
        >>> import likelier as lk
        >>> fit = lk.fit("y ~ x", {"y": [3, 1, 4, 7, 9], "x": [0, 1, 2, 3, 4]}, "poisson")
        >>> print(str(fit).splitlines()[0])
        y as poisson · 5 rows · log-likelihood −9.165 · AIC 22.33 · BIC 21.55 · 2 coefficients
    """

    linked: Linked
    recipe: Recipe
    estimate: Estimate
    facts: Facts
    diagnosed: Diagnosed = field(default_factory=Diagnosed)
    sample: Sample | None = None
    contest: Any = field(default=None)
    predictor: PredictorSpec = field(default_factory=Linear)
    recalibration: Recalibration | None = None

    # ------------------------------------------------------------------ facts

    @property
    def distribution(self) -> type[Distribution]:
        """The family."""
        return self.linked.family

    @property
    def links(self) -> dict[str, str]:
        """The link of each parameter with a linear predictor; what a curve gives has none."""
        curved = self.predictor.links(self.distribution)
        return {k: link for k, link in self.linked.link_names.items() if k not in curved}

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at the estimate, constants included, in nats."""
        return self.facts.log_likelihood

    @property
    def nll(self) -> float:
        """Mean negative log-likelihood of an observation, in nats."""
        return -self.facts.log_likelihood / self.facts.n_observations

    @property
    def n_observations(self) -> float:
        """Number of observations: rows, or the sum of frequency weights."""
        n = self.facts.n_observations
        return int(n) if n == int(n) else n

    @property
    def degrees_of_freedom(self) -> float:
        """Number of free coefficients; of a penalised fit the effective number."""
        return self.facts.degrees_of_freedom

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k − 2 log L. Akaike (1974), doi:10.1109/TAC.1974.1100705."""
        return 2 * self.degrees_of_freedom - 2 * self.log_likelihood

    @property
    def aicc(self) -> float:
        """AIC corrected for small samples, AIC + 2 k (k + 1) / (n − k − 1); inf for n ≤ k + 1.

        Hurvich and Tsai (1989), doi:10.1093/biomet/76.2.297.
        """
        k, rest = self.degrees_of_freedom, self.n_observations - self.degrees_of_freedom - 1
        return self.aic + 2 * k * (k + 1) / rest if rest > 0 else math.inf

    @property
    def bic(self) -> float:
        """Schwarz's criterion, k log n − 2 log L. Schwarz (1978), doi:10.1214/aos/1176344136."""
        return self.degrees_of_freedom * math.log(self.n_observations) - 2 * self.log_likelihood

    @property
    def diagnoses(self) -> Diagnoses:
        """What is wrong with the fit and what to know of it, the most serious first."""
        return self.diagnosed.all

    @property
    def converged(self) -> bool:
        """Whether all estimates are finite, the gradient small and the curvature definite.

        False at a boundary too (a dispersion that goes to 0), where the other estimates and their
        standard errors stand: a diagnosis that is no more than a warning says so.
        """
        return self.facts.converged

    @property
    def penalised(self) -> bool:
        """Whether a penalty was added to the risk, so that the estimate is not of likelihood."""
        return any(strength > 0 for _, strength, _ in self.facts.terms[1:])

    @property
    def objective_terms(self) -> pd.DataFrame:
        """Table of the objective's terms: term, strength, value, mean.

        `value` is a sum over rows, in nats, and the objective is the sum of strength times value;
        `mean` is what a term adds to the mean over rows. The risk stands first; where it is not
        the likelihood, the plain NLL stands last with strength 0.
        """
        import pandas as pd

        table = pd.DataFrame(self.facts.terms, columns=["term", "strength", "value"])
        counted = table.strength.mask(table.term == "NLL()", 1.0)
        return table.assign(mean=counted * table.value / self.facts.n_observations)

    @property
    def history(self) -> pd.DataFrame:
        """Table of the search, one row an iteration.

        Columns: phase, objective (in nats, before the step), decrement (Newton's, twice the
        distance to the minimum that the curvature expects) and length of the step taken, 1 being
        a whole one. Of a network one row an epoch (of each member): learning_rate, nll and mse of
        the rows that train, held_out_nll and held_out_mse, and seconds since the fit began.

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ 1", {"y": [3, 1, 4, 7, 9]}, "poisson")
            >>> bool(fit.history.decrement.iloc[-1] < 1e-8)
            True
        """
        import pandas as pd

        return pd.DataFrame(dict(self.facts.history))

    # ------------------------------------------------------------------ estimates

    @property
    def coefficients(self) -> Array:
        """Estimates as an array, (P,), ±inf where none is finite."""
        infinite = self.estimate.infinite
        return np.where(infinite == 0, self.estimate.coefficients, np.copysign(np.inf, infinite))

    @property
    def params(self) -> pd.DataFrame:
        """Table of estimates: parameter, term, estimate (scale of the linear predictor)."""
        return self._table(estimate=self.coefficients)

    @property
    def standard_errors(self) -> pd.DataFrame:
        """Table of standard errors from the observed information; NaN where none can be given."""
        return self._table(standard_error=self._errors(self.estimate.covariance))

    # ------------------------------------------------------------------ predictions

    def predict(
        self, data: Any = None, *, offset: Any = None, exposure: Any = None
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
        self,
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
        self,
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

    def on(self, data: Any, missing: str = "raise") -> Fit:
        """The same fit with the rows of a table, which its residuals, plots and page then show.

        Nothing is fitted again. A loaded fit on the rows that it was made of can do all that it
        could do before; on other rows it has no likelihood curves.

        Args:
            data: a table with the target and the columns of the formulas.
            missing: "raise" or "drop".

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ x", {"y": [1.0, 2.0, 4.0], "x": [0.0, 1.0, 2.0]}, "normal")
            >>> fit.on({"y": [5.0], "x": [3.0]}).residuals("response").round(3).tolist()
            [-0.333]
        """
        from likelier.model.rows import sample_of

        return replace(self, sample=sample_of(self, data, missing))

    def residuals(self, kind: str = "quantile", seed: int = 0) -> Array:
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

    def tail(self, level: float | None = None) -> Tail:
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
        self,
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

    # ------------------------------------------------------------------ what people see

    def summary(self, level: float = 0.95) -> Summary:
        """Summary of the fit: text when printed, HTML in a notebook, `.table` as a data frame.

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ x", {"y": [3, 1, 4, 7, 9], "x": [0, 1, 2, 3, 4]}, "poisson")
            >>> fit.summary(0.9).table[["term", "estimate", "lower"]].round(2).values.tolist()
            [['intercept', 0.61, -0.18], ['x', 0.4, 0.14]]
        """
        return summarise(self, level)

    @property
    def plot(self) -> FitPlots:
        """Plots of the fit, `.profile(term)`, `.pit()`, …: the page on plots has them all."""
        from likelier.model.answers.plots import FitPlots

        return FitPlots(self)

    def save(self, path: Any) -> None:
        """Write the fit to one file of data (no code, no rows); `likelier.load` reads it.

        Example:
            >>> import likelier as lk, tempfile
            >>> fit = lk.fit("y ~ 1", {"y": [3, 1, 4]}, "poisson")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     fit.save(f"{folder}/model.lkl")
            ...     again = lk.load(f"{folder}/model.lkl")
            >>> again.log_likelihood == fit.log_likelihood
            True
        """
        save(self, path)

    def report(self, path: Any, source: str = "") -> None:
        """Write one self-contained HTML page about the fit, to be read without a network.

        Args:
            path: of the HTML file.
            source: what the data are, in a few words, for the line below the heading.

        Example:
            >>> import likelier as lk, pathlib, tempfile
            >>> fit = lk.fit("y ~ x", {"y": [3, 1, 4, 7, 9], "x": [0, 1, 2, 3, 4]}, "poisson")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     fit.report(f"{folder}/page.html", "five made-up rows")
            ...     pathlib.Path(f"{folder}/page.html").read_text()[:15]
            '<!DOCTYPE html>'
        """
        from likelier.model.answers.describe import write_report

        write_report(self, path, source)

    def __repr__(self) -> str:
        return str(self.summary())

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    # ------------------------------------------------------------------ within

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: the fit without its rows, as in a model file."""
        state = {f.name: getattr(self, f.name) for f in fields(self)}
        estimate = self.estimate
        if not self.predictor.trained:
            estimate = replace(estimate, source=estimate.covariance)
        return state | {"estimate": estimate, "sample": None, "contest": None}

    def __copy__(self) -> Fit:
        return self

    def __deepcopy__(self, memo: Any) -> Fit:
        # Nothing changes a fit, and a copy by its state would be without its rows.
        return self

    @property
    def _posed(self) -> Sample:
        """The problem that was solved; its function knows all rows, wherever they lie."""
        if self.sample is None:
            raise LikelierError(
                "this fit was loaded from a file and has no rows; put it on some with fit.on(data)"
            )
        return self.sample

    @property
    def _rows(self) -> Sample:
        """The rows of the fit, all in memory."""
        if self._posed.partial:
            raise LikelierError(
                "the rows of this fit were read piece by piece and are not in memory; put it on "
                "some with fit.on(data)"
            )
        return self._posed

    @property
    def _optimum(self) -> tuple[Solution, Information]:
        if self.predictor.trained:
            refuse_errors()
        rows = self._posed
        if rows.solution is None or rows.inform is None:
            raise LikelierError(
                "these are not the rows that the fit was made of, which likelihood curves and "
                "covariances of other kinds need"
            )
        return rows.solution, rows.information

    def _design(self, data: Any, offset: Any, exposure: Any) -> Design:
        """The design of the rows of a table, or of those of the fit."""
        if data is None:
            return self._rows.design
        design = self.recipe.design(data, offset=offset, exposure=exposure)
        return observed_cells(design, self.distribution, self.predictor)

    @functools.cached_property
    def _fitted(self) -> Distribution:
        return self._distribution(self._rows.design)

    def _named(self, distribution: Distribution) -> Distribution:
        """Predictions that know the labels of the target, if it has any."""
        return distribution.labelled(self.facts.levels) if self.facts.levels else distribution

    def _distribution(self, design: Design) -> Distribution:
        eta = self._predictors(design)
        with np.errstate(all="ignore"):
            return self._predictive.build(eta, design.extra)

    @property
    def _predictive(self) -> Any:
        """What makes a distribution of linear predictors: the links, and what calibrates it."""
        if self.recalibration is None:
            return self.linked
        return CalibratedLinked(self.linked, self.recalibration.calibrator)

    def _predictors(self, design: Design) -> Array:
        """Linear predictors of the rows of a design, (K, n)."""
        predictor = self._predictor_of(design)
        work, theta = Workspace(), self.estimate.coefficients
        parts = [
            predictor.forward(theta, rows, work)
            for chunk in chunks_of(design.n, predictor.breadth)
            for rows in chunk
        ]
        return np.concatenate(parts, axis=1) if parts else np.empty((predictor.columns, 0))

    def _predictor_of(self, design: Design) -> Predictor:
        """The predictor of the rows of a design, whose theta are the coefficients."""
        return self.predictor.bind(inputs_of(design, self.linked, plain=True))

    def _names(self) -> list[tuple[str, str]]:
        return names_of(self.estimate.labels)

    def _table(self, **columns: Array) -> pd.DataFrame:
        import pandas as pd

        names = self._names()
        head = {"parameter": [p for p, _ in names], "term": [t for _, t in names]}
        return pd.DataFrame({**head, **columns})

    def _index(self, term: str | tuple[str, str]) -> int:
        return index_of(self._names(), self.distribution.main, term)
