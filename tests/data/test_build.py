"""Missing cells, weights and their kin, left sides, and new rows."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likelier.data import CensoredValues, Recipe, build, kind_of_numbers
from likelier.errors import DataError, FormulaError, LikelierError


def table(n=6):
    return {
        "y": np.arange(n) + 1.0,
        "x": np.arange(n) / 2 - 1,
        "g": np.array(list("abcabcabcabc")[:n]),
        "w": np.arange(n) % 3 + 0.5,
        "days": np.arange(n) + 10.0,
    }


# --- missing cells ---------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["y", "x", "w", "days"])
@pytest.mark.parametrize("cell", [np.nan, np.inf, -np.inf])
def test_a_cell_without_a_finite_value_is_named_or_dropped_everywhere(where, cell):
    data = table()
    data[where][3] = cell
    arguments = {"target": "y", "weights": "w", "exposure": "days", "offset": "x"}
    with pytest.raises(DataError, match=f'column `{where}`: row 4 .*missing="drop"'):
        build({"loc": "x + g"}, data, **arguments)
    design = build({"loc": "x + g"}, data, **arguments, missing="drop")
    clean = build({"loc": "x + g"}, {k: np.delete(v, 3) for k, v in table().items()}, **arguments)
    assert (design.n, design.n_dropped) == (5, 1)
    np.testing.assert_array_equal(design.rows, [0, 1, 2, 4, 5])
    np.testing.assert_array_equal(design.matrices["loc"].values, clean.matrices["loc"].values)
    np.testing.assert_array_equal(design.target.values, clean.target.values)
    np.testing.assert_array_equal(design.weights, clean.weights)
    np.testing.assert_array_equal(design.exposure, clean.exposure)
    np.testing.assert_array_equal(design.offset["loc"], clean.offset["loc"])
    assert design.row_name(3) == "row 5"


def test_missing_labels_are_named_or_dropped():
    data = pd.DataFrame(table()).assign(g=["a", None, "b", "a", None, "c"])
    with pytest.raises(DataError, match=r"`g`: row 2 has no value. 2 rows are affected: 2, 5"):
        build({"loc": "g"}, data, target="y")
    design = build({"loc": "g"}, data, target="y", missing="drop")
    assert design.matrices["loc"].names == ("g[T.b]", "g[T.c]")
    with pytest.raises(DataError, match="`g`: row 2 has no value"):
        build({"loc": "x"}, data, target="g")


def test_levels_and_knots_are_learnt_after_rows_are_dropped():
    data = table()
    data["x"][2] = np.nan  # the row of the first "c"
    data["g"][5] = "a"
    data["days"][0] = 1e6
    data["y"][0] = np.nan
    design = build({"loc": "x + g + scale(days)"}, data, target="y", missing="drop")
    assert "g[T.c]" not in design.matrices["loc"].names
    assert design.matrices["loc"].values[:, -1].mean() == pytest.approx(0, abs=1e-15)


def test_no_rows():
    with pytest.raises(DataError, match="no rows"):
        build({"loc": "x"}, {"y": [], "x": []}, target="y")
    with pytest.raises(DataError, match="no row is left: each of the 2 rows"):
        build({"loc": "x"}, {"y": [1.0, np.nan], "x": [None, 2]}, target="y", missing="drop")
    with pytest.raises(DataError, match="missing is 'raise' or 'drop'"):
        build({"loc": "x"}, table(), target="y", missing="ignore")
    with pytest.raises(DataError, match="there is no formula"):
        build({}, table(), target="y")


# --- weights, offset, exposure, groups, extra -----------------------------------------------------


def test_roles_by_name_and_by_array():
    data = table()
    by_name = build(
        {"rate": "x", "gate": "1"}, data, target="y", weights="w", offset={"gate": "x"},
        exposure="days", groups="g", extra={"total_count": "days"},
    )  # fmt: skip
    by_array = build(
        {"rate": "x", "gate": "1"}, data, target="y", weights=list(data["w"]),
        offset={"gate": data["x"]}, exposure=data["days"], groups=data["g"],
        extra={"total_count": pd.Series(data["days"])},
    )  # fmt: skip
    for design in (by_name, by_array):
        np.testing.assert_array_equal(design.weights, data["w"])
        assert set(design.offset) == {"gate"}
        np.testing.assert_array_equal(design.offset["gate"], data["x"])
        np.testing.assert_array_equal(design.exposure, data["days"])
        np.testing.assert_array_equal(design.extra["total_count"], data["days"])
        assert design.groups.tolist() == data["g"].tolist()
    bare = build({"rate": "x", "gate": "1"}, data, target="y", offset="x")
    assert set(bare.offset) == {"rate"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": [1, 1, -2, 1, 1, 1]}, r"`weights`: row 3 holds -2; weights are 0 or positive"),
        ({"weights": np.zeros(6)}, "all zero"),
        ({"weights": np.ones(5)}, "weights has 5 values; the data have 6 rows"),
        ({"weights": [1, 1, np.inf, 1, 1, 1]}, "`weights`: row 3 holds inf"),
        ({"weights": [1, 1, None, 1, 1, 1]}, "`weights`: row 3 has no value"),
        ({"weights": np.ones((6, 2))}, r"`weights` has shape \(6, 2\)"),
        ({"weights": "W"}, "no column `W` for the weights. Did you mean `w`"),
        ({"extra": {"total_count": "trials"}}, "`trials` for the distribution, which needs it of"),
        ({"weights": "g"}, "`g` is text.*numbers are needed"),
        ({"exposure": [1, 0, 1, 1, 1, 1]}, "row 2 holds 0; exposures are positive"),
        ({"exposure": -1.0}, "exposures are positive"),
        ({"offset": {"scale": "x"}}, "offset is given for `scale`; the parameters are loc"),
        ({"offset": {"loc": [np.nan] * 6}}, "`offset of `loc``: row 1"),
        ({"extra": {"total_count": [1, 2]}}, "total_count has 2 values"),
        ({"groups": [None, 1, 1, 1, 1, 1]}, "`groups`: row 1 has no value"),
    ],
)
def test_roles_that_cannot_be(arguments, message):
    with pytest.raises(DataError, match=message):
        build({"loc": "x"}, table(), target="y", **arguments)


def test_row_labels_of_a_series_must_be_those_of_the_table():
    frame = pd.DataFrame(table(), index=[3, 1, 4, 1, 5, 9])
    build({"loc": "x"}, frame, target="y", weights=frame["w"])
    with pytest.raises(DataError, match=r"row labels .index. of weights differ"):
        build({"loc": "x"}, frame, target="y", weights=frame["w"].sort_index())
    with pytest.raises(DataError, match=r"row labels .index. of weights differ"):
        build({"loc": "x"}, frame, target="y", weights=frame["w"].reset_index(drop=True))


def test_inputs_are_left_as_they_were():
    frame = pd.DataFrame(table()).assign(y=[1.0, None, 3, 4, 5, 6])
    before = frame.copy(deep=True)
    build({"loc": "x*g"}, frame, target="y", weights="w", missing="drop")
    pd.testing.assert_frame_equal(frame, before)


# --- left sides -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1, 1], "binary"), ([0, 0], "binary"), ([0.0, 1.0, 2.0], "counts"),
        ([5, 9], "counts"), ([0.0, 0.5, 1.0], "proportions"), ([0.1, 0.9], "proportions"),
        ([0.5, 3.0], "positive"), ([0.0, 3.5], "nonnegative"), ([-1, 2], "real"),
        ([1e300, 2e300], "counts"), ([], "real"),
    ],
)  # fmt: skip
def test_kinds_of_numbers(values, kind):
    assert kind_of_numbers(np.array(values, dtype=float)) == kind


@pytest.mark.parametrize(
    ("cells", "levels", "kind", "codes"),
    [
        ([True, False, True], (False, True), "binary", [1, 0, 1]),
        (["no", "yes", "no"], ("no", "yes"), "binary", [0, 1, 0]),
        (["b", "c", "a"], ("a", "b", "c"), "labels", [1, 2, 0]),
        (["0", "2", "1"], ("0", "1", "2"), "labels", [0, 2, 1]),
        (pd.Categorical(["lo", "hi", "mid"], ["lo", "mid", "hi"], ordered=True),
         ("lo", "mid", "hi"), "ordered", [0, 2, 1]),
        (pl.Series(["x", "y", "x"], dtype=pl.Categorical), ("x", "y"), "binary", [0, 1, 0]),
    ],
)  # fmt: skip
def test_labels_become_codes(cells, levels, kind, codes):
    design = build({"logits": "1"}, {"y": cells}, target="y")
    assert (design.target.levels, design.target.kind) == (levels, kind)
    assert design.target.values.dtype == np.int64
    np.testing.assert_array_equal(design.target.values, codes)
    again = Recipe.from_json(json.loads(json.dumps(design.recipe.to_json())))
    new = again.design({"y": cells[::-1]}, need_target=True)
    np.testing.assert_array_equal(new.target.values, codes[::-1])
    assert new.target.levels == levels


def test_numbers_can_be_taken_as_labels():
    target = build({"logits": "x"}, table(), target="C(y)").target
    assert (target.kind, target.levels) == ("labels", (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))


def test_transformed_left_sides():
    data = table()
    design = build({"loc": "x"}, data, target="log(y)")
    np.testing.assert_array_equal(design.target.values, np.log(data["y"]))
    assert (design.target.name, design.target.kind) == ("log(y)", "nonnegative")
    rates = build({"loc": "x"}, data, target="y / days").target
    np.testing.assert_array_equal(rates.values, data["y"] / data["days"])
    assert rates.kind == "proportions"
    total = build({"loc": "x"}, data, target="I(y + days)").target
    np.testing.assert_array_equal(total.values, data["y"] + data["days"])
    scaled = build({"loc": "x"}, data, target="scale(y)")
    new = scaled.recipe.design({k: v[:2] for k, v in data.items()}, need_target=True)
    np.testing.assert_array_equal(new.target.values, scaled.target.values[:2])


def test_several_targets():
    data = {"hare": [30.0, 47.2, 70.2], "lynx": [4.0, np.nan, 9.8], "year": [1900, 1901, 1902]}
    with pytest.raises(DataError, match="`lynx`: row 2"):
        build({"loc": "year"}, data, target="hare + lynx")
    target = build({"loc": "year"}, data, target="hare + lynx", partial=True).target
    assert (target.kind, target.columns) == ("multivariate", ("hare", "lynx"))
    np.testing.assert_array_equal(target.values, [[30, 4], [47.2, np.nan], [70.2, 9.8]])
    one = build({"loc": "year"}, data, target="lynx", partial=True).target
    assert np.isnan(one.values[1])
    assert one.kind == "positive"
    data["lynx"][0] = np.inf
    with pytest.raises(DataError, match="`lynx`: row 1 holds inf"):
        build({"loc": "year"}, data, target="hare + lynx", partial=True)


def test_censored_targets():
    data = {
        "t": [5.0, 8.0, 3.0],
        "e": [1, 0, 1],
        "lo": [1.0, -np.inf, 2.0],
        "hi": [1.0, 3.0, np.inf],
    }
    right = build({"scale": "1"}, data, target="Surv(t, e)").target
    assert right.kind == "censored"
    assert isinstance(right.values, CensoredValues)
    np.testing.assert_array_equal(right.values.lower, [5, 8, 3])
    np.testing.assert_array_equal(right.values.upper, [5, np.inf, 3])
    left = build({"scale": "1"}, data, target='Surv(t, e, type="left")').target.values
    np.testing.assert_array_equal(left.lower, [5, -np.inf, 3])
    both = build({"scale": "1"}, data, target="Surv(lo, hi, type='interval')")
    np.testing.assert_array_equal(both.target.values.lower, data["lo"])
    np.testing.assert_array_equal(both.target.values.upper, data["hi"])
    taken = both.take(np.array([2, 0])).target.values
    np.testing.assert_array_equal(taken.upper, [np.inf, 1])
    event = build({"scale": "1"}, {**data, "e": [True, False, True]}, target="Surv(t, e)").target
    np.testing.assert_array_equal(event.values.upper, right.values.upper)
    computed = build({"scale": "1"}, data, target="Surv(t / 2, e == 1)").target.values
    np.testing.assert_array_equal(computed.upper, [2.5, np.inf, 1.5])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("Surv(t)", r"write Surv\(time, event\)"),
        ("Surv(t, e, type='no')", "third argument"),
        ("Surv(t, n)", "row 2 holds 2 as event"),
        ("Surv(hi, lo, type='interval')", "in row 1 the lower end 2 is above the upper end 1"),
        ("bs(t, df=4)", "several columns"),
        ("y ~ t", "cannot read"),
        ("", "cannot read"),
        ("t + log(e)", "is -inf in row 2"),
        ("log(t) + log(e)", "is -inf in row 2"),
        ("Surv(log(t), I(e[0]))", "subscript"),
    ],
)
def test_left_sides_that_cannot_be(target, message):
    data = {"t": [1.0, 2, 3, 4, 5], "e": [1, 0, 1, 0, 1], "n": [1, 2, 0, 0, 1]}
    data.update(lo=[1.0, 0, 0, 0, 0], hi=[2.0, 1, 1, 1, 1])
    with pytest.raises((FormulaError, DataError), match=message):
        build({"loc": "1"}, data, target=target)


def test_text_that_should_be_numbers_is_not_taken_as_labels():
    numbers = ["1.5", "2.5", "3.5", "oops"]
    data = {"x": numbers, "y": [1, 2, 3, 4], "code": ["1", "2", "1", "2"]}
    with pytest.raises(DataError, match=r"`x` holds numbers and text: row 4 holds 'oops'.*C\(x\)"):
        build({"loc": "x"}, data, target="y")
    with pytest.raises(DataError, match="numbers written as text: row 1 holds '1'"):
        build({"loc": "code"}, data, target="y")
    with pytest.raises(DataError, match="row 4 holds 'oops'"):
        build({"loc": "1"}, data, target="x")
    assert build({"loc": "C(code)"}, data, target="y").matrices["loc"].names == ("C(code)[T.2]",)


def test_text_of_which_every_row_has_its_own_is_not_taken_as_labels():
    days = [f"2020-01-{k:02}" for k in range(1, 31)]
    data = {"day": days, "y": np.arange(30)}
    with pytest.raises(DataError, match="`day` is text with 30 different values in 30 rows"):
        build({"loc": "day"}, data, target="y")
    assert len(build({"loc": "C(day)"}, data, target="y").matrices["loc"].names) == 29


# --- new rows ---------------------------------------------------------------------------------


def test_new_rows_are_aligned_by_name():
    design = build({"loc": "x*g"}, table(), target="y")
    reordered = dict(reversed([*table().items(), ("more", np.ones(6))]))
    new = design.recipe.design(reordered)
    assert new.target is None
    np.testing.assert_array_equal(new.matrices["loc"].values, design.matrices["loc"].values)
    with pytest.raises(DataError, match="no column `g`"):
        design.recipe.design({"x": [1.0], "G1": ["a"]})


def test_unseen_levels_are_an_error_that_names_them():
    recipe = build({"loc": "g"}, table(), target="y").recipe
    with pytest.raises(
        DataError,
        match=r"`g`: row 2 holds 'z', a level that the fit never saw \(2 rows\). Known levels: "
        "'a', 'b', 'c'",
    ):
        recipe.design({"g": ["a", "z", "b", "q"]})
    with pytest.raises(DataError, match="row 1 holds 1, a level that"):
        recipe.design({"g": [1, 2]})
    with pytest.raises(DataError, match=r"levels=\[...\] does not list"):
        build({"loc": "C(g, levels=['a', 'b'])"}, table(), target="y")
    numeric = build({"loc": "C(w)"}, table(), target="y").recipe
    assert numeric.design({"w": [np.float32(1.5)]}).matrices["loc"].values.tolist() == [[1.0, 0.0]]


def test_a_number_that_became_text_is_an_error():
    recipe = build({"loc": "x"}, table(), target="y").recipe
    with pytest.raises(DataError, match="column `x` is text"):
        recipe.design({"x": ["a", "b"]})
    with pytest.raises(DataError, match="column `y` is text"):
        recipe.design({"x": [1.0, 2.0], "y": ["a", "b"]}, need_target=True)


def test_splines_do_not_extrapolate_unasked():
    recipe = build({"loc": "bs(x, df=4)"}, table(12), target="y").recipe
    with pytest.raises(
        DataError, match=r"row 2 holds 99, outside the range -1 to 4.5 .*extrapolation=\"clip\""
    ):
        recipe.design({"x": [0.0, 99.0]})
    clipped = build({"loc": "bs(x, df=4, extrapolation='clip')"}, table(12), target="y").recipe
    np.testing.assert_allclose(
        clipped.design({"x": [99.0]}).matrices["loc"].values, [[0, 0, 0, 1]], atol=1e-15
    )
    with pytest.raises(DataError, match="outside the range -1 to 1"):
        build({"loc": "bs(x, df=4, lower_bound=-1, upper_bound=1)"}, table(12), target="y")


def test_offsets_and_exposures_of_new_rows():
    data = table()
    recipe = build({"rate": "x"}, data, target="y", offset="w", exposure="days").recipe
    new = recipe.design({k: v[:2] for k, v in data.items()})
    np.testing.assert_array_equal(new.offset["rate"], data["w"][:2])
    np.testing.assert_array_equal(new.exposure, data["days"][:2])
    given = recipe.design({"x": [1.0]}, offset=0.0, exposure=[2.0])
    assert (given.offset["rate"].tolist(), given.exposure.tolist()) == ([0.0], [2.0])
    with pytest.raises(DataError, match="no column `w`"):
        recipe.design({"x": [1.0], "days": [1.0]})
    arrays = build({"rate": "x"}, data, target="y", exposure=data["days"]).recipe
    for loaded in (arrays, Recipe.from_json(arrays.to_json())):
        with pytest.raises(DataError, match=r"had `exposure` as an array.*exposure=1.0"):
            loaded.design(data)
        assert loaded.design(data, exposure=1.0).exposure.tolist() == [1.0] * 6
    trials = build({"logits": "x"}, data, target="y", extra={"total_count": data["days"]}).recipe
    with pytest.raises(DataError, match=r"had `total_count` as an array.*extra="):
        trials.design(data)


def test_weights_and_groups_are_read_again_only_for_an_assessment():
    data = table()
    recipe = build({"loc": "x"}, data, target="y", weights="w", groups="g").recipe
    assert recipe.columns == ("x",)
    assert recipe.design({"x": [1.0]}).weights is None
    scored = recipe.design(data, need_target=True)
    np.testing.assert_array_equal(scored.weights, data["w"])
    assert scored.groups.tolist() == data["g"].tolist()
    with pytest.raises(DataError, match="no column `y`"):
        recipe.design({"x": [1.0], "w": [1.0]}, need_target=True)
    bare = build({"loc": "x"}, data, target=None).recipe
    with pytest.raises(DataError, match="no left side"):
        bare.design(data, need_target=True)


def test_taking_rows_keeps_what_is_shared():
    design = build({"loc": "x + g", "scale": "x + g"}, table(), target="y", weights="w", groups="g")
    part = design.take(np.array([4, 0]))
    assert part.matrices["loc"] is part.matrices["scale"]
    np.testing.assert_array_equal(part.target.values, [5, 1])
    np.testing.assert_array_equal(part.matrices["loc"].values[:, 0], [1.0, -1.0])
    assert part.row_name(0) == "row 5"
    assert part.n == 2
    mask = design.take(design.target.values > 4)
    assert mask.take(np.array([1])).row_name(0) == "row 6"


# --- recipes ----------------------------------------------------------------------------------

_terms = st.sampled_from(
    ["x", "z", "g", "C(k)", "log(x)", "bs(x, df=4)", "cr(z, df=4, constraints='center')",
     "cc(z, df=3)", "poly(z, 2)", "scale(x)", "standardize(log(x))", "x:g", "g:C(k, Sum)",
     "I(z > 1.5)", "`odd name`", "C(g, Treatment('b'))"]
)  # fmt: skip


@given(
    st.lists(_terms, min_size=1, max_size=4),
    st.lists(st.floats(0.1, 1e6, allow_subnormal=False), min_size=8, max_size=12, unique=True),
)
def test_a_recipe_survives_json_to_the_last_bit(terms, numbers):
    n = len(numbers)
    data = {
        "x": np.array(numbers),
        "z": np.log(numbers),
        "odd name": np.sqrt(numbers),
        "g": np.array(list("abbacabcabca")[:n]),
        "k": np.arange(n) % 3,
        "y": np.arange(n) % 2 == 0,
    }
    try:
        design = build({"a": " + ".join(terms), "b": "g"}, data, target="y")
    except LikelierError:
        return  # for example quantiles so close that knots fall together
    text = json.dumps(design.recipe.to_json(), allow_nan=False)
    loaded = Recipe.from_json(json.loads(text))
    assert json.dumps(loaded.to_json()) == text
    new = loaded.design(data, need_target=True)
    for parameter, matrix in design.matrices.items():
        np.testing.assert_array_equal(new.matrices[parameter].values, matrix.values)
        assert new.matrices[parameter].names == matrix.names
        assert new.matrices[parameter].groups == matrix.groups
    np.testing.assert_array_equal(new.target.values, design.target.values)
    single = loaded.design({k: v[2:3] for k, v in data.items()})
    np.testing.assert_allclose(
        single.matrices["a"].values, design.matrices["a"].values[2:3], rtol=1e-13, atol=1e-13
    )


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.data())
def test_a_damaged_recipe_is_refused_or_works(data):
    rows = table()
    saved = build(
        {"a": "bs(x, df=4) + g", "b": "scale(w):g"}, rows, target="log(y)"
    ).recipe.to_json()
    place = saved
    for _ in range(data.draw(st.integers(0, 5))):
        inner = [k for k in (place if isinstance(place, dict) else range(len(place)))
                 if isinstance(place[k], (dict, list)) and place[k]]  # fmt: skip
        if not inner:
            break
        place = place[data.draw(st.sampled_from(inner))]
    key = data.draw(
        st.sampled_from(list(place) if isinstance(place, dict) else [*range(len(place))])
    )
    place[key] = data.draw(_json)
    try:
        design = Recipe.from_json(saved).design(rows, need_target=True)
    except LikelierError:
        return
    assert all(np.isfinite(m.values).all() for m in design.matrices.values())


def side_by_side(x):
    """The columns of a matrix as a table, in ways in which tables come."""
    names = [f"x{j}" for j in range(x.shape[1])]
    return {
        "rows": dict(zip(names, x.T, strict=True)),
        "columns": dict(zip(names, np.asfortranarray(x).T, strict=True)),
        "pandas": pd.DataFrame(x, columns=names),
        "pandas, one by one": pd.DataFrame({name: x[:, j] for j, name in enumerate(names)}),
    }


@pytest.mark.parametrize("how", side_by_side(np.zeros((1, 2))))
def test_large_columns_that_stand_side_by_side_are_not_copied(how):
    x = np.random.default_rng(0).standard_normal((300_000, 4))
    made = side_by_side(x)[how]
    matrix = build({"loc": "x0 + x1 + x2 + x3"}, made, target=None).matrices["loc"]
    assert not matrix.values.flags.owndata
    assert not matrix.values.flags.writeable
    assert np.array_equal(matrix.values, x)


@pytest.mark.parametrize(
    "right", ["x3 + x2 + x1 + x0", "x0 + x2 + x3 + x1", "x0 + x1 + I(2 * x2) + x3", "x0 + x1:x2"]
)
def test_columns_in_another_order_are_put_together(right):
    x = np.random.default_rng(1).standard_normal((300_000, 4))
    matrix = build({"loc": right}, side_by_side(x)["rows"], target=None).matrices["loc"]
    known = dict(zip(("x0", "x1", "x2", "x3"), x.T, strict=True))
    known |= {"I(2 * x2)": 2 * x[:, 2], "x1:x2": x[:, 1] * x[:, 2]}
    for name, values in zip(matrix.names, matrix.values.T, strict=True):
        assert np.array_equal(values, known[name])


def test_lagged_columns_that_overlap_in_memory_are_put_together():
    z = np.random.default_rng(2).standard_normal(300_004)
    lags = {f"x{j}": z[j : j + 300_000] for j in range(4)}
    matrix = build({"loc": "x0 + x1 + x2 + x3"}, lags, target=None).matrices["loc"]
    assert matrix.values.flags.owndata
    assert all(np.array_equal(matrix.values[:, j], lags[f"x{j}"]) for j in range(4))
