"""Theophylline in twelve subjects: one compartment with first-order absorption, beside R's `nls`.

The reference figures are what R 4 prints for

    f <- conc ~ Dose * ka * ke / (CL * (ka - ke)) * (exp(-ke*Time) - exp(-ka*Time))
    coef(summary(nls(f, Theoph, start = list(ka = 1.5, ke = 0.08, CL = 0.04))))

and for `subset(Theoph, Subject == s)` in place of `Theoph`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import likelier as lk

# ka, ke, CL: estimate and standard error.
POOLED = [1.490661695, 0.1752077733, 0.080119612, 0.0088409352, 0.038841712, 0.0028896118]
POOLED_SIGMA, POOLED_LOG_LIKELIHOOD = 1.4585996, -235.6095116
# The same of each subject, then sigma.
SUBJECTS = """
1 1.7774198 0.30716597 0.053954457 0.0092201614 0.019923467 0.002535655 0.73195022
2 1.9426591 0.57628844 0.10166128 0.025321202 0.044765518 0.0073547093 1.0576096
3 2.4535661 0.17011354 0.081424944 0.0045691511 0.03955889 0.0015712811 0.23352568
4 1.1714731 0.26908002 0.087467078 0.019737931 0.037399934 0.0054153534 0.84645958
5 1.471488 0.43599523 0.088435699 0.024508485 0.043604388 0.00795144 1.2972793
6 1.1637295 0.24899834 0.099526104 0.019513345 0.051137195 0.0061560779 0.55274771
7 0.67973804 0.090268505 0.10224617 0.01372914 0.051594714 0.0037234075 0.35294426
8 1.3755233 0.29208298 0.091956735 0.01802876 0.046462437 0.0058585892 0.67854171
9 8.8656435 3.8912069 0.086631891 0.010899308 0.032687137 0.0032165657 0.55776943
10 0.69550109 0.068834879 0.073966224 0.0080601499 0.032443013 0.0021705307 0.41100521
11 3.8490443 0.31198986 0.098123275 0.0054283837 0.057246 0.0022784695 0.23081817
12 0.83289875 0.12614355 0.10557577 0.015598738 0.041996941 0.0034587597 0.59257881
"""
ROWS, NAMES = 11, ("ka", "ke", "CL")


def table() -> Any:
    """The doses as events: an amount at time 0, nothing afterwards."""
    found = lk.datasets.load("theoph")
    found["dose"] = found.dose.where(found.time == 0, 0.0)
    return found


def model(own: bool) -> lk.ODE:
    def field(t: Any, s: Any, p: Any) -> dict[str, Any]:
        absorbed = p["ka"] * s["gut"]
        return {"gut": -absorbed, "blood": absorbed - p["ke"] * s["blood"]}

    starts = {"ka": lk.positive(1.5), "ke": lk.positive(0.08), "CL": lk.positive(0.04)}
    return lk.ODE(
        field,
        initial={"gut": 0.0, "blood": 0.0},
        parameters={name: lk.own(u) if own else u for name, u in starts.items()},
        observe=lambda s, p: {"concentration": s["blood"] * p["ke"] / p["CL"]},
        doses={"gut": "dose"},
    )


def expected_errors(fit: Any, count: int) -> Any:
    """Standard errors without the factor by which `nls` makes up for what it has estimated."""
    return np.sqrt(np.diag(fit.covariance("expected"))[:count])


def test_all_subjects_alike() -> None:
    fit = lk.fit(
        "concentration ~ time + dose",
        table(),
        "normal",
        predictor=model(own=False),
        groups="subject",
    )
    n = len(lk.datasets.load("theoph"))
    np.testing.assert_allclose(fit.params.estimate[:3], POOLED[::2], rtol=1e-5)
    # nls divides by n − 3 and rests on the Jacobian, as the expected information does.
    errors = expected_errors(fit, 3) * np.sqrt(n / (n - 3))
    np.testing.assert_allclose(errors, POOLED[1::2], rtol=1e-4)
    sigma = np.exp(fit.params.estimate[3]) * np.sqrt(n / (n - 3))
    assert sigma == pytest.approx(POOLED_SIGMA, rel=1e-6)
    assert fit.log_likelihood == pytest.approx(POOLED_LOG_LIKELIHOOD, abs=1e-6)


def test_each_subject_with_parameters_of_its_own() -> None:
    """In one fit: least squares falls apart by subject, but for the sigma that they share."""
    fit = lk.fit(
        "concentration ~ time + dose",
        table(),
        "normal",
        predictor=model(own=True),
        groups="subject",
    )
    assert fit.converged
    reference = np.array([row.split() for row in SUBJECTS.split("\n") if row], dtype=float)
    terms = dict(zip(fit.params.term, fit.params.estimate, strict=True))
    errors = dict(zip(fit.params.term, expected_errors(fit, 36), strict=False))
    common = np.exp(terms["intercept"])
    assert len(reference) == 12
    for subject, *figures, sigma in reference:
        for name, value, error in zip(NAMES, figures[::2], figures[1::2], strict=True):
            term = f"{name}[{subject:.0f}]"
            assert terms[term] == pytest.approx(value, rel=2e-5), term
            assert errors[term] * sigma / common == pytest.approx(error, rel=2e-4), term
    pooled = np.sqrt(np.mean(reference[:, -1] ** 2) * (ROWS - 3) / ROWS)
    assert common == pytest.approx(pooled, rel=1e-6)
