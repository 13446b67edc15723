"""Calibration errors against direct sums, and their uncertainty against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

import likelier as lk
from likelier.assessment import calibration_error
from likelier.assessment.calibration_error import classwise_error

RNG = np.random.default_rng(5)
P = RNG.beta(2, 2, 600)
Y = (RNG.random(600) < P**1.5).astype(float)


def _direct(parts: list[np.ndarray], n: int, debiased: bool) -> float:
    total = 0.0
    for rows in parts:
        gap = abs(P[rows].mean() - Y[rows].mean())
        share = Y[rows].mean()
        noise = share * (1 - share) / (len(rows) - 1) if debiased else 0.0
        total += len(rows) / n * (gap**2 - noise if debiased else gap)
    return np.sqrt(max(total, 0)) if debiased else total


@pytest.mark.parametrize("bins", [5, 15])
def test_binned_and_adaptive_and_debiased_are_the_sums_that_they_say(bins: int) -> None:
    wide = [np.flatnonzero(np.floor(P * bins) == b) for b in range(bins)]
    wide = [rows for rows in wide if len(rows)]
    equal = [np.asarray(rows) for rows in np.array_split(np.argsort(P), bins)]
    for kind, parts in (("binned", wide), ("adaptive", equal), ("debiased", equal)):
        found = calibration_error(P, Y, kind, bins=bins)
        assert found.value == pytest.approx(_direct(parts, 600, kind == "debiased"), rel=1e-12)


def test_the_bins_of_equal_width_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(5)
    p = rng.random(500)
    y = rng.random(500) < p**2
    seen, said = calibration_curve(y, p, n_bins=15)
    share = np.histogram(p, np.linspace(0, 1, 16))[0] / 500
    expected = np.sum(share * np.abs(seen - said))
    assert calibration_error(p, y, "binned").value == pytest.approx(expected, rel=1e-12)


def test_weights_count_rows() -> None:
    times = RNG.integers(1, 4, 600)
    for kind in ("binned", "debiased"):
        short = calibration_error(P, Y, "binned", weights=times).value
        long = calibration_error(np.repeat(P, times), np.repeat(Y, times), "binned").value
        assert short == pytest.approx(long, rel=1e-12), kind


def test_by_chance_and_the_standard_error_are_those_of_simulation() -> None:
    rng = np.random.default_rng(1)
    # One set of predictions, many sets of right outcomes.
    values = [
        calibration_error(P, (rng.random(600) < P).astype(float), "adaptive", seed=i).value
        for i in range(3)
    ]
    found = calibration_error(P, (rng.random(600) < P).astype(float), "adaptive")
    assert found.by_chance > max(values) * 0.8
    assert found.p_value > 0.05
    off = calibration_error(P, Y, "adaptive")
    assert off.value > off.by_chance
    assert off.p_value < 0.01
    # Of 60 samples of the population, the standard deviation is known to 10 %.
    again = []
    for _ in range(60):
        p = rng.beta(2, 2, 600)
        y = (rng.random(600) < p**1.5).astype(float)
        index = np.array_split(np.argsort(p), 15)
        again.append(sum(len(r) / 600 * abs(p[r].mean() - y[r].mean()) for r in index))
    assert off.standard_error == pytest.approx(np.std(again), rel=0.35)


def test_the_debiased_error_is_lower_for_right_predictions() -> None:
    sets = [(RNG.random(600) < P).astype(float) for _ in range(20)]
    mean = {
        kind: np.mean([calibration_error(P, y, kind, draws=2).value for y in sets])
        for kind in ("debiased", "adaptive")
    }
    assert mean["debiased"] < 0.6 * mean["adaptive"]


def test_classwise_is_the_mean_over_labels() -> None:
    p = np.column_stack([P, 1 - P])
    o = np.column_stack([Y, 1 - Y])
    both = [calibration_error(c, s, "adaptive").value for c, s in zip(p.T, o.T, strict=True)]
    assert classwise_error(p, o) == pytest.approx(np.mean(both), rel=1e-12)


def test_an_assessment_shows_all_kinds() -> None:
    two = lk.assess(lk.Bernoulli(probs=P), Y).calibration_errors
    assert two.kind.tolist() == ["adaptive", "binned", "debiased"]
    several = lk.assess(
        lk.Categorical(probs=np.column_stack([P / 2, P / 2, 1 - P])), Y
    ).calibration_errors
    assert several.kind.tolist() == ["adaptive", "binned", "debiased", "classwise"]
    numbers = lk.assess(lk.Normal(P, 0.3), Y)
    assert numbers.calibration_errors.kind.tolist() == ["coverage"]
    levels = (np.arange(50) + 0.5) / 50
    off = np.mean([abs(numbers.coverage(float(q)) - q) for q in levels])
    assert numbers.calibration_error == pytest.approx(off, rel=1e-12)


def test_other_kinds_are_refused() -> None:
    with pytest.raises(lk.LikelierError, match="Did you mean"):
        calibration_error(P, Y, "binnd")
