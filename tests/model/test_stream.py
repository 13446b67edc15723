"""Fits whose files are read again in each pass: the same numbers as in memory, in less of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import likelier as lk
from likelier.data import pieces_of_files
from likelier.model.streaming import apart

EXACT = lk.Newton(tolerance=1e-18, chord=False)
"""To rounding error in both, so that what differs is the way of summing."""


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 150_000
    made = pd.DataFrame({f"x{i}": rng.standard_normal(n).astype(np.float32) for i in range(3)})
    made["place"] = rng.choice(list("dacb"), n)
    # A level of a few rows, which no sample of the rows holds.
    made.loc[[7, 70_007], "place"] = "rare"
    made["w"] = rng.integers(0, 3, n).astype(float)
    made.loc[[7, 70_007], "w"] = 1.0
    made["days"] = rng.uniform(0.5, 2, n)
    made["total_count"] = rng.integers(5, 9, n)
    mean = made.days * np.exp(0.3 * made.x0 - 0.2 * made.x1 + 0.5 * (made.place == "c"))
    made["visits"] = rng.poisson(rng.gamma(2.0, mean / 2.0))
    made["won"] = rng.binomial(made.total_count, 0.3)
    made["answer"] = np.where(rng.random(n) < 1 / (1 + np.exp(-made.x0)), "yes", "no")
    made["class"] = rng.integers(1, 4, n)
    made["real"] = made.x0 - 0.5 * made.x1 + np.exp(0.2 * made.x2) * rng.standard_normal(n)
    return made


@pytest.fixture(scope="module")
def files(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("rows")
    for k, low in enumerate(range(0, len(table), 50_000)):
        part = table.iloc[low : low + 50_000]
        part.to_parquet(folder / f"part{k}.parquet", row_group_size=11_000)
    return f"{folder}/*.parquet"


CASES: list[tuple[Any, str, dict[str, Any]]] = [
    ("visits ~ x0 + C(place) + bs(x2, df=5)", "poisson", {"exposure": "days"}),
    ({"mean": "visits ~ x0 + place", "dispersion": "~ x1"}, "negative_binomial", {"weights": "w"}),
    ("answer ~ x0 * x1", "bernoulli", {"weights": "w", "weight_type": "precision"}),
    ("`class` ~ x0", "categorical", {}),
    ("`class` ~ x0 + x1", "ordinal", {}),
    ("won ~ x0", "binomial", {"offset": "x2"}),
    ({"loc": "real ~ x0 + scale(x1)", "scale": "~ x2"}, "normal", {}),
    ("visits ~ x0 + x1 + x2", "poisson", {"objective": lk.NLL() + 0.1 * lk.L2()}),
    ("visits ~ x0 + x1 + x2", "poisson", {"objective": lk.NLL() + 0.1 * lk.L1(), "solver": None}),
]


@pytest.mark.parametrize(("formula", "family", "options"), CASES)
def test_numbers_are_those_of_memory(
    table: pd.DataFrame, files: str, formula: Any, family: str, options: dict[str, Any]
) -> None:
    options = {"solver": EXACT, **options}
    whole = lk.fit(formula, table, family, **options)
    read = lk.fit(formula, files, family, engine=lk.Stream(2), **options)
    assert read.converged
    assert whole.converged
    assert read.params[["parameter", "term"]].equals(whole.params[["parameter", "term"]])
    np.testing.assert_allclose(read.coefficients, whole.coefficients, rtol=1e-10, atol=1e-10)
    # Where no pass ended the search with it, the curvature is one of single precision nowhere.
    np.testing.assert_allclose(
        read.estimate.covariance, whole.estimate.covariance, rtol=1e-7, atol=1e-13
    )
    assert read.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-12)
    assert read.facts.n_rows == whole.facts.n_rows
    assert read.n_observations == whole.n_observations
    assert read.degrees_of_freedom == pytest.approx(whole.degrees_of_freedom)


def test_the_default_search_ends_as_close(table: pd.DataFrame, files: str) -> None:
    whole = lk.fit("answer ~ x0 + x1 + place", table, "bernoulli", solver=EXACT)
    read = lk.fit("answer ~ x0 + x1 + place", files, "bernoulli", engine=lk.Stream(1))
    np.testing.assert_allclose(read.coefficients, whole.coefficients, rtol=1e-10, atol=1e-10)


def test_missing_rows_are_dropped_or_named(table: pd.DataFrame, tmp_path: Path) -> None:
    holed = table.copy()
    holed.loc[123_455, "x0"] = np.nan
    holed.loc[10_000:20_000, "x1"] = np.nan
    path = tmp_path / "holed.parquet"
    holed.to_parquet(path, row_group_size=10_000)
    stream = lk.Stream(1)
    with pytest.raises(lk.DataError, match=r"`x0`: row 123,456 has no value"):
        lk.fit("visits ~ x0", path, "poisson", engine=stream)
    whole = lk.fit("visits ~ x0 + x1", holed, "poisson", missing="drop", solver=EXACT)
    read = lk.fit("visits ~ x0 + x1", path, "poisson", missing="drop", solver=EXACT, engine=stream)
    assert (read.facts.n_dropped, read.facts.n_rows) == (10_002, 139_998)
    np.testing.assert_allclose(read.coefficients, whole.coefficients, rtol=1e-10, atol=1e-10)


def test_a_large_csv(table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    some = table.iloc[:80_000]
    some.to_csv(path, index=False, compression={"method": "gzip", "compresslevel": 1})
    read = lk.fit("visits ~ x0 + place", path, "poisson", solver=EXACT, engine=lk.Stream(1))
    # Decimal digits of single precision numbers read as doubles.
    whole = lk.fit("visits ~ x0 + place", str(path), "poisson", solver=EXACT)
    assert whole.sample is not None
    assert not whole.sample.partial
    np.testing.assert_allclose(read.coefficients, whole.coefficients, rtol=1e-10, atol=1e-10)


def test_object_stores(table: pd.DataFrame) -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    for k in range(2):
        with store.open(f"/lake/{k}.parquet", "wb") as file:
            table.iloc[k * 30_000 : (k + 1) * 30_000].to_parquet(file)
    read = lk.fit("visits ~ x0", "memory://lake/*.parquet", "poisson", engine=lk.Stream(1))
    whole = lk.fit("visits ~ x0", table.iloc[:60_000], "poisson", solver=EXACT)
    np.testing.assert_allclose(read.coefficients, whole.coefficients, rtol=1e-10, atol=1e-10)


def test_files_are_read_piece_by_piece_where_they_do_not_fit(
    files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pieces_of_files(files).rows == 150_000
    assert lk.fit("visits ~ x0", files, "poisson").sample.partial is False
    # 150,000 rows, 2 columns, 8 bytes, 3 copies: 7.2 MB.
    monkeypatch.setattr("likelier.model.streaming.memory.free_memory", lambda: 14.3e6)
    assert lk.fit("visits ~ x0", files, "poisson").sample.partial
    monkeypatch.setattr("likelier.model.streaming.memory.free_memory", lambda: 14.5e6)
    assert lk.fit("visits ~ x0", files, "poisson").sample.partial is False
    assert apart.pieces_to_read("visits ~ .", files, lk.Poisson, None) is not None


def test_inference_by_passes_and_what_needs_rows(table: pd.DataFrame, files: str) -> None:
    options: dict[str, Any] = {"solver": EXACT}
    whole = lk.fit("visits ~ x0 + x1", table, "poisson", **options)
    read = lk.fit("visits ~ x0 + x1", files, "poisson", engine=lk.Stream(2), **options)
    for kind in ("observed", "expected", "sandwich", "HC1"):
        np.testing.assert_allclose(read.covariance(kind), whole.covariance(kind), rtol=1e-8)
    smaller = lk.fit("visits ~ x0", files, "poisson", engine=lk.Stream(2), **options)
    assert read.test(smaller).statistic == pytest.approx(
        whole.test(lk.fit("visits ~ x0", table, "poisson")).statistic, rel=1e-8
    )
    assert "150,000 rows" in str(read.summary())
    assert read.predict(table.head(3)).mean == pytest.approx(whole.predict(table.head(3)).mean)
    assert read.on(table).residuals("response")[:3] == pytest.approx(
        whole.residuals("response")[:3]
    )
    for ask in (read.residuals, read.predict, read.assess, lambda: read.bootstrap(3)):
        with pytest.raises(lk.LikelierError, match=r"read piece by piece.*fit\.on\(data\)"):
            ask()
    with pytest.raises(lk.LikelierError, match="needs all rows in memory"):
        read.covariance("cluster", groups=np.zeros(150_000))


@pytest.mark.parametrize(
    ("family", "options"),
    [
        ("laplace", {}),
        ("poisson", {"objective": lk.CVaR(0.9)}),
        ("poisson", {"objective": lk.NLL() + lk.Jeffreys()}),
        ("poisson", {"groups": "place"}),
        ("poisson", {"weights": np.ones(150_000)}),
    ],
)
def test_what_needs_all_rows_is_refused(files: str, family: str, options: Any) -> None:
    with pytest.raises(lk.LikelierError, match="piece by piece"):
        lk.fit("visits ~ x0", files, family, engine=lk.Stream(1), **options)


def test_bad_rows_are_named(table: pd.DataFrame, files: str) -> None:
    with pytest.raises(lk.SupportError, match=r"(row \d+) \(part0.parquet \1\) holds .*at least"):
        lk.fit("real ~ x1", files, "exponential", engine=lk.Stream(1))
    with pytest.raises(lk.DataError, match=r"no column `x9`"):
        lk.fit("visits ~ x9", files, "poisson", engine=lk.Stream(1))
    with pytest.raises(lk.DataError, match="no file"):
        lk.fit("visits ~ x0", files + ".none", "poisson", engine=lk.Stream(1))


class Killed(Exception):  # noqa: N818
    pass


def test_a_killed_fit_goes_on_from_its_checkpoint(files: str, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    formula = "answer ~ x0 + x1 + place"
    whole = lk.fit(formula, files, "bernoulli", engine=lk.Stream(1))
    seen: list[Any] = []

    def die(step: Any) -> None:
        seen.append(step)
        if len([s for s in seen if s.phase == "all rows"]) == 2:
            raise Killed

    options: dict[str, Any] = {"engine": lk.Stream(1), "checkpoint": path}
    with pytest.raises(Killed):
        lk.fit(formula, files, "bernoulli", progress=die, **options)
    resumed = lk.fit(formula, files, "bernoulli", **options)
    np.testing.assert_allclose(resumed.coefficients, whole.coefficients, rtol=1e-10, atol=1e-10)
    assert resumed.facts.passes < whole.facts.passes
    assert set(resumed.history.phase) == {"all rows"}
    with pytest.raises(lk.LikelierError, match="on other rows or with other options"):
        lk.fit("answer ~ x0", files, "bernoulli", **options)


SCRIPT = """
import resource, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, pandas, narwhals
import likelier as lk
lk.fit("y ~ x", {"y": [0, 1, 0, 1], "x": [1.0, 2.0, 3.0, 4.0]}, "bernoulli").standard_errors
low = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
fit = lk.fit("y ~ " + " + ".join(f"x{i}" for i in range(9)), sys.argv[1], "bernoulli",
             engine=lk.Stream(1))
assert fit.converged and fit.n_observations == 2_000_000, fit
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - low) / 1024)
"""


def test_memory_stays_flat(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(1)
    schema = pa.schema([("y", pa.float64()), *((f"x{i}", pa.float64()) for i in range(9))])
    with parquet.ParquetWriter(
        tmp_path / "rows.parquet", schema, compression="none", use_dictionary=False
    ) as writer:
        for _ in range(20):
            x = rng.standard_normal((9, 100_000))
            y = (rng.random(100_000) < 1 / (1 + np.exp(-0.3 * x[0]))).astype(float)
            writer.write_table(pa.table([y, *x], schema=schema))
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "rows.parquet")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    # The rows take 160 MB as they are, and three times that on the way to a fit in memory.
    assert float(found.stdout) < 130
