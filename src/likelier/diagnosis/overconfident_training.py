"""Trainings that were watched and went on past their best epoch, surer with every one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from likelier.diagnosis._base import Diagnosis
from likelier.diagnosis._remedies import Typed, python, spelt

Array = Any

_PATIENCE = 0.2
"""A share of the epochs that a training may wait for a better one, as it does where nothing is
said."""
_RISE = 0.1
"""Nats, and a share of what was gained, by which the held-out NLL rises for more than chance."""
_SMOOTHING = Typed("lk.LabelSmoothing(0.1)", "--risk label_smoothing:0.1")


def check_training(
    history: Mapping[str, Sequence[Any]], best: Sequence[int], epochs: int, labels: bool
) -> Diagnosis | None:
    """Find the epoch from which errors still fell while the NLL of held-out rows rose.

    Args:
        history: columns of the course of a training, an entry an epoch (of each member).
        best: the best epoch of each member; empty where no rows were held out.
        epochs: how many a training could take.
        labels: whether the target is a label.
    """
    if not best:
        return None
    columns = {name: np.asarray(values, dtype=float) for name, values in history.items()}
    member = columns.get("member", np.ones(len(columns["epoch"])))
    found = [
        over
        for number, epoch in enumerate(best, start=1)
        if (over := _rise({k: v[member == number] for k, v in columns.items()}, epoch, epochs))
    ]
    # Of several networks one may have had bad luck.
    if 2 * len(found) <= len(best):
        return None
    least, last, error, final = np.median(found, axis=0)
    what = "mean squared error" if np.all(np.isfinite(columns["mse"])) else "NLL"
    from_, upto = min(best), max(best)
    epoch = f"{from_}" if from_ == upto else f"{from_} to {upto}"
    calls = python("lk.recalibrate(fit, data)")
    pool = python("predictor=lk.Ensemble(lk.MLP(), 5)")

    def remedy(say: Any) -> str:
        smooth = f", {say(_SMOOTHING)}" if labels else ""
        return (
            f"stop there, {say(python('solver=lk.Adam(patience=20)'))}, which keeps the same "
            f"weights sooner; where no rows can be held out, {say(calls)} on fresh rows{smooth} "
            f"or {say(pool)}"
        )

    return Diagnosis(
        kind="overconfident training",
        severity="note",
        message=(
            f"from epoch {epoch} the NLL of held-out rows rises, from {least:.3g} to {last:.3g} a "
            f"row, while the {what} of the rows trained on still falls, from "
            f"{error:.3g} to {final:.3g}: the network becomes surer than it is right. The weights "
            f"kept are those of epoch {epoch}"
        ),
        evidence={"epoch": from_, "held_out_nll": least, "last_held_out_nll": last},
        **spelt(remedy),
    )


def _rise(course: Mapping[str, Array], best: int, epochs: int) -> tuple[float, ...] | None:
    """Held-out NLL at the best epoch and at the end, and training errors; None without a rise."""
    watched, last = course["held_out_nll"], len(course["epoch"])
    # Errors of labels and of what has no mean are not kept; then the likelihood of the rows is.
    errors = course["mse"] if np.all(np.isfinite(course["mse"])) else course["nll"]
    if last - best <= max(10.0, _PATIENCE * epochs):
        return None
    end = slice(-max(3, last // 20), None)
    least, finish = float(watched[best - 1]), float(np.mean(watched[end]))
    error, final = float(errors[best - 1]), float(np.mean(errors[end]))
    gained = float(watched[0]) - least
    if finish - least <= _RISE * max(1.0, gained) or final >= error:
        return None
    return least, finish, error, final
