"""Draw the README's picture, first.svg: `python docs/images/make_first.py`."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

import likelier as lk
from likelier.cli.demo import FORMULA
from likelier.report.plots import to_svg


def main() -> None:
    """Contest, counts and likelihood curve of the doctor visits, side by side."""
    visits = lk.datasets.load("randhie")
    contest = lk.compare(FORMULA, visits, ["poisson", "negative_binomial"])
    fit = contest.best
    figure = Figure(figsize=(12.5, 3.4), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3)
    contest.plot(ax=left).axes.set_xlabel("held-out NLL above the lowest (nats)")
    fit.plot.counts(ax=middle)
    fit.plot.profile("idp", ax=right)
    for ax, title in (
        (left, "Which distribution?"),
        (middle, "Does it expect the counts?"),
        (right, "How well is a coefficient known?"),
    ):
        ax.set_title(title, fontsize=11, fontweight="bold", loc="left", pad=22)
    title = "Contest of distributions, expected counts and a likelihood curve of doctor visits"
    Path(__file__).with_name("first.svg").write_text(to_svg(figure, paper=True, title=title))


if __name__ == "__main__":
    main()
