"""Every solver by its name: one optimum, a trace, a tolerance that is kept, an honest end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import likelier as lk
from likelier.solvers import LevenbergMarquardt, Solver


def members(base: type) -> list[type]:
    found = [m for cls in base.__subclasses__() for m in [cls, *members(cls)]]
    return [cls for cls in found if not getattr(cls, "__abstractmethods__", None)]


NAMED = [cls for cls in members(Solver) if cls.__name__ in lk.__all__]
OF_ROWS = [cls for cls in NAMED if cls is not LevenbergMarquardt]


def sample(family: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns that are correlated, far from 0 and of very different size."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal((n, 5)) @ (np.eye(5) + 0.4 * rng.standard_normal((5, 5)))
    eta = 0.5 + x @ rng.normal(0, 0.3, 5)
    y = {
        "bernoulli": lambda: (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float),
        "poisson": lambda: rng.poisson(np.exp(eta)).astype(float),
        "normal": lambda: 3 + eta + 0.2 * rng.standard_normal(n),
        "negative_binomial": lambda: rng.poisson(np.exp(eta) * rng.gamma(2, 0.5, n)).astype(float),
    }[family]()
    return x * np.geomspace(0.01, 100, 5) + [0, 1, 0, 50, 0], y


def test_every_solver_is_walked() -> None:
    assert {"Newton", "BFGS", "LBFGS", "ProximalNewton", "SGD", "Adam"} <= {
        cls.__name__ for cls in NAMED
    }


@pytest.mark.parametrize("cls", OF_ROWS, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("family", ["bernoulli", "poisson", "normal", "negative_binomial"])
def test_all_reach_the_same_optimum(cls: type[Any], family: str) -> None:
    x, y = sample(family, 1500)
    best = lk.fit(y, x, family)
    solver = cls()
    fit = lk.fit(y, x, family, solver=solver)
    assert fit.converged
    assert fit.sample is not None
    solution = fit.sample.solution
    assert solution is not None
    assert solution.reason == "converged"
    assert len(solution.trace) >= 2
    assert len(fit.history) == len(solution.trace)
    # λ²/2 is the distance to the optimum, and λ² what a search promises to end below.
    excess = best.log_likelihood - fit.log_likelihood
    allowed = solver.tolerance if cls.__name__ != "ProximalNewton" else 1e-9
    assert -1e-8 < excess < 0.6 * allowed + 1e-8
    moved = (fit.params.estimate - best.params.estimate) / best.standard_errors.standard_error
    assert np.max(np.abs(moved)) < np.sqrt(1.1 * allowed) + 1e-5


@pytest.mark.parametrize("cls", [lk.BFGS, lk.LBFGS])
def test_a_sample_of_a_large_table_begins_the_metric(cls: type[Any]) -> None:
    x, y = sample("bernoulli", 60_000)
    best = lk.fit(y, x, "bernoulli")
    fit = lk.fit(y, x, "bernoulli", solver=cls())
    assert fit.log_likelihood == pytest.approx(best.log_likelihood, abs=1e-7)
    assert fit.sample is not None
    assert fit.sample.solution is not None
    # One pass with curvature, for the verdict; gradients do the rest.
    assert fit.sample.solution.passes[2] == 1


def test_a_smooth_penalty_is_taken_by_all() -> None:
    x, y = sample("poisson", 1500)
    objective = lk.NLL() + lk.L2(0.1)
    best = lk.fit(y, x, "poisson", objective=objective)
    for cls in OF_ROWS:
        fit = lk.fit(y, x, "poisson", objective=objective, solver=cls())
        excess = fit.objective_terms["mean"].sum() - best.objective_terms["mean"].sum()
        assert -1e-10 < excess * 1500 < 0.03, cls.__name__


@pytest.mark.parametrize("cls", [lk.SGD, lk.Adam])
def test_a_seed_gives_the_same_digits_and_sorted_rows_do_no_harm(cls: type[Any]) -> None:
    x, y = sample("bernoulli", 1200)
    order = np.argsort(y)
    fits = [lk.fit(y[order], x[order], "bernoulli", solver=cls(seed=s)) for s in (3, 3, 4)]
    assert fits[0].params.equals(fits[1].params)
    assert not fits[0].params.equals(fits[2].params)
    # Adam may stall a little above its tolerance there, and says so.
    best = lk.fit(y, x, "bernoulli").log_likelihood
    for fit in fits:
        assert fit.converged or (cls is lk.Adam and "not converged" in fit.diagnoses[0].kind)
        assert best - fit.log_likelihood < 0.15


def test_an_end_that_is_none_is_named() -> None:
    x, y = sample("normal", 800)
    for solver in (
        lk.BFGS(max_iterations=1), lk.LBFGS(max_iterations=1), lk.SGD(1e-4, epochs=2),
        lk.Adam(1e-5, epochs=2), lk.ProximalNewton(max_iterations=1),
    ):  # fmt: skip
        fit = lk.fit(y, x, "normal", solver=solver)
        assert not fit.converged, type(solver).__name__
        assert "not converged" in [d.kind for d in fit.diagnoses]


def test_objectives_that_a_solver_cannot_take_are_refused() -> None:
    x, y = sample("bernoulli", 200)
    sparse, firth = lk.NLL() + lk.L1(0.1), lk.NLL() + lk.Jeffreys()
    for solver, objective, words in (
        (lk.SGD(), sparse, "ProximalNewton"),
        (lk.BFGS(), sparse, "ProximalNewton"),
        (lk.Adam(), firth, "Jeffreys"),
    ):
        with pytest.raises(lk.LikelierError, match=words):
            lk.fit(y, x, "bernoulli", objective=objective, solver=solver)
    with pytest.raises(lk.LikelierError, match="kinks"):
        lk.fit(y, x, "laplace", solver=lk.SGD())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lk.SGD(0), "learning_rate of SGD"),
        (lambda: lk.Adam(batch_size=0), "batch_size of Adam"),
        (lambda: lk.Adam(epochs=2.5), "epochs of Adam"),
        (lambda: lk.Adam(schedule="cosin"), "cosine"),
        (lambda: lk.SGD(momentum=1), "momentum"),
        (lambda: lk.LBFGS(memory=0), "memory"),
        (lambda: lk.BFGS(tolerance=-1), "tolerance"),
        (lambda: lk.ProximalNewton(max_iterations=0), "1 iteration"),
    ],
)
def test_senseless_options_are_refused(make: Any, words: str) -> None:
    with pytest.raises(lk.LikelierError, match=words):
        make()
