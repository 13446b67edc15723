"""What both estimators share: parameters, the way into `fit`, and what every prediction goes by.

Arrays are checked once, by scikit-learn, whose words its users know; what a likelihood needs beyond
that (weights, offsets, the support of the target) is checked by the floors below, whose errors are
ValueErrors too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from likelier.distributions import Distribution
from likelier.errors import DataError, LikelierError, NoFiniteOptimumError
from likelier.model import Fit, fit
from likelier.model.fitting.estimation import resolve_family
from likelier.objective import Objective, Term
from likelier.predictors import Linear, PredictorSpec
from likelier.solvers import Solver

Array = Any

FEATURES: dict[str, Any] = {
    "accept_sparse": ("csr", "csc"),
    "dtype": (np.float64, np.float32),
}
"""What is taken as it comes; all else becomes float64, or CSR."""

_OF_NO_CONCERN = ("collinearity", "weak identification")
"""Serious findings about coefficients that leave every prediction as it is."""


class NLLEstimator(BaseEstimator):
    """The parameters of both estimators, and what they do alike with them."""

    fits_: tuple[Fit, ...]

    def __init__(
        self,
        distribution: str | type[Distribution] = "auto",
        *,
        predictor: PredictorSpec | None = None,
        objective: Term | Objective | None = None,
        solver: Solver | None = None,
        links: Mapping[str, Any] | None = None,
        weight_type: str = "frequency",
        fit_intercept: bool = True,
    ) -> None:
        self.distribution = distribution
        self.predictor = predictor
        self.objective = objective
        self.solver = solver
        self.links = links
        self.weight_type = weight_type
        self.fit_intercept = fit_intercept

    # ------------------------------------------------------------------ fitting

    def _fit_targets(
        self,
        X: Array,
        targets: list[Any],
        family: Any,
        weights: Array | None,
        roles: dict[str, Any],
    ) -> Self:
        """One fit a target, on features that scikit-learn has checked."""
        fits = tuple(
            fit(
                y,
                X,
                family,
                links=self.links,
                objective=self.objective,
                predictor=self.predictor,
                solver=self.solver,
                weights=weights,
                weight_type=self.weight_type,
                names=getattr(self, "feature_names_in_", None),
                intercept=self.fit_intercept,
                **roles,
            )
            for y in targets
        )
        for found in fits:
            _check(found)
        self.fits_ = fits
        self.n_iter_ = max(1, *map(_steps, fits))
        return self

    def _read_features(self, X: Any) -> Array:
        """New rows, checked against those of the fit."""
        check_is_fitted(self)
        refuse_dates(X)
        return validate_data(self, X, reset=False, **FEATURES)

    # ------------------------------------------------------------------ results

    @property
    def fit_(self) -> Fit:
        """The `Fit`: estimates, standard errors, intervals, diagnoses, plots, report."""
        fits = self._fits("fit_")
        if len(fits) > 1:
            raise AttributeError(f"there is one fit for each of {len(fits)} targets; see fits_")
        return fits[0]

    def _fits(self, asked: str) -> tuple[Fit, ...]:
        """The fits, for a property that scikit-learn expects to be absent before there are any."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no {asked} before it is fitted")
        return self.fits_

    def _coefficients(self, asked: str) -> Iterator[tuple[Array, Array | None]]:
        """Slopes (slots, p) of the main parameter and its intercepts (slots,), for each fit."""
        for found in self._fits(asked):
            if not isinstance(found.predictor, Linear):
                raise AttributeError(f"{asked} is of linear predictors; see fit_.params")
            main = found.distribution.main
            slots = found.linked.slots[main]
            own = np.array([label[0] == main for label in found.estimate.labels])
            values = found.coefficients[own].reshape(slots.stop - slots.start, -1)
            declared = found.distribution.parameters_declared[main].intercept
            if declared and found.recipe.formulas[main].intercept:
                yield values[:, 1:], values[:, 0]
            else:
                yield values, np.zeros(len(values)) if declared else None

    def __sklearn_is_fitted__(self) -> bool:
        return "fits_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def is_known(distribution: Any, holds: Callable[[type[Distribution]], bool]) -> bool:
    """Whether a distribution is named that can be read, and something holds of it.

    Tags must not raise: what is wrong with a name, `fit` says.
    """
    try:
        family = family_of(distribution)
    except LikelierError:
        return False
    return family is not None and holds(family)


def family_of(distribution: Any) -> type[Distribution] | None:
    """The family that is asked for, None for "auto"."""
    if isinstance(distribution, str) and distribution == "auto":
        return None
    return resolve_family(distribution)


def refuse_dates(X: Any) -> None:
    """Raise for a column of dates or durations, which NumPy reads as numbers or not at all."""
    columns, dtypes = getattr(X, "columns", None), getattr(X, "dtypes", None)
    if columns is None or dtypes is None:
        return
    for name, dtype in zip(columns, dtypes, strict=True):
        if getattr(dtype, "kind", "") in ("m", "M"):
            raise DataError(
                f"column `{name}` of X holds dates or durations; give numbers in their place, such "
                f"as the days since the first: (X[{name!r}] - X[{name!r}].min()).dt.days"
            )


def check_row_labels(X: Any, **others: Any) -> None:
    """Raise where pandas row labels say that something holds the rows of X in another order.

    Labels that have nothing to do with those of X go by position, as in all of scikit-learn.
    """
    index = getattr(X, "index", None)
    if index is None or callable(index) or not index.is_unique:
        return
    for name, values in others.items():
        own = getattr(values, "index", None)
        if own is None or callable(own) or len(own) != len(index) or own.equals(index):
            continue
        if own.is_unique and own.isin(index).all():
            raise DataError(
                f"X and {name} hold the same row labels (index) in different orders. Put both in "
                f"one order, {name}.reindex(X.index), or drop the labels with .to_numpy()."
            )


def read_weights(sample_weight: Any, n: int) -> Array | None:
    """Sample weights as (n,) numbers, or None; the fit checks that they are not negative."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        return np.full(n, float(sample_weight))
    weights = check_array(
        column_or_1d(sample_weight), ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    check_consistent_length(weights, np.empty(n))
    return weights


def weighted_mean(values: Array, sample_weight: Any) -> float:
    """The mean of a row's value; rows of weight 0 may hold anything."""
    weights = read_weights(sample_weight, len(values))
    if weights is None:
        return float(np.mean(values))
    if (weights < 0).any() or not weights.any():
        raise DataError("sample_weight is 0 or positive in every row, and positive in some.")
    used = weights > 0
    return float(np.average(values[used], weights=weights[used]))


def _steps(found: Fit) -> int:
    solution = None if found.sample is None else found.sample.solution
    return 0 if solution is None else len(solution.trace)


def _check(found: Fit) -> None:
    """Raise if a fit predicts nothing, warn if its predictions are not to be relied on."""
    serious = [
        f"{d.kind}: {d.message}. Remedy: {d.remedy}."
        for d in found.diagnoses
        if d.severity == "serious" and d.kind not in _OF_NO_CONCERN
    ]
    text = " ".join(serious) or f"the search for estimates ended as {found.facts.reason!r}."
    if not np.all(np.isfinite(found.estimate.coefficients)):
        raise NoFiniteOptimumError(text)
    if serious or found.facts.reason != "converged":
        warnings.warn(f"{text} See fit_.diagnoses.", ConvergenceWarning, stacklevel=4)
