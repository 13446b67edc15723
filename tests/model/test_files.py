"""Model files: the same predictions to the last bit, and nothing but our error from bad files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import likelier as lk


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    rng = np.random.default_rng(0)
    n = 200
    table = {
        "x": rng.standard_normal(n),
        "g": np.array(["a", "b"])[rng.integers(0, 2, n)],
        "y": rng.poisson(2.0, n),
    }
    return lk.fit(
        {"mean": "y ~ bs(x, df=5) * C(g)", "dispersion": "~ x"}, table, "negative_binomial"
    )


@pytest.fixture(scope="module")
def content(fit: lk.Fit, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("model") / "model.lkl"
    fit.save(path)
    return path.read_bytes()


NEW = {"x": [-1.0, 0.1, 0.5], "g": ["a", "b", "a"]}


def test_predictions_are_equal_to_the_last_bit(fit: lk.Fit, tmp_path: Path) -> None:
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl")
    for name, value in fit.predict(NEW).parameters.items():
        np.testing.assert_array_equal(again.predict(NEW).parameters[name], value)
    assert str(again.summary()) == str(fit.summary())
    np.testing.assert_array_equal(again.covariance(), fit.covariance())


def test_a_separated_fit_keeps_its_infinities_and_diagnoses(tmp_path: Path) -> None:
    fit = lk.fit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]}, "bernoulli")
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl")
    assert str(again.summary()) == str(fit.summary())
    assert again.diagnoses[0].evidence["n_rows"] == 4
    assert not again.converged


def test_no_training_row_is_in_the_file_and_it_is_small(content: bytes) -> None:
    assert len(content) < 50_000
    assert content[8:9] == b"{"
    assert b"pickle" not in content


def test_what_needs_rows_asks_for_them(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.lkl").write_bytes(content)
    with pytest.raises(lk.LikelierError, match="no rows"):
        lk.load(tmp_path / "m.lkl").residuals()


def refused(content: bytes, path: Path, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(lk.ModelFileError, match=words):
        lk.load(path)


def test_truncated_foreign_and_changed_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.lkl"
    for length in (0, 4, 20, len(content) // 2, len(content) - 1):
        refused(content[:length], path, "not a usable model file")
    refused(b"\x80\x04\x95 a pickle", path, "not a usable model file")
    changed = bytearray(content)
    changed[-5] ^= 1
    refused(bytes(changed), path, "checksum")


def resigned(content: bytes, change) -> bytes:
    """The file with its specification changed and a checksum that fits, as a forger would."""
    from safetensors.numpy import load as arrays_of
    from safetensors.numpy import save as to_bytes

    from likelier.model.saving import digest

    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    specification = json.loads(metadata["specification"])
    change(specification)
    text = json.dumps(specification)
    arrays = arrays_of(content)
    return to_bytes(arrays, {**metadata, "specification": text, "sha256": digest(text, arrays)})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.update(version=99), "upgrade"),
        (lambda s: s.update(distribution="os.system"), "not a usable"),
        (lambda s: s.update(distribution="normal"), "not a usable"),
        (lambda s: s.update(links={"mean": "eval"}), "not a usable"),
        (lambda s: s.pop("facts"), "incomplete"),
        (lambda s: s.update(labels=[]), "shape"),
        (lambda s: s.update(recipe={"formulas": {}}), "not a usable"),
        (lambda s: s.update(diagnoses=[{"kind": 1}]), "incomplete"),
    ],
)
def test_forged_specifications_are_refused(content, change, words, tmp_path: Path) -> None:
    refused(resigned(content, change), tmp_path / "m.lkl", words)


@given(position=st.integers(0, 10**6), value=st.integers(0, 255))
def test_any_changed_byte_is_refused_or_changes_nothing(
    content: bytes, position: int, value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = bytearray(content)
    changed[position % len(content)] = value
    path = tmp_path_factory.getbasetemp() / "fuzzed.lkl"
    path.write_bytes(bytes(changed))
    try:
        found = lk.load(path)
    except lk.ModelFileError:
        return
    np.testing.assert_array_equal(
        found.predict(NEW).mean, lk.load(_written(content, path)).predict(NEW).mean
    )


def _written(content: bytes, path: Path) -> Path:
    path.write_bytes(content)
    return path


def test_a_failed_write_leaves_the_old_file_whole(fit: lk.Fit, tmp_path: Path) -> None:
    with pytest.raises(lk.LikelierError, match="cannot write"):
        fit.save(tmp_path / "no such folder" / "m.lkl")
    target = tmp_path / "folder.lkl"
    target.mkdir()
    with pytest.raises(lk.LikelierError, match="cannot write"):
        fit.save(target)
    assert list(tmp_path.iterdir()) == [target]


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(lk.ModelFileError, match="No such file"):
        lk.load(tmp_path / "absent.lkl")
    with pytest.raises(lk.ModelFileError, match="cannot read"):
        lk.load(tmp_path)
