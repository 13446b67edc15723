"""The training of a network: rows in, weights and the course of the training out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from likelier.engines import LikelihoodSum, single_threaded
from likelier.errors import LikelierError, NoFiniteOptimumError
from likelier.solvers._base import Solution, Step
from likelier.solvers._training.loop import compiled
from likelier.solvers._training.plain import suits, written_out
from likelier.solvers._training.plan import Settings
from likelier.solvers._training.prepare import network_in, prepare, whole_of
from likelier.solvers._training.run import Epochs, Run, Store
from likelier.solvers._training.source import Source, Streamed, Whole
from likelier.special._jax import double_precision, require_jax

Array = Any

_MOST = 0.25
"""A share of the whole fall of the NLL: where the second half of the epochs brought more, further
epochs would bring more."""


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows train a network and which watch it.

    Attributes:
        rows: of the fit's function, that make steps.
        held: the function of the rows that are watched, and which of them; None without any.
    """

    rows: Array
    held: tuple[LikelihoodSum, Array] | None


@dataclass(frozen=True, eq=False)
class Feed:
    """Rows that are not in memory.

    Attributes:
        n: how many with a weight train; weight: what they count for.
        blocks: those of an epoch, in the order in which it reads them.
    """

    n: int
    weight: float
    blocks: Callable[[int], Iterator[LikelihoodSum]]


def train(
    function: LikelihoodSum,
    split: Split,
    settings: Settings,
    weight_decay: float,
    columns: Mapping[str, Array],
    row_name: Callable[[int], str],
    began: float,
    progress: Callable[[Step], None] | None = None,
    store: Store | None = None,
    feed: Feed | None = None,
) -> Solution:
    """The weights that minimise an objective over some rows, stopped by others.

    Args:
        function: of all rows, or of a sample where these are read; its predictor is a network.
        split: the rows.
        settings: how.
        weight_decay: what every step takes of the weights.
        columns: what penalties read of the rows, (n,) each.
        row_name: a row as a message calls it, from its number.
        began: when the fit began, of `time.perf_counter`.
        progress: called with each epoch.
        store: of a checkpoint.
        feed: where the rows that train are read.
    """
    predictor = network_in(function)
    n = len(split.rows) if feed is None else feed.n
    plain = feed is None and suits(function, settings, n)
    if not plain:
        require_jax("the training of this network")
        _check_devices(settings.devices)
    with single_threaded() if plain else double_precision():
        plan, frozen, parts, held = prepare(
            function, split.rows, n, split.held, settings, weight_decay, columns, plain
        )
        programs = written_out(plan) if plain else compiled(plan)
        source: Source
        if feed is None:
            source = Whole(whole_of(function, split.rows, parts, plan.batch), n, plan.batch)
        else:
            source = Streamed(function, n, feed.weight, feed.blocks, plan.batch, settings.seed)
        run = Run(plan, settings, programs, frozen, source, held, began)
        found = run.go(predictor.initial_members(settings.seed), progress, store)
    theta = found.weights.astype(np.float64).ravel()
    if not found.sound:
        _explain(function, theta, settings, found.epochs, row_name)
    converged = _settled(found.course, settings.epochs)
    return Solution(
        theta,
        function.likelihood(theta, 0).value,
        None,
        None,
        math.nan,
        converged,
        "converged" if converged else "limit",
        {1: found.epochs},
        history=_history(found.course),
        chosen=() if held is None else found.best,
        strengths=found.strengths,
    )


def _check_devices(asked: int) -> None:
    """Raise `LikelierError` where there are fewer devices."""
    import jax

    there = len(jax.devices())
    if asked > there:
        kind = jax.devices()[0].platform.upper()
        raise LikelierError(
            f"devices={asked:,}, and JAX sees {there:,} ({kind}). To try several on the cores of "
            "one machine, set XLA_FLAGS=--xla_force_host_platform_device_count=2 before Python "
            "starts"
        )


def _history(records: list[Epochs]) -> dict[str, tuple[Any, ...]]:
    """The table of training, an entry an epoch (of each member)."""
    columns: dict[str, tuple[Any, ...]] = {}
    if len(records) > 1:
        columns["member"] = tuple(i + 1 for i, r in enumerate(records) for _ in r.nll)
    columns["epoch"] = tuple(e + 1 for r in records for e in range(len(r.nll)))
    names = {
        "learning_rate": "rate",
        "nll": "nll",
        "mse": "mse",
        "held_out_nll": "held_nll",
        "held_out_mse": "held_mse",
        "seconds": "seconds",
    }
    for shown, name in names.items():
        columns[shown] = tuple(float(v) for r in records for v in getattr(r, name))
    return columns


def _settled(records: list[Epochs], epochs: int) -> bool:
    """Whether every member was stopped, or had come most of its way by half of its epochs."""
    for record in records:
        watched = record.held_nll if np.all(np.isfinite(record.held_nll)) else record.nll
        if len(watched) < epochs:
            continue
        half, end = np.min(watched[: max(1, epochs // 2)]), np.min(watched)
        if half - end > _MOST * (watched[0] - end):
            return False
    return True


def _explain(
    function: LikelihoodSum,
    theta: Array,
    settings: Settings,
    epoch: int,
    row_name: Callable[[int], str],
) -> NoReturn:
    """Raise the error of a training that met a number that is not finite."""
    at = theta if np.all(np.isfinite(theta)) else function.predictor.initial()
    losses = function.losses(at)
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        raise NoFiniteOptimumError(
            f"the loss is not finite in epoch {epoch}: that of {row_name(int(bad[0]))} is "
            f"{losses[bad[0]]} ({len(bad):,} of {len(losses):,} rows); leave such rows out, or "
            "take a family or a link that their values suit"
        )
    raise NoFiniteOptimumError(
        f"training diverged in epoch {epoch}: the loss is no longer finite, though that of every "
        f"row was before; a learning rate below {settings.learning_rate:g}, or clip=1.0, keeps "
        "steps in bounds"
    )
