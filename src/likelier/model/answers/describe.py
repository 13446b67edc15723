"""A fit and a contest handed to the report floor, as the plain data that it draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.inference.level import check_level
from likelier.model.files.archive import write_whole
from likelier.model.fitting.training_words import (
    network_notes,
    training_facts,
    training_notes,
)
from likelier.report import (
    Coefficient,
    ContestData,
    ContestLine,
    PathData,
    PathLine,
    Summary,
    SummaryData,
)

if TYPE_CHECKING:
    from likelier.model.contest.comparison import Comparison
    from likelier.model.fitted import Fit
    from likelier.model.penalised.path_result import Path
    from likelier.report.plots import Plot


def summarise(fit: Fit, level: float) -> Summary:
    """The summary of a fit with intervals of this level."""
    check_level(level)
    trained = fit.predictor.trained
    facts = fit.facts
    recalibrated = (fit.recalibration.text(),) if fit.recalibration else ()
    notes = (*recalibrated, *_unobserved(fit), *network_notes(fit))
    return Summary(
        SummaryData(
            family=fit.distribution.text(),
            target=facts.target,
            formulas=facts.formulas,
            links=fit.links,
            n_rows=facts.n_rows,
            n_observations=facts.n_observations,
            n_dropped=facts.n_dropped,
            weight_type=facts.weight_type,
            log_likelihood=fit.log_likelihood,
            aic=fit.aic,
            bic=fit.bic,
            degrees_of_freedom=fit.degrees_of_freedom,
            converged=fit.converged,
            reason=facts.reason,
            passes=facts.passes,
            seconds=facts.seconds,
            level=level,
            coefficients=[] if trained else _coefficients(fit, level),
            covariance=_errors_from(fit),
            diagnoses=fit.diagnoses,
            levels=facts.levels,
            residual=facts.residual,
            notes=(*notes, *training_notes(fit)) if trained else notes,
            training=training_facts(fit) if trained else (),
            binary=fit.distribution.support.name == "binary",
            rivals=_rivals(fit),
        )
    )


def _unobserved(fit: Fit) -> tuple[str, ...]:
    """How many cells of the target are empty, where that is allowed; a dose has none, say."""
    design = None if fit.sample is None else fit.sample.design
    if design is None or design.course is None:
        return ()
    cells = len(design.course.values) * len(fit.predictor.measured or ("",))
    empty = cells - design.n
    return (f"{empty:,} of {cells:,} cells of the target are empty: not observed.",) * (empty > 0)


def _rivals(fit: Fit) -> tuple[str, ...]:
    """Families that a fit without a named one was chosen beside."""
    if fit.contest is None:
        return ()
    winner = fit.contest.winner
    return tuple(c.name for c in fit.contest.contestants if c is not winner)


def _coefficients(fit: Fit, level: float) -> list[Coefficient]:
    """The lines of the tables of estimates."""
    lower, upper = _with_open_ends(fit, *fit._wald(level), level)
    errors = fit._errors(fit.estimate.covariance)
    return [
        Coefficient(
            parameter,
            term,
            float(fit.estimate.coefficients[i]),
            float(errors[i]),
            float(lower[i]),
            float(upper[i]),
            int(np.sign(fit.estimate.infinite[i])),
        )
        for i, (parameter, term) in enumerate(fit._names())
        if parameter not in fit.predictor.networks
    ]


def _errors_from(fit: Fit) -> str:
    """What standard errors come from, or nothing where there are none."""
    smooth = fit.distribution.smooth
    kind = "observed information" if smooth else "expected information, blurred at the kink"
    return {
        "information": kind,
        "penalised": "Gauss-Newton information and weight decay, the weights of networks counted"
        if fit.predictor.networks
        else f"penalised {kind}",
        "selected": f"{kind}, as if the terms had been known beforehand",
    }.get(fit.facts.inference, "")


_CELLS = 200_000
"""Up to this size of a table a summary profiles what has no finite estimate."""


def _with_open_ends(fit: Fit, lower: Any, upper: Any, level: float) -> tuple[Any, Any]:
    """Limits, one-sided by profile for coefficients that have no finite estimate."""
    infinite = np.flatnonzero(fit.estimate.infinite)
    sample = fit.sample
    if sample is None or sample.inform is None or len(infinite) == 0:
        return lower, upper
    whole = not np.any(np.isfinite(fit.estimate.covariance.diagonal()))
    if whole or sample.problem.predictor.n * len(fit.estimate.labels) > _CELLS:
        return lower, upper
    lower, upper = lower.copy(), upper.copy()
    for i in infinite:
        lower[i], upper[i] = fit._profiler(int(i)).interval(level)
    return lower, upper


def contest_data(comparison: Comparison) -> ContestData:
    """A comparison as the plain data of its table and plot."""
    lines = []
    for c in comparison.contestants:
        ran = math.isfinite(c.mean_nll)
        mean, error = comparison.difference(c) if ran else (math.inf, math.nan)
        lines.append(
            ContestLine(
                c.name,
                c.mean_nll,
                mean,
                error,
                comparison.standing(c),
                c is comparison.contestants[0],
            )
        )
    return ContestData(comparison.best.facts.target, comparison.folds, lines, comparison.verdict)


def path_data(path: Path) -> PathData:
    """A regularisation path as the plain data of its text and plots."""
    from likelier.model.penalised.path_result import RULES

    problem, table = path.problem, path.table
    with_folds = path.held_out is not None
    rules = RULES if with_folds else ("bic", "aic")
    deviations = problem.layout.deviations
    standardised = np.array([s.theta for s in path.solutions]) * deviations
    main = problem.linked.family.main
    lines = []
    for i, ((parameter, _, _), (shown, term)) in enumerate(
        zip(problem.labels, path._names, strict=True)
    ):
        if term != "intercept":
            name = term if parameter == main and shown == parameter else f"{shown}: {term}"
            lines.append(PathLine(name, standardised[:, i].tolist()))
    target = path.design.target
    assert target is not None
    return PathData(
        target.name,
        problem.linked.family.text(),
        path.penalty.text(),
        path.design.n,
        path.strengths.tolist(),
        table.nonzero.tolist(),
        table.nll.tolist(),
        table.held_out_nll.tolist(),
        table.standard_error.tolist(),
        0 if path.held_out is None else len(path.held_out),
        {rule: path.choose(rule) for rule in rules},
        lines,
        None if table.residual.isna().any() else float(table.residual.max()),
    )


def plot_contest(comparison: Comparison, ax: Any = None) -> Plot:
    """Held-out NLL of each candidate above the lowest, with standard errors."""
    from likelier.report.plots import contest

    return contest(contest_data(comparison), ax)


def write_report(fit: Fit, path: Any, source: str = "") -> None:
    """Write the page of a fit to a file.

    Args:
        fit: with its rows; a loaded fit has none.
        path: of the HTML file.
        source: what the data are, in a few words, for the line below the heading.
    """
    from pathlib import Path

    from likelier.model.page.page import make_page
    from likelier.report.page import render_page

    write_whole(Path(path), render_page(make_page(fit, source)).encode())
