"""How far predicted probabilities lie from what happened: by bins of events, or by coverage."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean

Array = Any

KINDS = ("binned", "adaptive", "debiased")
_CELLS = 5_000_000
"""Random numbers that the uncertainty of one error may cost."""


@dataclass(frozen=True)
class CalibrationError:
    """A calibration error with its uncertainty.

    Attributes:
        kind: "binned", "adaptive", "debiased" or "coverage".
        value: the error, a difference of probabilities.
        standard_error: by the bootstrap over rows.
        by_chance: what the error stays below in 95 of 100 samples of these very predictions if
            they are right: with few rows or many bins it is far above 0.
        p_value: how often right predictions have an error as large.
    """

    kind: str
    value: float
    standard_error: float
    by_chance: float
    p_value: float


def calibration_error(
    probability: Array,
    outcome: Array,
    kind: str = "binned",
    *,
    bins: int = 15,
    weights: Array | None = None,
    draws: int | None = None,
    seed: int = 0,
) -> CalibrationError:
    r"""Distance between predicted probabilities and how often they came true.

    With w_b the share of rows in bin b, p_b their mean probability and o_b the observed share:

    * "binned": Σ_b w_b |p_b − o_b| over bins of equal width (ECE);
    * "adaptive": the same over bins of equally many rows;
    * "debiased": √max(0, Σ_b w_b ((p_b − o_b)² − o_b (1 − o_b) / (n_b − 1))) over bins of equally
      many rows; unlike the others it is 0 on average (before the root) if the predictions are
      right.

    Args:
        probability: predicted probabilities of an event, (n,).
        outcome: whether it came true, (n,) of 0 and 1.
        kind: one of these.
        bins: number of bins; fewer where predictions are tied.
        weights: how many observations each row stands for, (n,).
        draws: behind the uncertainty; 100 to 1,000 by the number of rows when not given.
        seed: of them.

    Source: Naeini, Cooper and Hauskrecht (2015), doi:10.1609/aaai.v29i1.9602; Kumar, Liang and Ma
    (2019), arXiv:1909.10155; consistency resampling: Bröcker and Smith (2007),
    doi:10.1175/WAF993.1.

    Example:
        >>> round(calibration_error([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 0]).value, 6)
        0.25
    """
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise LikelierError(f"no calibration error of kind {kind!r}.{hint} On offer: {KINDS}")
    p, o = np.asarray(probability, float), np.asarray(outcome, float)
    rows = np.ones(len(p)) if weights is None else np.asarray(weights, float)
    index = bin_of(p, bins, kind == "binned")
    size = int(index.max()) + 1

    def error(w: Array, happened: Array) -> float:
        return _error(index, size, w, p, happened, kind == "debiased")

    value = error(rows, o)
    draws = draws or int(np.clip(_CELLS // len(p), 100, 1000))
    rng = np.random.default_rng(seed)
    again = [error(rows * rng.poisson(1.0, len(p)), o) for _ in range(draws)]
    honest = _resampled(error, rows, p, draws, rng)
    return CalibrationError(
        kind,
        value,
        float(np.nanstd(again, ddof=1)),
        float(np.quantile(honest, 0.95)),
        float((1 + np.sum(honest >= value)) / (1 + draws)),
    )


def _resampled(
    error: Callable[[Array, Array], float], rows: Array, p: Array, draws: int, rng: Any
) -> Array:
    """Errors of outcomes drawn from the predictions themselves."""
    return np.array([error(rows, (rng.random(len(p)) < p).astype(float)) for _ in range(draws)])


def bin_of(p: Array, bins: int, equal_width: bool) -> Array:
    """The bin of each probability: of equal width, or of equally many rows with ties together."""
    if equal_width:
        return np.clip((p * bins).astype(np.int64), 0, bins - 1)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.searchsorted(edges, p, side="right")


def _error(index: Array, size: int, w: Array, p: Array, o: Array, debiased: bool) -> float:
    count = np.bincount(index, w, size)
    full = count > 0
    n = count[full]
    if len(n) == 0:
        return math.nan
    gap = np.bincount(index, w * (p - o), size)[full] / n
    if not debiased:
        return float(np.average(np.abs(gap), weights=n))
    share = np.bincount(index, w * o, size)[full] / n
    # One row says nothing about the noise of its bin.
    noise = share * (1 - share) / np.where(n > 1, n - 1, np.inf)
    return math.sqrt(max(float(np.average(gap**2 - noise, weights=n)), 0.0))


def classwise_error(probabilities: Array, happened: Array, **options: Any) -> float:
    """The mean over labels of the error of each label's probability.

    Args:
        probabilities: (n, K); happened: (n, K) of 0 and 1.
        options: `bins` and `weights` of `calibration_error`, whose adaptive kind it is.

    Source: Nixon et al. (2019), arXiv:1904.01685.
    """
    p, o = np.asarray(probabilities, float), np.asarray(happened, float)
    weights = options.get("weights")
    rows = np.ones(len(p)) if weights is None else np.asarray(weights, float)
    errors = []
    for k in range(p.shape[1]):
        index = bin_of(p[:, k], options.get("bins", 15), False)
        errors.append(_error(index, int(index.max()) + 1, rows, p[:, k], o[:, k], False))
    return float(np.mean(errors))


def coverage_error(
    covered: Callable[[float], Array], n: int, weights: Array | None, seed: int
) -> CalibrationError:
    """The mean of |coverage − level| over levels, and what is to be expected of it.

    Args:
        covered: what a region of some probability holds of each of n rows, (n,).
        weights: how many observations each row stands for, (n,) or None; seed: of what is drawn.
    """
    levels = (np.arange(50) + 0.5) / 50
    held = np.array([covered(level) for level in levels])
    rng = np.random.default_rng(seed)
    rows = np.ones(n) if weights is None else weights
    value = float(np.mean(np.abs(held @ rows / rows.sum() - levels)))
    again = []
    for _ in range(100):
        drawn = rows * rng.poisson(1.0, n)
        again.append(np.mean(np.abs(held @ drawn / max(drawn.sum(), 1.0) - levels)))
    # Coverage of right predictions is a Brownian bridge over the levels.
    steps = rng.standard_normal((2000, 50)).cumsum(axis=1) / math.sqrt(50)
    bridges = steps - steps[:, -1:] * (np.arange(1, 51) / 50)
    honest = np.abs(bridges).mean(axis=1) / math.sqrt(rows.sum())
    return CalibrationError(
        "coverage",
        value,
        float(np.std(again, ddof=1)),
        float(np.quantile(honest, 0.95)),
        float((1 + np.sum(honest >= value)) / 2001),
    )
