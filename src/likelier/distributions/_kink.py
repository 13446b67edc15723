"""The absolute value, and a rounded one that optimisers with two derivatives can follow to it."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self

from scipy.special import erfcx

from likelier.distributions._base import Distribution
from likelier.special import Array


class _Kinked(Distribution):
    """A family whose density has a kink, at which |z| can be rounded to √(z² + width²)."""

    smooth: ClassVar[bool] = False
    _width: ClassVar[float] = 0.0

    @classmethod
    def rounded(cls, width: float) -> type[Self]:
        """This family with its kink rounded over `width` scales; its density is not normalised."""
        body = {"smooth": width > 0, "_width": width, "__module__": cls.__module__}
        return type(cls.__name__, (cls,), body)

    def _rates(self) -> tuple[Array, Array]:
        """The rates at which the density falls exponentially below and above the kink."""
        raise NotImplementedError

    def _blurred(self, spread: Array) -> Array:
        # E exp(−a |Z|) of a normal Z is erfcx(a spread / √2).
        parts = [erfcx(rate * spread * math.sqrt(0.5)) for rate in self._rates()]
        return 0.5 * (parts[0] + parts[1])

    def _absolute(self, z: Array) -> tuple[Array, Array, Any]:
        """|z|, or what it is rounded to, with two derivatives; sign(0) and the kink's are 0."""
        xp = self._xp
        if not self._width:
            return abs(z), xp.sign(z), 0.0
        size = xp.sqrt(z * z + self._width**2)
        return size, z / size, self._width**2 / (size * size * size)
