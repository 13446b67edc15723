"""Time to fit Lotka and Volterra's equations from five starts: likelier, SciPy, torchdiffeq.

    python benchmarks/ode.py > docs/ode_speed.md        # torchdiffeq and torch, where installed

One hundred points (50 times, two species, log-normal noise of 10 %), six unknowns, the same five
starting points for all, the same tolerances of integration. All minimise squares of logarithms:
likelier through its log-normal family, which also estimates the two sigmas; SciPy by
`least_squares` over `solve_ivp` (LSODA) on logarithms of the unknowns, its Jacobian by differences;
torchdiffeq by L-BFGS with gradients through the solver, from the first start alone, for it takes
minutes from five. Times are CPU seconds of this process, methods in turn, each fit in new data;
the first of likelier's compiles. The error is the largest relative distance of an estimate from
the optimum of the method's own objective, polished with tolerances of 1e-12.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
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
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5


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


def main() -> None:
    """Print the page."""
    began = time.process_time()
    y = sample(100)
    warmed = time.process_time()
    first, weights = by_likelier(y, [])
    cold = time.process_time() - warmed
    print(f"prepared in {warmed - began:.1f} s", file=sys.stderr)
    begins = starts()
    methods: dict[str, Callable[..., Any]] = {"likelier": by_likelier, "SciPy": by_scipy}
    if importlib.util.find_spec("torchdiffeq"):
        import torch

        torch.set_num_threads(1)
        methods["torchdiffeq (first start alone)"] = by_torchdiffeq
    times: dict[str, list[float]] = {name: [] for name in methods}
    errors: dict[str, list[float]] = {name: [] for name in methods}
    for i in range(ROUNDS):
        y = sample(i + 1)
        for name, method in methods.items():
            clock = time.process_time()
            logs, weighed = method(y, begins)
            times[name].append(time.process_time() - clock)
            errors[name].append(error(y, logs, weighed))
            print(f"{name} {times[name][-1]:.2f} s, {errors[name][-1]:.1e}", file=sys.stderr)
    print("# Differential equations: speed\n")
    print(f"    python benchmarks/ode.py {ROUNDS} > docs/ode_speed.md\n")
    print((__doc__ or "").split("\n\n", 2)[2])
    print("| | CPU seconds, median (range) | error, median (largest) |\n| --- | --- | --- |")
    rows = {
        "likelier, the first fit, which compiles": ([cold], [error(sample(100), first, weights)])
    }
    rows |= {
        ("likelier, every later fit" if n == "likelier" else n): (times[n], errors[n])
        for n in methods
    }
    for name, (spent, wrong) in rows.items():
        span = f" ({min(spent):.2f} to {max(spent):.2f})" if len(spent) > 1 else ""
        print(
            f"| {name} | {statistics.median(spent):.2f}{span} | "
            f"{statistics.median(wrong):.0e} ({max(wrong):.0e}) |"
        )
    ratio = statistics.median(times["SciPy"]) / statistics.median(times["likelier"])
    print(
        f"\nOnce compiled likelier takes a {ratio:.0f}th of SciPy's time; compiling once, ", end=""
    )
    print(f"{cold / statistics.median(times['SciPy']):.2f} of it.")
    print(f"\nPython {platform.python_version()}, {platform.machine()}, one thread.")


if __name__ == "__main__":
    main()
