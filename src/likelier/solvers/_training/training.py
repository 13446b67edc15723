"""The training of a network, seen from the host: rows in, epochs in chunks, weights out."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError, NoFiniteOptimumError
from likelier.objective import Bound
from likelier.predictors import NetworkPredictor
from likelier.predictors._jax import double_precision
from likelier.solvers._base import Solution, Step
from likelier.solvers._training.loop import Data, Limits, Record, Rows, State, begin, compiled
from likelier.solvers._training.plan import Loss, Plan, Settings
from likelier.special import jax_namespace

Array = Any

_EPOCHS = 64
"""Epochs of one call of the compiled loop, at most."""
_PLACES = 1 << 22
"""Places of rows in an order, over all epochs and members of a call, at most."""
_BLOCK = 4096
_MOMENT = 1.0
"""Seconds between two words of progress or two checkpoints."""
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


class Store(Protocol):
    """Where a run is kept, so that a killed one goes on."""

    def read(self, fingerprint: str) -> dict[str, np.ndarray] | None:
        """What was last written, None if nothing was; raises for another run's."""

    def write(self, fingerprint: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write whole or not at all."""


def train(
    function: LikelihoodSum,
    split: Split,
    settings: Settings,
    weight_decay: float,
    columns: Mapping[str, Array],
    row_name: Callable[[int], str],
    progress: Callable[[Step], None] | None = None,
    store: Store | None = None,
) -> Solution:
    """The weights that minimise an objective over some rows, stopped by others.

    Args:
        function: of all rows; its predictor is a network.
        split: the rows.
        settings: how.
        weight_decay: what every step takes of the weights.
        columns: what penalties read of the rows, (n,) each.
        row_name: a row as a message calls it, from its number.
        progress: called with each epoch.
        store: of a checkpoint.
    """
    predictor: Any = function.predictor
    assert isinstance(predictor, NetworkPredictor)
    with double_precision():
        plan, data = _prepare(function, predictor, split, settings, weight_decay > 0, columns)
        state = _first_state(plan, predictor, settings.seed)
        run = _Run(plan, data, settings, weight_decay)
        state, records = run.go(state, progress, store, float(np.sum(data.rows.weights)))
        weights = _members(plan, (state.best if plan.held else state.average).weights)
        unsound = not bool(np.all(np.asarray(state.sound)))
    theta = predictor.pack(weights)
    if unsound:
        _explain(
            function, predictor, theta, settings, int(np.min(np.asarray(state.epoch))), row_name
        )
    best = np.atleast_1d(np.asarray(state.best_epoch))
    converged = _settled(records, settings.epochs)
    epochs = int(np.max(np.asarray(state.epoch)))
    return Solution(
        theta,
        function.likelihood(theta, 0).value,
        None,
        None,
        math.nan,
        converged,
        "converged" if converged else "limit",
        {1: epochs},
        history=_history(records),
        chosen=tuple(int(epoch) for epoch in best) if plan.held else (),
    )


# ---------------------------------------------------------------------- rows


def bucket(n: int, least: int = 64) -> int:
    """A size for n rows, at most an eighth larger: few sizes are compiled."""
    unit = max(least, 1 << max(0, n.bit_length() - 4))
    return -(-n // unit) * unit


def _prepare(
    function: LikelihoodSum,
    predictor: NetworkPredictor,
    split: Split,
    settings: Settings,
    decays: bool,
    columns: Mapping[str, Array],
) -> tuple[Plan, Data]:
    """What is compiled, and the arrays that it runs over."""

    n = len(split.rows)
    size = bucket(n)
    # A batch of all rows is filled up; a smaller one is filled from the front of the epoch.
    batch = settings.batch_size if settings.batch_size < n else size
    rows = _rows(function, predictor, split.rows, max(size, bucket(batch)))
    block = 1
    held = _rows(function, predictor, split.rows[:1], 1)
    if split.held is not None:
        other, index = split.held
        seen: Any = other.predictor
        size = bucket(len(index))
        block = min(size, _BLOCK)
        held = _rows(other, seen, index, -(-size // block) * block)
    others = tuple(b for b in function.penalties if b.addend.shrinkage() is None)
    loss = Loss(function.linked.single, function.risk, tuple(b.penalty for b in others))
    parts, wholes, strengths = _penalties(function, others, split.rows, columns, len(rows.weights))
    ridge, absolute = _shrinkage(function, predictor)
    surface = any("surface" in b.penalty.needs for b in others)
    data = Data(
        rows._replace(parts=parts),
        held,
        predictor.start,
        predictor.spread,
        np.float64(predictor.floor),
        np.float64(_shared(function, predictor, split.rows)),
        wholes,
        strengths,
        ridge,
        absolute,
        predictor.frame.scales if surface else (),
    )
    plan = Plan(
        predictor.net,
        loss,
        settings.rule,
        settings.schedule,
        batch,
        block,
        max(1, min(_EPOCHS, _PLACES // (len(rows.weights) * predictor.members))),
        predictor.members,
        predictor.dtype,
        _has_errors(function, split.rows),
        decays,
        split.held is not None,
        ridge != (),
        predictor.remedy,
        surface,
    )
    return plan, data


def _rows(function: LikelihoodSum, predictor: NetworkPredictor, index: Array, size: int) -> Rows:
    """Some rows of a function, filled up to a size with copies of the first that do not count."""

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
    return Rows(np.int32(len(index)), xs, y, weights, offset, known, ())


def _penalties(
    function: LikelihoodSum,
    penalties: Sequence[Bound],
    rows: Array,
    columns: Mapping[str, Array],
    size: int,
) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    """What each penalty reads of the rows that train, and besides, and the strength of each."""
    import jax

    parts, wholes, strengths = [], [], []
    some = {name: values[rows] for name, values in columns.items()}
    weights = None if function.weights is None else function.weights[rows]
    for bound in penalties:
        part, whole = bound.penalty.prepared(some, function.y[rows], weights)
        filled = [(0, size - len(rows))]

        def fill(values: Array, filled: Any = filled) -> Array:
            return np.pad(values, filled + [(0, 0)] * (values.ndim - 1))

        parts.append(jax.tree.map(fill, part))
        wholes.append(whole)
        per_row = 1.0 if bound.penalty.per_row else 1 / function.total_weight
        strengths.append(np.float64(bound.strength * per_row))
    return tuple(parts), tuple(wholes), tuple(strengths)


def _shrinkage(function: LikelihoodSum, predictor: NetworkPredictor) -> tuple[Any, Any]:
    """Factors of squares and of absolute values of the weights of a member; () without any."""

    ridge = np.zeros(predictor.packing.size)
    absolute = np.zeros(predictor.packing.size)
    for bound in function.penalties:
        found = bound.addend.shrinkage()
        if found is not None:
            per_row = 1.0 if bound.penalty.per_row else 1 / function.total_weight
            ridge += bound.strength * per_row * found[0][: len(ridge)]
            absolute += bound.strength * per_row * found[1][: len(ridge)]
    if not (np.any(ridge) or np.any(absolute)):
        return (), ()
    first, second = (predictor.packing.unpack(v, np.float64) for v in (ridge, absolute))
    return first, second


def _shared(function: LikelihoodSum, predictor: NetworkPredictor, rows: Array) -> float:
    """The number that all rows share at the start, 0 without one."""
    if function.risk.separable:
        return 0.0
    weights = None if function.weights is None else function.weights[rows]
    losses = function.losses(predictor.initial())[rows]
    return float(function.risk.given(losses, weights).shared or 0.0)


def _has_errors(function: LikelihoodSum, rows: Array) -> bool:
    """Whether the family has a mean in JAX (or labels) that observations can be compared with."""
    import jax

    linked = function.linked.single
    some = rows[:1]
    y = function.y[some]
    if not isinstance(y, np.ndarray):
        return False
    if linked.family.support.name == "labels":
        return True
    known = {name: value[some] for name, value in function.known.items()}

    def mean(eta: Array) -> Array:
        return linked.build(eta, known, jax_namespace()).mean

    try:
        found = jax.eval_shape(mean, jax.ShapeDtypeStruct((linked.columns, 1), np.float64))
    except (LikelierError, NotImplementedError):
        # It is undefined, or found by a search on NumPy as that of a truncated family.
        return False
    return found.shape == y.shape


# ---------------------------------------------------------------------- epochs


def _first_state(plan: Plan, predictor: NetworkPredictor, seed: int) -> State:
    import jax

    states = [
        begin(plan, weights, seed, member)
        for member, weights in enumerate(predictor.initial_members(seed))
    ]
    if plan.members == 1:
        return states[0]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *states)


def _members(plan: Plan, weights: Any) -> list[Any]:
    """The weights of each member as NumPy arrays."""
    import jax

    found = jax.tree.map(np.asarray, weights)
    if plan.members == 1:
        return [found]
    return [jax.tree.map(lambda leaf, i=i: leaf[i], found) for i in range(plan.members)]


class _Run:
    """Calls of the compiled loop until it is over."""

    def __init__(self, plan: Plan, data: Data, settings: Settings, decay: float) -> None:
        self.plan, self.data, self.settings, self.decay = plan, data, settings, decay

    def go(
        self,
        state: State,
        progress: Callable[[Step], None] | None,
        store: Store | None,
        count: float,
    ) -> tuple[State, list[Record]]:
        """The last state, and the course of each member."""
        import jax

        run, data = compiled(self.plan), jax.device_put(self.data)
        members = self.plan.members
        records: list[list[Record]] = [[] for _ in range(members)]
        # The first call compiles: one epoch, then as many as take a moment.
        epochs = 1
        fingerprint = ""
        if store is not None:
            fingerprint = self._fingerprint()
            kept = store.read(fingerprint)
            if kept is not None:
                state, records = self._restored(state, kept)
        watched = progress is not None or store is not None
        while not bool(np.all(np.asarray(state.done))):
            began = time.perf_counter()
            first = np.atleast_1d(np.asarray(state.epoch)).copy()
            stop = int(first.max()) + (epochs if watched else self.plan.epochs)
            state, record = run(state, data, self._limits(stop), self._orders(first, stop))
            last = np.atleast_1d(np.asarray(state.epoch))
            parts = [np.asarray(values).reshape(members, -1) for values in record]
            for i in range(members):
                length = int(last[i] - first[i])
                records[i].append(Record(*(values[i, :length] for values in parts)))
            if store is not None:
                store.write(fingerprint, self._kept(state, records))
            if progress is not None:
                for step in _steps(records[0][-1], int(first[0]), count):
                    progress(step)
            spent = time.perf_counter() - began
            ran = max(1, int((last - first).max()))
            epochs = int(np.clip(ran * _MOMENT / max(spent, 1e-3), 1, self.plan.epochs))
        return state, [_joined(parts) for parts in records]

    def _orders(self, first: Array, stop: int) -> Array:
        """The rows of the next epochs as they are taken, (epochs, N), of each member if several.

        The order of an epoch depends on nothing but seed, member and epoch.
        """
        n, size = int(self.data.rows.n), len(self.data.rows.weights)
        found = np.zeros((self.plan.members, self.plan.epochs, size), dtype=np.int32)
        for member, start in enumerate(first):
            if stop - start > self.plan.epochs:
                continue  # its training is over
            for epoch in range(start, min(stop, self.settings.epochs)):
                key = np.random.SeedSequence(self.settings.seed, spawn_key=(3, member, epoch))
                found[member, epoch - start, :n] = np.random.default_rng(key).permutation(n)
        return found if self.plan.members > 1 else found[0]

    def _limits(self, stop: int) -> Limits:

        s = self.settings
        return Limits(
            np.int32(stop),
            np.int32(s.epochs),
            np.int32(s.patience),
            np.float64(s.learning_rate),
            np.float64(s.warmup),
            np.float64(self.decay),
        )

    # ------------------------------------------------------------------ checkpoints

    def _fingerprint(self) -> str:
        """A digest of everything that a run depends on."""
        import jax

        found = hashlib.sha256(repr((self.settings, self.decay, self.plan.dtype)).encode())
        found.update(repr((self.plan.net, self.plan.loss.key(), self.plan.members)).encode())
        for leaf in jax.tree.leaves(self.data):
            found.update(np.ascontiguousarray(np.asarray(leaf)).tobytes())
        return found.hexdigest()

    def _kept(self, state: State, records: list[list[Record]]) -> dict[str, np.ndarray]:
        """A state and its course as plain arrays."""
        import jax

        kept = {}
        for i, leaf in enumerate(jax.tree.leaves(state)):
            values = np.asarray(leaf)
            kept[f"state.{i}"] = values.astype(np.int64) if values.dtype == np.uint32 else values
        for i, parts in enumerate(records):
            for name, values in _joined(parts)._asdict().items():
                kept[f"{name}.{i}"] = np.asarray(values)
        return kept

    def _restored(
        self, state: State, kept: Mapping[str, np.ndarray]
    ) -> tuple[State, list[list[Record]]]:
        """The state and the course that were kept."""
        import jax

        leaves, structure = jax.tree.flatten(state)
        found = [kept[f"state.{i}"].astype(leaf.dtype) for i, leaf in enumerate(leaves)]
        records = [
            [Record(*(kept[f"{name}.{i}"] for name in Record._fields))]
            for i in range(self.plan.members)
        ]
        return jax.tree.unflatten(structure, found), records


def _joined(parts: list[Record]) -> Record:
    """The courses of several calls one after the other."""
    return Record(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _steps(record: Record, first: int, count: float) -> list[Step]:
    """The epochs of a call as steps."""
    return [
        Step(
            f"epoch {first + i + 1}",
            float(record.nll[i]) * count,
            math.nan,
            float(record.rate[i]),
            nll=None if math.isnan(record.held_nll[i]) else float(record.held_nll[i]),
        )
        for i in range(len(record.nll))
    ]


# ---------------------------------------------------------------------- conclusions


def _history(records: list[Record]) -> dict[str, tuple[Any, ...]]:
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
    }
    for shown, name in names.items():
        columns[shown] = tuple(float(v) for r in records for v in getattr(r, name))
    return columns


def _settled(records: list[Record], epochs: int) -> bool:
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
    predictor: NetworkPredictor,
    theta: Array,
    settings: Settings,
    epoch: int,
    row_name: Callable[[int], str],
) -> NoReturn:
    """Raise the error of a training that met a number that is not finite."""
    at = theta if np.all(np.isfinite(theta)) else predictor.initial()
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
