"""A design, a family and its links put together: the likelihood as a function of theta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.data import Design, Matrix
from likelier.distributions import Linked
from likelier.engines import Engine, LikelihoodSum, choose_engine, chunks_of
from likelier.errors import DataError, LikelierError
from likelier.objective import Risk
from likelier.predictors import Columns, LinearPredictor

Array = Any
Label = tuple[str, str, str]
"""Distribution parameter, slot (a class, a component, or ""), term."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What a linear fit minimises, with the names of its unknowns.

    Attributes:
        function: the objective in theta, on the inner scale.
        linked: the family with its links.
        predictor: features to linear predictors.
        labels: what each coefficient is.
        frequency: whether weights count rows.
    """

    function: LikelihoodSum
    linked: Linked
    predictor: LinearPredictor
    labels: tuple[Label, ...]
    frequency: bool


def link_family(family: Any, links: Mapping[str, Any] | None, sizes: Mapping[str, int]) -> Linked:
    """The family with its links, after checking that each names a predicted parameter."""
    for name in links or {}:
        if name not in family.parameter_names:
            known = ", ".join(family.parameter_names)
            raise LikelierError(
                f"links name {name!r}, but {family.text()} predicts {known}; "
                f'write links={{"{family.parameter_names[0]}": …}}'
            )
    return Linked(family, links, sizes)


def build_problem(
    design: Design, linked: Linked, risk: Risk, engine: Engine | None, weight_type: str
) -> Problem:
    """Put a checked design and a linked family together."""
    assert design.target is not None
    linked = linked.adapted_to(target_values(design, linked.family), design.weights)
    columns = standardised(design.matrices, linked)
    offset = offsets(design, linked)
    predictor = LinearPredictor(columns, design.n, offset)
    weights = design.weights
    frequency = weight_type == "frequency"
    if weights is not None and not frequency:
        # Precision weights are relative: their mean is one, so that n stays the number of rows.
        weights = weights * (np.count_nonzero(weights) / weights.sum())
    width = sum({id(c): c.q for c in columns}.values())
    function = LikelihoodSum(
        linked,
        predictor,
        target_values(design, linked.family),
        weights,
        design.extra,
        risk,
        engine or choose_engine(design.n, width),
        chunks_of(design.n, width),
    )
    return Problem(function, linked, predictor, labels(design, linked), frequency)


def standardised(matrices: Mapping[str, Matrix], linked: Linked) -> list[Columns]:
    """One `Columns` for each row of eta, shared where the matrix is shared."""
    made: dict[int, Columns] = {}
    result = []
    for name, slots in linked.slots.items():
        matrix = matrices[name]
        if id(matrix) not in made:
            made[id(matrix)] = Columns.standardise(matrix.values, matrix.intercept)
        result += [made[id(matrix)]] * (slots.stop - slots.start)
    return result


def offsets(design: Design, linked: Linked) -> list[Array | None]:
    """What is added to each row of eta: offsets, and log exposure under a log link."""
    result: list[Array | None] = [None] * linked.columns
    for name, value in design.offset.items():
        for slot in range(linked.slots[name].start, linked.slots[name].stop):
            result[slot] = value
    if design.exposure is not None:
        first = linked.family.parameter_names[0]
        if linked.link_names[first] != "log":
            raise DataError(
                f"exposure multiplies {first} and needs its log link, but the link is "
                f"{linked.link_names[first]!r}; use offset instead"
            )
        slot = linked.slots[first].start
        logs = np.log(design.exposure)
        result[slot] = logs if result[slot] is None else result[slot] + logs
    return result


def target_values(design: Design, family: Any) -> Array:
    """The target as the family's formulas take it: labels as float codes."""
    assert design.target is not None
    values = design.target.values
    if isinstance(values, np.ndarray) and values.dtype != np.float64:
        return values.astype(np.float64)
    return values


def labels(design: Design, linked: Linked) -> tuple[Label, ...]:
    """What each coefficient of theta is, in order."""
    levels = design.target.levels if design.target is not None else None
    result: list[Label] = []
    for name, slots in linked.slots.items():
        width = slots.stop - slots.start
        for i in range(width):
            slot = ""
            if width > 1 or linked.sizes.get(name, 1) > 1:
                shown = levels is not None and len(levels) == width + 1
                slot = str(levels[i + 1]) if shown and levels is not None else str(i + 1)
            result += [(name, slot, term) for term in design.matrices[name].coefficient_names]
    return tuple(result)


def start(problem: Problem, y: Array, weights: Array | None, levels: int | None) -> Array:
    """Starting point: every intercept at the family's value for the whole sample, slopes at 0."""
    linked, predictor = problem.linked, problem.predictor
    theta = np.zeros(predictor.size)
    eta = linked.predictors(linked.family._start(y, weights))
    for slot, design in enumerate(predictor.designs):
        offset = predictor.offset[slot]
        if design.intercept:
            shift = 0.0 if offset is None else float(np.average(offset, weights=weights))
            theta[predictor.starts[slot]] = eta[slot] - shift
    return theta
