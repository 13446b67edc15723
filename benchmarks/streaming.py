"""Parquet files that are read in each pass (W12): rows a second, memory, and Dask workers.

    python benchmarks/streaming.py [ROWS]

Writes ROWS (20 million when not given) of 20 single precision columns into a temporary folder, fits
a logistic model in processes of their own, and prints rows a second and pass, the growth of
memory over that of a small fit, and the largest difference of a coefficient from those of a fit of
the first million rows in memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

COLUMNS, GROUP, FILE = 20, 250_000, 2_000_000
FORMULA = "y ~ " + " + ".join(f"x{j}" for j in range(COLUMNS - 1))

SCRIPT = """
import json, resource, sys, time
import pandas, pyarrow.parquet
import likelier as lk
def main():
    formula, path, kind, n = sys.argv[1:5]
    small = {"y": [0, 1, 0, 1], **{f"x{j}": [1.0, 2.0, 3.0, 5.0] for j in range(19)}}
    lk.fit("y ~ x0", small, "bernoulli").standard_errors
    client = None
    if kind == "dask":
        from distributed import Client, LocalCluster
        cluster = LocalCluster(int(n), threads_per_worker=1, dashboard_address=":0")
        client = Client(cluster)
    engine = lk.Dask(client) if client else lk.Stream(int(n))
    low = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, used = time.perf_counter(), time.process_time()
    fit = lk.fit(formula, path, "bernoulli", engine=engine if kind != "memory" else None)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - low) / 1024
    print(json.dumps([wall, cpu, grown, fit.facts.passes, fit.coefficients.tolist()]))
    if client:
        client.close()
        cluster.close()
if __name__ == "__main__":
    main()
"""


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


def run(path: str, kind: str, n: int) -> tuple[float, float, float, int, list[float]]:
    """One fit in a process of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(SCRIPT)
        script.flush()
        command = [sys.executable, script.name, FORMULA, path, kind, str(n)]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(json.loads(found.stdout.splitlines()[-1]))


def main() -> None:
    """Print the table."""
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 20_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, rows)
        one, all_files = str(folder / "part000.parquet"), str(folder / "*.parquet")
        counts = {one: min(rows, FILE), all_files: rows}
        exact = np.array(run(one, "memory", 1)[4])
        print("| | rows | passes | wall s | M rows/s a pass | CPU M rows/s | memory MB | error |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for path, kind, n in (
            (one, "stream", 1),
            (all_files, "stream", 1),
            (all_files, "stream", 2),
            (all_files, "dask", 1),
            (all_files, "dask", 2),
        ):
            wall, cpu, grown, passes, found = run(path, kind, n)
            # The first reading is a pass too.
            read = counts[path] * (passes + 1) / 1e6
            off = f"{np.max(np.abs(np.array(found) - exact)):.0e}" if path == one else ""
            own = f"{read / cpu:.2f}" if kind == "stream" else ""
            print(
                f"| {kind}, {n} | {counts[path]:,} | {passes} | {wall:.1f} | {read / wall:.2f} | "
                f"{own} | {grown:.0f} | {off} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
