"""What can be asked of the estimates of a fit: how sure we are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.inference import HypothesisTest, Profiler
from likelier.inference.level import check_level
from likelier.model.answers.uncertainty import covariance_of
from likelier.model.fitting.training_words import refuse_errors

if TYPE_CHECKING:
    import pandas as pd

    from likelier.inference import Bootstrap
    from likelier.model.fitted import Fit

Array = Any

_BACK = 3.0
"""Where a predictor at a limit is brought back to: a dispersion of 1 / 20, 20 for a df."""


_MULTIPLY = ("log", "logit", "reference", "softmax")
"""Links under which a coefficient adds to a logarithm, so that its exponential is a ratio."""


class Inference:
    """The part of a `Fit` that says how far its estimates can be trusted.

    `self` is always a `Fit`, which this class is a base of.
    """

    def covariance(self: Any, kind: str = "observed", groups: Any = None) -> pd.DataFrame:
        """Covariance matrix of the estimates.

        Args:
            kind: "observed" information (where the density has a kink, and the likelihood no
                curvature: the expected one, blurred by the estimates' own spread); "expected"
                information; "sandwich" (HC0) or "HC1", which hold when the family is wrong;
                "cluster", which sums scores within `groups`.
            groups: (n,) labels of clusters, in the order of the rows used; those of the fit when
                not given.

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ 1", {"y": [3, 1, 4]}, "poisson")
            >>> fit.covariance().round(4).values.tolist()  # 1 / Σ y
            [[0.125]]
        """
        import pandas as pd

        self._check_selection("a covariance")
        names = [f"{parameter}: {term}" for parameter, term in self._names()]
        found = np.asarray(self._covariance(kind, groups))
        return pd.DataFrame(found, index=names, columns=names)

    def conf_int(self: Any, level: float = 0.95, method: str = "wald") -> pd.DataFrame:
        """Table of confidence intervals: parameter, term, lower, upper.

        Args:
            level: coverage, between 0 and 1.
            method: "wald" (estimate ± z standard errors) or "profile" (likelihood ratio; open on a
                side on which the likelihood does not fall far enough).

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ 1", {"y": [3, 1, 4]}, "poisson")
            >>> fit.conf_int(method="profile")[["lower", "upper"]].round(3).values.tolist()
            [[0.198, 1.602]]
        """
        check_level(level)
        self._check_selection("a confidence interval")
        if method == "wald":
            lower, upper = self._wald(level)
        elif method == "profile":
            pairs = [self._profiler(i).interval(level) for i in range(len(self.estimate.labels))]
            lower, upper = np.array(pairs).T
        else:
            hint = did_you_mean(method, ("wald", "profile"))
            raise LikelierError(f"no interval method {method!r}.{hint}")
        return self._table(lower=lower, upper=upper)

    def ratios(self: Any, level: float = 0.95, method: str = "wald") -> pd.DataFrame:
        """Coefficients as ratios, exp(b), with intervals: parameter, term, ratio, lower, upper.

        One more of a term's column multiplies a parameter with a log link by its ratio (of rates,
        means or scales), and the odds where the link is a logit (an odds ratio: of one class
        against the reference class where there are several, of a higher label where they are
        ordered); a LogNormal's median likewise. Limits are those of `conf_int` exponentiated.
        Intercepts and parameters with other links have no ratio and are left out.

        Args:
            level: coverage, between 0 and 1.
            method: "wald" or "profile", as in `conf_int`.

        Raises:
            LikelierError: no coefficient is a ratio.

        Example:
            >>> import likelier as lk
            >>> towns = {"accidents": [4, 9, 15, 22], "motorway": [0, 0, 1, 1]}
            >>> fit = lk.fit("accidents ~ motorway", towns, "poisson")
            >>> fit.ratios().round(2).values.tolist()
            [['rate', 'motorway', 2.85, 1.51, 5.35]]
        """
        table = self.conf_int(level, method)
        multiplied = [self._is_multiplied(parameter.split("[")[0]) for parameter in table.parameter]
        shown = np.array(multiplied) & (table.term != "intercept").to_numpy()
        if not shown.any():
            raise LikelierError(
                "no coefficient of this fit is a ratio: none beside an intercept belongs to a "
                f"parameter with one of the links {', '.join(_MULTIPLY)}; see fit.links, and "
                "fit.derived(...) for other functions of the coefficients"
            )
        table.insert(2, "ratio", self.params.estimate.to_numpy())
        numbers = ["ratio", "lower", "upper"]
        table[numbers] = np.exp(table[numbers])
        return table[shown].reset_index(drop=True)

    def profile(self: Any, term: str | tuple[str, str], points: int = 41) -> pd.DataFrame:
        """The likelihood curve of one coefficient: table of value, nll, deviance.

        `nll` is the smallest sum of NLL with the coefficient held at `value`; `deviance` is twice
        its excess over the optimum.

        Args:
            term: a term's name, or (parameter, term) where several parameters have it.
            points: how many values, spread over ±4 standard errors.

        Example:
            >>> import likelier as lk
            >>> fit = lk.fit("y ~ 1", {"y": [3, 1, 4]}, "poisson")
            >>> fit.profile("intercept", points=3).deviance.round(2).tolist()
            [10.52, 0.0, 27.18]
        """
        import pandas as pd

        profiler = self._profiler(self._index(term))
        values = profiler.estimate + profiler.standard_error * np.linspace(-4, 4, points)
        curve = profiler.curve(values)
        nll = np.array([point.nll for point in curve])
        return pd.DataFrame({"value": values, "nll": nll, "deviance": 2 * (nll - profiler.nll)})

    def test(
        self: Any,
        other: Fit | None = None,
        *,
        terms: Any = None,
        method: str = "likelihood_ratio",
        covariance: str = "observed",
        groups: Any = None,
    ) -> HypothesisTest:
        """Test whether a smaller model suffices: another fit, or this one without some terms.

        Where the smaller model puts a parameter on the edge of its domain (a Poisson inside a
        negative binomial, a Normal inside a StudentT, a family inside its zero-inflated kind), the
        p-value of the likelihood ratio is that of a half-and-half mixture of χ²; Self and Liang
        (1987), doi:10.1080/01621459.1987.10478472.

        Args:
            other: a fit to the same rows, inside this one or around it.
            terms: a term's name or several (a factor, `C(place)`, stands for all its columns),
                or (parameter, term), whose coefficients are 0 under the hypothesis.
            method: "likelihood_ratio", "wald" or "score" (Rao's, with the expected information).
            covariance: for "wald", a kind as `Fit.covariance` takes it.
            groups: (n,) labels of clusters, for covariance="cluster".

        Raises:
            LikelierError: the fits are of different rows or neither lies inside the other, or the
                hypothesis concerns what is not identified.

        Example:
            >>> import likelier as lk
            >>> made = {"y": [1, 0, 2, 7, 1, 12], "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]}
            >>> print(lk.fit("y ~ x", made, "poisson").test(terms="x"))
            Hypothesis: `x` is 0; p < 0.001 (likelihood ratio test, χ² = 15.98
            on 1 degree of freedom).
        """
        from likelier.model.answers.testing import run_test

        return run_test(self, other, terms, method, covariance, groups)

    def derived(
        self: Any,
        function: Callable[[Any], Any],
        level: float = 0.95,
        method: str = "delta",
        *,
        covariance: str = "observed",
        groups: Any = None,
    ) -> pd.DataFrame:
        """Any smooth function of the coefficients: name, estimate, standard_error, lower, upper.

        Standard errors are √(gᵀ C g), g the derivatives at the estimate.

        Args:
            function: takes the coefficients, `p["term"]` or `p["parameter", "term"]` or all of
                them, `numpy.asarray(p)`; gives a number, an array or a dict of numbers.
            level: coverage, between 0 and 1.
            method: of the interval, "delta" (estimate ± z standard errors) or "profile" (the
                likelihood maximised at each value of the function; its bounds do not depend on
                the scale on which the function is written).
            covariance: for "delta", a kind as `Fit.covariance` takes it.
            groups: (n,) labels of clusters, for covariance="cluster".

        Example:
            >>> import likelier as lk
            >>> made = {"dose": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "died": [0, 0, 1, 0, 1, 1]}
            >>> fit = lk.fit("died ~ dose", made, "bernoulli")
            >>> half = fit.derived(lambda p: {"LD50": -p["intercept"] / p["dose"]})
            >>> half[["name", "estimate"]].round(3).values.tolist()
            [['LD50', 3.5]]
        """
        from likelier.model.answers.derivation import derive

        return derive(self, function, level, method, covariance, groups)

    def bootstrap(
        self: Any, n: int = 1000, seed: int = 0, kind: str = "rows", *, groups: Any = None
    ) -> Bootstrap:
        """The fit repeated on n samples, for standard errors and intervals without asymptotics.

        Each search starts at the estimate. Samples without a finite estimate (a separated one,
        for instance) are counted in `.failures` and left out.

        Args:
            n: number of samples.
            seed: of the draws.
            kind: "rows" (observations drawn with replacement, which holds when the family is
                wrong; a frequency weight is that many observations) or "parametric" (targets
                drawn from the fitted distributions).
            groups: (n_rows,) labels of clusters, which are then drawn whole; for "rows".

        Returns:
            `.table` (estimate, bias, standard_error, limits of the 95 % BCa interval),
            `.conf_int(level, method)`, `.covariance()`, `.estimates` (n, P), `.failures`.

        Raises:
            LikelierError: a coefficient is not identified, or targets cannot be drawn because
                they are censored or weighted by fractions.

        Example:
            >>> import likelier as lk
            >>> made = {"y": [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]}
            >>> drawn = lk.fit("y ~ 1", made, "poisson").bootstrap(200, seed=1)
            >>> drawn.failures, drawn.estimates.shape
            (0, (200, 1))
        """
        from likelier.model.answers.resampling import resample

        return resample(self, n, seed, kind, groups)

    def refit(self: Any) -> Fit:
        """The plain likelihood of the terms that a penalty has chosen, the others held at 0.

        Its estimates are not drawn towards 0. Its standard errors are those of terms that were
        known beforehand; since the same rows chose them, they are too narrow, and the fit says so.

        Raises:
            LikelierError: no penalty of this fit chooses among the terms.

        Source: relaxed lasso, Meinshausen (2007), doi:10.1016/j.csda.2006.12.019; what selection
        does to errors, Leeb and Pötscher (2005), doi:10.1017/S0266466605050036.

        Example:
            >>> import likelier as lk
            >>> cancer = lk.datasets.load("breast_cancer")
            >>> objective = lk.NLL() + lk.L1(0.1)
            >>> fit = lk.fit("diagnosis ~ .", cancer, "bernoulli", objective=objective)
            >>> kept = fit.refit()
            >>> kept.log_likelihood > fit.log_likelihood, kept.diagnoses[0].kind
            (True, 'refitted')
        """
        from likelier.model.penalised.selection import refit

        return refit(self)

    def debiased(self: Any, level: float = 0.95) -> pd.DataFrame:
        """Coefficients without the bias of a sparse penalty, with intervals that mind selection.

        b = b̂ − Θ ∇, ∇ the slope of the mean NLL at the penalised estimate b̂ and Θ an approximate
        inverse of its curvature: the inverse itself where there are rows enough (which makes b one
        Newton step towards maximum likelihood), else by a lasso of each column on the others.
        Intervals cover each coefficient by itself, chosen or not, in large samples. With fewer rows
        than columns they are too short: of 90 % intervals 85 % covered, and fewer of those of
        strong effects (100 rows, 130 correlated columns).

        Args:
            level: coverage, between 0 and 1.

        Returns:
            Table of the penalised coefficients: parameter, term, penalised (the fit's estimate),
            estimate, standard_error, z, p_value, lower, upper; `.attrs["method"]` says how Θ was
            found.

        Raises:
            LikelierError: no penalty of this fit chooses among the terms.

        Source: van de Geer, Bühlmann, Ritov and Dezeure (2014), doi:10.1214/14-AOS1221; Javanmard
        and Montanari (2014), arXiv:1306.3171.

        Example:
            >>> import likelier as lk
            >>> table = {"y": [0, 2, 1, 5, 4, 9, 7, 12], "x": [0, 1, 2, 3, 4, 5, 6, 7]}
            >>> fit = lk.fit("y ~ x", table, "poisson", objective=lk.NLL() + lk.L1(0.5))
            >>> fit.debiased()[["term", "penalised", "estimate"]].round(2).values.tolist()
            [['x', 0.3, 0.35]]
        """
        from likelier.model.penalised.selection import debiased

        return debiased(self, level)

    # ------------------------------------------------------------------ within

    def _is_multiplied(self: Any, parameter: str) -> bool:
        """Whether a coefficient of this parameter adds to a logarithm."""
        link, family = self.links.get(parameter), self.distribution
        logarithm = parameter == family.main and family.main_is_log and link == "identity"
        return link in _MULTIPLY or logarithm

    def _check_selection(self: Any, what: str) -> None:
        """Refuse what would ignore what the objective was."""
        if self.facts.inference == "network":
            refuse_errors()
        if self.facts.inference == "risk":
            raise LikelierError(
                f"{what} of the usual kind is of maximum likelihood, and the objective "
                f"{self.facts.terms[0][0]} is no likelihood; use fit.bootstrap() for the spread "
                "over samples"
            )
        if self.facts.inference == "none":
            raise LikelierError(
                f"{what} of the usual kind would ignore that the penalty has chosen among the "
                "terms by the same rows; use fit.refit(), fit.debiased() or fit.bootstrap()"
            )

    def _profiler(self: Any, index: int) -> Profiler:
        self._check_selection("a likelihood curve")
        if self.facts.inference == "selected":
            raise LikelierError(
                "a likelihood curve of a refit would let the terms that were left out come back; "
                "its intervals are conf_int() alone, which ignore the selection"
            )
        rows = self._posed
        solution, information = self._optimum
        return Profiler(
            rows.problem.function,
            solution.theta,
            solution.value,
            information,
            rows.problem.parametric.to_user()[index],
            self._retreat(index),
        )

    def _retreat(self: Any, index: int) -> Array | None:
        """θ with other parameters at a limit of the family brought back from it, or None."""
        back = self.estimate.coefficients.copy()
        limits = {name for name, _ in self.distribution.limits}
        for i, (name, _, term) in enumerate(self.estimate.labels):
            if i != index and name in limits and term == "intercept" and self.estimate.infinite[i]:
                back[i] = np.clip(back[i], -_BACK, _BACK)
        if np.array_equal(back, self.estimate.coefficients):
            return None
        return self._posed.problem.predictor.from_user(back)

    @staticmethod
    def _errors(matrix: Array) -> Array:
        with np.errstate(invalid="ignore"):
            return np.sqrt(matrix.diagonal())

    def _covariance(self: Any, kind: str = "observed", groups: Any = None) -> Array:
        return covariance_of(self, kind, groups)

    def _wald(self: Any, level: float) -> tuple[Array, Array]:
        from scipy.special import ndtri

        half = float(ndtri((1 + level) / 2)) * self._errors(self.estimate.covariance)
        return self.estimate.coefficients - half, self.estimate.coefficients + half
