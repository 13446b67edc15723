"""A real scheduler with workers in processes of their own: the numbers of one, and one killed."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import likelier as lk
from likelier.cli._app import app

EXACT = lk.Newton(tolerance=1e-18, chord=False)
FORMULA = "visits ~ x0 + x1 + place"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 60_000
    made = pd.DataFrame({f"x{i}": rng.standard_normal(n) for i in range(3)})
    made["place"] = rng.choice(list("dacb"), n)
    zero = rng.random(n) < 0.3
    made["visits"] = np.where(zero, 0, rng.poisson(np.exp(0.3 * made.x0 - 0.2 * made.x1)))
    return made


@pytest.fixture(scope="module")
def files(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("rows")
    for k in range(6):
        part = table.iloc[k * 10_000 : (k + 1) * 10_000]
        part.to_parquet(folder / f"part{k}.parquet", row_group_size=5_000)
    return f"{folder}/*.parquet"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    from distributed import Client, LocalCluster

    options: dict[str, Any] = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "dashboard_address": ":0",
        "memory_limit": "700MB",
        "silence_logs": logging.CRITICAL,
    }
    with LocalCluster(**options) as cluster, Client(cluster) as found:
        yield found


def a_worker(client: Any) -> int:
    """The process of one of the workers."""
    return int(next(iter(client.run(os.getpid).values())))


@pytest.mark.parametrize(
    ("formula", "family", "options"),
    [
        (FORMULA, "poisson", {}),
        ({"rate": "visits ~ x0", "gate": "~ x1"}, "zero_inflated(poisson)", {}),
        ("place ~ x0 + scale(x1)", "categorical", {}),
    ],
)
def test_numbers_are_those_of_one_process(
    client: Any, table: pd.DataFrame, files: str, formula: Any, family: str, options: Any
) -> None:
    whole = lk.fit(formula, table, family, solver=EXACT)
    for data in (files, table):
        found = lk.fit(formula, data, family, solver=EXACT, engine=lk.Dask(client))
        assert found.converged
        assert found.n_observations == 60_000
        np.testing.assert_allclose(found.coefficients, whole.coefficients, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(
            found.covariance("sandwich"), whole.covariance("sandwich"), rtol=1e-7, atol=1e-12
        )


@pytest.mark.parametrize("held", ["files", "memory"])
def test_a_worker_that_is_killed_costs_no_digit(
    client: Any, table: pd.DataFrame, files: str, held: str
) -> None:
    options: dict[str, Any] = {"solver": EXACT, "engine": lk.Dask(client)}
    data = files if held == "files" else table
    calm = lk.fit(FORMULA, data, "poisson", **options)
    killed: list[int] = []

    def kill(step: Any) -> None:
        if not killed:
            killed.append(a_worker(client))
            os.kill(killed[0], signal.SIGKILL)

    found = lk.fit(FORMULA, data, "poisson", progress=kill, **options)
    assert killed
    np.testing.assert_array_equal(found.coefficients, calm.coefficients)
    client.wait_for_workers(2, timeout=60)


def test_pieces_that_share_a_task_change_no_digit(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from likelier.engines import Sums, dask

    rows = np.random.default_rng(0).standard_normal((70, 3)) * 10.0 ** np.arange(-3, 67)[:, None]

    def part(k: int) -> Any:
        return None if k == 11 else Sums(float(rows[k, 0]), rows[k])

    engine, seen = lk.Dask(client), []
    found = []
    for turns in (4, 100):
        monkeypatch.setattr(dask, "_TURNS", turns)
        found.append(engine.reduce(part, range(70), lambda done, count: seen.append(count)))
    assert {*seen} == {9, 70}  # tasks
    assert found[0].value == found[1].value
    np.testing.assert_array_equal(found[0].gradient, found[1].gradient)


def test_workers_hold_no_more_than_their_share(
    client: Any, files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from likelier.engines import dask

    def held() -> tuple[float, int]:
        return sum(dask._HELD._sizes.values()), len(dask._HELD.blocks)

    def share(value: float) -> None:
        dask._SHARE = value

    engine = lk.Dask(client)
    free = lk.fit(FORMULA, files, "poisson", engine=engine)
    assert all(blocks > 0 for _, blocks in client.run(held).values())
    try:
        # 60,000 rows of 6 columns take about 3 MB.
        client.run(share, 1e6 / 700e6)
        tight = lk.fit(FORMULA, files, "poisson", engine=engine)
        assert all(size <= 1e6 for size, _ in client.run(held).values())
        client.run(share, 0.0)
        none = lk.fit(FORMULA, files, "poisson", engine=engine)
        assert all(blocks == 0 for _, blocks in client.run(held).values())
    finally:
        client.run(share, 0.4)
    np.testing.assert_array_equal(tight.coefficients, free.coefficients)
    np.testing.assert_array_equal(none.coefficients, free.coefficients)


def test_errors_of_workers_are_ours(client: Any, table: pd.DataFrame, tmp_path: Path) -> None:
    engine = lk.Dask(client)
    with pytest.raises(lk.SupportError, match="it takes a number above 0"):
        lk.fit(FORMULA, table, "gamma", engine=engine)
    holed = table.head(30_000).copy()
    holed.loc[12_344, "x0"] = np.nan
    holed.to_parquet(tmp_path / "holed.parquet")
    with pytest.raises(lk.DataError, match="row 12,345 has no value"):
        lk.fit(FORMULA, tmp_path / "holed.parquet", "poisson", engine=engine)
    with pytest.raises(lk.LikelierError, match="a formula and a table"):
        lk.fit(table.visits, table[["x0"]], "poisson", engine=engine)


def test_the_command_line(client: Any, table: pd.DataFrame, files: str) -> None:
    address = client.scheduler.address
    arguments = ["fit", files, "visits ~ x0", "-d", "poisson", "--dask", address]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert "60,000 rows" in shown.stdout
    wrong = CliRunner().invoke(app, [*arguments[:-1], "nowhere://x"])
    assert wrong.exit_code not in (0, 1)
