"""CPU time of a fresh process, beside that of `import pandas`: `python benchmarks/startup.py`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

STATEMENTS = (
    "pass",
    "import likelier",
    "import likelier; likelier.Normal(0.0, 1.0).nll(2.0)",
    "import likelier; likelier.fit",
    "import pandas",
)
# As pip installs a package: its modules compiled, which the first run of each command sees to.
COMPILED = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
REPEATS = 7


def cpu_seconds(statement: str) -> float:
    """User and system time of a fresh interpreter that runs one statement."""
    before = os.times()
    subprocess.run([sys.executable, "-c", statement], check=True, env=COMPILED)
    after = os.times()
    return (
        after.children_user - before.children_user + after.children_system - before.children_system
    )


def main() -> None:
    print(f"CPU seconds of a fresh process, median of {REPEATS}")
    for statement in STATEMENTS:
        cpu_seconds(statement)  # files into the cache
        median = statistics.median(cpu_seconds(statement) for _ in range(REPEATS))
        print(f"  {median:6.3f}  {statement}")


if __name__ == "__main__":
    main()
