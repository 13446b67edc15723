"""`Fit`: what a fit hands back, and everything that can be asked of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Recipe
from likelier.diagnosis import Diagnosed, Diagnoses
from likelier.distributions import Distribution, Linked
from likelier.errors import LikelierError
from likelier.inference import Information
from likelier.model.answers.describe import summarise
from likelier.model.answers.inferring import Inference
from likelier.model.answers.predicting import Prediction
from likelier.model.answers.terms import index_of, names_of
from likelier.model.files.saving import save
from likelier.model.fitting.training_words import refuse_errors
from likelier.model.records import Estimate as Estimate
from likelier.model.records import Facts as Facts
from likelier.model.records import Recalibration
from likelier.model.records import Sample as Sample
from likelier.predictors import Linear, PredictorSpec
from likelier.report import Summary
from likelier.solvers import Solution

if TYPE_CHECKING:
    import pandas as pd

    from likelier.model.answers.plots import FitPlots

Array = Any


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Inference, Prediction):
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

    def _names(self) -> list[tuple[str, str]]:
        return names_of(self.estimate.labels)

    def _table(self, **columns: Array) -> pd.DataFrame:
        import pandas as pd

        names = self._names()
        head = {"parameter": [p for p, _ in names], "term": [t for _, t in names]}
        return pd.DataFrame({**head, **columns})

    def _index(self, term: str | tuple[str, str]) -> int:
        return index_of(self._names(), self.distribution.main, term)
