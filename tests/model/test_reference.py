"""Fits as R's packages print them: MASS, survival, nnet, ordinal, pscl, sandwich, VGAM, betareg.

The figures were printed by R 4.2.2 with MASS 7.3-58.2, survival 3.5-3, nnet 7.3-18, ordinal, pscl
1.5.5, sandwich and VGAM at their tightest tolerances; betareg's are those of Cribari-Neto and
Zeileis (2010), doi:10.18637/jss.v034.i02. Standard errors agree to six digits, each under the
convention of its source. Where R differentiates by finite differences (pscl) its figures are good
to three or four digits, and exact second derivatives, by complex steps of the likelihood written
out, are what is compared to six.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import i0e, loggamma, polygamma
from statsmodels.tools.numdiff import approx_hess_cs

import likelier as lk
from likelier import datasets

SIX_DIGITS = 1e-6


def read(name: str, **levels: list[str]) -> pd.DataFrame:
    table = pd.read_csv(Path(__file__).parent / "reference" / f"{name}.csv")
    for column, order in levels.items():
        table[column] = pd.Categorical(table[column].astype(str), order)
    return table


def numbers(text: str) -> np.ndarray:
    return np.array([[float(v) for v in line.split()[1:3]] for line in text.strip().splitlines()])


def agree(
    fit: lk.Fit, text: str, signs: float = 1.0, start: int = 0, digits: float = SIX_DIGITS
) -> None:
    """Estimates and standard errors (to `digits`) from `start` on are the columns of `text`."""
    expected = numbers(text)
    part = slice(start, start + len(expected))
    estimates = fit.params.estimate.to_numpy()[part] * signs
    np.testing.assert_allclose(estimates, expected[:, 0], rtol=SIX_DIGITS, atol=2e-6)
    errors = fit.standard_errors.standard_error.to_numpy()[part]
    np.testing.assert_allclose(errors, expected[:, 1], rtol=digits)


def test_negative_binomial_of_mass() -> None:
    table = read("quine", Sex=["F", "M"], Age=["F0", "F1", "F2", "F3"], Eth=["A", "N"])
    table["Lrn"] = pd.Categorical(table.Lrn, ["AL", "SL"])
    fit = lk.fit("Days ~ Sex + Age + Eth + Lrn", table, "negative_binomial")
    assert fit.log_likelihood == pytest.approx(-546.575509144992, abs=1e-8)
    expected = numbers("""
        intercept    2.8945799902494 0.228424614782
        SexM         0.0823202841458 0.159915014648
        AgeF1       -0.4484281498776 0.239746592555
        AgeF2        0.0880801521140 0.236193028654
        AgeF3        0.3569009714294 0.248324362799
        EthN        -0.5693716973582 0.153333359283
        LrnSL        0.2921091570337 0.186474710100
    """)
    np.testing.assert_allclose(fit.params.estimate[:7], expected[:, 0], rtol=1e-7)
    # glm.nb's errors are those of the expected information.
    errors = np.sqrt(np.diag(fit.covariance("expected")))
    np.testing.assert_allclose(errors[:7], expected[:, 1], rtol=1e-6)
    theta = np.exp(-fit.params.estimate[7])
    assert theta == pytest.approx(1.274892645054, rel=1e-8)
    # theta.ml holds the means: one over the root of the observed information's own entry. It stops
    # four digits early (0.161035178773); this is its formula taken to the end.
    own = np.linalg.inv(fit.covariance().to_numpy())[7, 7]
    assert theta / np.sqrt(own) == pytest.approx(0.161035661715, rel=1e-6)
    # VGAM has both parameters in one expected information, dispersion as log(1 / dispersion).
    assert errors[7] == pytest.approx(0.124339779701, rel=1e-6)


def test_censored_weibull_of_survival() -> None:
    table = read("lung")
    table["dead"] = table.status == 2
    fit = lk.fit("Surv(time, dead) ~ age + sex", table, "weibull")
    assert fit.log_likelihood == pytest.approx(-1147.05443143, abs=5e-9)
    agree(
        fit,
        """
        intercept  6.2748530584159 0.48136695286388
        age       -0.0122570255897 0.00695747226506
        sex        0.3820851396766 0.12747684050486
    """,
    )
    agree(fit, "log_scale -0.2822953434125 0.06188327212511", signs=-1.0, start=3)


def test_censored_log_normal_of_survival() -> None:
    table = read("lung")
    table["dead"] = table.status == 2
    fit = lk.fit("Surv(time, dead) ~ age + sex", table, "log_normal")
    assert fit.log_likelihood == pytest.approx(-1158.75014259, abs=5e-9)
    agree(
        fit,
        """
        intercept  6.4079885485160 0.5929274039325
        age       -0.0233564575539 0.0083882388284
        sex        0.5192536746285 0.1551522354236
        log_scale  0.0513353890812 0.0560156773610
    """,
    )


def test_tobit_of_survival() -> None:
    table = read("tobin")
    table["low"] = np.where(table.durable > 0, table.durable, -np.inf)
    fit = lk.fit('Surv(low, durable, type="interval") ~ age + quant', table, "normal")
    assert fit.log_likelihood == pytest.approx(-28.9401331997, abs=5e-11)
    agree(
        fit,
        """
        intercept 15.1448663322209 16.0794532023836
        age       -0.1290592838646  0.2185835967164
        quant     -0.0455416628897  0.0582541155076
        log_scale  1.7178509223664  0.3103227201876
    """,
    )


HOUSING = {
    "Sat": ["Low", "Medium", "High"],
    "Infl": ["Low", "Medium", "High"],
    "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
    "Cont": ["Low", "High"],
}
CLM = {
    "logit": (-1739.574649529474, """
        InflMedium     0.566393737906 0.104652781364
        InflHigh       1.288819110370 0.127156144568
        TypeApartment -0.572350002042 0.119238008597
        TypeAtrium    -0.366186370689 0.155173332019
        TypeTerrace   -1.091014658970 0.151486018561
        ContHigh       0.360284004569 0.0955357950024
        Low|Medium    -0.496135138197 0.124847242877
        Medium|High    0.690708259263 0.125471937850
    """),
    "probit": (-1739.844421282071, """
        InflMedium     0.346422760646 0.0641370592918
        InflHigh       0.782914641874 0.0764262027700
        TypeApartment -0.347536745224 0.0722909292723
        TypeAtrium    -0.217887532892 0.0947660672350
        TypeTerrace   -0.664173494084 0.0918000388836
        ContHigh       0.222385828476 0.0581226680995
        Low|Medium    -0.299827919548 0.0761537322368
        Medium|High    0.426720836216 0.0764043361374
    """),
    "cloglog": (-1742.026585180264, """
        InflMedium     0.382046981568 0.0702598306205
        InflHigh       0.915374790645 0.0925604209744
        TypeApartment -0.407197035462 0.0860710911289
        TypeAtrium    -0.280527684209 0.1111492752910
        TypeTerrace   -0.742454743054 0.1013304517160
        ContHigh       0.209225284497 0.0651055807446
        Low|Medium    -0.796208217822 0.0896492972003
        Medium|High    0.0553758145146 0.0855965082551
    """),
}  # fmt: skip


@pytest.mark.parametrize("kind", CLM)
def test_ordinal_of_clm(kind: str) -> None:
    """The package ordinal has second derivatives by formula, MASS's polr by differences."""
    log_likelihood, text = CLM[kind]
    table = read("housing", **HOUSING)
    table["Sat"] = table.Sat.cat.as_ordered()
    family = "ordinal" if kind == "logit" else f"ordinal(kind={kind})"
    fit = lk.fit("Sat ~ Infl + Type + Cont", table, family, weights="Freq")
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=1e-9)
    expected = numbers(text)
    estimates = fit.params.estimate.to_numpy()
    np.testing.assert_allclose(estimates[:7], expected[:7, 0], rtol=SIX_DIGITS)
    errors = fit.standard_errors.standard_error.to_numpy()
    np.testing.assert_allclose(errors[:7], expected[:7, 1], rtol=SIX_DIGITS)
    # The second cutpoint is the first and the exponential of what is estimated.
    step = np.exp(estimates[7])
    assert estimates[6] + step == pytest.approx(expected[7, 0], rel=SIX_DIGITS)
    slopes = np.array([1.0, step])
    variance = slopes @ fit.covariance().to_numpy()[6:, 6:] @ slopes
    assert np.sqrt(variance) == pytest.approx(expected[7, 1], rel=SIX_DIGITS)


