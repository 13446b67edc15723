"""Estimates at the edge of a domain are called so, and the rest of the fit stays right."""

from __future__ import annotations

import numpy as np
import pytest

import likelier as lk


def test_underdispersed_counts_are_at_the_poisson_boundary() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(200)
    y = rng.binomial(20, 1 / (1 + np.exp(-0.3 * x)))
    fit = lk.fit("y ~ x", {"x": x, "y": y}, "negative_binomial")
    (found,) = fit.diagnoses
    assert found.kind == "boundary"
    assert found.where == ("dispersion",)
    assert "poisson" in found.remedy
    poisson = lk.fit("y ~ x", {"x": x, "y": y}, "poisson")
    np.testing.assert_allclose(fit.params.estimate[:2], poisson.params.estimate, rtol=1e-6)
    np.testing.assert_allclose(
        fit.standard_errors.standard_error[:2],
        poisson.standard_errors.standard_error,
        rtol=1e-5,
    )
    assert np.isneginf(fit.params.estimate[2])
    assert np.isnan(fit.standard_errors.standard_error[2])
    assert fit.log_likelihood == pytest.approx(poisson.log_likelihood, abs=1e-4)


def test_normal_noise_sends_the_degrees_of_freedom_to_infinity() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(60)
    y = x + rng.uniform(-1, 1, 60)
    fit = lk.fit({"loc": "y ~ x"}, {"x": x, "y": y}, "student_t")
    assert [d.kind for d in fit.diagnoses] == ["boundary"]
    normal = lk.fit("y ~ x", {"x": x, "y": y}, "normal")
    table, errors = fit.params, fit.standard_errors
    own = table.parameter == "loc"
    np.testing.assert_allclose(table.estimate[own], normal.params.estimate[:2], rtol=1e-3)
    np.testing.assert_allclose(
        errors.standard_error[own], normal.standard_errors.standard_error[:2], rtol=1e-2
    )
