"""Fits whose rows stay in their files: learn of all rows, then pass over them piece by piece."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.data import Design, Found, NoRowsError, Pieces, Recipe, Table, question_of
from likelier.distributions import Distribution, Linked
from likelier.engines import Counts, Engine, LikelihoodSum, PartedSum, Serial, chunks_of
from likelier.errors import DataError, LikelierError, SupportError
from likelier.model.files.checkpoint import Checkpoint
from likelier.model.fitted import Fit
from likelier.model.fitting.estimation import as_specification, conclude, formulas_of, prepare
from likelier.model.fitting.problem import Problem, build_problem, inputs_of, target_values
from likelier.model.fitting.searching import search
from likelier.model.fitting.targets import as_target_of, check_support, for_censored
from likelier.model.rows import coded
from likelier.model.streaming.networks import fit_network_pieces
from likelier.model.streaming.waiting import Patience
from likelier.objective import NLL, Objective
from likelier.predictors import Columns, PredictorSpec
from likelier.solvers import Newton, Solver, Step, choose_solver

Array = Any

_SAMPLE_ROWS = 32_768
"""Rows that are kept in memory, at most: to begin the search with, and to look at."""
_LINE = 100
"""Bytes of a line of CSV, to guess how many rows a file may have."""


def fit_pieces(
    formula: str | Mapping[str, str],
    pieces: Pieces,
    family: type[Distribution],
    engine: Engine,
    *,
    links: Mapping[str, Any] | None,
    objective: Objective,
    predictor: PredictorSpec | None,
    solver: Solver | None,
    roles: Mapping[str, Any],
    weight_type: str,
    missing: str,
    seed: int,
    progress: Callable[[Step], None] | None,
    validation: Any,
    checkpoint: Any,
) -> Fit:
    """Fit rows that are read again in each pass.

    Args:
        formula, family, links, …: as `fit` takes them, checked.
        pieces: the rows.
        engine: where pieces are read and summed.
        roles: the column that fills each role, as `list_roles` names them.
    """
    began = time.perf_counter()
    spec = as_specification(predictor)
    _check(family, objective, spec)
    if validation is not None and not spec.trained:
        raise LikelierError("validation is for the training of a network, such as lk.MLP()")
    store = None if checkpoint is None else Checkpoint(checkpoint)
    target, formulas = formulas_of(formula, family, spec)
    rows = pieces.rows or int(pieces.size * len(pieces.names) / _LINE)
    stride = max(1, -(-rows // _SAMPLE_ROWS))
    labelled = family.support.name == "labels"
    question = question_of(formulas, target, roles, missing, stride, labelled, pieces.names)
    waiting = Patience(progress)
    found = Found()
    for part in engine.map(question.ask, pieces.pieces, waiting.reading("first reading")):
        found.add(part)
    if not found.n:
        raise DataError(f"no row is left: each of the {found.n_before:,} rows has a missing value.")
    recipe = found.recipe(question)
    design = recipe.design(found.sampled, need_target=True)
    assert design.target is not None
    if labelled and design.target.levels is None:
        design = coded(design, _classes(found, design.target.name, family))
    design, problem = _pose(design, family, links, objective, spec, engine, weight_type)
    factor = _factor(found, weight_type)
    counts = Counts(found.n, float(found.n), found.n)
    if design.weights is not None:
        counts = Counts(found.n, found.weight * (factor or 1.0), found.positive)
    design = replace(design, n_dropped=found.n_before - found.n)

    def reading(problem: Problem) -> tuple[Callable[[Table], LikelihoodSum], Problem]:
        reader = _Reader.of(recipe, question.columns, missing, problem, design, factor)
        return reader.block, _parted(problem, pieces, reader, counts, waiting)

    if spec.trained:
        fit = fit_network_pieces(
            design,
            problem,
            pieces,
            question.columns,
            reading,
            counts,
            solver,
            validation,
            seed,
            waiting.step,
            store,
            weight_type,
            began,
        )
        waiting.end()
        return fit
    _, problem = reading(problem)
    solver = solver or _patient(choose_solver(problem.function))
    solution = search(problem, solver, seed, waiting.step, _Store.of(store, problem, question))
    waiting.end()
    return conclude(design, problem, solution, time.perf_counter() - began, weight_type)


def _check(family: type[Distribution], objective: Objective, spec: PredictorSpec) -> None:
    """Refuse what needs all rows at once."""
    risk = objective.risk or NLL()
    wrong = None
    if spec.trained:
        wrong = None if risk.is_likelihood else f"the risk {risk.text()}"
    elif not spec.linear:
        wrong = f"predictor {type(spec).__name__}"
    elif not family.smooth or not risk.smooth:
        wrong = f"distribution {family.text()!r}, whose density has a kink"
    elif not risk.separable:
        wrong = f"the risk {risk.text()}"
    for weighted in objective.penalties:
        if weighted.penalty.needs or weighted.penalty.columns:
            wrong = f"the penalty {weighted.penalty.text()}"
    if wrong:
        raise LikelierError(
            f"{wrong} needs all rows in memory, and these are read piece by piece; read the files "
            "into a table first"
        )


def _classes(found: Found, name: str, family: type[Distribution]) -> tuple[int, ...]:
    """The classes of a target of numbers."""
    levels = found.levels_of("")
    odd = [level for level in levels if level != round(level)]
    if odd:
        raise SupportError(
            f"cannot use column `{name}` with distribution {family.text()!r}: it holds "
            f'{odd[0]:g}; labels are whole numbers or text. For real values use "normal"'
        )
    return tuple(int(level) for level in levels)


def _patient(solver: Solver) -> Solver:
    """The solver with an end as close as that of a table in memory, whose passes cost less."""
    return Newton(tolerance=1e-18) if type(solver) is Newton else solver


def _pose(
    design: Design,
    family: type[Distribution],
    links: Mapping[str, Any] | None,
    objective: Objective,
    spec: PredictorSpec,
    engine: Engine,
    weight_type: str,
) -> tuple[Design, Problem]:
    """The problem of the sample."""
    objective.check(for_censored(design, family))
    design, linked = prepare(design, family, links, spec, part=True)
    return design, build_problem(design, linked, objective, engine, weight_type, spec)


def _factor(found: Found, weight_type: str) -> float | None:
    """What weights are multiplied by: precision weights have a mean of one."""
    return found.positive / found.weight if weight_type == "precision" and found.weight else None


def _parted(
    problem: Problem, pieces: Pieces, reader: _Reader, counts: Counts, waiting: Patience
) -> Problem:
    """The problem of all rows, whose sample that of `problem` is."""
    held = problem.function
    fields = {name: getattr(held, name) for name in LikelihoodSum.__dataclass_fields__}
    plain = PartedSum(
        **fields,
        pieces=pieces.pieces,
        read=held.engine.kept(reader),
        counts=counts,
        tick=waiting.tick,
    )
    if problem.spec.trained:
        return replace(problem, function=plain)  # penalties weigh its weights as they are
    layout = replace(problem.layout, source=lambda: _deviations(plain))
    function = replace(plain, penalties=problem.objective.bind(layout))
    return replace(problem, function=function, layout=layout)


def _deviations(function: PartedSum) -> Array:
    """Standard deviations of the inner columns over all rows, by a pass."""
    sums, squares = function.moments()
    predictor, total = function.parametric, function.total_weight
    found = np.zeros(predictor.size)
    for slot, columns in enumerate(predictor.designs):
        span = predictor.span(slot)
        own = slice(span.start + columns.intercept, span.stop)
        square = np.diag(squares)[own] / total
        variance = square - (sums[own] / total) ** 2
        found[own] = np.sqrt(np.where(variance > 1e-13 * square, variance, 0.0))
    return found


@dataclass(frozen=True, eq=False)
class _Reader:
    """How a piece becomes likelihoods: all that was learnt, and no rows. It travels to workers.

    Attributes:
        recipe: how columns are made; columns: which are read.
        missing: "raise" or "drop".
        linked: the family with its links; spec: the predictor's.
        levels: the classes of a target of numbers that are labels, or None.
        scales: for each row of eta the inner scale of its columns; none for a network, which
            takes them as they are.
        factor: what weights are multiplied by, or None.
    """

    recipe: Recipe
    columns: Sequence[str]
    missing: str
    linked: Linked
    spec: PredictorSpec
    levels: tuple[Any, ...] | None
    scales: Sequence[Columns]
    factor: float | None

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        columns: Sequence[str],
        missing: str,
        problem: Problem,
        design: Design,
        factor: float | None,
    ) -> _Reader:
        assert design.target is not None
        made: dict[int, Columns] = {}
        designs = [] if problem.spec.trained else problem.parametric.designs
        for held in designs:
            made.setdefault(id(held), held.without_rows)
        scales = [made[id(held)] for held in designs]
        levels = design.target.levels
        return cls(recipe, columns, missing, problem.linked, problem.spec, levels, scales, factor)

    def __call__(self, piece: Any) -> Iterator[LikelihoodSum]:
        """The likelihood of each block of rows in turn."""
        for table in piece.batches(self.columns):
            try:
                yield self.block(table)
            except NoRowsError:
                continue

    def block(self, table: Table) -> LikelihoodSum:
        """The likelihood of one block of rows."""
        linked = self.linked
        design = self.recipe.design(table, need_target=True, missing=self.missing)
        assert design.target is not None
        if design.target.levels is None and self.levels is not None:
            design = coded(design, self.levels)
        design = as_target_of(design, linked.family)
        check_support(design, linked.family, part=True)
        inputs = inputs_of(design, linked, plain=not self.scales, like=self.scales or None)
        weights = design.weights
        if weights is not None and self.factor is not None:
            weights = weights * self.factor
        width = sum({id(c): c.q for c in inputs.designs}.values())
        return LikelihoodSum(
            linked,
            self.spec.bind(inputs),
            target_values(design, linked.family),
            weights,
            design.extra,
            NLL(),
            Serial(),
            chunks_of(design.n, width),
        )


@dataclass(frozen=True, eq=False)
class _Store:
    """Where a search over pieces is kept: its point and its phase."""

    checkpoint: Checkpoint
    fingerprint: str

    @classmethod
    def of(cls, checkpoint: Checkpoint | None, problem: Problem, question: Any) -> _Store | None:
        """The store of a problem; None where none was asked for."""
        if checkpoint is None:
            return None
        assert isinstance(problem.function, PartedSum)
        counts = problem.function.counts
        known = [
            problem.linked.family.text(),
            problem.linked.link_names,
            problem.labels,
            problem.objective.text(),
            [counts.rows, counts.weight],
            # The inner scale, on which the point stands.
            [[c.centre.tolist(), c.scale.tolist()] for c in problem.parametric.designs],
        ]
        text = json.dumps(known, default=str, sort_keys=True)
        return cls(checkpoint, hashlib.sha256(text.encode()).hexdigest())

    def read(self) -> Array | None:
        """The point that was reached, None if there is none."""
        held = self.checkpoint.read(self.fingerprint)
        return None if held is None else held["theta"]

    def write(self, step: Step) -> None:
        """Keep the point after a step over all rows."""
        if step.theta is not None:
            self.checkpoint.write(self.fingerprint, {"theta": np.asarray(step.theta)})
