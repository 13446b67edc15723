"""A pass over rows as one compiled loop; `plain.py` has short ones without a compiler.

`steps` makes a step with each batch of some rows: all of them, or as many of a larger table as are
in memory at a time. `look` judges the held-out rows. Numbers (rows, their order, rates) are
arguments, so that only a new structure compiles anew; what becomes of an epoch is decided in
Python, where it costs nothing to compile.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from likelier.objective import Batch
from likelier.predictors.network import Frame, mean_surface
from likelier.predictors.network.heteroscedastic import floored, followed
from likelier.solvers._training.plan import Plan
from likelier.special import namespace
from likelier.special._tree import mapped

Array = Any

_STRIDE = 10.0
"""Nats that the shared number moves where a weight would move by 1: it has a longer way."""


class Rows(NamedTuple):
    """Rows, filled up to a bucket.

    Attributes:
        xs: standardised columns of each trunk, (N, p).
        y: observations.
        weights: (N,), 0 where a row fills up; None where each row counts 1.
        offset: (K, N), or (K, 1) zeros.
        known: parameters that are data, (N,) each.
        parts: what each penalty reads of the rows.
    """

    xs: tuple[Array, ...]
    y: Any
    weights: Array
    offset: Array
    known: dict[str, Array]
    parts: tuple[Any, ...] = ()


class Frozen(NamedTuple):
    """What no step changes, and no rows are.

    Attributes:
        n: how many rows train.
        start, spread: what outputs of 0 and 1 mean in eta, (K,).
        floor: least log scale.
        shared: the first value of the number that all rows share, of a risk that has one.
        wholes: what each penalty reads besides its part of the rows; strengths: of each.
        ridge, absolute: factors of squares and absolute values of weights; () without any.
        decays: what a step at a learning rate of 1 takes of each weight; () where none decays.
        scales: centre and scale of the columns of each trunk, where penalties need them.
    """

    n: Array
    start: Array
    spread: Array
    floor: Array
    shared: Array
    wholes: tuple[Any, ...] = ()
    strengths: tuple[Array, ...] = ()
    ridge: Array = ()
    absolute: Array = ()
    decays: Array = ()
    scales: tuple[tuple[Array, Array], ...] = ()


class Learnt(NamedTuple):
    """All that steps are to find.

    Attributes:
        weights: of the network, in one vector: what is done to each is then compiled once.
        shared: the number that all rows share, () of a risk that has none.
    """

    weights: Array
    shared: Array


class Course(NamedTuple):
    """What the steps of a call take.

    Attributes:
        count: how many steps there are; the arrays may have room for more.
        orders: the rows of each, (steps, batch).
        rates: its learning rate, (steps,).
        shares: its part in the average of the weights, (steps,).
        progress: share of all steps of the training that came before it, (steps,).
        key: of all that is random in it.
    """

    count: Array
    orders: Array
    rates: Array
    shares: Array
    progress: Array
    key: Array


class State(NamedTuple):
    """What steps change.

    Attributes:
        learnt: what they search; moments: of the optimiser; average: of the late steps.
    """

    learnt: Learnt
    moments: Any
    average: Learnt


class Programs(NamedTuple):
    """How a plan is carried out: compiled, or on NumPy.

    Attributes:
        begin: `begin(weights)` gives the state of one member before its first step, in NumPy.
        steps: `steps(state, rows, frozen, course)` gives the next state and weighted sums over the
            rows, (3,): NLL, squared error, and the weights themselves.
        look: `look(average, rows, frozen)` gives such sums of held-out rows, (4,): NLL, squared
            error, weights, and what the risk watches.
        place: puts arrays where the steps are taken.
    """

    begin: Callable[[Array], State]
    steps: Any
    look: Any
    place: Callable[[Any], Any]


def _begin(plan: Plan, weights: Array) -> State:
    """The state of one member before its first step, as NumPy arrays: nothing is compiled."""
    import jax

    separable = plan.loss.risk.separable
    learnt = Learnt(weights.astype(plan.dtype), () if separable else np.float64(0))
    moments = jax.eval_shape(plan.rule.chain().init, learnt)
    # Every transformation of `Rule` begins with zeros.
    zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), moments)
    return State(learnt, zeros, learnt)


@functools.lru_cache(maxsize=64)
def compiled(plan: Plan) -> Programs:
    """The programs of a plan, jitted; each member has its state and its order of the rows."""
    import jax

    def steps(state: State, rows: Rows, frozen: Frozen, course: Course) -> tuple[State, Array]:
        return _steps(plan, state, rows, frozen, course)

    def look(average: Learnt, rows: Rows, frozen: Frozen) -> Array:
        return _look(plan, average, rows, frozen)

    if plan.members > 1:
        own: Any = Course(None, 0, None, None, None, 0)
        steps = jax.vmap(steps, in_axes=(0, None, None, own))
        look = jax.vmap(look, in_axes=(0, None, None))
    return Programs(
        functools.partial(_begin, plan),
        jax.jit(steps),
        jax.jit(look),
        functools.partial(_placed, plan.devices),
    )


def _placed(devices: int, arrays: Any) -> Any:
    """Arrays on each of the devices."""
    import jax

    if devices == 1:
        return jax.device_put(arrays)
    everywhere = jax.sharding.PartitionSpec()
    return jax.device_put(arrays, jax.sharding.NamedSharding(_mesh_of(devices), everywhere))


def _steps(
    plan: Plan, state: State, rows: Rows, frozen: Frozen, course: Course
) -> tuple[State, Array]:
    """A step for each batch."""
    import jax
    import jax.numpy as jnp

    chain = plan.rule.chain()

    def step(j: Array, inner: tuple[State, Array]) -> tuple[State, Array]:
        (learnt, moments, average), sums = inner
        batch = _shared_out(plan, take(rows, course.orders[j]))
        key = None
        if plan.net.random:
            key = jax.random.fold_in(jax.random.wrap_key_data(course.key), j)

        def objective(learnt: Learnt) -> tuple[Array, Array]:
            seen = batch_of(plan, learnt, batch, frozen, key)
            if plan.loss.risk.is_likelihood:
                eta = followed(
                    plan.remedy,
                    seen.linked,
                    seen.eta,
                    seen.known,
                    seen.weights,
                    course.progress[j],
                )
                seen = replace(seen, eta=eta)
            return _loss(plan, seen, batch, frozen, learnt), _tally(plan, seen)

        slopes, tally = jax.grad(objective, has_aux=True)(learnt)
        slopes, moments = chain.update(slopes, moments, learnt)
        rate, share = course.rates[j], course.shares[j]
        if plan.decays:
            kept = (1 - rate * frozen.decays).astype(plan.dtype)
            learnt = learnt._replace(weights=kept * learnt.weights)
        learnt = jax.tree.map(lambda a, b: a - rate.astype(a.dtype) * b, learnt, slopes)
        average = jax.tree.map(lambda a, b: a + share.astype(a.dtype) * (b - a), average, learnt)
        return State(learnt, moments, average), sums + tally

    found: tuple[State, Array] = jax.lax.fori_loop(0, course.count, step, (state, jnp.zeros(3)))
    return found


def _look(plan: Plan, average: Learnt, rows: Rows, frozen: Frozen) -> Array:
    """Sums over rows that watch, block by block."""
    import jax
    import jax.numpy as jnp

    def look(rows: Rows) -> Array:
        batch = batch_of(plan, average, rows, frozen, None)
        tally = _tally(plan, batch)
        risk = plan.loss.risk
        watched = tally[0] if risk.is_likelihood else risk.watched(batch) * tally[2]
        return jnp.append(tally, watched)

    blocks = len(rows.weights) // plan.block
    if blocks == 1:
        return look(rows)

    def block(j: Array, sums: Array) -> Array:
        return sums + look(take(rows, j * plan.block + jnp.arange(plan.block)))

    found: Array = jax.lax.fori_loop(0, blocks, block, jnp.zeros(4))
    return found


def take(rows: Rows, index: Array) -> Rows:
    """Some of the rows, on NumPy or JAX."""
    offset = rows.offset if rows.offset.shape[1] == 1 else rows.offset[:, index]
    found: Rows = mapped(lambda a: a[index], rows._replace(offset=()))
    return found._replace(offset=offset)


def _shared_out(plan: Plan, rows: Rows) -> Rows:
    """The rows of a batch, a part of them on each device."""
    if plan.devices == 1:
        return rows
    import jax

    along = jax.sharding.PartitionSpec("rows")
    mine = jax.sharding.NamedSharding(_mesh_of(plan.devices), along)
    found: Rows = jax.tree.map(
        lambda a: jax.lax.with_sharding_constraint(a, mine), rows._replace(offset=())
    )
    return found._replace(offset=rows.offset)


def _mesh_of(devices: int) -> Any:
    """The first devices in a line."""
    import jax

    return jax.sharding.Mesh(np.array(jax.devices()[:devices]), ("rows",))


def batch_of(plan: Plan, learnt: Learnt, rows: Rows, frozen: Frozen, key: Array | None) -> Batch:
    """Rows with their predictors."""
    import jax.numpy as jnp

    weights = plan.packing.unpack(learnt.weights, plan.dtype, jnp)
    outputs = plan.net(weights, rows.xs, key).astype(jnp.float64)
    eta = frozen.start[:, None] + frozen.spread[:, None] * outputs + rows.offset
    if plan.net.located is not None:
        scale = plan.net.located[1]
        above = floored(eta[scale : scale + 1], frozen.floor, jnp)
        eta = jnp.concatenate([eta[:scale], above, eta[scale + 1 :]])
    counted = jnp.ones(eta.shape[1]) if rows.weights is None else rows.weights
    share = jnp.sum(counted > 0) / frozen.n
    shared = None if plan.loss.risk.separable else frozen.shared + _STRIDE * learnt.shared
    surface = None
    if plan.surface:
        frame = Frame(frozen.start, frozen.spread, frozen.scales)
        surface = mean_surface(plan.net, plan.loss.linked, weights, frame, plan.dtype)
    return Batch(plan.loss.linked, eta, rows.y, counted, rows.known, shared, share, surface)


def _loss(plan: Plan, batch: Batch, rows: Rows, frozen: Frozen, learnt: Learnt) -> Array:
    """The objective of a batch, a mean over its rows."""
    import jax
    import jax.numpy as jnp

    total = plan.loss.risk.of_batch(batch)
    terms = (plan.loss.penalties, frozen.strengths, rows.parts, frozen.wholes)
    for penalty, strength, part, whole in zip(*terms, strict=True):
        total = total + strength * penalty.of_batch(batch, part, whole)
    if plan.shrinks:
        wide = learnt.weights.astype(jnp.float64)
        # JAX's slope of |w| at 0 is 1, and a head begins there.
        sign = jax.lax.stop_gradient(jnp.sign(wide))
        total = total + jnp.sum(0.5 * frozen.ridge * wide**2 + frozen.absolute * sign * wide)
    return total


def _tally(plan: Plan, batch: Batch) -> Array:
    """Weighted sums of NLL and squared error, and of the weights."""
    import jax
    import jax.numpy as jnp

    error = squared_error(batch) if plan.errors else jnp.full_like(batch.nll, jnp.nan)
    used = batch.weights > 0
    rows = jnp.where(used, jnp.stack([batch.nll, error, jnp.ones_like(error)]), 0.0)
    return jax.lax.stop_gradient(rows @ batch.weights)


def squared_error(batch: Batch) -> Array:
    """Squared error of the predicted mean, of labels that of their probabilities, (m,)."""
    distribution = batch.distribution
    if distribution.support.name == "labels":
        xp = namespace(batch.eta)
        share = xp.exp(distribution._log_probs())
        seen = batch.y[:, None] == np.arange(share.shape[-1])
        return xp.sum((share - seen) ** 2, axis=-1)
    error = (batch.y - distribution.mean) ** 2
    return error.reshape(error.shape[0], -1).mean(axis=1)