def test_softmax_of_multinom() -> None:
    fit = lk.fit(
        "Sat ~ Infl + Type + Cont", read("housing", **HOUSING), "categorical", weights="Freq"
    )
    assert fit.log_likelihood == pytest.approx(-1735.04193317, abs=5e-9)
    agree(
        fit,
        """
        Medium        -0.419228736434 0.172934533384
        InflMedium     0.446395893258 0.141557310767
        InflHigh       0.664935332323 0.186337525884
        TypeApartment -0.435688703615 0.172532868221
        TypeAtrium     0.131370289274 0.223106712973
        TypeTerrace   -0.666570446709 0.206253329548
        ContHigh       0.360851887710 0.132397553186
        High          -0.138742745467 0.159229568506
        InflMedium     0.734863222198 0.136937975643
        InflHigh       1.612631069509 0.167131709917
        TypeApartment -0.735631725136 0.155271430604
        TypeAtrium    -0.407978087938 0.211496621777
        TypeTerrace   -1.412327680084 0.200149438476
        ContHigh       0.481827010555 0.124137065382
    """,
    )


# pscl takes second derivatives by finite differences, good to three or four digits; the exact ones
# are those of `exact_errors`.
PSCL = 3e-4
BIO = "fem + mar + kid5 + phd + ment"


