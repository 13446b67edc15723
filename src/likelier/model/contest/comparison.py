"""`Comparison`: the outcome of a contest, with its differences, tests and verdict."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.assessment import Assessment, Calibration
from likelier.errors import LikelierError, did_you_mean
from likelier.inference import HypothesisTest, VuongTest, vuong
from likelier.model.answers.describe import contest_data
from likelier.report import contest_html, contest_text

if TYPE_CHECKING:
    import pandas as pd

    from likelier.model.fitted import Fit

Array = Any

_CLEAR = 2.0
"""A difference of more than this many standard errors is called clear."""
_FAINT = 2.0
"""Nats over all rows that are no evidence, however small their standard error: where one model lies
inside another and suffices, held-out NLLs differ by half a nat a coefficient and hardly vary."""
_STRICT = 1e-4
"""p-value below which a likelihood-ratio test overrules that a simpler one is within the noise."""
_SAME = 1e-9
"""Mean NLLs this close, in nats, differ by no more than where their searches stopped."""


@dataclass(frozen=True, eq=False)
class Contestant:
    """One candidate of a contest.

    Attributes:
        name: the family as text, or what the caller called it.
        fit: fitted to all rows, or None if it could not be.
        nll: held-out NLL of each row, (n,), NaN where there is none.
        held_out: makes the assessment of the held-out predictions, or None.
        mean_nll: mean of `nll` over held-out rows, inf if the candidate failed on some fold.
        error: why there is no fit, or None.
        apart: why its likelihood cannot be held against the others', or "".
    """

    name: str
    fit: Fit | None
    nll: Array
    held_out: Callable[[], Assessment] | None = None
    mean_nll: float = math.inf
    error: LikelierError | None = None
    apart: str = ""

    @property
    def failure(self) -> str:
        """Why there is no fit, or ""."""
        return "" if self.error is None else str(self.error)

    @functools.cached_property
    def assessment(self) -> Assessment | None:
        """How good the predictions of held-out rows were."""
        return None if self.held_out is None else self.held_out()

    @property
    def pit(self) -> Array | None:
        """P(Y < y) and P(Y <= y) of each held-out row, (2, n); None for labels and vectors."""
        found = None if self.assessment is None else self.assessment.outcomes.pit
        return None if found is None else np.stack(found)


@dataclass(frozen=True, eq=False)
class Comparison:
    """The outcome of `compare`: candidates by held-out NLL, the best first.

    `best` is the fit of the winner on all rows; where others are within the noise of the lowest
    held-out NLL, the one with the fewest coefficients wins, unless it lies inside the lowest and a
    likelihood-ratio test rejects it at 0.0001. `verdict` says so in a sentence.

    Attributes:
        contestants: the candidates; those that cannot be compared stand last.
        folds: how many parts of the rows were held out.
        weights: how many observations each row stands for, (n,), or None.
        splits: how the rows were split, in words.

    Example:
        >>> import likelier as lk
        >>> visits = lk.datasets.load("randhie").head(500)
        >>> contest = lk.compare("mdvis ~ disea", visits, ["poisson", "negative_binomial"], folds=2)
        >>> contest.best.distribution.text()
        'negative_binomial'
    """

    contestants: tuple[Contestant, ...]
    folds: int
    weights: Array | None
    splits: str = ""

    @functools.cached_property
    def best(self) -> Fit:
        """The winner, fitted to all rows, with this contest as its `contest`."""
        fit = self.winner.fit
        assert fit is not None
        return replace(fit, contest=self)

    @functools.cached_property
    def winner(self) -> Contestant:
        """The simplest of the candidates that are within the noise of the lowest NLL."""
        near = [c for c in self.contestants if self._within_noise(c)]
        return min(near, key=lambda c: (c.fit.degrees_of_freedom, c.mean_nll))  # type: ignore[union-attr]

    @property
    def decided(self) -> bool:
        """Whether held-out rows tell the winner from all others."""
        return not any(self._within_noise(c) for c in self.contestants if c is not self.winner)

    def difference(self, contestant: Contestant) -> tuple[float, float]:
        """Mean held-out NLL above the lowest, and the standard error of that difference.

        Example:
            >>> import likelier as lk
            >>> visits = lk.datasets.load("randhie").head(500)
            >>> names = ["poisson", "negative_binomial"]
            >>> contest = lk.compare("mdvis ~ disea", visits, names, folds=2)
            >>> mean, error = contest.difference(contest.contestants[1])
            >>> mean > 2 * error
            True
        """
        if contestant.apart:
            return math.nan, math.nan
        gaps = contestant.nll - self.contestants[0].nll
        held = ~np.isnan(self.contestants[0].nll)
        weights = np.ones(held.sum()) if self.weights is None else self.weights[held]
        mean = float(np.average(gaps[held], weights=weights))
        if mean <= _SAME:
            return 0.0, 0.0
        # A row that a candidate finds next to impossible can be too far off to be squared.
        with np.errstate(over="ignore"):
            spread = float(np.average((gaps[held] - mean) ** 2, weights=weights))
        return mean, math.sqrt(spread / weights.sum())

    def standing(self, contestant: Contestant) -> str:
        """The candidate's place in words.

        Example:
            >>> import likelier as lk
            >>> visits = lk.datasets.load("randhie").head(500)
            >>> names = ["poisson", "negative_binomial"]
            >>> contest = lk.compare("mdvis ~ disea", visits, names, folds=2)
            >>> [contest.standing(c) for c in contest.contestants]
            ['best', 'worse, clearly']
        """
        if contestant.apart:
            return f"not comparable: {contestant.apart}"
        if not math.isfinite(contestant.mean_nll):
            return contestant.failure or "no finite likelihood on held-out rows"
        if contestant is self.winner:
            return (
                "best" if contestant is self.contestants[0] else "best: simpler, within the noise"
            )
        return "within the noise" if self._within_noise(contestant) else "worse, clearly"

    def _within_noise(self, contestant: Contestant) -> bool:
        if contestant is self.contestants[0]:
            return True
        if contestant.apart or not math.isfinite(contestant.mean_nll):
            return False
        mean, error = self.difference(contestant)
        held = ~np.isnan(contestant.nll)
        n = held.sum() if self.weights is None else self.weights[held].sum()
        if mean > max(_CLEAR * error, _FAINT / n):
            return False
        return mean * n <= _FAINT or not self._rejected(contestant)

    def _rejected(self, contestant: Contestant) -> bool:
        """Whether a likelihood-ratio test rejects a candidate inside the one with the lowest NLL.

        A few outlying rows can make up most of a difference, and of its standard error with it;
        the test is not misled by them.
        """
        lowest = self.contestants[0]
        assert contestant.fit is not None
        assert lowest.fit is not None
        if contestant.fit.degrees_of_freedom >= lowest.fit.degrees_of_freedom:
            return False
        try:
            found = self.test(contestant.name, lowest.name)
        except LikelierError:
            return False
        return isinstance(found, HypothesisTest) and found.p_value < _STRICT

    @property
    def verdict(self) -> str:
        """One sentence: who won, and how clearly; that it cannot tell where it cannot."""
        rivals = [
            c
            for c in self.contestants
            if c.fit is not None and c is not self.winner and not c.apart
        ]
        if not rivals:
            only = "candidate" if len(self.contestants) == 1 else "one that could be fitted"
            return f"{self.winner.name} is the only {only}."
        others = [
            c.name for c in self.contestants if c is not self.winner and self._within_noise(c)
        ]
        if others:
            listed = others[0] if len(others) == 1 else f"{', '.join(others[:-1])} and {others[-1]}"
            why = (
                "it is the simplest"
                if self._simplest()
                else "none is simpler, and its held-out NLL is the lowest"
            )
            return (
                f"Cannot tell: {listed} cannot be told apart from {self.winner.name} on held-out "
                f"rows. {self.winner.name} is chosen, since {why}."
            )
        return f"{self.winner.name} explains held-out rows best, clearly."

    def _simplest(self) -> bool:
        """Whether the winner has fewer coefficients than all that cannot be told from it."""
        near = [c for c in self.contestants if c is not self.winner and self._within_noise(c)]
        own = self.winner.fit.degrees_of_freedom  # type: ignore[union-attr]
        return all(own < c.fit.degrees_of_freedom for c in near if c.fit is not None)

    def test(self, first: str, second: str) -> HypothesisTest | VuongTest:
        """Test two candidates against each other on the rows that both were fitted to.

        A likelihood-ratio test where one lies inside the other, aware of edges; else Vuong's.

        Args:
            first, second: names of candidates.

        Raises `LikelierError` where neither applies: penalised fits, other targets or rows.

        Example:
            >>> import likelier as lk
            >>> visits = lk.datasets.load("randhie").head(500)
            >>> names = ["poisson", "negative_binomial"]
            >>> contest = lk.compare("mdvis ~ disea", visits, names, folds=2)
            >>> contest.test("poisson", "negative_binomial").p_value < 0.001
            True
        """
        one, other = self._fit_of(first), self._fit_of(second)
        if one.penalised or other.penalised:
            raise LikelierError("these tests are of likelihoods, and a fit with a penalty has none")
        try:
            return one.test(other)
        except LikelierError as error:
            if "lies inside" not in str(error) and "lie inside" not in str(error):
                raise
        y = [fit._rows.problem.function.y for fit in (one, other)]
        rows = [-np.asarray(fit._fitted.nll(v)) for fit, v in zip((one, other), y, strict=True)]
        sizes = one.degrees_of_freedom, other.degrees_of_freedom
        hypothesis = f"{first} and {second} are equally near to the truth"
        return vuong(rows[0], rows[1], sizes, self.weights, hypothesis)

    def _fit_of(self, name: str) -> Fit:
        known = {c.name: c for c in self.contestants if c.fit is not None and not c.apart}
        if name not in known:
            hint = did_you_mean(name, known)
            raise LikelierError(f"no comparable candidate {name!r}.{hint}")
        fit = known[name].fit
        assert fit is not None
        return fit

    @functools.cached_property
    def tests(self) -> pd.DataFrame:
        """Tests of each candidate against the winner: distribution, test, statistic, p_value."""
        import pandas as pd

        lines = []
        for c in self.contestants:
            if c is self.winner or c.fit is None or c.apart:
                continue
            try:
                found = self.test(self.winner.name, c.name)
            except LikelierError:
                lines.append((c.name, "none", math.nan, math.nan))
                continue
            kind = "Vuong" if isinstance(found, VuongTest) else "likelihood ratio"
            lines.append((c.name, kind, found.statistic, found.p_value))
        return pd.DataFrame(lines, columns=["distribution", "test", "statistic", "p_value"])

    @property
    def calibration(self) -> Calibration | None:
        """How the winner's predictions of held-out rows came true, or None for labels."""
        return None if self.winner.assessment is None else self.winner.assessment.calibration

    @property
    def table(self) -> pd.DataFrame:
        """One row a candidate: held-out NLL, difference, standard error, AIC, BIC, calibration.

        `coverage_90` and `overconfidence` are of held-out rows; `standing` is its place in words.
        """
        import pandas as pd

        rows = []
        for c in self.contestants:
            ran = math.isfinite(c.mean_nll)
            mean, error = self.difference(c) if ran else (math.inf, math.nan)
            held = c.assessment if ran else None
            rows.append(
                {
                    "distribution": c.name,
                    "held_out_nll": c.mean_nll,
                    "difference": mean,
                    "standard_error": error,
                    "aic": c.fit.aic if c.fit is not None else math.nan,
                    "bic": c.fit.bic if c.fit is not None else math.nan,
                    "coverage_90": math.nan if held is None else held.coverage(0.9),
                    "overconfidence": math.nan if held is None else held.overconfidence,
                    "coefficients": c.fit.degrees_of_freedom if c.fit is not None else 0,
                    "converged": c.fit.converged if c.fit is not None else False,
                    "standing": self.standing(c),
                }
            )
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        """Held-out NLL of each candidate above the best, with standard errors.

        Args:
            ax: matplotlib axes; a new figure when not given.

        Example:
            >>> import likelier as lk
            >>> visits = lk.datasets.load("randhie").head(500)
            >>> names = ["poisson", "negative_binomial"]
            >>> contest = lk.compare("mdvis ~ disea", visits, names, folds=2)
            >>> type(contest.plot()).__name__
            'Plot'
        """
        from likelier.model.answers.describe import plot_contest

        return plot_contest(self, ax)

    def __repr__(self) -> str:
        return contest_text(contest_data(self))

    def _repr_html_(self) -> str:
        return contest_html(contest_data(self))
