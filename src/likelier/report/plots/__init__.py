"""Plots, drawn from plain data; each returns a `Plot` with its `axes` and its `data`."""

from likelier.report.plots._base import Plot as Plot
from likelier.report.plots._base import to_svg as to_svg
from likelier.report.plots.coefficients import coefficients as coefficients
from likelier.report.plots.contest import contest as contest
from likelier.report.plots.counts import CountsData as CountsData
from likelier.report.plots.counts import counts as counts
from likelier.report.plots.counts import rootogram as rootogram
from likelier.report.plots.coverage import coverage as coverage
from likelier.report.plots.frontier import frontier as frontier
from likelier.report.plots.influence import influence as influence
from likelier.report.plots.learning import learning_curves as learning_curves
from likelier.report.plots.likelihood import LikelihoodData as LikelihoodData
from likelier.report.plots.likelihood import likelihood as likelihood
from likelier.report.plots.path import path_coefficients as path_coefficients
from likelier.report.plots.path import path_held_out as path_held_out
from likelier.report.plots.pit import pit as pit
from likelier.report.plots.posteriors import PosteriorData as PosteriorData
from likelier.report.plots.posteriors import posteriors as posteriors
from likelier.report.plots.profile import ProfileData as ProfileData
from likelier.report.plots.profile import profile as profile
from likelier.report.plots.qq import qq as qq
from likelier.report.plots.quantiles import QuantileData as QuantileData
from likelier.report.plots.quantiles import centiles as centiles
from likelier.report.plots.quantiles import fan as fan
from likelier.report.plots.reliability import quantile_reliability as quantile_reliability
from likelier.report.plots.reliability import reliability as reliability
from likelier.report.plots.reliability import reliability_of_labels as reliability_of_labels
from likelier.report.plots.residuals import residuals as residuals
from likelier.report.plots.trajectory import TrajectoryData as TrajectoryData
from likelier.report.plots.trajectory import trajectory as trajectory
from likelier.report.plots.worm import worm as worm

__all__ = [
    "CountsData",
    "LikelihoodData",
    "Plot",
    "PosteriorData",
    "ProfileData",
    "QuantileData",
    "TrajectoryData",
    "centiles",
    "coefficients",
    "contest",
    "counts",
    "coverage",
    "fan",
    "frontier",
    "influence",
    "learning_curves",
    "likelihood",
    "path_coefficients",
    "path_held_out",
    "pit",
    "posteriors",
    "profile",
    "qq",
    "quantile_reliability",
    "reliability",
    "reliability_of_labels",
    "residuals",
    "rootogram",
    "to_svg",
    "trajectory",
    "worm",
]
