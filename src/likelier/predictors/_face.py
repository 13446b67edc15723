"""NumPy's functions on JAX's arrays, for user functions that were written with NumPy.

`numpy.exp` of an array that JAX traces fails. `Face` wraps one and answers NumPy's own protocols
(NEP 13 and 18) with the function of that name in `jax.numpy`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = Any


class Face(np.lib.mixins.NDArrayOperatorsMixin):
    """A traced array that NumPy's functions take."""

    __array_priority__ = 1000.0

    def __init__(self, value: Array) -> None:
        self.value = value

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__":
            ufunc, name = getattr(ufunc, method), f"{ufunc.__name__}.{method}"
            raise TypeError(f"numpy.{name} is not available here; write it with jax.numpy")
        return _call(ufunc.__name__, inputs, options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        return _call(function.__name__, inputs, options)

    def __getitem__(self, key: Any) -> Face:
        return Face(self.value[_bare(key)])

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Face]:
        # JAX clamps an index beyond the end, so that counting up would never stop.
        return (Face(value) for value in self.value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self.value, name)
        if not callable(found):
            return found
        return lambda *inputs, **options: _faced(
            found(*map(_bare, inputs), **{k: _bare(v) for k, v in options.items()})
        )


def _call(name: str, inputs: Any, options: Any) -> Any:
    import jax.numpy as jnp

    function = getattr(jnp, name, None)
    if function is None:
        raise TypeError(f"numpy.{name} has no counterpart in jax.numpy; write it with jax.numpy")
    bare = {k: _bare(v) for k, v in options.items()}
    return _faced(function(*[_bare(x) for x in inputs], **bare))


def _bare(x: Any) -> Any:
    """What is behind a face, inside lists and tuples too."""
    if isinstance(x, Face):
        return x.value
    if isinstance(x, list | tuple):
        return type(x)(map(_bare, x))
    return x


def _faced(x: Any) -> Any:
    import jax

    if isinstance(x, list | tuple):
        return type(x)(map(_faced, x))
    return Face(x) if isinstance(x, jax.Array) else x


def with_face(function: Any) -> Any:
    """The function, its arrays (in dicts and lists too) shown to it through faces."""

    def faced(*arguments: Any) -> Any:
        import jax

        shown = jax.tree.map(_faced, arguments)
        return _unwrapped(function(*shown))

    return faced


def through_faces(function: Any) -> Any:
    """A function of JAX's arrays as one that takes and gives faces."""

    def faced(*arguments: Any, **options: Any) -> Any:
        return _faced(function(*map(_bare, arguments), **options))

    return faced


def _unwrapped(x: Any) -> Any:
    if isinstance(x, dict):
        return {k: _unwrapped(v) for k, v in x.items()}
    return _bare(x)
