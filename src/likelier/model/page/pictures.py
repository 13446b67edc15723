"""The pictures of a page, each with what it answers and how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.assessment import Assessment, pit_bounds
from likelier.errors import UndefinedError
from likelier.model.answers.counts import counts_data, has_counts
from likelier.model.answers.curves import profile_data
from likelier.model.answers.observed import row_counts, single
from likelier.model.answers.trajectories import courses, trajectory_data
from likelier.model.page.words import LEVEL, is_unknown
from likelier.report import Coefficient, ContestData, plots
from likelier.report.page import Figure
from likelier.report.plots import Plot, to_svg

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any

_CURVES = 2
_POINTS = 9
_LINES = 24
_COURSES = 6


def contest_figure(contest: ContestData | None) -> list[Figure]:
    if contest is None:
        return []
    return [
        _figure(
            "How far does each distribution stay behind?",
            "Points further to the right predict rows that they have not seen less well. A bar "
            "that reaches 0 belongs to a distribution that these rows cannot tell from the best.",
            plots.contest(contest),
            "contest",
        )
    ]


def figures_of(fit: Fit, telling: list[Coefficient], assessed: Assessment | None) -> list[Figure]:
    """The pictures of a page, the most telling first."""
    figures = _trajectory_figures(fit)
    if has_counts(fit) and not figures:
        figures.append(
            _figure(
                "Does it expect the counts that were seen?",
                "Bars: how many rows had each count. Points: how many the fit expects, with ± 2 "
                "standard deviations. Look at 0 and at the tail.",
                plots.counts(counts_data([fit, *_rivals(fit)])),
                "counts",
            )
        )
    for i, c in enumerate(telling[:_CURVES] if fit._rows.solution is not None else []):
        figures.append(
            _figure(
                f"How well is {_named(c, telling)} known?",
                "Height: how well each value of the coefficient explains the data when all others "
                "are refitted to it. Shaded: its interval. Where solid and dashed part, the "
                "intervals of the table, which rest on the dashed curve, are rough."
                if i == 0
                else "Read like the curve before, for another coefficient.",
                plots.profile(profile_data(fit, (c.parameter, c.term), LEVEL, _POINTS)),
                f"profile{i}",
            )
        )
    figures += _calibration_figures(fit, assessed)
    figures += _learning_figure(fit)
    # The unknowns of a curve have units of their own, and 0 is no value that would mean nothing.
    if len(telling) > 1 and not any(is_unknown(fit, c) for c in telling):
        figures.append(
            _figure(
                "Which coefficients stand apart from 0?",
                "Estimates with their intervals, on the scale of the link and in the units of "
                "each column; grey ones cannot be told from 0."
                + (f" The {_LINES} clearest of {len(telling)}." if len(telling) > _LINES else ""),
                plots.coefficients(_clearest(fit, telling), links=fit.links, level=LEVEL),
                "coefficients",
            )
        )
    return figures


def _trajectory_figures(fit: Fit) -> list[Figure]:
    """The curves of a differential equation, one for each column and experiment."""
    known = courses(fit)
    shown = known[:_COURSES]
    figures = []
    for i, data in enumerate(trajectory_data(fit, shown) if shown else []):
        of = f"{data.target}, {data.experiment}" if data.experiment else data.target
        caption = (
            f"Line: the median. Inner band: where {100 * data.level:g} % of observations fall if "
            "the estimates are taken as known; the outer one counts their uncertainty too."
        )
        if len(known) > len(shown):
            caption += f" The first {len(shown)} of {len(known)} curves."
        if i:
            caption = "Read like the curve before."
        figures.append(
            _figure(
                f"Does the curve pass through what was seen of {of}?",
                caption,
                plots.trajectory(data),
                f"trajectory{i}",
            )
        )
    return figures


def _calibration_figures(fit: Fit, assessed: Assessment | None) -> list[Figure]:
    """Whether predictions come true, as it can be drawn for this kind of target."""
    figures = []
    labels = fit.distribution.support.name in ("labels", "binary")
    bounds = None if labels or not single(fit) else _bounds(fit)
    if bounds is not None:
        below, upto = bounds
        spread = None if np.array_equal(below, upto) else upto
        figures.append(
            _figure(
                "Are its predictions calibrated?",
                "Where each observation fell in its own prediction. Flat is right; a valley means "
                "predictions too sure of themselves, a hill too unsure, a slope off to one side.",
                plots.pit(below, spread, weights=row_counts(fit)),
                "pit",
            )
        )
        figures.append(
            _figure(
                "Is something left in the residuals?",
                "One point a row. If the model is right, the cloud is level and 95 % of it lies "
                "between the dotted lines; the solid line is its mean.",
                fit.plot.residuals(),
                "residuals",
            )
        )
    if assessed is None:
        return figures
    if labels:
        several = assessed.outcomes.n_labels > 2  # type: ignore[attr-defined]
        figures.append(
            _figure(
                "Does a predicted 70 % come true 70 % of the time?",
                "Each point holds as many rows as any other. On the diagonal, what was predicted "
                "is what happened; "
                + (
                    "filled points lie further from it than chance allows."
                    if several
                    else "bars show where points would lie by chance."
                ),
                assessed.plot.reliability(),
                "reliability",
            )
        )
    words = "sets of labels" if labels else "intervals" if bounds is not None else "regions"
    figures.append(
        _figure(
            f"Do {words} hold what they promise?",
            f"How many rows {words} of each probability hold. On the diagonal they keep their "
            "word; below it they are too narrow. The band is what chance allows the whole curve.",
            assessed.plot.coverage(),
            "coverage",
        )
    )
    return figures


def _bounds(fit: Fit) -> tuple[Array, Array] | None:
    """P(Y < y) and P(Y <= y) of the rows, where the family can say them."""
    try:
        return pit_bounds(fit._fitted, fit._rows.problem.function.y)
    except UndefinedError:
        return None


def _learning_figure(fit: Fit) -> list[Figure]:
    """The course of a training that watched held-out rows."""
    if not {"validation_nll", "held_out_nll"} & set(fit.facts.history):
        return []
    return [
        _figure(
            "Did the training go on for too long?",
            "How the NLL fell on the rows of the fit and on rows held out from it. Where the "
            "second curve rises again, the model learns its rows by heart.",
            fit.plot.learning_curves("nll"),
            "learning",
        )
    ]


def _clearest(fit: Fit, telling: list[Coefficient]) -> list[Coefficient]:
    """The first few of these coefficients, in the order of the table."""
    order = fit._names()
    return sorted(telling[:_LINES], key=lambda c: order.index((c.parameter, c.term)))


def _named(c: Coefficient, lines: list[Coefficient]) -> str:
    """A term, with its parameter where several have it."""
    alone = sum(other.term == c.term for other in lines) == 1
    return c.term if alone else f"{c.term} in {c.parameter}"


def _figure(title: str, caption: str, plot: Plot, name: str) -> Figure:
    return Figure(title, caption, to_svg(plot.figure, prefix=name, title=f"{title} {caption}"))


def _rivals(fit: Fit) -> list[Fit]:
    """The next best and the last of a contest, to be shown beside the winner."""
    if fit.contest is None:
        return []
    others = [
        c.fit
        for c in fit.contest.contestants
        if c.fit is not None and not c.apart and c.fit.distribution is not fit.distribution
    ]
    return others if len(others) <= 2 else [others[0], others[-1]]
