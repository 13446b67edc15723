"""Sparse fits: the optimum of glmnet, exact zeros, and a certificate that can be checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln

import likelier as lk

STRENGTH = 0.06
GLMNET = {
    ("normal", 1.0): """
        0.3283949525087 6.438466901656 -2.410389997182 0.6108206502626 -0.3020610996009 0 0
        7.816554444451e-05 0.003856146404692 -0.006232312903561 0.01256496074608
        -0.002177695982618 0
    """,
    ("normal", 0.4): """
        0.3309271972926 6.66287071986 -2.653975262388 0.7281277108555 -0.3492616911966
        0.01411961432389 0 0.01192701649452 0.01158734240591 -0.007467375578542 0.01350929434753
        -0.003189608327131 0.0001258732462748
    """,
    ("bernoulli", 1.0): """
        0.2423869523124 0.7303821493218 -0.06262595408255 0.8022100251032 -0.1478967674472
        0.02175767732546 0 0 0 0 0 0 0
    """,
    ("bernoulli", 0.4): """
        0.2538636743437 2.185699752758 -1.320278681861 1.189941627204 -0.3587132995303
        0.1737672507692 -0.002679981701509 0.02906845323372 -0.0009064464741274
        -0.004482991297276 0.0006059856793288 0.0005808122858262 -0.0005003917772896
    """,
    ("poisson", 1.0): """
        0.3413684146668 5.776277062546 -1.591123200778 1.128277025108 -0.24256035963
        0.0788614204848 0 -0.002757438175656 0.001463682878031 -0.01105497871801
        0.001586080785605 -0.0005382688431694 0
    """,
    ("poisson", 0.4): """
        0.3250482262379 6.088358685729 -1.675491790018 1.172947924877 -0.285582853784
        0.1207157730196 -0.00857715467564 -0.01042216357618 0.00420567214639 -0.01027689206285
        0.002735465953349 -0.001831582632726 0.0002986591708563
    """,
    ("negative_binomial", 1.0): """
        0.1766110394731 5.4905547601 -1.246800116567 1.450656765098 -0.6126709852449 0 0
        -0.02116938365014 0 -0.004769024992631 -0.002328951322579 0.002350795984061 0
    """,
    ("negative_binomial", 0.4): """
        0.1313073925141 5.235011378172 -1.394632603311 1.697611561756 -0.678471385104 0 0
        -0.03054290410262 0 -0.01005268812987 -0.005593324173762 0.005696926884978 0
    """,
}
"""Intercept and slopes by family and l1_ratio, at strength 0.06: glmnet 4.1-6 with thresh and epsnr
1e-15 and family objects, the scale of the Normal held at 1 and the dispersion at 1/2."""

FAMILIES = {
    "normal": lk.Fixed(lk.Normal, scale=1.0),
    "bernoulli": lk.Bernoulli,
    "poisson": lk.Poisson,
    "negative_binomial": lk.Fixed(lk.NegativeBinomial, dispersion=0.5),
}


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(20)
    n, p = 150, 12
    x = rng.standard_normal((n, p)) @ (np.eye(p) + 0.4 * (rng.random((p, p)) < 0.2))
    x = x * np.geomspace(0.1, 50, p)
    eta = 0.3 + (x / x.std(axis=0)) @ np.array([0.6, -0.5, 0.4, -0.3, 0.2] + [0.0] * 7)
    return x, {
        "normal": eta + rng.standard_normal(n),
        "bernoulli": (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float),
        "poisson": rng.poisson(np.exp(eta)).astype(float),
        "negative_binomial": rng.poisson(np.exp(eta) * rng.gamma(2.0, 0.5, n)).astype(float),
    }


def mean_nll(family: str, eta: np.ndarray, y: np.ndarray, dispersion: float = 0.5) -> float:
    """Written out, constants included."""
    if family == "normal":
        rows = 0.5 * (y - eta) ** 2 + 0.5 * np.log(2 * np.pi)
    elif family == "bernoulli":
        rows = np.logaddexp(0, eta) - y * eta
    elif family == "poisson":
        rows = np.exp(eta) - y * eta + gammaln(y + 1)
    else:
        k = 1 / dispersion
        rows = gammaln(k) + gammaln(y + 1) - gammaln(y + k) - k * np.log(k) - y * eta
        rows = rows + (y + k) * np.logaddexp(np.log(k), eta)
    return float(np.mean(rows))


@pytest.mark.parametrize(("family", "ratio"), GLMNET)
def test_the_optimum_is_that_of_glmnet(sample: Any, family: str, ratio: float) -> None:
    x, ys = sample
    y = ys[family]
    penalty = lk.L1(STRENGTH) if ratio == 1 else lk.ElasticNet(STRENGTH, ratio)
    fit = lk.fit(y, x, FAMILIES[family], objective=lk.NLL() + penalty)
    assert fit.converged
    assert fit.facts.residual is not None
    assert fit.facts.residual < 1e-8
    assert f"certificate: subgradient {fit.facts.residual:.1g}" in str(fit).replace("\n", " ")
    found = fit.params.estimate.to_numpy()
    reference = np.array([float(v) for v in GLMNET[family, ratio].split()])

    def objective(b: np.ndarray) -> float:
        u = b[1:] * x.std(axis=0)
        shrunk = ratio * np.sum(np.abs(u)) + (1 - ratio) / 2 * np.sum(u**2)
        return mean_nll(family, b[0] + x @ b[1:], y) + STRENGTH * float(shrunk)

    assert fit.objective_terms["mean"].sum() == pytest.approx(objective(found), abs=1e-12)
    assert abs(objective(found) - objective(reference)) < 1e-9
    np.testing.assert_array_equal(found != 0, reference != 0)
    np.testing.assert_allclose(found, reference, atol=2e-6 * np.max(np.abs(reference)))


@pytest.mark.parametrize("family", ["normal", "negative_binomial"])
def test_a_second_parameter_is_estimated_beside(sample: Any, family: str) -> None:
    """Positive and negative parts make the problem smooth with bounds, which L-BFGS-B solves."""
    x, ys = sample
    y = ys[family]
    u = (x - x.mean(axis=0)) / x.std(axis=0)
    p = u.shape[1]

    def nll(eta: np.ndarray, log_second: float) -> float:
        if family == "normal":
            return (
                mean_nll("normal", eta * np.exp(-log_second), y * np.exp(-log_second)) + log_second
            )
        return mean_nll("negative_binomial", eta, y, float(np.exp(log_second)))

    def split(v: np.ndarray) -> float:
        b = v[2 : 2 + p] - v[2 + p :]
        return nll(v[0] + u @ b, v[1]) + 0.1 * float(np.sum(v[2:]))

    best = minimize(
        split,
        np.concatenate([[0.1, 0.0], np.full(2 * p, 0.01)]),
        method="L-BFGS-B",
        bounds=[(None, None)] * 2 + [(0, None)] * (2 * p),
        options={"maxiter": 5000, "maxfun": 500_000, "ftol": 1e-16, "gtol": 1e-10},
    )
    fit = lk.fit(y, x, family, objective=lk.NLL() + lk.L1(0.1))
    assert fit.converged
    # Gradients by differences leave the reference some 1e-9 above its optimum.
    assert -1e-7 < fit.objective_terms["mean"].sum() - best.fun < 1e-9
    b = (best.x[2 : 2 + p] - best.x[2 + p :]) / x.std(axis=0)
    found = fit.params.estimate.to_numpy()[1:-1]
    np.testing.assert_array_equal(found != 0, np.abs(b * x.std(axis=0)) > 1e-4)


def many(n: int, p: int, active: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p)) + 0.7 * rng.standard_normal((n, 1))
    eta = x[:, :active] @ rng.choice([-0.6, 0.6], active)
    return x, (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)


def test_what_was_screened_out_was_left_out_rightly() -> None:
    """More columns than rows: the certificate by a full pass of one's own."""
    x, y = many(120, 600, 6, 3)
    fit = lk.fit(y, x, "bernoulli", objective=lk.NLL() + lk.L1(0.05))
    assert fit.converged
    b = fit.params.estimate.to_numpy()
    assert 3 <= np.sum(b[1:] != 0) < 60
    u = (x - x.mean(axis=0)) / x.std(axis=0)
    slope = u.T @ (1 / (1 + np.exp(-(b[0] + x @ b[1:]))) - y) / len(y)
    active = b[1:] != 0
    np.testing.assert_allclose(slope[active], -0.05 * np.sign(b[1:][active]), atol=1e-8)
    assert np.max(np.abs(slope[~active])) <= 0.05 + 1e-8
    assert fit.sample is not None
    assert fit.sample.solution is not None
    # Most columns were never in a working set.
    assert "of 601 coefficients" in fit.sample.solution.trace[-1].phase


