"""What the networks of an equation could take over from its other unknowns.

In y' = f(y) − k y a network f can do what k y does: then the data do not tell k, whatever the
curvature at an estimate says, which knows only of weights like those found. A function of a
network's inputs that does, along the trajectory, to the field what a small change of k does, is
looked for among polynomials.

Source: the effect of one unknown as explained by others, as in practical identifiability, Raue et
al. (2009), doi:10.1093/bioinformatics/btp358.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.predictors._base import Array
from likelier.predictors.ode.scales import along, spread_of
from likelier.special._jax import double_precision

if TYPE_CHECKING:
    from likelier.predictors.ode.trajectories import Trajectories

_DEGREE = 3
"""Of the polynomials: what a small network does smoothly, they do."""


def unmatched(structure: Trajectories, data: Mapping[str, Any], p: Array) -> dict[str, float]:
    """Of each number that the field reads, the share of its effect that no network could have.

    0 where networks can take its place along the trajectories, 1 where they can do nothing like
    it. Networks that are called several times are left out of account.

    Args:
        structure: the trajectories.
        data: what they read.
        p: the unknowns.
    """
    import jax

    times = np.asarray(data["experiments"]["times"])
    plain = replace(structure, observe=None, measured=structure.states)
    with double_precision(), np.errstate(all="ignore"):
        states = np.asarray(jax.jit(plain)(p, data))[..., 0]
        asked, _, moves, effects = along(structure, data, p, times, states)
    sound = np.all(np.isfinite(states), axis=2)
    spread = spread_of(states[sound])
    columns: list[Array] = []
    for name, x in asked.items():
        if x.shape[2] == 1:
            moved = moves[name][sound] / spread[:, None]
            powers = _powers(x[sound][:, 0], len(moved) // 4)
            products = moved[:, :, :, None] * powers[:, None, None, :]
            columns.append(products.reshape(moved.shape[0] * moved.shape[1], -1))
    if not columns:
        return {}
    basis = np.hstack(columns)
    effect = (effects[sound] / spread[:, None]).reshape(len(basis), -1)
    if not (np.all(np.isfinite(basis)) and np.all(np.isfinite(effect))):
        return {}
    left = effect - basis @ np.linalg.lstsq(basis, effect, rcond=1e-8)[0]
    whole, rest = np.sum(effect**2, axis=0), np.sum(left**2, axis=0)
    return {
        name: float(np.sqrt(rest[i] / whole[i]))
        for i, name in enumerate(structure.layout.names)
        if whole[i] > 0
    }


def _powers(x: Array, most: int) -> Array:
    """Products of powers of standardised columns, (m, terms), of a degree that keeps them few."""
    z = (x - x.mean(axis=0)) / spread_of(x)
    found = [np.ones(len(z))]
    for degree in range(1, _DEGREE + 1):
        chosen = itertools.combinations_with_replacement(range(z.shape[1]), degree)
        more = [np.prod(z[:, list(which)], axis=1) for which in chosen]
        if len(found) + len(more) > most:
            break
        found += more
    return np.column_stack(found)
