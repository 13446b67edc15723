"""Designs from plain arrays."""

import types

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from likelier.data import Recipe, from_arrays
from likelier.errors import DataError

X = np.arange(12.0).reshape(6, 2)
Y = np.array([1.0, 0.5, 3.0, 2.0, 5.0, 4.0])


def test_all_columns_go_to_the_first_parameter():
    design = from_arrays(Y, X, ["loc", "scale", "df"])
    np.testing.assert_array_equal(design.matrices["loc"].values, X)
    assert design.matrices["loc"].names == ("x1", "x2")
    assert design.matrices["loc"].intercept
    assert design.matrices["scale"] is design.matrices["df"]
    assert design.matrices["scale"].values.shape == (6, 0)
    assert (design.n, design.target.kind, design.target.name) == (6, "positive", "y")
    bare = from_arrays(Y, X, ["loc"], intercept=False, names=["a", "b"]).matrices["loc"]
    assert (bare.intercept, bare.coefficient_names) == (False, ("a", "b"))
    assert bare.groups == (("a", slice(0, 1)), ("b", slice(1, 2)))


MATRICES = {
    "list": X.tolist(),
    "int": X.astype(int),
    "uint8": X.astype(np.uint8),
    "float16": X.astype(np.float16),
    "object": X.astype(object),
    "big-endian": X.astype(">f8"),
    "fortran": np.asfortranarray(X),
    "strided": np.repeat(X, 2, axis=0)[::2],
    "masked": np.ma.masked_array(X),
    "pandas": pd.DataFrame(X),
    "pandas nullable": pd.DataFrame(X).astype("Float64"),
    "polars": pl.DataFrame(X),
    "dict": {"a": X[:, 0], "b": X[:, 1]},
    "matrix": np.asmatrix(X) if hasattr(np, "asmatrix") else X,
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", MATRICES)
def test_every_make_of_matrix(kind):
    values = from_arrays(Y, MATRICES[kind], ["loc"]).matrices["loc"].values
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_cells_are_used_as_they_are_and_few_are_copied(dtype):
    large = np.ones((60_000, 2), dtype)
    large.flags.writeable = False
    y = np.ones(len(large))
    assert from_arrays(y, large, ["loc"]).matrices["loc"].values is large
    few = large[:6]
    values = from_arrays(Y, few, ["loc"]).matrices["loc"].values
    assert values.dtype == dtype
    assert not np.shares_memory(values, few)


def test_sparse_whole_numbers_and_foreign_arrays():
    whole = from_arrays(Y, sp.csr_array(X.astype(int)), ["loc"]).matrices["loc"].values
    assert whole.dtype == np.float64

    class Foreign:
        def __array__(self, dtype=None, copy=None):
            return X

    np.testing.assert_array_equal(from_arrays(Y, Foreign(), ["loc"]).matrices["loc"].values, X)


def test_one_dimension_is_one_column():
    for column in (X[:, 0], X[:, :1], X[:, 0].tolist(), pd.Series(X[:, 0])):
        values = from_arrays(Y, column, ["loc"]).matrices["loc"].values
        np.testing.assert_array_equal(values, X[:, :1])
    assert from_arrays(Y, pd.Series(X[:, 0], name="age"), ["loc"]).matrices["loc"].names == ("age",)


def test_sparse_matrices_stay_sparse():
    dense = X * (X % 3 == 0)
    for make in (sp.csr_matrix, sp.csc_array, sp.coo_array):
        matrix = from_arrays(Y, make(dense), ["loc"]).matrices["loc"]
        assert sp.issparse(matrix.values)
        np.testing.assert_array_equal(matrix.values.toarray(), dense)
    dense[3, 1] = np.nan
    with pytest.raises(DataError, match="X: row 4 is not finite"):
        from_arrays(Y, sp.csr_array(dense), ["loc"])
    dropped = from_arrays(Y, sp.csr_array(dense), ["loc"], missing="drop")
    np.testing.assert_array_equal(dropped.rows, [0, 1, 2, 4, 5])
    design = from_arrays(Y, sp.csr_array(X), ["loc"])
    np.testing.assert_array_equal(design.take([1, 0]).matrices["loc"].values.toarray(), X[[1, 0]])


TARGETS = {
    "list": Y.tolist(),
    "column": Y[:, None],
    "pandas": pd.Series(Y),
    "frame": pd.DataFrame({"y": Y}),
    "float32": Y.astype(np.float32),
    "object": Y.astype(object),
    "polars": pl.Series(Y),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_every_make_of_target(kind):
    target = from_arrays(TARGETS[kind], X, ["loc"]).target
    assert target.values.shape == (6,)
    np.testing.assert_array_equal(target.values, Y)


def test_labels_several_targets_and_intervals():
    labels = from_arrays(list("abcabc"), X, ["logits"])
    assert (labels.target.kind, labels.target.levels) == ("labels", ("a", "b", "c"))
    pairs = from_arrays(np.column_stack([Y, -Y]), X, ["loc"]).target
    assert (pairs.kind, pairs.columns) == ("multivariate", ("y1", "y2"))
    frame = from_arrays(pd.DataFrame({"u": Y, "v": Y}), X, ["loc"]).target
    assert frame.columns == ("u", "v")
    censored = types.SimpleNamespace(lower=Y, upper=np.full(6, np.inf))
    assert from_arrays(censored, X, ["scale"]).target.kind == "censored"
    kept = from_arrays(censored, X, ["s"], weights=[1, np.nan, 1, 1, 1, 1], missing="drop").target
    np.testing.assert_array_equal(kept.values.lower, Y[[0, 2, 3, 4, 5]])
    assert len(kept.values) == 5
    censored.upper = Y - 1
    with pytest.raises(DataError, match="row 1 has no lower end, or one above"):
        from_arrays(censored, X, ["scale"])


@pytest.mark.parametrize("missing_in", ["X", "y", "weights"])
def test_missing_cells(missing_in):
    parts = {"X": X.copy(), "y": Y.copy(), "weights": np.ones(6)}
    parts[missing_in][(2, 1) if missing_in == "X" else 2] = np.nan
    name = "x2" if missing_in == "X" else missing_in
    arguments = {"weights": parts["weights"], "offset": Y}
    with pytest.raises(DataError, match=f"column `{name}`: row 3 has no value"):
        from_arrays(parts["y"], parts["X"], ["loc"], **arguments)
    design = from_arrays(parts["y"], parts["X"], ["loc"], **arguments, missing="drop")
    keep = [0, 1, 3, 4, 5]
    assert design.n_dropped == 1
    np.testing.assert_array_equal(design.rows, keep)
    np.testing.assert_array_equal(design.target.values, Y[keep])
    np.testing.assert_array_equal(design.matrices["loc"].values, X[keep])
    np.testing.assert_array_equal(design.offset["loc"], Y[keep])
    masked = np.ma.masked_array(X, mask=np.isnan(parts["X"]))
    if missing_in == "X":
        with pytest.raises(DataError, match="`x2`: row 3 has no value"):
            from_arrays(Y, masked, ["loc"])


def test_labels_are_learnt_after_rows_are_dropped():
    design = from_arrays(["a", None, "b", "a", "b", "a"], X, ["logits"], missing="drop")
    assert (design.target.levels, design.target.kind) == (("a", "b"), "binary")
    np.testing.assert_array_equal(design.target.values, [0, 1, 0, 1, 0])
    with pytest.raises(DataError, match="`y`: row 2 has no value"):
        from_arrays(["a", None, "b", "a", "b", "a"], X, ["logits"])


@pytest.mark.parametrize(
    ("y", "x", "message"),
    [
        (Y[:5], X, r"X has 6 rows and y has 5.*reshape\(-1, 1\)"),
        (Y, X[0], r"X has 2 rows and y has 6.*X.reshape\(1, -1\)"),
        (Y, np.ones((6, 2, 2)), r"X has shape \(6, 2, 2\)"),
        (np.ones((6, 2, 2)), X, r"y has shape \(6, 2, 2\)"),
        (Y, [[1.0], [2.0, 3.0]], "rows of X differ in length"),
        (Y, np.array([["a", "b"]] * 6), "`x1` is text"),
        (Y, X + 1j, "complex"),
        (Y, pd.DataFrame({"a": list("uvwuvw")}), "`a` is text"),
        (Y, pd.DataFrame({"t": pd.date_range("2020", periods=6)}), "`t` holds dates"),
        (Y, pd.DataFrame(X, columns=["a", "a"]), "more than one column `a`"),
        (Y, np.array([[1, 2**53 + 1]] * 6), "`x2`: row 1 holds 9007199254740993"),
        (Y, sp.csr_array(X).astype(complex), "sparse matrix"),
        ([], np.empty((0, 2)), "no rows"),
    ],
)
def test_arrays_that_cannot_be(y, x, message):
    with pytest.raises(DataError, match=message):
        from_arrays(y, x, ["loc"])


def test_names_and_roles_that_cannot_be():
    with pytest.raises(DataError, match="X has 2 columns and there are 1 names"):
        from_arrays(Y, X, ["loc"], names=["a"])
    with pytest.raises(DataError, match="more than one column `a`"):
        from_arrays(Y, X, ["loc"], names=["a", "a"])
    with pytest.raises(DataError, match="beside arrays it is an array of 6 values"):
        from_arrays(Y, X, ["loc"], weights="w")


def test_row_labels_must_agree():
    frame = pd.DataFrame(X, index=[3, 1, 4, 1, 5, 9])
    y = pd.Series(Y, index=frame.index)
    assert from_arrays(y, frame, ["loc"]).n == 6
    with pytest.raises(DataError, match=r"row labels .index. of y differ"):
        from_arrays(y.sort_index(), frame, ["loc"])
    with pytest.raises(DataError, match=r"row labels .index. of weights differ"):
        from_arrays(y, frame, ["loc"], weights=pd.Series(np.ones(6)))


def test_new_rows():
    design = from_arrays(list("ababab"), pd.DataFrame(X, columns=["a", "b"]), ["logits", "s"])
    for recipe in (design.recipe, Recipe.from_json(design.recipe.to_json())):
        for new in (X[:2], {"b": X[:2, 1], "more": [0, 0], "a": X[:2, 0]}):
            made = recipe.design(new)
            np.testing.assert_array_equal(made.matrices["logits"].values, X[:2])
            assert made.matrices["s"].values.shape == (2, 0)
        with pytest.raises(DataError, match="no column `b`"):
            recipe.design({"a": [1.0], "c": [1.0]})
        with pytest.raises(DataError, match="X has 3 columns and there are 2 names"):
            recipe.design(np.ones((2, 3)))
        scored = recipe.design(X[:2], need_target=True, y=["b", "b"])
        np.testing.assert_array_equal(scored.target.values, [1, 1])
        with pytest.raises(DataError, match="row 2 holds 'q', a level that the fit never saw"):
            recipe.design(X[:2], need_target=True, y=["b", "q"])
        with pytest.raises(DataError, match="y is needed beside X"):
            recipe.design(X, need_target=True)
    offset = from_arrays(Y, X, ["loc"], offset=Y).recipe
    with pytest.raises(DataError, match="had the offset of `loc` as an array"):
        offset.design(X)
    assert offset.design(X, offset=0.0).offset["loc"].tolist() == [0.0] * 6


def test_several_parameters_may_take_the_columns():
    design = from_arrays(Y, X, ["loc", "scale", "df"], described=["loc", "df"])
    for recipe in (design.recipe, Recipe.from_json(design.recipe.to_json())):
        matrices = recipe.design(X[:2]).matrices
        assert matrices["loc"] is matrices["df"], "equal columns are shared"
        assert [m.coefficient_names for m in matrices.values()] == [
            ("intercept", "x1", "x2"),
            ("intercept",),
            ("intercept", "x1", "x2"),
        ]
    assert [f.text for f in design.recipe.formulas.values()] == ["1 + .", "1", "1 + ."]


def test_a_saved_recipe_that_does_not_say_who_takes_the_columns_gives_them_to_the_first():
    saved = from_arrays(Y, X, ["loc", "scale"]).recipe.to_json()
    assert saved["formulas"]["loc"].pop("all_columns")
    assert Recipe.from_json(saved).design(X).matrices["loc"].names == ("x1", "x2")


def test_inputs_are_left_as_they_were():
    x, y = X.copy(), Y.copy()
    from_arrays(y, x, ["loc"], weights=np.ones(6))
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
