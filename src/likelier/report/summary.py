"""The summary of a fit: text when printed, HTML in a notebook, `.table` as a data frame."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from likelier.display import (
    WIDTH,
    grouped,
    html_block,
    html_facts,
    html_note,
    html_table,
    number,
    p_value,
    same_decimals,
)
from likelier.report._base import Coefficient, SummaryData

if TYPE_CHECKING:
    import pandas as pd

_MARKS = {"serious": "!", "warning": "!", "note": "·"}


class Summary:
    """A fit in the shape that statsmodels' users know, with what is wrong standing first."""

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

    def __str__(self) -> str:
        lines = [*self._troubles(), *self._header(), ""]
        for parameter in self._parameters():
            lines += [*self._block(parameter), ""]
        lines += [textwrap.fill(note, WIDTH) for note in self._notes()]
        return "\n".join(lines).rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_summary(self)

    # ------------------------------------------------------------------ parts

    def _troubles(self) -> list[str]:
        """Diagnoses with a hanging indent, then whether the fit converged."""
        lines: list[str] = []
        for d in self.data.diagnoses:
            head = f"{_MARKS[d.severity]} {d.kind:<12} "
            text = d.message.rstrip(".") + "."
            lines += textwrap.wrap(
                text,
                WIDTH,
                initial_indent=head,
                subsequent_indent=" " * len(head),
                break_on_hyphens=False,
            )
            if d.remedy:
                lines += textwrap.wrap(
                    f"Remedy: {d.remedy}.",
                    WIDTH,
                    initial_indent=" " * len(head),
                    subsequent_indent=" " * len(head),
                    break_on_hyphens=False,
                )
        if not self.data.converged:
            lines.append("! converged    no")
        return [*lines, ""] if lines else []

    def header(self) -> list[tuple[str, str]]:
        """The facts of the fit by name."""
        d = self.data
        rows = grouped(d.n_rows) + (f" ({grouped(d.n_dropped)} dropped)" if d.n_dropped else "")
        facts = [
            ("Target", d.target),
            ("Distribution", d.family),
            ("Rows", rows),
            ("Converged", ("yes" if d.converged else "no") + f", {d.passes} passes"),
            ("Log-likelihood", number(d.log_likelihood, 3)),
            ("AIC", number(d.aic, 2)),
            ("Coefficients", f"{d.degrees_of_freedom:.4g}"),
            ("BIC", number(d.bic, 2)),
        ]
        if d.weight_type is not None:
            facts.append((f"Observations ({d.weight_type} weights)", f"{d.n_observations:,.10g}"))
        return facts

    def _header(self) -> list[str]:
        facts = self.header()
        left, right = facts[0::2], facts[1::2]
        wide = max(len(k) for k, _ in left), max(len(k) for k, _ in right)
        half = WIDTH // 2
        lines = ["═" * WIDTH]
        for i, (name, value) in enumerate(left):
            start = f"{name + ':':<{wide[0] + 1}} {value}"
            if i < len(right):
                other, held = right[i]
                start = f"{start:<{half}}{other + ':':<{wide[1] + 1}} {held}"
            lines.append(start)
        return [*lines, "═" * WIDTH]

    def _parameters(self) -> list[str]:
        return list(dict.fromkeys(c.parameter for c in self.data.coefficients))

    def _block(self, parameter: str) -> list[str]:
        own = [c for c in self.data.coefficients if c.parameter == parameter]
        rows = cells(own)
        link = self.data.links.get(parameter.split("[")[0], "")
        limits = f"{100 * self.data.level:g} % interval"
        width = self._term_width()
        title = f"{parameter} ({link} link)" if link else parameter
        head = (
            f"{title:<{width}} {'estimate':>11} {'std. error':>11} {'z':>8} {'p':>7}  {limits:>20}"
        )
        lines = [head, "─" * WIDTH]
        for c, (estimate, error, z, p, interval) in zip(own, rows, strict=True):
            term = c.term if len(c.term) <= width else c.term[: width - 1] + "…"
            lines.append(
                f"{term:<{width}} {estimate:>11} {error:>11} {z:>8} {p:>7}  {interval:>20}"
            )
        return lines

    def _term_width(self) -> int:
        """Width of the first column, alike in all blocks."""
        terms = [len(c.term) for c in self.data.coefficients]
        titles = [
            len(p) + len(self.data.links.get(p.split("[")[0], "")) + 8 for p in self._parameters()
        ]
        return min(max([*terms, *titles, 18]), 34)

    def _notes(self) -> list[str]:
        notes = list(self.data.notes)
        links = sorted({link for link in self.data.links.values() if link != "identity"})
        known = self.data.covariance
        errors = f"standard errors come from the {known}" if known else "no standard errors hold"
        if links:
            errors = f"Estimates are on the scale of the link; {errors}"
        notes.append(f"{errors[0].upper()}{errors[1:]}.")
        return notes


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


def html_summary(summary: Summary, *, diagnoses: bool = True) -> str:
    """The summary as HTML, with everything that a user named escaped."""
    parts = []
    for d in summary.data.diagnoses if diagnoses else ():
        remedy = f" Remedy: {d.remedy.rstrip('.')}." if d.remedy else ""
        parts.append(html_note(f"{d.message.rstrip('.')}.{remedy}", kind=d.severity, strong=d.kind))
    parts.append(html_facts(summary.header()))
    level = f"{100 * summary.data.level:g} % interval"
    for parameter in summary._parameters():
        own = [c for c in summary.data.coefficients if c.parameter == parameter]
        link = summary.data.links.get(parameter.split("[")[0], "")
        title = f"{parameter} ({link} link)" if link else parameter
        rows = [(c.term, *texts) for c, texts in zip(own, cells(own), strict=True)]
        heads = (title, "estimate", "std. error", "z", "p", level)
        parts.append(html_table(heads, rows, label=title))
    parts += [html_note(note, small=True) for note in summary._notes()]
    return html_block("summary", *parts)
