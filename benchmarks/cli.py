"""CPU time of the command line, each run a fresh process: `python benchmarks/cli.py`.

`likelier fit` on a CSV file of 1,000 rows beside a statsmodels script that reads the same file,
fits the same model and prints the same kind of summary; the loading of the saved model; and what
the import of NumPy and SciPy's special functions takes by itself.
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

# As pip installs a package: its modules compiled, which the first run of each command sees to.
COMPILED = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
REPEATS = 5
FORMULA = "visits ~ age + income + C(plan)"
SCRIPT = """
import pandas as pd, statsmodels.formula.api as smf
print(smf.negativebinomial("{formula}", pd.read_csv("{path}")).fit(disp=0).summary())
"""
LIKELIER = [sys.executable, "-m", "likelier"]


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
    nowhere = subprocess.DEVNULL
    subprocess.run(command, check=True, stdout=nowhere, stderr=nowhere, env=COMPILED)
    after = os.times()
    return (
        after.children_user - before.children_user + after.children_system - before.children_system
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, ten = Path(folder) / "visits.csv", Path(folder) / "ten.csv"
        model, page = Path(folder) / "model.lkl", Path(folder) / "report.html"
        write_rows(data)
        write_rows(ten, 10)
        fit = [*LIKELIER, "fit", str(data), FORMULA, "-d", "negative_binomial"]
        in_python = (
            f"import likelier as lk; print(lk.load({str(model)!r}).predict({str(ten)!r}).mean)"
        )
        commands = {
            "statsmodels script": [
                sys.executable,
                "-c",
                SCRIPT.format(formula=FORMULA, path=data),
            ],
            "likelier fit": fit,
            "likelier fit --out": [*fit, "--out", str(model)],
            "likelier fit --report": [*fit, "--report", str(page)],
            "likelier predict, 10 rows": [*LIKELIER, "predict", str(model), str(ten)],
            "lk.load(...).predict, 10 rows": [sys.executable, "-c", in_python],
            "likelier --help": [*LIKELIER, "--help"],
            "python -c 'import numpy, scipy.special'": [
                sys.executable,
                "-c",
                "import numpy, scipy.special",
            ],
        }
        for command in commands.values():
            cpu_seconds(command)  # files into the cache
        # Turn by turn, so that a busy moment of the machine falls on all alike.
        turns = [
            {k: cpu_seconds(command) for k, command in commands.items()} for _ in range(REPEATS)
        ]
        print(
            f"CPU seconds of a fresh process, 1,000 rows, median of {REPEATS}; beside statsmodels"
        )
        for name in commands:
            seconds = statistics.median(turn[name] for turn in turns)
            share = statistics.median(turn[name] / turn["statsmodels script"] for turn in turns)
            print(f"  {seconds:6.2f}  {share:5.2f}  {name}")
        print(f"Size of the model file: {model.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
