"""Every workload, W1 to W12, and what the machine can do: one command for all tables.

    python -m benchmarks                                  # all of them: about half an hour
    python -m benchmarks W7 W9 --peers .venv-peers/bin/python

Each workload is a command of its own, which is printed over its table.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from benchmarks._machine import machine

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Row:
    """A workload: what it is, and the arguments of Python that print its table."""

    title: str
    command: tuple[str, ...]
    peers: bool = False


def _workload(name: str, title: str) -> Row:
    return Row(title, ("-m", "benchmarks.workloads", name), peers=True)


ROWS = {
    "W1": _workload("W1", "logistic, n = 1e6, p = 50"),
    "W1c": _workload("W1c", "logistic, n = 2e5, correlated columns, scales 1e-2 to 1e2"),
    "W2": _workload("W2", "Poisson, n = 1e6, p = 50"),
    "W3": _workload("W3", "Normal, linear mean and log scale"),
    "W4": _workload("W4", "negative binomial, dispersion estimated"),
    "W5": _workload("W5", "softmax, n = 2e5, p = 50, ten classes"),
    "W6": _workload("W6", "Beta, n = 1e5, p = 10"),
    "W7": Row("L1 logistic: a path of 50, and one strength", ("benchmarks/paths.py",), True),
    "W8": Row("a thousand small logistic fits", ("benchmarks/groups.py",)),
    "W9": Row("networks with a mean and a scale", ("benchmarks/networks.py",), True),
    "W10": Row("row NLL with gradient, M elements a second", ("benchmarks/losses.py", "1e7")),
    "W11": Row("from nothing to an answer, a fresh process", ("benchmarks/cli.py",)),
    "W12": Row("Parquet that is read in each pass", ("-m", "benchmarks.streaming")),
    "limit": Row("a pass beside the machine's limit, and its growth", ("benchmarks/scaling.py",)),
}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Workloads; all if none.")] = None,
    peers: Annotated[str, typer.Option(help="Python that has the peers.")] = sys.executable,
) -> None:
    """Print the tables, one after the other."""
    unknown = [name for name in names or () if name not in ROWS]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(ROWS)}")
    print(machine(peers), flush=True)
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths}
    for name in names or ROWS:
        row = ROWS[name]
        print(f"\n## {name}: {row.title}\n\n    python {' '.join(row.command)}\n", flush=True)
        command = [sys.executable, *row.command, *(("--peers", peers) if row.peers else ())]
        failed = subprocess.run(command, cwd=ROOT, env=environment).returncode
        if failed:
            print(f"\nThe command ended with {failed}.", flush=True)


if __name__ == "__main__":
    typer.run(main)
