"""W9: networks that predict a mean and a scale, beside PyTorch by hand and NGBoost.

    python benchmarks/networks.py [--peers PYTHON] [--runs 3]

10,000 simulated rows of eight columns, 8,000 of them for the fit. Each program runs in a process of
its own, all in turn; seconds are after the imports, medians over the turns. Two tables: the time
until the NLL of the 2,000 other rows has come down to a level (compiling counts; those rows are
looked at after each epoch, by the programs themselves), and the whole fit with its defaults, which
holds 15 % of its own rows out. PyTorch trains the network that `lk.MLP()` is (two layers of 64,
GELU, the same batches, rate, schedule and patience) in the loop that one writes by hand.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Annotated

import numpy as np
import typer

Rows = tuple[np.ndarray, np.ndarray]
See = Callable[[float], None]
"""Called after each epoch with the NLL of the rows that are watched."""


def simulate() -> Rows:
    """Columns, and a target whose mean and noise bend with them."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (10_000, 8))
    mean = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + np.abs(x[:, 3])
    scale = 0.2 + 0.4 * (x[:, 4] > 0) * (1 + x[:, 5])
    return x, mean + scale * rng.standard_normal(len(x))


def nll(loc: np.ndarray, scale: np.ndarray, y: np.ndarray) -> float:
    """Mean NLL of a Normal."""
    half_square = 0.5 * ((y - loc) / scale) ** 2
    return float(np.mean(half_square + np.log(scale) + 0.5 * np.log(2 * np.pi)))


def likelier(x: np.ndarray, y: np.ndarray, watched: Rows | None, see: See) -> Callable:
    import likelier as lk

    fit = lk.fit(
        y,
        x,
        lk.Normal,
        predictor=lk.MLP(),
        validation=watched,
        progress=None if watched is None else lambda step: see(step.nll),
    )

    def predict(new: np.ndarray) -> tuple:
        found = fit.predict(new)
        return found.loc, found.scale

    return predict


