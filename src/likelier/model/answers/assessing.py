"""`Fit.assess`: how good a fit's predictions are on rows whose target is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.assessment import Assessment
from likelier.assessment.outcomes import outcomes
from likelier.model.fitting.problem import target_values
from likelier.model.names import target_name
from likelier.model.rows import same_rows, target_design

if TYPE_CHECKING:
    from likelier.data import Design
    from likelier.model.fitted import Fit


def assess_fit(
    fit: Fit, data: Any, groups: Any, missing: str, seed: int, which: str | None, **arrays: Any
) -> Assessment:
    """The assessment that `Fit.assess` describes."""
    if data is None:
        design, own = fit._rows.design, fit._rows.solution is not None
        if groups is not None:
            design = _grouped(fit, design, groups)
    else:
        given = {name: value for name, value in arrays.items() if value is not None}
        if groups is not None:
            given["groups"] = groups
        design = target_design(fit, data, missing=missing, **given)
        own = same_rows(fit, design)
    return assess_design(fit, design, seed, which, own, groups is not None)


def assess_design(
    fit: Fit, design: Design, seed: int, which: str | None, own: bool, grouped: bool
) -> Assessment:
    """The assessment of the predictions of a design's rows."""
    y = target_values(design, fit.distribution)
    prediction = fit._distribution(design)
    if hasattr(y, "lower") and np.all(y.lower == y.upper):
        prediction, y = prediction.inner, y.lower  # type: ignore[attr-defined]
    return Assessment(
        outcomes(prediction, y, seed),
        weights=None if fit.facts.weight_type == "precision" else design.weights,
        groups=design.groups if grouped else None,
        which=which or ("rows that it was fitted to" if own else "rows"),
        target=target_name(fit),
        levels=fit.facts.levels,
        own=own,
    )


def _grouped(fit: Fit, design: Design, groups: Any) -> Design:
    """The design of the fit's own rows with an array of groups."""
    from dataclasses import replace

    from likelier.errors import DataError

    if isinstance(groups, str):
        raise DataError(
            f"the fit keeps no column `{groups}`; write assess(data, groups={groups!r})"
        )
    found = np.asarray(groups)
    if found.shape != (design.n,):
        raise DataError(f"groups are {design.n:,} names, one a row; given: shape {found.shape}")
    return replace(design, groups=found)
