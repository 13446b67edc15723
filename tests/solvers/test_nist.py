"""NIST's linear reference data (StRD): certified coefficients and standard errors to nine digits.

https://www.itl.nist.gov/div898/strd/lls/lls.shtml; Wampler's sets are given by formula.
"""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

import likelier as lk

X = np.arange(21.0)
POWERS = np.column_stack([X**k for k in range(1, 6)])
POLYNOMIAL = sum(X**k for k in range(6))
DISTURBANCE = np.array(
    [759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048, -2048, 1838, -2048,
     2048, -2048, 2523, -2048, 2048, -2048, 759.0]
)  # fmt: skip
WAMPLER_ERRORS = np.array(
    [2152.32624678170, 2363.55173469681, 779.343524331583, 101.475507550350, 5.64566512170752,
     0.112324854679312]
)  # fmt: skip


def digits(found: np.ndarray, certified: np.ndarray) -> float:
    """The fewest correct significant digits (log relative error), at most 15."""
    off = np.abs(np.asarray(found) - certified) / np.abs(certified)
    return float(np.min(-np.log10(np.maximum(off, 1e-15))))


@pytest.mark.parametrize("size", [1, 100, 10_000])
def test_wampler_3_to_5(size: int) -> None:
    fit = lk.fit(POLYNOMIAL + size * DISTURBANCE, POWERS, "normal")
    assert fit.converged
    assert digits(fit.params.estimate[:6], np.ones(6)) >= 9
    # NIST divides by n − p, maximum likelihood by n.
    errors = fit.standard_errors.standard_error[:6] * np.sqrt(21 / 15)
    assert digits(errors, size * WAMPLER_ERRORS) >= 9


@pytest.mark.parametrize("base", [1.0, 0.1])
def test_wampler_1_and_2_are_exact(base: float) -> None:
    y = sum((base * X) ** k for k in range(6))
    fit = lk.fit(y, POWERS, lk.Fixed(lk.Normal, scale=1.0))
    assert digits(fit.params.estimate, base ** np.arange(6)) >= 9
    # With the scale to be estimated an exact fit has no finite likelihood, which is said.
    collapsed = lk.fit(y, POWERS, "normal")
    assert [d.kind for d in collapsed.diagnoses] == ["scale collapse"]
    assert collapsed.standard_errors.standard_error.isna().all()


NORRIS = (
    "0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3 "
    "449.1 448.6 778.9 777.0 559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0 "
    "448.9 447.5 10.8 11.6 557.7 556.0 228.3 228.1 998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3 "
    "0.6 0.3 557.6 556.8 339.3 339.1 888.0 887.2 998.5 999.0 778.9 779.0 10.2 11.1 117.6 118.3 "
    "228.9 229.2 668.4 669.1 449.2 448.9 0.2 0.5"
)


def test_norris() -> None:
    table = np.array(NORRIS.split(), dtype=float).reshape(-1, 2)
    fit = lk.fit(table[:, 0], table[:, 1:], "normal")
    certified = np.array([-0.262323073774029, 1.00211681802045])
    errors = np.array([0.232818234301152, 0.429796848199937e-03])
    assert digits(fit.params.estimate[:2], certified) >= 9
    assert digits(fit.standard_errors.standard_error[:2] * np.sqrt(36 / 34), errors) >= 9


PONTIUS = (
    ".11019 .21956 .32949 .43899 .54803 .65694 .76562 .87487 .98292 1.09146 1.20001 1.30822 "
    "1.41599 1.52399 1.63194 1.73947 1.84646 1.95392 2.06128 2.16844 .11052 .22018 .32939 .43886 "
    ".54798 .65739 .76596 .87474 .98300 1.09150 1.20004 1.30818 1.41613 1.52408 1.63159 1.73965 "
    "1.84696 1.95445 2.06177 2.16829"
)


def test_pontius() -> None:
    y = np.array(PONTIUS.split(), dtype=float)
    x = 150_000.0 * np.tile(np.arange(1, 21), 2)
    fit = lk.fit(y, np.column_stack([x, x * x]), "normal")
    certified = np.array([0.673565789473684e-03, 0.732059160401003e-06, -0.316081871345029e-14])
    errors = np.array([0.107938612033077e-03, 0.157817399981659e-09, 0.486652849992036e-16])
    assert digits(fit.params.estimate[:3], certified) >= 9
    assert digits(fit.standard_errors.standard_error[:3] * np.sqrt(40 / 37), errors) >= 9


