"""`compare`: which distribution explains the target best, by held-out likelihood."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.assessment import Calibration, calibration, pit_bounds
from likelier.data import Design
from likelier.distributions import Distribution, Normal
from likelier.errors import LikelierError, UndefinedError
from likelier.model.describe import contest_data
from likelier.model.estimation import fit_design, make_design, read_once, resolve_family
from likelier.model.fitted import Fit
from likelier.model.folds import assign_folds
from likelier.model.targets import as_target_of, check_support
from likelier.report import contest_html, contest_text

if TYPE_CHECKING:
    import pandas as pd

Array = Any

_CLEAR = 2.0
"""A difference of more than this many standard errors is called clear."""
_SAME = 1e-9
"""Mean NLLs this close, in nats, differ by no more than where their searches stopped."""


@dataclass(frozen=True, eq=False)
class Contestant:
    """One candidate of a contest.

    Attributes:
        name: the family as text.
        fit: fitted to all rows, or None if it could not be.
        nll: held-out NLL of each row, (n,), NaN where there is none.
        pit: P(Y < y) and P(Y <= y) of each held-out row, (2, n), or None where a target has none
            (labels, vectors).
        error: why there is no fit, or None.
    """

    name: str
    fit: Fit | None
    nll: Array
    pit: Array | None = None
    error: LikelierError | None = None

    @property
    def failure(self) -> str:
        """Why there is no fit, or ""."""
        return "" if self.error is None else str(self.error)

    @property
    def mean_nll(self) -> float:
        """Mean held-out NLL of a row, inf if the candidate failed on some fold."""
        value = float(np.mean(self.nll)) if self.fit is not None else math.inf
        return value if math.isfinite(value) else math.inf


@dataclass(frozen=True, eq=False)
class Comparison:
    """The outcome of `compare`: candidates by held-out NLL, the best first.

    `best` is the fit of the winner on all rows; where others are within the noise of the lowest
    held-out NLL, the one with the fewest coefficients wins. `verdict` says so in a sentence.

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

    @functools.cached_property
    def best(self) -> Fit:
        """The winner, fitted to all rows, with this contest as its `contest`."""
        fit = self.winner.fit
        assert fit is not None
        return replace(fit, contest=self)

    @property
    def winner(self) -> Contestant:
        """The simplest of the candidates that are within the noise of the lowest NLL."""
        near = [c for c in self.contestants if self._within_noise(c)]
        return min(near, key=lambda c: (c.fit.degrees_of_freedom, c.mean_nll))  # type: ignore[union-attr]

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
        gaps = contestant.nll - self.contestants[0].nll
        weights = np.ones(len(gaps)) if self.weights is None else self.weights
        mean = float(np.average(gaps, weights=weights))
        if mean <= _SAME:
            return 0.0, 0.0
        spread = float(np.average((gaps - mean) ** 2, weights=weights))
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
        if not math.isfinite(contestant.mean_nll):
            return False
        mean, error = self.difference(contestant)
        return mean <= _CLEAR * error

    @property
    def verdict(self) -> str:
        """One sentence: who won, and how clearly."""
        rivals = [c for c in self.contestants if c.fit is not None and c is not self.winner]
        if not rivals:
            only = "candidate" if len(self.contestants) == 1 else "one that could be fitted"
            return f"{self.winner.name} is the only {only}."
        others = [
            c.name for c in self.contestants if c is not self.winner and self._within_noise(c)
        ]
        if others:
            return (
                f"{self.winner.name} is chosen: {', '.join(others)} cannot be told apart from it "
                "on held-out rows, and it is the simplest."
            )
        return f"{self.winner.name} explains held-out rows best, clearly."

    @property
    def calibration(self) -> Calibration | None:
        """How the winner's predictions of held-out rows came true, or None for labels."""
        found = self.winner.pit
        return None if found is None else calibration(found[0], found[1], weights=self.weights)

    @property
    def table(self) -> pd.DataFrame:
        """One row a candidate: held-out NLL, difference, standard error, AIC, BIC, standing."""
        import pandas as pd

        rows = []
        for c in self.contestants:
            ran = math.isfinite(c.mean_nll)
            mean, error = self.difference(c) if ran else (math.inf, math.nan)
            rows.append(
                {
                    "distribution": c.name,
                    "held_out_nll": c.mean_nll,
                    "difference": mean,
                    "standard_error": error,
                    "aic": c.fit.aic if c.fit is not None else math.nan,
                    "bic": c.fit.bic if c.fit is not None else math.nan,
                    "coefficients": c.fit.degrees_of_freedom if c.fit is not None else 0,
                    "converged": c.fit.converged if c.fit is not None else False,
                    "standing": self.standing(c),
                }
            )
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        """Held-out NLL of each candidate above the best, with standard errors.

        Example:
            >>> import likelier as lk
            >>> visits = lk.datasets.load("randhie").head(500)
            >>> names = ["poisson", "negative_binomial"]
            >>> contest = lk.compare("mdvis ~ disea", visits, names, folds=2)
            >>> type(contest.plot()).__name__
            'Plot'
        """
        from likelier.model.describe import plot_contest

        return plot_contest(self, ax)

    def __repr__(self) -> str:
        return contest_text(contest_data(self))

    def _repr_html_(self) -> str:
        return contest_html(contest_data(self))


