"""Functions of vectors, applied to values along with their derivatives in some unknowns.

A jet of n values is a matrix (n, D): in column 0 the values, in the next P their derivatives in
P unknowns, in the last P (P + 1) / 2 their second derivatives by pairs i <= j. What is integrated
is the jet of the states, so that the loop over steps is compiled once for all derivatives and is
itself never differentiated: steps are chosen by the values alone.

Source: the equations of variation, Hairer, Nørsett and Wanner (1993), Solving Ordinary
Differential Equations I, section I.14.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True)
class Jets:
    """How jets are laid out, and functions of them.

    Attributes:
        size: number P of unknowns.
        order: of derivatives that are carried along: 0, 1 or 2.
    """

    size: int
    order: int

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """The two unknowns of each second derivative."""
        first, second = np.triu_indices(self.size)
        return first, second

    @property
    def width(self) -> int:
        """Number D of columns."""
        return (1, 1 + self.size, 1 + self.size + self.size * (self.size + 1) // 2)[self.order]

    def of_unknowns(self, q: Array) -> Array:
        """The jet of the unknowns themselves, (P, D), from their values."""
        import jax.numpy as jnp

        parts = [q[:, None]]
        if self.order > 0:
            parts.append(jnp.eye(self.size))
        if self.order > 1:
            parts.append(jnp.zeros((self.size, self.width - 1 - self.size)))
        return jnp.concatenate(parts, axis=1)

    def through(self, function: Callable[[Array], Array], jet: Array) -> Array:
        """The jet, (m, D), of a function of n values that gives m."""
        import jax
        import jax.numpy as jnp

        x = jet[:, 0]
        if self.order == 0:
            return function(x)[:, None]

        def along(at: Array, direction: Array) -> tuple[Array, Array]:
            return jax.jvp(function, (at,), (direction,))

        slopes = jet[:, 1 : 1 + self.size]
        value, first = jax.vmap(along, (None, 1), (None, 1))(x, slopes)
        parts = [value[:, None], first]
        if self.order > 1:

            def bend(one: Array, other: Array, both: Array) -> Array:
                def slope(at: Array, direction: Array) -> Array:
                    return along(at, direction)[1]

                return jax.jvp(slope, (x, one), (other, both))[1]

            i, j = self.pairs
            bends = jet[:, 1 + self.size :]
            parts.append(jax.vmap(bend, 1, 1)(slopes[:, i], slopes[:, j], bends))
        return jnp.concatenate(parts, axis=1)
