"""Fits beside statsmodels on data sets of its catalogue, for every family that it has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.discrete.truncated_model import TruncatedLFPoisson
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.miscmodels.tmodel import TLinearModel
from statsmodels.othermod.betareg import BetaModel
from statsmodels.tools.numdiff import approx_fprime, approx_hess3

import likelier as lk

# statsmodels' own optimisers stop at gradients near 1e-6, so five digits are what it can vouch for.
DIGITS = 2e-5


def load(name: str) -> pd.DataFrame:
    return getattr(sm.datasets, name).load_pandas().data


def agree(fit: lk.Fit, params: Any, errors: Any, log_likelihood: float | None) -> None:
    assert fit.converged, fit.diagnoses
    estimates = fit.params.estimate.to_numpy()
    np.testing.assert_allclose(estimates[: len(params)], np.asarray(params), rtol=DIGITS, atol=1e-8)
    found = fit.standard_errors.standard_error.to_numpy()
    np.testing.assert_allclose(found[: len(errors)], np.asarray(errors), rtol=DIGITS)
    if log_likelihood is not None:
        assert fit.log_likelihood == pytest.approx(log_likelihood, rel=1e-8)


def single(data: pd.DataFrame) -> pd.DataFrame:
    """The data as the published results have them, with GPA in single precision."""
    return data.astype(np.float32).astype(np.float64)


SPECTOR = "GRADE ~ GPA + TUCE + PSI"
RAND = "mdvis ~ lncoins + idp + lpi + fmde + physlm + disea + hlthg + hlthf + hlthp"


def test_spector_logit_as_published() -> None:
    fit = lk.fit(SPECTOR, single(load("spector")), "bernoulli")
    assert fit.log_likelihood == pytest.approx(-12.8896334653, abs=5e-11)


def test_spector_probit_as_published() -> None:
    fit = lk.fit(SPECTOR, single(load("spector")), "bernoulli", links={"logits": "probit"})
    assert fit.log_likelihood == pytest.approx(-12.8188033249, abs=5e-11)


def test_rand_visits_as_published() -> None:
    data = load("randhie")
    assert lk.fit(RAND, data, "poisson").log_likelihood == pytest.approx(-62419.588535, abs=5e-5)
    fit = lk.fit(RAND, data, "negative_binomial")
    assert fit.log_likelihood == pytest.approx(-43383.662077, abs=5e-6)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "cauchit"])
def test_spector_links(link: str) -> None:
    data = load("spector")
    links = {
        "logit": sm.families.links.Logit(),
        "probit": sm.families.links.Probit(),
        "cloglog": sm.families.links.CLogLog(),
        "cauchit": sm.families.links.Cauchy(),
    }
    x = sm.add_constant(data[["GPA", "TUCE", "PSI"]])
    theirs = sm.GLM(data.GRADE, x, sm.families.Binomial(links[link])).fit(tol=1e-14)
    ours = lk.fit(SPECTOR, data, "bernoulli", links={"logits": link})
    errors = np.sqrt(np.diag(np.linalg.inv(-theirs.model.hessian(theirs.params, observed=True))))
    agree(ours, theirs.params, errors, theirs.llf)


def test_rand_poisson() -> None:
    data = load("randhie").iloc[::4]
    theirs = sm.Poisson.from_formula(RAND, data).fit(disp=0, method="newton", tol=1e-12)
    agree(lk.fit(RAND, data, "poisson"), theirs.params, theirs.bse, theirs.llf)


def test_rand_negative_binomial() -> None:
    data = load("randhie").iloc[::4]
    start = lk.fit(RAND, data, "negative_binomial").params.estimate.to_numpy().copy()
    start[-1] = np.exp(start[-1])
    theirs = sm.NegativeBinomial.from_formula(RAND, data).fit(
        start_params=start, disp=0, method="newton", tol=1e-12
    )
    ours = lk.fit(RAND, data, "negative_binomial")
    agree(ours, theirs.params[:-1], theirs.bse[:-1], theirs.llf)
    assert np.exp(ours.params.estimate.iloc[-1]) == pytest.approx(
        theirs.params.iloc[-1], rel=DIGITS
    )


def test_rand_negative_binomial_nb1() -> None:
    data = load("randhie").iloc[::4]
    ours = lk.fit(RAND, data, "negative_binomial(kind=nb1)")
    start = ours.params.estimate.to_numpy().copy()
    start[-1] = np.exp(start[-1])
    theirs = sm.NegativeBinomial.from_formula(RAND, data, loglike_method="nb1").fit(
        start_params=start, disp=0, method="newton", tol=1e-12
    )
    agree(ours, theirs.params[:-1], theirs.bse[:-1], theirs.llf)


def test_anes_multinomial() -> None:
    data = load("anes96")
    formula = "PID ~ logpopul + selfLR + age + educ + income"
    theirs = sm.MNLogit.from_formula(formula, data).fit(disp=0, method="newton", tol=1e-12)
    agree(
        lk.fit(formula, data, "categorical"),
        theirs.params.to_numpy().T.ravel(),
        theirs.bse.to_numpy().T.ravel(),
        theirs.llf,
    )


def test_longley_normal() -> None:
    data = load("longley")
    formula = "TOTEMP ~ GNPDEFL + GNP + UNEMP + ARMED + POP + YEAR"
    theirs = sm.OLS.from_formula(formula, data).fit()
    # Maximum likelihood divides the residual sum of squares by n, OLS by n − p.
    errors = theirs.bse * np.sqrt(theirs.df_resid / theirs.nobs)
    agree(lk.fit(formula, data, "normal"), theirs.params, errors, theirs.llf)


def test_stackloss_normal() -> None:
    data = load("stackloss")
    formula = "STACKLOSS ~ AIRFLOW + WATERTEMP + ACIDCONC"
    theirs = sm.OLS.from_formula(formula, data).fit()
    errors = theirs.bse * np.sqrt(theirs.df_resid / theirs.nobs)
    agree(lk.fit(formula, data, "normal"), theirs.params, errors, theirs.llf)


def test_stackloss_student_t() -> None:
    data = load("stackloss")
    formula = "STACKLOSS ~ AIRFLOW + WATERTEMP + ACIDCONC"
    family = lk.Fixed(lk.StudentT, df=3)
    ours = lk.fit(formula, data, family)
    x = sm.add_constant(data[["AIRFLOW", "WATERTEMP", "ACIDCONC"]])
    model = TLinearModel(data.STACKLOSS, x)
    model.fix_df = 3
    model.fixed_params = None

    # Its optimiser cannot hold df: value, slope and curvature are asked at the estimate instead.
    def nll(t: np.ndarray) -> float:
        return float(model.nloglikeobs(np.concatenate([t[:4], [3.0, np.exp(t[4])]])).sum())

    at = ours.params.estimate.to_numpy()
    assert ours.log_likelihood == pytest.approx(-nll(at), rel=1e-9)
    errors = np.sqrt(np.diag(np.linalg.inv(approx_hess3(at, nll))))
    assert np.max(np.abs(approx_fprime(at, nll, centered=True) * errors)) < 1e-6
    np.testing.assert_allclose(ours.standard_errors.standard_error, errors, rtol=DIGITS)


def test_scotland_gamma() -> None:
    data = load("scotland")
    formula = "YES ~ COUTAX + UNEMPF + MOR + ACT + GDP + AGE"
    theirs = sm.GLM.from_formula(
        formula, data, family=sm.families.Gamma(sm.families.links.Log())
    ).fit(tol=1e-14)
    ours = lk.fit(formula, data, "gamma")
    np.testing.assert_allclose(
        ours.params.estimate.to_numpy()[:7], theirs.params.to_numpy(), rtol=DIGITS
    )
    # The GLM estimates its dispersion by moments: standard errors scale with its square root.
    concentration = np.exp(ours.params.estimate.iloc[-1])
    expected = ours.covariance("expected")
    np.testing.assert_allclose(
        np.sqrt(np.diag(expected))[:7],
        theirs.bse.to_numpy() / np.sqrt(theirs.scale * concentration),
        rtol=DIGITS,
    )


def test_cpunish_poisson() -> None:
    data = load("cpunish")
    formula = "EXECUTIONS ~ INCOME + PERPOVERTY + PERBLACK + VC100k96 + SOUTH + DEGREE"
    theirs = sm.GLM.from_formula(formula, data, family=sm.families.Poisson()).fit(tol=1e-14)
    agree(lk.fit(formula, data, "poisson"), theirs.params, theirs.bse, theirs.llf)


def test_star98_beta() -> None:
    data = load("star98")
    data["share"] = data.NABOVE / (data.NABOVE + data.NBELOW)
    data = data[(data.share > 0) & (data.share < 1)]
    formula = "share ~ LOWINC + PERASIAN + PERBLACK + PERHISP"
    ours = lk.fit(formula, data, "beta")
    theirs = BetaModel.from_formula(formula, data).fit(
        start_params=ours.params.estimate.to_numpy(), disp=0, method="newton", tol=1e-12
    )
    agree(ours, theirs.params, theirs.bse, theirs.llf)


def test_fair_exposure_and_weights() -> None:
    data = load("fair").iloc[:2000].copy()
    rng = np.random.default_rng(3)
    data["w"] = rng.integers(1, 4, len(data)).astype(float)
    data["count"] = np.round(data.affairs)
    formula = "count ~ age + religious"
    theirs = sm.GLM.from_formula(
        formula,
        data,
        family=sm.families.Poisson(),
        freq_weights=data.w.to_numpy(),
        exposure=data.yrs_married.to_numpy(),
    ).fit(tol=1e-14)
    ours = lk.fit(formula, data, "poisson", weights="w", exposure="yrs_married")
    agree(ours, theirs.params, theirs.bse, theirs.llf)


# statsmodels' iteration cycles between equal losses near the optimum; only its loss is compared.
CYCLES = "ignore:Convergence cycle:statsmodels.tools.sm_exceptions.ConvergenceWarning"


@pytest.mark.filterwarnings(CYCLES)
def test_engel_quantiles() -> None:
    data = load("engel")
    for level in (0.25, 0.5, 0.9):
        theirs = sm.QuantReg.from_formula("foodexp ~ income", data).fit(q=level, p_tol=1e-10)
        family = lk.Fixed(lk.AsymmetricLaplace, quantile=level)
        ours = lk.fit("foodexp ~ income", data, family)
        loss = _pinball(data, ours.params.estimate.to_numpy()[:2], level)
        assert loss <= _pinball(data, theirs.params.to_numpy(), level) * (1 + 1e-9)


@pytest.mark.filterwarnings(CYCLES)
def test_engel_laplace_is_median_regression() -> None:
    data = load("engel")
    theirs = sm.QuantReg.from_formula("foodexp ~ income", data).fit(q=0.5, p_tol=1e-10)
    ours = lk.fit("foodexp ~ income", data, "laplace")
    loss = _pinball(data, ours.params.estimate.to_numpy()[:2], 0.5)
    assert loss <= _pinball(data, theirs.params.to_numpy(), 0.5) * (1 + 1e-9)


def _pinball(data: pd.DataFrame, b: np.ndarray, level: float) -> float:
    rest = data.foodexp - b[0] - b[1] * data.income
    return float(np.sum(rest * (level - (rest < 0))))


def test_star98_binomial_counts() -> None:
    data = load("star98")
    data["total_count"] = data.NABOVE + data.NBELOW
    formula = "LOWINC + PERASIAN + PERBLACK + PERHISP + PCTCHRT"
    theirs = sm.GLM.from_formula(
        f"NABOVE + NBELOW ~ {formula}", data, family=sm.families.Binomial()
    ).fit(tol=1e-14)
    agree(lk.fit(f"NABOVE ~ {formula}", data, "binomial"), theirs.params, theirs.bse, theirs.llf)


def test_anes_ordered_logit_and_probit() -> None:
    data = load("anes96")
    formula = "PID ~ 0 + logpopul + selfLR + age + educ + income"
    for distr in ("logit", "probit"):
        family = "ordinal" if distr == "logit" else "ordinal(kind=probit)"
        ours = lk.fit("PID ~ logpopul + selfLR + age + educ + income", data, family)
        # Both carry cutpoints as the first one and logarithms of the steps. Its optimiser is slow,
        # so that its likelihood is asked at the estimate: value, slope and curvature.
        model = OrderedModel.from_formula(formula, data, distr=distr)
        at = ours.params.estimate.to_numpy()
        assert ours.log_likelihood == pytest.approx(model.loglike(at), rel=1e-10)
        errors = np.sqrt(np.diag(np.linalg.inv(-model.hessian(at))))
        assert np.max(np.abs(model.score(at) * errors)) < 1e-5
        np.testing.assert_allclose(ours.standard_errors.standard_error, errors, rtol=1e-4)


def test_rand_zero_inflated_and_hurdle_poisson() -> None:
    data = load("randhie").iloc[::8]
    x = sm.add_constant(data[["lncoins", "physlm", "disea"]])
    right = "lncoins + physlm + disea"
    ours = lk.fit({"rate": f"mdvis ~ {right}", "gate": "~ lncoins"}, data, "zero_inflated(poisson)")
    start = ours.params.estimate.to_numpy()
    gate = sm.add_constant(data[["lncoins"]])
    theirs = sm.ZeroInflatedPoisson(data.mdvis, x, exog_infl=gate).fit(
        start_params=np.concatenate([start[4:], start[:4]]), method="newton", disp=0, tol=1e-12
    )
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-10)
    np.testing.assert_allclose(start[:4], theirs.params[2:], rtol=DIGITS)
    np.testing.assert_allclose(start[4:], theirs.params[:2], rtol=DIGITS)
    hurdle = lk.fit({"rate": f"mdvis ~ {right}", "gate": f"~ {right}"}, data, "hurdle(poisson)")
    above = data[data.mdvis > 0]
    truncated = TruncatedLFPoisson(above.mdvis, x.loc[above.index]).fit(
        start_params=hurdle.params.estimate.to_numpy()[:4], method="newton", disp=0, tol=1e-12
    )
    np.testing.assert_allclose(hurdle.params.estimate[:4], truncated.params, rtol=DIGITS)
    np.testing.assert_allclose(
        hurdle.standard_errors.standard_error[:4], truncated.bse, rtol=DIGITS
    )


@pytest.mark.parametrize("name", ["inverse_gaussian", "tweedie"])
def test_means_of_dispersion_models(name: str) -> None:
    if name == "tweedie":
        data, formula, family = (
            load("fair").iloc[:1500],
            "affairs ~ age + religious",
            (lk.Fixed(lk.Tweedie, power=1.5)),
        )
        theirs = sm.families.Tweedie(sm.families.links.Log(), var_power=1.5)
    else:
        data, formula, family = (
            load("scotland"),
            "YES ~ COUTAX + UNEMPF + AGE",
            (lk.InverseGaussian),
        )
        theirs = sm.families.InverseGaussian(sm.families.links.Log())
    result = sm.GLM.from_formula(formula, data, family=theirs).fit(tol=1e-14, maxiter=500)
    ours = lk.fit(formula, data, family)
    count = len(result.params)
    np.testing.assert_allclose(ours.params.estimate[:count], result.params, rtol=DIGITS)
    if name == "tweedie":
        return  # expected information would take a quadrature for each row
    # The score of the mean does not depend on the dispersion, which the two estimate differently:
    # standard errors agree up to one factor.
    errors = np.sqrt(np.diag(ours.covariance("expected")))[:count]
    ratio = errors / result.bse.to_numpy()
    np.testing.assert_allclose(ratio, ratio[0], rtol=DIGITS)
