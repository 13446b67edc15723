"""Epoch after epoch of a training, until it is over; where it is kept, so that it can go on."""

from __future__ import annotations

import hashlib
import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from likelier.solvers._base import Step
from likelier.solvers._training.balance import Balance
from likelier.solvers._training.loop import (
    Course,
    Frozen,
    Programs,
    Rows,
    State,
)
from likelier.solvers._training.plan import Plan, Settings
from likelier.solvers._training.source import Source
from likelier.special._tree import leaves_of, mapped

Array = Any

_SPAN = 5.0
"""Epochs whose steps are averaged, about; never more than a quarter of all."""
_MOMENT = 1.0
"""Seconds between two checkpoints."""


class Store(Protocol):
    """Where a run is kept, so that a killed one goes on."""

    def read(self, fingerprint: str) -> dict[str, np.ndarray] | None:
        """What was last written, None if nothing was; raises for another run's."""

    def write(self, fingerprint: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write whole or not at all."""


class Epochs(NamedTuple):
    """How the training of a member went, an entry an epoch.

    Attributes:
        nll, mse: means over the rows that train, as they were seen.
        held_nll, held_mse: over those that watch, of the averaged weights.
        rate: the last learning rate.
        seconds: since the fit began.
    """

    nll: Array
    mse: Array
    held_nll: Array
    held_mse: Array
    rate: Array
    seconds: Array


@dataclass
class _Watch:
    """What has been seen of each member so far.

    Attributes:
        ended: the epoch at which it was over, (members,); 0 while it goes on.
        best: weights of the best epoch, (members, weights); value: what was watched there;
            when: which epoch.
        table: one entry an epoch, (members, 6), with the columns of `Epochs`.
    """

    ended: Array
    best: Array
    value: Array
    when: Array
    table: list[Array]

    @property
    def epoch(self) -> int:
        """The last."""
        return len(self.table)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a run.

    Attributes:
        weights: (members, weights) of the best epochs, or the last averages.
        best: the epoch of these, of each member.
        course: of each member.
        epochs: how many there were.
        sound: whether all numbers stayed finite.
        strengths: of the penalties that balance, as they were found.
    """

    weights: Array
    best: tuple[int, ...]
    course: list[Epochs]
    epochs: int
    sound: bool
    strengths: tuple[float, ...]


class Run:
    """A training.

    Args:
        plan, settings: how; programs: of the plan; frozen: what no step changes.
        source: of the rows that train.
        held: rows that watch, or None.
        began: when the fit began, of `time.perf_counter`.
    """

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        programs: Programs,
        frozen: Frozen,
        source: Source,
        held: Rows | None,
        began: float,
    ) -> None:
        self.plan, self.settings, self.programs, self.began = plan, settings, programs, began
        self.frozen, self.source, self.held = frozen, source, held
        self._on_device: tuple[Any, Any] = (None, None)

    def go(
        self,
        weights: Sequence[Any],
        progress: Callable[[Step], None] | None,
        store: Store | None,
    ) -> Outcome:
        """The whole training, from the first weights of each member."""
        plan, members = self.plan, self.plan.members
        first = np.stack([plan.packing.pack(own) for own in weights]).astype(plan.dtype)
        state = self._first_state(first)
        nothing = np.zeros(members, dtype=np.int64)
        watch = _Watch(nothing, first.copy(), np.full(members, np.inf), nothing.copy(), [])
        fingerprint = "" if store is None else self._fingerprint()
        kept = None if store is None else store.read(fingerprint)
        if kept is not None:
            state, watch = _restored(state, kept)
            self.began -= watch.table[-1][0, -1]
        balance = Balance(plan, self.frozen, self.source, self.settings.epochs)
        if kept is not None:
            balance.found = kept["strengths"]
        run = self.programs
        state, frozen, held = (run.place(part) for part in (state, self.frozen, self.held))
        saved, sound = -math.inf, True
        frozen = balance.applied(frozen)
        while sound and not watch.ended.all():
            if balance.due(watch.epoch):
                balance.move(watch.epoch, state.learnt, frozen)
                frozen = balance.applied(frozen)
            state, sums = self._pass(run, state, frozen, watch.epoch)
            seen = None if held is None else run.look(state.average, held, frozen)
            sound = self._see(watch, state, sums, seen)
            over = not sound or watch.ended.all()
            if store is not None and sound and (over or time.perf_counter() - saved > _MOMENT):
                store.write(fingerprint, _kept(state, watch, balance))
                saved = time.perf_counter()
            if progress is not None:
                progress(self._step(watch))
        best = watch.best if held is not None and sound else self._weights(state.average)
        table = np.stack(watch.table, axis=1)
        ends = np.where(watch.ended > 0, watch.ended, watch.epoch)
        course = [Epochs(*own[:end].T) for own, end in zip(table, ends, strict=True)]
        return Outcome(
            best,
            tuple(map(int, watch.when)),
            course,
            watch.epoch,
            sound,
            tuple(map(float, balance.found)),
        )

    def _first_state(self, weights: Array) -> State:
        states = [self.programs.begin(own) for own in weights]
        if self.plan.members == 1:
            return states[0]
        joined: State = mapped(lambda *leaves: np.stack(leaves), *states)
        return joined

    def _pass(self, run: Programs, state: State, frozen: Frozen, epoch: int) -> tuple[State, Array]:
        """The state after an epoch, and sums over its rows."""
        sums, done = [], epoch * self.source.steps
        for k, (rows, n) in enumerate(self.source.parts(epoch)):
            if rows is not self._on_device[0]:
                self._on_device = rows, run.place(rows)
            course = self._course(epoch, k, n, done)
            state, own = run.steps(state, self._on_device[1], frozen, course)
            sums.append(own)
            done += int(course.count)
        return state, np.sum([np.asarray(own) for own in sums], axis=0)

    def _course(self, epoch: int, part: int, n: int, done: int) -> Course:
        """What the steps over a part of n rows take, after those that are done.

        It depends on nothing but seed, member, epoch and part.
        """
        plan, settings, steps = self.plan, self.settings, self.source.steps
        members, room = range(plan.members), self.source.room
        count = math.ceil(n / plan.batch)
        orders = np.zeros((plan.members, room, plan.batch), dtype=np.int32)
        keys = np.empty((plan.members, 2), dtype=np.uint32)
        for member in members:
            place = (member, epoch, part) if part else (member, epoch)
            rng = np.random.default_rng(self._seed(3, *place))
            orders[member, :count] = _order(rng.permutation(n), count, plan.batch)
            keys[member] = self._seed(2, *place).generate_state(2)
        number = done + np.arange(room)
        span = min(_SPAN, settings.epochs / 4)
        return Course(
            np.int32(count),
            orders if plan.members > 1 else orders[0],
            settings.rates(number, steps),
            # The mean of all steps at first, then of about the last few epochs.
            np.maximum(1 / (number + 1), 1 / max(1.0, span * steps)),
            number / (settings.epochs * steps),
            keys if plan.members > 1 else keys[0],
        )

    def _seed(self, *key: int) -> np.random.SeedSequence:
        return np.random.SeedSequence(self.settings.seed, spawn_key=key)

    def _see(self, watch: _Watch, state: State, sums: Array, held: Array | None) -> bool:
        """Take note of an epoch; whether all numbers are finite."""
        members, settings = self.plan.members, self.settings
        going = watch.ended == 0
        nll, mse, weight = sums.reshape(members, 3).T
        blank = np.full(members, np.nan)
        held_nll = held_mse = blank
        epoch = watch.epoch + 1
        better = going
        if held is not None:
            total, error, held_weight, watched = np.asarray(held).reshape(members, 4).T
            held_nll, held_mse = total / held_weight, error / held_weight
            better = going & (watched / held_weight < watch.value)
            watch.value = np.where(better, watched / held_weight, watch.value)
            if better.any():
                watch.best[better] = self._weights(state.average)[better]
        watch.when = np.where(better, epoch, watch.when)
        waited = epoch - watch.when >= settings.patience
        over = going & (waited | (epoch >= settings.epochs))
        watch.ended = np.where(over, epoch, watch.ended)
        steps = self.source.steps
        rate = np.full(members, settings.rates(epoch * steps - 1, steps))
        seconds = np.full(members, time.perf_counter() - self.began)
        columns = nll / weight, mse / weight, held_nll, held_mse, rate, seconds
        watch.table.append(np.stack(columns, axis=1))
        sound = np.isfinite(nll) & np.isfinite(self._weights(state.average)).all(axis=1)
        return bool(sound[going].all())

    def _weights(self, learnt: Any) -> Array:
        return np.asarray(learnt.weights).reshape(self.plan.members, -1)

    def _step(self, watch: _Watch) -> Step:
        """The last epoch, of the first member, as a step."""
        seen = Epochs(*watch.table[-1][0])
        nll = None if math.isnan(seen.held_nll) else float(seen.held_nll)
        value = float(seen.nll) * self.source.weight
        return Step(f"epoch {watch.epoch}", value, math.nan, float(seen.rate), nll=nll)

    def _fingerprint(self) -> str:
        """A digest of everything that a run depends on."""
        plan = self.plan
        known = self.settings, plan.net, plan.loss.key(), plan.members, plan.dtype
        found = hashlib.sha256(repr(known).encode())
        for leaf in leaves_of((self.frozen, self.source.sample, self.held)):
            found.update(np.ascontiguousarray(np.asarray(leaf)).tobytes())
        return found.hexdigest()


def _order(rows: Array, steps: int, size: int) -> Array:
    """The rows of each step, (steps, size)."""
    # The last batch is filled up from the front; one of all rows by those that do not count.
    n = len(rows)
    whole = np.resize(rows, steps * size) if size < n else np.append(rows, np.arange(n, size))
    return whole.reshape(steps, size)


_WATCHED = ("ended", "best", "value", "when")


def _kept(state: State, watch: _Watch, balance: Balance) -> dict[str, np.ndarray]:
    """Where a run stands, as plain arrays."""
    kept = {f"state.{i}": np.asarray(leaf) for i, leaf in enumerate(leaves_of(state))}
    kept |= {name: np.asarray(getattr(watch, name)) for name in _WATCHED}
    return {**kept, "course": np.stack(watch.table), "strengths": balance.found}


def _restored(state: State, kept: Mapping[str, np.ndarray]) -> tuple[State, _Watch]:
    """Where a run stood; `state` says how it is laid out."""
    found = (kept[f"state.{i}"] for i in itertools.count())
    state = mapped(lambda leaf: next(found).astype(leaf.dtype).reshape(leaf.shape), state)
    watch = _Watch(**{name: kept[name] for name in _WATCHED}, table=list(kept["course"]))
    return state, watch
