"""Cost of a pass against rows, columns, classes and cores, beside what the machine can do.

    python benchmarks/scaling.py [--runs 5] [--picture docs/images/scaling.svg]

A pass is what a fit does once for each point: value and gradient, or those with the curvature.
Seconds are those of the wall, the least of the runs, which go over all sizes in turn. In the
same turns stand the rates of the machine on as many cores: bytes a second of a dot product of
columns too long for the cache, and floating-point operations a second of a product of square
matrices. The share of the limit is the longer of (bytes of X / bandwidth) and (operations / rate)
over the seconds of the pass: of 4 n p operations for the gradient, and n p (p + 1) more, those of
a symmetric product, for the curvature.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from threadpoolctl import threadpool_limits

import likelier as lk
from likelier.distributions import Linked
from likelier.engines import Engine, LikelihoodSum, Serial, Threads, chunks_of
from likelier.engines.threads import cores
from likelier.predictors import Columns, LinearPredictor

GRADIENT, CURVATURE = 1, 2
ORDERS = {"gradient": GRADIENT, "curvature": CURVATURE}
N, P = 200_000, 50
ROWS = (12_500, 25_000, 50_000, 100_000, 200_000, 400_000, 800_000)
COLUMNS = (6, 12, 25, 50, 100, 200, 400)
CLASSES = (2, 3, 5, 9, 17, 33)
CLASS_ROWS, CLASS_COLUMNS = 40_000, 20
Task = Callable[[], Any]


def likelihood(n: int, p: int, classes: int = 2, engine: Engine | None = None) -> tuple[Any, Any]:
    """The sum that a fit evaluates, and a point."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, p))
    y = rng.integers(0, classes, n).astype(float)
    family: Any = lk.Bernoulli if classes == 2 else lk.Categorical
    linked = Linked(family, sizes={} if classes == 2 else {"logits": classes})
    design = Columns.standardise(x, True)
    predictor = LinearPredictor([design] * (classes - 1), n)
    chunks = chunks_of(n, (p + 1) * (classes - 1))
    found = LikelihoodSum(linked, predictor, y, None, {}, lk.NLL(), engine or Serial(), chunks)
    return found, np.full(predictor.size, 0.05)


def passes(n: int, p: int, classes: int = 2, engine: Engine | None = None) -> dict[str, Task]:
    """Both kinds of pass."""
    function, theta = likelihood(n, p, classes, engine)
    return {name: lambda order=order: function(theta, order) for name, order in ORDERS.items()}


