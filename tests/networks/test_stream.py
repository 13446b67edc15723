"""Networks whose rows are read again in each epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import likelier as lk
from likelier.data import NoRowsError, pieces_of_files
from likelier.model.streaming.networks import Reading
from likelier.solvers import Step

FORMULA = "y ~ x + C(place)"


def made(n: int, seed: int = 0) -> pd.DataFrame:
    """A curve with a step for one level, and a target that no distribution meets better."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, n)
    place = np.where(rng.random(n) < 0.2, "far", "near")
    scale = 0.1 + 0.2 * (x > 0)
    y = np.sin(2 * x) + (place == "far") + scale * rng.standard_normal(n)
    return pd.DataFrame({"y": y, "x": x, "place": place})


def best_nll(table: pd.DataFrame) -> float:
    """The NLL of the distribution that made the rows."""
    mean = np.sin(2 * table.x) + (table.place == "far")
    return float(
        lk.Normal(mean.to_numpy(), 0.1 + 0.2 * (table.x.to_numpy() > 0)).nll(table.y).mean()
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> str:
    """6,000 rows in order of the target in three files, a level in the last of them alone."""
    folder = tmp_path_factory.mktemp("rows")
    table = made(6000).sort_values(["place", "y"], ascending=[False, True])
    for k in range(3):
        path = folder / f"part-{k}.parquet"
        table[2000 * k : 2000 * (k + 1)].to_parquet(path, row_group_size=500)
    return str(folder / "*.parquet")


@pytest.fixture(scope="module")
def streamed(files: str) -> lk.Fit:
    return lk.fit(FORMULA, files, "normal", predictor=lk.MLP((32,)), engine=lk.Stream(1))


def test_a_network_on_files_predicts_as_well_as_one_on_rows_in_memory(
    files: str, streamed: lk.Fit
) -> None:
    held = lk.fit(FORMULA, files, "normal", predictor=lk.MLP((32,)))
    new = made(4000, seed=1)
    best = best_nll(new)
    for fit in (streamed, held):
        assert 0 < fit.assess(new).nll - best < 0.05
    assert abs(streamed.assess(new).nll - held.assess(new).nll) < 0.03
    assert streamed.converged
    assert streamed.n_observations == held.n_observations == 6000
    # The NLL of all rows, by a pass over the files.
    table = pd.concat(map(pd.read_parquet, sorted(Path(files).parent.glob("*.parquet"))))
    assert streamed.nll == pytest.approx(streamed.assess(table).nll, rel=1e-9)


def test_a_fit_of_files_is_saved_and_predicts(streamed: lk.Fit, tmp_path: Path) -> None:
    streamed.save(tmp_path / "model.lkl")
    new = made(50, seed=2)
    again = lk.load(tmp_path / "model.lkl").predict(new)
    assert np.array_equal(again.loc, streamed.predict(new).loc)


class _Seen:
    """In place of a likelihood: the targets of a block."""

    def __init__(self, table: object) -> None:
        self.y = table.column("y").numbers()  # type: ignore[attr-defined]
        if not len(self.y):
            raise NoRowsError("none")


def test_each_row_trains_once_an_epoch_or_watches(files: str) -> None:
    pieces = pieces_of_files(files)
    assert pieces is not None
    reading = Reading(pieces.pieces, ["y"], _Seen, 3, 0.2)  # type: ignore[arg-type]
    held = reading.held()
    assert held is not None
    watching = held.column("y").numbers()
    epochs = [np.concatenate([block.y for block in reading.blocks(e)]) for e in range(8)]  # type: ignore[attr-defined]
    everything = np.sort(np.append(epochs[0], watching))
    table = pd.concat(map(pd.read_parquet, Path(files).parent.glob("*.parquet")))
    assert np.array_equal(everything, np.sort(table.y))
    assert abs(len(watching) / 6000 - 0.2) < 0.03
    for later in epochs[1:]:
        assert np.array_equal(np.sort(later), np.sort(epochs[0]))
    # Pieces come in another order each time.
    assert len({tuple(epoch[:3]) for epoch in epochs}) > 1
    assert np.array_equal(np.concatenate([b.y for b in reading.blocks(0)]), epochs[0])  # type: ignore[attr-defined]


class _StopError(Exception):
    pass


def test_a_stopped_training_goes_on_to_the_same_bits(files: str, tmp_path: Path) -> None:
    settings = {
        "predictor": lk.MLP((32,)),
        "solver": lk.Adam(epochs=4),
        "engine": lk.Stream(1),
        "weights": "w",
    }
    source = str(tmp_path / "rows.parquet")
    table = made(1500)
    # Most rows do not count, so that some batches of what is read would be empty.
    table["w"] = np.where(np.arange(1500) % 20 < 2, np.arange(1500) % 2 + 1, 0)
    table.to_parquet(source, row_group_size=200)

    def stop(step: Step) -> None:
        if step.phase == "epoch 2":
            raise _StopError

    path = tmp_path / "training.ckpt"
    with pytest.raises(_StopError):
        lk.fit(FORMULA, source, "normal", checkpoint=path, progress=stop, **settings)
    whole = lk.fit(FORMULA, source, "normal", **settings)
    resumed = lk.fit(FORMULA, source, "normal", checkpoint=path, **settings)
    assert np.array_equal(resumed.coefficients, whole.coefficients)
    assert whole.n_observations == table.w.sum()
    with pytest.raises(lk.LikelierError, match="other rows or with other options"):
        lk.fit(FORMULA, source, "normal", checkpoint=path, seed=1, **settings)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": lk.CVaR(0.9)}, "CVaR"),
        ({"objective": lk.NLL() + lk.DemographicParity("place")}, "needs all rows in memory"),
        ({"objective": lk.NLL() + lk.Jeffreys()}, "Jeffreys.* needs all rows in memory"),
        ({"validation": made(20)}, "share of the rows"),
        ({"groups": "place"}, "groups are for rows in memory"),
        ({"predictor": None, "validation": 0.2}, "training of a network"),
    ],
)
def test_what_needs_all_rows_is_refused(files: str, options: dict, words: str) -> None:
    given = {"predictor": lk.MLP((4,)), "engine": lk.Stream(1), **options}
    with pytest.raises(lk.LikelierError, match=words):
        lk.fit(FORMULA, files, "normal", **given)
