"""What holds for every family of the catalogue as a class and as an object."""

from __future__ import annotations

import functools
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracles import all_oracles, written_oracles
from oracles._oracle import Oracle

import likelier.distributions as package
from likelier.distributions import Distribution, catalogue, from_text, parameter
from likelier.distributions._domains import real
from likelier.distributions._text import modifiers
from likelier.errors import LikelierError, UndefinedError

each = pytest.mark.parametrize("oracle", all_oracles(), ids=repr)
instances = pytest.mark.parametrize("oracle", [o for o in all_oracles() if o.ordinary], ids=repr)


families = pytest.mark.parametrize("family", catalogue().values(), ids=lambda f: f.__name__)
both = pytest.mark.parametrize(
    "family", [*catalogue().values(), *modifiers().values()], ids=lambda f: f.__name__
)


def test_every_family_is_exported() -> None:
    found = set()
    for module in pkgutil.iter_modules(package.__path__):
        members = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
        found |= {
            name
            for name, m in members.items()
            if inspect.isclass(m)
            and issubclass(m, Distribution)
            and not name.startswith("_")
            and m.__module__.startswith(package.__name__)
            and m.__module__ != package.__name__
            and not hasattr(m, "modify")
            and m.parametrisations
        }
    assert found <= set(package.__all__), "in a file, but not in __all__"


def test_every_oracle_has_a_family() -> None:
    assert {o.family for o in written_oracles()} == {o.family for o in all_oracles()}


@both
def test_every_family_and_modifier_has_an_oracle(family: Any) -> None:
    known = {o.cls.text() for o in all_oracles()}
    assert any(text == family.text() or text.startswith(family.text() + "(") for text in known), (
        f"write tests/distributions/oracles/{family.text()}.py"
    )


@families
def test_documentation(family: type[Distribution]) -> None:
    text = inspect.getdoc(family) or ""
    assert "log p" in text
    assert "Args:" in text
    assert "Source:" in text
    assert ">>>" in text
    assert family.source
    for name, declared in family.parameters_declared.items():
        assert f"{name}:" in text or f"{name}, " in text, f"{name} is not documented"
        assert declared.description


@each
def test_text_round_trip(oracle: Oracle) -> None:
    assert from_text(oracle.cls.text()) is oracle.cls


