"""`NLLClassifier`: a distribution of labels, fitted by its likelihood."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from likelier.distributions import Bernoulli, Categorical, Distribution, Ordinal
from likelier.errors import DataError, LikelierError, NoFiniteOptimumError
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
from likelier.model.answers.means import class_log_probabilities
from likelier.objective import Objective, Term
from likelier.predictors import PredictorSpec
from likelier.solvers import Solver

Array = Any


class NLLClassifier(ClassifierMixin, NLLEstimator):
    r"""Classification whose loss is the negative log-likelihood of a distribution of labels.

    For two classes log(p / (1 − p)) = X b + offset (`Bernoulli`); for more,
    log(pₖ / p₁) = X bₖ (`Categorical`); for ordered ones P(y ≤ k) = F(cutpointₖ − X b)
    (`Ordinal`). Probabilities are those of maximum likelihood, not shrunk unless an objective says
    so.

    Args:
        distribution: `"auto"` (Bernoulli for two classes, Categorical for more), `"ordinal"`,
            `"ordinal(probit)"`, or any other family of labels.
        predictor, objective, solver, links, weight_type, fit_intercept: as in `NLLRegressor`;
            `links={"logits": "probit"}` and the like.
        class_weight: weight by class, or `"balanced"` for n / (K · count). It moves the
            probabilities away from the frequencies in the data on purpose, so that `score` on
            such data falls.
        label_order: the labels from low to high for an ordinal distribution, with the reference
            class first for another; those of an ordered pandas categorical, else sorted.

    Attributes:
        classes_: (K,) labels, sorted; columns of `predict_proba` stand in this order.
        fit_: the `Fit`, with estimates, standard errors, intervals, diagnoses, plots and report.
        coef_: (1, p) slopes of the log-odds, or of an ordinal location; for more classes (K, p),
            zero for the reference class.
        intercept_: (1,) or (K,); an ordinal distribution has cutpoints instead, in `fit_.params`.
        n_iter_, n_features_in_, feature_names_in_: as everywhere in scikit-learn.

    Perfect separation, where no finite coefficients exist, warns with scikit-learn's
    `ConvergenceWarning` and is explained in `fit_.diagnoses`; the predictions are those of the
    coefficients that the search reached.

    Example:
        >>> import likelier as lk
        >>> X, y = [[0], [1], [2], [3], [4], [5]], ["no", "no", "yes", "no", "yes", "yes"]
        >>> model = lk.NLLClassifier().fit(X, y)
        >>> model.predict_proba([[2.5]]).round(2).tolist()
        [[0.5, 0.5]]
        >>> round(model.score(X, y), 3)  # mean log-likelihood of a row
        -0.413
        >>> model.set_params(objective=lk.NLL() + lk.Jeffreys()).fit(X, y).coef_.round(2).tolist()
        [[0.68]]
    """

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
        class_weight: Mapping[Any, float] | str | None = None,
        label_order: Sequence[Any] | None = None,
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
        self.class_weight = class_weight
        self.label_order = label_order

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
            y: (n,) labels: text, numbers or truth values.
            sample_weight: (n,) weights, 0 or above.
            offset: (n,) added to the predictor of the main parameter, or a dict by parameter.
            exposure: (n,) positive, under a log link.
            groups: (n,) labels of clusters, for `fit_.covariance("cluster")`.
        """
        asked = family_of(self.distribution)
        if asked is not None and asked.support.name not in ("labels", "binary"):
            raise LikelierError(f"{asked.text()} is a distribution of numbers; use NLLRegressor")
        roles = {"offset": offset, "exposure": exposure, "groups": groups}
        check_row_labels(X, y=y, sample_weight=sample_weight, **roles)
        refuse_dates(X)
        order = self.label_order if self.label_order is not None else _order_of(y)
        name = getattr(y, "name", None)
        X, y = validate_data(self, X, y, ensure_min_samples=2, **FEATURES)
        _check_labels(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        weights = read_weights(sample_weight, X.shape[0])
        if self.class_weight is not None:
            weights = _reweighted(self.class_weight, self.classes_, codes, weights)
        _check_classes(self.classes_, codes, weights)
        family = asked or (Bernoulli if len(self.classes_) == 2 else Categorical)
        ordinal = issubclass(family, Ordinal)
        self._place = _places(self.classes_, order, ordinal)
        target = _labelled(self.classes_, self._place, codes, ordinal, name)
        return self._fit_targets(X, [target], family, weights, roles)

    # ------------------------------------------------------------------ predictions

    def predict(self, X: Any, *, offset: Any = None, exposure: Any = None) -> Array:
        """The likeliest label of each row, (n,).

        Args:
            X: (n, p) features.
            offset, exposure: of these rows, needed if the fit had them.
        """
        logs = self.predict_log_proba(X, offset=offset, exposure=exposure)
        return self.classes_[np.argmax(logs, axis=1)]

    def predict_proba(self, X: Any, *, offset: Any = None, exposure: Any = None) -> Array:
        """Probabilities of the labels, (n, K), columns as in `classes_`.

        Args:
            X, offset, exposure: as `predict` takes them.
        """
        return np.exp(self.predict_log_proba(X, offset=offset, exposure=exposure))

    def predict_log_proba(self, X: Any, *, offset: Any = None, exposure: Any = None) -> Array:
        """Logarithms of the probabilities, (n, K), exact where a probability underflows.

        Args:
            X, offset, exposure: as `predict` takes them.
        """
        found = self.predict_distribution(X, offset=offset, exposure=exposure)
        return class_log_probabilities(found)[:, self._place]

    def decision_function(self, X: Any, *, offset: Any = None, exposure: Any = None) -> Array:
        """Log-odds of the second class, (n,), or log-probabilities of more classes, (n, K).

        Args:
            X, offset, exposure: as `predict` takes them.
        """
        logs = self.predict_log_proba(X, offset=offset, exposure=exposure)
        return logs[:, 1] - logs[:, 0] if len(self.classes_) == 2 else logs

    def predict_distribution(
        self, X: Any, *, offset: Any = None, exposure: Any = None
    ) -> Distribution:
        """The predictive distribution of the rows, which takes and gives labels.

        Args:
            X, offset, exposure: as `predict` takes them.
        """
        X = self._read_features(X)
        return self.fit_.predict(X, offset=offset, exposure=exposure)

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, *, offset: Any = None, exposure: Any = None
    ) -> float:
        """Mean log-likelihood of a row, in nats: scikit-learn's `neg_log_loss`, not clipped.

        Args:
            X, offset, exposure: as `predict` takes them.
            y: (n,) labels.
            sample_weight: (n,) weights of the mean.
        """
        check_row_labels(X, y=y, sample_weight=sample_weight)
        logs = self.predict_log_proba(X, offset=offset, exposure=exposure)
        _, y = validate_data(self, X, y, reset=False, **FEATURES)
        codes = _codes(self.classes_, y)
        return weighted_mean(logs[np.arange(len(codes)), codes], sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Labels without an order are not what an ordinal distribution tells apart.
        tags.classifier_tags.poor_score = is_known(
            self.distribution, lambda f: issubclass(f, Ordinal)
        )
        return tags

    # ------------------------------------------------------------------ coefficients

    @property
    def coef_(self) -> Array:
        """Slopes, (1, p) for two classes or ordered ones, else (K, p), 0 for the reference."""
        slopes, _ = next(self._coefficients("coef_"))
        return self._by_class(slopes)

    @property
    def intercept_(self) -> Array:
        """Intercepts, (1,) for two classes, else (K,)."""
        _, constants = next(self._coefficients("intercept_"))
        if constants is None:
            raise AttributeError(
                "an ordinal distribution has cutpoints in place of an intercept; see fit_.params"
            )
        return self._by_class(constants)

    def _by_class(self, slots: Array) -> Array:
        """What belongs to all classes but the reference, by `classes_` or for the second of two."""
        size = len(self.classes_)
        if len(slots) != size - 1:
            return slots
        rows = np.concatenate([np.zeros_like(slots[:1]), slots])[self._place]
        return rows if size > 2 else rows[1:] - rows[:1]


def _order_of(y: Any) -> Sequence[Any] | None:
    """The order that a pandas categorical states."""
    dtype: Any = getattr(y, "dtype", None)
    return list(dtype.categories) if getattr(dtype, "ordered", False) else None


def _codes(classes: Array, labels: Array) -> Array:
    """The places of labels among the classes."""
    known = {label: k for k, label in enumerate(classes.tolist())}
    cells = labels.tolist()
    found = [known.get(label, -1) for label in cells]
    if -1 in found:
        row = found.index(-1)
        raise DataError(
            f"y: row {row + 1:,} holds {cells[row]!r}, which the fit never saw. Known "
            f"labels: {', '.join(map(repr, known))}"
        )
    return np.array(found)


def _check_labels(y: Array) -> None:
    """Raise for what are no labels, or where one is missing."""
    if y.dtype == object:
        for row, cell in enumerate(y.tolist(), 1):
            if cell is None or cell != cell:
                raise DataError(f"y: row {row:,} holds no label ({cell}); leave such rows out")
    check_classification_targets(y)


def _check_classes(classes: Array, codes: Array, weights: Array | None) -> None:
    """Raise unless two classes have rows that count."""
    present = np.unique(codes if weights is None else codes[weights != 0])
    if len(present) == 1:
        counting = "" if weights is None else " of positive weight"
        raise NoFiniteOptimumError(
            f"a classifier needs rows of 2 classes or more; every row{counting} holds the one "
            f"class {classes.tolist()[present[0]]!r}"
        )


def _reweighted(
    class_weight: Mapping[Any, float] | str, classes: Array, codes: Array, weights: Array | None
) -> Array:
    """Weights of rows times those of their classes."""
    if isinstance(class_weight, Mapping):
        factors = np.array([float(class_weight.get(c, 1.0)) for c in classes.tolist()])
    elif class_weight == "balanced":
        counts = np.bincount(codes, weights, len(classes))
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = np.where(counts > 0, counts.sum() / (len(classes) * counts), 0.0)
    else:
        raise LikelierError(f"class_weight is 'balanced' or a dict; given: {class_weight!r}")
    return factors[codes] if weights is None else weights * factors[codes]


def _places(classes: Array, order: Sequence[Any] | None, ordinal: bool) -> Array:
    """Where each class stands in the given order; in their own, sorted, if there is none."""
    if order is None:
        if ordinal and len(classes) > 2 and classes.dtype.kind in "OUST":
            warnings.warn(
                "the labels of an ordinal distribution are taken in alphabetical order, "
                f"{' < '.join(map(str, classes))}; say label_order=[…] if that is not theirs",
                UserWarning,
                stacklevel=3,
            )
        return np.arange(len(classes))
    known = {label: k for k, label in enumerate(order)}
    absent = [label for label in classes.tolist() if label not in known]
    if absent:
        raise DataError(f"label_order lacks the label {absent[0]!r}, which y holds")
    return np.argsort(np.argsort([known[label] for label in classes.tolist()]))


def _labelled(classes: Array, place: Array, codes: Array, ordinal: bool, name: Any) -> Any:
    """The target as a column of labels in their order, so that the fit can name them."""
    import pandas as pd

    levels = classes[np.argsort(place)].tolist()
    labels = pd.Categorical.from_codes(place[codes], categories=levels, ordered=ordinal)
    return pd.Series(labels, name=name if isinstance(name, str) else "y")
