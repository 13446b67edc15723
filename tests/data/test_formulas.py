"""Design matrices of formulas, against formulaic, patsy, SciPy and results printed for R."""

import formulaic
import numpy as np
import pandas as pd
import patsy
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from likelier.data import build, split_formula
from likelier.data.formula import parse_formula
from likelier.errors import DataError, FormulaError

N = 48


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(20)
    return pd.DataFrame(
        {
            "x": rng.normal(size=N),
            "z": rng.normal(size=N),
            "my col": rng.random(N) + 1,
            "g": np.tile(list("abc"), N // 3),
            "h": np.repeat(list("uv"), N // 2),
            "k": rng.integers(0, 3, N),
            "b": rng.random(N) > 0.5,
            "y": rng.normal(size=N),
        }
    )


FORMULAS = [
    "1", "x", "x + z - 1", "0 + x", "x + 0 + g", "x - 1", "x*z*g", "(g + h + x)**2",
    "(g + h + k)**3 - g:h", "x^2 + (x + z)^2", "g", "C(g)", "0 + C(g)", "g*h", "0 + g:h",
    "0 + g + h:g", "g/x", "g %in% h", "h + g %in% h", "x:g", "x + x:g", "x:g:h + g", "g:x:h",
    "g:h:k - 1", "0 + x:z:g:h", "0 + h:x + g:h", "g*h*C(k)", "b", "C(b)", "C(k)", "C(x > 0)",
    "C(k, contr.sum)", "C(g, Sum):h", "0 + C(g, Sum) + C(h, Sum)", "C(g, contr.helmert)",
    "C(g, Diff)", "C(g, Poly)", "C(g, contr.SAS)", "C(g, Treatment('b'))",
    "C(g, contr.treatment(base='c'))", "C(g, levels=['c', 'b', 'a'])", "`my col`",
    "log(`my col` ** 2)", "Q('my col')", "x:`my col`", "{x**2}", "I(x**2)", "x + np.log(k + 1)",
    "I(x > 0):g", "center(x) + standardize(x)", "scale(x):g", "scale(log(`my col`))",
    "bs(x, df=5)", "bs(x, df=5)*g", "bs(x, knots=[-1, 0, 1], degree=2)",
    "bs(x, df=5, include_intercept=True)", "0 + bs(x, df=5, include_intercept=True)",
    "bs(x, df=5, include_intercept=True):g", "cr(x, df=4)", "cr(x, df=4, constraints='center')",
    "cc(x, df=4)", "poly(x, 2)", "poly(x, 3):g",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_columns_are_those_of_formulaic(table, text):
    expected = formulaic.model_matrix(text, table)
    matrix = build({"loc": text}, table, target="y").matrices["loc"]
    assert matrix.intercept == ("Intercept" in expected.columns)
    wanted = [name for name in expected.columns if name != "Intercept"]
    assert list(matrix.names) == wanted
    # Scales and polynomials are sums of 48 terms: a few units in the last place.
    np.testing.assert_allclose(
        matrix.values, expected[wanted].to_numpy(float), rtol=1e-12, atol=1e-14
    )
    covered = [j for _, where in matrix.groups for j in range(where.start, where.stop)]
    assert covered == list(range(len(wanted)))


_factors = st.sampled_from(["x", "z", "g", "h", "C(k)", "I(x*z)"])
_sides = st.recursive(
    _factors,
    lambda inner: st.tuples(inner, st.sampled_from("+-*:/"), inner).map(
        lambda t: f"({t[0]} {t[1]} {t[2]})"
    ),
    max_leaves=5,
)


@given(st.tuples(st.sampled_from(["", "0 + "]), _sides))
def test_any_algebra_is_that_of_formulaic(parts):
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"x": rng.normal(size=N), "z": rng.normal(size=N), "y": 1.0})
    table["g"] = np.tile(list("abc"), N // 3)
    table["h"] = np.repeat(list("uv"), N // 2)
    table["k"] = np.tile([0, 1, 2, 2], N // 4)
    text = "".join(parts)
    try:
        expected = formulaic.model_matrix(text, table)
    except TypeError:
        reject()  # formulaic has no answer to (x - x) / z
    if not len(expected.columns):
        with pytest.raises(FormulaError, match="neither an intercept nor a column"):
            build({"loc": text}, table, target="y")
        return

    def by_factors(names, columns):
        return {":".join(sorted(n.split(":"))): c for n, c in zip(names, columns, strict=True)}

    matrix = build({"loc": text}, table, target="y").matrices["loc"]
    ours = by_factors(matrix.names, matrix.values.T)
    theirs = by_factors(expected.columns, expected.to_numpy(float).T)
    assert ("Intercept" in theirs) == matrix.intercept
    theirs.pop("Intercept", None)
    assert list(ours) == list(theirs)
    for name, column in ours.items():
        # Products of three factors may be taken in another order.
        np.testing.assert_allclose(column, theirs[name], rtol=1e-15)


@pytest.mark.parametrize("text", ["g*h", "g*h*x", "0 + g:h + x:g", "g/h", "(g + h + C(k))**2"])
def test_span_is_that_of_patsy(table, text):
    def projection(columns):
        u, s, _ = np.linalg.svd(columns, full_matrices=False)
        u = u[:, s > 1e-10 * s[0]]
        return u @ u.T

    matrix = build({"loc": text}, table, target="y").matrices["loc"]
    ours = np.column_stack([np.ones((N, int(matrix.intercept))), matrix.values])
    theirs = np.asarray(patsy.dmatrix(text, table))
    assert ours.shape == theirs.shape
    # Projections of well-conditioned bases agree to rounding.
    np.testing.assert_allclose(projection(ours), projection(theirs), atol=1e-12)


def test_warpbreaks_has_the_coefficients_printed_for_r():
    # R, datasets::warpbreaks: lm(breaks ~ wool * tension), coefficients as printed by summary().
    breaks = [
        [26, 30, 54, 25, 70, 52, 51, 26, 67], [18, 21, 29, 17, 12, 18, 35, 30, 36],
        [36, 21, 24, 18, 10, 43, 28, 15, 26], [27, 14, 29, 19, 29, 31, 41, 20, 44],
        [42, 26, 19, 16, 39, 28, 21, 39, 29], [20, 21, 24, 17, 13, 15, 15, 16, 28],
    ]  # fmt: skip
    tension = pd.Categorical(np.tile(np.repeat(["L", "M", "H"], 9), 2), ["L", "M", "H"])
    table = pd.DataFrame(
        {"breaks": np.ravel(breaks), "wool": np.repeat(["A", "B"], 27), "tension": tension}
    )
    design = build({"loc": "wool * tension"}, table, target="breaks")
    matrix = design.matrices["loc"]
    assert matrix.coefficient_names == (
        "intercept", "wool[T.B]", "tension[T.M]", "tension[T.H]",
        "wool[T.B]:tension[T.M]", "wool[T.B]:tension[T.H]",
    )  # fmt: skip
    full = np.column_stack([np.ones(54), matrix.values])
    solution = np.linalg.lstsq(full, design.target.values)[0]
    printed = [44.556, -16.333, -20.556, -20.000, 21.111, 10.556]
    np.testing.assert_allclose(solution, printed, atol=5e-4)  # printed to three digits
    assert matrix.groups == (
        ("wool", slice(0, 1)), ("tension", slice(1, 3)), ("wool:tension", slice(3, 5)),
    )  # fmt: skip


def test_bs_is_the_b_spline_basis_of_scipy(table):
    x = table["x"].to_numpy()
    values = build({"loc": "bs(x, df=6)"}, table, target="y").matrices["loc"].values
    inner = np.quantile(x, [0.25, 0.5, 0.75])
    knots = np.r_[[x.min()] * 4, inner, [x.max()] * 4]
    expected = BSpline.design_matrix(x, knots, 3).toarray()[:, 1:]
    np.testing.assert_allclose(values, expected, atol=1e-14)


def test_poly_is_orthonormal_and_raw_poly_is_powers(table):
    x = table["x"].to_numpy()
    values = build({"loc": "poly(x, 4)"}, table, target="y").matrices["loc"].values
    np.testing.assert_allclose(values.T @ values, np.eye(4), atol=1e-13)
    np.testing.assert_allclose(values.sum(axis=0), 0, atol=1e-13)
    raw = build({"loc": "poly(x, 3, raw=True)"}, table, target="y").matrices["loc"]
    assert raw.names == tuple(f"poly(x, 3, raw=True)[{k}]" for k in (1, 2, 3))
    np.testing.assert_allclose(raw.values, np.column_stack([x, x**2, x**3]), rtol=1e-15)


def test_equal_right_hand_sides_share_one_matrix(table):
    design = build({"loc": "x + g", "scale": "g + x", "df": "1"}, table, target="y")
    assert design.matrices["loc"] is not design.matrices["scale"]  # another order of columns
    design = build({"loc": "x + g", "scale": "g+x - g + g"}, table, target="y")
    assert design.matrices["loc"] is design.matrices["scale"]
    design = build({"loc": "x + g", "scale": " 1 +x+ C(g)", "df": "x+g"}, table, target="y")
    assert design.matrices["loc"] is design.matrices["df"]
    assert build({"loc": "1"}, table, target="y").matrices["loc"].values.shape == (N, 0)


def test_dot_means_the_other_columns(table):
    design = build({"loc": "."}, table, target="y", weights="my col")
    assert design.matrices["loc"].names == ("x", "z", "g[T.b]", "g[T.c]", "h[T.v]", "k", "b")
    again = design.recipe.design(table.assign(more=1.0))
    assert again.matrices["loc"].names == design.matrices["loc"].names


def test_unused_levels_of_a_category_leave_no_column(table):
    g = pd.Categorical(table["g"], ["c", "unused", "b", "a"])
    matrix = build({"loc": "g"}, table.assign(g=g), target="y").matrices["loc"]
    assert matrix.names == ("g[T.b]", "g[T.a]")


def test_text_can_be_compared(table):
    values = build({"loc": "I(g == 'b')"}, table, target="y").matrices["loc"].values
    np.testing.assert_array_equal(values[:, 0], table["g"] == "b")
    both = build({"loc": "I((x > 0) & ~(g != 'a'))"}, table, target="y").matrices["loc"].values
    np.testing.assert_array_equal(both[:, 0], (table["x"] > 0) & (table["g"] == "a"))


def test_signs_powers_and_texts_in_expressions(table):
    def column(text):
        return build({"loc": text}, table, target="y").matrices["loc"].values[:, 0]

    x = table["x"].to_numpy()
    np.testing.assert_array_equal(column("I(-x)"), -x)
    np.testing.assert_array_equal(column("I(+(x > 0))"), x > 0)
    np.testing.assert_array_equal(column("+x**1"), x)
    np.testing.assert_array_equal(column("I(1 < x + 2 <= 2.5)"), (x + 2 > 1) & (x + 2 <= 2.5))
    np.testing.assert_array_equal(column("I(x % 2 // 1)"), x % 2 // 1)
    np.testing.assert_array_equal(column("maximum(x, 0)"), np.maximum(x, 0))
    np.testing.assert_array_equal(column("C(Q('h'))"), table["h"] == "v")
    with pytest.raises(DataError, match=r"`C\(log\(x\)\)` is nan in row"):
        column("C(log(x))")


def test_one_level_makes_no_column(table):
    for text in ("one", "C(one, Sum)"):
        matrix = build({"loc": text}, table.assign(one="a"), target="y").matrices["loc"]
        assert (matrix.names, matrix.n_columns) == ((), 1)


def test_splitting():
    assert split_formula("y ~ x") == ("y", "x")
    assert split_formula(" ~ x ") == (None, "x")
    assert split_formula("x + z") == (None, "x + z")
    assert split_formula("log(`a~b`) ~ x") == ("log(`a~b`)", "x")
    assert split_formula("`a(` ~ I(g == ')~')") == ("`a(`", "I(g == ')~')")
    assert split_formula("y ~ I(~(x > 1))") == ("y", "I(~(x > 1))")
    with pytest.raises(FormulaError, match="2 tildes"):
        split_formula("y ~ x ~ z")
    with pytest.raises(FormulaError, match="nothing right of its tilde"):
        split_formula("y ~ ")
    with pytest.raises(FormulaError, match="is a text"):
        split_formula(3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x + 2", "2 stands alone"),
        ("2*x", r"write I\(2 \* x\)"),
        ("x > 1", r"Write I\(...\)"),
        ("x ~ z", "its own formula"),
        ("x | z", "its own formula"),
        ("x +", "lacks a term on one of its sides"),
        ("(x", "context"),
        ("x**z", "positive whole number"),
        ("0", "neither an intercept nor a column"),
        ("I(x and z)", "write & and |"),
        ("offset(x)", r"offset=\.\.\."),
        ("factor(g)", r"Write C\(...\)"),
        ("lgo(x)", "Did you mean `log`"),
        ("log(x, z)", "log takes 1 argument"),
        ("minimum(x)", "minimum takes 2 arguments"),
        ("bs(x, dof=5)", "no argument dof. Did you mean `df`"),
        ("bs(x, 5, df=5)", "df twice"),
        ("bs(x, df=2)", "greater than 3"),
        ("bs(x, df=10000)", "df is a whole number from 1 to 1,000"),
        ("bs(x, df=2.5)", "df is a whole number"),
        ("poly(x, 0)", "degree is a whole number"),
        ("cr(x)", "Must specify"),
        ("cr(x, df=4, constraints='no')", "constraints is"),
        ("log(poly(x, 2))", "cannot stand inside"),
        ("I(C(g))", "cannot stand inside"),
        ("C(g, contr.foo)", "There are treatment, sas"),
        ("C(g, Treatment('q'))", "there is no level 'q'"),
        ("C(g, levels=['a', 'a'])", "each level stands once"),
        ("I(3)", "no column in it"),
        ("Q(x)", "in quotes"),
        ("I(x + 'a')", "'a' cannot stand here"),
        ("I(not x)", r"write ~\(...\) for `not`"),
        ("I(x in z)", "compare with =="),
        ("I(log(g) == 'a')", "only a column can be compared with a text"),
        ("scale()", "scale needs a column"),
        ("center(x, 1)", "center takes at most 1 argument"),
        ("C()", "C takes a column"),
        ("C(scale(x))", "not a function that learns"),
        ("C(g, base='a')", "C does not take base"),
        ("C(3)", "no column in it"),
        ("C(k, contr.poly(scores=[1]))", r"C\(k, contr.poly"),
        ("2", "2 stands alone"),
        ("(x + z)**0", "cannot read|positive whole number"),
        (f"bs(x, knots={list(range(1001))})", "more than 1,000 knots"),
        (":".join(f"C(I(x > {k}))" for k in range(11)), "crosses more than 10 factors"),
        (7, "a formula is a text"),
    ],
)
def test_a_wrong_formula_says_what_is_wrong(table, text, message):
    with pytest.raises(FormulaError, match=message):
        build({"loc": text}, table, target="y")


def test_a_misspelt_column_is_answered_with_the_nearest(table):
    with pytest.raises(DataError, match=r"no column `my_col`\. Did you mean `my col`?"):
        build({"loc": "my_col"}, table, target="y")
    with pytest.raises(DataError, match=r"no column `qqq`\. The columns are `x`, `z`"):
        build({"loc": "x"}, table, target="qqq")


def test_results_that_are_not_finite_name_row_and_cell(table):
    table = table.assign(x=np.r_[1.0, -2.0, np.ones(N - 2)])
    with pytest.raises(DataError, match=r"`log\(x\)` is nan in row 2, where x = -2 \(1 such\)"):
        build({"loc": "log(x)"}, table, target="y")
    with pytest.raises(DataError, match="The column is constant"):
        build({"loc": "scale(x)"}, table.assign(x=1.0), target="y")
    with pytest.raises(DataError, match="`x:z` overflows in row 1"):
        build({"loc": "x:z"}, table.assign(x=1e300, z=1e300), target="y")


def test_a_thousand_terms_are_no_trouble():
    names = [f"x{j}" for j in range(1000)]
    assert len(parse_formula("+".join(names)).terms) == 1000
    assert len(parse_formula("-1+" + "+".join(names)).terms) == 1000
