"""Coefficients found by the names that a user gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from likelier.errors import LikelierError, did_you_mean
from likelier.model.fitting.problem import Label, matrices_of

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Name = tuple[str, str]
"""A coefficient's parameter (with its class or component in brackets) and its term."""


def names_of(labels: Sequence[Label]) -> list[Name]:
    """The name of each coefficient, from its parameter, slot and term."""
    return [(f"{name}[{slot}]" if slot else name, term) for name, slot, term in labels]


def index_of(names: Sequence[Name], main: str, term: str | Name) -> int:
    """Where the coefficient of a term stands; the main parameter's, where several have it.

    Args:
        names: parameter and term of each coefficient.
        main: the family's main parameter.
        term: a term's name, or (parameter, term).
    """
    if isinstance(term, tuple):
        if tuple(term) in names:
            return names.index((term[0], term[1]))
    else:
        found = [i for i, (_, name) in enumerate(names) if name == term]
        own = [i for i in found if names[i][0].split("[")[0] == main]
        if len(found) == 1 or len(own) == 1:
            return (own or found)[0]
        if found:
            options = ", ".join(repr(names[i]) for i in found)
            raise LikelierError(f"term {term!r} belongs to several parameters: {options}")
    hint = did_you_mean(str(term), [name for _, name in names])
    raise LikelierError(f"no term {term!r}.{hint}")


def indices_of(fit: Fit, terms: str | Name | Sequence[str | Name]) -> list[int]:
    """Where the coefficients of terms stand; a factor such as C(place) stands for its columns.

    Of a term that several classes or components have, all are meant.

    Args:
        fit: the fit.
        terms: one term or several, each a name or (parameter, name).
    """
    if isinstance(terms, str) or (
        isinstance(terms, tuple) and len(terms) == 2 and tuple(terms) in _all_names(fit)
    ):
        terms = [terms]  # type: ignore[list-item]
    found: list[int] = []
    for term in terms:
        found += [i for i in _group(fit, term) if i not in found]
    if not found:
        raise LikelierError("terms names no coefficient")
    return found


def _all_names(fit: Fit) -> set[Name]:
    """Every (parameter, name) that means something, factors and bare parameters included."""
    names = set(fit._names())
    names |= {(parameter.split("[")[0], term) for parameter, term in names}
    return names | {(parameter, group) for parameter, group, _ in _groups(fit)}


def _groups(fit: Fit) -> list[tuple[str, str, tuple[str, ...]]]:
    """Parameter, name and columns of each term of several columns."""
    if fit.sample is None:
        return []
    return [
        (parameter, group, matrix.names[columns])
        for parameter, matrix in matrices_of(fit.sample.design, fit.distribution).items()
        for group, columns in matrix.groups
    ]


def _group(fit: Fit, term: str | Name) -> list[int]:
    """The coefficients that one term means."""
    names = fit._names()
    bare = [(parameter.split("[")[0], name) for parameter, name in names]
    main = fit.distribution.main
    parameter, name = term if isinstance(term, tuple) else (None, term)
    if parameter is not None and (parameter, name) in names:
        return [names.index((parameter, name))]
    columns = {(p, group): own for p, group, own in _groups(fit)}
    owners = [parameter] if parameter else list(dict.fromkeys(p for p, _ in [*bare, *columns]))
    owners = [p for p in owners if (p, name) in bare or (p, name) in columns]
    if len(owners) > 1 and main in owners:
        owners = [main]
    if len(owners) != 1:
        return [index_of(names, main, term)]
    wanted = columns.get((owners[0], name), (name,))
    return [i for i, (p, own) in enumerate(bare) if p == owners[0] and own in wanted]
