"""Predicted means with their standard errors, and intervals for new observations, as tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Design
from likelier.distributions import Censored
from likelier.errors import LikelierError
from likelier.inference import Information
from likelier.inference.level import check_level
from likelier.inference.prediction import (
    delta_of_rows,
    predictive_interval,
    predictor_covariance,
    slopes,
    spread_points,
)
from likelier.model.answers.uncertainty import information_of
from likelier.model.fitting.training_words import refuse_errors
from likelier.predictors import ParametricPredictor, Workspace

if TYPE_CHECKING:
    import pandas as pd

    from likelier.model.fitted import Fit

Array = Any

_CELLS = 4_000_000
"""Dense copies of this many cells of the design are made at a time."""


def mean_table(fit: Fit, design: Design, level: float, kind: str, groups: Any) -> pd.DataFrame:
    """The table that `Fit.prediction_table` describes."""
    import pandas as pd
    from scipy.special import ndtri

    check_level(level)
    half = float(ndtri((1 + level) / 2))
    eta, covariance, lost = predictors(fit, design, kind, groups)
    value, names = _predicted(fit)
    with np.errstate(all="ignore"):
        mean = np.asarray(value(fit._predictive.build(eta, design.extra)), dtype=float)
    slope = slopes(fit._predictive, eta, design.extra, value)
    error = delta_of_rows(slope, covariance, lost)
    lower, upper = _limits(fit, design, eta, covariance, slope, mean, error, half, value)
    columns: dict[str, Array] = {}
    if mean.ndim > 1 and len(names) != mean.shape[1]:
        first = 0 if fit.distribution.support.name == "labels" else 1
        names = [str(first + j) for j in range(mean.shape[1])]
    shown = {"": 0} if mean.ndim == 1 else {f"_{name}": j for j, name in enumerate(names)}
    for ending, j in shown.items():
        for what, found in (
            ("mean", mean),
            ("mean_se", error),
            ("mean_ci_lower", lower),
            ("mean_ci_upper", upper),
        ):
            columns[f"{what}{ending}"] = found if mean.ndim == 1 else found[:, j]
    return pd.DataFrame(columns)


def class_probabilities(prediction: Any) -> Array:
    """Probability of each class, (n, K)."""
    if prediction.support.name == "binary":
        p = np.asarray(prediction.mean)
        return np.column_stack([1 - p, p])
    return np.exp(np.asarray(prediction._log_probs()))


def class_log_probabilities(prediction: Any) -> Array:
    """Log probability of each class, (n, K)."""
    if prediction.support.name == "binary":
        codes = np.array([0.0, 1.0])[:, None]
        return prediction._supported_log_prob(codes).T
    return np.asarray(prediction._log_probs())


def mean_errors(fit: Fit, design: Design) -> Array:
    """Standard error of each predicted mean, (n,), by the delta method.

    √(sᵀ Cᵢ s) with s the derivatives of the mean by the linear predictors and Cᵢ their covariance;
    NaN where the mean rests on a coefficient without a standard error.
    """
    eta, covariance, lost = predictors(fit, design)
    return delta_of_rows(
        slopes(fit._predictive, eta, design.extra, lambda d: d.mean), covariance, lost
    )


def interval_table(
    fit: Fit,
    design: Design,
    level: float,
    parameter_uncertainty: bool,
    draws: int,
    seed: int,
    kind: str,
    groups: Any,
) -> pd.DataFrame:
    """The table that `Fit.predict_interval` describes."""
    import pandas as pd

    check_level(level)
    family = fit.distribution
    support = family.support
    if issubclass(family, Censored) and family.base is not None:
        support = family.base.support
    if support.event_dims or support.name in ("labels", "binary"):
        raise LikelierError(
            f"an interval is of numbers; {family.text()} is a distribution of something "
            "else; use prediction_table, or predict for the whole distribution"
        )
    if draws < 1:
        raise LikelierError(f"draws is a whole number above 0; given: {draws}")
    if fit.predictor.trained:
        return _network_intervals(fit, design, level)
    eta, covariance, lost = predictors(fit, design, kind, groups)
    points = np.zeros((1, len(eta)))
    if parameter_uncertainty:
        points = spread_points(draws, len(eta), seed)
    lower, upper, noise, parameters = predictive_interval(
        fit._predictive, eta, design.extra, covariance, points, level
    )
    unknown = lost.any(axis=1) if parameter_uncertainty else np.zeros(design.n, dtype=bool)
    columns = {
        "lower": lower,
        "upper": upper,
        "variance": noise + parameters,
        "noise_variance": noise,
        "parameter_variance": parameters,
    }
    return pd.DataFrame({name: np.where(unknown, np.nan, v) for name, v in columns.items()})


def _network_intervals(fit: Fit, design: Design, level: float) -> pd.DataFrame:
    """Intervals of what a network predicts; of an ensemble they count what its members differ in.

    A network by itself says nothing of the uncertainty of its mean, which is NaN.
    """
    import pandas as pd

    prediction: Any = fit._distribution(design)
    lower, upper = prediction.interval(level)
    variance = np.asarray(prediction.variance)
    noise, parameters = variance, np.full(design.n, np.nan)
    if fit.linked.members > 1:
        noise, parameters = prediction.aleatoric_variance, prediction.epistemic_variance
    columns = {
        "lower": lower,
        "upper": upper,
        "variance": variance,
        "noise_variance": noise,
        "parameter_variance": parameters,
    }
    return pd.DataFrame(columns)


def predictors(
    fit: Fit, design: Design, kind: str = "observed", groups: Any = None
) -> tuple[Array, Array, Array]:
    """Linear predictors of rows, (K, n), their covariance, (n, K, K), which are lost, (n, K)."""
    predictor, work = fit._predictor_of(design), Workspace()
    if not isinstance(predictor, ParametricPredictor):
        refuse_errors()
    eta = fit._predictors(design)
    to_user, information = information_of(fit, kind, groups)
    information = _held(fit, information)
    size = len(eta)
    covariance = np.empty((design.n, size, size))
    lost = np.empty((design.n, size), dtype=bool)
    chunk = max(1, _CELLS // max(1, size * len(to_user)))
    for start in range(0, design.n, chunk):
        rows = slice(start, min(start + chunk, design.n))
        predictor.forward(fit.estimate.coefficients, rows, work)
        inner = [
            predictor.inner(slot, rows, work) @ to_user[predictor.span(slot)]
            for slot in range(size)
        ]
        covariance[rows], lost[rows] = predictor_covariance(inner, information)
    return eta, covariance, lost


def _held(fit: Fit, information: Information) -> Information:
    """The information without the parameters that stand at a limit, where they are known.

    A dispersion of 0 is no reason to doubt a prediction; a main parameter without a finite
    estimate is.
    """
    labels, infinite = fit.estimate.labels, fit.estimate.infinite
    alone = [
        i
        for i, (name, slot, _) in enumerate(labels)
        if infinite[i] != 0
        and name != fit.distribution.main
        and sum(label[:2] == (name, slot) for label in labels) == 1
    ]
    if not alone:
        return information
    kept = np.all(np.abs(information.null[alone]) < 0.5, axis=0)
    return Information(information.inverse, information.null[:, kept])


def _predicted(fit: Fit) -> tuple[Callable[[Any], Array], list[str]]:
    """What of a distribution counts as its mean, and the names of its entries."""
    family = fit.distribution
    if family.support.name == "labels":
        return class_probabilities, [str(level) for level in fit.facts.levels or ()]
    if family.support.event_dims:
        return lambda d: d.mean, fit.facts.target.replace(" ", "").split("+")
    return lambda d: d.mean, []


def _limits(
    fit: Fit,
    design: Design,
    eta: Array,
    covariance: Array,
    slope: Array,
    mean: Array,
    error: Array,
    half: float,
    value: Callable[[Any], Array],
) -> tuple[Array, Array]:
    """Limits of the mean: through the one predictor that moves it, else on a scale without ends."""
    moves = [k for k in range(len(eta)) if np.any(slope[k] != 0)]
    if mean.ndim == 1 and len(moves) == 1:
        ends = []
        for sign in (-1, 1):
            moved = eta.copy()
            moved[moves[0]] += sign * half * np.sqrt(covariance[:, moves[0], moves[0]])
            with np.errstate(all="ignore"):
                ends.append(
                    np.asarray(value(fit._predictive.build(moved, design.extra)), dtype=float)
                )
        unknown = np.isnan(error)
        return (
            np.where(unknown, np.nan, np.minimum(*ends)),
            np.where(unknown, np.nan, np.maximum(*ends)),
        )
    support = fit.distribution.support
    with np.errstate(all="ignore"):
        if support.name in ("labels", "simplex") or (support.lower, support.upper) == (0.0, 1.0):
            centre, spread = np.log(mean) - np.log1p(-mean), error / (mean * (1 - mean))
            ends = [1 / (1 + np.exp(-(centre + s * half * spread))) for s in (-1, 1)]
        elif support.lower == 0.0:
            ends = [mean * np.exp(s * half * error / mean) for s in (-1, 1)]
        else:
            ends = [mean + s * half * error for s in (-1, 1)]
    return ends[0], ends[1]