def machine(threads: int) -> dict[str, Task]:
    """What reads memory, and what multiplies, on so many threads."""
    long = [np.ones(25_000_000 // threads) for _ in range(threads)]
    square = [np.ones((1_000, 1_000)) for _ in range(threads)]
    pool = ThreadPoolExecutor(threads)
    return {
        "read": lambda: list(pool.map(lambda x: x @ x, long)),
        "multiply": lambda: list(pool.map(lambda x: x @ x, square)),
    }


BYTES, OPERATIONS = 8 * 25_000_000, 2 * 1_000**3


def least(tasks: dict[Any, Task], runs: int) -> dict[Any, float]:
    """Least seconds of each, run in turn after one that does not count."""
    seconds = dict.fromkeys(tasks, np.inf)
    for run in range(runs + 1):
        for name, task in tasks.items():
            began = time.perf_counter()
            task()
            if run:
                seconds[name] = min(seconds[name], time.perf_counter() - began)
    return seconds


def share(seconds: float, order: int, n: int, p: int, bandwidth: float, rate: float) -> float:
    """The time that the machine would need over that of the pass."""
    operations = 4 * n * p + (n * p * (p + 1) if order == CURVATURE else 0)
    return max(8 * n * p / bandwidth, operations / rate) / seconds


def slope(sizes: Any, seconds: Any) -> float:
    """The power of the size that the last two doublings show."""
    return float(np.log(seconds[-1] / seconds[-3]) / np.log(sizes[-1] / sizes[-3]))


def sweep(runs: int, sizes: tuple[int, ...], make: Callable[[int], dict[str, Task]]) -> Any:
    """Seconds of both passes by size."""
    tasks = {(size, name): task for size in sizes for name, task in make(size).items()}
    found = least(tasks, runs)
    return {name: np.array([found[size, name] for size in sizes]) for name in ORDERS}


def limits(runs: int, n: int, p: int) -> list[str]:
    """Lines on the share of the machine's limit, on one core and on all."""
    lines = []
    for threads in sorted({1, cores()}):
        engine = Serial() if threads == 1 else Threads(threads)
        tasks = {**machine(threads), **passes(n, p, engine=engine)}
        seconds = least(tasks, runs)
        bandwidth = BYTES / seconds["read"]
        rate = threads * OPERATIONS / seconds["multiply"]
        for name, order in ORDERS.items():
            part = share(seconds[name], order, n, p, bandwidth, rate)
            lines.append(
                f"| {threads} | {name} | {1e3 * seconds[name]:.1f} | {bandwidth / 1e9:.1f} "
                f"| {rate / 1e9:.0f} | {100 * part:.0f} % |"
            )
    return lines


def draw(path: Path, found: dict[str, tuple[Any, dict[str, Any]]]) -> None:
    """Seconds against each size, with what theory says beside them."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    from likelier.report.plots import to_svg
    from likelier.report.plots._style import MAIN, MUTED, SECOND, legend, name_axes, new_axes

    theory = {
        "rows": ({"gradient": 1, "curvature": 1}, f"rows, {P} columns"),
        "columns": ({"gradient": 1, "curvature": 2}, f"columns, {N:,} rows"),
        "classes": ({"gradient": 1, "curvature": 2}, "classes less one, 20 columns, 40,000 rows"),
    }
    figure = Figure(figsize=(10.5, 3.6), layout="constrained", facecolor="white")
    for ax, (what, (powers, title)) in zip(
        map(new_axes, figure.subplots(1, 3)), theory.items(), strict=True
    ):
        sizes, seconds = found[what]
        for name, color in (("gradient", MAIN), ("curvature", SECOND)):
            y = 1e3 * seconds[name]
            line = y[-1] * (sizes / sizes[-1]) ** powers[name]
            ax.plot(sizes, line, ":", color=MUTED, linewidth=1, label=f"power {powers[name]}")
            ax.plot(sizes, y, "o-", color=color, markersize=4, linewidth=1.4, label=name)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.xaxis.set_minor_formatter(NullFormatter())
        name_axes(ax, title, "one pass, ms")
        legend(ax, ["gradient", "curvature"], loc="upper left")
    path.write_text(to_svg(figure, paper=True, title="Cost of a pass against the size"))


def main(
    runs: Annotated[int, typer.Option(help="Turns; the least of them counts.")] = 5,
    picture: Annotated[Path | None, typer.Option(help="Where the picture goes.")] = None,
) -> None:
    """Print the tables, and draw the picture where a path is given."""
    with threadpool_limits(1, user_api="blas"):
        print(
            "| cores | pass | ms | GB/s | Gflop/s | of the limit |\n|---:|---|---:|---:|---:|---:|"
        )
        print("\n".join(limits(runs, 1_000_000, P)), flush=True)
        found = {
            "rows": (np.array(ROWS), sweep(runs, ROWS, lambda n: passes(n, P))),
            "columns": (np.array(COLUMNS), sweep(runs, COLUMNS, lambda p: passes(N, p))),
            "classes": (
                np.array(CLASSES) - 1,
                sweep(runs, CLASSES, lambda k: passes(CLASS_ROWS, CLASS_COLUMNS, k)),
            ),
        }
    print("\n| against | from | to | pass | ms at the first | ms at the last | power at the end |")
    print("|---|---:|---:|---|---:|---:|---:|")
    for what, (sizes, seconds) in found.items():
        for name, y in seconds.items():
            print(
                f"| {what} | {sizes[0]:,} | {sizes[-1]:,} | {name} | {1e3 * y[0]:.2f} "
                f"| {1e3 * y[-1]:.1f} | {slope(sizes, y):.2f} |"
            )
    if picture is not None:
        draw(picture, found)


if __name__ == "__main__":
    typer.run(main)