FILIP_Y = (
    "0.8116 0.9072 0.9052 0.9039 0.8053 0.8377 0.8667 0.8809 0.7975 0.8162 0.8515 0.8766 0.8885 "
    "0.8859 0.8959 0.8913 0.8959 0.8971 0.9021 0.909 0.9139 0.9199 0.8692 0.8872 0.89 0.891 "
    "0.8977 0.9035 0.9078 0.7675 0.7705 0.7713 0.7736 0.7775 0.7841 0.7971 0.8329 0.8641 0.8804 "
    "0.7668 0.7633 0.7678 0.7697 0.77 0.7749 0.7796 0.7897 0.8131 0.8498 0.8741 0.8061 0.846 "
    "0.8751 0.8856 0.8919 0.8934 0.894 0.8957 0.9047 0.9129 0.9209 0.9219 0.7739 0.7681 0.7665 "
    "0.7703 0.7702 0.7761 0.7809 0.7961 0.8253 0.8602 0.8809 0.8301 0.8664 0.8834 0.8898 0.8964 "
    "0.8963 0.9074 0.9119 0.9228"
)
FILIP_X = (
    "6.860120914 4.324130045 4.358625055 4.358426747 6.955852379 6.661145254 6.355462942 "
    "6.118102026 7.115148017 6.815308569 6.519993057 6.204119983 5.853871964 6.109523091 "
    "5.79832982 5.482672118 5.171791386 4.851705903 4.517126416 4.143573228 3.709075441 "
    "3.499489089 6.300769497 5.953504836 5.642065153 5.031376979 4.680685696 4.329846955 "
    "3.928486195 8.56735134 8.363211311 8.107682739 7.823908741 7.522878745 7.218819279 "
    "6.920818754 6.628932138 6.323946875 5.991399828 8.781464495 8.663140179 8.473531488 "
    "8.247337057 7.971428747 7.676129393 7.352812702 7.072065318 6.774174009 6.478861916 "
    "6.159517513 6.835647144 6.53165267 6.224098421 5.910094889 5.598599459 5.290645224 "
    "4.974284616 4.64454848 4.290560426 3.885055584 3.408378962 3.13200249 8.726767166 "
    "8.66695597 8.511026475 8.165388579 7.886056648 7.588043762 7.283412422 6.995678626 "
    "6.691862621 6.392544977 6.067374056 6.684029655 6.378719832 6.065855188 5.752272167 "
    "5.132414673 4.811352704 4.098269308 3.66174277 3.2644011"
)


def test_filip_is_refused_by_name() -> None:
    # Ten powers of x: the columns agree to 1e-15 and double precision cannot hold them apart.
    x, y = -np.array(FILIP_X.split(), dtype=float), np.array(FILIP_Y.split(), dtype=float)
    fit = lk.fit(y, np.column_stack([x**k for k in range(1, 11)]), "normal")
    assert not fit.converged
    assert {d.kind for d in fit.diagnoses} == {"collinearity"}
    # An orthogonal basis of the same polynomials is no trouble: the certified residual comes out.
    basis = np.polynomial.legendre.legvander((x + 5.95) / 2.84, 10)[:, 1:]
    good = lk.fit(y, basis, "normal")
    assert good.converged
    rest = np.sum((y - good.predict().mean) ** 2)
    assert np.sqrt(rest / 71) == pytest.approx(0.334801051324544e-02, rel=1e-9)


def test_longley() -> None:
    data = sm.datasets.longley.load_pandas().data
    fit = lk.fit("TOTEMP ~ GNPDEFL + GNP + UNEMP + ARMED + POP + YEAR", data, "normal")
    certified = np.array(
        [-3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683,
         -1.03322686717359, -0.511041056535807e-01, 1829.15146461355]
    )  # fmt: skip
    errors = np.array(
        [890420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699,
         0.214274163161675, 0.226073200069370, 455.478499142212]
    )  # fmt: skip
    assert digits(fit.params.estimate[:7], certified) >= 9
    assert digits(fit.standard_errors.standard_error[:7] * np.sqrt(16 / 9), errors) >= 9


@pytest.mark.parametrize(
    ("x", "y", "certified", "error"),
    [
        (np.arange(60.0, 71), np.arange(130.0, 141), 2.07438016528926, 0.165289256198347e-01),
        ([4.0, 5.0, 6.0], [3.0, 4.0, 4.0], 0.727272727272727, 0.420827318078432e-01),
    ],
)
def test_no_intercept_1_and_2(x: list, y: list, certified: float, error: float) -> None:
    x, y = np.asarray(x), np.asarray(y)
    fit = lk.fit(y, x[:, None], "normal", intercept=False)
    assert digits(fit.params.estimate[:1], np.array([certified])) >= 9
    found = fit.standard_errors.standard_error[:1] * np.sqrt(len(y) / (len(y) - 1))
    assert digits(found, np.array([error])) >= 9
