"""One program of one workload, timed in a process of its own.

    python -m benchmarks.workloads._program W1 likelier FOLDER

Prints seconds of the fit, memory it added (MB) and where its coefficients lie.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np


def arrays(folder: Path) -> dict[str, np.ndarray]:
    """What was simulated, read into memory."""
    return {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}


def main() -> None:
    """Time the program and print a line of JSON."""
    name, program, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    workload = importlib.import_module(f"benchmarks.workloads.{name.lower()}").WORKLOAD
    warnings.simplefilter("ignore")
    data = arrays(folder)
    # What is imported at first use is imported now, for every program alike.
    workload.programs[program]({name: value[:5000].copy() for name, value in data.items()})()
    fit = workload.programs[program](data)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    found = np.asarray(fit(), dtype=float).ravel()
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    added = (after.ru_maxrss - before.ru_maxrss) / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": added, "found": found.tolist()}))


if __name__ == "__main__":
    main()
