"""`assess`: how good predictions are, by scores, calibration and sharpness, with a verdict."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from likelier.assessment._average import weighted_mean
from likelier.assessment._by_group import by_group
from likelier.assessment._figures import figures, lines_of
from likelier.assessment._verdict import claim, verdict
from likelier.assessment.calibration import Calibration, calibration
from likelier.assessment.calibration_error import (
    CalibrationError,
    calibration_error,
    classwise_error,
    coverage_error,
)
from likelier.assessment.outcomes import LEVEL, Labels, Numbers, Outcomes, outcomes
from likelier.assessment.pit import uniformity_tests
from likelier.assessment.rows import checked
from likelier.distributions import Distribution
from likelier.errors import LikelierError

if TYPE_CHECKING:
    import pandas as pd

    from likelier.assessment.plots import AssessmentPlots

Array = Any


@dataclass(frozen=True, eq=False, repr=False)
class Assessment:
    """How good predictions of some rows are.

    Made by `likelier.assess` or `Fit.assess`. Scores are means over rows; what a family cannot
    say (the CRPS of labels without an order) is NaN. `table` holds them with their standard errors.

    Attributes:
        outcomes: predictions and what happened.
        weights: how many observations each row stands for, (n,), or None.
        groups: the group of each row, (n,), or None.
        which: what the rows are, in words.
        target: name of the target.
        levels: labels in the order of their codes, or None.
        own: whether these are the rows that the predictions were fitted to.

    Example:
        >>> import likelier as lk
        >>> d = lk.Normal([0.0] * 200, 1.0)
        >>> found = lk.assess(d, d.sample(seed=1))
        >>> found.n_rows
        200
    """

    outcomes: Outcomes
    weights: Array | None = None
    groups: Array | None = None
    which: str = "rows"
    target: str = "y"
    levels: Sequence[Any] | None = None
    own: bool = False

    # ------------------------------------------------------------------ scores

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.outcomes.n

    @property
    def n_observations(self) -> float:
        """What the rows stand for: their number, or the sum of their weights."""
        return float(self.outcomes.n if self.weights is None else self.weights.sum())

    @functools.cached_property
    def scores(self) -> dict[str, Array]:
        """Scores of each row by name, (n,)."""
        return {name: self._score(name) for name in self.outcomes.score_names}

    def _score(self, name: str) -> Array:
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self.outcomes.score(name)
        return found

    @functools.cached_property
    def _known(self) -> dict[str, Array]:
        """Scores that were asked for already: some cost a quadrature for every row."""
        return {}

    @property
    def nll(self) -> float:
        """Mean negative log-likelihood of a row, in nats: the log score."""
        return self._mean("nll")

    @property
    def crps(self) -> float:
        """Mean continuous ranked probability score, in the unit of the target.

        For ordered labels the ranked probability score of their codes, for two labels the Brier
        score.
        """
        return self._mean("crps")

    @property
    def brier(self) -> float:
        """Mean Brier score: (p − y)² for two labels, Σ_k (p_k − 1{y = k})² for several."""
        return self._mean("brier")

    @property
    def mse(self) -> float:
        """Mean squared error of the predicted mean; (p − y)² for two labels."""
        binary = self.outcomes.distribution.support.name == "binary"
        return self.brier if binary else self._mean("mse")

    @property
    def mae(self) -> float:
        """Mean absolute error of the predicted median, which is what minimises it."""
        return self._mean("mae")

    @property
    def accuracy(self) -> float:
        """Share of labels that were predicted to be the likeliest."""
        return self._mean("accuracy")

    def quantile_scores(
        self, levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)
    ) -> pd.DataFrame:
        """Pinball losses of predicted quantiles: table of level, quantile_score, standard_error.

        (y − q)(α − 1{y < q}) for the α-quantile q, in the unit of the target.

        Source: Gneiting and Raftery (2007), doi:10.1198/016214506000001437, section 6.

        Example:
            >>> import likelier as lk
            >>> found = lk.assess(lk.Normal([0.0, 0.0], 1.0), [1.0, -1.0])
            >>> found.quantile_scores([0.5]).quantile_score.tolist()
            [0.5]
        """
        import pandas as pd

        numbers = self._numbers("quantile scores")
        rows = []
        for level in _levels(levels):
            mean, error = self._average(numbers.quantile_score(level))
            rows.append({"level": level, "quantile_score": mean, "standard_error": error})
        return pd.DataFrame(rows)

    # ------------------------------------------------------------------ calibration

    @functools.cached_property
    def pit(self) -> Array:
        """PIT values, (n,): uniform on (0, 1) if the predictions are right, drawn for counts.

        Raises `LikelierError` for labels without an order and for vectors.
        """
        below, upto = self.pit_bounds
        share = np.random.default_rng(self.outcomes.seed).random(self.n_rows)
        return below + share * (upto - below)

    @property
    def pit_bounds(self) -> tuple[Array, Array]:
        """P(Y < y) and P(Y <= y) of each row."""
        found = self.outcomes.pit
        if found is None:
            raise LikelierError(
                f"{self.outcomes.what} have no PIT, which needs an order; see coverage and "
                "calibration_errors"
            )
        return found

    @overload
    def coverage(self, levels: float) -> float: ...

    @overload
    def coverage(self, levels: Sequence[float] = ...) -> pd.DataFrame: ...

    def coverage(
        self, levels: float | Sequence[float] = (0.5, 0.8, 0.9, 0.95, 0.99)
    ) -> float | pd.DataFrame:
        """Share of observations that regions of these probabilities hold.

        Regions are central intervals of numbers, sets of the likeliest labels, and regions of
        highest density of vectors. An observation with a probability of its own, such as a count,
        is spread evenly over it, so that the share is the level if the predictions are right.

        Args:
            levels: between 0 and 1.

        Returns:
            For one level the share; for several a table of level, coverage, standard_error.

        Example:
            >>> import likelier as lk
            >>> y = lk.Normal([0.0] * 400, 1.0).sample(seed=1)
            >>> lk.assess(lk.Normal([0.0] * 400, 0.5), y).coverage(0.9) < 0.7
            True
        """
        import pandas as pd

        if np.ndim(levels) == 0:
            return self._average(self.outcomes.covered(*_levels([levels])))[0]
        assert isinstance(levels, Sequence | np.ndarray)
        shares = [self._average(self.outcomes.covered(level)) for level in _levels(levels)]
        return pd.DataFrame(
            {
                "level": _levels(levels),
                "coverage": [mean for mean, _ in shares],
                "standard_error": [error for _, error in shares],
            }
        )

    @functools.cached_property
    def calibration(self) -> Calibration | None:
        """Coverage and uniformity of the PIT; None where there is no PIT."""
        found = self.outcomes.pit
        return None if found is None else calibration(*found, LEVEL, self.weights)

    @property
    def calibration_error(self) -> float:
        """Mean distance of predicted probabilities from what happened.

        For labels the adaptive error of the event's probability (of the likeliest label, where
        there are several); for all else the mean of |coverage(level) − level| over levels. Right
        predictions have one above 0 too: `calibration_errors` says how large by chance.
        """
        return self._first_error.value

    @functools.cached_property
    def _first_error(self) -> CalibrationError:
        if isinstance(self.outcomes, Labels):
            return self._label_error("adaptive")
        return coverage_error(self.outcomes.covered, self.n_rows, self.weights, self.outcomes.seed)

    def _label_error(self, kind: str) -> CalibrationError:
        assert isinstance(self.outcomes, Labels)
        p, o = self.outcomes.judged()
        return calibration_error(p, o, kind, weights=self.weights, seed=self.outcomes.seed)

    @functools.cached_property
    def calibration_errors(self) -> pd.DataFrame:
        """Calibration errors: table of kind, error, standard_error, by_chance, p_value.

        `by_chance` is what right predictions of as many rows stay below in 95 of 100 samples. For
        labels the kinds are adaptive, binned, debiased (see `calibration_error`), and classwise,
        the mean over all labels, where there are several.
        """
        import pandas as pd

        found = [self._first_error]
        if isinstance(self.outcomes, Labels):
            found += [self._label_error(kind) for kind in ("binned", "debiased")]
        table = pd.DataFrame([vars(e) for e in found]).rename(columns={"value": "error"})
        if not isinstance(self.outcomes, Labels) or self.outcomes.probabilities.shape[1] == 2:
            return table
        each = classwise_error(
            self.outcomes.probabilities, self.outcomes.happened, weights=self.weights
        )
        last = pd.DataFrame({"kind": ["classwise"], "error": [each]})
        return pd.concat([table, last], ignore_index=True)

    @property
    def sharpness(self) -> float:
        """How wide the predictions are; lower is sharper, and better only if they are calibrated.

        For numbers the mean width of the central 90 % interval, in the unit of the target; for
        labels and vectors the mean entropy of a prediction, in nats.
        """
        return self._average(self.outcomes.sharpness())[0]

    @property
    def overconfidence(self) -> float:
        """By how much regions promise more than they hold, averaged over all probabilities.

        ∫ (level − coverage(level)) d level: 0 if the predictions are right, above 0 if they are
        too sure of themselves (at most ½), below 0 if not sure enough. For two labels it is half
        of mean confidence minus accuracy. A Normal whose scale is s times too small has
        (2 / π) atan(s) − ½: 0.07 for s = 1.25.
        """
        return self._average(self.outcomes.excess[0])[0]

    @property
    def overconfidence_z(self) -> float:
        """Evidence of over- or under-confidence: standard normal if the predictions are right.

        Over-confidence over its standard error in that case; for labels NLL less entropy over its
        own, the score test of a temperature, which finds more.
        """
        values, variances = self.outcomes.tilt
        variance = max(self._average(variances)[0], 1e-300)
        return self._average(values)[0] / math.sqrt(variance / self.n_observations)

    @property
    def dispersion(self) -> float:
        """Variance of the regions' PIT over that of a uniform one, 1/12.

        For numbers 12 E (u − ½)² of the PIT u: 1 if the predictions are right, above 1 if their
        spread is too small or they lie to one side, below 1 if it is too large. NaN for what has
        no PIT.
        """
        if self.outcomes.pit is None:
            return math.nan
        return 3 * self._average(self.outcomes.excess[1] + 1 / 3)[0]

    @functools.cached_property
    def uniformity(self) -> pd.DataFrame:
        """Tests that the PIT is uniform: table of test, statistic, p_value, caution.

        Kolmogorov and Smirnov's, Cramér and von Mises', and χ² over ten bins, all of the drawn
        PIT. With many rows they reject what does not matter: see by how much first.
        """
        cautions = []
        if self.own:
            cautions.append("rows of the fit: p-values are too large")
        if self.weights is not None:
            cautions.append("weights are left out")
        if self.n_rows > 10_000:
            cautions.append("many rows: small p-values need not matter")
        return uniformity_tests(self.pit).assign(caution="; ".join(cautions))

    # ------------------------------------------------------------------ groups

    @functools.cached_property
    def by_group(self) -> pd.DataFrame:
        """The same by group: a row for each, in order, its index the group.

        Columns: n_rows; the mean of each score with its standard error (`nll`, `nll_se`, …);
        coverage_90, calibration_error, overconfidence and its standard error; for numbers and two
        labels predicted_mean, observed_mean and their difference `bias`, and `gap`: how far the
        predicted mean lies above that of all rows.
        """

        if self.groups is None:
            raise LikelierError("by_group needs groups: assess(…, groups=…)")
        return by_group(self)

    def take(self, rows: Array) -> Assessment:
        """The assessment of some of the rows, by their positions.

        Example:
            >>> import likelier as lk, numpy as np
            >>> found = lk.assess(lk.Normal([0.0, 0.0, 9.0], 1.0), [1.0, -1.0, 9.0])
            >>> found.take(np.array([0, 2])).n_rows
            2
        """
        made = self.outcomes
        return replace(
            self,
            outcomes=outcomes(made.distribution[rows], made.y[rows], made.seed),
            weights=None if self.weights is None else self.weights[rows],
            groups=None if self.groups is None else np.asarray(self.groups)[rows],
        )

    # ------------------------------------------------------------------ what people see

    @functools.cached_property
    def claim(self) -> str:
        """What can be claimed: "overconfident", "underconfident", "biased" or "calibrated".

        Where predictions both lie to one side and are too sure, the clearer of the two.

        Right predictions are called anything but calibrated in about 4 of 100 samples.
        """
        return claim(self)

    @property
    def verdict(self) -> str:
        """One sentence: whether the predicted probabilities may be believed."""
        return verdict(self)

    @functools.cached_property
    def table(self) -> pd.DataFrame:
        """All figures: table of score, value, standard_error."""
        return figures(self)

    @property
    def plot(self) -> AssessmentPlots:
        """Plots, `.pit()`, `.coverage()`, `.reliability()`, `.qq()`, `.worm()`."""
        from likelier.assessment.plots import AssessmentPlots

        return AssessmentPlots(self)

    def lines(self) -> list[tuple[str, float, float]]:
        """Each figure as people read it: what it is, its value, its standard error.

        Example:
            >>> import likelier as lk
            >>> found = lk.assess(lk.Normal([0.0, 0.0], 1.0), [1.0, -1.0])
            >>> name, value, error = found.lines()[0]
            >>> name, round(value, 3)
            ('NLL, in nats', 1.419)
        """
        return lines_of(self)

    def __repr__(self) -> str:
        from likelier.report import assessment_text

        return assessment_text(self.verdict, self.lines())

    def _repr_html_(self) -> str:
        from likelier.report import assessment_html

        return assessment_html(self.verdict, self.lines())

    # ------------------------------------------------------------------ within

    def _mean(self, name: str) -> float:
        known = name in self.outcomes.score_names
        return self._average(self._score(name))[0] if known else math.nan

    def _average(self, values: Array) -> tuple[float, float]:
        """A weighted mean over rows and its standard error."""
        return weighted_mean(values, self.weights)

    def _numbers(self, what: str) -> Numbers:
        if not isinstance(self.outcomes, Numbers) or self.outcomes.censored:
            raise LikelierError(f"{what} are of exact numbers; these are of something else")
        return self.outcomes


def assess(
    distribution: Distribution,
    y: Any,
    *,
    weights: Any = None,
    groups: Any = None,
    levels: Sequence[Any] | None = None,
    seed: int = 0,
) -> Assessment:
    """Say how good predictions are: scores, calibration, sharpness, and a verdict in a sentence.

    Args:
        distribution: predictions, one a row or one for all, with NumPy, JAX or PyTorch parameters.
        y: what happened, (n,), (n, event) for vectors; label codes for labels.
        weights: how many observations each row stands for, (n,).
        groups: the group of each row, (n,), for `by_group`.
        levels: labels in the order of their codes, for plots and sentences.
        seed: of what is drawn: the PIT of counts, and the uncertainty of calibration errors.

    Raises:
        DataError: a value is missing, or lengths differ.
        SupportError: an observation lies outside the support.

    Source: Gneiting, Balabdaoui and Raftery (2007), doi:10.1111/j.1467-9868.2007.00587.x.

    Example:
        >>> import likelier as lk, numpy as np
        >>> y = np.random.default_rng(0).normal(size=500)
        >>> lk.assess(lk.Normal(0.0, 0.6), y).verdict  # doctest: +ELLIPSIS
        'Too sure of itself: 90 % intervals hold 6... % of 500 rows; over all levels ...'
        >>> round(lk.assess(lk.Normal(0.0, 1.0), y).coverage(0.9), 2)
        0.92
    """
    d, y, weights, groups = checked(distribution, y, weights, groups)
    levels = levels or distribution.levels
    return Assessment(outcomes(d, y, seed), weights, groups, levels=levels)


def _levels(levels: Any) -> list[float]:
    found = [float(level) for level in levels]
    for level in found:
        if not 0 < level < 1:
            raise LikelierError(f"levels lie between 0 and 1; given: {level}")
    return found
