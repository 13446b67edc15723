"""The report floor: summaries, tables, plots and pages, drawn from plain data."""

from likelier.report._base import Coefficient as Coefficient
from likelier.report._base import SummaryData as SummaryData
from likelier.report.ab_test import ABTestData as ABTestData
from likelier.report.ab_test import AdjustedData as AdjustedData
from likelier.report.ab_test import ArmLine as ArmLine
from likelier.report.ab_test import EffectLine as EffectLine
from likelier.report.ab_test import ab_test_html as ab_test_html
from likelier.report.ab_test import ab_test_text as ab_test_text
from likelier.report.assessment import assessment_html as assessment_html
from likelier.report.assessment import assessment_text as assessment_text
from likelier.report.contest import ContestData as ContestData
from likelier.report.contest import ContestLine as ContestLine
from likelier.report.contest import contest_html as contest_html
from likelier.report.contest import contest_text as contest_text
from likelier.report.frontier import FrontierData as FrontierData
from likelier.report.frontier import frontier_html as frontier_html
from likelier.report.frontier import frontier_text as frontier_text
from likelier.report.path import PathData as PathData
from likelier.report.path import PathLine as PathLine
from likelier.report.path import path_html as path_html
from likelier.report.path import path_text as path_text
from likelier.report.summary import Summary as Summary

__all__ = [
    "ABTestData",
    "AdjustedData",
    "ArmLine",
    "Coefficient",
    "ContestData",
    "ContestLine",
    "EffectLine",
    "FrontierData",
    "PathData",
    "PathLine",
    "Summary",
    "SummaryData",
    "ab_test_html",
    "ab_test_text",
    "assessment_html",
    "assessment_text",
    "contest_html",
    "contest_text",
    "frontier_html",
    "frontier_text",
    "path_html",
    "path_text",
]
