"""What stands beside a fit that converged: near relations, wrong families, rows of weight."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import likelier as lk
from likelier import diagnosis
from likelier.diagnosis import Case

N = 400


def kinds(fit: lk.Fit) -> list[str]:
    return [d.kind for d in fit.diagnoses]


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(N)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


# ------------------------------------------------------------------ near collinearity


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e9])
def test_a_near_relation_is_named_in_the_users_units(x: np.ndarray, unit: float) -> None:
    rng = np.random.default_rng(2)
    z = rng.standard_normal(N)
    table = {"y": x + z, "x": x, "z": z * unit, "s": x + 2 * z + 5 + 1e-3 * rng.standard_normal(N)}
    table["y"] = table["y"] + rng.standard_normal(N)
    fit = lk.fit("y ~ x + z + s", table, "normal")
    assert fit.converged
    (found,) = fit.diagnoses
    assert (found.kind, found.where) == ("near collinearity", ("x", "z", "s"))
    assert f"`s` is nearly 1·`x` + {2 / unit:.3g}·`z`" in found.message
    # Against the definition: 1 / (1 − R²) of each column on the others.
    for j, name in enumerate(("x", "z", "s")):
        columns = np.column_stack([table["x"], table["z"] / unit, table["s"]])
        others = np.column_stack([np.ones(N), np.delete(columns, j, axis=1)])
        rest = columns[:, j] - others @ np.linalg.lstsq(others, columns[:, j], rcond=None)[0]
        inflation = N * columns[:, j].var() / np.sum(rest**2)
        assert found.evidence["variance_inflation"][name] == pytest.approx(inflation, rel=1e-4)


def test_a_correlation_of_nine_tenths_is_no_news(x: np.ndarray, rng: np.random.Generator) -> None:
    near = 0.9 * x + np.sqrt(0.19) * rng.standard_normal(N)
    fit = lk.fit("y ~ x + near", {"y": rng.standard_normal(N), "x": x, "near": near}, "normal")
    assert not fit.diagnoses


# ------------------------------------------------------------------ weak identification


def test_evidence_and_beta_are_known_through_their_combination_only(
    x: np.ndarray, rng: np.random.Generator
) -> None:
    fit = lk.fit("y ~ x", {"y": x + rng.standard_normal(N), "x": x}, "normal_inverse_gamma")
    found = next(d for d in fit.diagnoses if d.kind == "weak identification")
    assert found.where == ("evidence", "beta")
    assert "beta (1 + evidence) / evidence" in found.message
    assert not fit.converged
    errors = fit.standard_errors.set_index("parameter").standard_error
    assert errors[["evidence", "beta"]].isna().all()
    assert np.isfinite(errors["loc"]).all()
    assert fit.degrees_of_freedom == 4


def test_a_parameter_that_the_data_hardly_speak_of_is_named() -> None:
    """Nearly normal numbers: any large degrees of freedom fit them as well as the best."""
    y = [0.0, -1.7, -0.3, -0.2, 0.6, -0.4, -0.2, -0.8, -0.8, 0.6, 0.9, 1.9]
    fit = lk.fit("y ~ 1", {"y": y}, "student_t")
    (found,) = fit.diagnoses
    assert (found.kind, found.severity, found.where) == ("weak identification", "warning", ("df",))
    assert fit.converged
    assert fit.standard_errors.standard_error[0] > 7


@pytest.mark.parametrize(
    "text", ["zero_inflated(poisson)", "hurdle(poisson)", "hurdle(gamma)", "zero_inflated(gamma)"]
)
def test_a_gate_without_zeros_is_at_its_boundary(
    text: str, x: np.ndarray, rng: np.random.Generator
) -> None:
    y = 1.0 + rng.poisson(2.0, N) if "poisson" in text else rng.gamma(2.0, 1.0, N)
    fit = lk.fit("y ~ x", {"y": y, "x": x}, text)
    (found,) = fit.diagnoses
    assert (found.kind, found.where) == ("boundary", ("gate",))
    limit = found.remedy.removeprefix('distribution="').rstrip('"')
    left = lk.fit("y ~ x", {"y": y, "x": x}, limit)
    assert fit.log_likelihood == pytest.approx(left.log_likelihood, abs=1e-5)
    errors = fit.standard_errors.standard_error
    np.testing.assert_allclose(errors[:-1], left.standard_errors.standard_error, rtol=1e-4)
    assert np.isnan(errors.iloc[-1])


def test_a_gate_that_a_column_closes(x: np.ndarray, rng: np.random.Generator) -> None:
    group = (x > 0).astype(float)
    y = np.where((group == 1) | (rng.random(N) < 0.5), 1 + rng.poisson(3, N), 0)
    formulas = {"rate": "y ~ x", "gate": "~ group"}
    fit = lk.fit(formulas, {"y": y, "x": x, "group": group}, "hurdle(poisson)")
    found = fit.diagnoses[0]
    assert (found.kind, found.where) == ("separation", ("gate",))
    assert not fit.converged
    errors = fit.standard_errors.set_index(["parameter", "term"]).standard_error
    assert np.isnan(errors["gate", "group"])
    assert np.isfinite(errors["rate"]).all()


# ------------------------------------------------------------------ ordinal separation


def test_an_ordered_target_that_a_column_sorts(x: np.ndarray) -> None:
    fit = lk.fit("y ~ x", {"y": np.digitize(x, [-1, 0, 1]), "x": x}, "ordinal")
    assert (fit.diagnoses[0].kind, fit.diagnoses[0].where) == ("separation", ("x",))
    assert not fit.converged
    assert fit.standard_errors.standard_error.isna().all()


@pytest.mark.parametrize("kind", ["logit", "probit", "cloglog"])
def test_an_ordered_target_that_overlaps_is_not_separated(
    kind: str, x: np.ndarray, rng: np.random.Generator
) -> None:
    latent = 6 * x + rng.logistic(size=N)
    table = {"y": np.digitize(latent, [-3, 0, 3]), "x": x}
    fit = lk.fit("y ~ x", table, f"ordinal(kind={kind})")
    assert fit.converged, fit.diagnoses


# ------------------------------------------------------------------ wrong family


def test_over_dispersed_counts_and_their_remedy(x: np.ndarray, rng: np.random.Generator) -> None:
    mean = np.exp(0.5 + 0.3 * x)
    y = rng.negative_binomial(2, 2 / (2 + mean))
    fit = lk.fit("y ~ x", {"y": y, "x": x}, "poisson")
    assert fit.converged
    (found,) = fit.diagnoses
    assert found.kind == "over-dispersion"
    fitted = np.asarray(fit.predict().mean)
    assert found.evidence["dispersion"] == pytest.approx(
        np.sum((y - fitted) ** 2 / fitted) / (N - 2)
    )
    assert found.remedy.startswith('distribution="negative_binomial"')
    assert not lk.fit("y ~ x", {"y": y, "x": x}, "negative_binomial").diagnoses


def test_zeros_beyond_over_dispersion(x: np.ndarray, rng: np.random.Generator) -> None:
    y = np.where(rng.random(N) < 0.4, 0, rng.poisson(6.0, N))
    fit = lk.fit("y ~ x", {"y": y, "x": x}, "poisson")
    assert "excess zeros" in kinds(fit)
    found = next(d for d in fit.diagnoses if d.kind == "excess zeros")
    assert found.evidence["zeros"] == np.sum(y == 0)
    assert not lk.fit("y ~ x", {"y": y, "x": x}, "zero_inflated(poisson)").diagnoses


def test_successes_that_vary_more_than_a_binomial(x: np.ndarray, rng: np.random.Generator) -> None:
    table = {"y": rng.binomial(12, rng.beta(2, 2, N)), "x": x, "total_count": np.full(N, 12)}
    assert kinds(lk.fit("y ~ x", table, "binomial")) == ["over-dispersion"]
    assert not lk.fit("y ~ x", table, "beta_binomial").diagnoses


def test_tails_that_a_normal_does_not_have(x: np.ndarray, rng: np.random.Generator) -> None:
    both = {"y": x + rng.standard_t(3, N), "x": x}
    found = next(d for d in lk.fit("y ~ x", both, "normal").diagnoses if d.kind == "heavy tails")
    assert found.remedy == 'distribution="student_t"'
    skew = {"y": np.exp(1.2 * rng.standard_normal(N)), "x": x}
    found = next(d for d in lk.fit("y ~ x", skew, "normal").diagnoses if d.kind == "heavy tails")
    assert found.remedy == 'distribution="log_normal"'


def test_one_row_far_out_is_named_and_not_counted(x: np.ndarray, rng: np.random.Generator) -> None:
    """It inflates the scale, so that fewer rows lie beyond three deviations than expected."""
    y = x + rng.standard_normal(N)
    y[7] = 60.0
    found = next(
        d for d in lk.fit("y ~ x", {"y": y, "x": x}, "normal").diagnoses if d.kind == "heavy tails"
    )
    assert found.message.startswith("row 8 lies ")
    assert "expects" not in found.message


def test_moments_are_no_evidence_where_the_fit_is_not_of_maximum_likelihood(
    x: np.ndarray, rng: np.random.Generator
) -> None:
    """CVaR widens the scale to the worst rows, whatever the family."""
    table = {"y": x + rng.standard_t(3, N), "x": x}
    assert "heavy tails" in kinds(lk.fit("y ~ x", table, "normal"))
    assert kinds(lk.fit("y ~ x", table, "normal", objective=lk.CVaR(0.9))) == ["not a likelihood"]


def drawn_from(text: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Two hundred rows of a family, its mean a function of x."""
    x = rng.standard_normal(200)
    mean = np.exp(0.3 + 0.3 * x)
    share = mean / (1 + mean)
    draws = {
        "normal": lambda: x + rng.standard_normal(200),
        "poisson": lambda: rng.poisson(mean),
        "binomial": lambda: rng.binomial(8, share),
        "bernoulli": lambda: rng.binomial(1, share),
        "gamma": lambda: rng.gamma(2, mean),
        "geometric": lambda: rng.geometric(1 - share) - 1,
        "student_t": lambda: x + rng.standard_t(4, 200),
    }
    return {"y": draws[text](), "x": x, "total_count": np.full(200, 8)}