@each
def test_construction(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        d = oracle.cls(**parameters)
        assert set(d.given) >= set(parameters)
        assert d.batch_shape == ()
        with pytest.raises(AttributeError, match="do not change"):
            d.loc = 1.0
        with pytest.raises(LikelierError, match="no parameter 'nonsense'"):
            oracle.cls(**parameters, nonsense=1.0)
        with pytest.raises(LikelierError, match="takes"):
            oracle.cls()


@each
def test_every_parameter_refuses_what_is_outside_its_domain(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        for name in parameters:
            domain = oracle.cls.parameters_declared[name].domain
            for wrong in (-1.0, 0.0, 0.5, 2.0, np.inf, np.nan):
                value = np.array(parameters[name], dtype=float)
                value[(0,) * value.ndim] = wrong
                if not np.all(domain.contains(np, value)):
                    with pytest.raises(LikelierError, match=f"{name} must be"):
                        oracle.cls(**{**parameters, name: value})


@each
def test_outside_the_support(oracle: Oracle) -> None:
    support = oracle.cls.support
    for parameters in oracle.ordinary:
        d = oracle.cls(**parameters)
        for wrong in (-1.0, 0.0, 0.5, 1.5, 2.0, -np.inf, np.inf):
            y = np.full(d.sample(seed=1).shape, wrong)
            if not np.all(support.contains(np, y)):
                assert d.log_prob(y) == -np.inf
        y = np.full(d.sample(seed=1).shape, np.nan)
        assert np.isnan(d.log_prob(y))


@each
def test_repr_and_pickle(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        d = oracle.cls(**parameters)
        assert repr(d).startswith(oracle.cls.__name__ + "(")
        assert all(name in repr(d) for name in parameters)
        again = pickle.loads(pickle.dumps(d))
        assert type(again) is type(d)
        for name, value in d.parameters.items():
            np.testing.assert_array_equal(again.parameters[name], value)


@instances
def test_broadcasting(oracle: Oracle) -> None:
    parameters = oracle.ordinary[0]
    one = oracle.cls(**parameters)
    y = _observations(oracle, one, 4)
    stacked = {
        k: np.broadcast_to(v, (3, 1, *np.shape(v))) if k == oracle.cls.parameter_names[0] else v
        for k, v in one.parameters.items()
    }
    many = oracle.cls(**stacked)
    assert many.batch_shape == (3, 1)
    assert len(many) == 3
    value, score = many.log_prob(y), many.score(y)
    assert value.shape == (3, 4)
    np.testing.assert_allclose(value[1], one.log_prob(y), rtol=1e-14)
    for name, part in one.score(y).items():
        event = np.shape(one.parameters[name])
        assert np.shape(part) == (4, *event), name
        assert np.shape(score[name]) == (3, 4, *event), name
        np.testing.assert_allclose(score[name][2], part, rtol=1e-14)
    assert one.log_prob(y[0]).shape == ()
    np.testing.assert_allclose(many[0].log_prob(y), value[0], rtol=1e-14)
    if many.support.event_dims == 0:
        for formula in ("cdf", "sf", "log_cdf", "log_sf"):
            assert getattr(many, formula)(y).shape == (3, 4), formula
        assert many.crps(y).shape == (3, 4)
        assert many.quantile(np.array([0.2, 0.5, 0.6, 0.9])).shape == (3, 4)
    assert many.sample(5, seed=1).shape[:3] == (5, 3, 1)


@each
def test_single_precision(oracle: Oracle) -> None:
    """float32 in, float32 out, right to 1e-5."""
    for parameters in oracle.ordinary:
        exact = oracle.cls(**{k: np.asarray(v)[None] for k, v in parameters.items()})
        values = {k: np.float32(v) for k, v in exact.parameters.items()}
        d = oracle.cls(**values)
        y = _observations(oracle, exact[0], 5).astype(np.float32)
        rounded = oracle.cls(**{k: v.astype(float) for k, v in values.items()})
        got, right = d.log_prob(y), rounded.log_prob(y.astype(float))
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, right, rtol=1e-5, atol=1e-5)
        for name, part in rounded.score(y.astype(float)).items():
            size = np.max(np.abs(part))
            np.testing.assert_allclose(d.score(y)[name], part, rtol=1e-5, atol=2e-5 * size)


def _observations(oracle: Oracle, d: Any, n: int) -> np.ndarray:
    return np.asarray(d.sample(n, seed=7), dtype=float)


@instances
def test_what_a_family_lacks_is_said(oracle: Oracle) -> None:
    """Every quantity of the contract is there, or `UndefinedError` names family and quantity."""
    d = oracle.cls(**oracle.ordinary[0])
    y = oracle.observe(_observations(oracle, d, 3))
    asked: dict[str, Callable[[], Any]] = {
        **{name: functools.partial(getattr, d, name) for name in ("mean", "variance", "mode")},
        **{name: functools.partial(getattr(d, name), y) for name in ("cdf", "sf", "log_cdf")},
        "quantile": lambda: d.quantile(0.3),
        "crps": lambda: d.crps(y),
        "entropy": d.entropy,
        "information": d.information,
    }
    for name, value in asked.items():
        try:
            assert value() is not None, name
        except UndefinedError:
            assert oracle.cls.support.event_dims, f"numbers have a {name}"


def test_a_family_without_formulas_lacks_them_by_name() -> None:
    class Bare(Distribution):
        support = real
        loc = parameter(real, "anything")

        def _log_prob(self, y: Any) -> Any:
            return -((y - self.loc) ** 2)

    for name in ("mean", "variance", "mode"):
        with pytest.raises(UndefinedError, match=f"Bare has no {name}"):
            getattr(Bare(0.0), name)
    for name in ("cdf", "sf"):
        with pytest.raises(UndefinedError, match=f"Bare has no {name}"):
            getattr(Bare(0.0), name)(1.0)


@each
def test_starting_values_are_in_their_domains(oracle: Oracle) -> None:
    for parameters in oracle.ordinary:
        d = oracle.cls(**parameters)
        known = {
            k: v for k, v in parameters.items() if oracle.cls.parameters_declared[k].role == "data"
        }
        if known:
            continue
        y = _observations(oracle, d, 200)
        for weights in (None, np.linspace(0.5, 2.0, 200)):
            start = oracle.cls._start(y, weights)
            assert set(start) >= set(oracle.cls.parameter_names)
            for name, value in start.items():
                domain = oracle.cls.parameters_declared[name].domain
                assert np.all(domain.contains(np, np.asarray(value))), name
