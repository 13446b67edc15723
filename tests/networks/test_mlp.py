"""`MLP`: what it learns, and what changes nothing about it."""

from __future__ import annotations

import numpy as np
import pytest
from waves import noise, wave

import likelier as lk

FEW = lk.Adam(epochs=30)


def test_mean_and_scale_are_learnt() -> None:
    fit = lk.fit("y ~ x", wave(2000), "normal", predictor=lk.MLP())
    grid = np.linspace(-1.8, 1.8, 50)
    found = fit.predict({"x": grid})
    assert fit.converged
    assert np.sqrt(np.mean((found.mean - np.sin(2 * grid)) ** 2)) < 0.05
    assert np.all(np.abs(np.log(found.stddev / noise(grid))) < np.log(1.35))
    assert np.mean(np.abs(np.log(found.stddev / noise(grid)))) < np.log(1.15)
    # What no model can be below: the entropy of the noise.
    fresh = wave(20_000, 1)
    least = np.mean(0.5 * np.log(2 * np.pi * np.e) + np.log(noise(fresh["x"])))
    assert fit.assess(fresh).nll - least < 0.03


@pytest.mark.parametrize("family", ["normal", "laplace", "student_t", "gumbel", "logistic"])
def test_the_unit_of_target_and_columns_changes_nothing(family: str) -> None:
    made = wave(300)
    moved = {"x": 50 + 1e3 * made["x"], "y": 1e4 * made["y"] - 7e5}
    settings = {"distribution": family, "predictor": lk.MLP((16,), dtype="float64")}
    here = lk.fit("y ~ x", made, **settings, solver=FEW)
    there = lk.fit("y ~ x", moved, **settings, solver=FEW)
    assert np.allclose(there.predict().loc, 1e4 * here.predict().loc - 7e5, rtol=0, atol=0.1)
    assert np.allclose(there.predict().scale, 1e4 * here.predict().scale, rtol=1e-5)


def test_an_untrained_network_predicts_the_marginal_distribution() -> None:
    rng = np.random.default_rng(3)
    made = {"x": rng.normal(size=200), "y": rng.gamma(3.0, 2.0, 200)}
    still = lk.Adam(1e-12, epochs=1)
    fit = lk.fit("y ~ x", made, "gamma", predictor=lk.MLP(), solver=still, validation=0)
    best = lk.Gamma.mle(made["y"])
    assert np.allclose(fit.predict().mean, best.mean, rtol=1e-6)
    assert np.allclose(fit.predict().concentration, best.concentration, rtol=1e-6)
    assert np.ptp(fit.predict().mean) < 1e-6