@pytest.mark.parametrize(
    "text", ["normal", "poisson", "binomial", "bernoulli", "gamma", "geometric", "student_t"]
)
def test_a_right_family_hears_nothing(text: str) -> None:
    """False alarms: 30 samples from the family itself, at five standard errors of evidence."""
    alarms = []
    for seed in range(30):
        table = drawn_from(text, np.random.default_rng(seed))
        fit = lk.fit("y ~ x", table, text)
        alarms += [d for d in fit.diagnoses if d.severity != "note" and d.kind != "boundary"]
    assert not alarms


# ------------------------------------------------------------------ rows of weight


@pytest.mark.parametrize("text", ["normal", "poisson"])
def test_a_wild_row_is_named_with_what_it_moves(
    text: str, x: np.ndarray, rng: np.random.Generator
) -> None:
    mean = np.exp(0.2 + 0.5 * x)
    y = {
        "normal": x + rng.standard_normal(N),
        "poisson": rng.poisson(mean).astype(float),
    }[text]
    moved = x.copy()
    moved[7], y[7] = (40.0, -5.0) if text == "normal" else (12.0, 0.0)
    fit = lk.fit("y ~ x", {"y": y, "x": moved}, text)
    found = next(d for d in fit.diagnoses if d.kind == "influence")
    assert found.where[0] == "row 8"
    assert found.evidence["rows"][0] == 7
    # Against the fit without the row.
    kept = np.arange(N) != 7
    without = lk.fit("y ~ x", {"y": y[kept], "x": moved[kept]}, text)
    shift = np.abs(fit.params.estimate - without.params.estimate)
    assert np.max(shift / fit.standard_errors.standard_error) > 2


