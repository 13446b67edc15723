"""Poisson regression beside factors of many levels: CPU seconds and memory.

Each program runs in a process of its own.

    python benchmarks/categorical.py                              # likelier's rows of the table
    python benchmarks/categorical.py --peers .venv-peers/bin/python --peer-levels 2000

glum, whose tabmat keeps such factors as codes too, takes part up to `--peer-levels` coefficients:
its curvature is a whole matrix. The log-likelihood is less likelier's, and the last column is how
far the coefficients lie from likelier's at most.
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

CASES = (
    (200_000, (2_000,), "C(g0)"),
    (1_000_000, (10_000,), "C(g0)"),
    (200_000, (4_000, 1_000), "C(g0) + C(g1)"),
    (100_000, (2_000,), "C(g0):s"),
    (1_000_000, (2_000,), "C(g0):s"),
    (100_000, (2_000,), "C(g0) + C(g0):s"),
    (1_000_000, (2_000,), "C(g0) + C(g0):s"),
)
"""Rows, the levels of each factor, and what stands beside three columns of numbers."""


def simulate(n: int, levels: tuple[int, ...], terms: str) -> dict[str, np.ndarray]:
    """Counts, three columns of numbers, codes of each factor, and one with slopes; seeded."""
    rng = np.random.default_rng(0)
    table: dict[str, np.ndarray] = {f"x{j}": rng.standard_normal(n) for j in range(3)}
    eta = 0.3 + 0.1 * table["x0"] + 0.2 * table["x1"] - 0.1 * table["x2"]
    for k, count in enumerate(levels):
        codes = rng.integers(0, count, n)
        eta += rng.normal(0, 0.4, count)[codes] * (f"C(g{k})" in terms.split(" + "))
        table[f"g{k}"] = codes
    if "s" in terms:
        table["s"] = rng.standard_normal(n)
        eta += rng.normal(0, 0.3, levels[0])[table["g0"]] * table["s"]
    return {**table, "y": rng.poisson(np.exp(eta)).astype(float)}


Found = tuple[float, np.ndarray]
"""Log-likelihood without log y!, and coefficients: intercept, numbers, each term of factors."""


def likelier(table: dict[str, np.ndarray], terms: str) -> Found:
    """The fit, with standard errors."""
    from scipy.special import gammaln

    import likelier as lk

    fit = lk.fit(f"y ~ x0 + x1 + x2 + {terms}", table, "poisson")
    errors = fit.standard_errors.standard_error
    assert fit.converged
    assert np.all(np.isfinite(errors))
    left_out = float(gammaln(table["y"] + 1).sum())
    return fit.log_likelihood + left_out, fit.params.estimate.to_numpy()


def glum(table: dict[str, np.ndarray], terms: str) -> Found:
    """The same, without standard errors."""
    import pandas as pd
    from glum import GeneralizedLinearRegressor

    x = pd.DataFrame({name: v for name, v in table.items() if name != "y"})
    for name in [name for name in x if name.startswith("g")]:
        x[name] = x[name].astype("category")
    columns: dict[str, Any] = {"drop_first": not terms.startswith("C(g0):")}
    if "s" in terms:
        columns["formula"] = f"x0 + x1 + x2 + {terms}"
    model = GeneralizedLinearRegressor(family="poisson", alpha=0, gradient_tol=1e-8, **columns)
    model.fit(x, table["y"])
    mean = model.predict(x)
    value = float((table["y"] * np.log(mean) - mean).sum())
    return value, np.concatenate([[model.intercept_], model.coef_])


def run(program: str, case: int) -> None:
    """One program in this process; prints a line of JSON."""
    n, levels, terms = CASES[case]
    small = simulate(2_000, tuple(20 for _ in levels), terms)
    programs: dict[str, Any] = {"likelier": likelier, "glum": glum}
    programs[program](small, terms)  # what is imported at first use
    table = simulate(n, levels, terms)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.process_time()
    found, coefficients = programs[program](table, terms)
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = time.process_time() - began
    added = (after.ru_maxrss - before.ru_maxrss) / 1024
    one = {"cpu": seconds, "added": added, "log_likelihood": found}
    print(json.dumps({**one, "coefficients": coefficients.tolist()}))


def main(
    peers: Annotated[str, typer.Option(help="Python that has glum.")] = "",
    peer_levels: Annotated[int, typer.Option(help="Most coefficients that glum is given.")] = 2_000,
    only: Annotated[str, typer.Option(help="PROGRAM,CASE: one run, for the others.")] = "",
) -> None:
    """Print the table."""
    if only:
        program, case = only.split(",")
        run(program, int(case))
        return
    head = (
        "rows | levels | terms | program | CPU s | MB added | coefficients | log-likelihood | apart"
    )
    print(f"| {head} |")
    print("|---:|---:|---|---|---:|---:|---:|---:|---:|")
    for case, (n, levels, terms) in enumerate(CASES):
        turns = [("likelier", sys.executable)]
        if peers and sum(levels) * len(terms.split(" + ")) // len(levels) <= peer_levels:
            turns.append(("glum", peers))
        first: Any = None
        for program, interpreter in turns:
            command = [interpreter, __file__, "--only", f"{program},{case}"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            one = json.loads(done.stdout.strip().splitlines()[-1])
            first = one if first is None else first
            own, right = (np.array(found["coefficients"]) for found in (one, first))
            print(
                f"| {n:,} | {' and '.join(f'{count:,}' for count in levels)} | `{terms}` "
                f"| {program} | {one['cpu']:.2f} | {one['added']:.0f} | {len(own):,} "
                f"| {one['log_likelihood'] - first['log_likelihood']:+.1e} "
                f"| {np.max(np.abs(own - right)):.0e} |",
                flush=True,
            )


if __name__ == "__main__":
    typer.run(main)
