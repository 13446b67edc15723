"""Small CSV files read without pandas say what pandas says, or leave it to pandas."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likelier.data import read_table
from likelier.data.csv_plain import read_plain
from likelier.data.tables import from_pandas

CELLS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(
        [
            "NA",
            "nan",
            "null",
            "None",
            "True",
            "false",
            "TRUE",
            "inf",
            "-inf",
            "1e5",
            "1E400",
            ".5",
            "5.",
            "+3",
            "-.5e-3",
            "007",
            "1_000",
            "0x10",
            "1,5",
            "a",
            "2020-01-01",
            "#N/A",
            "12:30",
            "9007199254740993",
            "123456789012345678",
            "١",
            "é",
            "1e",
            "1.2.3",
            "-",
            "+",
            'ab"c',
        ]
    ),
    st.sampled_from(["", " ", " 1", "1 ", "a b", "x\ny", '"', "''"]),
    st.text(max_size=4),
)


def test_kinds() -> None:
    text = 'a,b,c,d,e\n1,0.5,x,True,1\n-2,,"y, z",False,\n3,1e-3,,True,2\n'
    found = read_plain(io.StringIO(text), ",")
    assert found is not None
    assert {name: values.dtype.kind for name, values in found.items()} == dict(
        zip("abcde", "ifObf", strict=True)
    )
    assert found["c"].tolist() == ["x", "y, z", None]
    np.testing.assert_array_equal(found["b"], [0.5, np.nan, 1e-3])


@pytest.mark.parametrize(
    "text",
    [
        "a\n", "", "a,b\n1\n", "a,b\n1,2,3\n", "a,a\n1,2\n", "a,\n1,2\n", "a\n1e400\n",
        "a\n9007199254740993.\n9007199254740993\n", "a\ninf\n", "a\nNA\n", "a\nTrue\nNA\n",
        "a\n 1\n", "a\n12345678901234567890\n",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_alone(text: str) -> None:
    assert read_plain(io.StringIO(text, newline=""), ",") is None


def test_a_fault_is_for_the_caller() -> None:
    with pytest.raises(csv.Error):
        read_plain(io.StringIO('a\n"1\n', newline=""), ",")


@settings(max_examples=300)
@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1)
    )
)
def test_columns_are_those_of_pandas(rows: list[list[str]]) -> None:
    frame = pd.DataFrame(rows, columns=list("abc")[: len(rows[0])], dtype=object)
    text = frame.to_csv(index=False)
    found = read_plain(io.StringIO(text, newline=""), ",")
    if found is None:
        return
    other = from_pandas(pd.read_csv(io.StringIO(text)))
    table = read_table(found)
    assert table.names == other.names
    for name in table.names:
        mine, theirs = table.column(name), other.column(name)
        assert mine.kind == theirs.kind
        mask, same = (
            np.zeros(len(c), bool) if c.missing is None else c.missing for c in (mine, theirs)
        )
        if mine.kind == "text":
            np.testing.assert_array_equal(mask, same)
            assert mine.data[~mask].tolist() == theirs.data[~mask].tolist()
        else:
            # Older pandas read the last digit of a float wrong now and then.
            np.testing.assert_allclose(mine.data, theirs.data, rtol=4e-16)


def test_a_small_file_is_read_without_pandas(tmp_path) -> None:
    (tmp_path / "rows.csv").write_text("y,x,g\n" + "".join(f"{k},{k % 7}.5,a\n" for k in range(50)))
    script = (
        "import sys, likelier as lk\n"
        f"fit = lk.fit('y ~ x', {str(tmp_path / 'rows.csv')!r}, 'poisson')\n"
        "print(fit.summary())\n"
        "assert 'pandas' not in sys.modules, 'pandas'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)


def test_streams_of_every_kind(tmp_path) -> None:
    import gzip

    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    parquet = frame.to_parquet(index=False)
    for content in (b"a,b\n1,x\n2,y\n", gzip.compress(b"a,b\n1,x\n2,y\n"), parquet):
        table = read_table(io.BytesIO(content))
        assert table.names == ("a", "b")
        assert table.column("a").numbers().tolist() == [1.0, 2.0]


def test_rows_held_out_are_named_as_in_the_whole(tmp_path) -> None:
    from likelier.data import hold_out
    from likelier.errors import DataError

    (tmp_path / "rows.csv").write_text("x,g\n" + "".join(f"{k},{k % 5}\n" for k in range(20)))
    table = read_table(tmp_path / "rows.csv")
    rest, held = hold_out(table, 0.25, seed=3)
    seen = np.concatenate([rest.column("x").numbers(), held.column("x").numbers()])
    assert sorted(seen.tolist()) == list(range(20))
    assert held.n == 5
    first = int(held.column("x").numbers()[0])
    assert held.locate(0) == f"row {first + 1} (CSV line {first + 2})"
    rest, held = hold_out(table, 0.4, seed=3, groups="g")
    assert not set(rest.column("g").numbers()) & set(held.column("g").numbers())
    with pytest.raises(DataError, match="leaves nothing"):
        hold_out(table, 0.01)
