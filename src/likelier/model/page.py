"""A fit told as a page: question, answer, worries, pictures, worst rows, how to reproduce it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier import __version__
from likelier.assessment import Calibration, calibration, pit_bounds
from likelier.diagnosis import Diagnosis
from likelier.display import grouped, number
from likelier.distributions import Linked
from likelier.errors import UndefinedError
from likelier.model.describe import contest_data, summarise
from likelier.model.names import target_name
from likelier.model.plots import (
    counts_data,
    dense_column,
    has_counts,
    profile_data,
    row_counts,
    single,
)
from likelier.report import Coefficient, ContestData, plots
from likelier.report.page import Figure, Page, Table
from likelier.report.plots import Plot, to_svg

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any

_LEVEL = 0.95
_EFFECTS = 3
_CURVES = 2
_POINTS = 9
_LINES = 24
_WORST = 5
_COLUMNS = 8
"""How many columns of features the table of worst rows shows."""


def make_page(fit: Fit, source: str = "") -> Page:
    """The page of a fit to rows that it still has."""
    summary = summarise(fit, _LEVEL)
    lines = [c for c in summary.data.coefficients if _drawable(c)]
    lines.sort(key=lambda c: -abs(c.z))
    telling = [c for c in lines if c.term != "intercept"] or lines
    contest = contest_data(fit.contest) if fit.contest is not None else None
    facts = fit.facts
    what = f"{fit.distribution.text()} fitted to {grouped(facts.n_rows)} rows"
    if facts.n_dropped:
        what += f" ({grouped(facts.n_dropped)} with missing values left out)"
    found, which = _calibration(fit)
    shown = fit._rows.design.n
    if not _own_rows(fit):
        what += f", shown on {grouped(shown)} rows"
    return Page(
        question=_question(fit),
        source=f"{source}: {what}" if source else what,
        answer=_answer(fit, telling, found, which),
        sound=fit.converged,
        diagnoses=[*fit.diagnoses, *_miscalibration(fit, found)],
        contest=contest,
        figures=[*_contest_figure(contest), *_figures(fit, telling)],
        worst=_worst(fit),
        summary=summary,
        reproduce=_reproduce(fit),
        version=__version__,
    )


def _drawable(c: Coefficient) -> bool:
    return not c.infinite and math.isfinite(c.z)


# ---------------------------------------------------------------------- words


def _question(fit: Fit) -> str:
    columns = _columns(fit)
    target = target_name(fit)
    if not columns:
        return f"How is {target} distributed?"
    shown = columns if len(columns) <= 3 else [*columns[:2], f"{len(columns) - 2} more columns"]
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"How does {target} depend on {listed}?"


def _columns(fit: Fit) -> list[str]:
    """Columns that the formulas read, those of the first parameter first."""
    if fit.recipe.features is not None:
        return list(fit.recipe.features)
    return list(dict.fromkeys(c for f in fit.recipe.formulas.values() for c in f.columns))


def _answer(
    fit: Fit, telling: list[Coefficient], found: Calibration | None, which: str
) -> list[str]:
    if not fit.converged:
        return _unsound(fit)
    sentences = []
    plain = [c for c in telling if c.term != "intercept"]
    clear = [c for c in plain if c.lower * c.upper > 0]
    sentences += [text for c in clear[:_EFFECTS] if (text := _effect(fit, c))]
    if plain:
        sentences.append(_tally(len(clear), plain))
    if fit.contest is not None:
        sentences.append(fit.contest.verdict)
    if found is not None:
        sentences.append(found.sentence(which))
    return sentences or [f"{target_name(fit)} is described by {fit.distribution.text()}."]


def _calibration(fit: Fit) -> tuple[Calibration | None, str]:
    """How predictions came true, and on which rows: held-out ones where a contest has some."""
    if fit.contest is not None and (found := fit.contest.calibration) is not None:
        return found, "held-out rows"
    which = "the rows that it was fitted to" if _own_rows(fit) else "the rows shown here"
    bounds = _pit_bounds(fit)
    return (calibration(*bounds, weights=row_counts(fit)) if bounds else None), which


def _miscalibration(fit: Fit, found: Calibration | None) -> list[Diagnosis]:
    """A worry where predicted probabilities are further off than chance allows."""
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


def _unsound(fit: Fit) -> list[str]:
    sentences = ["These estimates cannot be taken as they are: read first what to worry about."]
    names = [name for i, (_, name) in enumerate(fit._names()) if fit.estimate.infinite[i]]
    if names:
        verb = "has" if len(names) == 1 else "have"
        sentences.append(f"{', '.join(names)} {verb} no finite estimate.")
    return sentences


def _tally(clear: int, lines: list[Coefficient]) -> str:
    interval, count = f"{100 * _LEVEL:g} % interval", len(lines)
    if count == 1 and clear == 0:
        term = lines[0].term
        return f"These rows cannot tell the effect of {term} from none: its {interval} holds 0."
    if count == 1:
        return f"Its {interval} leaves out 0."
    if clear == 0:
        return (
            f"These rows can tell none of the {count} coefficients from 0: "
            f"every {interval} holds it."
        )
    which = f"All {count}" if clear == count else f"{clear} of the {count}"
    verb = "has" if clear == 1 else "have"
    return f"{which} coefficients {verb} a {interval} that leaves out 0."


def _effect(fit: Fit, c: Coefficient) -> str:
    """What one coefficient says, on the scale on which its link is read; empty where none is."""
    step = _step(fit, c.term)
    if step is None:
        return ""
    parameter, _, slot = c.parameter.rstrip("]").partition("[")
    link, target, levels = fit.links.get(parameter, ""), target_name(fit), fit.facts.levels
    if not link:
        return ""  # an unknown of a curve says what it does in the curve's own code
    interval = f"{100 * _LEVEL:g} % interval"
    if link == "log":
        what = f"multiplies the {parameter} of {target} by"
    elif slot and levels:
        what = f"multiplies the odds of {target} = {slot} against {levels[0]} by"
    elif link == "logit" and fit.distribution.support.name == "binary":
        event = levels[1] if levels else 1
        what = f"multiplies the odds of {target} = {event} by"
    elif link == "logit":
        what = f"multiplies the odds of the {parameter} of {target} by"
    else:
        scale = parameter if link == "identity" else f"{link} of the {parameter}"
        what = f"changes the {scale} of {target} by"
    values = [c.estimate, c.lower, c.upper]
    if what.startswith("multiplies"):
        values = [math.exp(min(v, 700.0)) for v in values]
    decimals = _decimals((values[2] - values[1]) / 2)
    estimate, low, high = (number(v, decimals) for v in values)
    if what.startswith("changes") and c.estimate > 0:
        estimate = f"+{estimate}"
    return f"{step} {what} {estimate} ({interval} {low} to {high}), all else equal."


def _step(fit: Fit, term: str) -> str | None:
    """The change that a coefficient is the effect of; None for terms without one of their own."""
    if level := re.fullmatch(r"(?:C\()?([^()\[\]:,]+)\)?\[(?:T\.)?(.+)\]", term):
        return f"{level[1]} = {level[2]}, rather than the reference,"
    if term == "intercept" or term not in _columns(fit):
        return None
    matrices = fit._rows.design.matrices.values()
    values = next(dense_column(m.values, m.names.index(term)) for m in matrices if term in m.names)
    if np.isin(values, (0, 1)).all():
        return f"{term} = 1, rather than 0,"
    return f"One more unit of {term}"


def _decimals(half: float) -> int:
    """As many decimals as show the first digit of half an interval: more would be noise."""
    return min(max(-math.floor(math.log10(half)), 0), 8) if half > 0 else 4


def _reproduce(fit: Fit) -> str:
    facts, recipe = fit.facts, fit.recipe
    family = fit.distribution.text()
    options = [_quoted(family)]
    defaults = Linked(fit.distribution, None, fit.linked.sizes).link_names
    changed = {name: link for name, link in fit.links.items() if link != defaults[name]}
    if changed:
        options.append(f"links={_mapping(changed)}")
    if not fit.predictor.linear:
        options.append(f"predictor=lk.{type(fit.predictor).__name__}(…)")
    for role in ("weights", "offset", "exposure", "groups"):
        if role in recipe.roles:
            name = recipe.roles[role]
            options.append(f"{role}={'…' if name is None else _quoted(name)}")
    taking = [f for f in recipe.formulas.values() if f.all_columns]
    if len(taking) > 1:
        options.append('predictor=lk.Linear(parameters="all")')
    if taking and not taking[0].intercept:
        options.append("intercept=False")
    if facts.weight_type == "precision":
        options.append('weight_type="precision"')
    if facts.n_dropped:
        options.append('missing="drop"')
    given = f"{_formulas(fit)}, data" if recipe.features is None else "y, X"
    return "\n".join(
        [
            f"import likelier as lk  # {__version__}",
            "",
            f"fit = lk.fit({given}, {', '.join(options)})",
            f"fit.n_observations  # {fit.n_observations:,}",
            f"fit.log_likelihood  # {fit.log_likelihood:.6f}",
            'fit.report("report.html")  # this page',
        ]
    )


def _formulas(fit: Fit) -> str:
    """The formulas as they are given to `fit`, intercepts left unsaid."""
    target = fit.facts.target
    texts = {
        name: re.sub(r"^1 \+ ", "", re.sub(r"^0 \+ ", "-1 + ", text))
        for name, text in fit.facts.formulas.items()
    }
    first, *others = texts
    named = {name: f"~ {texts[name]}" for name in others if texts[name] != "1"}
    head = f"{target} ~ {texts[first]}"
    return _mapping({first: head, **named}) if named else _quoted(head)


def _quoted(text: str) -> str:
    """A text as Python writes it, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _mapping(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_quoted(k)}: {_quoted(v)}" for k, v in texts.items()) + "}"


