"""A network as a predictor: rows of eta from weights that stand in one vector."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from likelier.predictors._base import Array, Predictor, Workspace
from likelier.predictors.network._base import Net, Packing, Weights
from likelier.predictors.network.heteroscedastic import floored
from likelier.predictors.network.surface import Frame, mean_surface
from likelier.special._jax import double_precision

_BLOCK = 4096
"""Rows that are predicted at a time."""


class NetworkPredictor(Predictor):
    """Rows of eta from the trunks of one network, or of several members of an ensemble.

    Args:
        net: what is applied.
        xs: standardised columns of each trunk, (n, p).
        frame: what outputs of 0 and 1 mean, and how columns are standardised.
        floor: least log scale.
        offset: added to each of the K rows, (n,) or None.
        members: networks side by side; eta holds the K rows of one after those of another.
        dtype: of the weights.
        remedy: what training follows of a location and its scale.
    """

    linear = False

    def __init__(
        self,
        net: Net,
        xs: Sequence[np.ndarray],
        frame: Frame,
        floor: float,
        offset: Sequence[Array | None],
        members: int,
        dtype: str,
        remedy: str,
    ) -> None:
        self.net = net
        self.xs = tuple(xs)
        self.frame, self.floor = frame, floor
        self.start, self.spread = frame.start, frame.spread
        self.members = members
        self.dtype = dtype
        self.remedy = remedy
        self.heads = len(frame.start)
        self.n = len(self.xs[0])
        self.columns = members * self.heads
        self.curved = tuple(range(self.columns))
        self.offset = [*offset] * members
        self.packing = Packing.of(net.initial(np.random.default_rng(0)))
        self.size = members * self.packing.size
        self._last: tuple[bytes, Array] | None = None

    @property
    def unknown_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """The path of each weight."""
        names = self.packing.names()
        if self.members == 1:
            return names
        return tuple(f"member {i + 1}: {name}" for i in range(self.members) for name in names)

    @property
    def arrays(self) -> list[Any]:
        return [*self.xs, *self.offset[: self.heads]]

    @functools.cached_property
    def shrinkable(self) -> Array:
        """Entries of arrays of two axes or more."""
        return np.flatnonzero(np.tile(self.packing.wide, self.members))

    def initial_members(self, seed: int) -> list[Weights]:
        """Weights of each member to begin with."""
        seeds = np.random.SeedSequence(seed).spawn(self.members)
        return [self.net.initial(np.random.default_rng(own)) for own in seeds]

    def of_one_member(self) -> NetworkPredictor:
        """A member of an ensemble as a predictor of its own."""
        offset = self.offset[: self.heads]
        return NetworkPredictor(
            self.net,
            self.xs,
            self.frame,
            self.floor,
            offset,
            1,
            self.dtype,
            self.remedy,
        )

    def pack(self, members: Sequence[Weights]) -> Array:
        """`theta` of the weights of all members."""
        return np.concatenate([self.packing.pack(weights) for weights in members])

    def unpack(self, theta: Array) -> list[Weights]:
        """The weights of all members."""
        return [self.packing.unpack(part, self.dtype) for part in np.split(theta, self.members)]

    def initial(self) -> Array:
        return self.pack(self.initial_members(0))

    def forward(self, theta: Array, rows: slice, work: Workspace) -> Array:
        key = theta.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self._all(theta))
        return self._last[1][:, rows].copy()

    def _all(self, theta: Array) -> Array:
        """Rows of eta of all rows, (members · K, n)."""
        members = self.unpack(theta)
        eta = np.empty((self.columns, self.n))
        run = _applied(self.net)
        for first in range(0, self.n, _BLOCK):
            own = slice(first, min(first + _BLOCK, self.n))
            xs = [x[own] for x in self.xs]
            for i, weights in enumerate(members):
                outputs = run(weights, xs)
                place = slice(i * self.heads, (i + 1) * self.heads)
                eta[place, own] = self.start[:, None] + self.spread[:, None] * outputs
        for k, offset in enumerate(self.offset):
            if offset is not None:
                eta[k] += offset
        if self.net.located is not None:
            for scale in range(self.net.located[1], self.columns, self.heads):
                eta[scale] = floored(eta[scale], self.floor, np)
        return eta

    def at_points(self, linked: Any, theta: Array, function: Any, at: Any) -> float:
        """`function(surface, at)` of the predicted mean, over members on average."""
        with double_precision():
            import jax

            def value(weights: Weights) -> Array:
                surface = mean_surface(self.net, linked.single, weights, self.frame, self.dtype)
                return function(surface, at)

            run = jax.jit(value)
            return float(np.mean([float(run(weights)) for weights in self.unpack(theta)]))

    def deviations(self, weights: Array | None) -> Array:
        return np.ones(self.size)

    def from_user(self, coefficients: Array) -> Array:
        return coefficients


@functools.lru_cache(maxsize=64)
def _applied(net: Net) -> Callable[[Weights, list[np.ndarray]], np.ndarray]:
    """A network's outputs of rows in float64, (K, m): by NumPy, or jitted where it takes JAX."""

    def plain(weights: Weights, xs: list[np.ndarray]) -> np.ndarray:
        with np.errstate(all="ignore"):
            found: np.ndarray = net(weights, xs).astype(np.float64)
        return found

    if net.portable:
        return plain
    import jax

    jitted = jax.jit(lambda weights, xs: net(weights, xs).astype("float64"))

    def compiled(weights: Weights, xs: list[np.ndarray]) -> np.ndarray:
        n = len(xs[0])
        # Rows up to a power of two, so that few shapes are compiled.
        size = 1 << max(3, (n - 1).bit_length())
        filled = [np.pad(x, ((0, size - n), (0, 0))) for x in xs]
        with double_precision():
            return np.asarray(jitted(weights, filled))[:, :n]

    return compiled
