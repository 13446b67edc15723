"""Collinear columns: relations under which the likelihood cannot tell coefficients apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._matrices import arrow_gram, echelon, gram
from likelier.predictors import Arrow, Columns
from likelier.solvers import ArrowDirection, factorise

Array = Any

_NULL = 1e-13


def check(case: Case) -> Finding | None:
    """Find exact linear relations among the columns of each design."""
    if case.solution.conditioning > 0:
        return None
    products = arrow_gram(case)
    if products is not None:
        return _beside_factor(case, products)
    predictor = case.predictor
    seen: set[int] = set()
    diagnoses: list[Diagnosis] = []
    count = 0
    for slot, design in enumerate(predictor.designs):
        if design.q < 1:
            continue
        relations = _relations(case, slot, design)
        count += len(relations)
        if id(design) not in seen:
            diagnoses += [_diagnosis(case, slot, design, relation) for relation in relations]
        seen.add(id(design))
    return Finding(diagnoses, relations=count) if diagnoses else None


def _beside_factor(case: Case, products: Arrow) -> Finding | None:
    """Relations of columns with the levels of a factor that is kept as codes."""
    direction = factorise(products)
    assert isinstance(direction, ArrowDirection)
    null = direction.null_columns()
    places = products.places
    factor = case.labels[int(places.levels[0, 0])][2].rpartition("[")[0]
    diagnoses = []
    for j in range(null.shape[1]):
        vector = null[:, [j]].toarray().ravel()
        touched = np.abs(vector) > 1e-6 * np.max(np.abs(vector))
        rest = [int(i) for i in places.rest if touched[i]]
        slopes = [i for i in rest if case.labels[i][2] != "intercept"]
        if not rest:
            own = [f"`{case.labels[int(i)][2]}`" for i in np.flatnonzero(touched)]
            leave = case.labels[int(np.flatnonzero(touched)[-1])][2]
            what = f"`{leave}` is 0 in every row of positive weight"
            if len(own) > 1:
                given = " and ".join(own[:-1])
                what = f"`{leave}` is a combination of {given} in every row"
        else:
            leave = case.labels[slopes[-1] if slopes else rest[-1]][2]
            others = [f"`{case.labels[i][2]}`" for i in rest if case.labels[i][2] != leave]
            given = " and ".join([f"the levels of `{factor}`", *others])
            what = f"`{leave}` is a combination of {given} in every row"
        diagnoses.append(
            Diagnosis(
                kind="collinearity",
                severity="serious",
                message=(
                    f"{what}, so the data cannot tell these coefficients apart; predictions and "
                    "the other coefficients are sound"
                ),
                where=(leave, factor),
                remedy=f"leave out `{leave}`",
            )
        )
    return Finding(diagnoses, relations=len(diagnoses)) if diagnoses else None


def _relations(case: Case, slot: int, design: Columns) -> list[Array]:
    """Coefficient vectors, inner scale, of the combinations of columns that are always 0."""
    products = gram(case, slot, case.function.chunks)
    if not np.all(np.isfinite(products)):
        return []
    scale = 1 / np.sqrt(np.maximum(np.diag(products), 1e-300))
    values, vectors = np.linalg.eigh(products * np.outer(scale, scale))
    null = vectors[:, values <= _NULL * max(1, len(values)) * max(values.max(initial=1.0), 1.0)]
    if null.shape[1] == 0:
        return []
    # Reduced echelon form gives one short relation for each redundant column.
    basis = echelon(null.T)
    return [np.where(np.abs(row) > 1e-6, row * scale, 0.0) for row in basis]


def _diagnosis(case: Case, slot: int, design: Columns, relation: Array) -> Diagnosis:
    predictor = case.predictor
    start = predictor.starts[slot]
    labels = [case.labels[start + i] for i in range(design.q)]
    # Coefficients of the inner columns, read as a relation between the user's columns.
    user = relation.copy()
    user[design.intercept :] = relation[design.intercept :] / design.scale
    if design.intercept:
        user[0] = relation[0] - (design.centre / design.scale) @ relation[1:]
    members = [i for i in range(design.q) if abs(relation[i]) > 0]
    if design.intercept and abs(user[0]) > 1e-9 * np.max(np.abs(user)) and 0 not in members:
        members = [0, *members]
    last = members[-1]
    others = [
        f"{-user[i] / user[last]:.6g}"
        + ("" if labels[i][2] == "intercept" else f"·`{labels[i][2]}`")
        for i in members[:-1]
        if abs(user[i]) > 1e-12 * np.max(np.abs(user))
    ]
    if not design.intercept and np.any(design.centre):
        # Centred without an intercept of its own: another parameter takes up the constant.
        constant = float((design.centre / design.scale) @ relation) / user[last]
        others = [f"{constant:.6g}", *others]
    right = " + ".join(others) if others else "0"
    columns = tuple(labels[i][2] for i in members)
    return Diagnosis(
        kind="collinearity",
        severity="serious",
        message=(
            f"`{labels[last][2]}` = {right} in every row, so the data cannot tell these "
            "coefficients apart; predictions and the other coefficients are sound. The "
            "coefficients shown are those of smallest size"
        ),
        where=columns,
        evidence={"relation": {labels[i][2]: float(user[i]) for i in members}},
        remedy=f"leave out `{labels[last][2]}`",
    )
