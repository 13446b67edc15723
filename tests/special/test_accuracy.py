"""Values on NumPy against arithmetic of 60 digits and more, over the whole domain."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from mpmath import mp, mpf
from special_cases import CASES, Case

from likelier import special

each = pytest.mark.parametrize("case", CASES, ids=repr)
# What is tested in files of its own, or is not a function of numbers.
ELSEWHERE = {
    "as_floating",
    "differentiable",
    "is_jax",
    "jax_namespace",
    "is_torch",
    "namespace",
    "softmax",
    "log_softmax",
    "logsumexp",
    "gammaln_digamma",
    "stirling_error_and_slope",
    "log_i0e_and_complement",
    "gammainc_grad_a",
    "gammaincinv",
    "gammainccinv",
    "betainc_grad",
    "log_beta_exceeds",
    "betaincinv",
    "stdtrit",
    "stdtr_grad_df",
    "bessel_ratio_inverse",
    "student_constant",
    "student_constant_slope",
    "student_constant_bend",
}


def test_every_function_has_its_case() -> None:
    functions = {n for n, f in vars(special).items() if inspect.isfunction(f)}
    aliases = {"sigmoid", "log1pexp"}
    assert functions - aliases - ELSEWHERE == {c.name for c in CASES}
    assert special.sigmoid is special.expit
    assert special.log1pexp is special.softplus


@each
def test_value(case: Case) -> None:
    points = case.points()
    values = getattr(special, case.name)(*np.array(points).T)
    # A difference needs the digits that it loses, and the slope a third of the rest.
    with mp.workdps(case.digits):
        for point, value in zip(points, values, strict=True):
            exact, change = case.condition(point)
            # What is below the smallest number is rightly 0.
            allowed = case.eps * mpf(2) ** -52 * (abs(exact) + change) + mpf("1e-300")
            assert abs(mpf(float(value)) - exact) <= allowed, (point, value, exact)


@each
def test_single_precision(case: Case) -> None:
    arguments = [np.float32(column) for column in zip(*case.ordinary, strict=True)]
    function = getattr(special, case.name)
    value = function(*arguments)
    assert value.dtype == np.float32
    # The double result at the same rounded arguments is exact beside single precision.
    double = function(*(np.float64(a) for a in arguments))
    np.testing.assert_allclose(value, double, rtol=1e-5, atol=1e-6)


@each
def test_scalars_and_shapes(case: Case) -> None:
    function = getattr(special, case.name)
    columns = np.array(case.ordinary).T
    value = function(*columns)
    assert np.shape(function(*case.ordinary[0])) == ()
    assert function(*case.ordinary[0]) == pytest.approx(value[0], rel=1e-14)
    if len(columns) == 2:
        table = function(columns[0][:, None], columns[1][None, :])
        np.testing.assert_allclose(np.diagonal(table), value, rtol=1e-14)