def test_columns_alike_and_columns_without_spread_do_no_harm() -> None:
    x, y = many(200, 40, 4, 5)
    single = lk.fit(y, x, "bernoulli", objective=lk.NLL() + lk.L1(0.04))
    twice = np.column_stack([x, x[:, :5], np.ones(200)])
    fit = lk.fit(y, twice, "bernoulli", objective=lk.NLL() + lk.L1(0.04))
    assert fit.objective_terms["mean"].sum() == pytest.approx(
        single.objective_terms["mean"].sum(), abs=1e-9
    )


def test_the_largest_strength_leaves_nothing_and_a_tiny_one_the_likelihood() -> None:
    x, y = many(300, 5, 3, 6)
    u = (x - x.mean(axis=0)) / x.std(axis=0)
    top = np.max(np.abs(u.T @ (y - y.mean()))) / len(y)
    plain = lk.fit(y, x, "bernoulli")
    for strength, none in ((1.000001 * top, True), (0.999 * top, False)):
        fit = lk.fit(y, x, "bernoulli", objective=lk.NLL() + lk.L1(strength))
        assert np.all(fit.params.estimate[1:] == 0) == none
        assert fit.converged
    tiny = lk.fit(y, x, "bernoulli", objective=lk.NLL() + lk.L1(1e-9))
    np.testing.assert_allclose(tiny.params.estimate, plain.params.estimate, atol=1e-6)


