"""`likelier demo`: real data from question to report, in one command."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated

import typer

from likelier.cli import _options as o
from likelier.cli._output import Progress, remark, show, width
from likelier.cli.fit import calibration_line, contest_lines

FORMULA = "mdvis ~ lncoins + idp + lpi + fmde + physlm + disea + hlthg + hlthf + hlthp"
CANDIDATES = ("poisson", "negative_binomial", "zero_inflated(negative_binomial)")


def demo(
    folder: Annotated[
        str, typer.Option(help="Where report.html and model.lkl go.", metavar="FOLDER")
    ] = ".",
    quiet: o.Quiet = False,
) -> None:
    """Fit doctor visits, print contest and summary, write report.html and model.lkl.

    Real data: 20,190 person-years of the RAND health insurance experiment.

    Example: likelier demo
    """
    from likelier import datasets, model
    from likelier.model.answers.describe import write_report

    page, file = Path(folder) / "report.html", Path(folder) / "model.lkl"
    o.check_writable(str(page), str(file))
    visits = datasets.load("randhie")
    first = (
        f"likelier demo · doctor visits in a year (mdvis), {len(visits):,} person-years of the "
        "RAND health insurance experiment"
    )
    show(textwrap.fill(first, width()) + "\n")
    with Progress("comparing distributions") as progress:
        contest = model.compare(FORMULA, visits, CANDIDATES, progress=progress.say)
    show(f"{contest_lines(contest)}\n")
    show(f"{contest.best.summary().on_command_line().text(width())}\n")
    show(calibration_line(contest))
    with Progress("writing the page"):
        write_report(contest.best, page, "RAND health insurance experiment")
    contest.best.save(file)
    remark(f"Written: {page} (open it), {file}")
