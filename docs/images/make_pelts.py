"""Draw the picture of docs/differential-equations.md: `python docs/images/make_pelts.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

import likelier as lk
from likelier.report.plots import to_svg


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
    fit = fit_pelts()
    figure = Figure(figsize=(12.5, 3.6), layout="constrained", facecolor="white")
    axes = figure.subplots(1, 3)
    for j, name in enumerate(("hare", "lynx")):
        fit.plot.trajectory(name, ax=axes[j]).axes.set_ylabel(f"{name} pelts, thousands")
    fit.plot.profile("b", ax=axes[2])
    title = "Pelts of hares and lynxes, the Lotka-Volterra fit with bands, and a likelihood curve"
    Path(__file__).with_name("pelts.svg").write_text(to_svg(figure, paper=True, title=title))


if __name__ == "__main__":
    main()
