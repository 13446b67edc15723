"""Networks: the marginal distribution to start from, held-out rows, training, and the fit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.data import Design
from likelier.diagnosis import Diagnosed, Diagnosis, check_training
from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError
from likelier.model.fitted import Estimate, Facts, Fit, Sample
from likelier.model.fitting.balancing import reweighed
from likelier.model.fitting.objectives import TermRow, term_rows
from likelier.model.fitting.problem import Problem, build_problem, inputs_of
from likelier.model.fitting.searching import marginal_predictors
from likelier.model.fitting.training_words import refuse_errors
from likelier.predictors.network.heteroscedastic import resolution_floor
from likelier.solvers import Adam, Solution, Solver, Split, Step, Store, network_in, train

Array = Any

SHARE = 0.15
"""Share of the rows that watch the training, where nothing is said."""
_FEW = 20
"""Up to so many rows none are held out unless that is asked for."""


def fit_network(
    design: Design,
    problem: Problem,
    solver: Solver | None,
    validation: Any,
    seed: int,
    progress: Callable[[Step], None] | None,
    store: Store | None,
    weight_type: str,
    began: float,
) -> Fit:
    """Train the network of a problem, and say what came of it."""
    refuse_penalties(problem)
    share = isinstance(validation, int | float) and not isinstance(validation, bool)
    of_rows = share or validation is None
    rows, watching = _split(design, problem, validation if of_rows else 0.0, seed)
    problem = anchored(design, problem, rows)
    held: tuple[LikelihoodSum, Array] | None = None
    if len(watching):
        held = (problem.function, watching)
    elif not of_rows:
        held = _rows_of_their_own(design, problem, validation, weight_type)
    split = Split(rows, held)
    solver = solver or Adam()
    settings = solver.settings(len(split.rows), seed)
    spec: Any = problem.spec
    solution = train(
        problem.function,
        split,
        settings,
        spec.weight_decay,
        design.terms,
        design.row_name,
        began,
        progress,
        store,
    )
    return conclude_network(
        design, problem, solution, split, time.perf_counter() - began, weight_type, settings.epochs
    )


def refuse_penalties(problem: Problem) -> None:
    """Raise `LikelierError` for a penalty that does not train networks."""
    for weighted in problem.objective.penalties:
        if not weighted.penalty.trains:
            raise LikelierError(
                f"{weighted.penalty.text()} weighs coefficients of columns and does not train "
                "networks; lk.L2 and lk.L1 weigh the weights of one"
            )


# ---------------------------------------------------------------------- before


def anchored(design: Design, problem: Problem, rows: Array) -> Problem:
    """The problem whose untrained network predicts the marginal distribution of the target.

    The unit of a row of eta whose link is the identity is 1 / √(mean square of its score), which
    is the scale of the target for a location; other links have no unit.
    """
    linked, function = problem.linked.single, problem.function
    known = {name: value[rows] for name, value in function.known.items()}
    weights = None if function.weights is None else function.weights[rows]
    trained = replace(function, y=function.y[rows], weights=weights, known=known)
    eta = marginal_predictors(linked, trained, best=True)
    with np.errstate(all="ignore"):
        score = linked.gradient(np.repeat(eta[:, None], len(rows), axis=1), trained.y, known)
        size = np.sqrt(np.average(score**2, axis=1, weights=weights))
    spread = np.ones(len(eta))
    for name, slots in linked.slots.items():
        if linked.has_unit(name):
            found = size[slots]
            usable = (found > 0) & (found < np.inf)
            spread[slots] = 1 / np.where(usable, found, 1.0)
    for slot, added in enumerate(problem.predictor.offset[: len(eta)]):
        if added is not None:
            eta[slot] -= float(np.average(added[rows], weights=weights))
    spec: Any = problem.spec
    located = spec.learnt.located
    floor = -math.inf if located is None else resolution_floor(trained.y)
    spec = spec.anchored(eta, spread, floor)
    predictor = spec.bind(inputs_of(design, linked))
    return replace(problem, spec=spec, function=replace(function, predictor=predictor))


def _split(
    design: Design, problem: Problem, validation: float | None, seed: int
) -> tuple[Array, Array]:
    """The rows that train and those that watch, a share of them; a group is never split."""
    weights = problem.function.weights
    used = np.arange(design.n) if weights is None else np.flatnonzero(weights > 0)
    if validation is None:
        validation = SHARE if len(used) > _FEW else 0.0
    check_share(validation, "of the rows, from 0 to below 1, or a table")
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    held = np.zeros(len(used), dtype=bool)
    if design.groups is not None:
        names, codes = np.unique(design.groups[used], return_inverse=True)
        held = np.isin(codes, rng.permutation(len(names))[: round(validation * len(names))])
    else:
        held[rng.permutation(len(used))[: round(validation * len(used))]] = True
    if validation and (held.all() or not held.any()):
        raise LikelierError(
            f"a share of {validation:g} of the rows for validation leaves none to "
            f"{'train on' if held.all() else 'watch'}; give another share, 0, or a table"
        )
    return used[~held], used[held]


def check_share(validation: Any, what: str) -> float:
    """The share; raises `LikelierError`, saying what it is, for what is none."""
    number = isinstance(validation, int | float) and not isinstance(validation, bool)
    if not number or not 0 <= validation < 1:
        raise LikelierError(f"validation is a share {what}; given: {validation!r}")
    return float(validation)


def _rows_of_their_own(
    design: Design, problem: Problem, data: Any, weight_type: str
) -> tuple[LikelihoodSum, Array]:
    """The function of a table of rows that watch."""
    from likelier.model.rows import target_design

    assert design.target is not None
    facts = _facts(design, problem, weight_type)
    shell = Fit(
        problem.linked,
        design.recipe,
        Estimate((), np.zeros(0), np.zeros(0), np.zeros((0, 0))),
        facts,
        predictor=problem.spec,
    )
    options: dict[str, Any] = {}
    if design.recipe.features is not None:
        if not isinstance(data, tuple) or len(data) != 2:
            raise LikelierError(
                "where arrays are fitted, validation is a share of the rows or a pair (X, y)"
            )
        data, options["y"] = data
    seen = target_design(shell, data, **options)
    other = build_problem(
        seen, problem.linked, problem.objective, None, weight_type, problem.spec
    ).function
    return other, np.arange(seen.n)


# ---------------------------------------------------------------------- after


def conclude_network(
    design: Design,
    problem: Problem,
    solution: Solution,
    split: Split,
    seconds: float,
    weight_type: str,
    epochs: int,
) -> Fit:
    """The fit of a trained network: what is known of it as a whole."""
    problem = reweighed(problem, solution.strengths)
    nll = solution.value
    terms = _terms(problem, solution.theta, nll)
    size = problem.predictor.size
    facts = replace(
        _facts(design, problem, weight_type),
        log_likelihood=-nll,
        degrees_of_freedom=size,
        converged=solution.converged,
        reason=solution.reason,
        passes=sum(solution.passes.values()),
        seconds=seconds,
        terms=terms,
        history=solution.history,
        chosen=solution.chosen,
        held_out_nll=_held_out_nll(split, solution.theta),
    )
    return Fit(
        linked=problem.linked,
        recipe=design.recipe,
        estimate=Estimate(problem.labels, solution.theta, np.zeros(size), refuse_errors),
        facts=facts,
        diagnosed=Diagnosed(_diagnoses(problem, solution, epochs)),
        sample=Sample(design, problem, solution),
        predictor=problem.spec,
    )


def _held_out_nll(split: Split, theta: Array) -> float | None:
    """Mean NLL of the rows that watched the training."""
    if split.held is None:
        return None
    function, rows = split.held
    weights = None if function.weights is None else function.weights[rows]
    return float(np.average(function.losses(theta)[rows], weights=weights))


def _terms(problem: Problem, theta: Array, nll: float) -> tuple[TermRow, ...]:
    """Text, strength and value of each term; of an ensemble means over its members.

    The NLL of an ensemble is that of its pooled predictions.
    """
    predictor, linked = network_in(problem.function), problem.linked.single
    own = np.arange(predictor.packing.size)
    one = replace(
        problem.function.sample,
        predictor=predictor.of_one_member(),
        linked=linked,
        penalties=tuple(b for p in problem.function.penalties if (b := p.select(own))),
    )
    rows = [term_rows(one, one(part, 0), nll) for part in np.split(theta, predictor.members)]
    found = [
        (text, strength, float(np.mean([own[i][2] for own in rows])))
        for i, (text, strength, _) in enumerate(rows[0])
    ]
    if problem.function.risk.is_likelihood:
        found[0] = (*found[0][:2], nll)
    return tuple(found)


def _facts(design: Design, problem: Problem, weight_type: str) -> Facts:
    """What is known of a network before it is trained."""
    assert design.target is not None
    return Facts(
        target=design.target.name,
        levels=design.target.levels,
        formulas={name: f.text for name, f in design.recipe.formulas.items()},
        log_likelihood=math.nan,
        n_rows=problem.function.rows,
        n_observations=problem.function.effective_rows(problem.frequency),
        n_dropped=design.n_dropped,
        degrees_of_freedom=problem.predictor.size,
        weight_type=None if design.weights is None else weight_type,
        converged=False,
        reason="",
        passes=0,
        seconds=0.0,
        inference="network",
    )


def _diagnoses(problem: Problem, solution: Solution, epochs: int) -> tuple[Diagnosis, ...]:
    """What there is to say of a training that ended."""
    if solution.converged:
        labels = problem.linked.family.support.name in ("labels", "binary")
        found = check_training(solution.history, solution.chosen, epochs, labels)
        return () if found is None else (found,)
    return (
        Diagnosis(
            kind="not converged",
            severity="warning",
            message=(
                f"the budget of {epochs:,} epochs was over while the NLL was still falling, so "
                "that more training would give better predictions"
            ),
            evidence={"epochs": epochs},
            remedy=f"solver=lk.Adam(epochs={2 * epochs})",
        ),
    )
