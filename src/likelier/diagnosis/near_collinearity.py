"""Columns that are nearly a combination of others, so that their coefficients are hardly known."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._matrices import arrow_gram, echelon, gram
from likelier.diagnosis._remedies import Spelt, python, spelt
from likelier.predictors import Arrow, Columns
from likelier.solvers import factorise

Array = Any

_NOTE, _WARNING = 100.0, 1e6
"""Variance inflation from which it is worth a note (R² of 0.99), and from which a warning."""
_PART = 0.05
"""Coefficient of a standardised column from which it takes part in a relation."""


def check(case: Case) -> Finding | None:
    """Find near relations among the columns of each design by their variance inflation.

    VIFⱼ = 1 / (1 − Rⱼ²), Rⱼ² of the regression of column j on the others (Belsley, Kuh and Welsch
    1980, Regression Diagnostics).
    """
    # Each column's share of curvature that is its own bounds the inflation of the last of them.
    if case.spoilt or case.solution.conditioning > 1 / _NOTE:
        return None
    products = arrow_gram(case)
    if products is not None:
        return _beside_factor(case, products)
    predictor = case.predictor
    diagnoses = []
    seen: set[int] = set()
    for slot, design in enumerate(predictor.designs):
        if design.width > 1 and id(design) not in seen:
            seen.add(id(design))
            diagnoses += _of_design(case, slot, design)
    return Finding(diagnoses) if diagnoses else None


def _beside_factor(case: Case, products: Arrow) -> Finding | None:
    """Inflation of the columns beside a factor that is kept as codes; its levels have none."""
    direction = factorise(products)
    places = products.places
    predictor = case.predictor
    first = [case.labels[int(i)][2] for i in places.levels[0]]
    factor = first[0].rpartition("[")[0]
    own = direction.solve_matrix().diagonal()
    position = {int(i): k for k, i in enumerate(places.rest)}
    diagnoses = []
    for slot, design in enumerate(predictor.designs):
        start = predictor.starts[slot]
        for i in range(start + design.intercept, predictor.span(slot).stop):
            if i not in position:
                continue
            k = position[i]
            spread = products.core[k, k]
            if design.intercept:
                one = position[start]
                spread -= products.core[one, k] ** 2 / products.core[one, one]
            inflation = float(spread * own[i])
            if inflation < _NOTE:
                continue
            name = case.labels[i][2]
            if any(level.endswith(f":{name}") or level.startswith(f"{name}:") for level in first):
                continue  # the slope of the level that is the reference, known by its rows alone
            diagnoses.append(
                Diagnosis(
                    kind="near collinearity",
                    severity="warning" if inflation > _WARNING else "note",
                    message=(
                        f"`{name}` is nearly a combination of the levels of `{factor}` and the "
                        f"other columns: the variance of its coefficient is {inflation:,.3g} times "
                        "what it would be without the relation. Predictions and the other "
                        "coefficients are sound"
                    ),
                    where=(name, factor),
                    evidence={"variance_inflation": {name: inflation}},
                    remedy=f"leave out `{name}`",
                )
            )
    return Finding(diagnoses) if diagnoses else None


def _of_design(case: Case, slot: int, design: Columns) -> list[Diagnosis]:
    products = gram(case, slot, [case.view.slices])
    if not np.all(np.isfinite(products)):
        return []
    if design.intercept:
        level = products[0, 1:] / products[0, 0]
        products = products[1:, 1:] - products[0, 0] * np.outer(level, level)
    size = np.sqrt(np.maximum(np.diag(products), 0.0))
    some = np.flatnonzero(size > 1e-8 * size.max(initial=0.0))
    correlation = products[np.ix_(some, some)] / np.outer(size[some], size[some])
    values, vectors = np.linalg.eigh(correlation)
    values = np.maximum(values, 1e-16)
    inflation = np.sum(vectors**2 / values, axis=1)
    if inflation.max(initial=0.0) < _NOTE:
        return []
    start = case.predictor.starts[slot] + design.intercept
    names = [case.labels[start + int(i)][2] for i in some]
    # Directions that make at least half of some column's inflation.
    small = np.any(vectors**2 / values > 0.5 * np.maximum(inflation, _NOTE)[:, None], axis=0)
    result = []
    for relation in echelon(vectors[:, small].T):
        part = np.abs(relation) / np.max(np.abs(relation))
        # A column of small part still shares the inflation where the relation is all but exact.
        touched = (part > _PART) | ((part > 1e-7) & (inflation > _NOTE))
        members = [int(i) for i in np.flatnonzero(touched)]
        worst = float(inflation[members].max())
        if worst < _NOTE or len(members) < 2:
            continue
        last = members[-1]
        scaled = -relation / relation[last] / (size[some] / size[some][last])
        right = " + ".join(
            f"{scaled[i] * _ratio(design, some, i, last):.3g}·`{names[i]}`" for i in members[:-1]
        ).replace("+ -", "− ")
        shown = ", ".join(f"`{names[i]}`" for i in members)
        together = ", ".join(f'"{names[i]}"' for i in members)
        result.append(
            Diagnosis(
                kind="near collinearity",
                severity="warning" if worst > _WARNING else "note",
                message=(
                    f"`{names[last]}` is nearly {right} (up to a constant): the variance of the "
                    f"coefficients of {shown} is {worst:,.3g} times what it would be without the "
                    "relation. Predictions and the other coefficients are sound"
                ),
                where=tuple(names[i] for i in members),
                evidence={
                    "variance_inflation": {names[i]: float(inflation[i]) for i in members},
                },
                **_remedy(names[last], together),
            )
        )
    return result


def _remedy(column: str, together: str) -> Spelt:
    joint = python(f"test(terms=[{together}])")
    return spelt(lambda say: f"leave out `{column}`, or ask of all, {say(joint)}")


def _ratio(design: Columns, some: Array, i: int, last: int) -> float:
    """From inner columns to the user's: the ratio of their scales."""
    return float(design.scale[some[last]] / design.scale[some[i]])
