"""Which families lie inside which: the values at which a family becomes a simpler one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from likelier.distributions import Fixed, ZeroInflated, from_text

Array = Any

_INSIDE = {
    ("gamma", "concentration"): (1.0, "exponential"),
    ("weibull", "concentration"): (1.0, "exponential"),
    ("negative_binomial", "dispersion"): (1.0, "geometric"),
    ("student_t", "df"): (1.0, "cauchy"),
    ("gev", "shape"): (0.0, "gumbel"),
    ("generalized_pareto", "shape"): (0.0, "exponential"),
}
"""Values in the interior of a domain at which a family is a simpler one."""

_NEAR = 1e-9
"""Distance from 0, and one over the distance from infinity, that stands for the edge itself."""
_DEPTH = 2


@dataclass(frozen=True, eq=False)
class Embedding:
    """How a family lies inside a larger one.

    Attributes:
        family: the smaller family.
        names: its parameter by the larger family's, for those that both have.
        held: values of the other parameters of the larger family.
        edges: those of them whose value is on the edge of the domain.
    """

    family: Any
    names: dict[str, str]
    held: dict[str, float]
    edges: tuple[str, ...] = ()


def embedding(small: Any, large: Any) -> Embedding | None:
    """How `small` lies inside `large`, or None if it is not known to.

    Example:
        >>> import likelier as lk
        >>> embedding(lk.Poisson, lk.NegativeBinomial).edges
        ('dispersion',)
    """
    found = [Embedding(large, {name: name for name in large.parameter_names}, {})]
    if small.text() == large.text():
        return found[0]
    if issubclass(small, Fixed) and small.base is large:
        values = {k: v for k, v in small.arguments if k in large.parameter_names}
        rest = {k: k for k in large.parameter_names if k not in values}
        whole = len(values) == len(small.arguments) and set(rest) == set(small.parameter_names)
        return Embedding(small, rest, values) if whole else None
    for _ in range(_DEPTH):
        found = [further for known in found for further in _within(known)]
        for candidate in found:
            if candidate.family.text() == small.text():
                return candidate
    return None


def _within(known: Embedding) -> Iterator[Embedding]:
    """The embeddings that hold one parameter more."""
    for name, value, at_edge, inside in _special(known.family):
        rest = [own for own in known.family.parameter_names if own != name]
        if len(rest) != len(inside.parameter_names):
            continue
        # Parameters keep their place when another one goes: mean stands for rate.
        renamed = dict(zip(rest, inside.parameter_names, strict=True))
        outer = next(k for k, own in known.names.items() if own == name)
        yield replace(
            known,
            family=inside,
            names={k: renamed[own] for k, own in known.names.items() if own != name},
            held={**known.held, outer: value},
            edges=(*known.edges, outer) if at_edge else known.edges,
        )


def _special(family: Any) -> Iterator[tuple[str, float, bool, Any]]:
    """Parameter, value, whether that is on the edge, and the family which it gives."""
    base = getattr(family, "base", None)
    if base is None:
        for (name, side), limit in family.limits.items():
            yield name, _NEAR if side == "lower" else 1 / _NEAR, True, from_text(limit)
        for (text, name), (value, inside) in _INSIDE.items():
            if text == family.text():
                yield name, value, False, from_text(inside)
        return
    if issubclass(family, ZeroInflated):
        yield "gate", _NEAR, True, base
    # A modifier of a family holds that modifier of what the family holds.
    for name, value, at_edge, inside in _special(base):
        if name in family.parameter_names and not issubclass(family, Fixed):
            yield name, value, at_edge, family.modifier.family_of(inside, family.arguments)
