"""`lk.recalibrate`: a Fit like any other, on rows it has not seen, saved and loaded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import likelier as lk

RNG = np.random.default_rng(6)
N = 900
X = RNG.standard_normal(N)
FRAME = pd.DataFrame(
    {
        "x": X,
        # Heavy tails and a spread that grows: a Normal with one scale is wrong about both.
        "y": 1 + X + 0.5 * RNG.standard_t(3, N),
        "k": RNG.negative_binomial(1.0, 1 / (1 + np.exp(0.8 + 0.4 * X))),
        "g": RNG.choice(["a", "b", "c"], N),
        "b": RNG.random(N) < 1 / (1 + np.exp(-X)),
        "t": RNG.exponential(np.exp(0.5 * X)),
    }
)
TRAIN, KEPT, TEST = FRAME[:300], FRAME[300:600], FRAME[600:]


@pytest.fixture(scope="module")
def poisson() -> lk.Fit:
    return lk.fit("k ~ x", TRAIN, "poisson")


@pytest.fixture(scope="module")
def better(poisson: lk.Fit) -> lk.Fit:
    return lk.recalibrate(poisson, KEPT)


def test_it_lowers_the_held_out_nll_and_mends_the_coverage(poisson: Any, better: Any) -> None:
    before, after = poisson.assess(TEST), better.assess(TEST)
    assert after.nll < before.nll - 0.1
    assert abs(after.coverage(0.9) - 0.9) < 0.05 < 0.9 - before.coverage(0.9)
    assert abs(after.overconfidence) < before.overconfidence / 2


def test_the_result_is_a_fit_with_the_same_methods(poisson: Any, better: Any) -> None:
    assert isinstance(better, lk.Fit)
    pd.testing.assert_frame_equal(better.params, poisson.params)
    assert better.log_likelihood == poisson.log_likelihood
    d = better.predict(TEST)
    np.testing.assert_allclose(better.prediction_table(TEST)["mean"], d.mean, rtol=1e-12)
    table = better.predict_interval(TEST[:20], 0.9, parameter_uncertainty=False)
    low, high = d[:20].interval(0.9)
    np.testing.assert_array_equal(table.lower, low)
    np.testing.assert_array_equal(table.upper, high)
    assert np.all(better.prediction_table(TEST).mean_se > 0)
    put = better.on(TEST)
    assert abs(np.std(put.residuals()) - 1) < 0.12 < np.std(poisson.on(TEST).residuals()) - 1
    assert put.plot.rootogram().data.poisson.sum() == pytest.approx(300, abs=0.5)
    assert "recalibrated on 300 rows: " in str(better.summary())
    assert "recalibrated" not in str(poisson.summary())


@pytest.mark.parametrize(
    ("formula", "family", "method"),
    [
        ("k ~ x", "poisson", "beta"),
        ("y ~ x", "normal", "scale"),
        ("y ~ x", "normal", "isotonic"),
        ("y ~ x", "normal", "conformal"),
        ("g ~ x", "categorical", "temperature"),
        ("g ~ x", "categorical", "vector"),
        ("b ~ x", "bernoulli", "isotonic"),
        ("b ~ x", "bernoulli", "none"),
    ],
)
def test_it_is_saved_and_loaded_whole(
    formula: str, family: str, method: str, tmp_path: Any
) -> None:
    fit = lk.recalibrate(lk.fit(formula, TRAIN, family), KEPT, method)
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl")
    assert again.recalibration is not None
    assert again.recalibration.calibrator == fit.recalibration.calibrator
    y = fit.on(TEST)._rows.problem.function.y
    np.testing.assert_array_equal(again.predict(TEST).log_prob(y), fit.predict(TEST).log_prob(y))
    assert again.summary().data.notes == fit.summary().data.notes


def test_a_correction_at_its_limit_is_diagnosed(tmp_path: Any) -> None:
    fit = lk.fit("b ~ x", TRAIN, "bernoulli")
    turned = {**KEPT, "b": 1 - np.asarray(KEPT["b"], dtype=float)}
    wrong = lk.recalibrate(fit, turned, "temperature")
    assert [d.kind for d in wrong.diagnoses] == ["recalibration at its limit"]
    assert "! recalibration at its limit" in str(wrong.summary())
    wrong.save(tmp_path / "model.lkl")
    assert lk.load(tmp_path / "model.lkl").diagnoses[0].kind == "recalibration at its limit"
    # Recalibrated anew, nothing of the old one is left.
    assert not lk.recalibrate(wrong, KEPT, "temperature").diagnoses


def test_numbers_that_cannot_be_are_refused_in_a_file(tmp_path: Any, better: Any) -> None:
    from likelier.assessment.recalibration import Scale
    from likelier.model.records import Recalibration

    bad = lk.fit("y ~ x", TRAIN, "normal")
    object.__setattr__(bad, "recalibration", Recalibration("scale", Scale(-1.0), 30))
    bad.save(tmp_path / "model.lkl")
    with pytest.raises(lk.ModelFileError, match="numbers that cannot be"):
        lk.load(tmp_path / "model.lkl")
    object.__setattr__(bad, "recalibration", Recalibration("magic", Scale(1.0), 30))
    bad.save(tmp_path / "model.lkl")
    with pytest.raises(lk.ModelFileError, match="recalibration 'magic'"):
        lk.load(tmp_path / "model.lkl")


def test_the_rows_of_the_fit_are_refused(poisson: Any, tmp_path: Any) -> None:
    with pytest.raises(lk.DataError, match="the rows that the model was fitted to"):
        lk.recalibrate(poisson, TRAIN)
    with pytest.raises(lk.DataError, match=r"about 1\d\d of these 400 rows are among those"):
        lk.recalibrate(poisson, FRAME[200:600])
    poisson.save(tmp_path / "model.lkl")
    with pytest.raises(lk.DataError, match="the rows that the model was fitted to"):
        lk.recalibrate(lk.load(tmp_path / "model.lkl"), TRAIN)


def test_rows_that_only_look_alike_are_taken() -> None:
    # Few distinct rows: every new one equals some of those that were fitted.
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"x": rng.integers(0, 3, 800), "k": rng.poisson(2.0, 800)})
    fit = lk.fit("k ~ x", table[:400], "poisson")
    assert lk.recalibrate(fit, table[400:]).recalibration.method == "none"


def test_recalibrating_again_starts_from_the_fit(poisson: Any, better: Any) -> None:
    again = lk.recalibrate(better, TEST, "beta")
    alone = lk.recalibrate(poisson, TEST, "beta")
    assert again.recalibration.calibrator == alone.recalibration.calibrator


def test_censored_targets_are_recalibrated_as_what_they_are() -> None:
    time = FRAME.t.to_numpy()
    end = np.random.default_rng(2).exponential(2.0, N)
    table = FRAME.assign(time=np.minimum(time, end), seen=(time <= end).astype(int))
    fit = lk.fit("Surv(time, seen) ~ 1", table[:300], lk.Fixed(lk.Weibull, concentration=2.0))
    better = lk.recalibrate(fit, table[300:600], "beta")
    before, after = fit.assess(table[600:]), better.assess(table[600:])
    assert after.nll < before.nll - 0.05
    assert abs(after.overconfidence) < abs(before.overconfidence)


def test_too_few_rows_are_refused(poisson: Any) -> None:
    with pytest.raises(lk.DataError, match="30 rows or more"):
        lk.recalibrate(poisson, KEPT[:20])


def test_arrays_take_their_target_beside_them() -> None:
    fit = lk.fit(FRAME.k[:300], X[:300, None], "poisson")
    better = lk.recalibrate(fit, X[300:600, None], y=FRAME.k[300:600].to_numpy())
    assert better.recalibration.method != "none"


def test_an_estimator_is_told_where_its_fit_is() -> None:
    with pytest.raises(lk.LikelierError, match=r"NLLClassifier; its Fit is `\.fit_`"):
        lk.recalibrate(lk.NLLClassifier().fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]), {})
