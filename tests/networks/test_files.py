"""Networks in files: models come back to the last bit, killed trainings go on to it."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from waves import wave

import likelier as lk
from likelier.model.files.archive import pack, read

FEW = lk.Adam(epochs=20)


def made() -> dict[str, np.ndarray]:
    table = wave(300)
    table["g"] = np.random.default_rng(1).choice([f"level {i}" for i in range(15)], 300)
    return table


@pytest.mark.parametrize(
    "predictor",
    [lk.MLP((8, 4)), lk.Ensemble(lk.MLP((8,), "tanh", dtype="float64"), 2)],
    ids=["mlp", "ensemble"],
)
def test_a_loaded_network_predicts_the_same(predictor, tmp_path: Path) -> None:
    table = made()
    formulas = {"loc": "y ~ x + g", "scale": "~ x"}
    fit = lk.fit(formulas, table, "normal", predictor=predictor, solver=FEW)
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl")
    for name, values in fit.predict(table).parameters.items():
        assert np.array_equal(again.predict(table).parameters[name], values)
    assert again.history.equals(fit.history)
    assert str(again) == str(fit)
    assert again.params.equals(fit.params)
    assert again.on(table).assess().nll == fit.assess().nll
    passed = pickle.loads(pickle.dumps(fit))
    assert np.array_equal(passed.predict(table).mean, fit.predict(table).mean)


def test_own_code_is_not_written(tmp_path: Path) -> None:
    own = lk.MLP((8,), activation=lambda x: x * x)
    fit = lk.fit("y ~ x", wave(100), "normal", predictor=own, solver=FEW)
    with pytest.raises(lk.LikelierError, match="code of your own"):
        fit.save(tmp_path / "model.lkl")


def change(**entries: object):
    def do(specification, arrays):
        specification["network"] |= entries
        return specification, arrays

    return do


def array(name: str, values: np.ndarray):
    return lambda specification, arrays: (specification, {**arrays, name: values})


@pytest.mark.parametrize(
    "forge",
    [
        change(hidden=[9]),
        change(hidden=[10**9]),
        change(members=10**9),
        change(activation="exec"),
        change(dropout=2.0),
        change(dtype="float64"),
        change(trunks=[]),
        change(trunks=[[["z"], [0, 1], []]]),
        change(trunks=[[["x"], [0, 2], []]]),
        change(trunks=[[["x"], [0, 1], [[0, 5]]]]),
        array("weights", np.zeros(3, np.float32)),
        array("scale", np.zeros(1)),
        array("spread", np.array([1.0, np.nan])),
        array("more", np.zeros(1)),
        lambda s, a: ({k: v for k, v in s.items() if k != "network"}, a),
    ],
)
def test_a_forged_network_is_refused(forge, tmp_path: Path) -> None:
    path = tmp_path / "model.lkl"
    fit = lk.fit("y ~ x", wave(100), "normal", predictor=lk.MLP((8,)), solver=FEW)
    fit.save(path)
    specification, arrays = read(path)
    specification, arrays = forge(specification, arrays)
    path.write_bytes(pack(specification, arrays))
    with pytest.raises(lk.ModelFileError):
        lk.load(path)


# ---------------------------------------------------------------------- checkpoints

TRAINING = """
import sys
import likelier as lk
from waves import wave
seen = 0
def progress(step):
    global seen
    seen += 1
    if seen == int(sys.argv[2]):
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
settings = dict(predictor=lk.Ensemble(lk.MLP((8,), dropout=0.1), 2), solver=lk.Adam(epochs=25))
lk.fit("y ~ x", wave(200), "normal", progress=progress, checkpoint=sys.argv[1], **settings)
"""


def test_a_killed_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "training.ckpt"
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), *sys.path])
    environment = {**os.environ, "PYTHONPATH": paths}
    arguments = [sys.executable, "-c", TRAINING, str(path), "2"]
    killed = subprocess.run(arguments, env=environment, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    kept, arrays = read(path)
    assert kept["predictor"] == "checkpoint"
    assert 0 < len(arrays["course"]) < 25
    settings = {
        "predictor": lk.Ensemble(lk.MLP((8,), dropout=0.1), 2),
        "solver": lk.Adam(epochs=25),
    }
    whole = lk.fit("y ~ x", wave(200), "normal", **settings)
    resumed = lk.fit("y ~ x", wave(200), "normal", checkpoint=path, **settings)
    assert np.array_equal(resumed.coefficients, whole.coefficients)
    assert resumed.history.drop(columns="seconds").equals(whole.history.drop(columns="seconds"))
    assert resumed.history.groupby("member").seconds.apply(lambda s: s.diff().min()).min() > 0
    # A training that is over is read, and nothing is done again.
    again = lk.fit("y ~ x", wave(200), "normal", checkpoint=path, **settings)
    assert np.array_equal(again.coefficients, whole.coefficients)


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "training.ckpt"
    settings = {"predictor": lk.MLP((8,)), "solver": FEW}
    fit = lk.fit("y ~ x", wave(100), "normal", checkpoint=path, **settings)
    for table, seed in ((wave(100, 1), 0), (wave(100), 1)):
        with pytest.raises(lk.LikelierError, match="other rows or with other options"):
            lk.fit("y ~ x", table, "normal", checkpoint=path, seed=seed, **settings)
    fit.save(tmp_path / "model.lkl")
    with pytest.raises(lk.LikelierError, match="no checkpoint"):
        lk.fit("y ~ x", wave(100), "normal", checkpoint=tmp_path / "model.lkl", **settings)
    with pytest.raises(lk.ModelFileError):
        lk.load(path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(lk.LikelierError, match="no checkpoint to go on from"):
        lk.fit("y ~ x", wave(100), "normal", checkpoint=path, **settings)
    with pytest.raises(lk.LikelierError, match="folder"):
        lk.fit("y ~ x", wave(100), "normal", checkpoint=tmp_path / "no" / "where", **settings)
