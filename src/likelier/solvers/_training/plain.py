"""The steps of `loop.py` written out on NumPy, for trainings that are over before XLA has compiled.

A compiler takes a second before the first step, in which NumPy makes some thousands on a small
network. Slopes come from the family's own score and the network's `linearised`; steps and sums are
those of the compiled loop, and a test holds both together.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from likelier.distributions import Modifier
from likelier.engines import LikelihoodSum
from likelier.objective import Batch
from likelier.predictors.network.heteroscedastic import floored, follows, shares
from likelier.solvers._training.loop import (
    Course,
    Frozen,
    Learnt,
    Programs,
    Rows,
    State,
    squared_error,
    take,
)
from likelier.solvers._training.plan import Plan, Rule, Settings
from likelier.solvers._training.prepare import network_in
from likelier.special._tree import mapped

Array = Any

_STEPS = 10_000
"""Steps, at most: for more a compiled loop is quicker, its second of compiling included."""
_WORK = 2e10
"""Rows times weights of all steps, at most: beyond, several cores or a device have the say."""
_FIRST, _SECOND, _FLOOR = 0.9, 0.999, 1e-8
"""Decays and floor of Adam, as optax has them."""


def suits(function: LikelihoodSum, settings: Settings, n: int) -> bool:
    """Whether a training of n rows is written out here, and short.

    It depends on what is asked for alone, so that the same seed gives the same numbers.
    """
    predictor, family = network_in(function), function.linked.single.family
    steps = math.ceil(n / settings.batch_size) * settings.epochs
    return bool(
        predictor.net.linearises
        and function.risk.is_likelihood
        and all(bound.addend.shrinkage() is not None for bound in function.penalties)
        and isinstance(function.y, np.ndarray)
        # The mean of a modifier may be a search or a sum for each row, which JAX leaves out.
        and family._writes_score()
        and not issubclass(family, Modifier)
        and settings.devices == 1
        and steps * predictor.members <= _STEPS
        and steps * settings.batch_size * predictor.size <= _WORK
    )


def written_out(plan: Plan) -> Programs:
    """The programs of a plan on NumPy."""
    steps: Any = functools.partial(_steps, plan)
    look: Any = functools.partial(_look, plan)
    if plan.members > 1:
        steps, look = functools.partial(_each_steps, plan), functools.partial(_each_look, plan)
    return Programs(functools.partial(_begin, plan), steps, look, lambda arrays: arrays)


def _begin(plan: Plan, weights: Array) -> State:
    """The state of one member before its first step."""
    learnt = Learnt(weights.astype(plan.dtype), ())
    moments: tuple[Array, ...] = ()
    if plan.rule.adaptive:
        moments = (np.int32(0), np.zeros_like(learnt.weights), np.zeros_like(learnt.weights))
    elif plan.rule.momentum:
        moments = (np.zeros_like(learnt.weights),)
    return State(learnt, moments, learnt)


def _each_steps(
    plan: Plan, state: State, rows: Rows, frozen: Frozen, course: Course
) -> tuple[State, Array]:
    """The steps of each member."""
    found = []
    for i in range(plan.members):
        own = mapped(lambda leaf, i=i: leaf[i], state)
        mine = course._replace(orders=course.orders[i], key=course.key[i])
        found.append(_steps(plan, own, rows, frozen, mine))
    joined = mapped(lambda *leaves: np.stack(leaves), *(state for state, _ in found))
    return joined, np.stack([sums for _, sums in found])


def _each_look(plan: Plan, average: Learnt, rows: Rows, frozen: Frozen) -> Array:
    """What is seen of each member."""
    members = [Learnt(weights, ()) for weights in average.weights]
    return np.stack([_look(plan, own, rows, frozen) for own in members])


def _steps(
    plan: Plan, state: State, rows: Rows, frozen: Frozen, course: Course
) -> tuple[State, Array]:
    """A step for each batch."""
    weights, average = state.learnt.weights.copy(), state.average.weights.copy()
    vector = np.empty_like(weights)
    # Views: they follow the steps.
    layers, into = (plan.packing.unpack(v, plan.dtype) for v in (weights, vector))
    moments, seen = state.moments, []
    count, size = int(course.count), course.orders.shape[1]
    epoch = take(rows, course.orders[:count].ravel())
    with np.errstate(all="ignore"):
        for j in range(count):
            batch = _some(epoch, slice(j * size, (j + 1) * size))
            seen.append(_pull(plan, layers, batch, frozen, course.progress[j], into))
            slopes = vector
            if plan.shrinks:
                drawn = frozen.ridge * weights + frozen.absolute * np.sign(weights)
                slopes = slopes + drawn.astype(plan.dtype)
            slopes, moments = _turned(plan.rule, slopes, moments)
            rate, share = (weights.dtype.type(x[j]) for x in (course.rates, course.shares))
            if plan.decays:
                weights *= (1 - course.rates[j] * frozen.decays).astype(plan.dtype)
            weights -= rate * slopes
            average += share * (weights - average)
        eta, nll = (np.concatenate(parts, axis=-1) for parts in zip(*seen, strict=True))
        sums = _tally(plan, _batch_of(plan, eta, epoch), nll)
    return State(Learnt(weights, ()), moments, Learnt(average, ())), sums


def _some(rows: Rows, own: slice) -> Rows:
    """Neighbouring rows: views, and quicker than `take`."""
    offset = rows.offset if rows.offset.shape[1] == 1 else rows.offset[:, own]
    known = {name: value[own] for name, value in rows.known.items()}
    weights = None if rows.weights is None else rows.weights[own]
    return Rows(tuple(x[own] for x in rows.xs), rows.y[own], weights, offset, known)


def _batch_of(plan: Plan, eta: Array, rows: Rows) -> Batch:
    """Rows with their predictors."""
    counted = np.ones(eta.shape[1]) if rows.weights is None else rows.weights
    return Batch(plan.loss.linked, eta, rows.y, counted, rows.known)


def _pull(
    plan: Plan, layers: Any, rows: Rows, frozen: Frozen, progress: Array, into: Any
) -> tuple[Array, Array]:
    """Write the slopes of the mean NLL of a batch in the weights; give its eta and NLL."""
    outputs, pull = plan.net.linearised(layers, rows.xs)
    eta, bend = _predictors(plan, outputs, rows, frozen)
    linked = plan.loss.linked
    nll, slopes = linked.nll_and_gradient(eta, rows.y, rows.known)
    if follows(plan.remedy, linked):
        distribution = linked.build(eta, rows.known)
        slopes *= shares(plan.remedy, linked, distribution, rows.weights, progress)
    total: Any = len(nll)
    if rows.weights is not None:
        slopes = np.where(rows.weights > 0, slopes * rows.weights, 0.0)
        total = rows.weights.sum()
    slopes *= frozen.spread[:, None] / total
    if bend is not None:
        assert plan.net.located is not None
        slopes[plan.net.located[1]] *= bend
    pull(slopes.astype(plan.dtype), into)
    return eta, nll


def _predictors(
    plan: Plan, outputs: Array, rows: Rows, frozen: Frozen
) -> tuple[Array, Array | None]:
    """Rows of eta, and the slope of a scale that has a least value in what it was before."""
    eta = frozen.start[:, None] + frozen.spread[:, None] * outputs.astype(np.float64) + rows.offset
    if plan.net.located is None or frozen.floor == -math.inf:
        return eta, None
    own = eta[plan.net.located[1]]
    bend = 1 / (1 + np.exp(2 * (frozen.floor - own)))
    own[...] = floored(own, frozen.floor, np)
    return eta, bend


def _tally(plan: Plan, batch: Batch, nll: Array) -> Array:
    """Weighted sums of NLL and squared error, and of the weights."""
    error = squared_error(batch) if plan.errors else np.full_like(nll, np.nan)
    used = batch.weights > 0
    rows = np.where(used, np.stack([nll, error, np.ones_like(nll)]), 0.0)
    found: Array = rows @ batch.weights
    return found


def _look(plan: Plan, average: Learnt, rows: Rows, frozen: Frozen) -> Array:
    """Sums over rows that watch, block by block."""
    weights = plan.packing.unpack(average.weights, plan.dtype)
    sums = np.zeros(3)
    with np.errstate(all="ignore"):
        for first in range(0, len(rows.weights), plan.block):
            some = _some(rows, slice(first, first + plan.block))
            eta, _ = _predictors(plan, plan.net(weights, some.xs), some, frozen)
            batch = _batch_of(plan, eta, some)
            sums += _tally(plan, batch, -batch.distribution._log_prob(some.y))
    return np.append(sums, sums[0])  # a likelihood is watched by itself


def _turned(
    rule: Rule, slopes: Array, moments: tuple[Array, ...]
) -> tuple[Array, tuple[Array, ...]]:
    """The direction that a rule makes of slopes, as `Rule.chain` does, and its moments."""
    if rule.clip is not None:
        norm = np.sqrt(np.sum(slopes * slopes))
        if not norm < rule.clip:
            slopes = slopes / norm * slopes.dtype.type(rule.clip)
    if rule.adaptive:
        count, first, second = moments
        count = count + np.int32(1)
        first = _FIRST * first + (1 - _FIRST) * slopes
        second = _SECOND * second + (1 - _SECOND) * (slopes * slopes)
        mean = first / _left(_FIRST, count + rule.nesterov, slopes)
        if rule.nesterov:
            mean = _FIRST * mean + (1 - _FIRST) * (slopes / _left(_FIRST, count, slopes))
        square = second / _left(_SECOND, count, slopes)
        return mean / (np.sqrt(square) + _FLOOR), (count, first, second)
    if rule.momentum:
        trace = slopes + rule.momentum * moments[0]
        return (slopes + rule.momentum * trace if rule.nesterov else trace), (trace,)
    return slopes, ()


def _left(decay: float, count: Any, like: Array) -> Any:
    """What a running mean lacks at first, in the type of its numbers."""
    return like.dtype.type(1 - decay ** int(count))
