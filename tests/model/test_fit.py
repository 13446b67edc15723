"""`fit`: every way in gives the same fit, and every mistake its own answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import likelier as lk


@pytest.fixture(scope="module")
def table() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    n = 300
    x, z = rng.standard_normal((2, n))
    g = np.array(["a", "b", "c"])[rng.integers(0, 3, n)]
    rate = np.exp(0.5 + 0.4 * x + 0.3 * (g == "b"))
    return {"x": x, "z": z, "g": g, "y": rng.poisson(rate), "days": rng.uniform(1, 9, n)}


def estimates(fit: lk.Fit) -> np.ndarray:
    return fit.params.estimate.to_numpy()


def test_tables_of_every_kind_give_the_same_fit(table, tmp_path) -> None:
    frame = pd.DataFrame(table)
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    expected = lk.fit("y ~ x + C(g)", table, "poisson")
    for data in (
        frame,
        pl.DataFrame(table),
        pa.table(frame),
        tmp_path / "t.csv",
        str(tmp_path / "t.parquet"),
    ):
        found = lk.fit("y ~ x + C(g)", data, "poisson")
        np.testing.assert_allclose(estimates(found), estimates(expected), rtol=1e-12)
        assert found.params.term.tolist() == expected.params.term.tolist()


def test_arrays_are_the_formula_of_their_columns(table) -> None:
    matrix = np.column_stack([table["x"], table["z"]])
    by_array = lk.fit(table["y"], matrix, "poisson", names=["x", "z"])
    by_formula = lk.fit("y ~ x + z", table, "poisson")
    np.testing.assert_allclose(estimates(by_array), estimates(by_formula), rtol=1e-12)
    assert by_array.params.term.tolist() == ["intercept", "x", "z"]
    np.testing.assert_allclose(
        by_array.predict(matrix[:3]).mean, by_formula.predict(table).mean[:3], rtol=1e-12
    )


@pytest.mark.parametrize("intercept", [True, False])
def test_every_parameter_takes_the_columns_where_that_is_asked_for(table, intercept) -> None:
    columns = "x + z" if intercept else "0 + x + z"
    own = lk.fit(
        {"mean": f"y ~ {columns}", "dispersion": f"~ {columns}"}, table, "negative_binomial"
    )
    everything = lk.Linear(parameters="all")
    one = lk.fit(f"y ~ {columns}", table, "negative_binomial", predictor=everything)
    matrix = np.column_stack([table["x"], table["z"]])
    by_array = lk.fit(
        table["y"], matrix, "negative_binomial",
        predictor=everything, names=["x", "z"], intercept=intercept,
    )  # fmt: skip
    for found in (one, by_array):
        pd.testing.assert_frame_equal(found.params, own.params, rtol=1e-9)
    np.testing.assert_allclose(
        by_array.predict(matrix[:3]).variance, own.predict(table).variance[:3], rtol=1e-9
    )


def test_linear_by_default_gives_the_columns_to_the_main_parameter(table) -> None:
    plain = lk.fit("y ~ x", table, "negative_binomial")
    said = lk.fit("y ~ x", table, "negative_binomial", predictor=lk.Linear())
    assert said.params.equals(plain.params)


def test_cutpoints_take_no_columns_beside_their_location(table) -> None:
    steps = np.digitize(table["x"] + table["z"], [-1, 1])
    fit = lk.fit(steps, table["z"], "ordinal", predictor=lk.Linear(parameters="all"))
    assert fit.params.term.tolist() == ["x1", "intercept", "intercept"]
    assert not [d for d in fit.diagnoses if d.kind == "collinearity"]


def test_a_contest_uses_the_predictor(table) -> None:
    fit = lk.fit("y ~ z", table, predictor=lk.Linear(parameters="all"))
    names = [c.fit.params.parameter.tolist() for c in fit.contest.contestants]
    assert ["mean", "mean", "dispersion", "dispersion"] in names


def test_each_parameter_has_its_own_formula_and_link(table) -> None:
    fit = lk.fit(
        {"mean": "y ~ x", "dispersion": "~ z"},
        table,
        "negative_binomial",
        links={"dispersion": "softplus"},
    )
    assert fit.links == {"mean": "log", "dispersion": "softplus"}
    assert fit.params.parameter.tolist() == ["mean", "mean", "dispersion", "dispersion"]
    assert fit.params.term.tolist() == ["intercept", "x", "intercept", "z"]


def test_exposure_is_an_offset_of_its_logarithm(table) -> None:
    table = {**table, "log_days": np.log(table["days"])}
    by_exposure = lk.fit("y ~ x", table, "poisson", exposure="days")
    by_offset = lk.fit("y ~ x", table, "poisson", offset="log_days")
    np.testing.assert_allclose(estimates(by_exposure), estimates(by_offset), rtol=1e-12)
    doubled = {**table, "days": 2 * table["days"]}
    np.testing.assert_allclose(
        by_exposure.predict(doubled).mean, 2 * by_exposure.predict(table).mean, rtol=1e-12
    )


def test_exposure_needs_a_log_link(table) -> None:
    with pytest.raises(lk.DataError, match="log link"):
        lk.fit("y ~ x", table, "normal", exposure="days")


def test_predictions_follow_columns_by_name(table) -> None:
    fit = lk.fit("y ~ x + C(g)", table, "poisson")
    turned = pd.DataFrame(table)[["g", "days", "x"]].iloc[::-1]
    np.testing.assert_allclose(fit.predict(turned).mean[::-1], fit.predict().mean, rtol=1e-12)
    with pytest.raises(lk.DataError, match="'d'"):
        fit.predict({"x": [0.0], "g": ["d"]})


def test_dropped_rows_are_counted(table) -> None:
    holed = pd.DataFrame(table)
    holed.loc[[3, 7], "x"] = np.nan
    with pytest.raises(lk.DataError, match="row 4"):
        lk.fit("y ~ x", holed, "poisson")
    fit = lk.fit("y ~ x", holed, "poisson", missing="drop")
    assert fit.n_observations == 298
    assert fit.facts.n_dropped == 2
    assert "2 dropped" in str(fit.summary())


@pytest.mark.parametrize(
    ("family", "values", "words"),
    [
        ("poisson", [0, 1, -3, 2], ["row 3", "−3", "counts"]),
        ("poisson", [0, 1, 2.5, 2], ["row 3", "2.5"]),
        ("beta", [0.1, 0.2, 1.0, 0.3], ["row 3", "strictly between 0 and 1"]),
        ("gamma", [1.0, 0.0, 2.0, 1.5], ["row 2", "above 0"]),
        ("bernoulli", [0, 1, 2, 1], ["row 3", "0 or 1"]),
        ("categorical", [0.5, 1.0, 2.0, 1.0], ["row 1", "0.5", "labels"]),
    ],
)
def test_values_outside_the_support_name_row_value_and_way_out(family, values, words) -> None:
    with pytest.raises(lk.SupportError) as error:
        lk.fit("visits ~ x", {"visits": values, "x": [1.0, 2.0, 4.0, 3.0]}, family)
    for word in ["`visits`", family, *words]:
        assert word in str(error.value)


def test_text_labels_are_refused_by_a_family_of_numbers() -> None:
    table = {"y": ["a", "b", "a", "b"], "x": [1.0, 2.0, 4.0, 3.0]}
    with pytest.raises(lk.SupportError, match="labels"):
        lk.fit("y ~ x", table, "poisson")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"distribution": "poison"}, "Did you mean `poisson`"),
        ({"distribution": lk.Normal(0.0, 1.0)}, "family"),
        ({"links": {"rates": "log"}}, "predicts rate"),
        ({"links": {"rate": "lgo"}}, "Did you mean `log`"),
        ({"weight_type": "frequencies"}, "Did you mean `frequency`"),
        ({"missing": "skip"}, "'raise' or 'drop'"),
        ({"weights": "weihgts"}, "weihgts"),
        ({"predictor": lk.Linear}, r"lk\.Linear\(\); given: <class"),
    ],
)
def test_misspelt_options_get_the_nearest_right_name(table, arguments, words) -> None:
    options = {"distribution": "poisson", **arguments}
    with pytest.raises(lk.LikelierError, match=words):
        lk.fit("y ~ x", table, **options)


def test_linear_is_main_or_all() -> None:
    with pytest.raises(lk.LikelierError, match="Did you mean `main`"):
        lk.Linear(parameters="mian")


def test_formulas_name_the_target_once(table) -> None:
    with pytest.raises(lk.FormulaError, match="names no target"):
        lk.fit("~ x", table, "poisson")
    with pytest.raises(lk.FormulaError, match="several targets"):
        lk.fit({"mean": "y ~ x", "dispersion": "z ~ x"}, table, "negative_binomial")
    with pytest.raises(lk.FormulaError, match="no parameter 'dispersal'"):
        lk.fit({"mean": "y ~ x", "dispersal": "~ z"}, table, "negative_binomial")


def test_auto_chooses_by_held_out_likelihood_and_shows_the_contest(table) -> None:
    rng = np.random.default_rng(1)
    over = {**table, "y": rng.poisson(2 * rng.gamma(0.8, 1 / 0.8, len(table["y"])))}
    fit = lk.fit("y ~ x", over)
    assert fit.distribution is lk.NegativeBinomial
    assert {c.name for c in fit.contest.contestants} >= {"poisson", "negative_binomial"}
    assert "negative_binomial" in repr(fit.contest)
    assert lk.fit("y ~ x", table).distribution is lk.Poisson
    labels = {**table, "y": np.where(table["x"] + table["z"] > 0, "yes", "no")}
    labels["y"][:40] = labels["y"][:40][::-1]
    assert lk.fit("y ~ x", labels).distribution is lk.Bernoulli


def test_compare_is_paired_and_prefers_the_simpler_within_the_noise(table) -> None:
    contest = lk.compare("y ~ x", table, ["poisson", "negative_binomial"])
    assert contest.best.distribution is lk.Poisson
    lines = contest.table
    other = lines[lines.distribution == "negative_binomial"].iloc[0]
    assert other.standard_error >= 0
    assert set(lines.columns) >= {"held_out_nll", "difference", "aic", "bic", "standing"}
    again = lk.compare("y ~ x", table, ["poisson", "negative_binomial"])
    pd.testing.assert_frame_equal(contest.table, again.table)


def test_compare_warns_of_masses_beside_densities_and_ranks_like_with_like(table) -> None:
    with pytest.warns(UserWarning, match="normal: its likelihood is a density"):
        contest = lk.compare("y ~ x", table, ["poisson", "normal", "negative_binomial"])
    assert contest.contestants[-1].name == "normal"
    assert contest.standing(contest.contestants[-1]).startswith("not comparable")
    assert contest.winner.name != "normal"
    assert "normal" not in contest.verdict


def test_compare_reports_a_candidate_that_cannot_take_the_target() -> None:
    rng = np.random.default_rng(2)
    table = {"y": rng.standard_normal(60), "x": rng.standard_normal(60)}
    contest = lk.compare("y ~ x", table, ["normal", "gamma"])
    assert contest.best.distribution is lk.Normal
    assert "cannot use column `y`" in contest.table.standing.iloc[-1]


def test_groups_stay_in_one_fold() -> None:
    rng = np.random.default_rng(3)
    table = {"y": rng.standard_normal(40), "g": np.repeat(np.arange(8), 5)}
    with pytest.raises(lk.LikelierError, match="as many groups"):
        lk.compare("y ~ 1", table, ["normal", "laplace"], folds=9, groups="g")
    lk.compare("y ~ 1", table, ["normal", "laplace"], folds=4, groups="g")


@pytest.mark.parametrize("dtype", [bool, "int8", "uint8", "float16", "float32", object])
def test_number_types_are_as_float64(table, dtype) -> None:
    values = np.abs(np.round(table["x"])).astype(dtype)
    same = np.abs(np.round(table["x"]))
    same = same.astype(bool).astype(float) if dtype is bool else same
    found = lk.fit("y ~ v", {"y": table["y"], "v": values}, "poisson")
    expected = lk.fit("y ~ v", {"y": table["y"], "v": same}, "poisson")
    np.testing.assert_allclose(estimates(found)[:1], estimates(expected)[:1], rtol=1e-9)


def test_residuals_are_standard_normal_for_the_true_family() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal(4000)
    fit = lk.fit("y ~ x", {"x": x, "y": rng.poisson(np.exp(0.3 + 0.5 * x))}, "poisson")
    found = fit.residuals("quantile", seed=1)
    # Standard errors of mean and variance at n = 4,000 are 0.016 and 0.022.
    assert abs(found.mean()) < 0.06
    assert abs(found.var() - 1) < 0.09
    np.testing.assert_array_equal(found, fit.residuals("quantile", seed=1))
    np.testing.assert_allclose(np.mean(fit.residuals("response")), 0, atol=1e-9)


def test_a_heteroscedastic_normal_recovers_its_scale() -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, 5000)
    y = 2 + x + np.exp(-1 + 0.8 * x) * rng.standard_normal(5000)
    fit = lk.fit({"loc": "y ~ x", "scale": "~ x"}, {"x": x, "y": y}, "normal")
    errors = fit.standard_errors.standard_error.to_numpy()
    assert np.all(np.abs(estimates(fit) - [2, 1, -1, 0.8]) < 4 * errors)


def test_float32_and_column_major_matrices_are_taken_as_they_are() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((30_000, 40)).astype(np.float32)
    y = rng.poisson(np.exp(0.1 * x[:, 0])).astype(float)
    single = lk.fit(y, x, "poisson")
    double = lk.fit(y, np.asfortranarray(x.astype(np.float64)), "poisson")
    np.testing.assert_allclose(estimates(single), estimates(double), atol=1e-9)


def test_columns_far_from_zero_or_badly_scaled_give_the_same_predictions() -> None:
    rng = np.random.default_rng(7)
    x = rng.standard_normal((400, 3))
    y = rng.poisson(np.exp(0.3 + x @ [0.3, -0.2, 0.1])).astype(float)
    plain = lk.fit(y, x, "poisson").predict().mean
    moved = lk.fit(y, x * [1e12, 1e-12, 1.0] + [0, 0, 1e6], "poisson").predict().mean
    np.testing.assert_allclose(moved, plain, rtol=1e-8)


def test_input_is_left_untouched() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.standard_normal((50, 2)), rng.poisson(2.0, 50).astype(float)
    copies = x.copy(), y.copy()
    x.setflags(write=False)
    y.setflags(write=False)
    lk.fit(y, x, "poisson")
    np.testing.assert_array_equal(x, copies[0])
    np.testing.assert_array_equal(y, copies[1])


@pytest.mark.parametrize("order", ["C", "F"])
def test_data_that_were_overwritten_since_are_not_taken_for_those_of_the_fit(order: str) -> None:
    rng = np.random.default_rng(0)
    x = np.array(rng.standard_normal((260_000, 4)), order=order)
    y = rng.poisson(np.exp(0.3 * x[:, 0])).astype(float)
    fit, twin = lk.fit(y, x, "poisson"), lk.fit(y, x, "poisson")
    before = twin.standard_errors.standard_error.to_numpy()
    held = x.copy()
    x[:] = 0.5 * held[::-1]
    with pytest.raises(lk.LikelierError, match="changed since"):
        fit.standard_errors  # noqa: B018
    np.testing.assert_array_equal(twin.standard_errors.standard_error, before)
    x[:] = held
    np.testing.assert_allclose(fit.standard_errors.standard_error, before, rtol=1e-12)


@pytest.mark.parametrize("formula", [True, False])
def test_a_fit_of_a_small_table_does_not_see_what_becomes_of_it(formula: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 2))
    y = rng.poisson(np.exp(0.3 * x[:, 0]) * rng.gamma(2.0, 0.5, 500)).astype(float)
    table = {"y": y, "a": x[:, 0], "b": x[:, 1]}
    given = ("y ~ a + b", table) if formula else (y, x)
    fit, twin = (lk.fit(*given, "negative_binomial") for _ in range(2))
    before = twin.standard_errors.standard_error.to_numpy(), twin.residuals()
    y[:] = y[::-1].copy() + 1
    x[:] = 0.5 * x[::-1].copy()
    np.testing.assert_array_equal(fit.standard_errors.standard_error, before[0])
    np.testing.assert_array_equal(fit.residuals(), before[1])


@pytest.mark.parametrize("family", ["negative_binomial", "negative_binomial(kind=nb1)", "normal"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_search_that_begins_at_a_simpler_fit_ends_where_any_other_does(
    table, family: str, weighted: bool
) -> None:
    roles = {"exposure": "days"} if family != "normal" else {"offset": "z"}
    if weighted:
        roles["weights"] = np.arange(300) % 4
    nearest = lk.fit("y ~ x + C(g)", table, family, **roles)
    rough = lk.fit("y ~ x + C(g)", table, family, solver=lk.Newton(), **roles)
    assert nearest.facts.passes < rough.facts.passes
    assert nearest.log_likelihood == pytest.approx(rough.log_likelihood, abs=1e-9)
    errors = rough.standard_errors.standard_error.to_numpy()
    np.testing.assert_allclose((estimates(nearest) - estimates(rough)) / errors, 0, atol=1e-6)
    np.testing.assert_allclose(nearest.standard_errors.standard_error, errors, rtol=1e-6)


def test_columns_of_a_frame_are_its_own_whatever_they_are_called(table) -> None:
    expected = estimates(lk.fit("y ~ x + z", table, "poisson"))
    numbered = pd.DataFrame({0: table["x"], 1: table["z"], "y": table["y"]})
    np.testing.assert_array_equal(estimates(lk.fit("y ~ `0` + `1`", numbered, "poisson")), expected)
    paired = pd.DataFrame({("x", 1): table["x"], ("z", 1): table["z"], ("y", 1): table["y"]})
    found = lk.fit("y_1 ~ x_1 + z_1", paired, "poisson")
    np.testing.assert_array_equal(estimates(found), expected)
