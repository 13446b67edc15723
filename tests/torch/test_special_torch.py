"""Special functions under PyTorch: values as on NumPy, autograd against mpmath, double backward."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp
from special_cases import CASES, Case

import torch
from likelier import special

each = pytest.mark.parametrize("case", CASES, ids=repr)


@each
def test_value_and_derivatives(case: Case) -> None:
    function = getattr(special, case.name)
    columns = [np.array(column) for column in zip(*case.ordinary, strict=True)]
    leaves = [torch.tensor(column, requires_grad=True) for column in columns]
    value = function(*leaves)
    np.testing.assert_allclose(value.detach().numpy(), function(*columns), rtol=1e-13, atol=1e-15)
    if case.name == "log_binomial":
        return
    slopes = torch.autograd.grad(value.sum(), leaves)
    with mp.workdps(max(case.digits, 60)):
        for row, point in enumerate(case.ordinary):
            exact = [mp.mpf(v) for v in point]
            for i, slope in enumerate(slopes):
                expected = float(case.slope(exact, i))
                # Beside a zero of the derivative only its absolute error is small.
                assert float(slope[row]) == pytest.approx(expected, rel=1e-11, abs=1e-14)


@each
def test_single_precision_is_kept(case: Case) -> None:
    arguments = [torch.tensor(c, dtype=torch.float32) for c in zip(*case.ordinary, strict=True)]
    value = getattr(special, case.name)(*arguments)
    assert value.dtype == torch.float32
    double = getattr(special, case.name)(*(a.double().numpy() for a in arguments))
    np.testing.assert_allclose(value.numpy(), double, rtol=5e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("log1pmx", (0.3,)),
        ("log_ndtr", (-1.7,)),
        ("gammaln_difference", (0.7, 2.5)),
        ("betainc", (0.8, 5.0, 0.125)),
        ("log_gammaincc", (2.0, 3.5)),
        ("log_stdtr", (4.0, -1.75)),
        ("von_mises_cdf", (-0.5, 3.0)),
    ],
)
def test_double_backward(name: str, point: tuple[float, ...]) -> None:
    leaves = tuple(torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in point)
    assert torch.autograd.gradgradcheck(getattr(special, name), leaves)


def test_gradients_at_special_points() -> None:
    def slope(function: object, *values: float) -> list[float]:
        leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
        return [float(g) for g in torch.autograd.grad(function(*leaves), leaves)]  # type: ignore[operator]

    assert slope(special.softplus, 0.0) == [0.5]
    assert slope(special.log_sigmoid, 0.0) == [0.5]
    assert slope(special.logaddexp, 0.0, 0.0) == [0.5, 0.5]
    assert slope(special.logaddexp, -np.inf, -np.inf) == [0.5, 0.5]
    assert slope(lambda y: special.xlogy(0.0, y), 0.0) == [0.0]
    assert slope(special.log_ndtr, -1e15) == pytest.approx([1e15])


def test_log_sum_exp() -> None:
    x = torch.tensor([0.0, -40.0, -41.0], dtype=torch.float64, requires_grad=True)
    rest = float(np.exp(-40.0) + np.exp(-41.0))
    value = special.log_softmax(x)[0]
    assert float(value.detach()) == pytest.approx(-np.log1p(rest), rel=1e-14)
    (gradient,) = torch.autograd.grad(value, x)
    assert float(gradient[0]) == pytest.approx(rest / (1 + rest), rel=1e-14)
    for function in (special.logsumexp, special.log_softmax, special.softmax):
        assert torch.autograd.gradcheck(function, (x,))
        assert torch.autograd.gradgradcheck(function, (x,))
    nothing = torch.full((3,), -torch.inf, requires_grad=True)
    (gradient,) = torch.autograd.grad(special.logsumexp(nothing), nothing)
    assert gradient.tolist() == [0.0, 0.0, 0.0]


def test_transforms_and_broadcasting() -> None:
    x = torch.linspace(0.5, 4.0, 5, dtype=torch.float64)
    slopes = torch.func.vmap(torch.func.grad(special.gammaln))(x)
    np.testing.assert_allclose(slopes.numpy(), special.digamma(x.numpy()), rtol=1e-14)
    a, d = torch.ones((3, 1), requires_grad=True), torch.ones((1, 4), requires_grad=True)
    special.gammaln_difference(a, d).sum().backward()
    assert a.grad is not None
    assert a.grad.shape == (3, 1)
    assert d.grad is not None
    assert d.grad.shape == (1, 4)


def test_order_of_beta_variables_is_differentiable_once() -> None:
    shapes = ((2.0, 300.0), (3.0, 4e3), (5.0, 2.0), (9.0, 50.0))
    given = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in shapes]
    value = special.log_beta_exceeds(*given)
    slopes = torch.autograd.grad(value.sum(), given, create_graph=True)
    for i, slope in enumerate(slopes):
        h = [1e-4 * np.array(x) * (i == j) for j, x in enumerate(shapes)]
        around = [
            special.log_beta_exceeds(*(np.array(x) + s * d for x, d in zip(shapes, h, strict=True)))
            for s in (1, -1)
        ]
        right = (around[0] - around[1]) / (2 * h[i])
        np.testing.assert_allclose(slope.detach(), right, rtol=1e-6)
    with pytest.raises(RuntimeError, match="no second derivatives"):
        slopes[0].sum().backward()
