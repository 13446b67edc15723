"""Time to fit Lotka and Volterra's equations from five starts: likelier, SciPy, torchdiffeq.

    python benchmarks/ode.py [rounds] [--peers /path/to/python]     # torchdiffeq's environment

One hundred points (50 times, two species, log-normal noise of 10 %), six unknowns, the same five
starting points for all, the same tolerances of integration, 1e-8. All minimise squares of
logarithms: likelier through its log-normal family, which also estimates the two sigmas; SciPy by
`least_squares` over `solve_ivp` (LSODA) on logarithms of the unknowns, its Jacobian by differences;
torchdiffeq by L-BFGS with gradients through the solver, from the first start alone. Times are CPU
seconds on one thread, imports apart, methods in turn, each fit in new data. likelier's first fit
compiles and is measured in fresh processes. The error is the largest relative distance of an
estimate from the optimum of the method's own objective, polished with tolerances of 1e-12.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

import likelier as lk

TIMES = np.linspace(0.0, 20.0, 50)
NAMES = ("a", "b", "c", "d", "hare(0)", "lynx(0)")
TRUTH = np.array([0.55, 0.028, 0.80, 0.024, 34.0, 5.9])
GUESS = np.array([0.5, 0.03, 0.8, 0.02, 30.0, 4.0])
NOISE, TOLERANCE, STARTS = 0.1, 1e-8, 5


def field(t: Any, s: Any, p: Any) -> dict[str, Any]:
    return {
        "hare": (p["a"] - p["b"] * s["lynx"]) * s["hare"],
        "lynx": (p["d"] * s["hare"] - p["c"]) * s["lynx"],
    }


def model() -> lk.ODE:
    unknowns = {n: lk.positive(float(g)) for n, g in zip(NAMES, GUESS, strict=True)}
    return lk.ODE(
        field,
        initial={"hare": unknowns["hare(0)"], "lynx": unknowns["lynx(0)"]},
        parameters={name: unknowns[name] for name in NAMES[:4]},
        method="nonstiff",
        rtol=TOLERANCE,
        atol=TOLERANCE,
        starts=STARTS,
    )


def slope(t: float, y: Any, a: float, b: float, c: float, d: float) -> list[float]:
    return [(a - b * y[1]) * y[0], (d * y[0] - c) * y[1]]


def logarithms(logs: Any, tolerance: float, method: str) -> Any:
    """Logarithms of both species at the times, (2, T), or large numbers where there are none."""
    a, b, c, d, *first = np.exp(np.clip(logs, -50, 50))
    with np.errstate(all="ignore"):
        found = solve_ivp(
            slope, (0.0, 20.0), first, method, TIMES, args=(a, b, c, d), rtol=tolerance,
            atol=tolerance,
        )  # fmt: skip
        y = np.log(found.y) if found.success else np.full((2, len(TIMES)), np.nan)
    return np.where(np.isfinite(y), y, 1e3)


def sample(seed: int) -> Any:
    """Observed species, (2, T)."""
    rng = np.random.default_rng(seed)
    exact = logarithms(np.log(TRUTH), 1e-10, "DOP853")
    return np.exp(exact + NOISE * rng.standard_normal(exact.shape))


def starts() -> list[Any]:
    """The starting points of likelier's search, as logarithms."""
    fit = lk.fit("hare + lynx ~ t", table(sample(0)), "lognormal", predictor=model())
    predictor = fit.sample.problem.function.predictor.searched()
    begin = np.concatenate([np.log(GUESS), np.zeros(2)])
    return [start[:6] for start in predictor.starts_around(begin, STARTS, 0)]


def table(y: Any) -> dict[str, Any]:
    return {"t": TIMES, "hare": y[0], "lynx": y[1]}


def by_likelier(y: Any, _: list[Any]) -> Any:
    fit = lk.fit("hare + lynx ~ t", table(y), "lognormal", predictor=model())
    return np.log(fit.coefficients[:6]), np.exp(-fit.coefficients[6:8])


def by_scipy(y: Any, begins: list[Any]) -> Any:
    def residuals(logs: Any) -> Any:
        return (logarithms(logs, TOLERANCE, "LSODA") - np.log(y)).ravel()

    ends = [least_squares(residuals, b, method="trf", x_scale="jac") for b in begins]
    return min(ends, key=lambda e: e.cost).x, np.ones(2)