def test_weights_count_rows_and_the_engine_changes_nothing() -> None:
    x, y = many(150, 50, 4, 9)
    w = np.random.default_rng(1).integers(0, 4, 150)
    objective = lk.NLL() + lk.L1(0.05)
    weighted = lk.fit(y, x, "bernoulli", objective=objective, weights=w.astype(float))
    repeated = lk.fit(
        np.repeat(y, w),
        np.repeat(x, w, axis=0),
        "bernoulli",
        objective=objective,
        engine=lk.Threads(2),
    )
    np.testing.assert_allclose(weighted.params.estimate, repeated.params.estimate, atol=1e-8)
    assert weighted.degrees_of_freedom == repeated.degrees_of_freedom


def test_a_sparse_matrix_gives_what_a_dense_one_gives() -> None:
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(12)
    x = np.where(rng.random((300, 60)) < 0.1, rng.integers(1, 4, (300, 60)), 0).astype(float)
    y = rng.poisson(np.exp(0.2 + 0.5 * x[:, 0] - 0.4 * x[:, 1])).astype(float)
    objective = lk.NLL() + lk.L1(0.05)
    dense = lk.fit(y, x, "poisson", objective=objective)
    sparse = lk.fit(y, csr_matrix(x), "poisson", objective=objective)
    np.testing.assert_allclose(sparse.params.estimate, dense.params.estimate, atol=1e-8)


def test_a_likelihood_without_bound_is_not_called_converged() -> None:
    """A perfect fit: the scale goes to 0 whatever the slopes cost."""
    table = {"y": [0.0, 1.0, 2.0, 3.0], "x": [0.0, 1.0, 2.0, 3.0]}
    fit = lk.fit("y ~ x", table, "normal", objective=lk.NLL() + lk.L1(0.5))
    assert not fit.converged


def test_no_error_ignores_the_selection() -> None:
    x, y = many(200, 6, 3, 2)
    fit = lk.fit(y, x, "bernoulli", objective=lk.NLL() + lk.L1(0.05))
    assert fit.standard_errors.standard_error.isna().all()
    assert fit.summary().table.p_value.isna().all()
    assert "no standard errors hold" in str(fit)
    for ask in (fit.conf_int, fit.covariance, lambda: fit.profile("x1")):
        with pytest.raises(lk.LikelierError, match="chosen among the terms"):
            ask()


def test_the_errors_of_a_ridge_are_those_of_the_penalised_curvature() -> None:
    x, y = many(200, 4, 2, 4)
    fit = lk.fit(y, x, "bernoulli", objective=lk.NLL() + lk.L2(0.1))
    b = fit.params.estimate.to_numpy()
    design = np.column_stack([np.ones(200), x])
    p = 1 / (1 + np.exp(-design @ b))
    plain = design.T @ ((p * (1 - p))[:, None] * design)
    ridge = np.diag([0, *(200 * 0.1 * x.var(axis=0))])
    expected = np.sqrt(np.diag(np.linalg.inv(plain + ridge)))
    np.testing.assert_allclose(fit.standard_errors.standard_error, expected, rtol=1e-6)
    effective = np.trace(np.linalg.solve(plain + ridge, plain))
    assert fit.degrees_of_freedom == pytest.approx(effective, rel=1e-6)
    note = next(d for d in fit.diagnoses if d.kind == "penalised")
    assert "not how far it has been drawn" in note.message
