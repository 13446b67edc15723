"""Stochastic gradients: steps by the gradient of a few rows, an average of where they lead."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from likelier.engines import JointSum, LikelihoodSum
from likelier.errors import LikelierError, did_you_mean
from likelier.solvers._base import Objective, Solution, Solver, Step
from likelier.solvers._direction import Direction, factorise
from likelier.solvers._samples import rough_curvature
from likelier.solvers._training.plan import Rule, Settings
from likelier.solvers.newton import is_finite

Array = Any

SCHEDULES = ("cosine", "inverse", "constant")
"""How the learning rate falls: to 0 along a cosine; as t^(−3/5); not at all."""
_RUNS = 8
"""Runs of neighbouring rows in a batch: one from here and one from there, whatever their order."""
_STEEP = 0.6
_WIDTHS = (0.1, 0.01, 0.001)
"""Nats over which the kink of a risk is rounded, one search after the other."""
_CUT, _CUTS = 0.4, 7
"""What a learning rate that brings no gain is multiplied by, and how often."""


_STEPS = 6000
"""Steps of a network whose number of epochs is not said, as far as the bounds of that allow."""
_LEAST, _MOST = 20, 1000
"""Bounds of the number of epochs."""
_SHARE = 16
"""A batch is about this part of the rows, where its size is not said."""
_SMALLEST, _LARGEST = 16, 256
"""Bounds of the size of a batch."""


class Stochastic(Solver):
    """What `SGD` and `Adam` share: options, batches, schedules, and an honest end.

    Each epoch passes over all rows once, in batches of runs of neighbouring rows drawn without
    replacement. From the second half of the epochs on, the iterates are averaged, and the end is
    the average. After each epoch an exact pass over all rows gives value and gradient, so that the
    tolerance is that of the objective itself and not of a batch.

    A risk whose rows share a number (CVaR's threshold) is searched in the coefficients and that
    number together (`JointSum`), given which the gradient of a batch is unbiased. Its kink is
    rounded over 0.1, 0.01 and 0.001 nats, a search each; the value that is returned is exact.

    Options that are None are chosen: of a linear model by the class, of a network by the rows.
    """

    rate: ClassVar[float]
    """Learning rate of a linear model."""
    network_rate: ClassVar[float]
    """Learning rate of a network."""

    def __init__(
        self,
        learning_rate: float | None,
        batch_size: int | None,
        epochs: int | None,
        patience: int | None,
        *,
        schedule: str,
        warmup: float,
        clip: float | None,
        tolerance: float,
        seed: int | None,
        devices: int,
    ) -> None:
        name = type(self).__name__
        for what, value in (
            ("learning_rate", learning_rate),
            ("tolerance", tolerance),
            ("clip", clip),
        ):
            if value is not None and (isinstance(value, bool) or not 0 < value < math.inf):
                raise LikelierError(f"{what} of {name} is above 0; given: {value!r}")
        counts = {"batch_size": batch_size, "epochs": epochs, "patience": patience}
        for what, count in {**counts, "devices": devices}.items():
            whole = isinstance(count, int) and not isinstance(count, bool)
            if count is not None and (not whole or count < 1):
                raise LikelierError(f"{what} of {name} is a whole number above 0; given: {count!r}")
        if isinstance(warmup, bool) or not 0 <= warmup < 1:
            raise LikelierError(f"warmup of {name} is from 0 to below 1; given: {warmup!r}")
        if schedule not in SCHEDULES:
            raise LikelierError(
                f"no schedule {schedule!r}.{did_you_mean(schedule, SCHEDULES)} "
                f"Schedules: {', '.join(SCHEDULES)}"
            )
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.schedule = schedule
        self.warmup = warmup
        self.clip = clip
        self.tolerance = tolerance
        self.seed = seed
        self.devices = devices

    @abstractmethod
    def rule(self) -> Rule:
        """How the gradient of a network becomes a direction."""

    def settings(self, n: int, seed: int) -> Settings:
        usual = 1 << max(0, round(math.log2(max(n, 1) / _SHARE)))
        batch = self.batch_size or min(max(usual, _SMALLEST), _LARGEST)
        steps = math.ceil(n / batch)
        epochs = self.epochs or min(max(_STEPS // steps, _LEAST), _MOST)
        return Settings(
            self.rule(),
            self.schedule,
            self.learning_rate or self.network_rate,
            self.warmup,
            batch,
            epochs,
            self.patience or max(10, epochs // 5),
            seed if self.seed is None else self.seed,
            self.devices,
        )

    @abstractmethod
    def stepper(self, direction: Direction) -> Callable[[Array, float], Array]:
        """What turns the gradient of a batch (of the mean objective) and a rate into a step.

        Args:
            direction: the curvature at the start, of the mean objective.
        """

    def check(self, function: Objective) -> None:
        super().check(function)
        name = type(self).__name__
        if self.devices > 1:
            raise LikelierError(
                f"devices={self.devices} of {name} share the batches of a network, and this "
                "predictor is none; engine=lk.Threads() or lk.Dask() shares its rows"
            )
        if not isinstance(function, LikelihoodSum):
            raise LikelierError(f"{name} takes gradients of batches of rows; it takes a likelihood")
        whole = [bound.penalty for bound in function.penalties if not bound.penalty.per_row]
        reason = ""
        if not function.linked.family.smooth:
            reason = "the family has kinks"
        elif whole:
            reason = f"{whole[0].text()} is of all rows together"
        if reason:
            raise LikelierError(
                f"{name} takes gradients of batches of rows, and {reason}; leave solver= out"
            )

    def minimise(
        self,
        function: Objective,
        start: Array,
        progress: Callable[[Step], None] | None = None,
    ) -> Solution:
        self.check(function)
        assert isinstance(function, LikelihoodSum)
        if function.risk.separable:
            return self._search(function, function, start, progress)
        trace: list[Step] = []
        passes = {0: 0, 1: 0, 2: 0}
        for width in _WIDTHS:
            rounded = function.rounded(width)
            joint, point = JointSum.begin(rounded, start)
            found = self._search(joint, rounded, point, progress)
            start = found.theta
            trace += [replace(s, phase=f"width {width:g}, {s.phase}") for s in found.trace]
            passes = {order: passes[order] + found.passes[order] for order in passes}
        exact = function(start, 1)
        return replace(
            found,
            value=exact.value,
            gradient=exact.gradient,
            source=None,
            passes=passes,
            trace=trace,
        )

    def _search(
        self,
        function: LikelihoodSum | JointSum,
        whole: LikelihoodSum,
        start: Array,
        progress: Callable[[Step], None] | None,
    ) -> Solution:
        """The search, and its end judged by a function of the first entries, all rows together."""
        rng = np.random.default_rng(self.seed or 0)
        size, epochs = self.batch_size or 256, self.epochs or 200
        passes = {0: 0, 1: 0, 2: 0}
        count = function.total_weight
        per_epoch = max(1, math.ceil(function.rows / size))
        rough, step = self._metric(function, start, passes)
        theta, total, averaged = start, np.zeros_like(start), 0
        best, value, waited, cuts = start, function(start, 0).value, 0, 0
        trace: list[Step] = []
        reason = "limit"
        place = 0
        for epoch in range(epochs):
            if epoch & (epoch - 1) == 0 and epoch > 0:
                # Averages of the whole course would keep the way from the start in them.
                total, averaged = np.zeros_like(start), 0
                rough, step = self._metric(function, theta, passes)
            for batch in _batches(function, size, rng):
                part = function.on([batch])
                gradient: Array = part(theta, 1).gradient
                share = function.rows / part.rows / count
                rate = self._rate(place, per_epoch * epochs, per_epoch) * _CUT**cuts
                with np.errstate(all="ignore"):
                    theta = theta - step(gradient * share, rate)
                total, averaged, place = total + theta, averaged + 1, place + 1
            point = total / averaged
            passes[1] += 2
            sums = function(point, 1)
            sound = is_finite(sums)
            decrement = math.inf
            if sound:
                slope: Array = sums.gradient
                decrement = float(slope @ rough.solve(slope)) / count
            record = Step(f"epoch {epoch + 1}", sums.value, decrement, rate, sums.terms, sums.nll)
            trace.append(record)
            if progress is not None:
                progress(record)
            waited = 0 if sums.value < value - 0.1 * self.tolerance else waited + 1
            if sound and sums.value < value:
                best, value = point, sums.value
            if decrement <= 0.5 * self.tolerance:
                break
            if waited >= (self.patience or 5) or not sound:
                # The steps are too long to come nearer, or led astray: back, and shorter.
                if cuts == _CUTS:
                    reason = "stalled"
                    break
                cuts, waited, theta = cuts + 1, 0, best
                total, averaged = np.zeros_like(start), 0
                rough, step = self._metric(function, theta, passes)
        passes[2] += 1
        best = best[: whole.predictor.size]
        end = whole(best, 2)
        seen = factorise(end.curvature) if is_finite(end) else rough
        exact = float(end.gradient @ seen.solve(end.gradient)) if is_finite(end) else math.inf
        if exact <= self.tolerance:
            reason = "converged"
        return Solution(
            best,
            end.value,
            end.gradient,
            end.curvature,
            exact,
            reason == "converged" and seen.definite,
            reason,
            passes,
            seen.conditioning,
            trace,
        )

    def _metric(
        self, function: LikelihoodSum | JointSum, theta: Array, passes: dict[int, int]
    ) -> tuple[Direction, Callable[[Array, float], Array]]:
        """The curvature of the mean objective at a point, and the steps that it makes."""
        rough = factorise(rough_curvature(function, theta, passes) / function.total_weight)
        return rough, self.stepper(rough)

    def _rate(self, place: int, steps: int, per_epoch: int) -> float:
        """The learning rate of a step."""
        rate = self.learning_rate or self.rate
        if self.schedule == "cosine":
            return rate * 0.5 * (1 + math.cos(math.pi * place / steps))
        if self.schedule == "inverse":
            return rate * (1 + place / per_epoch) ** -_STEEP
        return rate


def _batches(
    function: LikelihoodSum | JointSum, size: int, rng: np.random.Generator
) -> Iterator[list[slice]]:
    """All rows once, in batches of runs of rows."""
    length = max(1, size // _RUNS)
    runs = [
        slice(first, min(first + length, part.stop))
        for chunk in function.chunks
        for part in chunk
        for first in range(part.start, part.stop, length)
    ]
    order = rng.permutation(len(runs))
    each = max(1, size // length)
    for first in range(0, len(runs), each):
        yield [runs[i] for i in order[first : first + each]]
