"""Does the target suit the family? Labels to codes, and the values that a family cannot take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from likelier.data import Design
from likelier.distributions import (
    Censored,
    CensoredValues,
    Distribution,
    Hurdle,
    ZeroOneInflated,
)
from likelier.errors import LikelierError, NoFiniteOptimumError, SupportError

Array = Any

FAMILY_OF_KIND = {
    "binary": "bernoulli",
    "labels": "categorical",
    "ordered": "ordinal",
    "counts": "negative_binomial",
    "proportions": "beta",
    "positive": "gamma",
    "nonnegative": "tweedie",
    "real": "normal",
}
"""The family to suggest for each kind of target."""


def level_count(design: Design) -> int | None:
    """Number of classes of a target with labels."""
    assert design.target is not None
    return None if design.target.levels is None else len(design.target.levels)


def as_target_of(design: Design, family: type[Distribution]) -> Design:
    """The design with its target as codes where the family takes labels.

    Whole numbers become classes in rising order for a family of labels; text labels of another
    family are refused.
    """
    target = design.target
    assert target is not None
    if family.support.name == "labels" and target.levels is None:
        found, codes = np.unique(np.asarray(target.values), return_inverse=True)
        if not np.all(found == np.round(found)):
            row = int(np.argmax(target.values != np.round(target.values)))
            raise SupportError(
                f"cannot use column `{target.name}` with distribution {family.text()!r}: "
                f"{design.row_name(row)} holds {target.values[row]:g}; labels are whole numbers or "
                'text. For real values use "normal"'
            )
        levels = tuple(int(v) for v in found)
        target = replace(target, values=codes.astype(np.int64), levels=levels)
        design = replace(design, target=target)
    if family.support.name == "labels" and level_count(design) == 1:
        assert target.levels is not None
        raise NoFiniteOptimumError(
            f"every row of column `{target.name}` holds the label {target.levels[0]!r}: there is "
            "nothing to tell apart, and no finite optimum; collect rows with other labels"
        )
    numeric = family.support.name not in ("labels", "binary")
    if numeric and target.levels and all(isinstance(level, bool) for level in target.levels):
        # Truth values are the numbers 0 and 1 too.
        truth = np.asarray(target.levels, dtype=np.float64)[np.asarray(target.values)]
        return replace(design, target=replace(target, values=truth, levels=None))
    if target.levels is not None and numeric:
        shown = ", ".join(repr(level) for level in target.levels[:4])
        raise SupportError(
            f"cannot use column `{target.name}` with distribution {family.text()!r}: it holds "
            f'labels ({shown}, …), not numbers; use "categorical", or "bernoulli" for two labels'
        )
    return design


def check_support(design: Design, family: type[Distribution], part: bool = False) -> None:
    """Raise `SupportError` with the rows whose values the family cannot take.

    Rows of zero weight take no part and may hold anything. Of a `part` of the rows the message says
    how many there are at least.
    """
    target = design.target
    assert target is not None
    values: Any = target.values
    if target.levels is not None and family.support.name == "binary" and len(target.levels) > 2:
        raise SupportError(
            f"cannot use column `{target.name}` with distribution {family.text()!r}: it has "
            f'{len(target.levels)} labels; use "categorical"'
        )
    good = np.asarray(family.takes(values, design.extra or None))
    if design.weights is not None:
        good = good | (design.weights == 0)
    if good.all():
        return
    rows = np.flatnonzero(~good)
    first = rows[0]
    shown = ", ".join(f"{design.row_name(int(r))}" for r in rows[:5])
    more = " and others" if len(rows) > 5 else ""
    least = "at least " if part else ""
    count = f"{least}{len(rows):,} rows are affected: {shown}{more}. " if len(rows) > 1 else ""
    other = FAMILY_OF_KIND.get(target.kind)
    if other is None or other == family.text():
        other = _widened(family, values)
    advice = (
        f'Distribution "{other}" takes them' if other else "Correct them, or leave the rows out"
    )
    held = _held(values, int(first))
    raise SupportError(
        f"cannot use column `{target.name}` with distribution {family.text()!r}: "
        f"{design.row_name(int(first))} holds {held}; it takes {family.support.text}. "
        f"{count}{advice}"
    )


def _widened(family: type[Distribution], values: Any) -> str:
    """The family with room for exact zeros and ones, if that is all that the values ask for."""
    if np.ndim(values) != 1 or getattr(family, "base", None) is not None:
        return ""
    for modifier in (Hurdle, ZeroOneInflated):
        try:
            wider = modifier(family)
        except LikelierError:
            continue
        if np.all(wider.takes(values)):
            return wider.text()
    return ""


def _held(values: Any, row: int) -> str:
    """What a row of the target holds, as a message shows it."""
    if isinstance(values, CensoredValues):
        return f"{values.lower[row]:g} to {values.upper[row]:g}".replace("-", "−")
    if np.ndim(values) > 1:
        return np.array2string(np.asarray(values[row]), precision=6).replace("-", "−")
    return f"{values[row]:g}".replace("-", "−")


def for_censored(design: Design, family: Any) -> Any:
    """The family, censored if the target is and it does not say so itself."""
    target = design.target
    assert target is not None
    inner = family
    while inner is not None:
        if issubclass(inner, Censored):
            return family
        inner = getattr(inner, "base", None)
    return Censored(family) if isinstance(target.values, CensoredValues) else family
