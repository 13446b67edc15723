"""A design, a family and its links put together: the likelihood as a function of theta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.data import Design, Matrix
from likelier.distributions import Linked
from likelier.engines import Engine, LikelihoodSum, choose_engine, chunks_of
from likelier.errors import DataError, LikelierError
from likelier.objective import NLL, Layout, Objective
from likelier.predictors import Columns, Linear, LinearPredictor

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
        objective: what is minimised, as it was typed.
    """

    function: LikelihoodSum
    linked: Linked
    predictor: LinearPredictor
    labels: tuple[Label, ...]
    frequency: bool
    objective: Objective


def link_family(family: Any, links: Mapping[str, Any] | None, sizes: Mapping[str, int]) -> Linked:
    """The family with its links, after checking that each names a predicted parameter."""
    for name in links or {}:
        if name not in family.parameter_names:
            known = ", ".join(family.parameter_names)
            raise LikelierError(
                f"links name {name!r}, but {family.text()} predicts {known}; "
                f'write links={{"{family.main}": …}}'
            )
    return Linked(family, links, sizes)


def build_problem(
    design: Design,
    linked: Linked,
    objective: Objective,
    engine: Engine | None,
    weight_type: str,
    spec: Linear | None = None,
) -> Problem:
    """Put a checked design and a linked family together."""
    assert design.target is not None
    linked = linked.adapted_to(target_values(design, linked.family), design.weights)
    columns = standardised(matrices_of(design, linked.family), linked)
    offset = offsets(design, linked)
    predictor = (spec or Linear()).bind(columns, design.n, offset, _absorbed(linked))
    weights = design.weights
    frequency = weight_type == "frequency"
    if weights is not None and not frequency:
        # Precision weights are relative: their mean is one, so that n stays the number of rows.
        weights = weights * (np.count_nonzero(weights) / weights.sum())
    width = sum({id(c): c.q for c in columns}.values())
    names = labels(design, linked)
    layout = Layout(
        names,
        terms_of(design, linked, predictor),
        lambda: predictor.deviations(weights),
        design.terms,
    )
    function = LikelihoodSum(
        linked,
        predictor,
        target_values(design, linked.family),
        weights,
        design.extra,
        objective.risk or NLL(),
        engine or choose_engine(design.n, width),
        chunks_of(design.n, width),
        objective.bind(layout),
    )
    return Problem(function, linked, predictor, names, frequency, objective)


def matrices_of(design: Design, family: Any) -> dict[str, Matrix]:
    """The matrix of each predicted parameter, with an intercept only where the family wants one."""
    return {
        name: design.matrices[name]
        if family.parameters_declared[name].intercept
        else replace(design.matrices[name], intercept=False)
        for name in family.parameter_names
    }


def standardised(matrices: Mapping[str, Matrix], linked: Linked) -> list[Columns]:
    """One `Columns` for each row of eta, shared where the matrix is shared."""
    made: dict[int, Columns] = {}
    result = []
    for name, slots in linked.slots.items():
        matrix = matrices[name]
        if id(matrix) not in made:
            absorbed = slots.start in _absorbed(linked)
            made[id(matrix)] = Columns.standardise(matrix.values, matrix.intercept, absorbed)
        result += [made[id(matrix)]] * (slots.stop - slots.start)
    return result


def _absorbed(linked: Linked) -> dict[int, int]:
    """Slots without an intercept and the slot whose intercept stands for it."""
    name = linked.family.intercept_in
    return {linked.slots[linked.family.main].start: linked.slots[name].start} if name else {}


def offsets(design: Design, linked: Linked) -> list[Array | None]:
    """What is added to each row of eta: offsets, and log exposure under a log link."""
    result: list[Array | None] = [None] * linked.columns
    for name, value in design.offset.items():
        for slot in range(linked.slots[name].start, linked.slots[name].stop):
            result[slot] = value
    if design.exposure is not None:
        first = linked.family.main
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
    matrices = matrices_of(design, linked.family)
    result: list[Label] = []
    for name, slots in linked.slots.items():
        vector = linked.family.parameters_declared[name].domain.event_dims > 0
        width = slots.stop - slots.start
        shown = _slot_names(design, width) if vector else [""]
        result += [
            (name, slot, term) for slot in shown for term in matrices[name].coefficient_names
        ]
    return tuple(result)


def terms_of(
    design: Design, linked: Linked, predictor: LinearPredictor
) -> tuple[tuple[str, str, Array], ...]:
    """Parameter, formula term and positions in theta of what enters a model together."""
    result = []
    for name, matrix in matrices_of(design, linked.family).items():
        slots = range(linked.slots[name].start, linked.slots[name].stop)
        for term, columns in matrix.groups:
            own = np.arange(columns.start, columns.stop) + matrix.intercept
            positions = np.concatenate([predictor.starts[slot] + own for slot in slots])
            result.append((name, term, positions))
    return tuple(result)


def _slot_names(design: Design, width: int) -> list[str]:
    """Names of the entries of a vector parameter: classes or columns of the target, or numbers."""
    target = design.target
    assert target is not None
    known = [str(level) for level in target.levels or target.columns]
    if len(known) == width:
        return known
    # With one entry fewer than classes, the first class is the reference.
    return known[1:] if len(known) == width + 1 else [str(i + 1) for i in range(width)]


def start(problem: Problem) -> Array:
    """Starting point: every intercept at the family's value for the whole sample, slopes at 0."""
    function = problem.function
    linked, predictor, weights = problem.linked, problem.predictor, function.weights
    theta = np.zeros(predictor.size)
    y, data = function.y, function.known
    if weights is not None and not np.all(weights > 0):
        used = weights > 0
        y, weights = y[used], weights[used]
        data = {name: value[used] for name, value in data.items()}
    known = (data,) if linked.family.names("data") else ()
    # Where squares of the target overflow there is no start; the search then says so.
    with np.errstate(all="ignore"):
        if linked.family.multimodal:
            values = linked.family.mle(y, weights, **data).parameters
        else:
            values = linked.family._start(y, weights, *known)
        eta = linked.predictors(values)
    for slot, design in enumerate(predictor.designs):
        offset = predictor.offset[slot]
        if design.intercept:
            shift = 0.0 if offset is None else float(np.average(offset, weights=function.weights))
            theta[predictor.starts[slot]] = eta[slot] - shift
    return theta
