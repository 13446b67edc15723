"""`likelier demo`: real data from question to report, in one command."""

from __future__ import annotations

from pathlib import Path

from likelier.cli._output import Progress, remark, show

FORMULA = "mdvis ~ lncoins + idp + lpi + fmde + physlm + disea + hlthg + hlthf + hlthp"
CANDIDATES = ("poisson", "negative_binomial")


def demo() -> None:
    """Fit doctor visits of 20,190 people, print contest and summary, write report and model.

    Example: likelier demo
    """
    from dataclasses import replace

    from likelier import datasets, model

    visits = datasets.load("randhie")
    show(
        f"likelier demo · {len(visits):,} people of the RAND health insurance study, doctor visits "
        "in a year\n"
    )
    with Progress("comparing distributions by held-out likelihood"):
        contest = model.compare(FORMULA, visits, CANDIDATES)
    fit = replace(contest.best, contest=contest)
    show(f"{contest}\n")
    show(f"{fit.summary()}\n")
    with Progress("writing the report"):
        fit.report(Path("report.html"))
    fit.save(Path("model.lkl"))
    remark("Written: report.html (open it), model.lkl")