CANDIDATES: dict[str, tuple[str, ...]] = {
    "binary": ("bernoulli",),
    "labels": ("categorical",),
    "ordered": ("ordinal", "categorical"),
    "counts": ("poisson", "negative_binomial", "zero_inflated(poisson)"),
    "proportions": ("beta",),
    "positive": ("gamma", "log_normal", "inverse_gaussian", "weibull"),
    "nonnegative": ("tweedie(power=1.5)",),
    "real": ("normal", "student_t", "laplace"),
}
"""Candidates by the kind of the target; all of a row are densities, or all are masses."""


def candidates(formula: Any, data: Any, **options: Any) -> tuple[str, ...]:
    """The families that suit the kind of the target, simplest first.

    Raises `LikelierError` for a dict of formulas, since families differ in their parameters, and
    for a kind of target for which nothing is chosen.
    """
    if not isinstance(formula, str) and hasattr(formula, "keys"):
        raise LikelierError(
            'distribution="auto" needs one formula, "y ~ x": families differ in their parameters'
        )
    design = make_design(formula, data, Normal, **options)
    assert design.target is not None
    kind = design.target.kind
    if kind not in CANDIDATES:
        raise LikelierError(
            f'distribution="auto" does not choose for a target of kind {kind!r}; name the family'
        )
    return CANDIDATES[kind]