def biochemists() -> pd.DataFrame:
    return read("biochemists", fem=["Men", "Women"], mar=["Single", "Married"])


def exact_errors(log_likelihood: Callable[[np.ndarray], Any], at: np.ndarray) -> np.ndarray:
    """Standard errors from second derivatives by complex steps, exact to about eight digits."""
    hessian = approx_hess_cs(at, lambda t: log_likelihood(t).sum())
    return np.sqrt(np.diag(np.linalg.inv(-hessian)))


def count_design() -> tuple[np.ndarray, np.ndarray]:
    table = biochemists()
    columns = [table.fem == "Women", table.mar == "Married", table.kid5, table.phd, table.ment]
    return np.column_stack([np.ones(len(table)), *columns]).astype(float), table.art.to_numpy()


@pytest.mark.parametrize("family", ["zero_inflated(poisson)", "hurdle(poisson)"])
def test_errors_of_zero_models_are_exact(family: str) -> None:
    x, y = count_design()

    def log_likelihood(t: np.ndarray) -> Any:
        rate, gate = np.exp(x @ t[:6]), 1 / (1 + np.exp(-x @ t[6:]))
        inside = y * np.log(rate) - rate - loggamma(y + 1.0)
        if family.startswith("zero"):
            return np.where(
                y == 0, np.log(gate + (1 - gate) * np.exp(-rate)), np.log(1 - gate) + inside
            )
        above = np.log(1 - gate) + inside - np.log(1 - np.exp(-rate))
        return np.where(y == 0, np.log(gate), above)

    fit = lk.fit({"rate": f"art ~ {BIO}", "gate": f"~ {BIO}"}, biochemists(), family)
    expected = exact_errors(log_likelihood, fit.params.estimate.to_numpy())
    np.testing.assert_allclose(fit.standard_errors.standard_error, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "family", ["hurdle(negative_binomial)", "zero_inflated(negative_binomial)"]
)
def test_errors_of_negative_binomial_zero_models_are_exact(family: str) -> None:
    x, y = count_design()

    def log_likelihood(t: np.ndarray) -> Any:
        mean, a, gate = np.exp(x @ t[:6]), np.exp(t[6]), 1 / (1 + np.exp(-x @ t[7:]))
        share = a * mean / (1 + a * mean)
        inside = (
            loggamma(y + 1 / a) - loggamma(1 / a) - loggamma(y + 1.0)
            + y * np.log(share) + np.log(1 - share) / a
        )  # fmt: skip
        none = np.exp(np.log(1 - share) / a)
        if family.startswith("zero"):
            return np.where(y == 0, np.log(gate + (1 - gate) * none), np.log(1 - gate) + inside)
        return np.where(y == 0, np.log(gate), np.log(1 - gate) + inside - np.log(1 - none))

    fit = lk.fit({"mean": f"art ~ {BIO}", "gate": f"~ {BIO}"}, biochemists(), family)
    expected = exact_errors(log_likelihood, fit.params.estimate.to_numpy())
    np.testing.assert_allclose(fit.standard_errors.standard_error, expected, rtol=SIX_DIGITS)


