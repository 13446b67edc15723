"""The report floor: summaries, tables, plots and pages, drawn from plain data."""

from likelier.report._base import Coefficient as Coefficient
from likelier.report._base import SummaryData as SummaryData
from likelier.report.assessment import assessment_html as assessment_html
from likelier.report.assessment import assessment_text as assessment_text
from likelier.report.contest import ContestData as ContestData
from likelier.report.contest import ContestLine as ContestLine
from likelier.report.contest import contest_html as contest_html
from likelier.report.contest import contest_text as contest_text
from likelier.report.summary import Summary as Summary

__all__ = [
    "Coefficient",
    "ContestData",
    "ContestLine",
    "Summary",
    "SummaryData",
    "assessment_html",
    "assessment_text",
    "contest_html",
    "contest_text",
]