def pytorch(x: np.ndarray, y: np.ndarray, watched: Rows | None, see: See) -> Callable:
    import copy

    import torch

    torch.manual_seed(0)
    centre, spread, middle, unit = x.mean(0), x.std(0), y.mean(), y.std()

    def tensors(x: np.ndarray, y: np.ndarray) -> tuple:
        return tuple(
            torch.tensor(values, dtype=torch.float32)
            for values in ((x - centre) / spread, (y - middle) / unit)
        )

    z, t = tensors(x, y)
    if watched is None:
        order = torch.randperm(len(z))
        held, rows = order[: len(z) * 15 // 100], order[len(z) * 15 // 100 :]
        held_z, held_t = z[held], t[held]
    else:
        rows = torch.arange(len(z))
        held_z, held_t = tensors(*watched)
    net = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], 64), torch.nn.GELU(),
        torch.nn.Linear(64, 64), torch.nn.GELU(), torch.nn.Linear(64, 2),
    )  # fmt: skip
    size = 256
    steps = -(-len(rows) // size)
    epochs = max(20, 6000 // steps)
    search = torch.optim.Adam(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(search, epochs * steps)
    constant = float(np.log(unit) + 0.5 * np.log(2 * np.pi))

    def loss(z: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        loc, log_scale = net(z).T
        return (log_scale + 0.5 * ((t - loc) * torch.exp(-log_scale)) ** 2).mean()

    best, best_value, best_epoch = None, np.inf, 0
    for epoch in range(epochs):
        shuffled = rows[torch.randperm(len(rows))]
        for j in range(0, len(rows), size):
            index = shuffled[j : j + size]
            search.zero_grad()
            loss(z[index], t[index]).backward()
            search.step()
            schedule.step()
        with torch.no_grad():
            value = float(loss(held_z, held_t))
        see(value + constant)
        if value < best_value:
            best, best_value, best_epoch = copy.deepcopy(net.state_dict()), value, epoch
        if epoch - best_epoch >= max(10, epochs // 5):
            break
    net.load_state_dict(best)

    def predict(new: np.ndarray) -> tuple:
        with torch.no_grad():
            out = net(torch.tensor((new - centre) / spread, dtype=torch.float32)).numpy()
        return middle + unit * out[:, 0], unit * np.exp(out[:, 1])

    return predict


def ngboost(x: np.ndarray, y: np.ndarray, watched: Rows | None, see: See) -> Callable:
    from ngboost import NGBRegressor

    model = NGBRegressor(verbose=False, random_state=0).fit(x, y)

    def predict(new: np.ndarray) -> tuple:
        found = model.pred_dist(new).params
        return found["loc"], found["scale"]

    if watched is not None:
        see(nll(*predict(watched[0]), watched[1]))
    return predict


PROGRAMS = {"likelier": likelier, "PyTorch by hand": pytorch, "NGBoost": ngboost}
MODULES = {"likelier": "likelier.model.fit", "PyTorch by hand": "torch", "NGBoost": "ngboost"}


def program(name: str, course: bool) -> None:
    """Fit once; print seconds and NLL, or those of each epoch, and the seconds of compiling."""
    warnings.simplefilter("ignore")
    __import__(MODULES[name])
    compiling: list[float] = []
    if name == "likelier":
        import equinox  # noqa: F401
        import jax
        import optax  # noqa: F401

        def listen(event: str, seconds: float, **more: object) -> None:
            if event.startswith("/jax/core/compile/"):
                compiling.append(seconds)

        jax.monitoring.register_event_duration_secs_listener(listen)
    x, y = simulate()
    train, test = (x[:8000], y[:8000]), (x[8000:], y[8000:])
    began = time.perf_counter(), time.process_time()
    seen: list[tuple[float, float, float]] = []

    def see(value: float) -> None:
        seen.append((time.perf_counter() - began[0], time.process_time() - began[1], value))

    given = (test, see) if course else (None, lambda value: None)
    predict = PROGRAMS[name](*train, *given)
    if not course:
        see(nll(*predict(test[0]), test[1]))
    print(json.dumps({"seen": seen, "compiling": sum(compiling)}))


def reached(seen: list[list[float]], level: float) -> tuple[float, float]:
    """Wall and CPU seconds until an NLL is no more above a level."""
    return next(((wall, cpu) for wall, cpu, value in seen if value <= level), (np.nan, np.nan))


def main(
    name: Annotated[str | None, typer.Argument(help="One program, in this process.")] = None,
    course: Annotated[bool, typer.Option(help="Of that, each epoch.")] = False,
    runs: Annotated[int, typer.Option(help="Turns; the median counts.")] = 3,
    peers: Annotated[str, typer.Option(help="Python that has the peers.")] = sys.executable,
) -> None:
    """Print the tables."""
    if name is not None:
        program(name, course)
        return
    found: dict[tuple[str, bool], list[dict]] = {}
    for _ in range(runs):
        for each in PROGRAMS:
            for way in (True, False):
                python = sys.executable if each == "likelier" else peers
                command = [python, __file__, each, *(["--course"] if way else [])]
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode:
                    print(f"{each} left out: {done.stderr.splitlines()[-1]}", file=sys.stderr)
                    continue
                found.setdefault((each, way), []).append(json.loads(done.stdout.splitlines()[-1]))
    # A level is what a program ends with: the NLL of its weights of the best epoch.
    levels = {
        each: min(value for _, _, value in results[0]["seen"])
        for (each, way), results in found.items()
        if way
    }
    print("| NLL of | level | " + " | ".join(f"{each}, wall (CPU) s" for each in levels) + " |")
    print("|---|---:|" + "---:|" * len(levels))
    for of, level in levels.items():
        cells = []
        for each in levels:
            times = [reached(run["seen"], level + 1e-9) for run in found[each, True]]
            wall, cpu = (statistics.median(part) for part in zip(*times, strict=True))
            cells.append("not reached" if np.isnan(wall) else f"{wall:.2f} ({cpu:.2f})")
        print(f"| {of} | {level:.3f} | " + " | ".join(cells) + " |")
    print("\n| whole fit | wall s | CPU s | of it compiling | held-out NLL |")
    print("|---|---:|---:|---:|---:|")
    for each in levels:
        ends = [(*run["seen"][-1], run["compiling"]) for run in found[each, False]]
        wall, cpu, value, compiling = (statistics.median(part) for part in zip(*ends, strict=True))
        print(f"| {each} | {wall:.2f} | {cpu:.2f} | {compiling:.2f} | {value:.3f} |")


if __name__ == "__main__":
    typer.run(main)
