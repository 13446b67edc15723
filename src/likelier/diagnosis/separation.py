"""Separation: a direction of the coefficients along which the likelihood rises for ever.

For each row of a bounded likelihood (labels, zero counts) there may be a sign of the predictor
along which its NLL falls to its infimum. Whether a direction of the coefficients moves no row the
other way is a linear program (`_directions.py`), which is only asked when some predictor has run
far out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._directions import (
    SECONDS,
    UndecidedError,
    class_direction,
    inseparable,
    moved_by,
    ordered_direction,
    signed_direction,
    span_of,
    used_rows,
)
from likelier.diagnosis._remedies import JEFFREYS, Spelt, formula, penalised, spelt
from likelier.diagnosis.boundary import FAR, limits_of

Array = Any

FAR_OUT = 12.0
"""A predictor this far out (log odds, log scale) is no proof of separation, but asks for one."""
_SHOWN = 8
"""Columns that are named; the rest is counted."""
_STEPS = 18
"""Steps of Newton that no search along a separating direction converges within."""


def check(case: Case) -> Finding | None:
    """Find separated parameters, their direction and the rows that they fit perfectly."""
    family = case.function.linked.family
    if case.firm or not (family.discrete or family.mixed):
        return None
    # Those over samples, which have an end of their own each, say nothing of all rows.
    phases = [step.phase for step in case.solution.trace]
    if case.large and case.solution.converged and sum(p == phases[-1] for p in phases) < _STEPS:
        # In a likelihood's tail Newton moves a predictor by about one a step.
        return None
    try:
        findings = [f for name in case.function.linked.slots if (f := _of_parameter(case, name))]
    except UndecidedError:
        return Finding([_undecided(case)])
    return _joined(findings) if findings else None


def _of_parameter(case: Case, name: str) -> Finding | None:
    """What separates one parameter of the family."""
    linked = case.function.linked
    slots = linked.slots[name]
    eta = case.eta[slots]
    far = bool(eta.max() >= FAR_OUT or eta.min() <= -FAR_OUT)
    # A search that came to its end among near predictors has nowhere further to go.
    if not far and case.solution.reason == "converged":
        return None
    main = name == linked.family.main
    domain = linked.family.parameters_declared[name].domain
    if main and "cutpoints" in linked.slots:
        direction = ordered_direction(case, slots.start, linked.slots["cutpoints"])
        return None if direction is None else _of_order(case, direction)
    if main and linked.family.discrete:
        if domain.event_dims or slots.stop - slots.start > 1:
            if linked.family.support.name != "labels":
                return None
            direction = class_direction(case, slots)
        else:
            direction = signed_direction(case, case.eta, slots.start)
        if direction is None:
            return None
        together = inseparable(case, direction, slots) if domain.event_dims else ()
        apart = np.any(np.abs(moved_by(case, direction, slots)) > 1e-7, axis=0) & used_rows(case)
        if np.all(apart | ~used_rows(case)):
            # Nothing holds any coefficient: the estimate's own course is the direction to show.
            span = span_of(case, slots)
            course = case.solution.theta[span]
            small = np.abs(course) < 1e-3 * np.max(np.abs(course))
            direction = np.zeros(len(direction))
            direction[span] = np.where(small, 0.0, course)
        return _finding(case, direction, apart, together=together)
    if domain.name != "probability" or not far:
        return None
    if (name, "lower") in limits_of(linked.family) and np.all(case.eta[slots] < -FAR):
        return None
    direction = signed_direction(case, case.eta, slots.start)
    return None if direction is None else _of_gate(case, name, direction)


def _joined(findings: list[Finding]) -> Finding:
    """One finding of several parameters; that of the main one knows which rows are apart."""
    if len(findings) == 1:
        return findings[0]
    infinite = findings[0].infinite
    for other in findings[1:]:
        infinite = np.where(infinite == 0, other.infinite, infinite)
    diagnoses = [d for finding in findings for d in finding.diagnoses]
    return Finding(diagnoses, infinite=infinite, whole=any(f.whole for f in findings))


def _undecided(case: Case) -> Diagnosis:
    """Predictors have run far out, and whether for ever could not be found in time."""
    far = float(np.max(np.abs(case.eta)))
    return Diagnosis(
        kind="separation",
        severity="serious",
        message=(
            f"a linear predictor has run out to {far:.3g}, as it does where columns predict "
            f"`{case.target}` perfectly; the table is too large to prove it in {SECONDS:g} seconds"
        ),
        where=(case.target,),
        evidence={"predictor": far},
        **spelt(
            lambda say: (
                "look for columns under which the target never varies; "
                f"{say(JEFFREYS)} makes the estimates finite (Firth)"
            )
        ),
    )


def _of_order(case: Case, found: Array) -> Finding:
    """What to say of an ordinal target that some direction orders perfectly."""
    predictor = case.predictor
    slots = case.function.linked.slots[case.function.linked.family.main]
    span = span_of(case, slots)
    q = span.stop - span.start
    direction = np.zeros(predictor.size)
    direction[span] = found[:q]
    if np.any(direction):
        return _finding(case, direction, used_rows(case), whole=True)
    levels = case.levels or tuple(range(len(found) - q + 1))
    codes = np.asarray(case.function.y).astype(int)[used_rows(case)]
    absent = [str(levels[k]) for k in range(len(levels)) if not np.any(codes == k)]
    diagnosis = Diagnosis(
        kind="separation",
        severity="serious",
        message=(
            f"no row of positive weight holds the label {', '.join(absent)} of `{case.target}`, "
            "so the cutpoints beside it have no finite maximum-likelihood value"
        ),
        where=(case.target,),
        evidence={"labels": absent},
        remedy="leave the label out, or merge it with a neighbour",
    )
    return Finding([diagnosis], infinite=np.zeros(predictor.size), whole=True)


def _of_gate(case: Case, name: str, direction: Array) -> Finding:
    """What to say of a gate that some rows close for ever: the rest of the family stands."""
    predictor = case.predictor
    slot = case.function.linked.slots[name].start
    moved = moved_by(case, direction, slice(slot, slot + 1))[0]
    apart = (np.abs(moved) > 1e-7) & used_rows(case)
    user = predictor.to_user() @ direction
    user[np.abs(user) < 1e-9 * np.max(np.abs(user))] = 0.0
    members = [int(i) for i in np.flatnonzero(user)]
    edge = "0" if np.all(moved[apart] < 0) else "1" if np.all(moved[apart] > 0) else "0 and 1"
    total = int(used_rows(case).sum())
    names = ", ".join(case.name(i) for i in members)
    diagnosis = Diagnosis(
        kind="separation",
        severity="warning",
        message=(
            f"{name} goes to {edge} in {int(apart.sum()):,} of {total:,} rows, where the "
            f"likelihood rises for ever: no finite maximum-likelihood value exists for "
            f"{names}; the estimates of other parameters are sound"
        ),
        where=(name,),
        evidence={
            "parameter": name,
            "direction": {case.name(i): float(user[i]) for i in members},
            "n_rows": int(apart.sum()),
        },
        **spelt(
            lambda say: (
                f"a formula of {name} without these columns, such as {say(formula(name, '1'))}, or "
                "a family without it"
            )
        ),
    )
    return Finding([diagnosis], infinite=np.sign(user))


def _finding(
    case: Case,
    direction: Array,
    apart: Array,
    whole: bool | None = None,
    together: tuple[tuple[str, ...], ...] = (),
) -> Finding:
    """What to say of a direction, of the rows that it sets apart, and of labels left together."""
    predictor = case.predictor
    user = predictor.to_user() @ direction
    for slot in range(predictor.columns):
        # A centre that another parameter's intercept takes up is no part of the direction.
        if not direction[predictor.span(slot)].any():
            user[predictor.span(slot)] = 0.0
    user[np.abs(user) < 1e-9 * np.max(np.abs(user))] = 0.0
    members = [int(i) for i in np.flatnonzero(user)]
    slopes = [i for i in members if case.labels[i][2] != "intercept"] or members
    columns = tuple(dict.fromkeys(case.labels[i][2] for i in slopes))
    names = ", ".join(f"`{column}`" for column in columns[:_SHOWN])
    if len(columns) > _SHOWN:
        names += f" and {len(columns) - _SHOWN:,} more"
    total = int(used_rows(case).sum())
    several = len(columns) > 1
    subject = f"columns {names} together" if several else f"column {names}"
    verb = "" if several else "s"
    whole = int(apart.sum()) == total if whole is None else whole
    scope = f"all {total:,} rows" if whole else f"{int(apart.sum()):,} of {total:,} rows"
    combination = " ".join(
        f"{'+' if user[i] > 0 else '−'} {abs(user[i]):.4g}·{_term(case, i)}"
        for i in members[:_SHOWN]
    ).removeprefix("+ ") + " …" * (len(members) > _SHOWN)
    rest = (
        "No coefficient has a finite maximum-likelihood value"
        if whole
        else "Their coefficients have no finite maximum-likelihood value; the others are sound"
    )
    what, more = f"predict{verb} `{case.target}` perfectly", ""
    if together:
        sets = [", ".join(f"`{label}`" for label in labels) for labels in together]
        what = f"tell{verb} {' from '.join(sets)} of `{case.target}` perfectly"
        for labels, shown in zip(together, sets, strict=True):
            if len(labels) > 1:
                rest += f"; predictions are sound, those among {shown} too"
                more = f", or fit the rows of {shown} alone"
    diagnosis = Diagnosis(
        kind="separation",
        severity="serious",
        message=(
            f"{subject} {what} for {scope}: the likelihood "
            f"rises for ever along {combination}. {rest}"
        ),
        where=columns,
        evidence={
            "direction": {_term(case, i): float(user[i]) for i in members},
            "rows": [int(i) for i in np.flatnonzero(apart)[:20]],
            "n_rows": int(apart.sum()),
        },
        **_remedy(case, columns, total, more),
    )
    infinite = np.sign(user)
    return Finding([diagnosis], infinite=infinite, apart=None if whole else apart, whole=whole)


def _remedy(case: Case, columns: tuple[str, ...], total: int, more: str) -> Spelt:
    """What to do about columns that separate together, of whom the message has told the names."""
    rows = f"collect rows in which `{case.target}` differs"
    if len(columns) > _SHOWN:
        # Firth's penalty takes bias from estimates; it does not hold many of them near 0.
        ridge = penalised("L2", float(f"{1 / total:.2g}"))
        return spelt(
            lambda say: (
                f"where predictions are the aim, {say(ridge)}, which holds coefficients near 0; "
                f"where estimates are, {say(JEFFREYS)} (Firth){more}; or {rows}"
            )
        )
    out = f"leave out `{columns[0]}`" if len(columns) == 1 else "leave out some of these columns"
    return spelt(
        lambda say: (
            f"{say(JEFFREYS)} makes the estimates finite (Firth); or {out}, merge levels that "
            f"never vary{more}, or {rows}"
        )
    )


def _term(case: Case, index: int) -> str:
    _, slot, term = case.labels[index]
    return f"{term}[{slot}]" if slot else term