# ---------------------------------------------------------------------- pictures


def _contest_figure(contest: ContestData | None) -> list[Figure]:
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


def _figures(fit: Fit, telling: list[Coefficient]) -> list[Figure]:
    figures = []
    if has_counts(fit):
        figures.append(
            _figure(
                "Does it expect the counts that were seen?",
                "Bars: how many rows had each count. Points: how many the fit expects, with ± 2 "
                "standard deviations. Look at 0 and at the tail.",
                plots.counts(counts_data([fit, *_rivals(fit)])),
                "counts",
            )
        )
    for i, c in enumerate(telling[:_CURVES] if _own_rows(fit) else []):
        figures.append(
            _figure(
                f"How well is {_named(c, telling)} known?",
                "Height: how well each value of the coefficient explains the data when all others "
                "are refitted to it. Shaded: its interval. Where solid and dashed part, the "
                "intervals of the table, which rest on the dashed curve, are rough."
                if i == 0
                else "Read like the curve before, for another coefficient.",
                plots.profile(profile_data(fit, (c.parameter, c.term), _LEVEL, _POINTS)),
                f"profile{i}",
            )
        )
    bounds = _pit_bounds(fit)
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
    levels = fit.facts.levels or (0, 1)
    if fit.distribution.support.name == "binary" and len(levels) == 2:
        figures.append(
            _figure(
                "Does a predicted 70 % come true 70 % of the time?",
                "Each point holds as many rows as any other. On the diagonal, what was predicted "
                "is what happened; bars show where points would lie by chance.",
                fit.plot.reliability(),
                "reliability",
            )
        )
    if len(telling) > 1:
        figures.append(
            _figure(
                "Which coefficients stand apart from 0?",
                "Estimates with their intervals, on the scale of the link and in the units of "
                "each column; grey ones cannot be told from 0."
                + (f" The {_LINES} clearest of {len(telling)}." if len(telling) > _LINES else ""),
                plots.coefficients(_clearest(fit, telling), links=fit.links, level=_LEVEL),
                "coefficients",
            )
        )
    return figures


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
        if c.fit is not None and c.fit.distribution is not fit.distribution
    ]
    return others if len(others) <= 2 else [others[0], others[-1]]


