"""Rows and options as the steps of a training take them, compiled or on NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError
from likelier.objective import Bound
from likelier.predictors import NetworkPredictor
from likelier.solvers._training.loop import Frozen, Rows
from likelier.solvers._training.plan import Loss, Plan, Settings
from likelier.special import namespace
from likelier.special._tree import mapped

Array = Any

_BLOCK = 4096
"""Held-out rows that are looked at together, at most."""


def bucket(n: int, least: int = 64) -> int:
    """A size for n rows, at most an eighth larger: few sizes are compiled."""
    unit = max(least, 1 << max(0, n.bit_length() - 4))
    return -(-n // unit) * unit


def network_in(function: LikelihoodSum) -> NetworkPredictor:
    """The predictor of a function, which is a network."""
    assert isinstance(function.predictor, NetworkPredictor)
    return function.predictor


def prepare(
    function: LikelihoodSum,
    rows: Array,
    n: int,
    held: tuple[LikelihoodSum, Array] | None,
    settings: Settings,
    weight_decay: float,
    columns: Mapping[str, Array],
    plain: bool,
) -> tuple[Plan, Frozen, tuple[Any, ...], Rows | None]:
    """What is compiled, what no step changes, what penalties read of rows, and rows that watch.

    Args:
        function: of rows in memory.
        rows: those of them that train; n: how many train, in memory or not.
        held: the function of the rows that watch, and which of them.
        settings: how the network is trained; weight_decay: what steps take of the weights.
        columns: what penalties read of the rows, (n,) each.
        plain: whether steps are made on NumPy.
    """
    predictor = network_in(function)
    # A batch of all rows is filled up; a smaller one is filled from the front of the epoch.
    batch = settings.batch_size if settings.batch_size < n else bucket(n)
    watch, block = None, 1
    if held is not None:
        other, index = held
        size = bucket(len(index))
        block = min(size, _BLOCK)
        watch = rows_of(other, index, -(-size // block) * block)
    others = tuple(b for b in function.penalties if b.addend.shrinkage() is None)
    loss = Loss(function.linked.single, function.risk, tuple(b.penalty for b in others))
    parts, wholes, strengths = _penalties(function, others, rows, columns, bucket(len(rows)))
    ridge, absolute = _shrinkage(function, predictor.packing.size)
    surface = any("surface" in b.penalty.needs for b in others)
    frozen = Frozen(
        np.float64(n),
        predictor.start,
        predictor.spread,
        np.float64(predictor.floor),
        np.float64(_shared(function, predictor.initial(), rows)),
        wholes,
        strengths,
        ridge,
        absolute,
        weight_decay * predictor.packing.wide if weight_decay else (),
        predictor.frame.scales if surface else (),
    )
    plan = Plan(
        predictor.net,
        predictor.packing,
        loss,
        settings.rule,
        batch,
        block,
        predictor.members,
        predictor.dtype,
        _has_errors(function, rows, plain),
        weight_decay > 0,
        len(ridge) > 0,
        predictor.remedy,
        surface,
        settings.devices,
    )
    return plan, frozen, parts, watch


def whole_of(function: LikelihoodSum, rows: Array, parts: tuple[Any, ...], batch: int) -> Rows:
    """Some rows of a function, with what penalties read of them, filled up to a bucket."""
    found = rows_of(function, rows, bucket(len(rows)))
    if function.weights is None and batch < len(rows):
        # None of those that fill it up is ever taken.
        found = found._replace(weights=None)
    return found._replace(parts=parts)


def rows_of(function: LikelihoodSum, index: Array, size: int) -> Rows:
    """Some rows of a function, filled up to a size with copies of the first that do not count."""
    predictor = network_in(function)
    index = np.asarray(index)
    filled = np.concatenate([index, np.full(size - len(index), index[0])])
    weights = np.ones(len(filled)) if function.weights is None else function.weights[filled]
    weights = np.where(np.arange(size) < len(index), weights, 0.0)
    heads = predictor.heads
    offset = np.zeros((heads, 1))
    given = predictor.offset[:heads]
    if any(o is not None for o in given):
        offset = np.stack([np.zeros(size) if o is None else o[filled] for o in given])
    y = function.y[filled]
    if not isinstance(y, np.ndarray):
        y = type(y)(*(np.asarray(end) for end in (y.lower, y.upper)))
    known = {name: value[filled] for name, value in function.known.items()}
    xs = tuple(x[filled] for x in predictor.xs)
    return Rows(xs, y, weights, offset, known)


def _penalties(
    function: LikelihoodSum,
    penalties: Sequence[Bound],
    rows: Array,
    columns: Mapping[str, Array],
    size: int,
) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    """What each penalty reads of the rows that train, and besides, and the strength of each."""
    parts, wholes, strengths = [], [], []
    some = {name: values[rows] for name, values in columns.items()}
    weights = None if function.weights is None else function.weights[rows]
    for bound in penalties:
        part, whole = bound.penalty.prepared(some, function.y[rows], weights)
        filled = [(0, size - len(rows))]

        def fill(values: Array, filled: Any = filled) -> Array:
            return np.pad(values, filled + [(0, 0)] * (values.ndim - 1))

        parts.append(mapped(fill, part))
        wholes.append(whole)
        per_row = 1.0 if bound.penalty.per_row else 1 / function.total_weight
        strengths.append(np.float64(bound.strength * per_row))
    return tuple(parts), tuple(wholes), tuple(strengths)


def _shrinkage(function: LikelihoodSum, size: int) -> tuple[Any, Any]:
    """Factors of squares and of absolute values of the weights of a member; () without any."""
    ridge, absolute = np.zeros(size), np.zeros(size)
    for bound in function.penalties:
        found = bound.addend.shrinkage()
        if found is not None:
            per_row = 1.0 if bound.penalty.per_row else 1 / function.total_weight
            ridge += bound.strength * per_row * found[0][:size]
            absolute += bound.strength * per_row * found[1][:size]
    return (ridge, absolute) if np.any(ridge) or np.any(absolute) else ((), ())


def _shared(function: LikelihoodSum, start: Array, rows: Array) -> float:
    """The number that all rows share at the start, 0 without one."""
    if function.risk.separable:
        return 0.0
    weights = None if function.weights is None else function.weights[rows]
    losses = function.losses(start)[rows]
    return float(function.risk.given(losses, weights).shared or 0.0)


def _has_errors(function: LikelihoodSum, rows: Array, plain: bool) -> bool:
    """Whether the family has a mean (or labels) that observations can be compared with."""
    linked = function.linked.single
    some = rows[:1]
    y = function.y[some]
    if not isinstance(y, np.ndarray):
        return False
    if linked.family.support.name == "labels":
        return True
    known = {name: value[some] for name, value in function.known.items()}

    def mean(eta: Array) -> Array:
        return linked.build(eta, known, namespace(eta)).mean

    try:
        if plain:
            return np.shape(mean(network_in(function).start[:, None])) == y.shape
        import jax

        found = jax.eval_shape(mean, jax.ShapeDtypeStruct((linked.columns, 1), np.float64))
    except (LikelierError, NotImplementedError):
        # It is undefined, or found by a search on NumPy as that of a truncated family.
        return False
    return found.shape == y.shape
