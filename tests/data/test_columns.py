"""What a column may hold, one dtype after the other."""

import datetime
import decimal
import fractions

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from likelier.data.reading import read_column
from likelier.errors import DataError

EXACT = {
    "list of int": [1, 2, 3],
    "list of float": [1.0, 2.0, 3.0],
    "tuple": (1, 2, 3),
    "range": range(1, 4),
    "int8": np.array([1, 2, 3], dtype=np.int8),
    "uint8": np.array([1, 2, 3], dtype=np.uint8),
    "int64": np.array([1, 2, 3]),
    "uint64": np.array([1, 2, 3], dtype=np.uint64),
    "float16": np.array([1, 2, 3], dtype=np.float16),
    "float32": np.array([1, 2, 3], dtype=np.float32),
    "longdouble": np.array([1, 2, 3], dtype=np.longdouble),
    "big-endian": np.array([1, 2, 3], dtype=">f8"),
    "column vector": np.array([[1.0], [2.0], [3.0]]),
    "object ints": np.array([1, 2, 3], dtype=object),
    "object mixed numbers": np.array([1, 2.0, np.float32(3)], dtype=object),
    "decimals": [decimal.Decimal(1), decimal.Decimal(2), decimal.Decimal(3)],
    "fractions": [fractions.Fraction(1), fractions.Fraction(2), 3],
    "strided": np.arange(7.0)[1:6:2] / 2 + 0.5,
    "pandas": pd.Series([1, 2, 3]),
    "pandas nullable": pd.Series([1, 2, 3], dtype="Int16"),
    "pandas nullable float": pd.Series([1, 2, 3], dtype="Float32"),
    "pandas arrow": pd.Series([1, 2, 3], dtype="int32[pyarrow]"),
    "pandas index": pd.Index([1, 2, 3]),
    "polars": pl.Series([1, 2, 3], dtype=pl.UInt8),
    "polars decimal": pl.Series([decimal.Decimal(1), decimal.Decimal(2), decimal.Decimal(3)]),
    "arrow": pa.chunked_array([[1, 2], [3]]),
    "arrow single": pa.array([1, 2, 3], pa.float32()),
    "arrow half": pa.array(np.array([1, 2, 3], dtype=np.float16)),
    "arrow slice": pa.array([0, 1, 2, 3, 4], pa.uint8())[1:4],
    "arrow decimal": pa.array([1, 2, 3], pa.decimal128(5, 2)),
}


@pytest.mark.parametrize("values", EXACT.values(), ids=EXACT)
def test_numbers_of_every_make_become_doubles(values):
    numbers = read_column("a", values).numbers()
    assert numbers.dtype == np.float64
    assert numbers.dtype.isnative
    np.testing.assert_array_equal(numbers, [1.0, 2.0, 3.0])


MISSING = {
    "list with None": [1, None, 3],
    "list with NaN": [1, float("nan"), 3],
    "list with NA": [1, pd.NA, 3],
    "list with NaT": [1, pd.NaT, 3],
    "float array": np.array([1, np.nan, 3]),
    "object array": np.array([1, None, 3], dtype=object),
    "masked": np.ma.masked_array([1, 10**9, 3], mask=[0, 1, 0]),
    "masked float": np.ma.masked_array([1, np.inf, 3], mask=[0, 1, 0]),
    "pandas": pd.Series([1, None, 3]),
    "pandas nullable": pd.Series([1, None, 3], dtype="Int64"),
    "pandas arrow": pd.Series([1, None, 3], dtype="int64[pyarrow]"),
    "polars": pl.Series([1, None, 3]),
    "arrow": pa.array([1, None, 3]),
    "arrow chunks": pa.chunked_array([pa.array([1.0, None]), pa.array([3.0])]),
    "arrow NaN": pa.array([1.0, float("nan"), 3.0], pa.float32()),
}


@pytest.mark.parametrize("values", MISSING.values(), ids=MISSING)
def test_missing_numbers_are_seen_and_never_replaced(values):
    column = read_column("a", values)
    np.testing.assert_array_equal(column.unusable(), [False, True, False])
    np.testing.assert_array_equal(column.numbers(), [1, np.nan, 3])


TEXTS = {
    "list": ["b", "a", None, "b"],
    "object": np.array(["b", "a", None, "b"], dtype=object),
    "object NaN": np.array(["b", "a", np.nan, "b"], dtype=object),
    "pandas": pd.Series(["b", "a", None, "b"]),
    "pandas object": pd.Series(["b", "a", None, "b"], dtype=object),
    "pandas category": pd.Series(["b", "a", None, "b"], dtype="category"),
    "pandas Categorical": pd.Categorical(["b", "a", None, "b"]),
    "polars": pl.Series(["b", "a", None, "b"]),
    "polars categorical": pl.Series(["b", "a", None, "b"], dtype=pl.Categorical),
    "arrow": pa.array(["b", "a", None, "b"]),
}


@pytest.mark.parametrize("values", TEXTS.values(), ids=TEXTS)
def test_text_becomes_labels_in_sorted_order(values):
    column = read_column("a", values)
    codes, levels, ordered = column.labels()
    assert levels == ("a", "b")
    assert not ordered
    np.testing.assert_array_equal(codes, [1, 0, -1, 1])
    np.testing.assert_array_equal(column.unusable(), [False, False, True, False])
    with pytest.raises(DataError, match=r"column `a` is .*row 1 holds 'b'.*numbers are needed"):
        column.numbers()


def test_numpy_text_becomes_labels():
    assert read_column("a", np.array(["b", "a"])).labels().levels == ("a", "b")


