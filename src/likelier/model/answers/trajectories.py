"""The trajectories of a fitted differential equation: what `fit.plot.trajectory` draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Course, Design
from likelier.errors import LikelierError, did_you_mean
from likelier.inference.prediction import predictive_interval, spread_points
from likelier.model.answers.means import predictors
from likelier.report.plots import TrajectoryData

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any

_GRID = 121
_DRAWS = 128


def courses(fit: Fit) -> list[tuple[str, Any]]:
    """Each measured column with each experiment in which it was observed; () for other fits."""
    if not fit.predictor.cells:
        return []
    design = fit._rows.design
    assert design.cells is not None
    experiments = _experiments(design)
    names = fit.predictor.measured or ()
    return [
        (name, key)
        for key in dict.fromkeys(experiments.tolist())
        for j, name in enumerate(names)
        if np.any((design.cells == j) & (experiments == key))
    ]


def trajectory_data(
    fit: Fit, wanted: Sequence[tuple[str, Any]], level: float = 0.9
) -> list[TrajectoryData]:
    """The curves of some columns and experiments, all solved at once.

    Args:
        fit: of an `ODE`, on its rows.
        wanted: pairs as `courses` gives them.
        level: probability of the bands.
    """
    design, main = fit._rows.design, fit.distribution.main
    assert design.cells is not None
    assert design.target is not None
    names = fit.predictor.measured or ()
    doses = set(getattr(fit.predictor, "doses", {}).values())
    seen = [
        np.flatnonzero((design.cells == names.index(name)) & (_experiments(design) == key))
        for name, key in wanted
    ]
    time_of = np.asarray(design.matrices[main].values, dtype=float)[:, 0]
    grids = [
        np.union1d(np.linspace(time_of[rows].min(), time_of[rows].max(), _GRID), time_of[rows])
        for rows in seen
    ]
    parts = [
        _between(design, main, doses, rows, grid) for rows, grid in zip(seen, grids, strict=True)
    ]
    taken = np.concatenate([rows for rows, _ in parts])
    values = {name: np.concatenate([own[name] for _, own in parts]) for name in design.matrices}
    long = replace(design, target=None).take(taken)
    long = replace(
        long,
        matrices={
            name: replace(matrix, values=values[name]) for name, matrix in long.matrices.items()
        },
        course=_course(design, main, doses, values[main], taken),
    )
    eta, covariance, lost = predictors(fit, long)
    with np.errstate(all="ignore"):
        prediction = fit._predictive.build(eta, long.extra)
        noise = np.array(prediction.interval(level), dtype=float)
        median = np.asarray(prediction.median, dtype=float)
    points = spread_points(_DRAWS, len(eta), 0)
    lower, upper, *_ = predictive_interval(
        fit._predictive, eta, long.extra, covariance, points, level
    )
    total = np.where(lost.any(axis=1), np.nan, [lower, upper])
    ends = np.cumsum([len(grid) for grid in grids])[:-1]
    several = len(set(_experiments(design).tolist())) > 1
    role = fit.recipe.roles.get("groups") or "group"
    return [
        TrajectoryData(
            name,
            design.matrices[main].names[0],
            f"{role} {key}" if several else "",
            level,
            grid,
            middle,
            inner,
            outer,
            time_of[rows],
            np.asarray(design.target.values, dtype=float)[rows],
        )
        for (name, key), rows, grid, middle, inner, outer in zip(
            wanted,
            seen,
            grids,
            np.split(median, ends),
            np.split(noise, ends, axis=1),
            np.split(total, ends, axis=1),
            strict=True,
        )
    ]


def chosen(fit: Fit, column: str | None, experiment: Any) -> tuple[str, Any]:
    """The column and the experiment that a user asks for; the first where he says none."""
    known = courses(fit)
    if not known:
        raise LikelierError(
            "a trajectory is of a differential equation (lk.ODE); other fits have .fan(column, "
            "data)"
        )
    names = list(dict.fromkeys(name for name, _ in known))
    if column is not None and column not in names:
        hint = did_you_mean(column, names)
        raise LikelierError(f"no measured column {column!r}.{hint} Known: {', '.join(names)}")
    fitting = [c for c in known if column is None or c[0] == column]
    keys = [key for _, key in fitting]
    if experiment is not None and experiment not in keys:
        shown = ", ".join(map(repr, keys[:8]))
        raise LikelierError(f"no experiment {experiment!r} in these rows; known: {shown}")
    return next(c for c in fitting if experiment is None or c[1] == experiment)


def _course(
    design: Design, main: str, doses: set[str], values: Array, rows: Array
) -> Course | None:
    """The rows of the table, which give the doses, and after them those of the grids."""
    known = design.course
    if known is None:
        return None
    quiet = values.copy()
    quiet[:, [name in doses for name in design.matrices[main].names]] = 0.0
    groups = None
    if known.groups is not None and design.groups is not None:
        groups = np.concatenate([known.groups, design.groups[rows]])
    source = len(known.values) + np.arange(len(quiet))
    return Course(np.vstack([known.values, quiet]), groups, source)


def _experiments(design: Design) -> Array:
    return np.zeros(design.n) if design.groups is None else np.asarray(design.groups)


def _between(
    design: Design, main: str, doses: set[str], rows: Array, grid: Array
) -> tuple[Array, dict[str, Array]]:
    """Rows that stand for the times of a grid, and the values of every matrix there.

    Inputs lie between those of the rows around them, as when the equation is solved; a dose is
    given at its own time; what else other parameters read is that of the last row before.
    """
    matrix = design.matrices[main]
    values = np.asarray(matrix.values, dtype=float)
    times = values[rows, 0]
    order = np.argsort(times, kind="stable")
    own, first = np.unique(times, return_index=True)
    last = rows[order][np.maximum(np.searchsorted(times[order], grid, side="right") - 1, 0)]
    moved = {matrix.names[0]: grid}
    for j, name in enumerate(matrix.names[1:], 1):
        if name in doses:
            given = np.zeros(len(grid))
            np.add.at(given, np.searchsorted(grid, times), values[rows, j])
            moved[name] = given
        else:
            moved[name] = np.interp(grid, own, values[rows[first], j])
    made = {}
    for parameter, other in design.matrices.items():
        taken = np.array(np.asarray(other.values, dtype=float)[last])
        for k, name in enumerate(other.names):
            if name in moved:
                taken[:, k] = moved[name]
        made[parameter] = taken
    return last, made
