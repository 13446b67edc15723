"""One self-contained HTML page about a fit, to be read by someone who was not there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from likelier.diagnosis import Diagnosis
from likelier.report.assessment import Line, assessment_html
from likelier.report.contest import ContestData, contest_html
from likelier.report.plots._style import DARK, LIGHT
from likelier.report.summary import Summary, html_summary


@dataclass(frozen=True)
class Figure:
    """A picture on a page.

    Attributes:
        title: what it answers, in a few words.
        caption: how to read it, for someone who has never seen one.
        svg: the picture, with ids of its own (`to_svg(figure, prefix=…)`).
    """

    title: str
    caption: str
    svg: str


@dataclass(frozen=True)
class Table:
    """A small table on a page: headers, and rows of texts."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Page:
    """What a page tells, in the order in which it tells it.

    Attributes:
        question: its heading.
        source: what was fitted to what, in one line.
        answer: sentences, the most important first.
        sound: whether the fit stands as it is.
        diagnoses: what to worry about.
        contest: which distributions were compared, if several were.
        scores: a verdict on the predictions, and figures with their standard errors, or None.
        figures: pictures, the most telling first.
        worst: the rows that the fit explains worst, or None.
        summary: the table of estimates.
        reproduce: code that makes the same fit.
        version: of likelier.
    """

    question: str
    source: str
    answer: Sequence[str]
    sound: bool
    diagnoses: Sequence[Diagnosis]
    contest: ContestData | None
    figures: Sequence[Figure]
    worst: Table | None
    summary: Summary
    reproduce: str
    version: str
    scores: tuple[str, Sequence[Line]] | None = None


def render_page(page: Page) -> str:
    """The page as HTML: no network, no script, light and dark, for screens, phones and paper."""
    from markupsafe import Markup

    return _template().render(
        page=page,
        light=LIGHT,
        dark=DARK,
        contest=Markup(contest_html(page.contest)) if page.contest else None,
        scores=Markup(assessment_html(*page.scores)) if page.scores else None,
        estimates=Markup(html_summary(page.summary, whole=False)),
        drawn=Markup,
    )


def _code(text: str) -> Any:
    """Escaped text in which what stands in backticks is set as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    # Whatever is not marked as made here is escaped: names and labels come from users' data.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["code"] = _code
    source = files("likelier.report") / "templates" / "page.html.j2"
    return environment.from_string(source.read_text(encoding="utf-8"))
