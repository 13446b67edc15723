"""The summary: what is wrong first, then the facts, then one block a parameter."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from likelier.diagnosis import Diagnosis
from likelier.report import Coefficient, Summary, SummaryData

NAN = math.nan
SEPARATED = Diagnosis(
    "separation",
    "serious",
    "column `treated` predicts `recovered` perfectly for 14 of 60 rows",
    remedy="leave out `treated`",
)


@pytest.fixture
def data() -> SummaryData:
    return SummaryData(
        family="negative_binomial",
        target="visits",
        formulas={"mean": "1 + age", "dispersion": "1"},
        links={"mean": "log", "dispersion": "log"},
        n_rows=20190,
        n_observations=20190,
        n_dropped=12,
        weight_type=None,
        log_likelihood=-43383.662,
        aic=86773.32,
        bic=86797.06,
        degrees_of_freedom=3,
        converged=True,
        reason="converged",
        passes=6,
        seconds=0.2,
        level=0.95,
        coefficients=[
            Coefficient("mean", "intercept", 0.6636, 0.0248, 0.6150, 0.7122),
            Coefficient("mean", "age", -0.0579, 0.0061, -0.0699, -0.0459),
            Coefficient("dispersion", "intercept", 0.257, 0.0144, 0.2288, 0.2852),
        ],
    )


def test_the_first_line_is_the_fit_in_a_sentence(data: SummaryData) -> None:
    first, second, *_ = str(Summary(data)).splitlines()
    assert first == (
        "visits as negative_binomial · 20,190 rows (12 dropped) · log-likelihood −43,383.662"
    )
    assert second == "AIC 86,773.32 · BIC 86,797.06 · 3 coefficients · converged in 6 passes"
    weighted = replace(data, weight_type="frequency", n_observations=30000.0)
    assert "30,000 observations by frequency weights" in str(Summary(weighted))


def test_there_is_one_block_a_parameter_with_its_link(data: SummaryData) -> None:
    lines = str(Summary(data)).splitlines()
    heads = [line for line in lines if "estimate" in line and "95 % interval" in line]
    assert [head.split("  ")[0] for head in heads] == ["mean (log link)", "dispersion (log link)"]
    (age,) = (line.split() for line in lines if line.startswith("age "))
    assert age == ["age", "−0.0579", "0.0061", "−9.49", "<0.001", "[−0.0699,", "−0.0459]"]


def test_numbers_stand_below_one_another(data: SummaryData) -> None:
    lines = str(Summary(data)).splitlines()
    block = [line for line in lines if line.startswith(("intercept", "age", "mean"))][:3]
    assert len({len(line) for line in block}) == 1


@pytest.mark.parametrize("width", [80, 92, 120])
def test_no_line_is_wider_than_the_terminal(data: SummaryData, width: int) -> None:
    long = "C(place, contr.treatment(base='a very long name of a level'))[T.elsewhere]"
    wide = replace(
        data,
        coefficients=[Coefficient("mean", long, -12345.6, 1234.5, -14765.2, -9926.0)],
        diagnoses=[replace(SEPARATED, message=SEPARATED.message * 4)],
    )
    lines = Summary(wide).text(width).splitlines()
    assert max(map(len, lines)) <= width
    # A name is cut in its middle: its end tells levels apart.
    (cut,) = (line for line in lines if line.startswith("C(p"))
    assert "…" in cut
    assert "here]" in cut


def test_what_is_wrong_stands_first(data: SummaryData) -> None:
    wrong = replace(data, converged=False, diagnoses=[SEPARATED])
    lines = str(Summary(wrong)).splitlines()
    assert lines[0].startswith("! separation   column `treated`")
    assert lines[1].strip() == "Remedy: leave out `treated`."
    assert lines[2] == "! converged    no"


def test_an_estimate_at_its_boundary_is_all_that_keeps_a_fit_from_convergence(
    data: SummaryData,
) -> None:
    edge = Coefficient("dispersion", "intercept", -30.0, NAN, NAN, -3.2, -1)
    told = replace(SEPARATED, kind="boundary", severity="warning")
    at_edge = replace(
        data, converged=False, diagnoses=[told], coefficients=[*data.coefficients, edge]
    )
    assert "! converged    no: dispersion has no finite value; the rest stands" in str(
        Summary(at_edge)
    )


def test_an_infinite_estimate_claims_nothing(data: SummaryData) -> None:
    lost = replace(data, coefficients=[Coefficient("mean", "treated", 31.2, NAN, NAN, NAN, 1)])
    (line,) = (li for li in str(Summary(lost)).splitlines() if li.startswith("treated"))
    assert line.split() == ["treated", "∞", "–", "–", "–", "–"]
    table = Summary(lost).table
    assert table.estimate[0] == math.inf
    assert math.isnan(table.p_value[0])


def test_the_table_has_the_numbers(data: SummaryData) -> None:
    table = Summary(data).table
    assert list(table.columns) == [
        "parameter", "term", "estimate", "standard_error", "z", "p_value", "lower", "upper",
    ]  # fmt: skip
    assert table.z[1] == pytest.approx(-0.0579 / 0.0061)


def test_p_value_is_two_sided_normal() -> None:
    # 1.959963984540054 is the normal 97.5 % quantile.
    assert Coefficient("m", "x", 1.959963984540054, 1.0, 0, 0).p_value == pytest.approx(0.05)


def test_html_escapes_what_users_name(data: SummaryData) -> None:
    nasty = "<script>alert('x')</script>"
    named = replace(
        data,
        target=nasty,
        coefficients=[Coefficient(nasty, nasty, 1.0, 0.1, 0.8, 1.2)],
        diagnoses=[replace(SEPARATED, message=nasty, remedy=nasty)],
        notes=[nasty],
    )
    html = Summary(named)._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 6


def test_html_lines_the_columns_of_all_parameters_up(data: SummaryData) -> None:
    html = Summary(data)._repr_html_()
    assert len({c.parameter for c in data.coefficients}) > 1
    assert html.count("<table") == 1
    heads = [f">{c.parameter} (" for c in data.coefficients]
    assert [html.count(head) for head in heads] == [1] * len(heads)
