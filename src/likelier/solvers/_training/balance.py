"""Strengths of penalties that curve the objective as much as the rows do, found by a training.

The traces of curvature are those of Gauss and Newton: of the rows, the mean square of the gradients
of their NLL; of a penalty that is a mean of squares, twice that of its roots. With a Normal target
their ratio is that of the traces of the neural tangent kernel of both.

Source: Wang, Yu and Perdikaris (2022), When and why PINNs fail to train,
doi:10.1016/j.jcp.2021.110768.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from likelier.errors import LikelierError
from likelier.solvers._training.loop import Frozen, Learnt, Rows, batch_of, take
from likelier.solvers._training.plan import Plan
from likelier.solvers._training.source import Source

Array = Any

_TIMES = 64
"""How often strengths move in a training, each time half of the way."""
_SOME = 64
"""Rows whose gradients are taken."""


class Balance:
    """The strengths of the penalties of a plan that balance.

    Args:
        plan: what is compiled; frozen: what no step changes, before any strength is found.
        source: of the rows that train.
        epochs: of the whole training.

    Attributes:
        found: the strength of each so far.
    """

    def __init__(self, plan: Plan, frozen: Frozen, source: Source, epochs: int) -> None:
        self.plan = plan
        self.which = [i for i, p in enumerate(plan.loss.penalties) if p.balances]
        self.unit = [frozen.strengths[i] for i in self.which]
        self.found = np.ones(len(self.which))
        self.every = max(1, epochs // _TIMES)
        self.rows = _thinned(source.sample) if self.which else None

    def due(self, epoch: int) -> bool:
        """Whether strengths move before the epoch of this number, from 0."""
        return bool(self.which) and epoch % self.every == 0

    def move(self, epoch: int, learnt: Learnt, frozen: Frozen) -> None:
        """Move the strengths towards the balance of what is learnt so far: at first all the way."""
        found = np.asarray(_traces(self.plan)(learnt, self.rows, frozen))
        found = found.reshape(self.plan.members, -1)
        with np.errstate(all="ignore"):
            ratio = np.exp(np.mean(np.log(found[:, :1] / found[:, 1:]), axis=0))
        usable = (ratio > 0) & (ratio < np.inf)
        if epoch == 0 and not usable.all():
            penalty = self.plan.loss.penalties[self.which[int(np.flatnonzero(~usable)[0])]]
            raise LikelierError(
                f"{penalty.text()} finds no balance: its residual does not change with the weights "
                "of the network, whose activation may have no such derivative; take "
                'activation="tanh", or give the strength as a number'
            )
        moved = ratio if epoch == 0 else np.sqrt(self.found * ratio)
        self.found = np.where(usable, moved, self.found)

    def applied(self, frozen: Frozen) -> Frozen:
        """What no step changes, with the strengths as they were found."""
        strengths = list(frozen.strengths)
        for i, unit, found in zip(self.which, self.unit, self.found, strict=True):
            strengths[i] = np.float64(unit * found)
        return frozen._replace(strengths=tuple(strengths))


def _thinned(rows: Rows) -> Rows:
    """Some of the rows, with a weight each."""
    size = len(rows.xs[0])
    found = take(rows, np.arange(0, size, -(-size // _SOME)))
    return found if found.weights is not None else found._replace(weights=np.ones(len(found.xs[0])))


@functools.lru_cache(maxsize=64)
def _traces(plan: Plan) -> Any:
    """The trace of the rows' curvature and that of each penalty that balances, compiled."""
    import jax
    import jax.numpy as jnp

    def traces(learnt: Learnt, some: Rows, frozen: Frozen) -> Array:
        weights = some.weights / jnp.mean(some.weights)

        def mean_square(function: Any, weights: Array = 1.0) -> Array:
            slopes = jax.jacrev(lambda w: function(learnt._replace(weights=w)))(learnt.weights)
            squares = jnp.sum(slopes.astype(jnp.float64) ** 2, axis=-1)
            return jnp.mean(weights * squares)

        def losses(learnt: Learnt) -> Array:
            batch = batch_of(plan, learnt, some, frozen, None)
            return jnp.where(some.weights > 0, batch.nll, 0.0)

        found = [mean_square(losses, weights)]
        for penalty, whole in zip(plan.loss.penalties, frozen.wholes, strict=True):
            if penalty.balances:

                def roots(learnt: Learnt, penalty: Any = penalty, whole: Any = whole) -> Array:
                    return penalty.roots(batch_of(plan, learnt, some, frozen, None), whole)

                parts = jax.eval_shape(roots, learnt).shape[1]
                found.append(2 * parts * mean_square(roots))
        return jnp.stack(found)

    return jax.jit(jax.vmap(traces, (0, None, None)) if plan.members > 1 else traces)