def compare(
    formula: Any,
    data: Any,
    distributions: str | Sequence[str | type[Distribution]] = "auto",
    *,
    folds: int = 5,
    links: Mapping[str, Any] | None = None,
    weights: Any = None,
    weight_type: str = "frequency",
    offset: Any = None,
    exposure: Any = None,
    groups: Any = None,
    missing: str = "raise",
    names: Sequence[str] | None = None,
    intercept: bool = True,
    seed: int = 0,
    objective: Any = None,
    predictor: Any = None,
    solver: Any = None,
    engine: Any = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Comparison:
    """Compare distributions of one target by K-fold held-out negative log-likelihood.

    Every candidate is fitted to K − 1 folds and scored on the rest; differences are paired by
    rows, which gives them a standard error.

    Args:
        formula, data, links, weights, weight_type, offset, exposure, groups, missing, names,
            intercept, objective, predictor, solver, engine: as in `fit`.
        distributions: families or their names, all densities or all probability masses; "auto"
            for those that suit the kind of the target.
        folds: K, 2 or more. Rows of one group, if there are groups, stay in one fold.
        seed: of the folds.
        progress: called before each fit with what is fitted, the number of fits done, and of all.

    Raises:
        LikelierError: fewer than two folds or no candidate, or densities mixed with masses.

    Source: Gneiting and Raftery (2007), doi:10.1198/016214506000001437.

    Example:
        >>> import likelier as lk
        >>> visits = lk.datasets.load("randhie").head(500)
        >>> contest = lk.compare("mdvis ~ disea", visits, ["poisson", "negative_binomial"])
        >>> contest.verdict
        'negative_binomial explains held-out rows best, clearly.'
    """
    options = {
        "predictor": predictor,
        "weights": weights,
        "offset": offset,
        "exposure": exposure,
        "groups": groups,
        "missing": missing,
        "names": names,
        "intercept": intercept,
    }
    data = read_once(formula, data)
    if isinstance(distributions, str):
        if distributions != "auto":
            raise LikelierError('distributions is a list of families, or "auto"')
        distributions = candidates(formula, data, **options)
    families = [resolve_family(d) for d in distributions]
    if not families:
        raise LikelierError("compare needs at least one distribution")
    if len({family.discrete for family in families}) > 1:
        masses = ", ".join(f.text() for f in families if f.discrete)
        raise LikelierError(
            f"{masses} give probabilities and the others densities; their likelihoods cannot be "
            "compared"
        )
    settings = {
        "links": links,
        "weight_type": weight_type,
        "objective": objective,
        "predictor": predictor,
        "solver": solver,
        "engine": engine,
    }
    contestants = []
    assignment: Array | None = None
    for i, family in enumerate(families):
        design = make_design(formula, data, family, **options)
        if assignment is None:
            assignment = assign_folds(design, folds, seed)
        begin = _reporter(progress, family.text(), i, len(families), folds)
        contestants.append(_run(design, family, assignment, folds, settings, begin))
    if all(c.fit is None for c in contestants):
        first = contestants[0].error
        assert first is not None
        others = f" (and {len(contestants) - 1} more failed)" if len(contestants) > 1 else ""
        raise type(first)(f"{contestants[0].name} could not be fitted{others}: {first}") from first
    order = sorted(contestants, key=lambda c: c.mean_nll)
    row_weights = design.weights if weight_type == "frequency" else None
    return Comparison(tuple(order), folds, row_weights)


def _reporter(
    progress: Callable[[str, int, int], None] | None, name: str, place: int, count: int, folds: int
) -> Callable[[int], None]:
    """What a candidate calls before its fit to all rows (0) and to the rest of each fold."""

    def begin(step: int) -> None:
        if progress is not None:
            part = f"fold {step} of {folds}" if step else "all rows"
            progress(f"{name}, {part}", place * (folds + 1) + step, count * (folds + 1))

    return begin


def _run(
    design: Design,
    family: type[Distribution],
    assignment: Array,
    folds: int,
    settings: Mapping[str, Any],
    begin: Callable[[int], None],
) -> Contestant:
    """Fit one candidate to all rows and to the complement of each fold."""
    nll = np.full(design.n, np.nan)
    bounds: Array | None = np.full((2, design.n), np.nan)
    begin(0)
    try:
        design = as_target_of(design, family)
        check_support(design, family)
        whole = fit_design(design, family, **settings)
        for k in range(folds):
            begin(k + 1)
            held = np.flatnonzero(assignment == k)
            part = fit_design(design.take(np.flatnonzero(assignment != k)), family, **settings)
            test = design.take(held)
            assert test.target is not None
            prediction, y = part._distribution(test), test.target.values
            nll[held] = prediction.nll(y)
            found = bounds_of(prediction, y)
            if bounds is not None:
                bounds = None if found is None else _put(bounds, held, found)
    except LikelierError as error:
        return Contestant(family.text(), None, nll, error=error)
    return Contestant(family.text(), whole, nll, bounds)


def bounds_of(prediction: Distribution, y: Any) -> Array | None:
    """P(Y < y) and P(Y <= y), (2, n), or None for labels, vectors and censored observations."""
    if prediction.support.name in ("labels", "binary") or np.ndim(y) != 1:
        return None
    try:
        return np.stack(pit_bounds(prediction, y))
    except UndefinedError:
        return None


def _put(bounds: Array, rows: Array, values: Array) -> Array:
    bounds[:, rows] = values
    return bounds
