"""Draw the picture of docs/how-to/cvar.md: `python docs/images/make_cvar.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import likelier as lk
from likelier.report.plots import to_svg
from likelier.report.plots._style import (
    INK,
    MAIN,
    MUTED,
    RULE,
    SECOND,
    SOFT,
    THIRD,
    legend,
    name_axes,
    new_axes,
    note,
)  # fmt: skip

FORMULA = "dax ~ smi + cac + ftse"
LEVELS = (0.2, 0.5, 0.8, 0.9, 0.95)


def returns() -> Any:
    """Daily returns in per cent."""
    closings = lk.datasets.load("stock_indices")
    return (100 * np.log(closings).diff()).dropna(ignore_index=True)


def judged(fit: Any, rows: Any) -> tuple[float, float]:
    """Mean NLL of the rows, and of their worst twentieth."""
    losses = np.sort(fit.predict(rows).nll(rows.dax.to_numpy()))
    worst = len(losses) // 20
    return float(losses.mean()), float(losses[-worst:].mean())


def main() -> None:
    """What the models expect of a day, and what they pay on days that they were not fitted to."""
    table = returns()
    early, late = table[:1239], table[1239:].reset_index(drop=True)
    plain = {
        name: lk.fit(FORMULA, early, name.lower().replace("-", "_"))
        for name in ("Normal", "Laplace", "Student-t")
    }
    tails = {level: lk.fit(FORMULA, early, "normal", objective=lk.CVaR(level)) for level in LEVELS}
    figure = Figure(figsize=(10.5, 3.9), layout="constrained", facecolor="white")
    left, right = (new_axes(ax) for ax in figure.subplots(1, 2))

    missed = late.dax - plain["Student-t"].predict(late).loc
    left.hist(missed, np.arange(-4.125, 4.2, 0.25), density=True, color=SOFT, label="held-out days")
    grid = np.linspace(-4, 4, 401)
    for name, fit, color, line in (
        ("Normal", plain["Normal"], INK, ":"),
        ("Normal, CVaR(0.95)", tails[0.95], SECOND, "-"),
        ("Laplace", plain["Laplace"], THIRD, "--"),
        ("Student-t", plain["Student-t"], MAIN, "-"),
    ):
        values = {k: v[0] for k, v in fit.predict(late.head(1)).parameters.items() if k != "loc"}
        density = np.exp(type(fit.predict(late.head(1)))(loc=0.0, **values).log_prob(grid))
        left.plot(grid, density, line, color=color, linewidth=1.6, label=name)
    left.set_yscale("log")
    left.set_ylim(5e-4, 3)
    name_axes(left, "return beside what the other markets say, %", "density of a day")
    legend(
        left,
        ["held-out days", "Normal", "Normal, CVaR(0.95)", "Laplace", "Student-t"],
        loc="upper left",
        bbox_to_anchor=(0.0, 1.2),
        ncols=2,
    )

    course = np.array([judged(plain["Normal"], late), *(judged(f, late) for f in tails.values())])
    right.plot(*course.T, "o-", color=SECOND, linewidth=1.4, markersize=5)
    for (x, y), level in zip(course, (0, *LEVELS), strict=True):
        text = f"CVaR({level:g})" if level else "Normal"
        note(right, x + 0.012, y + 0.06, text, color=SECOND if level else INK)
    right.plot(*course[0], "o", color=INK, markersize=6)
    for name, color in (("Laplace", THIRD), ("Student-t", MAIN)):
        x, y = judged(plain[name], late)
        right.plot(x, y, "D", color=color, markersize=6)
        note(right, x - 0.012, y - 0.05, name, color=color, ha="right", va="top")
    right.margins(0.2, 0.12)
    right.grid(color=RULE, linewidth=0.4)
    name_axes(right, "mean NLL of a held-out day, nats", "mean of the worst 5 %, nats")
    note(
        right, 0.99, 0.97, "further down: the worst days cost less\nfurther left: days cost less",
        transform=right.transAxes, ha="right", va="top", color=MUTED,
    )  # fmt: skip
    title = "What models of a stock index expect, and what they pay on held-out days"
    Path(__file__).with_name("cvar.svg").write_text(to_svg(figure, paper=True, title=title))


if __name__ == "__main__":
    main()
