"""Poisson regression beside factors of many levels: CPU seconds and memory.

Each program runs in a process of its own.

    python benchmarks/categorical.py                              # likelier's rows of the table
    python benchmarks/categorical.py --peers .venv-peers/bin/python --peer-levels 2000

glum, whose tabmat keeps such factors as codes too, takes part up to `--peer-levels`: its curvature
is a whole matrix. The log-likelihood is less likelier's.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Annotated, Any

import numpy as np
import typer

CASES = ((200_000, (2_000,)), (1_000_000, (10_000,)), (200_000, (4_000, 1_000)))
"""Rows, and the levels of each factor."""


def simulate(n: int, levels: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Counts, three columns of numbers, and codes of each factor; seeded."""
    rng = np.random.default_rng(0)
    table: dict[str, np.ndarray] = {f"x{j}": rng.standard_normal(n) for j in range(3)}
    eta = 0.3 + 0.1 * table["x0"] + 0.2 * table["x1"] - 0.1 * table["x2"]
    for k, count in enumerate(levels):
        codes = rng.integers(0, count, n)
        eta += rng.normal(0, 0.4, count)[codes]
        table[f"g{k}"] = codes
    return {**table, "y": rng.poisson(np.exp(eta)).astype(float)}


def likelier(table: dict[str, np.ndarray], factors: int) -> tuple[float, int]:
    """Log-likelihood of the fit without log y!, and the number of coefficients."""
    from scipy.special import gammaln

    import likelier as lk

    right = " + ".join(["x0", "x1", "x2", *(f"C(g{k})" for k in range(factors))])
    fit = lk.fit(f"y ~ {right}", table, "poisson")
    errors = fit.standard_errors.standard_error
    assert fit.converged
    assert np.all(np.isfinite(errors))
    return fit.log_likelihood + float(gammaln(table["y"] + 1).sum()), len(errors)


def glum(table: dict[str, np.ndarray], factors: int) -> tuple[float, int]:
    """The same, without standard errors."""
    import pandas as pd
    from glum import GeneralizedLinearRegressor

    x = pd.DataFrame({name: v for name, v in table.items() if name != "y"})
    for k in range(factors):
        x[f"g{k}"] = x[f"g{k}"].astype("category")
    model = GeneralizedLinearRegressor(
        family="poisson", alpha=0, gradient_tol=1e-6, drop_first=True
    )
    model.fit(x, table["y"])
    mean = model.predict(x)
    return float((table["y"] * np.log(mean) - mean).sum()), len(model.coef_) + 1


def run(program: str, case: int) -> None:
    """One program in this process; prints a line of JSON."""
    n, levels = CASES[case]
    small = simulate(2_000, tuple(20 for _ in levels))
    programs: dict[str, Any] = {"likelier": likelier, "glum": glum}
    programs[program](small, len(levels))  # what is imported at first use
    table = simulate(n, levels)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.process_time()
    found, size = programs[program](table, len(levels))
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = time.process_time() - began
    added = (after.ru_maxrss - before.ru_maxrss) / 1024
    print(json.dumps({"cpu": seconds, "added": added, "log_likelihood": found, "size": size}))


def main(
    peers: Annotated[str, typer.Option(help="Python that has glum.")] = "",
    peer_levels: Annotated[int, typer.Option(help="Most levels that glum is given.")] = 2_000,
    only: Annotated[str, typer.Option(help="PROGRAM,CASE: one run, for the others.")] = "",
) -> None:
    """Print the table."""
    if only:
        program, case = only.split(",")
        run(program, int(case))
        return
    print("| rows | levels | program | CPU s | MB added | coefficients | log-likelihood |")
    print("|---:|---:|---|---:|---:|---:|---:|")
    for case, (n, levels) in enumerate(CASES):
        turns = [("likelier", sys.executable)]
        if peers and max(levels) <= peer_levels:
            turns.append(("glum", peers))
        first = None
        for program, interpreter in turns:
            command = [interpreter, __file__, "--only", f"{program},{case}"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            one = json.loads(done.stdout.strip().splitlines()[-1])
            first = one["log_likelihood"] if first is None else first
            print(
                f"| {n:,} | {' and '.join(f'{count:,}' for count in levels)} | {program} "
                f"| {one['cpu']:.1f} | {one['added']:.0f} | {one['size']:,} "
                f"| {one['log_likelihood'] - first:+.1e} |",
                flush=True,
            )


if __name__ == "__main__":
    typer.run(main)
