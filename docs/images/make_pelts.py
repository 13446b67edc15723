"""Draw the picture of docs/differential-equations.md: `python docs/images/make_pelts.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import likelier as lk
from likelier.report.plots import to_svg
from likelier.report.plots._style import BAND, INK, MAIN, SOFT, legend, name_axes, new_axes


def field(t: Any, s: Any, p: Any) -> dict[str, Any]:
    """Lotka and Volterra's equations."""
    return {
        "hare": (p["a"] - p["b"] * s["lynx"]) * s["hare"],
        "lynx": (p["d"] * s["hare"] - p["c"]) * s["lynx"],
    }


def fit_pelts() -> Any:
    """The fit of the page."""
    ode = lk.ODE(
        field,
        initial={"hare": lk.positive(30.0), "lynx": lk.positive(4.0)},
        parameters={
            "a": lk.positive(0.5),
            "b": lk.positive(0.03),
            "c": lk.positive(0.8),
            "d": lk.positive(0.02),
        },
    )
    pelts = lk.datasets.load("pelts")
    return lk.fit("hare + lynx ~ year", pelts, "lognormal", predictor=ode)


def main() -> None:
    """Medians with bands of noise, and of noise and parameters together; one profile."""
    fit, pelts = fit_pelts(), lk.datasets.load("pelts")
    grid = {"year": np.linspace(1900.0, 1925.0, 126)}
    median = np.asarray(fit.predict(grid).median)
    noise = fit.predict(grid).interval(0.9)
    both = fit.predict_interval(grid, 0.9)
    figure = Figure(figsize=(12.5, 3.6), layout="constrained", facecolor="white")
    axes = figure.subplots(1, 3)
    for j, name in enumerate(("hare", "lynx")):
        ax = new_axes(axes[j])
        lower, upper = (np.asarray(both[side]).reshape(-1, 2)[:, j] for side in ("lower", "upper"))
        ax.fill_between(grid["year"], lower, upper, color=BAND, label="90 %, parameters too")
        ax.fill_between(
            grid["year"], noise[0][:, j], noise[1][:, j], color=SOFT, label="90 %, noise alone"
        )
        ax.plot(grid["year"], median[:, j], color=MAIN, label="median")
        ax.plot(pelts.year, pelts[name], "o", color=INK, markersize=4, label="observed")
        ax.set_ylim(0, 1.3 * upper.max())
        name_axes(ax, "year", f"{name} pelts, thousands")
    legend(axes[0], ["observed", "median", "90 %, noise alone", "90 %, parameters too"], ncols=2)
    fit.plot.profile("b", ax=axes[2])
    title = "Pelts of hares and lynxes, the Lotka-Volterra fit with bands, and a likelihood curve"
    Path(__file__).with_name("pelts.svg").write_text(to_svg(figure, paper=True, title=title))


if __name__ == "__main__":
    main()
