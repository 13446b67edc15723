"""Parquet files that are read in each pass (W12), by threads and by workers of a Dask cluster.

    python -m benchmarks.streaming [ROWS] [--runs 1] [--folder FOLDER]

Writes ROWS (20 million when not given) of 20 single precision columns into a temporary folder, in
files of two million, and fits a logistic model to them in processes of their own: streamed by one
and two threads, and by one, two and four workers of one thread each. `read` is the first reading,
`passes` are those of the search, of which the first has the curvature; rows a second count both.
A core second is one of CPU time of whoever computes: the process, or all workers; the busiest is
the process with most of it, whose seconds bound the clock however busy the machine is. Memory is
the peak over that before the fit, of the process or of the worker that has most. The error is the
largest difference of a coefficient from those of `Stream(1)`; of the first file the difference
from the same rows in memory.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

COLUMNS, GROUP, FILE = 20, 250_000, 2_000_000
FORMULA = "y ~ " + " + ".join(f"x{j}" for j in range(COLUMNS - 1))
ENGINES = ("stream:1", "stream:2", "dask:1", "dask:2", "dask:4")


class Found(NamedTuple):
    """What a fit took: seconds of the clock, of all CPUs, of the busiest; MB; what it found."""

    wall: float
    cpu: float
    busiest: float
    memory: float
    passes: int
    coefficients: list[float]


def write(folder: Path, rows: int) -> None:
    """Files of FILE rows, in row groups of GROUP."""
    import pyarrow as pa
    from pyarrow import parquet

    names = ["y", *(f"x{j}" for j in range(COLUMNS - 1))]
    schema = pa.schema([(name, pa.float32()) for name in names])
    slopes = np.random.default_rng(0).normal(0, 0.2, COLUMNS - 1).astype(np.float32)
    for k, first in enumerate(range(0, rows, FILE)):
        path = folder / f"part{k:03d}.parquet"
        with parquet.ParquetWriter(path, schema, use_dictionary=False) as writer:
            for part in range(first, min(first + FILE, rows), GROUP):
                rng = np.random.default_rng([1, part])
                x = rng.standard_normal((COLUMNS - 1, GROUP), dtype=np.float32)
                y = (rng.random(GROUP) < 1 / (1 + np.exp(-slopes @ x))).astype(np.float32)
                writer.write_table(pa.table([y, *x], schema=schema), row_group_size=GROUP)


def used() -> tuple[float, float]:
    """CPU seconds of this process, and its peak in MB."""
    return time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def warm() -> None:
    """A small fit: what a first one imports is not of the files."""
    import pyarrow.parquet  # noqa: F401

    import likelier as lk

    lk.fit("y ~ x", {"y": [0, 1, 0, 1], "x": [1.0, 2.0, 3.0, 5.0]}, "bernoulli").summary()


def fit_once(path: str, engine: str) -> Found:
    """One fit in this process."""
    import likelier as lk

    warm()
    kind, _, count = engine.partition(":")

    def fit(using: Any, computing: Any) -> Found:
        before = computing()
        began = time.perf_counter()
        found = lk.fit(FORMULA, path, "bernoulli", engine=using)
        wall = time.perf_counter() - began
        grown = [np.subtract(b, a) for a, b in zip(before, computing(), strict=True)]
        cpu, memory = zip(*grown, strict=True)
        most = max(cpu), max(memory)
        return Found(wall, sum(cpu), *most, found.facts.passes, found.coefficients.tolist())

    if kind != "dask":
        return fit(lk.Stream(int(count)) if kind == "stream" else None, lambda: [used()])
    from distributed import Client, LocalCluster

    options = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": logging.ERROR}
    with LocalCluster(n_workers=int(count), **options) as cluster, Client(cluster) as client:
        client.run(warm)
        return fit(lk.Dask(client), lambda: list(client.run(used).values()))


def run(path: str, engine: str) -> Found:
    """One fit in a process of its own."""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-m", "benchmarks.streaming", "--path", path, "--engine", engine]
    paths = os.pathsep.join([str(root), str(root / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return Found(*json.loads(done.stdout.splitlines()[-1]))


def compare(folder: Path, rows: int, runs: int) -> None:
    """Print the table: a row an engine, medians over the runs, all engines in turn."""
    one, files = str(folder / "part000.parquet"), str(folder / "part*.parquet")
    exact = np.array(run(one, "memory:1").coefficients)
    cases = [(one, ENGINES[0]), *((files, engine) for engine in ENGINES)]
    found: dict[tuple[str, str], list[Found]] = {case: [] for case in cases}
    for _ in range(runs):
        for case in cases:
            found[case].append(run(*case))
    print(
        "| engine | rows | passes | wall s | busiest s | M rows a second | M rows a core second | "
        "memory MB | error |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for (path, engine), results in found.items():
        n = min(rows, FILE) if path == one else rows
        whole = np.array(found[files, ENGINES[0]][0].coefficients)
        first = results[0]
        wall, cpu, busiest, memory = (
            statistics.median(getattr(each, name) for each in results)
            for name in ("wall", "cpu", "busiest", "memory")
        )
        read = n * (first.passes + 1) / 1e6
        error = np.abs(np.array(first.coefficients) - (exact if path == one else whole)).max()
        kind, _, count = engine.partition(":")
        print(
            f"| `{kind.title()}`, {count} | {n:,} | {first.passes} | {wall:.1f} | {busiest:.1f} | "
            f"{read / wall:.1f} | {read / cpu:.1f} | {memory:.0f} | {error:.0e} |",
            flush=True,
        )


def main(
    rows: Annotated[float, typer.Argument(help="Rows to write.")] = 2e7,
    runs: Annotated[int, typer.Option(help="Turns; the median counts.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Where files are written, and left.")] = None,
    path: Annotated[str, typer.Option(help="Fit these, in this process.")] = "",
    engine: Annotated[str, typer.Option(help="By this engine.")] = ENGINES[0],
) -> None:
    """Print the table."""
    if path:
        print(json.dumps(fit_once(path, engine)))
        return
    with tempfile.TemporaryDirectory() as name:
        place = folder or Path(name)
        place.mkdir(parents=True, exist_ok=True)
        if not any(place.glob("part*.parquet")):
            write(place, int(rows))
        compare(place, int(rows), runs)


if __name__ == "__main__":
    typer.run(main)
