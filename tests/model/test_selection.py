"""After selection: what is refitted says so, and debiased intervals cover."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likelier as lk

L1 = lk.NLL() + lk.L1(0.05)


@pytest.fixture(scope="module")
def table() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    n = 250
    columns = {name: rng.standard_normal(n) for name in "abcdef"}
    eta = 0.4 + 0.8 * columns["a"] - 0.6 * columns["b"]
    return {**columns, "y": (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)}


def test_a_refit_is_the_likelihood_of_the_chosen_terms(table: Any, tmp_path: Path) -> None:
    fit = lk.fit("y ~ a + b + c + d + e + f", table, "bernoulli", objective=L1)
    kept = [t for t, b in zip(fit.params.term, fit.params.estimate, strict=True) if b != 0][1:]
    assert {"a", "b"} <= set(kept) < set("abcdef")
    again = fit.refit()
    plain = lk.fit("y ~ " + " + ".join(kept), table, "bernoulli")
    assert again.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert again.degrees_of_freedom == plain.degrees_of_freedom
    assert again.aic == pytest.approx(plain.aic)
    chosen = again.params.estimate != 0
    np.testing.assert_allclose(again.params.estimate[chosen], plain.params.estimate, atol=1e-6)
    errors = again.standard_errors.standard_error
    np.testing.assert_allclose(errors[chosen], plain.standard_errors.standard_error, rtol=1e-6)
    assert errors[~chosen].isna().all()
    np.testing.assert_allclose(again.predict(table).mean, plain.predict(table).mean, atol=1e-8)
    np.testing.assert_allclose(
        again.conf_int()[chosen][["lower", "upper"]], plain.conf_int()[["lower", "upper"]],
        atol=1e-5,
    )  # fmt: skip
    # It says what it is, in words, in tests that it refuses, and in its file.
    assert "too narrow" in again.diagnoses[0].message
    assert "as if the terms had been known beforehand" in str(again)
    for ask in (
        lambda: again.conf_int(method="profile"),
        lambda: again.test(terms="a"),
        lambda: again.bootstrap(5),
    ):
        with pytest.raises(lk.LikelierError, match=r"terms|refit"):
            ask()
    again.save(tmp_path / "model.lkl")
    loaded = lk.load(tmp_path / "model.lkl")
    assert loaded.params.equals(again.params)
    assert loaded.facts.inference == "selected"


def test_only_what_chose_terms_can_be_refitted(table: Any) -> None:
    for objective in (lk.NLL(), lk.NLL() + lk.L2(0.1)):
        fit = lk.fit("y ~ a + b", table, "bernoulli", objective=objective)
        for ask in (fit.refit, fit.debiased):
            with pytest.raises(lk.LikelierError, match="no penalty of this fit chooses"):
                ask()


def test_a_debiased_estimate_is_a_newton_step_from_the_sparse_one(table: Any) -> None:
    fit = lk.fit("y ~ a + b + c + d + e + f", table, "bernoulli", objective=L1)
    b = fit.params.estimate.to_numpy()
    x = np.column_stack([np.ones(250), *(table[name] for name in "abcdef")])
    p = 1 / (1 + np.exp(-x @ b))
    inverse = np.linalg.inv(x.T @ ((p * (1 - p))[:, None] * x))
    expected = (b + inverse @ (x.T @ (table["y"] - p)))[1:]
    found = fit.debiased()
    assert found.attrs["method"] == "one Newton step"
    np.testing.assert_allclose(found.estimate, expected, atol=1e-8)
    np.testing.assert_allclose(found.standard_error, np.sqrt(np.diag(inverse))[1:], rtol=1e-8)
    np.testing.assert_allclose(found.penalised, b[1:])


@pytest.mark.parametrize(
    ("n", "p", "samples", "least", "least_of_effects"),
    [(150, 12, 60, 0.87, 0.8), (100, 130, 8, 0.8, 0.5)],
)
def test_debiased_intervals_cover(
    n: int, p: int, samples: int, least: float, least_of_effects: float
) -> None:
    """With more columns than rows they are too short, as the docstring says."""
    rng = np.random.default_rng(1)
    truth = np.zeros(p)
    truth[:3] = [1.0, -0.7, 0.5]
    family = lk.Fixed(lk.Normal, scale=1.0)
    objective = lk.NLL() + lk.L1(np.sqrt(2 * np.log(p) / n))
    covered = []
    for _ in range(samples):
        x = rng.standard_normal((n, p)) + 0.5 * rng.standard_normal((n, 1))
        y = x @ truth + rng.standard_normal(n)
        found = lk.fit(y, x, family, objective=objective).debiased(0.9)
        covered.append(((found.lower <= truth) & (truth <= found.upper)).to_numpy())
    share = np.array(covered)
    assert least < share.mean() < 0.95
    assert share[:, :3].mean() > least_of_effects


def test_a_bootstrap_chooses_anew_in_every_sample(table: Any) -> None:
    fit = lk.fit("y ~ a + b + c + d + e + f", table, "bernoulli", objective=L1)
    drawn = fit.bootstrap(40, seed=2)
    found = drawn.table.set_index("term")
    np.testing.assert_allclose(found.selected, (drawn.estimates != 0).mean(axis=0))
    assert found.selected[["a", "b"]].min() > 0.9
    assert found.selected[list("cdef")].max() < 0.9
    assert drawn.failures == 0
