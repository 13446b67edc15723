"""Everything that users type says what it does and shows it; the examples run as doctests."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import likelier as lk

PUBLIC = [name for name in lk.__all__ if not isinstance(getattr(lk, name), str | ModuleType)]
TYPED = (lk.Fit, lk.Comparison, lk.Assessment, lk.ABTest, lk.AdjustedABTest, lk.Distribution)
"""Classes whose instances users call methods of."""


def members(cls: type) -> Iterator[tuple[type, str, Any]]:
    """Public attributes of a class that are defined for its users, and where."""
    # What a family declares and the formulas that it writes lie on floors of their own.
    homes = [cls] if cls is lk.Distribution else [c for c in cls.__mro__ if c is not object]
    for home in homes:
        for name, value in vars(home).items():
            if not name.startswith("_"):
                yield home, name, value


def function_of(value: Any) -> Callable[..., Any] | None:
    """The function behind a method; None for properties and data."""
    if isinstance(value, classmethod | staticmethod):
        return value.__func__
    return value if inspect.isfunction(value) else None


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_an_example(name: str) -> None:
    text = inspect.getdoc(getattr(lk, name)) or ""
    assert ">>> " in text, f"the docstring of lk.{name} has no runnable example"


METHODS = [
    pytest.param(function, id=f"{home.__name__}.{name}")
    for cls in TYPED
    for home, name, value in members(cls)
    if (function := function_of(value)) is not None
]


@pytest.mark.parametrize("function", METHODS)
def test_every_method_has_an_example(function: Callable[..., Any]) -> None:
    assert ">>> " in (inspect.getdoc(function) or ""), function.__qualname__


def test_every_property_says_what_it_is() -> None:
    silent = [
        f"{cls.__name__}.{name}"
        for cls in TYPED
        for _, name, value in members(cls)
        if isinstance(value, property) and not inspect.getdoc(value)
    ]
    assert not silent
    assert len(METHODS) > 30


@pytest.mark.parametrize("name", [n for n in PUBLIC if inspect.isclass(getattr(lk, n))])
def test_every_member_of_a_public_class_says_what_it_is(name: str) -> None:
    cls = getattr(lk, name)
    own = [
        member
        for home, member, value in members(cls)
        if home.__module__.startswith("likelier")
        and (function_of(value) is not None or isinstance(value, property))
    ]
    assert [member for member in own if not inspect.getdoc(getattr(cls, member))] == []
