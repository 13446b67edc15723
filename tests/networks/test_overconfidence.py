"""Trainings that go on for too long: found where they do, not claimed where they do not."""

from __future__ import annotations

import numpy as np

import likelier as lk

COLUMNS = " + ".join(f"x{i}" for i in range(6))


def made(seed: int, n: int = 300) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 6))
    return {
        **{f"x{i}": x[:, i] for i in range(6)},
        "y": np.sin(x[:, 0]) + 0.5 * x[:, 1] + 0.5 * rng.standard_normal(n),
    }


def found(fit: lk.Fit) -> list[str]:
    return [d.kind for d in fit.diagnoses]


def test_it_is_found_past_the_best_epoch_and_not_where_the_training_stopped() -> None:
    long = lk.Adam(0.01, batch_size=32, epochs=100, patience=100)
    for seed in range(6):
        table = made(seed)
        options = {"distribution": "normal", "predictor": lk.MLP((32,)), "seed": seed}
        stopped = lk.fit(f"y ~ {COLUMNS}", table, **options, solver=lk.Adam(epochs=200))
        assert "overconfident training" not in found(stopped)
        fit = lk.fit(f"y ~ {COLUMNS}", table, **options, solver=long)
        told = next(d for d in fit.diagnoses if d.kind == "overconfident training")
        assert told.evidence["epoch"] == fit.history.held_out_nll.idxmin() + 1
        assert told.evidence["last_held_out_nll"] > told.evidence["held_out_nll"] + 0.1
        # One picture shows both scores, and the epochs from which it holds.
        shown = fit.plot.learning_curves()
        left, right = shown.figure.axes
        assert right.get_ylabel() == "mean squared error"
        for ax, score in ((left, "nll"), (right, "mse")):
            assert np.array_equal(ax.lines[1].get_ydata(), fit.history[f"held_out_{score}"])
            assert [patch.get_x() for patch in ax.patches] == [told.evidence["epoch"]]
            words = [text.get_text() for text in ax.get_legend().get_texts()]
            assert words[-1] == f"over-confident from epoch {told.evidence['epoch']}"


def test_learning_curves_of_an_ensemble_are_those_of_its_median_network() -> None:
    solver = lk.Adam(epochs=30, patience=5)
    fit = lk.fit(
        f"y ~ {COLUMNS}", made(0), "normal", predictor=lk.Ensemble(lk.MLP((8,)), 3), solver=solver
    )
    for score in ("nll", "mse"):
        shown = fit.plot.learning_curves(score).data
        assert shown.step.is_monotonic_increasing
        assert shown.step.is_unique
        first = fit.history.groupby("epoch")[f"held_out_{score}"].median()[1]
        assert shown["held-out rows"][0] == first


def test_recalibration_turns_a_network_down_and_leaves_an_honest_model_alone() -> None:
    cells = lk.datasets.load("breast_cancer").sample(frac=1, random_state=1)
    train, held, test = cells[:150], cells[150:350], cells[350:]
    formula = "diagnosis ~ mean_radius + mean_texture + mean_smoothness"
    network = lk.fit(
        formula,
        train,
        "bernoulli",
        predictor=lk.MLP((32, 32)),
        solver=lk.Adam(0.01, epochs=200),
        validation=0,
    )
    calmed = lk.recalibrate(network, held)
    assert calmed.assess(test).nll < network.assess(test).nll - 0.05
    line = lk.fit(formula, train, "bernoulli")
    assert abs(lk.recalibrate(line, held).assess(test).nll - line.assess(test).nll) < 0.02
