"""The sentences of a page: its question, and what a coefficient says on the scale of its link."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from likelier.display import number
from likelier.model.answers.observed import dense_column
from likelier.model.names import target_name
from likelier.report import Coefficient

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

LEVEL = 0.95
"""Of the intervals on a page."""


def question(fit: Fit) -> str:
    read = columns(fit)
    target = target_name(fit)
    measured = fit.predictor.measured
    if measured and read:
        verb = "does" if len(measured) == 1 else "do"
        return f"How {verb} {' and '.join(measured)} change with {read[0]}?"
    if not read:
        return f"How is {target} distributed?"
    shown = read if len(read) <= 3 else [*read[:2], f"{len(read) - 2} more columns"]
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"How does {target} depend on {listed}?"


def columns(fit: Fit) -> list[str]:
    """Columns that the formulas read, those of the first parameter first."""
    if fit.recipe.features is not None:
        return list(fit.recipe.features)
    return list(dict.fromkeys(c for f in fit.recipe.formulas.values() for c in f.columns))


def unsound(fit: Fit) -> list[str]:
    sentences = ["These estimates cannot be taken as they are: read first what to worry about."]
    lost = [name for i, (_, name) in enumerate(fit._names()) if fit.estimate.infinite[i]]
    if names := list(dict.fromkeys(lost)):
        verb = "has" if len(names) == 1 else "have"
        sentences.append(f"{', '.join(names)} {verb} no finite estimate.")
    return sentences


def tally(clear: int, lines: list[Coefficient]) -> str:
    interval, count = f"{100 * LEVEL:g} % interval", len(lines)
    if count == 1 and clear == 0:
        term = lines[0].term
        return f"These rows cannot tell the effect of {term} from none: its {interval} holds 0."
    if count == 1:
        return f"The {interval} of its coefficient leaves out 0."
    if clear == 0:
        return (
            f"These rows can tell none of the {count} coefficients from 0: "
            f"every {interval} holds it."
        )
    which = f"All {count}" if clear == count else f"{clear} of the {count}"
    verb = "has" if clear == 1 else "have"
    return f"{which} coefficients {verb} a {interval} that leaves out 0."


def is_unknown(fit: Fit, c: Coefficient) -> bool:
    """Whether it is an unknown of a curve, which has no link and a unit of its own."""
    return not fit.links.get(c.parameter.partition("[")[0], "")


def estimate(c: Coefficient) -> str:
    """What an unknown of a curve is, with its interval."""
    decimals = _decimals((c.upper - c.lower) / 2)
    value, low, high = (number(v, decimals) for v in (c.estimate, c.lower, c.upper))
    return f"{c.term} is {value} ({100 * LEVEL:g} % interval {low} to {high})"


def effect(fit: Fit, c: Coefficient) -> str:
    """What one coefficient says, on the scale on which its link is read; empty where none is."""
    step = _step(fit, c.term)
    if step is None:
        return ""
    parameter, _, slot = c.parameter.rstrip("]").partition("[")
    link, target, levels = fit.links.get(parameter, ""), target_name(fit), fit.facts.levels
    if not link:
        return ""  # an unknown of a curve says what it does in the curve's own code
    interval = f"{100 * LEVEL:g} % interval"
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
        scale = parameter if link == "identity" else f"{link.split('(')[0]} of the {parameter}"
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
        reference = reference_level(fit, term.rpartition("[")[0]) or "the reference"
        return f"{level[1]} = {level[2]}, rather than {reference},"
    if term == "intercept" or term not in columns(fit):
        return None
    matrices = fit._rows.design.matrices.values()
    values = next(dense_column(m.values, m.names.index(term)) for m in matrices if term in m.names)
    if np.isin(values, (0, 1)).all():
        return f"{term} = 1, rather than 0,"
    return f"One more unit of {term}"


def reference_level(fit: Fit, factor: str) -> str:
    """The level of a factor that has no coefficient of its own; empty where that is not one."""
    names = {name for m in fit._rows.design.matrices.values() for name in m.names}
    levels = fit.recipe.factors.get(factor, {}).get("levels", ())
    rest = [
        str(level) for level in levels if not {f"{factor}[{level}]", f"{factor}[T.{level}]"} & names
    ]
    return rest[0] if len(rest) == 1 else ""


def _decimals(half: float) -> int:
    """As many decimals as show the first digit of half an interval, or two where it is a 1."""
    return min(max(-math.floor(math.log10(half / 2)), 0), 8) if half > 0 else 4
