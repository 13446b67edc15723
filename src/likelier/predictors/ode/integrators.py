"""The walk from stop to stop: at each the states are noted and a dose may be added.

Steps end at stops, so that no observation is interpolated and no step straddles a dose or a kink
of an input. It is written out because fits compile it anew for each field: this loop, with first
derivatives, takes JAX a fifth of a second, a general solver's several seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.predictors.ode.jets import Jets
from likelier.predictors.ode.methods import Method, Slope

Array = Any

MAX_STEPS = 20_000
"""Steps in all; a stiff equation that is solved as if it were not needs more."""


def walk(
    method: Method,
    slope: Slope,
    jets: Jets,
    y: Array,
    q: Array,
    start: Array,
    stops: Array,
    amounts: Array,
    rtol: float,
    atol: float,
) -> Array:
    """The jets of the states on arrival at each stop, (T, S, D).

    Where the states blow up, or steps run out, they are NaN from there on. The lengths of steps
    are constants in derivatives, and their errors those of the states alone.

    Args:
        method: of a step.
        slope: of the states.
        jets: how they are laid out.
        y, q: jets of the states at the start, (S, D), and of the unknowns, (P, D).
        start: time at which the states are these.
        stops: sorted times from there on, (T,).
        amounts: what is added to the states after each stop, (T, S).
        rtol, atol: tolerances of a step.
    """
    import jax
    import jax.numpy as jnp

    constant = jax.lax.stop_gradient
    inside, weights, error = map(jnp.asarray, (method.inside, method.weights, method.error))
    # Below this a step changes the time no more.
    least = 4 * np.finfo(float).eps * jnp.maximum(jnp.abs(start), jnp.abs(stops[-1]))

    def at(values: Array, place: Array) -> Array:
        return jax.lax.dynamic_index_in_dim(values, place, keepdims=False)

    def advance(carried: Any) -> Any:
        t, y, length, place, noted, count, _ = carried
        stop = at(stops, place)
        left = stop - t
        step = jnp.minimum(length, left)
        stage = method.stages(slope, jets, t, step, y, q)

        def take(i: Array, found: Array) -> Array:
            here = y + (inside[i] @ found).reshape(y.shape)
            return found.at[i].set(stage(i, here, found).ravel())

        found = jax.lax.fori_loop(0, len(inside), take, jnp.zeros((len(inside), y.size)))
        there = y + (weights @ found).reshape(y.shape)
        scale = atol + rtol * jnp.maximum(jnp.abs(y[:, 0]), jnp.abs(there[:, 0]))
        wrong = (error @ found).reshape(y.shape)[:, 0] / scale
        square = constant(jnp.mean(wrong**2))
        good = square <= 1
        # The square root of the error to the power -1/5, within limits; NaN shortens a step.
        factor = jnp.clip(0.9 * jnp.where(square >= 0, square, jnp.inf) ** -0.1, 0.2, 10.0)
        arrived = good & (length >= left)
        proposed = step * factor
        # Of a step that a stop cut short the next one takes no notice.
        length = jnp.where(arrived, jnp.maximum(length, proposed), proposed)
        t = jnp.where(arrived, stop, jnp.where(good, t + step, t))
        y = jnp.where(good, there, y)
        noted = jax.lax.dynamic_update_index_in_dim(noted, y, place, 0)
        y = y.at[:, 0].add(jnp.where(arrived, at(amounts, place), 0.0))
        alive = good | (length > least)
        return t, y, length, place + arrived, noted, count + 1, alive

    def going(carried: Any) -> Array:
        _, _, _, place, _, count, alive = carried
        return (place < len(stops)) & (count < MAX_STEPS) & alive

    noted = jnp.zeros((len(stops), *y.shape))
    length = constant(_first_step(slope, y[:, 0], q[:, 0], start, stops[-1], rtol, atol))
    begin = (start, y, length, 0, noted, 0, True)
    _, _, _, place, noted, _, _ = jax.lax.while_loop(going, advance, begin)
    reached = jnp.arange(len(stops)) < place
    return jnp.where(reached[:, None, None], noted, jnp.nan)


def _first_step(
    slope: Slope, y: Array, q: Array, start: Array, end: Array, rtol: float, atol: float
) -> Array:
    """A hundredth of the time in which the states change by their own size.

    Source: Hairer, Nørsett and Wanner (1993), Solving Ordinary Differential Equations I, II.4.
    """
    import jax.numpy as jnp

    scale = atol + rtol * jnp.abs(y)
    size = jnp.sqrt(jnp.mean((y / scale) ** 2))
    speed = jnp.sqrt(jnp.mean((slope(start, y, q) / scale) ** 2))
    known = (size > 1e-5) & (speed > 1e-5) & jnp.isfinite(speed)
    return jnp.where(known, 0.01 * size / jnp.where(known, speed, 1.0), 1e-6)
