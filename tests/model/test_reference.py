"""Fits as R's packages print them: MASS, survival, nnet, pscl, betareg.

The figures were printed by R 4.2.2 with MASS 7.3-58.2, survival 3.5-3, nnet 7.3-18 and pscl 1.5.5
at their tightest tolerances; betareg's are those of Cribari-Neto and Zeileis (2010),
doi:10.18637/jss.v034.i02. Optimisers without derivatives end about 1e-6 from the optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import i0e, loggamma
from statsmodels.tools.numdiff import approx_hess_cs

import likelier as lk
from likelier import datasets

FIVE_DIGITS = 2e-5


def read(name: str, **levels: list[str]) -> pd.DataFrame:
    table = pd.read_csv(Path(__file__).parent / "reference" / f"{name}.csv")
    for column, order in levels.items():
        table[column] = pd.Categorical(table[column].astype(str), order)
    return table


def numbers(text: str) -> np.ndarray:
    return np.array([[float(v) for v in line.split()[1:3]] for line in text.strip().splitlines()])


def agree(
    fit: lk.Fit, text: str, signs: float = 1.0, start: int = 0, digits: float = FIVE_DIGITS
) -> None:
    """Estimates and standard errors (to `digits`) from `start` on are the columns of `text`."""
    expected = numbers(text)
    part = slice(start, start + len(expected))
    estimates = fit.params.estimate.to_numpy()[part] * signs
    np.testing.assert_allclose(estimates, expected[:, 0], rtol=FIVE_DIGITS, atol=2e-6)
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
    assert theta * fit.standard_errors.standard_error[7] == pytest.approx(0.161035178773, rel=5e-3)


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
POLR = {
    "logit": (-1739.57464953, """
        InflMedium     0.566393737970 0.1046527843930
        InflHigh       1.288819110995 0.1271561476939
        TypeApartment -0.572350001880 0.1192380119102
        TypeAtrium    -0.366186370358 0.1551733364102
        TypeTerrace   -1.091014658728 0.1514860225314
        ContHigh       0.360284004329 0.0955357977487
        Low|Medium    -0.496135138449 0.1248472450367
        Medium|High    0.690708260091 0.1254719394718
    """),
    "probit": (-1739.84442128, """
        InflMedium     0.346422760282 0.0641370597994
        InflHigh       0.782914645476 0.0764262033777
        TypeApartment -0.347536744360 0.0722909298911
        TypeAtrium    -0.217887532751 0.0947660680032
        TypeTerrace   -0.664173494505 0.0918000396077
        ContHigh       0.222385829993 0.0581226685946
        Low|Medium    -0.299827920641 0.0761537320925
        Medium|High    0.426720834746 0.0764043352227
    """),
    "cloglog": (-1742.02658518, """
        InflMedium     0.3820469814675 0.0702598255843
        InflHigh       0.9153747911644 0.0925604136972
        TypeApartment -0.4071970369624 0.0860710845296
        TypeAtrium    -0.2805276860114 0.1111492667808
        TypeTerrace   -0.7424547457435 0.1013304444239
        ContHigh       0.2092252830297 0.0651055760605
        Low|Medium    -0.7962082169017 0.0896492861818
        Medium|High    0.0553758163415 0.0855965004560
    """),
}  # fmt: skip


@pytest.mark.parametrize("kind", POLR)
def test_ordinal_of_mass(kind: str) -> None:
    log_likelihood, text = POLR[kind]
    table = read("housing", **HOUSING)
    table["Sat"] = table.Sat.cat.as_ordered()
    family = "ordinal" if kind == "logit" else f"ordinal(kind={kind})"
    fit = lk.fit("Sat ~ Infl + Type + Cont", table, family, weights="Freq")
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=5e-9)
    # polr's Hessian is numerical, good to about four digits.
    expected = numbers(text)
    estimates = fit.params.estimate.to_numpy()
    np.testing.assert_allclose(estimates[:7], expected[:7, 0], rtol=FIVE_DIGITS)
    errors = fit.standard_errors.standard_error.to_numpy()
    np.testing.assert_allclose(errors[:7], expected[:7, 1], rtol=2e-4)
    step = np.exp(estimates[7])
    assert estimates[6] + step == pytest.approx(expected[7, 0], rel=FIVE_DIGITS)
    slopes = np.array([1.0, step])
    variance = slopes @ fit.covariance().to_numpy()[6:, 6:] @ slopes
    assert np.sqrt(variance) == pytest.approx(expected[7, 1], rel=2e-4)


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


def test_errors_of_the_hurdle_negative_binomial_are_exact() -> None:
    x, y = count_design()

    def log_likelihood(t: np.ndarray) -> Any:
        mean, a, gate = np.exp(x @ t[:6]), np.exp(t[6]), 1 / (1 + np.exp(-x @ t[7:]))
        share = a * mean / (1 + a * mean)
        inside = (
            loggamma(y + 1 / a) - loggamma(1 / a) - loggamma(y + 1.0)
            + y * np.log(share) + np.log(1 - share) / a
        )  # fmt: skip
        above = np.log(1 - gate) + inside - np.log(1 - np.exp(np.log(1 - share) / a))
        return np.where(y == 0, np.log(gate), above)

    fit = lk.fit(
        {"mean": f"art ~ {BIO}", "gate": f"~ {BIO}"}, biochemists(), "hurdle(negative_binomial)"
    )
    expected = exact_errors(log_likelihood, fit.params.estimate.to_numpy())
    np.testing.assert_allclose(fit.standard_errors.standard_error, expected, rtol=1e-6)


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