def by_torchdiffeq(y: Any, begins: list[Any]) -> Any:
    from torchdiffeq import odeint

    import torch

    at, observed = torch.tensor(TIMES), torch.tensor(np.log(y).T)
    logs = torch.tensor(begins[0], requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [logs], max_iter=200, tolerance_grad=1e-8, line_search_fn="strong_wolfe"
    )

    def closure() -> Any:
        optimiser.zero_grad()
        a, b, c, d, hare, lynx = torch.exp(logs)

        def flow(t: Any, s: Any) -> Any:
            return torch.stack([(a - b * s[1]) * s[0], (d * s[0] - c) * s[1]])

        solved = odeint(flow, torch.stack([hare, lynx]), at, rtol=TOLERANCE, atol=TOLERANCE)
        loss = ((torch.log(solved) - observed) ** 2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return logs.detach().numpy(), np.ones(2)


def error(y: Any, logs: Any, weights: Any) -> float:
    """Distance from the optimum of squares that are weighed like this by species."""

    def residuals(x: Any) -> Any:
        return ((logarithms(x, 1e-12, "DOP853") - np.log(y)) * weights[:, None]).ravel()

    begin = np.log(TRUTH)
    best = least_squares(residuals, begin, jac="3-point", xtol=1e-14, ftol=1e-14, gtol=1e-14)
    return float(np.max(np.abs(np.expm1(logs - best.x))))


def first() -> None:
    """In a fresh process: a first fit, with what JAX says of its parts, as JSON."""
    began = time.process_time()
    import jax.monitoring

    loaded = time.process_time() - began
    import likelier.model
    import likelier.predictors.ode  # noqa: F401

    parts: dict[str, float] = {}

    def heard(event: str, seconds: float, **_: Any) -> None:
        parts[event] = parts.get(event, 0.0) + seconds

    y = sample(100)
    jax.monitoring.register_event_duration_secs_listener(heard)
    wall, cpu = time.perf_counter(), time.process_time()
    logs, weights = by_likelier(y, [])
    found = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "jax": loaded}
    names = {"tracing": "trace_duration", "lowering": "module_duration", "compiling": "compile_dur"}
    for name, event in names.items():
        found[name] = sum(v for k, v in parts.items() if event in k)
    print(json.dumps({**found, "error": error(y, logs, weights)}))


def torchdiffeq(rounds: int) -> None:
    """In the peers' environment: as many fits from the start on standard input, as JSON."""
    import torch

    torch.set_num_threads(1)
    begins = [np.array(json.load(sys.stdin))]
    found = []
    for i in range(rounds):
        y = sample(i + 1)
        clock = time.process_time()
        logs, weights = by_torchdiffeq(y, begins)
        spent = time.process_time() - clock
        found.append((spent, error(y, logs, weights)))
    print(json.dumps(found))


def run(python: str, *arguments: str, given: str = "") -> Any:
    """What this program prints as JSON in another process."""
    command = [python, __file__, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=7)
    parser.add_argument("--peers", help="a Python with torchdiffeq")
    parser.add_argument("--part", choices=("first", "torchdiffeq"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    rounds = options.rounds
    if options.part == "first":
        return first()
    if options.part == "torchdiffeq":
        return torchdiffeq(rounds)
    begins = starts()
    firsts, times, errors = [], {"likelier": [], "SciPy": []}, {"likelier": [], "SciPy": []}
    for i in range(rounds):
        firsts.append(run(sys.executable, "--part", "first"))
        y = sample(i + 1)
        for name, method in (("likelier", by_likelier), ("SciPy", by_scipy)):
            clock = time.process_time()
            logs, weighed = method(y, begins)
            times[name].append(time.process_time() - clock)
            errors[name].append(error(y, logs, weighed))
        print(firsts[-1], {n: v[-1] for n, v in times.items()}, file=sys.stderr)
    rows = {
        "likelier, the first fit, which compiles": (
            [f["cpu"] for f in firsts],
            [f["error"] for f in firsts],
        ),
        "likelier, every later fit": (times["likelier"], errors["likelier"]),
        "SciPy": (times["SciPy"], errors["SciPy"]),
    }
    if options.peers:
        given = json.dumps(list(begins[0]))
        found = run(options.peers, "3", "--part", "torchdiffeq", given=given)
        rows["torchdiffeq, from the first start alone"] = tuple(zip(*found, strict=True))
    print("| | CPU seconds, median (range) | error, median (largest) |\n| --- | --- | --- |")
    for name, (spent, wrong) in rows.items():
        print(
            f"| {name} | {statistics.median(spent):.2f} ({min(spent):.2f} to {max(spent):.2f}) | "
            f"{statistics.median(wrong):.0e} ({max(wrong):.0e}) |"
        )
    pairs = list(zip(firsts, times["likelier"], times["SciPy"], strict=True))
    later = statistics.median(scipy / own for _, own, scipy in pairs)
    cold = statistics.median(f["cpu"] / scipy for f, _, scipy in pairs)
    print(
        f"\nOver SciPy's time, in turn: later fits a {later:.1f}th, the first {cold:.2f} of it.\n"
    )
    print("| of the first fit | seconds |\n| --- | --- |")
    for part in ("cpu", "wall", "tracing", "lowering", "compiling", "jax"):
        print(f"| {part} | {statistics.median(f[part] for f in firsts):.2f} |")
    print(f"\nPython {platform.python_version()}, {platform.machine()}, one thread.")


if __name__ == "__main__":
    main()
