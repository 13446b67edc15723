"""`recalibrate`: a fit whose predictions come true as often as they say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.assessment.recalibration import Calibrator, calibrator
from likelier.diagnosis import Diagnosed, Diagnosis
from likelier.errors import DataError, LikelierError
from likelier.model.answers.assessing import assess_design
from likelier.model.records import Recalibration
from likelier.model.rows import same_rows, target_design

if TYPE_CHECKING:
    from likelier.data import Design
    from likelier.model.fitted import Fit

__all__ = ["recalibrate"]

Array = Any

_FEWEST = 30
"""Rows below which nothing can be said about probabilities."""
_LIMIT = "recalibration at its limit"
_TOLERATED = 4.0
"""Standard deviations by which rows may coincide with those of the fit."""


def recalibrate(
    fit: Fit,
    data: Any,
    method: str = "auto",
    *,
    y: Any = None,
    weights: Any = None,
    offset: Any = None,
    exposure: Any = None,
    missing: str = "raise",
) -> Fit:
    r"""The same fit with its probabilities corrected on rows that it was not fitted to.

    Estimates, standard errors and likelihood stay those of the fit; predictions, residuals, scores
    and plots are the corrected ones, and a model file carries the correction.

    | method | of | what it does |
    |---|---|---|
    | "auto" | both | the lowest BIC of none and those marked * |
    | "temperature" * | labels | divides the logits by a number |
    | "vector" | labels | a scale and a shift for each logit |
    | "isotonic" | labels, numbers | a rising curve, of probabilities or of the PIT |
    | "scale" * | numbers | multiplies the spread |
    | "beta" * | numbers | the PIT through the cdf of a Beta |
    | "conformal" | numbers | intervals that hold what they promise, in any sample size |
    | "none" | both | leaves it as it is |

    Args:
        fit: a fit, live or loaded; what it was recalibrated with before is replaced.
        data: a table with the target and the columns of the formulas.
        method: one of these.
        y: the target, where arrays were fitted.
        weights: column name or (n,) array; by default the column that the fit used.
        offset, exposure: for these rows, as `predict` takes them.
        missing: "raise" or "drop".

    Raises:
        DataError: fewer than 30 rows, or rows of the fit. A live fit compares rows; a loaded one
            holds none of them, nor any trace, and knows only all of its rows together, by their
            number and their log-likelihood.
        LikelierError: a method that does not exist, or is for something else.
        NoFiniteOptimumError: temperature, where the likeliest label came true in every row.

    Where the best number is the farthest of the search, a diagnosis "recalibration at its limit"
    says what that means.

    Source: Guo et al. (2017), arXiv:1706.04599; Kuleshov, Fenner and Ermon (2018),
    arXiv:1807.00263; Lei et al. (2018), doi:10.1080/01621459.2017.1307116.

    Example:
        >>> import likelier as lk
        >>> visits = lk.datasets.load("randhie")
        >>> fit = lk.fit("mdvis ~ disea", visits[:1000], "poisson")
        >>> better = lk.recalibrate(fit, visits[1000:5000])
        >>> old, new = (f.assess(visits[5000:]) for f in (fit, better))
        >>> round(old.coverage(0.9), 2), round(new.coverage(0.9), 2)
        (0.62, 0.91)
    """
    from likelier.model.fitted import Fit

    if not isinstance(fit, Fit):
        hint = "; its Fit is `.fit_`, and after arrays the target is y=" * hasattr(fit, "fit_")
        raise LikelierError(
            f"recalibrate takes a Fit, as lk.fit returns; given: {type(fit).__name__}{hint}"
        )
    found = tuple(d for d in fit.diagnoses if d.kind != _LIMIT)
    plain = replace(fit, recalibration=None, diagnosed=Diagnosed(found))
    given = {"y": y, "weights": weights, "offset": offset, "exposure": exposure}
    given = {name: value for name, value in given.items() if value is not None}
    design = target_design(plain, data, missing=missing, **given)
    if design.n < _FEWEST:
        raise DataError(
            f"recalibration needs {_FEWEST} rows or more, and some hundred to do well; there are "
            f"{design.n}"
        )
    _refuse_rows_of(plain, design)
    assessment = assess_design(plain, design, 0, None, False, False)
    made = calibrator(assessment.outcomes, method, assessment.weights)
    after = replace(
        plain,
        recalibration=Recalibration(made.name, made, design.n),
        diagnosed=Diagnosed((*_at_limit(made), *found)),
    )
    if not np.isfinite(assess_design(after, design, 0, None, False, False).nll):
        raise LikelierError(
            f"recalibration by {made.name!r} leaves rows that happened without probability; use "
            'method="isotonic"'
        )
    return after


def _at_limit(made: Calibrator) -> list[Diagnosis]:
    """What there is to say where the best correction is the farthest that there is."""
    if not made.limit:
        return []
    return [
        Diagnosis(
            kind=_LIMIT,
            severity="warning",
            message=made.limit,
            evidence=dict(vars(made)),
            remedy=(
                "see whether these rows are coded like those of the fit and hold what it was "
                "fitted to; fit again with them"
            ),
        )
    ]


def _refuse_rows_of(fit: Fit, design: Design) -> None:
    """Raise `DataError` where rows are those of the fit, all of them or clearly some."""
    advice = (
        "; on rows that a fit has seen every model looks right. Keep rows apart before fitting, "
        "such as data.sample(frac=0.2)"
    )
    if same_rows(fit, design):
        raise DataError(f"these are the rows that the model was fitted to{advice}")
    if fit.sample is None or fit.sample.solution is None:
        return
    own, here = row_codes(fit.sample.design), row_codes(design)
    values, counts = np.unique(own, return_counts=True)
    # Rows that no other row equals are told from rows that happen to be alike by how often a new
    # row is to be expected equal to one of them: 2 N₂ / n (Good and Turing).
    single = values[counts == 1]
    chance = 2 * np.sum(counts == 2) / len(own)
    found = int(np.isin(here, single).sum())
    expected = len(here) * chance
    if found > expected + _TOLERATED * np.sqrt(expected + 1):
        raise DataError(
            f"about {found - round(expected):,} of these {len(here):,} rows are among those that "
            f"the model was fitted to{advice}"
        )


def row_codes(design: Design) -> Array:
    """A 64-bit code of the content of each row: features, target, offsets, known parameters."""
    assert design.target is not None
    columns = [np.asarray(design.target.values, dtype=float).reshape(design.n, -1)]
    seen: set[int] = set()
    for matrix in design.matrices.values():
        if id(matrix) in seen:
            continue
        seen.add(id(matrix))
        values = matrix.values
        columns.append(values.toarray() if hasattr(values, "toarray") else np.asarray(values))
    more = [*design.offset.values(), *design.extra.values(), design.exposure]
    columns += [np.asarray(v, dtype=float).reshape(-1, 1) for v in more if v is not None]
    codes = np.zeros(design.n, dtype=np.uint64)
    for block in columns:
        for j in range(block.shape[1]):
            # Adding 0 makes one number of −0 and 0.
            bits = (np.asarray(block[:, j], dtype=np.float64) + 0.0).view(np.uint64)
            codes = (codes ^ bits) * np.uint64(0x9E3779B97F4A7C15)
            codes ^= codes >> np.uint64(29)
    return codes
