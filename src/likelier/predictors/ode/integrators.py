"""Integrators that walk from stop to stop: at each the states are noted and a dose may be added.

Steps end at stops, so that no observation is interpolated and no step straddles a dose or a kink
of an input. The explicit one is written out because fits differentiate it twice and compile it
anew for each field: this loop takes JAX a second, a general solver's four or more. The implicit
one is diffrax's. Both are differentiated in forward mode, the only one that gives second
derivatives through a loop of unknown length; the lengths of steps are constants in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
Slope = Callable[[Array, Array], Array]
"""The derivative of the states, (S,), at a time and states."""

MAX_STEPS = 20_000
"""Steps in all; a stiff equation that is solved as if it were not needs more."""

_LOST = 1e100
"""States as large as this have blown up."""

# Tsitouras (2011), doi:10.1016/j.camwa.2011.06.002, table 1; the last row are the weights.
_TABLEAU = np.zeros((7, 7))
_TABLEAU[1, :1] = 0.161
_TABLEAU[2, :2] = -0.008480655492356989, 0.335480655492357
_TABLEAU[3, :3] = 2.8971530571054935, -6.359448489975075, 4.3622954328695815
_TABLEAU[4, :4] = (
    5.325864828439257,
    -11.748883564062828,
    7.4955393428898365,
    -0.09249506636175525,
)
_TABLEAU[5, :5] = (
    5.86145544294642,
    -12.92096931784711,
    8.159367898576159,
    -0.071584973281401,
    -0.028269050394068383,
)
_TABLEAU[6, :6] = (
    0.09646076681806523,
    0.01,
    0.4798896504144996,
    1.379008574103742,
    -3.290069515436081,
    2.324710524099774,
)
_NODES = _TABLEAU.sum(axis=1)
_ERROR = np.array(
    [
        0.001780011052226,
        0.000816434459657,
        -0.007880878010262,
        0.144711007173263,
        -0.582357165452555,
        0.458082105929187,
        -1 / 66,
    ]
)


def explicit(
    slope: Slope, y: Array, start: Array, stops: Array, amounts: Array, rtol: float, atol: float
) -> Array:
    """States on arrival at each stop, (T, S), by Tsitouras' pair of orders 5 and 4.

    Where the states blow up, or steps run out, they are NaN from there on.

    Args:
        slope: of the states.
        y: states at the start, (S,).
        start: time at which they hold.
        stops: sorted times from there on, (T,).
        amounts: what is added to the states after each stop, (T, S).
        rtol, atol: tolerances of a step.
    """
    import jax
    import jax.numpy as jnp

    tableau, nodes = jnp.asarray(_TABLEAU), jnp.asarray(_NODES)
    constant = jax.lax.stop_gradient
    # Below this a step changes the time no more.
    least = 4 * np.finfo(float).eps * jnp.maximum(jnp.abs(start), jnp.abs(stops[-1]))

    def stage(i: Array, carried: Any) -> Any:
        t, y, step, slopes = carried
        here = y + step * (tableau[i] @ slopes)
        return t, y, step, slopes.at[i].set(slope(t + nodes[i] * step, here))

    def advance(carried: Any) -> Any:
        t, y, length, place, noted, count, _ = carried
        left = stops[place] - t
        arriving = length >= left
        step = jnp.where(arriving, left, length)
        # A loop over stages, so that the field is compiled once and not seven times.
        empty = jnp.zeros((len(_NODES), *y.shape))
        slopes = jax.lax.fori_loop(0, len(_NODES), stage, (t, y, step, empty))[3]
        there = y + step * (tableau[-1] @ slopes)
        scale = atol + rtol * jnp.maximum(jnp.abs(y), jnp.abs(there))
        ratio = constant(step * (jnp.asarray(_ERROR) @ slopes) / scale)
        error = jnp.sqrt(jnp.mean(ratio**2))
        error = jnp.where(jnp.isfinite(error), error, jnp.inf)
        good = error <= 1
        factor = jnp.clip(0.9 * jnp.maximum(error, 1e-10) ** -0.2, 0.2, 10.0)
        # Of a step that a stop cut short the next one takes no notice.
        proposed = step * factor
        longer = jnp.where(good & arriving, jnp.maximum(length, proposed), proposed)
        arrived = good & arriving
        t = jnp.where(arrived, stops[place], jnp.where(good, t + step, t))
        y = jnp.where(good, there, y)
        noted = noted.at[place].set(jnp.where(arrived, y, noted[place]))
        y = y + jnp.where(arrived, amounts[place], 0.0)
        place = place + arrived
        return t, y, longer, place, noted, count + 1, good | (longer > least)

    def going(carried: Any) -> Array:
        _, _, _, place, _, count, alive = carried
        return (place < len(stops)) & (count < MAX_STEPS) & alive

    noted = jnp.full((len(stops), *y.shape), jnp.nan)
    length = constant(_first_step(slope, y, start, stops[-1], rtol, atol))
    begin = (start, y, length, 0, noted, 0, True)
    return jax.lax.while_loop(going, advance, begin)[4]


def _first_step(
    slope: Slope, y: Array, start: Array, end: Array, rtol: float, atol: float
) -> Array:
    """A hundredth of the time in which the states change by their own size.

    Source: Hairer, Nørsett and Wanner (1993), Solving Ordinary Differential Equations I, II.4.
    """
    import jax.numpy as jnp

    scale = atol + rtol * jnp.abs(y)
    size = jnp.sqrt(jnp.mean((y / scale) ** 2))
    speed = jnp.sqrt(jnp.mean((slope(start, y) / scale) ** 2))
    known = (size > 1e-5) & (speed > 1e-5) & jnp.isfinite(speed)
    step = jnp.where(known, 0.01 * size / jnp.where(known, speed, 1.0), 1e-6)
    return jnp.minimum(step, jnp.maximum(end - start, 1e-300))


def implicit(
    slope: Slope, y: Array, start: Array, stops: Array, amounts: Array, rtol: float, atol: float
) -> Array:
    """The same for stiff equations, by Kvaerno's method of order 5."""
    import diffrax
    import jax
    import jax.numpy as jnp

    def tame(t: Array, y: Array, _: Any) -> Array:
        # Linear algebra within the solver raises at what is not finite; what blows up is stopped
        # on the way there, and is lost.
        found = slope(t, y)
        return jnp.where(jnp.all(jnp.abs(y) < _LOST) & jnp.all(jnp.isfinite(found)), found, 0.0)

    term = diffrax.ODETerm(tame)

    def stretch(carried: Any, stop: Any) -> Any:
        t, y, alive = carried
        end, amount = stop
        # A trajectory that is lost stays where it was: the solver takes no NaN.
        end = jnp.where(alive, end, t)
        solution = diffrax.diffeqsolve(
            term,
            diffrax.Kvaerno5(),
            t,
            end,
            None,
            y,
            saveat=diffrax.SaveAt(t1=True),
            stepsize_controller=diffrax.PIDController(rtol=rtol, atol=atol),
            adjoint=diffrax.ForwardMode(),
            max_steps=MAX_STEPS,
            throw=False,
        )
        there = jnp.where(end > t, solution.ys[0], y)
        through = solution.result == diffrax.RESULTS.successful
        alive = alive & through & jnp.all(jnp.abs(there) < _LOST)
        return (end, jnp.where(alive, there, y) + amount, alive), jnp.where(alive, there, jnp.nan)

    return jax.lax.scan(stretch, (start, y, jnp.bool_(True)), (stops, amounts))[1]
