"""CPU time of the command line, each run a fresh process: `python benchmarks/cli.py`.

`likelier fit` on a CSV file of 1,000 rows beside a statsmodels script that reads the same file,
fits the same model and prints the same kind of summary.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

REPEATS = 5
FORMULA = "visits ~ age + income + C(plan)"
SCRIPT = """
import pandas as pd, statsmodels.formula.api as smf
print(smf.negativebinomial("{formula}", pd.read_csv("{path}")).fit(disp=0).summary())
"""
LIKELIER = [sys.executable, "-m", "likelier.cli"]


def write_rows(path: Path, n: int = 1_000) -> None:
    """A table of counts, two numbers and a label."""
    rng = np.random.default_rng(1)
    age, income = rng.uniform(20, 80, n).round(1), rng.lognormal(3, 0.5, n).round(2)
    plan = rng.choice(["a", "b", "c"], n)
    mean = np.exp(-1 + 0.02 * age + 0.3 * (plan == "b"))
    visits = rng.negative_binomial(2, 2 / (2 + mean))
    frame = pd.DataFrame({"visits": visits, "age": age, "income": income, "plan": plan})
    frame.to_csv(path, index=False)


def cpu_seconds(command: Sequence[str]) -> float:
    """User and system time of a process, its output thrown away."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return (
        after.children_user - before.children_user + after.children_system - before.children_system
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, model = Path(folder) / "visits.csv", Path(folder) / "model.lkl"
        write_rows(data)
        fit = [*LIKELIER, "fit", str(data), FORMULA, "-d", "negative_binomial"]
        commands = {
            "likelier --help": [*LIKELIER, "--help"],
            "likelier fit": [*fit, "--out", str(model)],
            "likelier fit --report": [*fit, "--report", str(Path(folder) / "report.html")],
            "likelier predict": [*LIKELIER, "predict", str(model), str(data)],
            "statsmodels script": [
                sys.executable,
                "-c",
                SCRIPT.format(formula=FORMULA, path=data),
            ],
        }
        print(f"CPU seconds of a fresh process, 1,000 rows, median of {REPEATS}")
        for name, command in commands.items():
            cpu_seconds(command)  # files into the cache
            median = statistics.median(cpu_seconds(command) for _ in range(REPEATS))
            print(f"  {median:6.2f}  {name}")


if __name__ == "__main__":
    main()
