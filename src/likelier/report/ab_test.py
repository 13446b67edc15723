"""The tables of an A/B test: text for a terminal, HTML for a notebook."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from likelier.diagnosis import Diagnosis, diagnosis_lines, diagnosis_notes
from likelier.display import WIDTH, html_block, html_note, html_table, number


@dataclass(frozen=True)
class ArmLine:
    """One arm.

    Attributes:
        name: of the arm; data: its totals as text.
        median, lower, upper: of the posterior.
        best: probability of being the best.
        loss: expected loss of choosing it.
    """

    name: str
    data: str
    median: float
    lower: float
    upper: float
    best: float
    loss: float


@dataclass(frozen=True)
class EffectLine:
    """One arm beside the baseline: estimate and interval of a difference and of a lift."""

    name: str
    difference: tuple[float, float, float]
    lift: tuple[float, float, float]
    better: float


@dataclass(frozen=True)
class ABTestData:
    """All that the tables of a test show.

    Attributes:
        verdict: one sentence.
        quantity: what arms are compared by; data_names: what their totals are.
        baseline: the arm that effects are relative to.
        level: of the intervals.
        arms: one line each; effects: one for each arm but the baseline.
        diagnoses: what is wrong; notes: what to know.
    """

    verdict: str
    quantity: str
    data_names: str
    baseline: str
    level: float
    arms: Sequence[ArmLine]
    effects: Sequence[EffectLine]
    diagnoses: Sequence[Diagnosis]
    notes: Sequence[str]


@dataclass(frozen=True)
class AdjustedData:
    """What the table of an adjusted test shows.

    Attributes:
        verdict: one sentence.
        scale: what the estimates are: "odds ratio", "ratio of means", "difference of means".
        baseline: the arm that effects are relative to.
        level: of the intervals.
        effects: name, rows, estimate, lower, upper of each other arm.
        diagnoses, notes: as of `ABTestData`.
    """

    verdict: str
    scale: str
    baseline: str
    level: float
    effects: Sequence[tuple[str, float, float, float, float]]
    diagnoses: Sequence[Diagnosis]
    notes: Sequence[str]


Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def ab_test_text(data: ABTestData | AdjustedData, width: int = WIDTH) -> str:
    """Verdict, what is wrong, tables, notes, for a terminal of so many columns."""
    blocks = ["\n".join(_wrapped(data.verdict, width))]
    if data.diagnoses:
        blocks.append("\n".join(diagnosis_lines(data.diagnoses, width)))
    blocks += [_text_table(*table, width) for table in _tables(data)]
    blocks.append("\n".join(line for note in data.notes for line in _wrapped(note, width)))
    return "\n\n".join(filter(None, blocks))


def ab_test_html(data: ABTestData | AdjustedData) -> str:
    """The same as HTML, escaped."""
    tables = [html_table(heads, rows, label=heads[0]) for heads, rows in _tables(data)]
    return html_block(
        "ab-test",
        html_note("", strong=data.verdict),
        *diagnosis_notes(data.diagnoses),
        *tables,
        *(html_note(note, small=True) for note in data.notes),
    )


def chance(p: float) -> str:
    """A probability in per cent, never as 0 or 100 unless it is."""
    if 0 < p < 5e-4:
        return "<0.1 %"
    if 1 > p > 1 - 5e-4:
        return ">99.9 %"
    return f"{100 * p:.1f} %"


def decimals_of(lower: float, upper: float) -> int:
    """As many decimals as an interval of this width knows, three digits of its width."""
    width = upper - lower
    if not 0 < width < math.inf:
        return 3
    return max(0, 2 - math.floor(math.log10(width)))


def decimals_for(value: float, digits: int = 2) -> int:
    """As many decimals as show so many digits of a number."""
    if not 0 < abs(value) < math.inf:
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def amount(value: float, decimals: int, signed: bool = False) -> str:
    """A number with so many decimals, its sign if wanted; very small ones in scientific form."""
    small = decimals > 6 and 0 < abs(value) < 1e-3
    text = f"{value:.3g}".replace("-", "−") if small else number(value, min(decimals, 12))
    return f"+{text}" if signed and value > 0 else text


def share(value: float, decimals: int = 1) -> str:
    """A signed share in per cent."""
    return f"{amount(100 * value, decimals, True)} %"


def interval_text(lower: float, upper: float, decimals: int, signed: bool = False) -> str:
    """An interval in brackets."""
    return f"[{amount(lower, decimals, signed)}, {amount(upper, decimals, signed)}]"


def lift_decimals(lower: float, upper: float) -> int:
    """Decimals of a lift in per cent."""
    return max(1, decimals_of(100 * lower, 100 * upper) - 1) if math.isfinite(upper - lower) else 1


def _tables(data: ABTestData | AdjustedData) -> list[Table]:
    limits = f"{100 * data.level:g} % interval"
    if isinstance(data, AdjustedData):
        rows: list[tuple[str, ...]] = []
        for name, count, estimate, lower, upper in data.effects:
            d = decimals_of(lower, upper)
            rows.append(
                (name, f"{count:,.10g}", amount(estimate, d), interval_text(lower, upper, d))
            )
        return [((f"against {data.baseline}", "rows", data.scale, limits), rows)]
    arms: list[tuple[str, ...]] = []
    for arm in data.arms:
        d = decimals_of(arm.lower, arm.upper)
        arms.append(
            (
                arm.name,
                arm.data,
                amount(arm.median, d),
                interval_text(arm.lower, arm.upper, d),
                chance(arm.best),
                amount(arm.loss, decimals_for(arm.loss)),
            )
        )
    heads = ("arm", data.data_names, data.quantity, limits, "P(best)", "expected loss")
    effects: list[tuple[str, ...]] = []
    for e in data.effects:
        d, p = decimals_of(*e.difference[1:]), lift_decimals(*e.lift[1:])
        lift = [100 * v for v in e.lift]
        effects.append(
            (
                e.name,
                amount(e.difference[0], d, True),
                interval_text(*e.difference[1:], d, True),
                share(e.lift[0], p),
                interval_text(lift[1], lift[2], p, True) + " %",
                chance(e.better),
            )
        )
    beside = (f"against {data.baseline}", "difference", limits, "lift", limits, "P(better)")
    return [(heads, arms), (beside, effects)]


def _text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Columns set apart, the first one to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    gap = "  " if sum(widths) + 3 * len(widths) > width else "   "

    def line(cells: Sequence[str]) -> str:
        rest = (f"{cell:>{w}}" for cell, w in zip(cells[1:], widths[1:], strict=True))
        return gap.join([f"{cells[0]:<{widths[0]}}", *rest])

    head = line(heads)
    return "\n".join([head, "─" * len(head), *map(line, rows)])


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
