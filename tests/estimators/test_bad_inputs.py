"""Bad and degenerate input through the estimators: a clear error, a named diagnosis, or right."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import likelier as lk

N = 40
RNG = np.random.default_rng(12)
X = RNG.normal(size=(N, 2))
Y = X[:, 0] + RNG.normal(size=N)
COUNTS = RNG.poisson(np.exp(0.3 * X[:, 0])).astype(float)
LABELS = np.where(X[:, 0] + RNG.normal(size=N) > 0, "yes", "no")
FRAME = pd.DataFrame(X, columns=["age", "dose"])


def _with(values: Any, cell: Any, at: Any) -> Any:
    made = np.array(values, dtype=object if isinstance(cell, str) else None, copy=True)
    made[at] = cell
    return made


REGRESSOR = {
    "NaN in X": ((_with(X, np.nan, (3, 1)), Y), {}, "NaN|row 4|missing"),
    "inf in X": ((_with(X, np.inf, (3, 1)), Y), {}, "inf|row 4"),
    "NaN in y": ((X, _with(Y, np.nan, 5)), {}, "NaN|row 6|missing"),
    "text in X": ((_with(X, "tall", (2, 0)), Y), {}, "tall|text|string"),
    "complex X": ((X + 1j, Y), {}, "[Cc]omplex"),
    "dates in X": (
        (FRAME.assign(dose=pd.Timestamp("2024-01-01")), Y),
        {},
        "`dose` of X holds dates",
    ),
    "one axis": ((X[:, 0], Y), {}, "[Rr]eshape"),
    "lengths": ((X, Y[:-1]), {}, "39|inconsistent"),
    "no rows": ((X[:0], Y[:0]), {}, "0 sample"),
    "misaligned": ((FRAME, pd.Series(Y, index=np.arange(N)[::-1])), {}, "index"),
    "same names": ((pd.DataFrame(X, columns=["a", "a"]), Y), {}, "`a`|'a'|duplicate|twice"),
    "negative weight": ((X, Y), {"sample_weight": _with(np.ones(N), -1.0, 2)}, "row 3|negative"),
    "infinite weight": ((X, Y), {"sample_weight": _with(np.ones(N), np.inf, 2)}, "inf"),
    "weights all 0": ((X, Y), {"sample_weight": np.zeros(N)}, "all zero"),
    "few weights": ((X, Y), {"sample_weight": np.ones(3)}, "3"),
    "NaN offset": ((X, Y), {"offset": _with(np.zeros(N), np.nan, 2)}, "row 3|NaN|missing"),
}


@pytest.mark.parametrize("name", REGRESSOR)
def test_a_regressor_refuses_and_says_why(name: str) -> None:
    (features, target), options, told = REGRESSOR[name]
    with pytest.raises(ValueError, match=told):
        lk.NLLRegressor().fit(features, target, **options)


@pytest.mark.parametrize(
    ("family", "value", "told"),
    [
        ("poisson", -3.0, "row 5 holds -3|row 5 holds −3"),
        ("poisson", 1.5, "row 5 holds 1.5"),
        ("gamma", 0.0, "row 5 holds 0"),
        ("beta", 1.0, "row 5 holds 1"),
        ("bernoulli", 2.0, "row 5 holds 2"),
    ],
)
def test_targets_outside_the_support_are_named(family: str, value: float, told: str) -> None:
    inside = {"beta": 0.5, "bernoulli": 1.0}.get(family, 2.0)
    with pytest.raises(lk.SupportError, match=told):
        lk.NLLRegressor(family).fit(X, _with(np.full(N, inside), value, 4))


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (np.full(N, "yes"), "one"),
        (_with(LABELS.astype(object), None, 2), "row 3 holds no label"),
        (Y, "continuous|label"),
        (LABELS[:-1], "39|inconsistent"),
    ],
)
def test_a_classifier_refuses_and_says_why(target: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        lk.NLLClassifier().fit(X, target)


def test_misspelt_names_are_answered_with_the_right_one() -> None:
    with pytest.raises(lk.LikelierError, match="negative_binomial"):
        lk.NLLRegressor("negative_binomal").fit(X, COUNTS)
    with pytest.raises(lk.LikelierError, match="loc"):
        lk.NLLRegressor(links={"lok": "log"}).fit(X, Y)


def test_new_rows_that_do_not_fit_are_refused() -> None:
    model = lk.NLLRegressor().fit(FRAME, Y)
    with pytest.raises(ValueError, match="1 features"):
        lk.NLLRegressor().fit(X, Y).predict(X[:, :1])
    for wrong, told in (
        (FRAME[["age"]], "dose|features"),
        (FRAME.assign(more=1.0), "more|features"),
        (FRAME.assign(dose=np.nan), "NaN|missing"),
    ):
        with pytest.raises(ValueError, match=told):
            model.predict(wrong)


@pytest.mark.parametrize(
    "case", ["separated", "collinear", "constant target", "all counts zero", "one row"]
)
def test_what_has_no_answer_is_an_error_or_a_diagnosis(case: str) -> None:
    made: dict[str, Any] = {
        "separated": lambda: lk.NLLClassifier().fit(X, X[:, 0] > 0),
        "collinear": lambda: lk.NLLRegressor().fit(np.column_stack([X, X[:, 0] - X[:, 1]]), Y),
        "constant target": lambda: lk.NLLRegressor().fit(X, np.full(N, 3.0)),
        "all counts zero": lambda: lk.NLLRegressor("poisson").fit(X, np.zeros(N)),
        "one row": lambda: lk.NLLRegressor().fit(X[:1], Y[:1]),
    }
    told = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = made[case]()
        except ValueError as error:
            told.append(str(error))
        else:
            told += [str(d) for d in model.fit_.diagnoses if d.severity != "note"]
            # Predictions of collinear columns are sound, and scikit-learn's own say nothing either.
            assert caught or case == "collinear"
    words = {
        "separated": "separation",
        "collinear": "`x3` = ",
        "constant target": "3",
        "all counts zero": "zero|0",
        "one row": "1 sample",
    }
    assert any(re.search(words[case], text) for text in told), told


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.astype(np.float32).astype(np.float64),
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: pd.DataFrame(x),
    ],
)
def test_layouts_change_nothing(change: Any) -> None:
    rounded = X.astype(np.float32).astype(np.float64)
    plain = lk.NLLRegressor().fit(rounded, Y)
    other = lk.NLLRegressor().fit(change(rounded), Y)
    np.testing.assert_allclose(other.coef_, plain.coef_, rtol=1e-9)
