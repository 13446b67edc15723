"""Whole epochs of training as one compiled loop.

One call runs a number of epochs: in each of them every batch of the shuffled rows makes a step, and
the held-out rows are looked at; the loop ends early where they have not improved for a while.
Numbers (rows, their order, rates, limits) are arguments, so that only a new structure compiles
anew.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from likelier.objective import Batch
from likelier.predictors.network import Frame, mean_surface
from likelier.predictors.network.heteroscedastic import floored, followed
from likelier.solvers._training.plan import Plan

Array = Any

_SPAN = 5.0
"""Epochs whose steps are averaged, about."""
_STRIDE = 10.0
"""Nats that the shared number moves where a weight would move by 1: it has a longer way."""


class Rows(NamedTuple):
    """Rows, filled up to a bucket.

    Attributes:
        n: how many there are.
        xs: standardised columns of each trunk, (N, p).
        y: observations.
        weights: (N,), 0 where a row fills up.
        offset: (K, N), or (K, 1) zeros.
        known: parameters that are data, (N,) each.
        parts: what each penalty reads of the rows.
    """

    n: Array
    xs: tuple[Array, ...]
    y: Any
    weights: Array
    offset: Array
    known: dict[str, Array]
    parts: tuple[Any, ...]


class Data(NamedTuple):
    """What does not change from call to call.

    Attributes:
        rows, held: that train, and that watch.
        start, spread: what outputs of 0 and 1 mean in eta, (K,).
        floor: least log scale.
        shared: the first value of the number that all rows share, of a risk that has one.
        wholes: what each penalty reads besides its part of the rows; strengths: of each.
        ridge, absolute: factors of squares and absolute values of weights, as these.
        scales: centre and scale of the columns of each trunk, where penalties need them.
    """

    rows: Rows
    held: Rows
    start: Array
    spread: Array
    floor: Array
    shared: Array
    wholes: tuple[Any, ...]
    strengths: tuple[Array, ...]
    ridge: Any
    absolute: Any
    scales: tuple[tuple[Array, Array], ...] = ()


class Learnt(NamedTuple):
    """All that a step changes: the weights of the network, and the number that all rows share."""

    weights: Any
    shared: Array


class Limits(NamedTuple):
    """Numbers of a run.

    Attributes:
        stop: the epoch before which this call ends.
        epochs: of the whole run.
        patience: epochs without a better held-out NLL after which it ends.
        rate: the largest learning rate.
        warmup: share of all steps in which the rate rises to that.
        decay: weight decay.
    """

    stop: Array
    epochs: Array
    patience: Array
    rate: Array
    warmup: Array
    decay: Array


class State(NamedTuple):
    """Where a run stands; a checkpoint holds exactly this.

    Attributes:
        learnt: the weights; moments: of the optimiser; average: of the weights of late steps.
        key: of all that is random in steps.
        epoch: next; done: whether the run is over; sound: whether all numbers were finite.
        best: what was learnt by the best epoch on held-out rows, best_value: the NLL there (or what
            the risk watches), best_epoch: when.
    """

    learnt: Learnt
    moments: Any
    average: Learnt
    key: Array
    epoch: Array
    done: Array
    sound: Array
    best: Learnt
    best_value: Array
    best_epoch: Array


class Record(NamedTuple):
    """The course of one call, an entry an epoch: means over rows, and the last learning rate."""

    nll: Array
    mse: Array
    held_nll: Array
    held_mse: Array
    rate: Array


def begin(plan: Plan, weights: Any, seed: int, member: int) -> State:
    """The state of one member before its first epoch, as NumPy arrays: nothing is compiled."""
    import jax

    learnt = Learnt(jax.tree.map(lambda leaf: leaf.astype(plan.dtype), weights), np.float64(0))
    moments = jax.eval_shape(plan.rule.chain().init, learnt)
    return State(
        learnt,
        # Every transformation of `Rule` begins with zeros.
        jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), moments),
        learnt,
        np.random.SeedSequence(seed, spawn_key=(2, member)).generate_state(2),
        np.int32(0),
        np.bool_(False),
        np.bool_(True),
        learnt,
        np.float64(np.inf),
        np.int32(0),
    )


@functools.lru_cache(maxsize=64)
def compiled(plan: Plan) -> Any:
    """`run(state, data, limits, orders)`, which gives the next state and a `Record`, jitted.

    `orders` are the rows of each epoch in the order in which they are taken, (epochs, N).
    """
    import jax

    def run(state: State, data: Data, limits: Limits, orders: Array) -> tuple[State, Record]:
        return _run(plan, state, data, limits, orders)

    several = jax.vmap(run, in_axes=(0, None, None, 0)) if plan.members > 1 else run
    return jax.jit(several)


def _run(
    plan: Plan, state: State, data: Data, limits: Limits, orders: Array
) -> tuple[State, Record]:
    import jax
    import jax.numpy as jnp

    first = state.epoch
    nothing = jnp.full((plan.epochs,), jnp.nan)

    def going(carry: tuple[State, Record]) -> Array:
        state, _ = carry
        return ~state.done & (state.epoch < limits.stop)

    def epoch(carry: tuple[State, Record]) -> tuple[State, Record]:
        state, record = carry
        place = state.epoch - first
        state, values = _epoch(plan, state, data, limits, orders[place])
        record = Record(*(a.at[place].set(v) for a, v in zip(record, values, strict=True)))
        return state, record

    return jax.lax.while_loop(going, epoch, (state, Record(*[nothing] * 5)))


def _epoch(
    plan: Plan, state: State, data: Data, limits: Limits, order: Array
) -> tuple[State, tuple[Array, ...]]:
    """One pass over the rows, a look at the held-out ones, and what follows from it."""
    import jax
    import jax.numpy as jnp

    rows, size = data.rows, plan.batch
    steps = (rows.n + size - 1) // size
    chain = plan.rule.chain()

    def step(j: Array, inner: Any) -> Any:
        learnt, moments, average, sums, _ = inner
        position = j * size + jnp.arange(size)
        # The last batch is filled up from the front, unless one batch holds all rows.
        index = order[position % rows.n]
        used = (position < rows.n) | (size <= rows.n)
        batch = _take(rows, index, used)
        own = None
        if plan.net.random:
            key = jax.random.wrap_key_data(state.key)
            own = jax.random.fold_in(jax.random.fold_in(key, state.epoch), j)

        def objective(learnt: Learnt) -> tuple[Array, tuple[Array, ...]]:
            seen = _batch(plan, learnt, batch, data, own)
            if plan.loss.risk.is_likelihood:
                progress = (state.epoch * steps + j) / (limits.epochs * steps)
                eta = followed(
                    plan.remedy, seen.linked, seen.eta, seen.known, seen.weights, progress
                )
                seen = replace(seen, eta=eta)
            return _loss(plan, seen, batch, data, learnt), _tally(plan, seen)

        (value, tally), slopes = jax.value_and_grad(objective, has_aux=True)(learnt)
        slopes, moments = chain.update(slopes, moments, learnt)
        rate = _rate(plan, limits, state.epoch * steps + j, limits.epochs * steps)

        def move(weight: Array, slope: Array) -> Array:
            shrunk = weight * (1 - rate * limits.decay).astype(weight.dtype)
            kept = shrunk if plan.decays and weight.ndim > 1 else weight
            return kept - rate.astype(weight.dtype) * slope

        learnt = jax.tree.map(move, learnt, slopes)
        # The mean of all steps at first, then of about the last few epochs.
        done = state.epoch * steps + j
        share = jnp.maximum(1 / (done + 1.0), 1 / (_SPAN * steps))
        average = jax.tree.map(lambda a, b: a + share.astype(a.dtype) * (b - a), average, learnt)
        sums = tuple(a + b for a, b in zip(sums, tally, strict=True))
        return learnt, moments, average, sums, value

    zero = jnp.float64(0)
    learnt, moments, average, sums, value = jax.lax.fori_loop(
        0, steps, step, (state.learnt, state.moments, state.average, (zero, zero, zero), zero)
    )
    nll, mse = sums[0] / sums[2], sums[1] / sums[2]
    sound = jnp.isfinite(value) & jnp.isfinite(nll)
    rate = _rate(plan, limits, (state.epoch + 1) * steps - 1, limits.epochs * steps)
    if plan.held:
        held = _held(plan, average, data)
        held_nll, held_mse, watched = (held[i] / held[2] for i in (0, 1, 3))
        better = watched < state.best_value
    else:
        held_nll = held_mse = watched = jnp.float64(jnp.nan)
        better = jnp.bool_(True)
    better = better & sound
    epoch = state.epoch + 1
    best_epoch = jnp.where(better, epoch, state.best_epoch)
    waited = plan.held & (epoch - best_epoch >= limits.patience)
    state = State(
        learnt,
        moments,
        average,
        state.key,
        epoch,
        waited | ~sound | (epoch >= limits.epochs),
        sound,
        jax.tree.map(lambda new, old: jnp.where(better, new, old), average, state.best),
        jnp.where(better, watched, state.best_value),
        best_epoch,
    )
    return state, (nll, mse, held_nll, held_mse, rate)


def _take(rows: Rows, index: Array, used: Array) -> Rows:
    """Some of the rows."""
    import jax
    import jax.numpy as jnp

    mine = (rows.xs, rows.y, rows.known, rows.parts)
    xs, y, known, parts = jax.tree.map(lambda a: a[index], mine)
    weights = jnp.where(used, rows.weights[index], 0.0)
    offset = rows.offset if rows.offset.shape[1] == 1 else rows.offset[:, index]
    return Rows(rows.n, xs, y, weights, offset, known, parts)


def _batch(plan: Plan, learnt: Learnt, rows: Rows, data: Data, key: Array | None) -> Batch:
    """Rows with their predictors."""
    import jax.numpy as jnp

    outputs = plan.net(learnt.weights, rows.xs, key).astype(jnp.float64)
    eta = data.start[:, None] + data.spread[:, None] * outputs + rows.offset
    if plan.net.located is not None:
        scale = plan.net.located[1]
        eta = eta.at[scale].set(floored(eta[scale], data.floor, jnp))
    share = jnp.sum(rows.weights > 0) / rows.n
    shared = data.shared + _STRIDE * learnt.shared
    surface = None
    if plan.surface:
        frame = Frame(data.start, data.spread, data.scales)
        surface = mean_surface(plan.net, plan.loss.linked, learnt.weights, frame, plan.dtype)
    return Batch(plan.loss.linked, eta, rows.y, rows.weights, rows.known, shared, share, surface)


def _loss(plan: Plan, batch: Batch, rows: Rows, data: Data, learnt: Learnt) -> Array:
    """The objective of a batch, a mean over its rows."""
    import jax
    import jax.numpy as jnp

    total = plan.loss.risk.of_batch(batch)
    terms = (plan.loss.penalties, data.strengths, rows.parts, data.wholes)
    for penalty, strength, part, whole in zip(*terms, strict=True):
        total = total + strength * penalty.of_batch(batch, part, whole)
    if plan.shrinks:

        def shrink(weight: Array, ridge: Array, absolute: Array) -> Array:
            wide = weight.astype(jnp.float64)
            return jnp.sum(0.5 * ridge * wide**2 + absolute * jnp.abs(wide))

        parts = jax.tree.map(shrink, learnt.weights, data.ridge, data.absolute)
        total = total + sum(jax.tree.leaves(parts))
    return total


def _tally(plan: Plan, batch: Batch) -> tuple[Array, Array, Array]:
    """Weighted sums of NLL and squared error, and of the weights."""
    import jax
    import jax.numpy as jnp

    total = jnp.sum(batch.weights)
    nll = batch.mean(batch.nll) * total
    error = batch.mean(squared_error(batch)) * total if plan.errors else jnp.float64(jnp.nan)
    return jax.lax.stop_gradient((nll, error, total))


def squared_error(batch: Batch) -> Array:
    """Squared error of the predicted mean, of labels that of their probabilities, (m,)."""
    import jax
    import jax.numpy as jnp

    distribution = batch.distribution
    if distribution.support.name == "labels":
        share = jnp.exp(distribution._log_probs())
        seen = jax.nn.one_hot(batch.y.astype(jnp.int32), share.shape[-1], dtype=share.dtype)
        return jnp.sum((share - seen) ** 2, axis=-1)
    error = (batch.y - distribution.mean) ** 2
    return error.reshape(error.shape[0], -1).mean(axis=1)


def _held(plan: Plan, learnt: Learnt, data: Data) -> tuple[Array, ...]:
    """Sums over the held-out rows, block by block: as `_tally`, then of what the risk watches."""
    import jax
    import jax.numpy as jnp

    held, size = data.held, plan.block

    def block(j: Array, sums: tuple[Array, ...]) -> tuple[Array, ...]:
        index = j * size + jnp.arange(size)
        rows = _take(held, index, index < held.n)
        batch = _batch(plan, learnt, rows, data, None)
        nll, error, total = _tally(plan, batch)
        found = (nll, error, total, plan.loss.risk.watched(batch) * total)
        return tuple(a + b for a, b in zip(sums, found, strict=True))

    zero = jnp.float64(0)
    return jax.lax.fori_loop(0, (held.n + size - 1) // size, block, (zero, zero, zero, zero))


def _rate(plan: Plan, limits: Limits, place: Array, total: Array) -> Array:
    """The learning rate of a step: a rise, then the fall of the schedule."""
    import jax.numpy as jnp

    share = place / total
    rise = jnp.minimum(1.0, (place + 1) / jnp.maximum(limits.warmup * total, 1.0))
    if plan.schedule == "constant":
        return limits.rate * rise
    if plan.schedule == "inverse":
        return limits.rate * rise * (1 + limits.epochs * share) ** -0.6
    along = jnp.clip((share - limits.warmup) / (1 - limits.warmup), 0.0, 1.0)
    return limits.rate * rise * 0.5 * (1 + jnp.cos(jnp.pi * along))
