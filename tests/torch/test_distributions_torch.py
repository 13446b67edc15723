"""Every family under PyTorch: values, gradients through autograd, single precision, shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from oracles import all_oracles
from oracles._compare import batches, log_prob_errors, score_errors
from oracles._oracle import Oracle

import torch
from likelier import Normal, Poisson
from likelier.distributions import _autodiff
from likelier.distributions._formulas import Formulas

each = pytest.mark.parametrize("oracle", all_oracles(), ids=repr)
instances = pytest.mark.parametrize("oracle", [o for o in all_oracles() if o.ordinary], ids=repr)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _predicted(oracle: Oracle, names: Any) -> list[str]:
    declared = oracle.cls.parameters_declared
    return [k for k in names if declared[k].role == "predicted"]


def _tensors(oracle: Oracle, arrays: Any) -> dict[str, torch.Tensor]:
    moving = _predicted(oracle, arrays)
    return {
        k: torch.tensor(np.array(v, dtype=float), requires_grad=k in moving)
        for k, v in arrays.items()
    }


def _evaluated(oracle: Oracle) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Values and gradients at every reference through autograd."""
    values: list[tuple[int, Any]] = []
    gradients: list[tuple[int, Any]] = []
    points = [(r.parameters, r.y) for r in oracle.references]
    for rows, arrays, y in batches(points):
        tensors = _tensors(oracle, arrays)
        value = oracle.cls(**tensors).log_prob(oracle.observe(torch.tensor(y)))
        value.sum().backward()
        values += [(i, value.detach().numpy()[n]) for n, i in enumerate(rows)]
        names = _predicted(oracle, arrays)
        gradients += [
            (i, {k: tensors[k].grad.numpy()[n] for k in names}) for n, i in enumerate(rows)
        ]
    return values, gradients


