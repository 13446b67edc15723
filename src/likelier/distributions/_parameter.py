"""Parameters of a distribution, declared once on the class with all that is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np

from likelier.distributions._domains import Domain
from likelier.special import Array


@dataclass(eq=False)
class Parameter:
    """A declared parameter: domain, meaning, default link and role; a descriptor on the class.

    An instance's given values live in its `__dict__` and so are found first; a parameter that
    was not given is computed by `derive` once and kept. `linked` names, per link, the
    alternative parameter that *is* the linear predictor under that link (`{"log": "log_rate"}`):
    models then use it, so that no digits are lost on the way through the link.

    `intercept` is False where another parameter already holds the constant of its predictor, as
    cutpoints do for the location of an ordinal family.

    `role`: "predicted" (a model gives it a predictor), "fixed" (known, with a default value) or
    "data" (known for each row, such as a number of trials).
    """

    domain: Domain
    description: str
    link: str = ""
    role: str = "predicted"
    default: Any = None
    derive: Callable[[Any], Array] | None = None
    linked: Mapping[str, str] = field(default_factory=dict)
    intercept: bool = True
    name: str = ""

    def __post_init__(self) -> None:
        self.link = self.link or self.domain.link

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Parameter: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Array: ...
    def __get__(self, instance: object | None, owner: type) -> Any:
        return self if instance is None else self.value(instance)

    def value(self, instance: Any) -> Array:
        """This parameter of a distribution, given or derived."""
        if self.name in instance.__dict__:
            return instance.__dict__[self.name]
        if self.derive is None and self.default is None:
            raise AttributeError(f"{type(instance).__name__} was made without {self.name}")
        if self.derive is None:
            return self.default
        value = self.derive(instance)
        # JAX's tracers must not outlive their trace, nor PyTorch's graphs their backward pass.
        if isinstance(value, np.ndarray | np.generic):
            instance.__dict__[self.name] = value
        return value


def parameter(
    domain: Domain,
    description: str,
    *,
    link: str = "",
    role: str = "predicted",
    default: Any = None,
    derive: Callable[[Any], Array] | None = None,
    linked: Mapping[str, str] | None = None,
    intercept: bool = True,
) -> Any:
    """Declare a parameter of a distribution; see `Parameter` for the arguments."""
    return Parameter(
        domain, description, link, role, default, derive, dict(linked or {}), intercept
    )
