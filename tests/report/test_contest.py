"""The contest as text and HTML."""

from __future__ import annotations

import math

import pytest

from likelier.report import ContestData, ContestLine, contest_html, contest_text


@pytest.fixture
def data() -> ContestData:
    lines = [
        ContestLine("negative_binomial", 2.14, 0.0, 0.0, "best", True),
        ContestLine("poisson", 3.0912, 0.9511, 0.024, "worse, clearly", False),
        ContestLine("geometric", math.inf, math.inf, math.nan, "no finite likelihood", False),
    ]
    return ContestData("visits", 5, lines, "negative_binomial explains held-out rows best.")


def test_text(data: ContestData) -> None:
    first, best, worse, failed, verdict = contest_text(data).splitlines()
    assert first.startswith("Which distribution explains visits best?")
    assert first.endswith("held-out NLL per row (5 folds)")
    assert best.split() == ["negative_binomial", "2.1400", "best"]
    assert worse.split("  ")[-1].strip() == "worse, clearly"
    assert "+0.951 ± 0.024" in worse
    assert failed.split() == ["geometric", "–", "no", "finite", "likelihood"]
    assert verdict == data.verdict


def test_what_cannot_be_compared_has_no_difference() -> None:
    lines = [
        ContestLine("poisson", 2.7, 0.0, 0.0, "best", True),
        ContestLine("normal", 2.6, math.nan, math.nan, "not comparable", False),
    ]
    text = contest_text(ContestData("y", 5, lines, ""))
    (line,) = (line for line in text.splitlines() if line.startswith("  normal"))
    assert line.split() == ["normal", "2.6000", "–", "not", "comparable"]


@pytest.mark.parametrize("width", [80, 92])
def test_long_sentences_are_wrapped(data: ContestData, width: int) -> None:
    reason = "column `visits` holds a value that this distribution cannot take " * 3
    lines = [*data.lines, ContestLine("zero_inflated(beta)", math.inf, 0, 0, reason, False)]
    long = ContestData("y", 5, lines, "one of these cannot be told apart " * 8)
    assert max(map(len, contest_text(long, width).splitlines())) <= width


def test_candidates_that_are_the_same_fit_are_called_so() -> None:
    lines = [
        ContestLine("poisson", 2.0, 0.0, 0.0, "best", True),
        ContestLine("zero_inflated(poisson)", 2.0, 0.0, 0.0, "within the noise", False),
    ]
    text = " ".join(contest_text(ContestData("y", 5, lines, "")).split())
    assert "zero_inflated(poisson) 2.0000 the same within the noise" in text


def test_html_escapes(data: ContestData) -> None:
    named = ContestData("y", 5, [ContestLine("<b>", 1.0, 0, 0, "<i>", True)], "<u>")
    assert not any(tag in contest_html(named) for tag in ("<b>", "<i>", "<u>"))
    assert "∞" not in contest_html(data)
