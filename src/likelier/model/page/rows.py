"""The rows that a fit explains worst, as a table of a page."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.display import number
from likelier.model.answers.observed import dense_column, single
from likelier.model.names import target_name
from likelier.model.page.words import reference_level
from likelier.report.page import Table

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any

_WORST = 5
_COLUMNS = 8
"""How many columns of features the table shows."""


def worst_rows(fit: Fit) -> Table | None:
    """The rows of the highest NLL: what was seen, what was expected, and their features."""
    y = fit._rows.problem.function.y
    if not single(fit) or len(y) < 2 * _WORST:
        return None
    nll = np.asarray(fit._fitted.nll(y), dtype=float)
    rows = np.argsort(-nll, kind="stable")[:_WORST]
    predicted = fit._fitted[rows]
    design = fit._rows.design
    names = [design.row_name(int(i)) for i in rows]
    columns: dict[str, list[str]] = {"row": [re.sub(r"^row ", "", name) for name in names]}
    measured = fit.predictor.measured or ()
    if fit.predictor.cells and design.groups is not None:
        columns[fit.recipe.roles.get("groups") or "group"] = [str(design.groups[i]) for i in rows]
    if len(measured) > 1:
        assert design.cells is not None
        columns["column"] = [measured[design.cells[i]] for i in rows]
    levels = fit.facts.levels
    if fit.distribution.support.name in ("labels", "binary"):
        seen = [str(levels[int(v)]) if levels else f"{v:g}" for v in y[rows]]
        columns[target_name(fit)] = seen
        columns["predicted probability"] = [number(math.exp(-v), 4) for v in nll[rows]]
    else:
        columns["observed" if len(measured) > 1 else target_name(fit)] = [
            _plain(v) for v in y[rows]
        ]
        columns["predicted median"] = [_plain(v, 4) for v in np.asarray(predicted.median)]
        low, high = predicted.interval(0.9)
        columns["90 % interval"] = [
            f"{_plain(a, 4)} to {_plain(b, 4)}" for a, b in zip(low, high, strict=True)
        ]
    columns["NLL"] = [number(v, 2) for v in nll[rows]]
    for name, texts in list(_feature_texts(fit, rows).items())[:_COLUMNS]:
        columns.setdefault(name, texts)
    return Table(list(columns), list(zip(*columns.values(), strict=True)))


def _plain(value: float, digits: int = 6) -> str:
    # Whole numbers of four digits are as often as not years, which take no comma.
    plain = abs(value) < 10_000 and value == int(value)
    return f"{value:{'' if plain else ','}.{digits}g}".replace("-", "−")


def _feature_texts(fit: Fit, rows: Array) -> dict[str, list[str]]:
    """Features of some rows by term; dummies of one term as the label that they stand for."""
    texts: dict[str, list[str]] = {}
    matrices = fit._rows.design.matrices
    if fit.predictor.cells:
        # The other parameters have each column of theirs once for each measured one.
        matrices = {fit.distribution.main: matrices[fit.distribution.main]}
    for matrix in matrices.values():
        groups = matrix.groups or [(n, slice(i, i + 1)) for i, n in enumerate(matrix.names)]
        for term, columns in groups:
            names = matrix.names[columns]
            indices = range(*columns.indices(len(matrix.names)))
            values = np.column_stack([dense_column(matrix.values[rows], i) for i in indices])
            labels = [re.fullmatch(r".*?\[(?:T\.)?([^\[\]]*)\]", name) for name in names]
            if all(labels) and ":" not in term and np.isin(values, (0, 1)).all():
                shown = [label[1] for label in labels if label]
                left_out = reference_level(fit, term) or "(reference)"
                texts[term.replace("`", "")] = [
                    shown[int(row.argmax())] if row.any() else left_out for row in values
                ]
            elif len(names) == 1:
                texts[names[0]] = [_plain(v) for v in values[:, 0]]
    return texts
