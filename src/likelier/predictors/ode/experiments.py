"""Rows with a time as experiments: times, inputs that vary in time, and doses, each padded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.errors import DataError
from likelier.predictors._base import Array


@dataclass(frozen=True, eq=False)
class Experiments:
    """Where each row stands among the experiments, and what those are.

    Attributes:
        present: (G,) codes of the groups that have rows.
        starts: (G,) the times at which their initial values hold.
        experiment: (n,) number of each row's experiment, an index of `present`.
        time: (n,) number of each row's time within it.
        arrays: what trajectories read, the experiments on the first axis.
    """

    present: Array
    starts: Array
    experiment: Array
    time: Array
    arrays: Mapping[str, Any]

    def at(self, rows: Array) -> Experiments:
        """The same experiments, seen from some of the rows."""
        return replace(self, experiment=self.experiment[rows], time=self.time[rows])

    def beginning(self, count: int) -> tuple[Array, Array, float]:
        """The beginning of all experiments side by side that holds about so many rows.

        Returns:
            The times of each experiment, those after the end of its beginning held there; the
            numbers of the rows up to there, increasing; and the latest time among them.
        """
        times = self.arrays["times"]
        own = times[self.experiment, self.time]
        span = times[:, -1] - self.starts
        share = (own - self.starts[self.experiment]) / np.where(span > 0, span, 1)[self.experiment]
        end = np.sort(share)[min(count, len(share)) - 1]
        rows = np.flatnonzero(share <= end)
        # A little later than the last of the rows, whose own time rounding may not move.
        stops = self.starts + end * (1 + 1e-9) * span
        return np.minimum(times, stops[:, None]), rows, float(own[rows].max())


def arrange(
    times: Array,
    inputs: Array,
    doses: Array,
    codes: Array,
    starts: Mapping[Any, float],
    start: float | None,
    name_of: Sequence[Any],
) -> Experiments:
    """The experiments of n rows.

    Args:
        times: (n,).
        inputs: (n, q) values of what varies in time; between rows they are interpolated.
        doses: (n, S) amounts that are added to the states at the rows' times; 0 for none.
        codes: (n,) group of each row.
        starts: known times at which the initial values hold, by group.
        start: that time where it is not known; None for a group's first row.
        name_of: groups by code, for messages.

    Raises:
        DataError: a row lies before the time at which the initial values hold.
    """
    present, experiment = np.unique(codes, return_inverse=True)
    own = [np.unique(times[experiment == g]) for g in range(len(present))]
    begin = np.array(
        [
            starts.get(name_of[int(code)], float(own[g][0]) if start is None else start)
            for g, code in enumerate(present)
        ]
    )
    for g, code in enumerate(present):
        if own[g][0] < begin[g]:
            which = f" of group {name_of[int(code)]!r}" if len(name_of) > 1 else ""
            raise DataError(
                f"a row{which} has time {own[g][0]:g}, before the time {begin[g]:g} at which the "
                "initial values hold; leave it out, or give ODE an earlier start"
            )
    longest = max(map(len, own))
    padded = np.stack([np.pad(t, (0, longest - len(t)), mode="edge") for t in own])
    arrays: dict[str, Any] = {"times": padded, "start": begin}
    if inputs.shape[1]:
        # Where several rows share a time, the first of them says what the inputs are.
        first = [_first_rows(times, experiment, g) for g in range(len(present))]
        arrays["input_times"] = padded
        arrays["inputs"] = np.stack(
            [
                np.pad(inputs[rows], ((0, longest - len(rows)), (0, 0)), mode="edge")
                for rows in first
            ]
        )
    place = np.array(
        [np.searchsorted(own[g], t) for g, t in zip(experiment, times, strict=True)], dtype=np.int64
    )
    arrays["amounts"] = np.zeros((*padded.shape, doses.shape[1]))
    np.add.at(arrays["amounts"], (experiment, place), doses)
    return Experiments(present, begin, experiment, place, arrays)


def _first_rows(times: Array, experiment: Array, g: int) -> Array:
    rows = np.flatnonzero(experiment == g)
    return rows[np.unique(times[rows], return_index=True)[1]]
