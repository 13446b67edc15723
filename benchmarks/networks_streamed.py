"""Networks on rows that stay in their files: peak memory and time, beside rows in memory.

    python benchmarks/networks_streamed.py [--rows 1000000 --rows 4000000]

The rows of W9, in one Parquet file of row groups of 125,000; two epochs of `lk.MLP()`, each fit in
a process of its own. The NLL is that of the rows that were held out.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

_BLOCK = 250_000
FORMULA = "y ~ " + " + ".join(f"x{i}" for i in range(8))
BEST = 0.3154
"""NLL of what makes the rows: ½ log 2πe and the mean log scale."""


def write(path: Path, rows: int) -> None:
    """Rows of W9, block by block."""
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(0)
    schema = pa.schema([(name, pa.float64()) for name in (*(f"x{i}" for i in range(8)), "y")])
    with parquet.ParquetWriter(path, schema) as file:
        for _ in range(0, rows, _BLOCK):
            x = rng.uniform(-1, 1, (_BLOCK, 8))
            mean = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + np.abs(x[:, 3])
            scale = 0.2 + 0.4 * (x[:, 4] > 0) * (1 + x[:, 5])
            y = mean + scale * rng.standard_normal(_BLOCK)
            block = pa.table({**{f"x{i}": x[:, i] for i in range(8)}, "y": y})
            file.write_table(block, row_group_size=_BLOCK // 2)


def fit(path: str, streamed: bool) -> None:
    """Fit and print CPU seconds, peak memory and NLL."""
    import likelier as lk

    began = time.process_time()
    found = lk.fit(
        FORMULA,
        path,
        "normal",
        predictor=lk.MLP(),
        solver=lk.Adam(epochs=2),
        engine=lk.Stream(1) if streamed else None,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.process_time() - began
    print(json.dumps([seconds, peak, found.facts.held_out_nll]))


def main(
    rows: Annotated[list[int] | None, typer.Option(help="Numbers of rows.")] = None,
    file: Annotated[str | None, typer.Option(help="One fit of this file.")] = None,
    streamed: Annotated[bool, typer.Option(help="Of that, read in each epoch.")] = False,
) -> None:
    """Print the table."""
    if file is not None:
        fit(file, streamed)
        return
    print("| rows | where | CPU s | peak MB | NLL above the best |\n|---:|---|---:|---:|---:|")
    for n in rows or [1_000_000, 4_000_000]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            write(path, n)
            for where in ("streamed", "in memory"):
                command = [sys.executable, __file__, "--file", str(path)]
                done = subprocess.run(
                    [*command, *(["--streamed"] if where == "streamed" else [])],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                seconds, peak, nll = json.loads(done.stdout.splitlines()[-1])
                print(f"| {n:,} | {where} | {seconds:.1f} | {peak:.0f} | {nll - BEST:+.4f} |")


if __name__ == "__main__":
    typer.run(main)
