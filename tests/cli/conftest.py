"""Files of a user, and the command line called in this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from likelier.cli._app import app

Run = Callable[..., "Outcome"]


class Outcome:
    """What a command left: exit code, standard output, standard error."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, work: Path) -> Run:
    """Run a command in the folder of the files."""
    monkeypatch.chdir(work)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: object, stdin: str | None = None) -> Outcome:
        result = CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    """400 rows: counts `y`, a number `x`, a label `g`, exposures `days`, weights `w`, 0/1 `b`."""
    rng = np.random.default_rng(5)
    n = 400
    x, g = rng.standard_normal(n).round(3), rng.choice(["a", "b", "c"], n)
    mean = np.exp(0.5 + 0.3 * x + (g == "b"))
    y = rng.negative_binomial(2, 2 / (2 + mean))
    days, w = rng.integers(1, 5, n), rng.integers(1, 4, n)
    b = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    real = (1 + 2 * x + rng.standard_normal(n)).round(4)
    columns = {"id": np.arange(n), "y": y, "x": x, "g": g, "days": days, "w": w, "b": b}
    return pd.DataFrame({**columns, "real": real})


@pytest.fixture(scope="session")
def work(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table as CSV, Parquet, in two parts, and with what people get wrong."""
    folder = tmp_path_factory.mktemp("work")
    table.to_csv(folder / "rows.csv", index=False)
    table.to_parquet(folder / "rows.parquet")
    table[:150].to_csv(folder / "part1.csv", index=False)
    table[150:].to_csv(folder / "part2.csv", index=False)
    table[:50].to_csv(folder / "new.csv", index=False)
    negative = table.copy()
    negative.loc[[3, 7], "y"] = -3
    negative.to_csv(folder / "negative.csv", index=False)
    gap = table.copy()
    gap.loc[5, "x"] = np.nan
    gap.to_csv(folder / "gap.csv", index=False)
    unseen = table[:3].copy()
    unseen.loc[1, "g"] = "d"
    unseen.to_csv(folder / "unseen.csv", index=False)
    (folder / "empty.csv").write_text("")
    (folder / "ragged.csv").write_text("y,x\n1,2\n3,4,5\n")
    (folder / "latin.csv").write_bytes("y,x\n1,é\n".encode("latin-1"))
    (folder / "separated.csv").write_text("y,x\n0,1\n0,2\n1,3\n1,4\n")
    (folder / "foreign.lkl").write_bytes(b"\x80\x04\x95 not a model")
    os.mkdir(folder / "folder")
    return folder


@pytest.fixture
def model(run: Run, work: Path) -> Path:
    """A model file, fitted once."""
    path = work / "model.lkl"
    if not path.exists():
        done = run("fit", "rows.csv", "y ~ x + g", "-d", "negative_binomial", "--out", path)
        assert done.code == 0, done.err
    return path
