"""The summary of a fit: text when printed, HTML in a notebook, `.table` as a data frame."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from likelier.diagnosis import diagnosis_lines, diagnosis_notes
from likelier.display import (
    WIDTH,
    counted,
    grouped,
    html_block,
    html_blocks,
    html_facts,
    html_note,
    number,
    p_value,
    parameter_heading,
    same_decimals,
)
from likelier.report._base import Coefficient, SummaryData

if TYPE_CHECKING:
    import pandas as pd


class Summary:
    """A fit as people read it: what is wrong, the fit in a sentence, a table for each parameter."""

    def __init__(self, data: SummaryData) -> None:
        self.data = data

    @property
    def table(self) -> pd.DataFrame:
        """One row a coefficient: parameter, term, estimate, standard_error, z, p_value, limits."""
        import pandas as pd

        return pd.DataFrame(
            {
                "parameter": [c.parameter for c in self.data.coefficients],
                "term": [c.term for c in self.data.coefficients],
                "estimate": [_shown(c) for c in self.data.coefficients],
                "standard_error": [c.standard_error for c in self.data.coefficients],
                "z": [c.z for c in self.data.coefficients],
                "p_value": [c.p_value for c in self.data.coefficients],
                "lower": [c.lower for c in self.data.coefficients],
                "upper": [c.upper for c in self.data.coefficients],
            }
        )

    def text(self, width: int = WIDTH) -> str:
        """The summary for a terminal of so many columns: what is wrong first, then the answer."""
        blocks = {name: self._cells(name) for name in self._parameters()}
        spans = _spans(list(blocks.values()), width) if blocks else []
        lines = [*self._troubles(width), *self._headline(width), ""]
        for rows in blocks.values():
            head, *rest = (_aligned(row, spans) for row in rows)
            lines += [head, "─" * (sum(spans) + 2 * len(spans) - 2), *rest, ""]
        lines += [textwrap.fill(note, width) for note in self._notes()]
        return "\n".join(lines).rstrip()

    def on_command_line(self) -> Summary:
        """The same with the remedies that the command line takes."""
        told = tuple(d.on_command_line() for d in self.data.diagnoses)
        # There the contest itself has been printed.
        return Summary(replace(self.data, diagnoses=told, rivals=()))

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_summary(self)

    # ------------------------------------------------------------------ parts

    def _troubles(self, width: int) -> list[str]:
        """Diagnoses with a hanging indent, then whether the fit converged."""
        lines = diagnosis_lines(self.data.diagnoses, width)
        if not self.data.converged:
            lines.append(f"! converged    no{self._why_not()}")
        return [*lines, ""] if lines else []

    def _why_not(self) -> str:
        """What has no finite value, where that is all that keeps a fit from being one."""
        if any(d.severity == "serious" for d in self.data.diagnoses):
            return ""
        names = dict.fromkeys(c.parameter for c in self.data.coefficients if c.infinite)
        if not names:
            return ""
        verb = "has" if len(names) == 1 else "have"
        return f": {' and '.join(names)} {verb} no finite value; the rest stands"

    def header(self) -> list[tuple[str, str]]:
        """The facts of the fit by name."""
        d = self.data
        rows = grouped(d.n_rows) + (f" ({grouped(d.n_dropped)} dropped)" if d.n_dropped else "")
        facts = [
            ("Target", d.event),
            ("Distribution", d.family),
            ("Rows", rows),
            ("Converged", ("yes" if d.converged else "no") + f", {d.passes} {self._passes}"),
            ("Log-likelihood", number(d.log_likelihood, 3)),
            *(
                d.training
                or (
                    ("AIC", number(d.aic, 2)),
                    ("Coefficients", f"{d.degrees_of_freedom:.4g}"),
                    ("BIC", number(d.bic, 2)),
                )
            ),
        ]
        if d.residual is not None:
            facts.append(("Certificate", f"largest subgradient {d.residual:.1g}"))
        if d.weight_type is not None:
            facts.append((f"Observations ({d.weight_type} weights)", f"{d.n_observations:,.10g}"))
        return facts

    @property
    def _passes(self) -> str:
        one, several = ("epoch", "epochs") if self.data.training else ("pass", "passes")
        return one if self.data.passes == 1 else several

    def _headline(self, width: int) -> list[str]:
        """The fit in a sentence, broken between its facts where a line is too short for it."""
        first, *rest = self._facts()
        lines = [first]
        for part in rest:
            if len(lines[-1]) + 3 + len(part) <= width:
                lines[-1] += f" · {part}"
            else:
                lines.append(part)
        return lines

    def _facts(self) -> list[str]:
        """The fit in a few words a fact, the first what was fitted."""
        d = self.data
        parts = [
            f"{d.event} as {d.family}",
            counted(d.n_rows, "row") + (f" ({grouped(d.n_dropped)} dropped)" * (d.n_dropped > 0)),
            f"log-likelihood {number(d.log_likelihood, 3)}",
            *(
                [f"{name[0].lower()}{name[1:]} {value}" for name, value in d.training]
                or [
                    f"AIC {number(d.aic, 2)}",
                    f"BIC {number(d.bic, 2)}",
                    f"{d.degrees_of_freedom:.4g} coefficients",
                ]
            ),
            f"converged in {d.passes} {self._passes}"
            if d.converged
            else f"not converged after {d.passes} {self._passes}",
        ]
        if d.residual is not None:
            parts.append(f"certificate: subgradient {d.residual:.1g}")
        if d.weight_type is not None:
            parts.insert(2, f"{d.n_observations:,.10g} observations by {d.weight_type} weights")
        return parts

    def _parameters(self) -> list[str]:
        return list(dict.fromkeys(c.parameter for c in self.data.coefficients))

    def _cells(self, parameter: str) -> list[tuple[str, ...]]:
        """The texts of a parameter's table, its head first."""
        own = [c for c in self.data.coefficients if c.parameter == parameter]
        level = f"{100 * self.data.level:g} % interval"
        title = parameter_heading(parameter, self.data.links)
        head = (title, "estimate", "std. error", "z", "p", level)
        return [head, *((c.term, *row) for c, row in zip(own, cells(own), strict=True))]

    def _notes(self) -> list[str]:
        notes = list(self.data.notes)
        if self.data.rivals:
            *others, last = self.data.rivals
            names = f"{', '.join(others)} and {last}" if others else last
            notes.append(
                f"{self.data.family} was chosen beside {names} by held-out NLL: see fit.contest."
            )
        if self.data.training:
            return notes
        linked = [name for name, link in self.data.links.items() if link != "identity"]
        own = [p for p in self._parameters() if not self.data.links.get(p.split("[")[0], "")]
        known = self.data.covariance
        errors = f"standard errors come from the {known}" if known else "no standard errors hold"
        if linked and own:
            # A curve's unknowns have units of their own.
            errors = f"Estimates of {', '.join(linked)} are on the scale of the link; {errors}"
        elif linked:
            errors = f"Estimates are on the scale of the link; {errors}"
        notes.append(f"{errors[0].upper()}{errors[1:]}.")
        return notes


