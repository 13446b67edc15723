"""Model files: the same predictions to the last bit, and nothing but our error from bad files."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import likelier as lk
from likelier.model.files.archive import assemble, pack, unpack


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


def test_no_training_row_is_in_the_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal(50), rng.standard_normal(50)
    w = rng.uniform(1, 2, 50)
    fit = lk.fit("y ~ poly(x, 2)", {"x": x, "y": y, "w": w}, "normal", weights="w")
    fit.save(tmp_path / "m.lkl")
    content = (tmp_path / "m.lkl").read_bytes()
    assert b"pickle" not in content
    for value in (*x, *y, *w):
        assert repr(float(value)).encode() not in content
        assert value.tobytes() not in content


def test_a_fit_of_200_000_rows_is_a_small_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    n = 200_000
    table = {f"x{j}": rng.standard_normal(n) for j in range(8)}
    table["g"] = np.array(list("abcdefghij"))[rng.integers(0, 10, n)]
    table["y"] = rng.poisson(np.exp(0.2 * table["x0"] + 0.1))
    formula = "y ~ bs(x0, df=6) + C(g) + " + " + ".join(f"x{j}" for j in range(1, 8))
    fit = lk.fit(formula, table, "poisson")
    fit.save(tmp_path / "m.lkl")
    assert (tmp_path / "m.lkl").stat().st_size < 50_000


def test_the_course_of_the_search_is_kept(fit: lk.Fit, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.lkl").write_bytes(content)
    kept = lk.load(tmp_path / "m.lkl").history
    assert len(kept) > 1
    np.testing.assert_array_equal(kept.to_numpy(), fit.history.to_numpy())
    assert -fit.log_likelihood == pytest.approx(kept.objective.iloc[-1], abs=1e-6)


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


def forged(content: bytes, change) -> bytes:
    """The file with its specification changed and a checksum that fits, as a forger would."""
    specification, arrays = unpack(content)
    change(specification)
    return assemble(json.dumps(specification), arrays)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.update(version=99), "upgrade"),
        (lambda s: s.update(version=True), "no version"),
        (lambda s: s.update(version=0), "no version"),
        (lambda s: s.update(arrays={}), "does not hold the arrays"),
        (lambda s: s.update(predictor="mlp"), "predictor of kind 'mlp'"),
        (lambda s: s.update(distribution="os.system"), "not a usable"),
        (lambda s: s.update(distribution="normal"), "not a usable"),
        (lambda s: s.update(distribution="fixed(" * 500 + "normal" + ")" * 500), "nested"),
        (lambda s: s.update(links={"mean": "eval"}), "not a usable"),
        (lambda s: s.update(sizes={"mean": 10**9}), "sizes"),
        (lambda s: s.pop("facts"), "incomplete"),
        (lambda s: s["facts"].pop("target"), "incomplete: there is no target"),
        (lambda s: s["facts"].update(color=1), "unknown entry 'color'"),
        (lambda s: s["facts"].update(n_rows="many"), "facts.n_rows: int is needed"),
        (lambda s: s["facts"].update(log_likelihood={"float": "1e5"}), "is not a number"),
        (lambda s: s["facts"].update(n_observations=-1.0), "contradict"),
        (lambda s: s["facts"].update(inference="magic"), "none of information, penalised"),
        (lambda s: s.update(labels=s["labels"][::-1]), "not those of its formulas"),
        (lambda s: s.update(labels=[]), "sizes|coefficients"),
        (lambda s: s.update(recipe={"formulas": {}}), "not a usable"),
        (lambda s: s.update(diagnoses=[{"kind": 1}]), "diagnosis"),
        (
            lambda s: s.update(diagnoses=[{"kind": "a", "severity": "dire", "message": "b"}]),
            "severity: 'dire' is none of note, warning, serious",
        ),
    ],
)
def test_forged_specifications_are_refused(content, change, words, tmp_path: Path) -> None:
    refused(forged(content, change), tmp_path / "m.lkl", words)


@pytest.mark.parametrize("family", ["von_mises", "mixture(von_mises, 2)"])
@pytest.mark.parametrize("entry", ["(", "0", "7", "²"])
def test_names_of_entries_that_a_parameter_lacks_are_refused(
    family: str, entry: str, tmp_path: Path
) -> None:
    y = np.random.default_rng(0).vonmises(2.0, 3.0, 60)
    path = tmp_path / "m.lkl"
    lk.fit("y ~ 1", {"y": y}, family).save(path)
    lk.load(path)

    def change(specification: Any) -> None:
        specification["labels"][0][1] = entry

    refused(forged(path.read_bytes(), change), path, "not those of its parameters")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("coefficients", lambda a: np.full_like(a, np.inf), "not finite"),
        ("coefficients", lambda a: a[:-1], "shape"),
        ("coefficients", lambda a: a.astype(np.float32), "float32"),
        ("covariance", lambda a: np.full_like(a, np.inf), "covariance"),
        ("covariance", lambda a: -np.abs(a), "covariance"),
        ("infinite", lambda a: a + 7, "covariance"),
    ],
)
def test_forged_arrays_are_refused(content, name, change, words, tmp_path: Path) -> None:
    specification, arrays = unpack(content)
    made = pack(specification, {**arrays, name: change(arrays[name])})
    refused(made, tmp_path / "m.lkl", words)


def test_headers_that_lie_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.lkl"
    for length in (2**63, 2**40, len(content), 2**27):
        refused(length.to_bytes(8, "little") + content[8:], path, "not a usable model file")
    deep = b"[" * 100_000
    refused(len(deep).to_bytes(8, "little") + deep, path, "JSON")
    refused(content + b"0", path, "not a usable model file")


def test_the_file_is_safetensors_for_everyone(content: bytes, fit: lk.Fit) -> None:
    from safetensors.numpy import load as arrays_of

    found = arrays_of(content)
    np.testing.assert_array_equal(found["coefficients"], fit.coefficients)
    np.testing.assert_array_equal(found["covariance"], fit.covariance())


def test_arrays_of_other_kinds_and_nested_names_travel() -> None:
    arrays = {
        "network/layers/0/weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "network/layers/0/bias": np.zeros(0),
        "steps": np.array(7, dtype=np.int64),
        "used": np.array([True, False]),
    }
    specification, found = unpack(pack({"predictor": "mlp"}, arrays))
    assert specification["predictor"] == "mlp"
    assert list(found) == list(arrays)
    for name, values in arrays.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype


def test_equal_fits_give_equal_files(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.lkl").write_bytes(content)
    lk.load(tmp_path / "a.lkl").save(tmp_path / "b.lkl")
    assert (tmp_path / "b.lkl").read_bytes() == content


def test_a_failed_write_leaves_the_old_file_whole(fit: lk.Fit, tmp_path: Path) -> None:
    with pytest.raises(lk.LikelierError, match="cannot write"):
        fit.save(tmp_path / "no such folder" / "m.lkl")
    target = tmp_path / "folder.lkl"
    target.mkdir()
    with pytest.raises(lk.LikelierError, match="cannot write"):
        fit.save(target)
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_leaves_the_old_file_whole(
    fit: lk.Fit, content: bytes, tmp_path: Path, monkeypatch
) -> None:
    path = tmp_path / "m.lkl"
    path.write_bytes(content)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(lk.LikelierError, match=r"cannot write .*No space left"):
        fit.save(path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == content


@pytest.mark.parametrize("own", ["family", "modified", "namesake"])
def test_a_family_of_ones_own_is_no_data(own: str, tmp_path: Path) -> None:
    """Nothing reads such a file later, or what reads it takes another family for it."""
    family = type("Poisson" if own == "namesake" else "Calls", (lk.Poisson,), {})
    family = lk.ZeroInflated(family) if own == "modified" else family
    assert (family.text() == "poisson") == (own == "namesake")
    fit = lk.fit("y ~ 1", {"y": [0, 2, 0, 3, 1, 0, 0, 5]}, family)
    with pytest.raises(lk.LikelierError, match="code of your own"):
        fit.save(tmp_path / "own.lkl")
    assert list(tmp_path.iterdir()) == []


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(lk.ModelFileError, match="No such file"):
        lk.load(tmp_path / "absent.lkl")
    with pytest.raises(lk.ModelFileError, match="cannot read"):
        lk.load(tmp_path)


# ---------------------------------------------------------------------- a factor of many levels


@pytest.fixture(scope="module")
def many() -> bytes:
    """A file whose covariance is in parts."""
    return (Path(__file__).parent / "files" / "v3" / "levels.lkl").read_bytes()


def test_a_covariance_beside_many_levels_is_kept_in_parts(many: bytes, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    shop = np.tile(np.arange(300), 12)
    x = rng.standard_normal(len(shop))
    made = {"x": x, "shop": shop, "y": rng.poisson(np.exp(1 + 0.3 * x + 0.02 * (shop % 9)))}
    fit = lk.fit("y ~ x + C(shop)", made, "poisson")
    path = tmp_path / "m.lkl"
    fit.save(path)
    assert path.stat().st_size < 8 * 301**2 / 20
    again = lk.load(path)
    np.testing.assert_array_equal(again.covariance(), fit.covariance())
    np.testing.assert_array_equal(again.standard_errors, fit.standard_errors)
    rows = {"x": [0.5, -0.5], "shop": [3, 250]}
    pd.testing.assert_frame_equal(again.prediction_table(rows), fit.prediction_table(rows))
    twice = tmp_path / "twice.lkl"
    again.save(twice)
    assert twice.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("covariance/levels", lambda a: a + 1, "places"),
        ("covariance/levels", lambda a: -a, "places"),
        ("covariance/levels", lambda a: a.ravel(), "axes"),
        ("covariance/levels", lambda a: np.zeros((0, 1), np.int64), "shape"),
        ("covariance/rest", lambda a: a[:-1], "shape"),
        ("covariance/rest", lambda a: a.astype(np.int32), "int32"),
        ("covariance/own", lambda a: a[:-1], "shape"),
        ("covariance/own", lambda a: -np.abs(a) - 1e9, "covariance"),
        ("covariance/lean", lambda a: np.full_like(a, np.inf), "covariance"),
        ("covariance/core", lambda a: a[0], "shape"),
        ("covariance/unknown", lambda a: a.astype(np.int64), "int64"),
    ],
)
def test_forged_parts_of_a_covariance_are_refused(
    many: bytes, name, change, words, tmp_path: Path
) -> None:
    specification, arrays = unpack(many)
    refused(pack(specification, {**arrays, name: change(arrays[name])}), tmp_path / "m", words)
    fewer = {k: v for k, v in arrays.items() if k != name}
    refused(pack(specification, fewer), tmp_path / "m", "arrays of a linear predictor")
