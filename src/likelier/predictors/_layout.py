"""How named unknowns, shared ones and those of each group, stand in one vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.errors import DataError, LikelierError
from likelier.predictors._unknowns import Unknown

Array = Any


@dataclass(frozen=True)
class Layout:
    """Where each named unknown stands; hashable, so that it can be part of what is compiled.

    Attributes:
        names: of the unknowns.
        own: whether each has an entry for every group.
        groups: number of groups.
    """

    names: tuple[str, ...]
    own: tuple[bool, ...]
    groups: int = 1

    @classmethod
    def of(cls, unknowns: Mapping[str, Unknown], groups: int) -> Layout:
        """The layout of these unknowns for so many groups."""
        return cls(tuple(unknowns), tuple(u.own for u in unknowns.values()), groups)

    @property
    def size(self) -> int:
        """Number of entries of the vector."""
        return sum(self.groups if own else 1 for own in self.own)

    def read(self, p: Array, group: Array) -> dict[str, Array]:
        """Each unknown by name: a number, or of an own one that of the group (or groups)."""
        found, position = {}, 0
        for name, own in zip(self.names, self.own, strict=True):
            if own:
                found[name] = p[position : position + self.groups][group]
                position += self.groups
            else:
                found[name] = p[position]
                position += 1
        return found

    def places(self, group: int) -> Array:
        """Where in the vector each unknown of one group stands."""
        sizes = [self.groups if own else 1 for own in self.own]
        first = np.cumsum([0, *sizes[:-1]])
        return first + np.where(self.own, group, 0)

    def spread(self, values: Mapping[str, Any]) -> list[Any]:
        """Something of each unknown, once for each of its entries in the vector."""
        return [
            values[name]
            for name, own in zip(self.names, self.own, strict=True)
            for _ in range(self.groups if own else 1)
        ]

    def labels(self, levels: tuple[Any, ...]) -> tuple[str, ...]:
        """The name of each entry; that of an own one with its group in brackets."""
        return tuple(
            f"{name}[{level}]" if own else name
            for name, own in zip(self.names, self.own, strict=True)
            for level in (levels if own else ("",))
        )


def group_codes(
    groups: Array | None, levels: tuple[Any, ...] | None, n: int, needed: bool
) -> tuple[Array, tuple[Any, ...]]:
    """The number of each row's group, (n,), and the groups.

    Args:
        groups: (n,) labels, or None for one group.
        levels: groups of the fit, if these are other rows; groups may be new where nothing is
            each group's own.
        n: number of rows.
        needed: whether an unknown is each group's own.
    """
    if groups is None:
        if needed:
            raise LikelierError(
                "a parameter is each group's own (lk.own), but no groups are given: "
                'groups="column"'
            )
        return np.zeros(n, dtype=np.int64), ("",)
    found, codes = np.unique(np.asarray(groups), return_inverse=True)
    seen = tuple(found.tolist())
    if levels is None or not needed:
        return codes.astype(np.int64), seen
    place = {level: i for i, level in enumerate(levels)}
    unseen = [level for level in seen if level not in place]
    if unseen:
        known = ", ".join(map(str, levels[:6])) + (", …" if len(levels) > 6 else "")
        raise DataError(
            f"group {unseen[0]!r} was not in the fit and has no parameters of its own there; "
            f"groups of the fit: {known}"
        )
    return np.array([place[level] for level in seen], dtype=np.int64)[codes], levels
