"""Workloads W1 to W6: the same simulated data for likelier and for others, each in its own process.

    python -m benchmarks.workloads                       # all, the table on standard output
    python -m benchmarks.workloads W1 W3 --runs 5 --scale 0.1
    python -m benchmarks.workloads --peers .venv/bin/python

One file a workload: what is simulated, one function a program, and the log-likelihood by which all
are judged. `_run.py` runs them in turn and prints the table; `_program.py` is what each of the
processes runs. Programs of R take part where `Rscript` and their package are found, those of Python
where the environment of the peers has them, which `make peers` makes.
"""
