"""`python -m benchmarks.workloads`."""

import typer
from benchmarks.workloads._run import main

typer.run(main)
