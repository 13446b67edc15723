"""What mixtures and independent vectors share: a family's parameters, several times over."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from likelier.distributions._domains import Domain
from likelier.distributions._links import LINKS
from likelier.distributions._parameter import Parameter
from likelier.errors import LikelierError
from likelier.special import Array

MOST = 1_000
"""Components or entries: more are a slip of the finger, or a file that means harm."""


def repeated(declared: Mapping[str, Parameter], size: int) -> dict[str, Parameter]:
    """The same parameters as vectors of this size; known ones stay single values."""
    return {
        name: dataclasses.replace(
            p,
            domain=_vector(p.domain, size),
            linked={f"each_{link}": alternative for link, alternative in p.linked.items()},
        )
        if p.role == "predicted"
        else p
        for name, p in declared.items()
    }


def _vector(domain: Domain, size: int) -> Domain:
    """Vectors of members of a domain, with the same links entry by entry."""
    cycle = domain.examples * size
    return Domain(
        f"{domain.name}, {size} times",
        f"a vector of {size}, each {domain.text}",
        domain.contains,
        # A link of several predictors an entry, as an angle's `direction`, has no entry by entry.
        {name: each for name, link in domain.links.items() if (each := f"each_{link}") in LINKS},
        event_dims=1,
        examples=(tuple(cycle[:size]), tuple(cycle[1 : size + 1])) if cycle else (),
        lower=domain.lower,
        upper=domain.upper,
        size=domain.size,
    )


def each(d: Any, values: Mapping[str, Array]) -> Any:
    """The base family's distributions of all components, on a last batch axis."""
    declared = d.base.parameters_declared
    chosen = {
        name: value if declared[name].role == "predicted" else value[..., None]
        for name, value in values.items()
        if name in declared
    }
    return d.base._of(d._xp, chosen)


def shape_checked(d: Any, size: int, whole: tuple[str, ...] = ()) -> None:
    """Raise `LikelierError` for a parameter whose last axis is not that of the components."""
    for name, value in d.parameters.items():
        if not d.parameters_declared[name].domain.event_dims:
            continue
        shape = tuple(value.shape)
        right = shape[-1:] == (size,) or (name not in whole and shape[-1:] in ((), (1,)))
        if not right:
            raise LikelierError(
                f"{type(d).__name__}: {name} needs {size} values on its last axis;"
                f" its shape is {shape}"
            )
