"""A design, a family and its links put together: the likelihood as a function of theta."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.data import Design, Matrix, by_cell
from likelier.distributions import LINKS, Linked
from likelier.engines import Engine, LikelihoodSum, choose_engine, chunks_of
from likelier.errors import DataError, LikelierError
from likelier.objective import NLL, Layout, Objective
from likelier.predictors import (
    Columns,
    Inputs,
    ParametricPredictor,
    Predictor,
    PredictorSpec,
    columns_kind,
)

Array = Any
Label = tuple[str, str, str]
"""Distribution parameter, slot (a class, a component, or ""), term."""
NETWORK = "network"
"""What stands for the parameter of a weight, which all of them may share."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What a fit minimises, with the names of its unknowns.

    Attributes:
        function: the objective in theta, on the inner scale.
        labels: what each coefficient is.
        frequency: whether weights count rows.
        objective: what is minimised, as it was typed.
        spec: what the predictor was made by, with what it learnt of these rows.
        layout: what penalties know of the coefficients.
    """

    function: LikelihoodSum
    labels: tuple[Label, ...]
    frequency: bool
    objective: Objective
    spec: PredictorSpec
    layout: Layout

    @property
    def linked(self) -> Linked:
        """The family with its links."""
        return self.function.linked

    @property
    def predictor(self) -> Predictor:
        """Features to linear predictors."""
        return self.function.predictor

    @property
    def parametric(self) -> ParametricPredictor:
        """The predictor with its derivatives, which that of a network does not have."""
        return self.function.parametric

    def with_objective(self, objective: Objective) -> Problem:
        """The same rows with another objective."""
        risk = objective.risk or NLL()
        function = replace(self.function, risk=risk, penalties=objective.bind(self.layout))
        return replace(self, function=function, objective=objective)

    def weighing(self, weights: Array) -> Problem:
        """The same rows with other weights, by which columns are standardised too."""
        layout = replace(self.layout, source=lambda: self.predictor.deviations(weights))
        function = replace(self.function, weights=weights, penalties=self.objective.bind(layout))
        return replace(self, function=function, layout=layout)


def link_family(
    family: Any,
    links: Mapping[str, Any] | None,
    sizes: Mapping[str, int],
    spec: PredictorSpec,
) -> Linked:
    """The family with its links, after checking that each names a predicted parameter.

    What a curve gives has the link under which it is in the unit of y.
    """
    for name in links or {}:
        if name not in family.parameter_names:
            known = ", ".join(family.parameter_names)
            raise LikelierError(
                f"links name {name!r}, but {family.text()} predicts {known}; "
                f'write links={{"{family.main}": …}}'
            )
    given = spec.links(family)
    if not links and not given and not sizes:
        return _plainly_linked(family)
    for name in given.keys() & (links or {}).keys():
        raise LikelierError(
            f"{type(spec).__name__} gives {name} on its own scale; it takes no link"
        )
    return Linked(family, {**(links or {}), **{k: LINKS[v] for k, v in given.items()}}, sizes)


@functools.lru_cache(maxsize=256)
def _plainly_linked(family: Any) -> Linked:
    """The family with its own links."""
    return Linked(family)


def build_problem(
    design: Design,
    linked: Linked,
    objective: Objective,
    engine: Engine | None,
    weight_type: str,
    spec: PredictorSpec,
) -> Problem:
    """Put a checked design and a linked family together."""
    assert design.target is not None
    linked = linked.single.adapted_to(target_values(design, linked.family), design.weights)
    linked = spec.pooled(linked)
    inputs = inputs_of(design, linked)
    spec = spec.learned(inputs)
    predictor = spec.bind(inputs)
    weights = design.weights
    frequency = weight_type == "frequency"
    if weights is not None and not frequency:
        # Precision weights are relative: their mean is one, so that n stays the number of rows.
        weights = weights * (np.count_nonzero(weights) / weights.sum())
    width = sum({id(c): c.breadth + c.intercept for c in inputs.designs}.values())
    names = labels(design, linked, predictor)
    layout = Layout(
        names,
        lambda: terms_of(design, linked, predictor),
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
        chunks_of(design.n, width, predictor.held),
        objective.bind(layout),
    )
    return Problem(function, names, frequency, objective, spec, layout)


def inputs_of(
    design: Design,
    linked: Linked,
    plain: bool = False,
    like: Sequence[Columns] | None = None,
) -> Inputs:
    """What a specification makes a predictor of: the design's columns, standardised or `plain`.

    Over plain columns `theta` is on the scale of the columns, as coefficients are reported. With
    `like` the inner scale is that of other rows, for each row of eta.
    """
    linked = linked.single
    matrices = matrices_of(design, linked.family)
    return Inputs(
        n=design.n,
        slots=linked.slots,
        main=linked.family.main,
        designs=_columns(matrices, linked, design.weights, plain, like),
        names={name: matrix.names for name, matrix in matrices.items()},
        offset=offsets(design, linked),
        absorbed=_absorbed(linked),
        groups=design.groups,
        target=_target_columns(design),
        cells=design.cells,
        course=design.course,
        plain=plain,
        blocks={
            name: tuple(block for _, block in matrix.groups) for name, matrix in matrices.items()
        },
        weights=design.weights,
        y=_numbers(design),
    )


def _numbers(design: Design) -> Array | None:
    """The target where it is a number a row."""
    values = None if design.target is None else design.target.values
    plain = isinstance(values, np.ndarray) and values.ndim == 1
    return np.asarray(values, dtype=float) if plain else None


def observed_cells(design: Design, family: Any, spec: PredictorSpec) -> Design:
    """The design with a row for each observed cell of its target, where the predictor asks so."""
    if not spec.cells:
        return design
    return by_cell(design, family.main, spec.measured or _target_columns(design))


def _target_columns(design: Design) -> tuple[str, ...]:
    target = design.target
    return () if target is None else target.columns or (target.name,)


def matrices_of(design: Design, family: Any) -> dict[str, Matrix]:
    """The matrix of each predicted parameter, with an intercept only where the family wants one."""
    return {
        name: design.matrices[name]
        if family.parameters_declared[name].intercept
        else replace(design.matrices[name], intercept=False)
        for name in family.parameter_names
    }


def _columns(
    matrices: Mapping[str, Matrix],
    linked: Linked,
    weights: Array | None,
    plain: bool,
    like: Sequence[Columns] | None,
) -> list[Columns]:
    """One `Columns` for each row of eta, shared where the matrix is shared."""
    made: dict[int, Columns] = {}
    result = []
    for name, slots in linked.slots.items():
        matrix = matrices[name]
        if id(matrix) not in made:
            absorbed = slots.start in _absorbed(linked)
            values, intercept = matrix.values, matrix.intercept
            if like is not None:
                made[id(matrix)] = like[slots.start].on(values)
            elif plain:
                made[id(matrix)] = columns_kind(values).plain(values, intercept)
            else:
                kind = columns_kind(values)
                made[id(matrix)] = kind.standardise(values, intercept, absorbed, weights)
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


def labels(design: Design, linked: Linked, predictor: Predictor) -> tuple[Label, ...]:
    """What each entry of theta is, in order: unknowns of a curve first, then coefficients."""
    matrices = matrices_of(design, linked.family)
    owner = linked.family.main if isinstance(predictor, ParametricPredictor) else NETWORK
    result: list[Label] = [(owner, "", name) for name in predictor.unknown_names]
    for network, span in predictor.networks.items():
        result[span] = [(network, "", name) for name in predictor.unknown_names[span]]
    for name, slots in linked.slots.items():
        if slots.start in predictor.curved:
            continue
        vector = linked.family.parameters_declared[name].domain.event_dims > 0
        width = slots.stop - slots.start
        shown = _slot_names(design, width) if vector else [""]
        result += [
            (name, slot, term) for slot in shown for term in matrices[name].coefficient_names
        ]
    return tuple(result)


def terms_of(
    design: Design, linked: Linked, predictor: Predictor
) -> tuple[tuple[str, str, Array], ...]:
    """Parameter, formula term and positions in theta of what enters a model together."""
    if not isinstance(predictor, ParametricPredictor):
        return ((NETWORK, "weights", predictor.shrinkable),)
    result = [
        (network, network, np.arange(span.start, span.stop))
        for network, span in predictor.networks.items()
    ]
    for name, matrix in matrices_of(design, linked.family).items():
        slots = range(linked.slots[name].start, linked.slots[name].stop)
        if slots.start in predictor.curved:
            continue
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