def _pit_bounds(fit: Fit) -> tuple[Array, Array] | None:
    """P(Y < y) and P(Y <= y), where the target is one number and the family can say them."""
    if fit.distribution.support.name in ("labels", "binary") or not single(fit):
        return None
    try:
        return pit_bounds(fit._fitted, fit._rows.problem.function.y)
    except UndefinedError:
        return None


# ---------------------------------------------------------------------- worst rows


def _worst(fit: Fit) -> Table | None:
    """The rows of the highest NLL: what was seen, what was expected, and their features."""
    y = fit._rows.problem.function.y
    if not single(fit) or len(y) < 2 * _WORST:
        return None
    nll = np.asarray(fit._fitted.nll(y), dtype=float)
    rows = np.argsort(-nll, kind="stable")[:_WORST]
    predicted = fit._fitted[rows]
    design = fit._rows.design
    names = [design.row_name(int(i)) for i in rows]
    columns: dict[str, list[str]] = {"row": [re.sub(r"^row ", "", name) for name in names]}
    levels = fit.facts.levels
    if fit.distribution.support.name in ("labels", "binary"):
        seen = [str(levels[int(v)]) if levels else f"{v:g}" for v in y[rows]]
        columns[target_name(fit)] = seen
        columns["predicted probability"] = [number(math.exp(-v), 4) for v in nll[rows]]
    else:
        columns[target_name(fit)] = [_plain(v) for v in y[rows]]
        columns["predicted median"] = [_plain(v, 4) for v in np.asarray(predicted.median)]
        low, high = predicted.interval(0.9)
        columns["90 % interval"] = [
            f"{_plain(a, 4)} to {_plain(b, 4)}" for a, b in zip(low, high, strict=True)
        ]
    columns["NLL"] = [number(v, 2) for v in nll[rows]]
    for name, texts in list(_feature_texts(fit, rows).items())[:_COLUMNS]:
        columns.setdefault(name, texts)
    return Table(list(columns), list(zip(*columns.values(), strict=True)))


def _plain(value: float, digits: int = 6) -> str:
    return f"{value:,.{digits}g}".replace("-", "−")


def _feature_texts(fit: Fit, rows: Array) -> dict[str, list[str]]:
    """Features of some rows by term; dummies of one term as the label that they stand for."""
    texts: dict[str, list[str]] = {}
    for matrix in fit._rows.design.matrices.values():
        groups = matrix.groups or [(n, slice(i, i + 1)) for i, n in enumerate(matrix.names)]
        for term, columns in groups:
            names = matrix.names[columns]
            indices = range(*columns.indices(len(matrix.names)))
            values = np.column_stack([dense_column(matrix.values[rows], i) for i in indices])
            labels = [re.fullmatch(r".*?\[(?:T\.)?([^\[\]]*)\]", name) for name in names]
            if all(labels) and ":" not in term and np.isin(values, (0, 1)).all():
                shown = [label[1] for label in labels if label]
                texts[term.replace("`", "")] = [
                    shown[int(row.argmax())] if row.any() else "(reference)" for row in values
                ]
            elif len(names) == 1:
                texts[names[0]] = [_plain(v) for v in values[:, 0]]
    return texts
