"""The bundled data sets: complete, described, and equal to what was published."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
import statsmodels.api as sm

from likelier import DataError, datasets

FOLDER = Path(str(files("likelier.datasets")))


@pytest.mark.parametrize("name", datasets.names())
def test_table_is_as_described(name: str) -> None:
    described, table = datasets.describe(name), datasets.load(name)
    assert list(table.columns) == list(described.columns)
    assert len(table) == described.rows
    assert not table.isna().any(axis=None)
    assert described.source
    assert described.licence.startswith(("public domain", "CC BY 4.0"))


def test_files_and_catalogue_match() -> None:
    shipped = {path.name for path in (FOLDER / "tables").iterdir()}
    assert shipped == {datasets.describe(name).file for name in datasets.names()}
    assert sum(path.stat().st_size for path in (FOLDER / "tables").iterdir()) < 600_000


def test_readme_holds_the_table_of_the_catalogue() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "likelier.datasets"], capture_output=True, text=True, check=True
    )
    assert printed.stdout in (FOLDER / "README.md").read_text()


def test_each_load_is_a_new_table() -> None:
    table = datasets.load("pelts")
    table.loc[0, "hare"] = -1.0
    assert datasets.load("pelts").loc[0, "hare"] == 30.0


@pytest.mark.parametrize("ask", [datasets.load, datasets.describe])
def test_unknown_name_offers_the_nearest(ask: object) -> None:
    with pytest.raises(DataError, match=r"No bundled data set `rand_hie`.*`randhie`"):
        ask("rand_hie")  # type: ignore[operator]


@pytest.mark.parametrize(
    "name",
    ["anes96", "engel", "longley", "nile", "randhie", "stackloss", "statecrime", "strikes"],
)
def test_equal_to_statsmodels(name: str) -> None:
    theirs = getattr(sm.datasets, name).load_pandas().data
    ours = datasets.load(name)
    if name == "statecrime":
        theirs = theirs.reset_index()
    assert [column.lower() for column in theirs] == [column.lower() for column in ours]
    numeric = ours.select_dtypes("number").columns.size
    assert np.array_equal(
        ours.to_numpy()[:, -numeric:].astype(float), theirs.to_numpy()[:, -numeric:].astype(float)
    )


@pytest.mark.parametrize(
    ("name", "label", "theirs"),
    [
        ("iris", "species", sklearn.datasets.load_iris()),
        ("breast_cancer", "diagnosis", sklearn.datasets.load_breast_cancer()),
    ],
)
def test_equal_to_scikit_learn(name: str, label: str, theirs: sklearn.utils.Bunch) -> None:
    ours = datasets.load(name)
    assert np.array_equal(ours.drop(columns=label).to_numpy(), theirs.data)
    assert np.array_equal(ours[label].to_numpy(), theirs.target_names[theirs.target])


@pytest.mark.parametrize(
    ("link", "deviance"),
    [(sm.families.links.Logit(), 11.23), (sm.families.links.CLogLog(), 3.45)],
)
def test_beetles_have_the_published_deviances(link: object, deviance: float) -> None:
    # Dobson, A. J. (2002). An Introduction to Generalized Linear Models, 2nd edition, table 7.4.
    data = datasets.load("beetles")
    dead_alive = np.column_stack([data["killed"], data["beetles"] - data["killed"]])
    design = sm.add_constant(data["log_dose"])
    fit = sm.GLM(dead_alive, design, family=sm.families.Binomial(link)).fit()
    assert round(fit.deviance, 2) == deviance


def test_leukemia_has_the_published_totals() -> None:
    # Cox, D. R. and Oakes, D. (1984). Analysis of Survival Data, section 1.1: 9 and 21 relapses.
    totals = datasets.load("leukemia").groupby("treatment")[["relapse", "weeks"]].sum()
    assert totals.loc["6-MP"].tolist() == [9, 359]
    assert totals.loc["placebo"].tolist() == [21, 182]


def test_turtles_have_the_published_mean_direction() -> None:
    # Mardia, K. V. and Jupp, P. E. (2000). Directional Statistics: 64.2 degrees, length 0.50.
    angles = np.radians(datasets.load("turtles")["degrees"].to_numpy())
    mean = np.exp(1j * angles).mean()
    assert round(float(np.degrees(np.angle(mean))), 1) == 64.2
    assert round(float(abs(mean)), 2) == 0.50


def test_horse_kicks_have_the_published_mean_and_variance() -> None:
    # Fisher, R. A. (1925). Statistical Methods for Research Workers: mean 0.61 of 200.
    data = datasets.load("horse_kicks")
    total = data["corps_years"].sum()
    assert total == 200
    assert (data["deaths"] * data["corps_years"]).sum() / total == 0.61


def test_outbreak_and_cycle_have_their_published_peaks() -> None:
    outbreak = datasets.load("influenza")
    assert outbreak["in_bed"].max() == 298
    assert outbreak.loc[outbreak["in_bed"].idxmax(), "date"] == "1978-01-27"
    cycle = datasets.load("pelts")
    assert cycle.loc[cycle["lynx"].idxmax(), "year"] == 1904


def test_stock_indices_have_the_published_summary() -> None:
    # What R prints of summary(EuStockMarkets), in four digits, and its first and last day.
    data = datasets.load("stock_indices")
    found = data.agg(["min", "median", "mean", "max"]).round().astype(int)
    assert found["dax"].tolist() == [1402, 2141, 2531, 6186]
    assert found["smi"].tolist() == [1587, 2796, 3376, 8412]
    assert found["cac"].tolist() == [1611, 1992, 2228, 4388]
    assert found["ftse"].tolist() == [2281, 3247, 3566, 6179]
    assert data.iloc[0].tolist() == [1628.75, 1678.1, 1772.8, 2443.6]
    assert data.iloc[-1].tolist() == [5473.72, 7676.3, 3995.0, 5455.0]
