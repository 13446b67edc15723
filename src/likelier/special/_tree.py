"""Containers of arrays as JAX has them, its pytrees, and without it where no container is its own.

Tuples (named ones too), lists, dicts in the order of their keys, and None, which holds nothing, are
walked here; any other container is left to JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Skeleton:
    """Dicts, lists and tuples without the arrays in them.

    Attributes:
        kind: of the container; None of an array.
        keys: of a dict, in order.
        parts: what is in it.
    """

    kind: type | None = None
    keys: tuple[str, ...] = ()
    parts: tuple[Skeleton, ...] = ()

    def fill(self, leaves: Iterator[Any]) -> Any:
        """The containers with these arrays."""
        if self.kind is None:
            return next(leaves)
        parts = [part.fill(leaves) for part in self.parts]
        return dict(zip(self.keys, parts, strict=True)) if self.kind is dict else self.kind(parts)

    def paths(self) -> list[str]:
        """The way to each array, such as `.layers[0].weight`."""
        if self.kind is None:
            return [""]
        steps = [f".{k}" for k in self.keys] or [f"[{i}]" for i in range(len(self.parts))]
        return [
            step + rest
            for step, part in zip(steps, self.parts, strict=True)
            for rest in part.paths()
        ]


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """The arrays of a tree, and what `unflatten` puts them back into: hashable, without arrays."""
    found: list[Any] = []
    skeleton = _skeleton(tree, found)
    if skeleton is not None:
        return found, skeleton
    import jax

    leaves, structure = jax.tree.flatten(tree)
    return leaves, structure


def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """The tree with these arrays."""
    if isinstance(structure, Skeleton):
        return structure.fill(iter(leaves))
    import jax

    return jax.tree.unflatten(structure, leaves)


def leaves_of(tree: Any) -> list[Any]:
    """The arrays of a tree."""
    parts = _parts(tree)
    if parts is not None:
        return [leaf for part in parts for leaf in leaves_of(part)]
    if _is_array(tree):
        return [tree]
    import jax

    leaves: list[Any] = jax.tree.leaves(tree)
    return leaves


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """A tree with what a function makes of each array, and those of like trees in its place."""
    parts = _parts(tree)
    if parts is not None:
        rest = [_parts(other) or [] for other in others]
        found = [mapped(function, *each) for each in zip(parts, *rest, strict=True)]
        if tree is None:
            return None
        if isinstance(tree, dict):
            return dict(zip(sorted(tree), found, strict=True))
        return type(tree)(*found) if hasattr(tree, "_fields") else type(tree)(found)
    if _is_array(tree):
        return function(tree, *others)
    import jax

    return jax.tree.map(function, tree, *others)


def _parts(tree: Any) -> list[Any] | None:
    """What is in a container in order; None if it is none that is known here."""
    if tree is None:
        return []
    if type(tree) is dict:
        return [tree[key] for key in sorted(tree)]
    if type(tree) in (list, tuple) or (isinstance(tree, tuple) and hasattr(tree, "_fields")):
        return list(tree)
    return None


def _skeleton(tree: Any, leaves: list[Any]) -> Skeleton | None:
    """The containers; the arrays go into a list. None where there is another container."""
    if type(tree) not in (dict, list, tuple):
        leaves.append(tree)
        return Skeleton() if isinstance(tree, np.ndarray) else None
    parts = [_skeleton(part, leaves) for part in _parts(tree) or []]
    keys = tuple(sorted(tree)) if isinstance(tree, dict) else ()
    if any(part is None for part in parts) or not all(isinstance(key, str) for key in keys):
        return None
    return Skeleton(type(tree), keys, tuple(part for part in parts if part is not None))


def _is_array(tree: Any) -> bool:
    return hasattr(tree, "dtype") or isinstance(tree, int | float)