def test_order_of_ordered_categories_is_kept():
    for values in (
        pd.Categorical(["hi", "lo"], ["lo", "mid", "hi"], ordered=True),
        pl.Series(["hi", "lo"], dtype=pl.Enum(["lo", "mid", "hi"])),
        pa.DictionaryArray.from_arrays([2, 0], ["lo", "mid", "hi"], ordered=True),
    ):
        codes, levels, ordered = read_column("a", values).labels()
        assert (levels, ordered, codes.tolist()) == (("lo", "hi"), True, [1, 0])


def test_levels_are_of_plain_types():
    assert read_column("a", np.array([2, 1])).labels().levels == (1, 2)
    assert read_column("a", [True, False]).labels().levels == (False, True)
    assert read_column("a", [0.5, np.nan]).labels().levels == (0.5,)
    assert read_column("a", np.array([np.nan, 0.5])).labels().codes.tolist() == [-1, 0]
    cut = pd.cut(pd.Series([0.5, 1.5]), [0, 1, 2])
    assert read_column("a", cut).labels().levels == ("(0, 1]", "(1, 2]")


@pytest.mark.parametrize(
    "values",
    [[True, False], np.array([True, False]), pd.Series([True, False], dtype="boolean"),
     pl.Series([True, False]), pa.array([True, False])],
)  # fmt: skip
def test_truth_values_are_ones_and_zeros(values):
    column = read_column("a", values)
    assert column.kind == "boolean"
    np.testing.assert_array_equal(column.numbers(), [1.0, 0.0])


def test_large_counts_are_exact_or_refused():
    assert read_column("a", np.array([2**40, 2**53, -(2**53)])).numbers()[0] == 2.0**40
    assert read_column("a", np.array([2**60])).numbers()[0] == 2.0**60
    assert read_column("a", [1, 2**70]).numbers()[1] == 2.0**70
    for values in (np.array([5, 2**53 + 1]), [5, 2**53 + 1], np.array([5, 2**64 - 1], np.uint64)):
        with pytest.raises(DataError, match=r"row 2 holds .* cannot hold exactly.*C\(a\)"):
            read_column("a", values).numbers()
    ids = read_column("a", np.array([2**53, 2**53 + 1]))
    assert ids.labels().levels == (2**53, 2**53 + 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array(["2020-01-01"], dtype="M8[D]"), "dates or times.*days since a start"),
        (np.array([1], dtype="m8[s]"), "dates or times"),
        ([datetime.date(2020, 1, 1)], "dates or times"),
        (pd.Series(pd.date_range("2020", periods=2)), "dates or times"),
        (pd.Series(pd.date_range("2020", periods=2, tz="UTC")), "dates or times"),
        (pd.Series(pd.period_range("2020", periods=2, freq="D")), "dates or times"),
        (pl.Series([datetime.datetime(2020, 1, 1)]), "dates or times"),
        (pa.array([datetime.date(2020, 1, 1)]), "dates or times"),
        (np.array([1j]), "complex numbers"),
        ([1j, 2.0], "complex numbers"),
        (np.array([b"a"]), "bytes"),
        ([b"a"], "bytes"),
        ([1.0, "x", 2.0, "y"], "mixes numbers and text: row 2 holds 'x' .2 text cells"),
        ([[1], [2]], "objects of type list"),
        ([{}], "objects of type dict"),
        (np.ones((2, 2)), r"shape \(2, 2\)"),
        (pd.DataFrame({"u": [1], "v": [2]}), r"table of shape \(1, 2\)"),
        ("abc", "is a str"),
        (5, "is a int"),
        ({1: 2}, "is a dict"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(values, message):
    with pytest.raises(DataError, match=f"`a`.*{message}"):
        read_column("a", values)


def test_many_doubles_are_not_copied_and_none_are_written_to():
    values = np.arange(100_001.0)
    assert read_column("a", values).numbers() is values
    assert not np.shares_memory(read_column("a", values[:9]).numbers(), values)
    frozen = np.array([1.0, 2.0, 3.0])
    frozen.flags.writeable = False
    np.testing.assert_array_equal(read_column("a", frozen).numbers(), frozen)
    data = np.array([1.0, 99.0])
    masked = np.ma.masked_array(data, mask=[False, True])
    assert np.isnan(read_column("a", masked).numbers()[1])
    assert data[1] == 99.0


def test_infinite_cells_are_unusable_unless_they_mean_something():
    column = read_column("a", [1.0, np.inf, np.nan])
    np.testing.assert_array_equal(column.unusable(), [False, True, True])
    np.testing.assert_array_equal(column.unusable(infinite=True), [False, False, True])
    assert read_column("a", [1e308, 1e308]).unusable() is None  # whose sum is infinite


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int64", "uint64"])
@pytest.mark.parametrize("edge", ["low", "middle", "high"])
def test_whole_numbers_have_the_levels_that_sorting_finds(dtype: str, edge: str) -> None:
    """They are counted where they lie close together, up to the ends of what their type holds."""
    limits = np.iinfo(dtype)
    first = {"low": limits.min, "middle": 3, "high": limits.max - 40}[edge]
    steps = np.random.default_rng(4).integers(0, 41, 60)
    values = np.array([first + int(step) for step in steps], dtype=dtype)
    codes, levels, _ = read_column("g", values).labels()
    known, inverse = np.unique(values, return_inverse=True)
    assert list(levels) == known.tolist()
    np.testing.assert_array_equal(codes, inverse)


def test_a_type_whose_whole_range_occurs_has_all_levels() -> None:
    values = np.arange(-128, 128, dtype=np.int64).astype(np.int8)
    assert read_column("g", np.tile(values, 2)).labels().levels == tuple(range(-128, 128))
