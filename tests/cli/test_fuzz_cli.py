"""Random tables, formulas, families and files through the command line: told, and never a fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_fuzz import calls
from typer.testing import CliRunner

from likelier.cli._app import app

ENDS = {0, 2, 3, 4}
FORMULAS = st.one_of(
    st.sampled_from(["y ~ x", "y ~ x + g", "y ~ 1", "x ~ y", "y ~", "~ x", "y", "y ~ x +", "y ~ x:",
                     "y ~ (x", "y ~ x))", "y + x ~ 1", "y ~ bs(x, df=2)", "y ~ log(x)", "y ~ x^2",
                     "y ~ `x`", "y ~ x.real", "y ~ 'x'", "y ~ 1e999", "y ~ x | g", "~"]),
    st.text("yxg~+-*:()`'\"0123456789. ,=[]{}_^|\\%", max_size=20),
)  # fmt: skip
FAMILIES = st.one_of(
    st.sampled_from(["normal", "poisson", "bernoulli", "auto", "mixture(normal, 2)", "normal()",
                     "mixture(normal)", "zero_inflated(normal)", "fixed(normal)", "", "NORMAL"]),
    st.text("normalpis(),_=0123456789 .-", max_size=18),
)  # fmt: skip
CELLS = st.one_of(
    st.integers(-5, 9).map(str),
    st.floats(allow_nan=True).map(str),
    st.sampled_from(["", " ", "NA", "nan", "inf", "-inf", "1e400", "1,5", '"', '"a', "a;b", "é",
                     "0x1", "TRUE", "2020-01-01", "1_000", "\x00", "\ufeff1", "1" * 400]),
    st.text(max_size=4),
)  # fmt: skip


def ask(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def check(done: Any) -> None:
    assert done.exit_code in ENDS, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "a fault in likelier" not in done.stderr
    if done.exit_code in (2, 3):
        assert done.stdout == ""
        assert done.stderr.strip()
    if done.exit_code == 0:
        assert done.stdout.strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(calls())
def test_tables_that_fit_takes_or_refuses(folder: Path, call: Any) -> None:
    formula, table, family, options = call
    path = folder / "table.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    arguments = [str(path), formula if isinstance(formula, str) else next(iter(formula.values()))]
    if not isinstance(formula, str):
        other = list(formula)[1]
        arguments += ["-f", f"{other} {formula[other]}"]
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}", value]
    done = ask("fit", *arguments, "-d", family, "--format", "json")
    check(done)
    if done.exit_code == 0:
        found = json.loads(done.stdout)
        assert found["converged"] or found["diagnoses"]
        assert "serious" not in [d["severity"] for d in found["diagnoses"]]


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    FORMULAS,
    FAMILIES,
    st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12),
    st.sampled_from(["y,x,g", "y,x,x", "y", "", "y;x;g", "1,2,3", "y,,x", '"y,x"']),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_files_that_are_hardly_tables(
    folder: Path, formula: str, family: str, rows: Any, head: str, end: str
) -> None:
    path = folder / "file.csv"
    lines = [head, *(",".join(row) for row in rows)]
    path.write_bytes(end.join(lines).encode("utf-8", "surrogatepass"))
    check(ask("fit", str(path), "--distribution=" + family, "--", formula))


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300), st.sampled_from(["csv", "parquet", "csv.gz", "txt", "lkl"]))
def test_files_of_any_bytes(folder: Path, content: bytes, ending: str) -> None:
    path = folder / f"bytes.{ending}"
    path.write_bytes(content)
    check(ask("fit", str(path), "y ~ x", "-d", "normal"))
    check(ask("predict", str(path), str(path)))


def test_a_shell_sees_the_same(folder: Path) -> None:
    """One process for each way to end."""
    table = {"x": np.arange(8.0), "y": np.repeat([0, 1], 4), "n": [1, 2, 0, -3, 1, 2, 0, 1]}
    pd.DataFrame(table).to_csv(folder / "rows.csv", index=False)
    for arguments, code, words in (
        (["y ~ x", "-d", "bernoulli"], 4, "no finite optimum"),
        (["n ~ x", "-d", "poisson"], 3, "row 4 (CSV line 5) holds −3"),
        (["n ~ x", "-d", "poison"], 2, "Did you mean `poisson`?"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "likelier", "fit", "rows.csv", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert done.returncode == code
        assert words in done.stderr
        assert ("! separation" in done.stdout) == (code == 4)