@pytest.mark.parametrize("through", ["numpy", "torch"])
@each
def test_values_and_gradients(
    oracle: Oracle, through: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By NumPy in the memory that tensors of the CPU share, and by PyTorch as on a device."""
    if through == "torch":
        monkeypatch.setattr(_autodiff, "shares_memory", lambda *tensors: False)
    values, gradients = _evaluated(oracle)
    # PyTorch's vectorised logarithms and exponentials round a little worse than NumPy's.
    for errors, limit, usual in (
        (log_prob_errors(oracle, values), 1e-12, 1e-14),
        (score_errors(oracle, gradients), 1e-10, 5e-14),
    ):
        assert errors.worst().error <= limit, errors.worst().text
        assert np.mean(errors.values <= usual * oracle.roundings) >= 0.99, errors.at(0.99).text


@instances
def test_broadcasting_and_gradients_of_scalars(oracle: Oracle) -> None:
    """A parameter that was broadcast gets the sum of the gradients of its copies."""
    parameters = oracle.ordinary[0]
    plain = oracle.cls(**parameters)
    y = np.asarray(plain.sample(4, seed=3), dtype=float)
    tensors = _tensors(oracle, plain.parameters)
    value = oracle.cls(**tensors).log_prob(torch.tensor(y))
    assert value.shape == (4,)
    np.testing.assert_allclose(value.detach(), plain.log_prob(y), rtol=1e-12, atol=1e-13)
    value.sum().backward()
    for name in _predicted(oracle, tensors):
        right = plain.score(y)[name].sum(0)
        assert tensors[name].grad.shape == tensors[name].shape
        np.testing.assert_allclose(tensors[name].grad, right, rtol=1e-10, atol=1e-12)


def test_many_rows_in_blocks_on_threads() -> None:
    """The rows of a long sample are those of its parts, whatever the number of threads."""
    torch.set_num_threads(2)
    rng = np.random.default_rng(5)
    y, loc = torch.tensor(rng.normal(size=(2, 300_000)))
    loc.requires_grad_()
    scale = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    value = Normal(loc, scale).log_prob(y)
    value.sum().backward()
    z = (y - loc.detach()) / 1.5
    right = -z * z / 2 - np.log(1.5 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(value.detach(), right, rtol=1e-14)
    np.testing.assert_allclose(loc.grad, z / 1.5, rtol=1e-14)
    np.testing.assert_allclose(scale.grad, (z * z - 1).sum() / 1.5, rtol=1e-11)


def test_gradients_twice_and_none() -> None:
    """A retained graph gives its gradient again; without a graph there is only the value."""
    rate = torch.tensor([2.0, 3.0], requires_grad=True)
    y = torch.tensor([1.0, -1.0])
    value = Poisson(rate).log_prob(y)
    assert value[1] == -torch.inf
    first = torch.autograd.grad(value[0], rate, retain_graph=True)[0]
    again = torch.autograd.grad(value[0], rate)[0]
    assert first.tolist() == again.tolist() == [-0.5, 0.0]
    with torch.no_grad():
        assert not Poisson(rate).log_prob(y).requires_grad


@instances
def test_python_numbers_and_integers(oracle: Oracle) -> None:
    """Numbers and integer observations follow the tensor's type."""
    parameters = oracle.ordinary[0]
    first, *_ = oracle.cls.parameter_names
    if first not in parameters or np.ndim(parameters[first]):
        return
    mixed = {**parameters, first: torch.tensor(parameters[first], dtype=torch.float64)}
    y = float(oracle.cls(**parameters).sample(seed=1))
    value = oracle.cls(**mixed).log_prob(int(y) if oracle.cls.discrete else y)
    assert value.dtype == torch.float64
    np.testing.assert_allclose(value, oracle.cls(**parameters).log_prob(y), rtol=1e-12)


@each
def test_second_derivatives(oracle: Oracle) -> None:
    """Double backward against differences of the analytic score."""
    for parameters in oracle.ordinary:
        plain = oracle.cls(**parameters)
        y = np.asarray(plain.sample(3, seed=4), dtype=float)
        tensors = _tensors(oracle, plain.parameters)
        names = _predicted(oracle, tensors)
        total = oracle.cls(**tensors).log_prob(torch.tensor(y)).sum()
        first = torch.autograd.grad(total, [tensors[k] for k in names], create_graph=True)
        analytic = plain._hessian(y)
        for a, slope in zip(names, first, strict=True):
            assert torch.isfinite(slope).all()
            if not slope.requires_grad:
                continue
            second = torch.autograd.grad(
                slope.sum(), [tensors[k] for k in names], retain_graph=True, allow_unused=True
            )
            for b, block in zip(names, second, strict=True):
                if block is None:
                    continue
                assert torch.isfinite(block).all(), (a, b)
                scalars = tensors[a].ndim == tensors[b].ndim == 0
                if analytic is not None and scalars and oracle.cls.smooth:
                    rows = analytic.get((a, b), analytic.get((b, a), np.zeros(1)))
                    batch = y.shape[: y.ndim - oracle.cls.support.event_dims]
                    right = np.broadcast_to(rows, batch).sum()
                    size = np.abs(rows).max() + np.abs(right) + 1e-300
                    np.testing.assert_allclose(block, right, rtol=1e-7, atol=1e-7 * size)


@each
def test_gradient_in_the_observation(oracle: Oracle) -> None:
    if oracle.cls.discrete or not oracle.scalar:
        return
    for parameters in oracle.ordinary:
        plain = oracle.cls(**parameters)
        y = float(plain.quantile(0.37))
        if y in oracle.atoms:
            continue
        leaf = torch.tensor(y, dtype=torch.float64, requires_grad=True)
        tensors = {k: torch.tensor(v) for k, v in plain.parameters.items()}
        oracle.cls(**tensors).log_prob(leaf).backward()
        step = 1e-5 * max(abs(y), 1e-3)
        right = (plain.log_prob(y + step) - plain.log_prob(y - step)) / (2 * step)
        np.testing.assert_allclose(leaf.grad, right, rtol=1e-5, atol=1e-7)


@each
def test_single_precision(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        plain = oracle.cls(**parameters)
        y = np.asarray(plain.sample(4, seed=2), dtype=np.float32)
        values = {k: np.float32(v) for k, v in plain.parameters.items()}
        exact = oracle.cls(**{k: np.asarray(v, dtype=float) for k, v in values.items()})
        tensors = {
            k: torch.tensor(v, requires_grad=k in _predicted(oracle, values))
            for k, v in values.items()
        }
        value = oracle.cls(**tensors).log_prob(torch.tensor(y))
        assert value.dtype == torch.float32
        right = exact.log_prob(y.astype(float))
        np.testing.assert_allclose(value.detach(), right, rtol=1e-5, atol=1e-5)
        value.sum().backward()
        for name in _predicted(oracle, tensors):
            rows = exact.score(y.astype(float))[name]
            size = np.abs(rows).sum()
            np.testing.assert_allclose(tensors[name].grad, rows.sum(0), rtol=1e-5, atol=2e-5 * size)


@each
def test_tails_and_moments(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        plain = oracle.cls(**parameters)
        d = oracle.cls(**{k: torch.tensor(v) for k, v in plain.parameters.items()})
        if np.all(np.isfinite(plain.mean)):
            np.testing.assert_allclose(d.mean, plain.mean, rtol=1e-10)
            np.testing.assert_allclose(d.variance, plain.variance, rtol=1e-10)
        np.testing.assert_array_equal(d.sample(5, seed=1), plain.sample(5, seed=1))
        if not oracle.scalar:
            continue
        y = np.asarray(plain.sample(4, seed=2), dtype=float)
        for formula in ("cdf", "sf", "log_cdf", "log_sf"):
            np.testing.assert_allclose(
                getattr(d, formula)(torch.tensor(y)),
                getattr(plain, formula)(y),
                rtol=1e-9,
                atol=1e-300,
                err_msg=formula,
            )


def test_a_family_without_a_score_is_differentiated() -> None:
    class Bell(Normal):
        _score = vars(Formulas)["_score"]
        _log_prob_and_score = vars(Formulas)["_log_prob_and_score"]
        _hessian = vars(Formulas)["_hessian"]

    y = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    found = []
    for family in (Bell, Normal):
        loc = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        scale = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
        loss = family(loc, scale).nll(y).sum()
        first = torch.autograd.grad(loss, (loc, scale), create_graph=True)
        second = torch.autograd.grad(first[0], loc)
        found.append([*first, *second])
    for ours, known in zip(*found, strict=True):
        torch.testing.assert_close(ours, known)
