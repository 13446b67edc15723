"""Tables of every make, and files good and bad."""

import gzip
import io
import os
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from likelier.data import build, read_table
from likelier.errors import DataError

COLUMNS = {"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "g": ["u", "v", "u"]}


def _structured():
    return np.array([(1, 0.5, "u"), (2, 1.5, "v"), (3, 2.5, "u")], dtype="i8,f8,U1")


TABLES = {
    "dict": COLUMNS,
    "dict of arrays": {k: np.array(v) for k, v in COLUMNS.items()},
    "pandas": pd.DataFrame(COLUMNS),
    "polars": pl.DataFrame(COLUMNS),
    "lazy": pl.DataFrame(COLUMNS).lazy(),
    "arrow": pa.table(COLUMNS),
    "record batch": pa.RecordBatch.from_pydict(COLUMNS),
    "structured": _structured().view(np.dtype([("a", "i8"), ("b", "f8"), ("g", "U1")])),
    "stream": None,
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_make_gives_the_same_design(kind):
    source = TABLES[kind]
    if kind == "stream":
        source = io.StringIO("a,b,g\n1,0.5,u\n2,1.5,v\n3,2.5,u\n")
    design = build({"rate": "b + g"}, source, target="a")
    np.testing.assert_array_equal(design.matrices["rate"].values, [[0.5, 0], [1.5, 1], [2.5, 0]])
    assert design.matrices["rate"].names == ("b", "g[T.v]")
    np.testing.assert_array_equal(design.target.values, [1, 2, 3])


def test_plain_formulas_over_arrays_import_neither_pandas_nor_formulaic():
    import subprocess

    script = (
        "import sys, numpy as np\n"
        "from likelier.data import build\n"
        "data = {'y': np.arange(4.0), 'x': np.ones(4), 'g': list('abab')}\n"
        "build({'loc': 'x + log(x) + C(g)', 'scale': '1'}, data, target='y')\n"
        "heavy = {'pandas', 'formulaic', 'narwhals', 'pyarrow', 'polars'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"a": [1, 2], "b": [1]}, "`b` has 1 rows and column `a` has 2"),
        ({"a": 5}, "`a` is a int"),
        ({}, "no columns"),
        ({1: [1], "1": [2]}, "more than one column `1`"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than one column `a`"),
        (pa.table([[1], [2]], names=["a", "a"]), "more than one column `a`"),
        (np.ones((3, 2)), r"array of shape \(3, 2\), whose columns have no names"),
        (object(), "cannot read a table from a object"),
        (5, "cannot read a table from a int"),
        (
            {"a": pd.Series([1, 2]), "b": pd.Series([1, 2], index=[1, 0])},
            "row labels .index. of `b` differ from those of `a`",
        ),
    ],
)
def test_what_is_no_table_is_refused(source, message):
    with pytest.raises(DataError, match=message):
        read_table(source)


def test_pandas_columns_with_odd_names():
    frame = pd.DataFrame({0: [1.0, 2.0], ("a", "b"): [3.0, 4.0]})
    assert read_table(frame).names == ("0", "a_b")
    frame.columns = pd.MultiIndex.from_tuples([("u", "v"), ("u", "w")])
    assert read_table(frame).names == ("u_v", "u_w")


def _write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


GOOD = {
    "plain.csv": "a,b\n1,2\n3,4\n",
    "tabs.tsv": "a\tb\n1\t2\n3\t4\n",
    "semicolons.csv": "a;b\n1;2\n3;4\n",
    "bom.csv": b"\xef\xbb\xbfa,b\n1,2\n3,4\n",
    "windows.csv": "a,b\r\n1,2\r\n3,4\r\n",
    "blank lines.csv": "a,b\n\n1,2\n\n3,4\n\n",
    "quoted.csv": '"a","b"\n"1","2"\n3,4\n',
    "packed.csv.gz": gzip.compress(b"a,b\n1,2\n3,4\n"),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_files(tmp_path, name):
    path = _write(tmp_path / name, GOOD[name])
    for source in (path, str(path)):
        table = read_table(source)
        assert table.names == ("a", "b")
        np.testing.assert_array_equal(table.column("b").numbers(), [2, 4])


BAD = {
    "empty.csv": ("", "is empty"),
    "blank.csv": ("\n\n", "header line is needed"),
    "header.csv": ("a,b\n", "a header line and no rows"),
    "long.csv": ("a,b\n1,2\n3,4,5\n", "line 3: 3 fields where the header has 2"),
    "all long.csv": ("a,b\n1,2,9\n3,4,9\n", "line 2: 3 fields where the header has 2"),
    "short.csv": ("a,b\n1,2\n3\n", "line 3: 1 field where the header has 2"),
    "quote.csv": ('a,b\n1,"x\n3,4\n', "line 3: unexpected end of data"),
    "twice.csv": ("a,b,a\n1,2,3\n", "more than one column `a`"),
    "latin.csv": ("a,b\n1,é\n".encode("latin-1"), "line 2: byte 'e9' is not UTF-8 text"),
    "utf16.csv": ("a,b\n1,2\n".encode("utf-16"), "line 1: byte 'ff' is not UTF-8 text"),
    "nul.csv": (b"a,b\n1,2\n\x00,3,4\n", "nul.csv"),
    "latin.csv.gz": (gzip.compress(b"a,b\n1,\xe9\n"), "line 2: byte 'e9' is not UTF-8 text"),
    "fake.csv.gz": (b"a,b\n1,2\n", "cannot be read"),
    "cut.csv.gz": (gzip.compress(b"a,b\n" + b"1,2\n" * 999)[:-20], "cannot be read"),
    "fake.parquet": (b"a,b\n1,2\n", "not a Parquet file"),
    "book.xlsx": (b"PK", "cannot tell the format"),
    "noending": ("a,b\n1,2\n", "cannot tell the format"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_named_with_the_line(tmp_path, name):
    text, message = BAD[name]
    path = _write(tmp_path / name, text)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path)
    assert name in str(caught.value)


def test_urls_and_remote_globs():
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe({"/likelier/a.csv": b"y,x\n1,2\n", "/likelier/b.csv": b"y,x\n3,4\n"})
    buffer = io.BytesIO()
    pq.write_table(pa.table({"y": [5.0], "x": [6.0], "more": [7.0]}), buffer)
    store.pipe({"/likelier/c.parquet": buffer.getvalue()})
    assert read_table("memory://likelier/a.csv").n == 1
    stacked = read_table("memory://likelier/*.csv")
    np.testing.assert_array_equal(stacked.column("y").numbers(), [1, 3])
    assert read_table("memory://likelier/c.parquet", ["y", "x"]).names == ("y", "x")
    with pytest.raises(DataError, match="cannot be read"):
        read_table("memory://likelier/none.csv")
    with pytest.raises(DataError, match="no file matches"):
        read_table("memory://likelier/none*.csv")


def test_huge_cells_do_not_hide_the_error(tmp_path):
    path = _write(tmp_path / "a.csv", "y,g\n1," + "u" * 200_000 + "\n,v\n")
    with pytest.raises(DataError, match=r"column `y`: row 2 has no value"):
        build({"loc": "1"}, path, target="y")


def test_missing_files_and_folders(tmp_path):
    _write(tmp_path / "visits.csv", "a,b\n1,2\n")
    with pytest.raises(DataError, match=r"vists.csv: there is no such file. Did you mean `visits"):
        read_table(tmp_path / "vists.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)
    with pytest.raises(DataError, match="no file matches"):
        read_table(str(tmp_path / "no*.csv"))


def test_no_permission(tmp_path, monkeypatch):
    path = _write(tmp_path / "secret.csv", "a,b\n1,2\n")
    # The tests may run as a user to whom every file is open.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DataError, match=r"secret.csv: permission to read the file is denied"):
        read_table(path)


def test_rows_are_named_with_their_line(tmp_path):
    path = _write(tmp_path / "a.csv", 'a,b\n1,"x\ny"\n\n2,u\n,v\n')
    with pytest.raises(DataError, match=r"column `a`: row 3 \(CSV line 6\) has no value"):
        build({"loc": "a"}, path, target="b")
    table = read_table(path)
    assert table.locate(0) == "row 1 (CSV line 3)"
    assert table.locate(1) == "row 2 (CSV line 5)"


def test_empty_and_na_cells_are_missing_in_text_too(tmp_path):
    path = _write(tmp_path / "a.csv", "y,g\n1,u\n2,\n3,NA\n4,v\n")
    with pytest.raises(DataError, match=r"column `g`: row 2 .* 2 rows are affected: 2, 3"):
        build({"loc": "g"}, path, target="y")
    assert build({"loc": "g"}, path, target="y", missing="drop").n_dropped == 2


def test_globs_stack_files_and_name_the_file(tmp_path):
    _write(tmp_path / "a.csv", "y,x\n1,2\n3,4\n")
    _write(tmp_path / "b.csv", "x,y\n6,5\n,7\n")
    pattern = str(tmp_path / "*.csv")
    design = build({"loc": "x"}, pattern, target="y", missing="drop")
    np.testing.assert_array_equal(design.target.values, [1, 3, 5])
    with pytest.raises(DataError, match=r"row 4 \(b.csv line 3\) has no value"):
        build({"loc": "x"}, pattern, target="y")
    _write(tmp_path / "c.csv", "x,z\n6,5\n")
    with pytest.raises(DataError, match="differ in their columns: `y`"):
        read_table(pattern)


def test_parquet_reads_only_what_is_asked_for(tmp_path):
    for k in range(2):
        frame = pa.table({"y": [1.0 + k, 2.0], "x": [3, 4], "g": ["a", "b"], "unused": [[1], [2]]})
        pq.write_table(frame, tmp_path / f"part{k}.parquet")
    path = tmp_path / "part0.parquet"
    assert read_table(path, columns=["x", "y"]).names == ("x", "y")
    assert read_table(path, columns=["x", "nope"]).names == ("y", "x", "g", "unused")
    design = build({"loc": "x + g"}, str(tmp_path / "*.parquet"), target="y")
    np.testing.assert_array_equal(design.target.values, [1, 2, 2, 2])
    assert design.row_name(2) == "row 3 (part1.parquet row 1)"


def test_parquet_files_that_do_not_fit_together(tmp_path):
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": ["u"]}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match="do not fit together"):
        read_table(str(tmp_path / "*.parquet"))


def test_what_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = _write(tmp_path / "a.parquet", b"PAR1")
    with pytest.raises(DataError, match=r"needs pyarrow. Install it: pip install pyarrow"):
        read_table(path)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(DataError, match=r"needs fsspec. Install it"):
        read_table("s3://bucket/a.csv")


def test_a_table_is_a_table():
    table = read_table(COLUMNS)
    assert read_table(table) is table
    assert (len(table), list(table), "a" in table, "q" in table) == (
        3,
        ["a", "b", "g"],
        True,
        False,
    )
    with pytest.raises(DataError, match="not a path in text form"):
        read_table(type("P", (), {"__fspath__": lambda self: b"a.csv"})())


def test_lazy_frames_collect_only_what_is_asked_for():
    frame = pl.DataFrame(COLUMNS).lazy()
    assert read_table(frame, columns=["a"]).names == ("a",)
    with pytest.raises(DataError, match="no column `bb`"):
        build({"rate": "bb"}, frame, target="a")