def test_zero_inflated_poisson_of_pscl() -> None:
    fit = lk.fit(
        {"rate": f"art ~ {BIO}", "gate": f"~ {BIO}"}, biochemists(), "zero_inflated(poisson)"
    )
    assert fit.log_likelihood == pytest.approx(-1604.77285321, abs=5e-7)
    agree(
        fit,
        """
        intercept  0.6408380334562 0.12130678038321
        fem       -0.2091445803400 0.06340466146961
        mar        0.1037509380980 0.07111094222164
        kid5      -0.1433196620539 0.04742931864642
        phd       -0.0061660574698 0.03100815096686
        ment       0.0180977234138 0.00229434539407
        intercept -0.57706030491429 0.509386573860
        fem        0.10974717874966 0.280082374851
        mar       -0.35401345605936 0.317611421885
        kid5       0.21710059926333 0.196481810742
        phd        0.00127226075218 0.145262860849
        ment      -0.13411352867776 0.045242771389
    """,
        digits=PSCL,
    )


def test_zero_inflated_negative_binomial_of_pscl() -> None:
    fit = lk.fit(
        {"mean": f"art ~ {BIO}", "gate": f"~ {BIO}"},
        biochemists(),
        "zero_inflated(negative_binomial)",
    )
    assert fit.log_likelihood == pytest.approx(-1549.99088705, abs=5e-7)
    table = fit.params.assign(error=fit.standard_errors.standard_error)
    expected = numbers("""
        intercept  0.41674657394871 0.14359654992773
        fem       -0.19550682502611 0.07559256077608
        mar        0.09758260567753 0.08445195485196
        kid5      -0.15173245338533 0.05420605761006
        phd       -0.00070014876069 0.03626966297646
        ment       0.02478620182296 0.00349267266242
        log_theta -0.97635644820177 0.13546944840437
        intercept -0.1916861416867 1.322819049336
        fem        0.6359326013693 0.848917604390
        mar       -1.4994689780908 0.938670828794
        kid5       0.6284274319917 0.442782603656
        phd       -0.0377153304836 0.308008253846
        ment      -0.8822932748338 0.316228106161
    """)
    # The zero part is nearly flat: pscl's optimiser ends about 1e-5 of its errors off.
    off = np.abs(table.estimate - expected[:, 0]) / expected[:, 1]
    assert off.max() < 1e-4
    np.testing.assert_allclose(table.error, expected[:, 1], rtol=2e-4)


ZERO_PART = """
    intercept  0.2367960124351 0.2955188263132
    fem       -0.2511511286181 0.1591052218726
    mar        0.3262335836129 0.1808182298870
    kid5      -0.2852487157852 0.1111304341133
    phd        0.0222193970986 0.0795570956406
    ment       0.0801213546860 0.0130176346006
"""


def test_hurdle_poisson_of_pscl() -> None:
    fit = lk.fit({"rate": f"art ~ {BIO}", "gate": f"~ {BIO}"}, biochemists(), "hurdle(poisson)")
    assert fit.log_likelihood == pytest.approx(-1605.31169411, abs=5e-8)
    agree(
        fit,
        """
        intercept  0.6711393377843 0.12245572690439
        fem       -0.2285826169106 0.06521572660500
        mar        0.0964849745984 0.07282516003328
        kid5      -0.1421872448713 0.04845385702483
        phd       -0.0127265658749 0.03130384949870
        ment       0.0187455028554 0.00227989738532
    """,
        digits=PSCL,
    )
    # pscl models the probability of a count above zero, the gate here that of zero.
    agree(fit, ZERO_PART, signs=-1.0, start=6, digits=PSCL)


