"""What the networks of an equation take and give along the data, before anything is fitted.

States are followed where they were measured, and where they were not they are those of the
equation with its starting values, in which a network gives 0. There a network is asked numbers,
which are what its inputs are standardised by; and how fast the states move, over how much the
field moves with an output, is the unit of that output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.predictors._base import Array
from likelier.predictors.ode.terms import Probe, Scales
from likelier.special._jax import double_precision

if TYPE_CHECKING:
    from likelier.predictors.ode.trajectories import Trajectories

_STEPS = 25
"""Into about so many steps an experiment is cut to see how fast its states move."""


def measure(
    structure: Trajectories, data: Mapping[str, Any], first: Array, y: Array | None
) -> dict[str, Scales]:
    """The scales of each network, by name.

    Args:
        structure: the trajectories, whose networks are probes that know how they are called.
        data: what they read.
        first: the numbers of the unknowns to begin with.
        y: (n,) what was measured, or None.
    """
    with double_precision(), np.errstate(all="ignore"):
        states = _followed(structure, data, first, y)
        times = np.asarray(data["experiments"]["times"])
        asked, slopes, moves, _ = along(structure, data, first, times, states)
    # Times are repeated to make experiments of one length.
    own = np.concatenate([np.ones((len(times), 1)), np.diff(times, axis=1)], axis=1) > 0
    sound = own & np.all(np.isfinite(states), axis=2) & np.all(np.isfinite(slopes), axis=2)
    spread = spread_of(states[sound])
    speed = _root_mean_square(_speeds(times, states, sound) / spread)
    found = {}
    for name, x in asked.items():
        rows = x[sound].reshape(-1, x.shape[-1])
        rows = rows[np.all(np.isfinite(rows), axis=1)]
        outputs = moves[name].shape[-1]
        if not len(rows):
            found[name] = Scales.plain(x.shape[-1], outputs)
            continue
        moved = moves[name][sound] / spread[:, None]
        reach = np.array([_root_mean_square(moved[..., j]) for j in range(outputs)])
        unit = speed / np.where(reach > 0, reach, np.inf)
        usable = np.isfinite(unit) & (unit > 0)
        found[name] = Scales(
            x.shape[-1], outputs, rows.mean(axis=0), spread_of(rows), np.where(usable, unit, 1.0)
        )
    return found


def _followed(
    structure: Trajectories, data: Mapping[str, Any], first: Array, y: Array | None
) -> Array:
    """The states of each experiment at its times, (G, T, S)."""
    import jax
    import jax.numpy as jnp

    experiments = data["experiments"]
    own = jnp.asarray(first)[data["places"]]
    names = structure.states
    seen = structure.observe is None and y is not None
    measured = [name in structure.measured and seen for name in names]

    def begin(p: Array, experiment: Any) -> Array:
        return structure.initial_states(structure.named(p, experiment), experiment)

    start = np.asarray(jax.vmap(begin)(own, experiments))
    shape = (*np.shape(experiments["times"]), len(names))
    found = np.array(np.broadcast_to(start[:, None], shape))
    if not all(measured):
        plain = replace(structure, observe=None, measured=names)
        solved = np.asarray(jax.jit(plain)(jnp.asarray(first), data))[..., 0]
        found = np.where(np.isfinite(solved), solved, found)
    for s, name in enumerate(names):
        if measured[s]:
            column = structure.measured.index(name)
            _fill(found[..., s], data, column, y)
    return found


def _fill(states: Array, data: Mapping[str, Any], column: int, y: Array) -> None:
    """Put what was measured of a state, (G, T), where it was, and what lies between in between."""
    times = np.asarray(data["experiments"]["times"])
    cells = data["column"] == column
    for g in range(len(states)):
        rows = cells & (data["experiment"] == g) & np.isfinite(y)
        if not rows.any():
            continue
        place, inverse = np.unique(data["time"][rows], return_inverse=True)
        mean = np.bincount(inverse, y[rows]) / np.bincount(inverse)
        states[g] = np.interp(times[g], times[g, place], mean)


def along(
    structure: Trajectories, data: Mapping[str, Any], p: Array, times: Array, states: Array
) -> tuple[dict[str, Array], Array, dict[str, Array], Array]:
    """What networks are asked, (G, T, calls, inputs), the field, and its slopes.

    The field is (G, T, S), its slopes in the outputs of each network are (G, T, S, outputs), those
    in the numbers among the unknowns (G, T, S, U).
    """
    import jax
    import jax.numpy as jnp

    numbers = len(structure.layout.names)

    def at(own: Array, experiment: Any, t: Array, y: Array) -> Any:
        def field(given: Mapping[str, Array], moved: Array) -> tuple[Array, Any]:
            probes = tuple(Probe.around(term, given[term.name]) for term in structure.networks)
            tried = replace(structure, networks=probes)
            named = tried.named(jnp.concatenate([moved, own[numbers:]]), experiment)
            slope = tried.slope(named, experiment, t, y)
            return slope, (slope, {p.name: jnp.concatenate(p.asked) for p in probes})

        nothing = {term.name: jnp.zeros(term.shape[1]) for term in structure.networks}
        slopes = jax.jacfwd(field, argnums=(0, 1), has_aux=True)
        (moves, effects), (slope, asked) = slopes(nothing, own[:numbers])
        return asked, slope, moves, effects

    every = jax.vmap(jax.vmap(at, in_axes=(None, None, 0, 0)))
    own = jnp.asarray(p)[data["places"]]
    found = every(own, data["experiments"], jnp.asarray(times), jnp.asarray(states))
    return jax.tree.map(np.asarray, found)


def _speeds(times: Array, states: Array, sound: Array) -> Array:
    """How fast each state moves, (m, S), over steps that noise between close times leaves alone."""
    found = []
    for t, y, used in zip(times, states, sound, strict=True):
        t, y = t[used], y[used]
        lag = 1 + len(t) // _STEPS
        if len(t) > lag:
            found.append((y[lag:] - y[:-lag]) / (t[lag:] - t[:-lag])[:, None])
    return np.concatenate(found) if found else np.zeros((0, states.shape[2]))


def spread_of(rows: Array) -> Array:
    """Standard deviation of each column; its size where it does not vary, and 1 if that is 0."""
    if not len(rows):
        return np.ones(rows.shape[1])
    size = np.abs(rows).mean(axis=0)
    deviation = rows.std(axis=0)
    found = np.where(deviation > 1e-8 * size, deviation, size)
    return np.where(found > 0, found, 1.0)


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0
