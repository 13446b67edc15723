"""W9: networks that predict a mean and a scale, beside PyTorch by hand and NGBoost.

    python benchmarks/networks.py [--peers PYTHON] [--runs 3]

10,000 simulated rows of eight columns, 8,000 of them for the fit. Each program runs in a process of
its own, all in turn. Seconds are those of the whole fit, compiling included, after the imports; NLL
is that of the 2,000 other rows in nats. PyTorch trains the network that `lk.MLP()` is (two layers
of 64, GELU, the same batches, rate, schedule and patience) in the loop that one writes by hand.
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


def simulate() -> tuple[np.ndarray, np.ndarray]:
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


def likelier(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], tuple]:
    import likelier as lk

    fit = lk.fit(y, x, lk.Normal, predictor=lk.MLP())

    def predict(new: np.ndarray) -> tuple:
        found = fit.predict(new)
        return found.loc, found.scale

    return predict


def pytorch(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], tuple]:
    import copy

    import torch

    torch.manual_seed(0)
    centre, spread, middle, unit = x.mean(0), x.std(0), y.mean(), y.std()
    z = torch.tensor((x - centre) / spread, dtype=torch.float32)
    t = torch.tensor((y - middle) / unit, dtype=torch.float32)
    order = torch.randperm(len(z))
    held, rows = order[: len(z) * 15 // 100], order[len(z) * 15 // 100 :]
    net = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], 64), torch.nn.GELU(),
        torch.nn.Linear(64, 64), torch.nn.GELU(), torch.nn.Linear(64, 2),
    )  # fmt: skip
    size = 256
    steps = len(rows) // size + 1
    epochs = max(20, 6000 // steps)
    search = torch.optim.Adam(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(search, epochs * steps)

    def loss(index: torch.Tensor) -> torch.Tensor:
        loc, log_scale = net(z[index]).T
        return (log_scale + 0.5 * ((t[index] - loc) * torch.exp(-log_scale)) ** 2).mean()

    best, best_value, best_epoch = None, np.inf, 0
    for epoch in range(epochs):
        shuffled = rows[torch.randperm(len(rows))]
        for j in range(0, len(rows), size):
            search.zero_grad()
            loss(shuffled[j : j + size]).backward()
            search.step()
            schedule.step()
        with torch.no_grad():
            value = float(loss(held))
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


def ngboost(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], tuple]:
    from ngboost import NGBRegressor

    model = NGBRegressor(verbose=False, random_state=0).fit(x, y)

    def predict(new: np.ndarray) -> tuple:
        found = model.pred_dist(new).params
        return found["loc"], found["scale"]

    return predict


PROGRAMS = {"likelier": likelier, "PyTorch by hand": pytorch, "NGBoost": ngboost}


def program(name: str) -> None:
    """Fit once and print seconds and NLL."""
    warnings.simplefilter("ignore")
    modules = {"likelier": "likelier.model.fit", "PyTorch by hand": "torch", "NGBoost": "ngboost"}
    __import__(modules[name])
    if name == "likelier":
        import equinox  # noqa: F401
        import jax  # noqa: F401
        import optax  # noqa: F401
    x, y = simulate()
    began = time.perf_counter(), time.process_time()
    predict = PROGRAMS[name](x[:8000], y[:8000])
    took = time.perf_counter() - began[0], time.process_time() - began[1]
    print(json.dumps({"wall": took[0], "cpu": took[1], "nll": nll(*predict(x[8000:]), y[8000:])}))


def main(
    name: Annotated[str | None, typer.Argument(help="One program, in this process.")] = None,
    runs: Annotated[int, typer.Option(help="Turns; the median counts.")] = 3,
    peers: Annotated[str, typer.Option(help="Python that has the peers.")] = sys.executable,
) -> None:
    """Print the table."""
    if name is not None:
        program(name)
        return
    found: dict[str, list[dict]] = {each: [] for each in PROGRAMS}
    for _ in range(runs):
        for each, results in found.items():
            python = sys.executable if each == "likelier" else peers
            done = subprocess.run([python, __file__, each], capture_output=True, text=True)
            if done.returncode == 0:
                results.append(json.loads(done.stdout.splitlines()[-1]))
    print("| program | wall s | CPU s | held-out NLL |\n|---|---:|---:|---:|")
    for each, results in found.items():
        if results:
            middle = {k: statistics.median(r[k] for r in results) for k in results[0]}
            print(f"| {each} | {middle['wall']:.2f} | {middle['cpu']:.2f} | {middle['nll']:.3f} |")


if __name__ == "__main__":
    typer.run(main)
