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
