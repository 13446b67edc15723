"""A fit told as a page: question, answer, worries, pictures, worst rows, how to reproduce it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from likelier import __version__
from likelier.assessment import Assessment
from likelier.diagnosis import Diagnosis
from likelier.display import counted, grouped
from likelier.errors import LikelierError
from likelier.model.answers.describe import contest_data, summarise
from likelier.model.names import target_name
from likelier.model.page.code import reproduce
from likelier.model.page.pictures import contest_figure, figures_of
from likelier.model.page.rows import worst_rows
from likelier.model.page.words import LEVEL, effect, estimate, is_unknown, question, tally, unsound
from likelier.report import Coefficient
from likelier.report.page import Page

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

_EFFECTS = 3


def make_page(fit: Fit, source: str = "") -> Page:
    """The page of a fit to rows that it still has."""
    summary = summarise(fit, LEVEL)
    lines = [c for c in summary.data.coefficients if _drawable(c)]
    lines.sort(key=lambda c: -abs(c.z))
    telling = [c for c in lines if c.term != "intercept"] or lines
    contest = contest_data(fit.contest) if fit.contest is not None else None
    facts = fit.facts
    what = f"{fit.distribution.text()} fitted to {counted(facts.n_rows, 'row')}"
    if facts.n_dropped:
        what += f" ({grouped(facts.n_dropped)} with missing values left out)"
    assessed = _assessed(fit)
    shown = fit._rows.design.n
    if not _own_rows(fit):
        what += f", shown on {counted(shown, 'row')}"
    return Page(
        question=question(fit),
        source=f"{source}: {what}" if source else what,
        answer=_answer(fit, telling, assessed),
        sound=fit.converged,
        diagnoses=[*fit.diagnoses, *_miscalibration(fit, assessed)],
        contest=contest,
        scores=None if assessed is None else (assessed.verdict, assessed.lines()),
        figures=[*contest_figure(contest), *figures_of(fit, telling, assessed)],
        worst=worst_rows(fit),
        summary=summary,
        reproduce=reproduce(fit),
        version=__version__,
    )


def _drawable(c: Coefficient) -> bool:
    return not c.infinite and math.isfinite(c.z)


def _answer(fit: Fit, telling: list[Coefficient], assessed: Assessment | None) -> list[str]:
    if not fit.converged:
        return unsound(fit)
    sentences = []
    order = fit._names()
    unknowns = [c for c in telling if is_unknown(fit, c)]
    unknowns.sort(key=lambda c: order.index((c.parameter, c.term)))
    sentences += [f"{estimate(c)}." for c in unknowns[:_EFFECTS]]
    plain = [c for c in telling if c.term != "intercept" and c not in unknowns]
    clear = [c for c in plain if c.lower * c.upper > 0]
    sentences += [text for c in clear[:_EFFECTS] if (text := effect(fit, c))]
    if plain and not unknowns:
        sentences.append(tally(len(clear), plain))
    if fit.contest is not None:
        sentences.append(fit.contest.verdict)
    if assessed is not None:
        found = assessed.calibration
        # Of labels and vectors, which have no PIT, the verdict says what there is to say.
        said = assessed.verdict if found is None else found.sentence(_shown(assessed))
        sentences.append(said)
    return sentences or [f"{target_name(fit)} is described by {fit.distribution.text()}."]


def _assessed(fit: Fit) -> Assessment | None:
    """How predictions came true: of held-out rows where a contest has some, else of those shown."""
    if fit.contest is not None and fit.contest.winner.assessment is not None:
        return fit.contest.winner.assessment
    try:
        return fit.assess(which=None if _own_rows(fit) else "rows shown here")
    except LikelierError:
        return None


def _shown(assessed: Assessment) -> str:
    held = assessed.which == "held-out rows"
    return assessed.which if held else f"the {assessed.which}"


def _miscalibration(fit: Fit, assessed: Assessment | None) -> list[Diagnosis]:
    """A worry where predicted probabilities are further off than chance allows."""
    found = None if assessed is None else assessed.calibration
    if found is None or found.calibrated or not fit.converged:
        return []
    return [
        Diagnosis(
            "calibration",
            "note",
            f"predicted probabilities are off by up to {100 * abs(found.deviation):.1f} percentage "
            f"points, where chance allows {100 * found.bound:.1f} on as many rows",
            remedy="compare other distributions, or let a second parameter depend on columns",
        )
    ]


def _own_rows(fit: Fit) -> bool:
    """Whether the rows are those of the fit; only there does it have likelihood curves."""
    return fit._rows.solution is not None
