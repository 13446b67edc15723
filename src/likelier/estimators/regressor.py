"""`NLLRegressor`: a distribution's negative log-likelihood as the loss of a regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from likelier.distributions import CensoredValues, Distribution
from likelier.errors import DataError, LikelierError
from likelier.estimators._base import (
    FEATURES,
    NLLEstimator,
    check_row_labels,
    family_of,
    is_known,
    read_weights,
    refuse_dates,
    weighted_mean,
)
from likelier.objective import Objective, Term
from likelier.predictors import PredictorSpec
from likelier.solvers import Solver

Array = Any


class NLLRegressor(RegressorMixin, NLLEstimator):
    r"""Regression whose loss is the negative log-likelihood of a distribution.

    linkₖ(θₖ) = Xₖ bₖ + offsetₖ for each parameter θₖ, and the b minimise Σ wᵢ (−log p(yᵢ | θᵢ)).

    Args:
        distribution: a family, its name such as `"negative_binomial"`, or `"auto"` to let held-out
            likelihood choose among the families that suit the target.
        predictor: how features become parameters; by default the main parameter takes all
            columns and the others an intercept. `Linear(parameters="all")` gives all of them the
            columns.
        objective: what is minimised, such as `NLL() + 0.1 * L2()`; the likelihood by default.
        solver: how; chosen by the family when not given.
        links: link by parameter, such as `{"mean": "identity"}`.
        weight_type: `"frequency"` (a row stands for w equal rows) or `"precision"`; they differ in
            standard errors.
        fit_intercept: whether the parameters that take the columns have an intercept too.

    Attributes:
        fit_: the `Fit`, with estimates, standard errors, intervals, diagnoses, plots and report.
        fits_: tuple of the fits, one for each target. Several targets, (n, t), are fitted one by
            one unless the distribution is one of vectors, such as `MultivariateNormal`: then one
            fit describes them together.
        coef_: (p,) slopes of the main parameter on the scale of its link, (t, p) for t targets or
            predictors. The other parameters are found in `fit_.params`.
        intercept_: its intercept, a number or (t,).
        n_iter_: steps of the search, the most over the targets.
        n_features_in_, feature_names_in_: as everywhere in scikit-learn.

    Rows with a missing cell are refused, as scikit-learn does; put an imputer before.

    A fit whose predictions are not to be relied on warns with scikit-learn's `ConvergenceWarning`;
    one that predicts nothing raises `NoFiniteOptimumError`, a ValueError.

    Example:
        >>> import likelier as lk
        >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0]], [1, 1, 4, 5, 13]
        >>> model = lk.NLLRegressor("poisson").fit(X, y)
        >>> model.predict([[5.0]]).round(2).tolist()
        [24.99]
        >>> model.predict_quantiles([[5.0]], [0.05, 0.95]).tolist()
        [[17.0, 33.0]]
        >>> round(model.score(X, y), 3)  # mean log-likelihood of a row
        -1.596
        >>> model.fit_.conf_int()[["term", "lower", "upper"]].round(2).to_numpy().tolist()
        [['intercept', -1.51, 0.97], ['x1', 0.33, 1.07]]
    """

    def __init__(
        self,
        distribution: str | type[Distribution] = "normal",
        *,
        predictor: PredictorSpec | None = None,
        objective: Term | Objective | None = None,
        solver: Solver | None = None,
        links: Mapping[str, Any] | None = None,
        weight_type: str = "frequency",
        fit_intercept: bool = True,
    ) -> None:
        super().__init__(
            distribution,
            predictor=predictor,
            objective=objective,
            solver=solver,
            links=links,
            weight_type=weight_type,
            fit_intercept=fit_intercept,
        )

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        offset: Any = None,
        exposure: Any = None,
        groups: Any = None,
    ) -> Self:
        """Fit to n rows.

        Args:
            X: (n, p) numbers, a data frame of them, or a SciPy sparse matrix, taken as it is.
            y: (n,) target, or (n, t) targets; or censored observations, `interval(lower, upper)`.
            sample_weight: (n,) weights, 0 or above.
            offset: (n,) added to the predictor of the main parameter, or a dict by parameter.
            exposure: (n,) positive, under a log link.
            groups: (n,) labels of clusters, for `fit_.covariance("cluster")`.
        """
        family = family_of(self.distribution)
        roles = {"offset": offset, "exposure": exposure, "groups": groups}
        check_row_labels(X, y=y, sample_weight=sample_weight, **roles)
        refuse_dates(X)
        if family is not None and family.support.name == "labels":
            raise LikelierError(f"{family.text()} is a distribution of labels; use NLLClassifier")
        if isinstance(y, CensoredValues):
            X = validate_data(self, X, ensure_min_samples=2, **FEATURES)
            targets, self._flat = [y], True
        else:
            X, checked = self._validate(X, y, ensure_min_samples=2)
            vectors = family is not None and family.support.event_dims > 0
            if vectors and checked.ndim == 1:
                raise DataError(
                    f"{self.distribution} is a distribution of vectors: y is (n, d), not (n,)"
                )
            self._flat = checked.ndim == 1 or vectors
            targets = _named(checked, y, self._flat)
        weights = read_weights(sample_weight, X.shape[0])
        return self._fit_targets(X, targets, self.distribution, weights, roles)

    def _validate(self, X: Any, y: Any, **options: Any) -> tuple[Array, Array]:
        """Features and target as scikit-learn checks them."""
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, **FEATURES, **options)
        if y.dtype.kind not in "fiub":
            raise DataError(
                f"y holds {y.tolist()[0]!r}, not a number; labels are for NLLClassifier"
            )
        return X, y

    # ------------------------------------------------------------------ predictions

    def predict(self, X: Any, *, offset: Any = None, exposure: Any = None) -> Array:
        """The mean of each row, (n,), or (n, t) for several targets; NaN where there is none.

        Args:
            X: (n, p) features.
            offset, exposure: of these rows, needed if the fit had them.
        """
        return self._each(X, offset, exposure, lambda d: np.asarray(d.mean, dtype=np.float64))

    def predict_distribution(self, X: Any, *, offset: Any = None, exposure: Any = None) -> Any:
        """The predictive distribution of the rows; a list of them for targets fitted one by one.

        Args:
            X, offset, exposure: as `predict` takes them.
        """
        found = self._distributions(X, offset, exposure)
        return found[0] if self._flat else found

    def predict_quantiles(
        self,
        X: Any,
        quantiles: Sequence[float] = (0.05, 0.5, 0.95),
        *,
        offset: Any = None,
        exposure: Any = None,
    ) -> Array:
        """Quantiles of each row's distribution, (n, q), or (n, t, q) for several targets.

        Args:
            X, offset, exposure: as `predict` takes them.
            quantiles: q levels, from 0 to 1.
        """
        levels = np.asarray(quantiles, dtype=np.float64)
        return self._each(
            X, offset, exposure, lambda d: np.stack([d.quantile(q) for q in levels], axis=-1)
        )

    def predict_interval(
        self,
        X: Any,
        level: float = 0.95,
        *,
        parameter_uncertainty: bool = False,
        offset: Any = None,
        exposure: Any = None,
    ) -> Array:
        """Central intervals for new observations, (n, 2), or (n, t, 2) for several targets.

        Args:
            X, offset, exposure: as `predict` takes them.
            level: probability that an observation lies inside, between 0 and 1.
            parameter_uncertainty: whether the uncertainty of the estimates counts too, as in
                `Fit.predict_interval`, which is wider where rows are few and takes longer.
        """
        if not parameter_uncertainty:
            return self._each(X, offset, exposure, lambda d: np.stack(d.interval(level), axis=-1))
        X = self._read_features(X)
        tables = [
            f.predict_interval(X, level, offset=offset, exposure=exposure) for f in self.fits_
        ]
        return self._joined([table[["lower", "upper"]].to_numpy() for table in tables])

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, *, offset: Any = None, exposure: Any = None
    ) -> float:
        """Mean log-likelihood of a row, in nats; greater is better.

        Distributions can be compared by it if all are densities, or all probabilities of counts.
        A row of several targets counts with the sum over them.

        Args:
            X, offset, exposure: as `predict` takes them.
            y: (n,) or (n, t) targets.
            sample_weight: (n,) weights of the mean.
        """
        check_row_labels(X, y=y, sample_weight=sample_weight)
        distributions = self._distributions(X, offset, exposure)
        if isinstance(y, CensoredValues):
            return weighted_mean(distributions[0].log_prob(y), sample_weight)
        _, y = self._validate(X, y, reset=False)
        columns = [y] if self._flat else list(y.T)
        if len(columns) != len(distributions):
            raise DataError(f"y has {len(columns)} targets; the fit had {len(distributions)}.")
        total = sum(d.log_prob(c) for d, c in zip(distributions, columns, strict=True))
        return weighted_mean(np.asarray(total), sample_weight)

    # ------------------------------------------------------------------ coefficients

    @property
    def coef_(self) -> Array:
        """Slopes of the main parameter, (p,), or (t, p) for t targets or predictors."""
        slopes = [own for own, _ in self._coefficients("coef_")]
        stacked = np.concatenate(slopes)
        return stacked[0] if self._flat and len(stacked) == 1 else stacked

    @property
    def intercept_(self) -> Any:
        """Intercept of the main parameter, a number, or (t,) for t targets or predictors."""
        stacked = np.concatenate([own for _, own in self._coefficients("intercept_")])
        return float(stacked[0]) if self._flat and len(stacked) == 1 else stacked

    # ------------------------------------------------------------------ within

    def _distributions(self, X: Any, offset: Any, exposure: Any) -> list[Distribution]:
        X = self._read_features(X)
        return [f.predict(X, offset=offset, exposure=exposure) for f in self.fits_]

    def _each(
        self, X: Any, offset: Any, exposure: Any, value: Callable[[Distribution], Array]
    ) -> Array:
        return self._joined([value(d) for d in self._distributions(X, offset, exposure)])

    def _joined(self, values: list[Array]) -> Array:
        """The values of several targets on the second axis, of a single one as they are."""
        return values[0] if self._flat else np.stack(values, axis=1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = is_known(
            self.distribution, lambda f: not f.support.event_dims and not f.takes(np.array([-1.0]))
        )
        # A score above 0.5 says something of an R² and nothing of a mean log-likelihood.
        tags.regressor_tags.poor_score = True
        return tags


def _named(values: Array, given: Any, together: bool) -> list[Any]:
    """The targets, named as a data frame named them, so that their fits can say the name."""
    split = [values] if together else list(values.T)
    names = [getattr(given, "name", None)] if values.ndim == 1 else getattr(given, "columns", [])
    if len(names) == 0 or not all(isinstance(name, str) for name in names):
        return split
    import pandas as pd

    if values.ndim == 2 and together:
        return [pd.DataFrame(values, columns=list(names))]
    return [pd.Series(y, name=name) for y, name in zip(split, names, strict=True)]
