"""Runs the programs in turn, each in a process of its own, and prints the table."""

from __future__ import annotations

import importlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from benchmarks._peers import interpreter
from benchmarks.workloads._base import Workload

NAMES = ("W1", "W1c", "W2", "W3", "W4", "W5", "W6")
ROOT = Path(__file__).parents[2]

_R = """
folder <- commandArgs(TRUE)[1]
shapes <- read.table(file.path(folder, "shapes.txt"), stringsAsFactors = FALSE)
d <- list()
for (i in seq_len(nrow(shapes))) {
  path <- file.path(folder, paste0(shapes[i, 1], ".bin"))
  x <- readBin(path, "double", shapes[i, 2] * shapes[i, 3])
  d[[shapes[i, 1]]] <- if (shapes[i, 3] > 1) matrix(x, shapes[i, 2]) else x
}
%s
began <- proc.time()
found <- fit()
took <- proc.time() - began
cat(sprintf('{"seconds": %%.17g, "cpu": %%.17g, "megabytes": null, "found": [%%s]}\\n',
  took[["elapsed"]], took[["user.self"]] + took[["sys.self"]],
  paste(sprintf("%%.17g", as.numeric(found)), collapse = ", ")))
"""


def write(data: dict[str, np.ndarray], folder: Path, r: bool) -> None:
    """The arrays as files for Python and, as plain columns, for R."""
    lines = []
    for name, value in data.items():
        np.save(folder / f"{name}.npy", value)
        if r:
            np.asarray(value, dtype=float).T.tofile(folder / f"{name}.bin")
            lines.append(f"{name} {value.shape[0]} {value.shape[1] if value.ndim > 1 else 1}")
    (folder / "shapes.txt").write_text("\n".join(lines) + "\n")


def commands(work: Workload, folder: Path, peers: str) -> Iterator[tuple[str, list[str]]]:
    """What starts each program; those whose interpreter is absent are left out."""
    for k, program in enumerate(work.programs):
        interpreter = sys.executable if k == 0 else peers
        yield (
            program,
            [interpreter, "-m", "benchmarks.workloads._program", work.name, program, str(folder)],
        )
    if (rscript := shutil.which("Rscript")) is not None:
        for program, text in work.r.items():
            path = folder / f"{program.replace(' ', '_').replace('/', '_')}.R"
            path.write_text(_R % text)
            yield program, [rscript, str(path), str(folder)]


def turn(command: list[str], limit: float) -> dict | str:
    """One run; why there is no result, in a word, where there is none."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return f"over {limit:.0f} s"
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["failed"])[-1]
        absent = "No module named" in last or "there is no package called" in done.stderr
        return "absent" if absent else f"failed: {last[:60]}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def rows(work: Workload, scale: float, runs: int, peers: str, limit: float) -> list[str]:
    """Lines of the table, likelier's first."""
    data = work.simulate(scale)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write(data, folder, r=bool(work.r))
        programs = dict(commands(work, folder, peers))
        found: dict[str, list[dict | str]] = {name: [] for name in programs}
        for run in range(runs):
            for name, command in programs.items():
                lost = any(isinstance(one, str) for one in found[name])
                if lost or (run and name in work.slow):
                    continue
                found[name].append(turn(command, limit))
    best = next(iter(found.values()))
    if isinstance(best[0], str):
        return [f"| {work.name} | {work.title} | likelier | {best[0]} | | | | | | |"]
    ours = np.array(best[0]["found"])
    ours_ll = work.log_likelihood(data, ours)
    fast = {clock: statistics.median(one[clock] for one in best) for clock in ("seconds", "cpu")}
    lines = []
    for name, results in found.items():
        first = results[0]
        if isinstance(first, str):
            if first != "absent":
                lines.append(f"| {work.name} | | {name} | {first} | | | | | | |")
            continue
        seconds, cpu = (
            statistics.median(r[clock] for r in results) for clock in ("seconds", "cpu")
        )
        theirs = np.array(first["found"])
        gap = work.log_likelihood(data, theirs) - ours_ll
        # Parameters that a program doesn't return as such are judged by the likelihood alone.
        apart = np.abs(theirs - ours).max() if theirs.shape == ours.shape else np.nan
        memory = "" if first["megabytes"] is None else f"{first['megabytes']:.0f}"
        title = work.title if name == next(iter(found)) else ""
        once = " (once)" if len(results) == 1 < runs else ""
        lines.append(
            f"| {work.name} | {title} | {name} | {seconds:.3f}{once} "
            f"| {seconds / fast['seconds']:.1f} | {cpu:.3f} | {cpu / fast['cpu']:.1f} "
            f"| {memory} | {gap:+.1e} | {apart:.0e} |"
        )
    return lines


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="Workloads; all of them if none.")
    ] = None,
    runs: Annotated[int, typer.Option(help="Turns of all programs; the median counts.")] = 5,
    scale: Annotated[float, typer.Option(help="Share of the rows.")] = 1.0,
    peers: Annotated[str, typer.Option(help="Python that has the peers.")] = interpreter(),
    limit: Annotated[float, typer.Option(help="Seconds after which a run is given up.")] = 200.0,
) -> None:
    """Print the table of the workloads."""
    chosen = names or NAMES
    print(f"{date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    head = ("", "what", "program", "seconds", "ratio", "CPU", "ratio", "MB added")
    print("| " + " | ".join([*head, "log-likelihood", "coefficients"]) + " |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in chosen:
        work = importlib.import_module(f"benchmarks.workloads.{name.lower()}").WORKLOAD
        print("\n".join(rows(work, scale, runs, peers, limit)), flush=True)


if __name__ == "__main__":
    typer.run(main)
