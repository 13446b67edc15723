"""`Fit.assess`: the rows, their weights and groups; the same figures as `lk.assess`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import likelier as lk

RNG = np.random.default_rng(4)
N = 300
X = RNG.standard_normal(N)
TABLE: dict[str, Any] = {
    "x": X,
    "g": np.where(RNG.random(N) < 0.4, "left", "right"),
    "y": 1 + X + RNG.standard_normal(N),
    "k": RNG.poisson(np.exp(0.3 + 0.5 * X)),
    "b": np.where(RNG.random(N) < 1 / (1 + np.exp(-X)), "yes", "no"),
    "w": RNG.integers(0, 3, N).astype(float),
}
FRAME = pd.DataFrame(TABLE)


def test_other_rows_are_assessed_as_their_predictions_are() -> None:
    fit = lk.fit("k ~ x", FRAME[:200], "poisson")
    found = fit.assess(FRAME[200:])
    alone = lk.assess(fit.predict(FRAME[200:]), FRAME.k[200:])
    assert found.table.equals(alone.table)
    assert found.target == "k"
    assert found.verdict.split(" of ")[1].startswith("100 rows")
    named = fit.assess(FRAME[200:], which="held-out rows")
    assert "100 held-out rows" in named.verdict


def test_rows_of_the_fit_are_called_so() -> None:
    fit = lk.fit("y ~ x", FRAME, "normal")
    own = fit.assess()
    assert own.own
    assert "300 rows that it was fitted to" in own.verdict
    assert "too large" in own.uniformity.caution[0]
    # Recognised where they come again, also by a loaded fit.
    assert fit.assess(FRAME).own
    assert not fit.assess(FRAME[:299]).own


def test_a_loaded_fit_assesses_the_same(tmp_path: Any) -> None:
    fit = lk.fit("b ~ x", FRAME[:200], "bernoulli")
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl")
    assert again.assess(FRAME[200:]).table.equals(fit.assess(FRAME[200:]).table)
    with pytest.raises(lk.LikelierError, match="has no rows"):
        again.assess()


def test_groups_come_from_a_column_or_an_array() -> None:
    fit = lk.fit("y ~ x", FRAME, "normal")
    by_name = fit.assess(FRAME, groups="g").by_group
    by_array = fit.assess(groups=TABLE["g"]).by_group
    pd.testing.assert_frame_equal(by_name, by_array)
    assert by_name.index.tolist() == ["left", "right"]
    with pytest.raises(lk.DataError, match="keeps no column `g`"):
        fit.assess(groups="g")
    with pytest.raises(lk.DataError, match="groups are 300 names"):
        fit.assess(groups=["a"])
    with pytest.raises(lk.DataError, match="Did you mean `g`"):
        fit.assess(FRAME, groups="gg")


def test_frequency_weights_weigh_and_precision_weights_do_not() -> None:
    fit = lk.fit("y ~ x", FRAME, "normal", weights="w")
    nll = fit.predict(FRAME).nll(FRAME.y.to_numpy())
    assert fit.assess(FRAME).nll == pytest.approx(np.average(nll, weights=FRAME.w), rel=1e-12)
    loose = lk.fit("y ~ x", FRAME, "normal", weights="w", weight_type="precision")
    assert loose.assess(FRAME).weights is None


def test_arrays_take_their_target_beside_them() -> None:
    fit = lk.fit(TABLE["k"][:200], X[:200, None], "poisson")
    found = fit.assess(X[200:, None], y=TABLE["k"][200:])
    assert found.nll == pytest.approx(
        float(fit.predict(X[200:, None]).nll(TABLE["k"][200:]).mean()), rel=1e-12
    )
    with pytest.raises(lk.LikelierError, match="give it as y="):
        fit.assess(X[200:, None])


def test_labels_carry_their_names() -> None:
    fit = lk.fit("b ~ x", FRAME, "bernoulli")
    shown = fit.assess().plot.reliability()
    assert shown.axes.get_xlabel() == "predicted probability of b = yes"


def test_missing_targets_are_dropped_when_asked() -> None:
    fit = lk.fit("y ~ x", FRAME, "normal")
    gaps = FRAME.assign(y=FRAME.y.where(FRAME.index % 3 > 0))
    with pytest.raises(lk.DataError):
        fit.assess(gaps)
    assert fit.assess(gaps, missing="drop").n_rows == 200