def test_a_level_with_one_row_is_a_note(rng: np.random.Generator) -> None:
    table = {"y": rng.standard_normal(60), "g": ["a"] * 30 + ["b"] * 29 + ["c"]}
    (found,) = lk.fit("y ~ g", table, "normal").diagnoses
    assert (found.kind, found.severity, found.where) == ("influence", "note", ("row 60",))
    assert "`g[T.c]`" in found.message


def test_one_cell_at_the_edge_of_the_numbers(x: np.ndarray, rng: np.random.Generator) -> None:
    y = x + rng.standard_normal(N)
    wild = x.copy()
    wild[3] = 1e300
    found = {d.kind: d for d in lk.fit("y ~ x", {"y": y, "x": wild}, "normal").diagnoses}
    assert found["overflow"].where == ("x",)
    assert found["influence"].where == ("row 4",)
    target = lk.fit("y ~ x", {"y": y * 1e200, "x": x}, "normal")
    assert not target.converged
    assert "overflow" in kinds(target)


def test_remarks_leave_convergence_alone_and_are_written_in_order(
    x: np.ndarray, rng: np.random.Generator
) -> None:
    y = rng.negative_binomial(1, 0.2, N).astype(float)
    y[0] = 300
    wild = x.copy()
    wild[0] = 9.0
    fit = lk.fit("y ~ x", {"y": y, "x": wild}, "poisson")
    assert fit.converged
    rank = {"serious": 0, "warning": 1, "note": 2}
    order = [rank[d.severity] for d in fit.diagnoses]
    assert order == sorted(order)
    assert fit.summary().table is not None


def test_remarks_are_looked_for_when_they_are_asked_for_and_go_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(3)
    asked: list[Case] = []
    checks = (lambda case: asked.append(case), *diagnosis.REMARKS)
    monkeypatch.setattr(diagnosis, "REMARKS", checks)
    fit = lk.fit("y ~ x", {"y": rng.standard_cauchy(400), "x": rng.random(400)}, "normal")
    assert fit.converged
    assert not asked
    told = pickle.loads(pickle.dumps(fit)).diagnoses
    assert len(asked) == 1
    assert "heavy tails" in [d.kind for d in told]
    assert fit.diagnoses == told
    assert len(asked) == 1
