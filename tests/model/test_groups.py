"""Many small fits in one call: each is the fit of its own rows, and none stops the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_families import scalar_families, true_value

import likelier as lk
from likelier.distributions import Linked, from_text

SIZES = {"a": 150, "b": 240, "c": 210, "d": 60}


def rows_of(table: dict[str, Any], key: Any, by: str = "g") -> dict[str, Any]:
    own = np.asarray(table[by]) == key
    return {name: np.asarray(values)[own] for name, values in table.items()}


def assert_like_single_fits(
    groups: lk.GroupFits, formula: Any, table: dict[str, Any], family: Any, **options: Any
) -> None:
    """Every group's numbers beside those of `fit`."""
    for key in groups.fits:
        one = lk.fit(formula, rows_of(table, key), family, **options)
        row = groups.table[groups.table.g == key].iloc[0]
        own = groups.params[groups.params.g == key]
        assert own[["parameter", "term"]].values.tolist() == (
            one.params[["parameter", "term"]].values.tolist()
        )
        assert row.converged == one.converged
        assert row.n_rows == one.facts.n_rows
        np.testing.assert_allclose(row.log_likelihood, one.log_likelihood, rtol=1e-9)
        np.testing.assert_allclose(own.estimate, one.coefficients, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(
            own.standard_error, one.standard_errors.standard_error, rtol=1e-6
        )


@pytest.mark.parametrize("text", scalar_families())
def test_each_group_is_the_fit_of_its_rows(text: str) -> None:
    family = from_text(text)
    rng = np.random.default_rng(3)
    g = rng.permutation(np.repeat(list(SIZES), list(SIZES.values())))
    n = len(g)
    x, z = rng.uniform(-1, 1, (2, n))
    linked = Linked(family)
    values = {name: true_value(family, name) for name in family.parameter_names}
    eta = np.repeat(linked.predictors(values)[:, None], n, axis=1)
    eta[0] += 0.4 * x + 0.3 * (g == "b")
    known = {name: np.full(n, 10.0) for name in family.names("data")}
    held = {name: family.parameters_declared[name].default for name in family.names("fixed")}
    y = linked.build(eta, {**known, **{k: np.full(n, v) for k, v in held.items()}}).sample(seed=2)
    formula = {family.parameter_names[0]: "y ~ x"}
    if len(family.parameter_names) > 1:
        formula[family.parameter_names[-1]] = "~ z"
    table = {"g": g, "y": y, "x": x, "z": z, **known}
    groups = lk.fit_groups(formula, table, "g", family)
    assert_like_single_fits(groups, formula, table, family)


@pytest.fixture(scope="module")
def clicks() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    n = 900
    x = 1e4 + 50 * rng.standard_normal(n)
    kind = rng.choice(["p", "q", "r"], n)
    logit = 0.02 * (x - 1e4) + (kind == "q") - 0.4
    return {
        "g": rng.integers(0, 4, n),
        "h": rng.choice(["m", "n"], n),
        "x": x,
        "kind": kind,
        "y": (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float),
        "w": rng.integers(0, 3, n).astype(float),
        "o": 0.3 * rng.standard_normal(n),
        "label": rng.choice(["u", "v", "w"], n),
    }


@pytest.mark.parametrize("weight_type", ["frequency", "precision"])
def test_factors_weights_and_offsets(clicks: dict[str, Any], weight_type: str) -> None:
    options = {"weights": "w", "weight_type": weight_type, "offset": "o"}
    groups = lk.fit_groups("y ~ x + C(kind)", clicks, "g", "bernoulli", **options)
    assert_like_single_fits(groups, "y ~ x + C(kind)", clicks, "bernoulli", **options)
    arrays = {**options, "weights": clicks["w"], "offset": clicks["o"]}
    again = lk.fit_groups("y ~ x + C(kind)", clicks, "g", "bernoulli", **arrays)
    np.testing.assert_array_equal(again.params.estimate, groups.params.estimate)


@pytest.mark.parametrize(
    ("formula", "family", "options"),
    [
        ("label ~ x", "categorical", {}),
        ("y ~ bs(x, df=4)", "bernoulli", {}),
        ("x ~ C(kind)", "laplace", {}),
        ("y ~ x", "bernoulli", {"objective": lk.NLL() + 0.1 * lk.L2()}),
        ("y ~ 0 + C(kind)", "bernoulli", {"links": {"logits": "probit"}}),
    ],
)
def test_what_asks_for_other_searches(
    clicks: dict[str, Any], formula: str, family: str, options: dict[str, Any]
) -> None:
    groups = lk.fit_groups(formula, clicks, "g", family, **options)
    assert_like_single_fits(groups, formula, clicks, family, **options)


def test_a_group_in_trouble_has_its_diagnosis_and_the_others_their_fit(
    clicks: dict[str, Any],
) -> None:
    table = {name: values.copy() for name, values in clicks.items()}
    separated, lacking, collinear, odd = (table["g"] == k for k in range(4))
    table["y"][separated] = table["x"][separated] > 1e4
    table["kind"][lacking] = np.where(table["kind"][lacking] == "p", "q", table["kind"][lacking])
    table["o"][collinear] = 2 * table["x"][collinear]
    table["y"][odd] = np.where(np.cumsum(odd)[odd] == 7, 0.5, table["y"][odd])
    groups = lk.fit_groups("y ~ x + o + C(kind)", table, "g", "bernoulli")
    assert groups.table.diagnoses.tolist() == ["separation", "", "collinearity", ""]
    assert groups.table.converged.tolist() == [False, True, False, False]
    place = int(np.flatnonzero(odd)[6]) + 1
    assert f"row {place:,} holds 0.5" in groups.table.error[3]
    with pytest.raises(lk.SupportError, match=r"holds 0\.5"):
        groups.fits[3]
    # A group without a level has no coefficient for it, as in a fit of its own.
    assert groups.params[groups.params.g == 1].term.tolist() == [
        "intercept",
        "x",
        "o",
        "C(kind)[T.r]",
    ]
    np.testing.assert_allclose(
        groups.params[groups.params.g == 1].estimate,
        lk.fit("y ~ x + o + C(kind)", rows_of(table, 1), "bernoulli").coefficients,
        rtol=1e-8,
    )
    assert repr(groups) == "4 fits by g: 1 converged, 2 with a diagnosis, 1 with an error"


def test_missing_cells_belong_to_their_group(clicks: dict[str, Any]) -> None:
    table = {**clicks, "x": np.where(np.arange(900) == 10, np.nan, clicks["x"])}
    hit = clicks["g"][10]
    groups = lk.fit_groups("y ~ x", table, "g", "bernoulli")
    assert (groups.table.error != "").tolist() == [key == hit for key in range(4)]
    assert "row 11 has no value" in groups.table.error[hit]
    dropped = lk.fit_groups("y ~ x", table, "g", "bernoulli", missing="drop")
    assert_like_single_fits(dropped, "y ~ x", table, "bernoulli", missing="drop")


def test_several_keys_and_bad_ones(clicks: dict[str, Any]) -> None:
    groups = lk.fit_groups("y ~ x", clicks, ["h", "g"], "bernoulli")
    assert list(groups.fits)[:2] == [("m", 0), ("m", 1)]
    own = (clicks["h"] == "n") & (clicks["g"] == 2)
    one = lk.fit("y ~ x", {k: v[own] for k, v in clicks.items()}, "bernoulli")
    found = groups.params[(groups.params.h == "n") & (groups.params.g == 2)]
    np.testing.assert_allclose(found.estimate, one.coefficients, rtol=1e-8)
    with pytest.raises(lk.LikelierError, match=r"no group \('o', 2\)"):
        groups.fits["o", 2]
    with pytest.raises(lk.DataError, match=r"no column `gg`.*`g`"):
        lk.fit_groups("y ~ x", clicks, "gg", "bernoulli")
    with pytest.raises(lk.DataError, match="row 1 has no value, so it is in no group"):
        lk.fit_groups("y ~ x", {**clicks, "g": np.full(900, np.nan)}, "g", "bernoulli")
    with pytest.raises(lk.DataError, match="no column `xx`"):
        lk.fit_groups("y ~ xx", clicks, "g", "bernoulli")
    with pytest.raises(lk.FormulaError, match="a formula and a table"):
        lk.fit_groups(clicks["y"], clicks["x"], "g", "bernoulli")


def test_stacks_in_threads_give_the_same_digits(clicks: dict[str, Any]) -> None:
    one = lk.fit_groups("y ~ x", clicks, ["h", "g", "kind"], "bernoulli")
    many = lk.fit_groups("y ~ x", clicks, ["h", "g", "kind"], "bernoulli", engine=lk.Threads(2))
    np.testing.assert_array_equal(one.params.estimate, many.params.estimate)
    # None of them was in need of a fit by itself.
    assert not one.fits.known