def test_hurdle_negative_binomial_of_pscl() -> None:
    fit = lk.fit(
        {"mean": f"art ~ {BIO}", "gate": f"~ {BIO}"}, biochemists(), "hurdle(negative_binomial)"
    )
    assert fit.log_likelihood == pytest.approx(-1552.59659121, abs=5e-7)
    agree(
        fit,
        """
        intercept  0.35512459128116 0.19683219351367
        fem       -0.24467114929768 0.09721815435762
        mar        0.10341724692547 0.10942974612087
        kid5      -0.15325924432619 0.07222908940712
        phd       -0.00293360922915 0.04806739596803
        ment       0.02373821894236 0.00428707721538
        log_theta -0.60347482203872 0.22499489314020
    """,
        digits=PSCL,
    )
    agree(fit, ZERO_PART, signs=-1.0, start=7, digits=PSCL)


def _beta_errors(table: pd.DataFrame, mean: np.ndarray, phi: float) -> np.ndarray:
    """Expected information of a beta regression, Ferrari and Cribari-Neto (2004), appendix A."""
    dummies = [(table.No == level).to_numpy(float) for level in list("ABCDEFGHI")]
    x = np.column_stack([np.ones(len(table)), *dummies, table.EP])
    one, other = polygamma(1, mean * phi), polygamma(1, (1 - mean) * phi)
    slope = mean * (1 - mean)
    weight = phi**2 * (one + other) * slope**2
    cross = phi * (one * mean - other * (1 - mean)) * slope
    own = np.sum(one * mean**2 + other * (1 - mean) ** 2 - polygamma(1, phi))
    # The precision is estimated as its logarithm.
    information = np.block(
        [
            [x.T @ (weight[:, None] * x), (phi * x.T @ cross)[:, None]],
            [(phi * x.T @ cross)[None], np.array([[phi**2 * own]])],
        ]
    )
    return np.sqrt(np.diag(np.linalg.inv(information)))


def test_beta_of_betareg() -> None:
    table = read("petrol", No=list("JABCDEFGHI"))
    table["share"] = table.Y / 100
    fit = lk.fit("share ~ No + EP", table, "beta")
    assert fit.log_likelihood == pytest.approx(84.8, abs=0.05)
    expected = np.array([
        [-6.15957, 0.18232], [1.72773, 0.10123], [1.32260, 0.11790], [1.57231, 0.11610],
        [1.05971, 0.10236], [1.13375, 0.10352], [1.04016, 0.10604], [0.54369, 0.10913],
        [0.49590, 0.10893], [0.38579, 0.11859], [0.01097, 0.00041],
    ])  # fmt: skip
    np.testing.assert_allclose(fit.params.estimate[:11], expected[:, 0], atol=6e-6)
    # betareg's errors are those of the expected information.
    errors = np.sqrt(np.diag(fit.covariance("expected")))
    np.testing.assert_allclose(errors[:11], expected[:, 1], atol=6e-6)
    phi = np.exp(fit.params.estimate[11])
    np.testing.assert_allclose(errors, _beta_errors(table, fit.predict().mean, phi), rtol=1e-8)
    assert phi == pytest.approx(440.278, abs=6e-4)
    assert phi * errors[11] == pytest.approx(110.026, abs=6e-4)


def test_von_mises_by_its_exact_likelihood() -> None:
    angles = np.deg2rad(datasets.load("turtles").iloc[:, 0].to_numpy(float))

    def nll(p: np.ndarray) -> float:
        k = np.exp(p[1])
        return float(np.sum(np.log(2 * np.pi * i0e(k)) + k * (1 - np.cos(angles - p[0]))))

    reference = minimize(
        nll,
        [1.0, 0.0],
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 5000},
    )
    fit = lk.fit("direction ~ 1", {"direction": angles}, "von_mises")
    assert fit.log_likelihood == pytest.approx(-reference.fun, abs=1e-9)
    found = fit.predict()
    assert float(np.asarray(found.concentration)[0]) == pytest.approx(
        np.exp(reference.x[1]), rel=1e-6
    )


def numbers_of(text: str) -> np.ndarray:
    return np.array([[float(v) for v in line.split()] for line in text.strip().splitlines()])


def spread(fit: lk.Fit, kind: str, groups: Any = None) -> np.ndarray:
    return np.sqrt(np.diag(fit.covariance(kind, groups)))


