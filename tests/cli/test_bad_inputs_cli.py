"""Bad input through the command line, for every family that it touches: told, never passed over.

Each run ends in one of three ways: 0 with a fit that calls itself one (or says at which boundary it
lies), 4 with the diagnosis first, 2 or 3 with one message and no result. The tables are those of
tests/model/test_bad_inputs.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bad_inputs import FAMILIES, KINDS, OUTSIDE, SCALARS, formula_of, table_of, target_of

from likelier.distributions import from_text

OK, USAGE, DATA, NO_FIT = 0, 2, 3, 4
N = 40
Build = Callable[[str], tuple[dict[str, Any], str, list[str]]]
"""From a family: the table, the right-hand side, and more options."""


def changed(text: str, right: str = "x", *options: str, n: int = N, **columns: Any) -> Any:
    table = {k: v[:n] for k, v in table_of(text).items()}
    return table | columns, right, list(options)


def with_cell(text: str, name: str, cell: Any, *options: str) -> Any:
    table = table_of(text)
    values = np.array(table[name], dtype=object)
    values[9] = cell
    return table | {name: values}, "x", list(options)


def twice(text: str) -> Any:
    return changed(text, "x + twice", twice=2 * table_of(text)["x"] + 1)


def wide(text: str) -> Any:
    many = {f"v{i}": np.random.default_rng(i).standard_normal(5) for i in range(7)}
    return changed(text, " + ".join(many), n=5, **many)


def constant(text: str) -> Any:
    table = table_of(text)
    names = [name for name in ("a", "b", "c", "y") if name in table]
    return changed(text, **{name: np.repeat(table[name][:1], N) for name in names})


CASES: dict[str, tuple[Build, tuple[int, ...], str]] = {
    # name: the input, how it may end, what is said
    "collinear": (twice, (NO_FIT, DATA), "twice"),
    "a constant column": (
        lambda t: changed(t, "x + k", k=np.full(N, 7.0)),
        (NO_FIT, DATA),
        "k",
    ),
    "wide": (wide, (NO_FIT, DATA), ""),
    "one row": (lambda t: changed(t, n=1), (NO_FIT, DATA), ""),
    "a constant target": (constant, (OK, NO_FIT, DATA), ""),
    "no rows": (lambda t: changed(t, n=0), (DATA,), "row"),
    "an empty target": (lambda t: with_cell(t, target_of(t), ""), (DATA,), "row 10 (CSV line 11)"),
    "an empty cell": (lambda t: with_cell(t, "x", ""), (DATA,), "row 10 (CSV line 11)"),
    "an empty weight": (
        lambda t: with_cell(t, "w", "", "--weights", "w"),
        (DATA,),
        "row 10 (CSV line 11)",
    ),
    "an infinite cell": (lambda t: with_cell(t, "x", "inf"), (DATA,), "row 10 (CSV line 11)"),
    "an empty cell, dropped": (
        lambda t: with_cell(t, "x", "", "--missing", "drop"),
        (OK, NO_FIT, DATA),
        "",
    ),
    "a negative weight": (
        lambda t: with_cell(t, "w", -1, "--weights", "w"),
        (DATA,),
        "row 10 (CSV line 11)",
    ),
    "weights that are all 0": (
        lambda t: changed(t, "x", "--weights", "w", w=np.zeros(N)),
        (DATA,),
        "weight",
    ),
    "weights that are words": (
        lambda t: changed(t, "x", "--weights", "w", w=np.array(["much"] * N)),
        (DATA,),
        "`w`",
    ),
    "an offset that is words": (
        lambda t: changed(t, "x", "--offset", "o", o=np.array(["much"] * N)),
        (DATA,),
        "`o`",
    ),
    "one cell of 1e300": (lambda t: with_cell(t, "x", "1e300"), (OK, NO_FIT, DATA), "x"),
    "a column of 1e-150": (
        lambda t: changed(t, x=1e-150 * table_of(t)["x"]),
        (OK, NO_FIT, DATA),
        "",
    ),
    "a misspelt column": (
        lambda t: changed(t, "incme", income=np.arange(N)),
        (DATA,),
        "Did you mean `income`?",
    ),
    "a formula that calls": (
        lambda t: changed(t, "open('hacked', 'w')"),
        (DATA,),
        "open",
    ),
}  # fmt: skip


def ask(run: Any, work: Path, text: str, table: Any, right: str, options: list[str]) -> Any:
    pd.DataFrame(table).to_csv(work / "bad.csv", index=False)
    return run("fit", "bad.csv", formula_of(text, right), "-d", text, "--format", "json", *options)


def ended_well(done: Any) -> Any:
    """The result, if there is one; a message otherwise, and never both without a reason."""
    assert done.code in (OK, USAGE, DATA, NO_FIT), done.err
    assert "Traceback" not in done.out + done.err
    assert "Warning" not in done.err
    if done.out == "":
        # Where there is no answer at all: one message, below the line of progress if one was shown.
        assert done.code != OK
        assert done.err.splitlines()[-1].startswith("likelier: ")
        assert len(done.err) < 2000
        return None
    assert done.code in (OK, NO_FIT)
    found = json.loads(done.out)
    errors = [c["standard_error"] for c in found["coefficients"]]
    assert all(e is None or e > 0 for e in errors)
    for told in found["diagnoses"]:
        assert told["kind"] in KINDS
        assert told["remedy"]
    serious = any(d["severity"] == "serious" for d in found["diagnoses"])
    assert (done.code == NO_FIT) == serious
    if found["converged"]:
        assert not serious
        assert all(isinstance(c["estimate"], float | int) for c in found["coefficients"])
        extreme = "overflow" in [d["kind"] for d in found["diagnoses"]]
        assert extreme or None not in errors
    else:
        assert found["diagnoses"]
        assert done.err.splitlines()[-1].startswith("likelier: ")
    return found


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("text", FAMILIES)
def test_bad_input_is_told(run, tmp_path, monkeypatch, text: str, name: str) -> None:
    build, ends, words = CASES[name]
    monkeypatch.chdir(tmp_path)
    if name == "wide" and text == "truncated(normal, lower=0)":
        # Its search for an end that does not exist takes seconds.
        return
    done = ask(run, tmp_path, text, *build(text))
    found = ended_well(done)
    assert done.code in ends, done.out + done.err
    assert words in " ".join((done.err if found is None else done.out + done.err).split())
    assert not (tmp_path / "hacked").exists()
    if name.endswith("dropped") and found is not None:
        assert found["n_dropped"] == 1


@pytest.mark.parametrize("text", [t for t in SCALARS if from_text(t).support.name in OUTSIDE])
def test_values_outside_the_support_are_named(run, tmp_path, monkeypatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    for value in OUTSIDE[from_text(text).support.name]:
        done = ask(run, tmp_path, text, *with_cell(text, "y", value))
        assert done.code == DATA
        assert f"row 10 (CSV line 11) holds {value:g}".replace("-", "−") in done.err
        assert ended_well(done) is None


@pytest.mark.parametrize("text", FAMILIES)
def test_new_rows_that_a_model_cannot_take(run, tmp_path, monkeypatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    table = table_of(text, 80) | {"g": np.array(["u", "v"])[np.arange(80) % 2]}
    pd.DataFrame(table).to_csv("rows.csv", index=False)
    made = run("fit", "rows.csv", formula_of(text, "x + g"), "-d", text, "--out", "m.lkl")
    if made.code not in (OK, NO_FIT):
        assert made.err.splitlines()[-1].startswith("likelier: ")
        return
    new = pd.DataFrame(table)[:4]
    for rows, words in (
        (new.drop(columns="x"), "no column `x`"),
        (new.assign(g="w"), "'w'"),
        (new.assign(x=["1", "two", "3", "4"]), "`x`"),
        (new.assign(x=[1.0, np.inf, 3.0, 4.0]), "row 2 (CSV line 3)"),
        (new[:0], "row"),
    ):
        rows.to_csv("new.csv", index=False)
        done = run("predict", "m.lkl", "new.csv")
        assert done.code == DATA, (words, done.out, done.err)
        assert words in " ".join(done.err.split())
        assert done.err.splitlines()[-1].startswith("likelier: ")
    # Columns by name, whatever their order and whatever else is there.
    new.assign(more=1)[[*new.columns[::-1], "more"]].to_csv("turned.csv", index=False)
    new.to_csv("new.csv", index=False)
    plain, turned = (run("predict", "m.lkl", f) for f in ("new.csv", "turned.csv"))
    assert plain.code == turned.code == OK, plain.err
    assert plain.out == turned.out