_LEAST, _USUAL, _MOST = 10, 18, 40
"""Columns of the names of terms, which are cut before a line gets too long."""


def _spans(blocks: Sequence[Sequence[Sequence[str]]], width: int) -> list[int]:
    """Width of each column, alike in all blocks."""
    rows = [row for block in blocks for row in block]
    names, *numbers = (max(map(len, column)) for column in zip(*rows, strict=True))
    room = width - sum(numbers) - 2 * len(numbers)
    return [max(min(max(names, _USUAL), room, _MOST), _LEAST), *numbers]


def _aligned(row: Sequence[str], spans: Sequence[int]) -> str:
    """A line of a table: the name left, cut in its middle if need be, the numbers right."""
    name, *numbers = row
    shown = name
    if len(name) > spans[0]:
        tail = spans[0] // 2
        shown = f"{name[: spans[0] - tail - 1]}…{name[-tail:]}"
    cells = [f"{text:>{span}}" for text, span in zip(numbers, spans[1:], strict=True)]
    return "  ".join([f"{shown:<{spans[0]}}", *cells])


def _shown(c: Coefficient) -> float:
    return math.copysign(math.inf, c.infinite) if c.infinite else c.estimate


def cells(coefficients: Sequence[Coefficient]) -> list[tuple[str, str, str, str, str]]:
    """Texts of estimate, standard error, z, p and interval, decimals alike within a block."""
    finite = [c for c in coefficients if not c.infinite]
    estimates = dict(
        zip(
            map(id, finite),
            same_decimals([(c.estimate, c.standard_error) for c in finite]),
            strict=True,
        )
    )
    rows = []
    for c in coefficients:
        if c.infinite:
            rows.append(("∞" if c.infinite > 0 else "−∞", "–", "–", "–", _open_interval(c)))
            continue
        estimate, error, decimals = estimates[id(c)]
        known = c.standard_error == c.standard_error
        interval = f"[{number(c.lower, decimals)}, {number(c.upper, decimals)}]" if known else "–"
        rows.append(
            (
                estimate,
                error if known else "–",
                number(c.z, 2, 1.0) if known else "–",
                p_value(c.p_value) if known else "–",
                interval,
            )
        )
    return rows


def _open_interval(c: Coefficient) -> str:
    """The profile interval of a coefficient without a finite estimate, open on one side."""
    if math.isfinite(c.lower) and math.isinf(c.upper):
        return f"[{number(c.lower, 2)}, ∞) profile"
    if math.isfinite(c.upper) and math.isinf(c.lower):
        return f"(−∞, {number(c.upper, 2)}] profile"
    return "–"


def html_summary(summary: Summary, *, whole: bool = True) -> str:
    """The summary as HTML, with everything that a user named escaped.

    Args:
        summary: of a fit.
        whole: whether it stands by itself, problems and a sentence first; on a page, which says
            these elsewhere, a table of the facts comes first.
    """
    parts = diagnosis_notes(summary.data.diagnoses) if whole else []
    if whole:
        first, *rest = summary._facts()
        parts.append(html_note(" ".join(["", *(f"· {fact}" for fact in rest)]), strong=first))
    else:
        parts.append(html_facts(summary.header()))
    tables = [summary._cells(parameter) for parameter in summary._parameters()]
    if tables:
        parts.append(html_blocks([(head, rows) for head, *rows in tables], label="estimates"))
    parts += [html_note(note, small=True) for note in summary._notes()]
    return html_block("summary", *parts)