def test_sandwiches_of_a_poisson_as_in_r() -> None:
    """vcov, vcovHC(type = "HC0" and "HC1") and vcovCL(type = "HC1", cadjust = TRUE)."""
    table = read("quine", Sex=["F", "M"], Age=["F0", "F1", "F2", "F3"], Eth=["A", "N"])
    fit = lk.fit("Days ~ Sex + Age + Eth + Lrn", table, "poisson")
    groups = table.Age.astype(str) + " " + table.Sex.astype(str) + " " + table.Lrn
    estimates, plain, hc0, hc1, cluster = numbers_of("""
        2.715380218948 0.1615965890716 -0.3339013641124 0.2578283519091 0.4276938285292 \
-0.5336043252475 0.3489429642848
        0.06468311563858 0.04253455257852 0.07009349804382 0.0624193950381 0.06768637221637 \
0.04188310584939 0.05204314014484
        0.2353222468005 0.1550050855581 0.2666663919217 0.2496699245054 0.2476820944019 \
0.1533250717345 0.1875480079421
        0.2411748483093 0.1588601524289 0.2732985405984 0.2558793611258 0.2538420925284 \
0.1571383556819 0.1922124362704
        0.3456147399774 0.1809345093414 0.2685022705309 0.2155868298225 0.336312627754 \
0.2399396592178 0.1665679458149
    """)
    np.testing.assert_allclose(fit.params.estimate, estimates, rtol=SIX_DIGITS)
    np.testing.assert_allclose(spread(fit, "observed"), plain, rtol=SIX_DIGITS)
    np.testing.assert_allclose(spread(fit, "expected"), plain, rtol=SIX_DIGITS)
    np.testing.assert_allclose(spread(fit, "sandwich"), hc0, rtol=SIX_DIGITS)
    np.testing.assert_allclose(spread(fit, "HC0"), hc0, rtol=SIX_DIGITS)
    np.testing.assert_allclose(spread(fit, "HC1"), hc1, rtol=SIX_DIGITS)
    np.testing.assert_allclose(spread(fit, "cluster", groups), cluster, rtol=SIX_DIGITS)
    assert fit.covariance("HC0").iloc[1, 2] == pytest.approx(0.0009426638317946, rel=1e-5)
    assert fit.covariance("cluster", groups).iloc[1, 2] == pytest.approx(0.0221334026571, rel=1e-5)


def test_sandwiches_of_a_logit_as_in_r() -> None:
    table = read("endometrial")
    fit = lk.fit("HG ~ PI + EH", table, "bernoulli")
    estimates, plain, hc0, hc1, cluster = numbers_of("""
        5.439209775849 -0.01959961231113 -3.69306433974
        1.451161651618 0.03474439141523 0.8302161464961
        1.65681492276 0.04470562881812 1.034560014313
        1.689198733183 0.04557943710448 1.054781340735
        1.817591042482 0.02285815554246 1.162638724118
    """)
    np.testing.assert_allclose(fit.params.estimate, estimates, rtol=SIX_DIGITS)
    found = [spread(fit, "observed"), spread(fit, "HC0"), spread(fit, "HC1")]
    np.testing.assert_allclose(found, [plain, hc0, hc1], rtol=SIX_DIGITS)
    np.testing.assert_allclose(spread(fit, "cluster", table.NV), cluster, rtol=SIX_DIGITS)


def test_sandwiches_of_a_censored_weibull_as_in_r() -> None:
    """sandwich(survreg), all four parameters, and vcovCL(type = "HC0", cadjust = TRUE)."""
    table = read("lung")
    table["dead"] = table.status == 2
    fit = lk.fit("Surv(time, dead) ~ age + sex", table, "weibull")
    plain, hc0, cluster = numbers_of("""
        0.4813669528639 0.006957472265056 0.1274768405049 0.06188327212511
        0.4905944630976 0.007366687504156 0.1214095539272 0.06606326137423
        0.3425955741175 0.004925718421928 0.06145479630048 0.05892519205809
    """)
    np.testing.assert_allclose(spread(fit, "observed"), plain, rtol=SIX_DIGITS)
    np.testing.assert_allclose(spread(fit, "sandwich"), hc0, rtol=SIX_DIGITS)
    # Ours has the factor (n − 1) / (n − p) of HC1 too.
    factor = np.sqrt((228 - 1) / (228 - 4))
    found = spread(fit, "cluster", table.age // 5)
    np.testing.assert_allclose(found, factor * cluster, rtol=SIX_DIGITS)