def test_a_seed_gives_the_same_bits_and_another_seed_others() -> None:
    made = wave(300)
    fits = [
        lk.fit("y ~ x", made, "normal", predictor=lk.MLP((8,)), solver=FEW, seed=seed)
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(fits[0].coefficients, fits[1].coefficients)
    first, second = (fit.history.drop(columns="seconds") for fit in fits[:2])
    assert first.equals(second)
    assert not np.array_equal(fits[0].coefficients, fits[2].coefficients)


def test_a_second_fit_of_the_same_shape_compiles_nothing() -> None:
    import jax

    seen: list[str] = []

    def listen(event: str, seconds: float, **more: object) -> None:
        if "backend_compile" in event:
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    predictor, solver = lk.MLP((7, 5), dropout=0.1), lk.Adam(epochs=2, batch_size=32)
    lk.fit("y ~ x", wave(300), "normal", predictor=predictor, solver=solver).predict()
    assert seen
    seen.clear()
    for n, seed in ((300, 1), (260, 2), (283, 3)):
        lk.fit("y ~ x", wave(n, seed), "normal", predictor=predictor, solver=solver).predict()
    lk.fit("y ~ x", wave(300), "normal", predictor=predictor, solver=lk.Adam(0.1, 32, 9, 3))
    assert not seen


def test_the_best_epoch_on_held_out_rows_is_kept() -> None:
    train, held = wave(150), wave(500, 1)
    solver = lk.Adam(0.02, epochs=300, patience=40)
    fit = lk.fit("y ~ x", train, "normal", predictor=lk.MLP(), solver=solver, validation=held)
    course = fit.history
    assert len(course) < 300
    assert fit.converged
    best = course.held_out_nll.idxmin()
    assert len(course) - 1 - best == 40
    nll = fit.predict(held).nll(held["y"]).mean()
    assert nll == pytest.approx(course.held_out_nll[best], rel=1e-6)
    error = np.mean((fit.predict(held).mean - held["y"]) ** 2)
    assert error == pytest.approx(course.held_out_mse[best], rel=1e-5)


def test_formulas_say_which_columns_a_parameter_sees() -> None:
    made = wave(400)
    made["z"] = np.random.default_rng(5).normal(size=400)
    formulas = {"loc": "y ~ x + z", "scale": "~ z"}
    fit = lk.fit(formulas, made, "normal", predictor=lk.MLP((16,)), solver=FEW)
    at = fit.predict({"x": [-1.0, 1.0], "z": [0.3, 0.3]})
    assert at.scale[0] == at.scale[1]
    assert at.loc[0] != at.loc[1]
    constant = lk.fit({"loc": "y ~ x"}, made, "normal", predictor=lk.MLP((16,)), solver=FEW)
    assert len(set(constant.predict().scale)) == 1


def test_a_factor_of_many_levels_is_embedded() -> None:
    rng = np.random.default_rng(0)
    level = rng.integers(0, 30, 3000)
    height = rng.normal(size=30)
    made = {"g": [f"level {i}" for i in level], "y": height[level] + 0.3 * rng.normal(size=3000)}
    fit = lk.fit("y ~ g", made, "normal", predictor=lk.MLP((32,)))
    found = fit.predict({"g": [f"level {i}" for i in range(30)]}).mean
    assert np.max(np.abs(found - height)) < 0.25
    assert any("embeddings" in term for term in fit.params.term)


def test_frequency_weights_of_zero_leave_rows_out() -> None:
    made = wave(300)
    spoilt = {name: np.concatenate([values, [1e3, -1e3]]) for name, values in made.items()}
    spoilt["w"] = np.concatenate([np.ones(300), np.zeros(2)])
    solver, predictor = lk.Adam(epochs=100), lk.MLP((16,))
    plain = lk.fit("y ~ x", made, "normal", predictor=predictor, solver=solver)
    fit = lk.fit("y ~ x", spoilt, "normal", weights="w", predictor=predictor, solver=solver)
    assert abs(fit.nll - plain.nll) < 0.3
    assert fit.n_observations == 300


def test_the_summary_tells_of_the_training() -> None:
    fit = lk.fit("y ~ x", wave(300), "normal", predictor=lk.MLP((8, 4)), solver=FEW)
    text = str(fit)
    assert "weights 62" in text  # 1·8 + 8, 8·4 + 4, 4·2 + 2
    assert "1 column → 8 → 4 (gelu) → 2 outputs for loc and scale" in text
    assert f"held-out NLL {fit.history.held_out_nll.min():.4f}"[:18] in text.replace("−", "-")
    assert "AIC" not in text
    with pytest.raises(lk.LikelierError, match=r"no standard errors .* lk\.Ensemble"):
        _ = fit.standard_errors


def test_a_budget_that_is_over_is_a_diagnosis() -> None:
    fit = lk.fit("y ~ x", wave(300), "normal", predictor=lk.MLP(), solver=lk.Adam(1e-3, epochs=10))
    assert not fit.converged
    assert [d.kind for d in fit.diagnoses] == ["not converged"]
    assert "epochs=20" in fit.diagnoses[0].remedy


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lk.MLP(hidden=(64, 0)), "hidden"),
        (lambda: lk.MLP(hidden=("a",)), "hidden"),
        (lambda: lk.MLP(activation="sliu"), "did you mean.*silu"),
        (lambda: lk.MLP(dropout=1.0), "dropout of MLP is 0 or above and below 1"),
        (lambda: lk.MLP(weight_decay=-1), "weight_decay"),
        (lambda: lk.MLP(dtype="float16"), "float32"),
        (lambda: lk.Adam(warmup=1.0), "warmup"),
        (lambda: lk.Adam(clip=0.0), "clip"),
    ],
)
def test_options_outside_are_refused(make, words: str) -> None:
    with pytest.raises(lk.LikelierError, match=f"(?i){words}"):
        make()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"validation": 1.5}, "validation is a share"),
        ({"validation": 0.001}, "leaves none to watch"),
        ({"solver": lk.Newton()}, r"lk\.Adam"),
        ({"objective": lk.NLL() + lk.Jeffreys()}, "Jeffreys.* not train"),
        ({"solver": lk.Adam(1e6, schedule="constant", warmup=0.0)}, "learning rate below 1e\\+06"),
    ],
)
def test_what_cannot_be_trained_is_refused(options, words: str) -> None:
    with pytest.raises(lk.LikelierError, match=words):
        lk.fit("y ~ x", wave(100), "normal", predictor=lk.MLP((8,)), **options)


def test_a_linear_fit_is_not_watched() -> None:
    with pytest.raises(lk.LikelierError, match="training of a network"):
        lk.fit("y ~ x", wave(50), "normal", validation=0.2)


def test_a_network_is_assessed_on_its_own_rows() -> None:
    made = wave(300)
    fit = lk.fit("y ~ x", made, "normal", predictor=lk.MLP((8,)), solver=FEW)
    assert float(fit.assess(made).nll) == pytest.approx(float(fit.assess().nll), rel=1e-6)
