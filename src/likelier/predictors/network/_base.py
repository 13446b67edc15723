"""The contract of a network: what of it is fixed before there are weights, and how it is applied.

An `Architecture` maps rows of columns to a few outputs. A `Net` puts one for each set of columns
together: parameters of a distribution that take the same columns share a trunk and have a head (a
last layer) each, those with a formula of their own have a trunk of their own, and those with no
columns are a constant. Both are hashable, equal where they compile alike, and hold no arrays.

A row of eta is `start + spread · output`: an untrained network, whose outputs are 0, predicts the
marginal distribution of the target for every row, whatever the target's unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.predictors.network.heteroscedastic import natural
from likelier.special import namespace
from likelier.special._tree import Skeleton, flatten, unflatten

Array = Any
Weights = Any
"""A pytree of arrays."""
Pull = Callable[[Array, Weights], None]
"""Writes the slopes in the weights that belong to slopes in the outputs."""


class Architecture(ABC):
    """One network, or a trunk with its heads. A subclass is a frozen dataclass."""

    @property
    def random(self) -> bool:
        """Whether it is random in training, so that it needs a key."""
        return False

    @property
    def portable(self) -> bool:
        """Whether it takes NumPy's arrays too, and has `linearised`: it waits for no compiler."""
        return False

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of weights, known without making them."""

    @abstractmethod
    def initial(self, rng: np.random.Generator) -> Weights:
        """Weights to begin with, as NumPy arrays."""

    @abstractmethod
    def __call__(self, weights: Weights, x: Array, key: Array | None) -> Array:
        """Outputs, (m, outputs), of rows, (m, p), in JAX; of one that is portable in NumPy too.

        Args:
            weights: as `initial` gives them.
            x: columns, standardised.
            key: of what is random in training, such as dropout; None outside of it.
        """

    def linearised(self, weights: Weights, x: Array) -> tuple[Array, Pull]:
        """Outputs of rows on NumPy, and their derivative backwards; of one that is portable."""
        raise NotImplementedError

    def text(self) -> str:
        """The layers in a few words."""
        return type(self).__name__


@dataclass(frozen=True)
class Constant(Architecture):
    """What has no columns: a number for each output."""

    outputs: int

    @property
    def portable(self) -> bool:
        return True

    @property
    def size(self) -> int:
        return self.outputs

    def initial(self, rng: np.random.Generator) -> Weights:
        return {"bias": np.zeros(self.outputs)}

    def __call__(self, weights: Weights, x: Array, key: Array | None) -> Array:
        return namespace(x).broadcast_to(weights["bias"], (x.shape[0], self.outputs))

    def linearised(self, weights: Weights, x: Array) -> tuple[Array, Pull]:
        def pull(slopes: Array, into: Weights) -> None:
            slopes.sum(axis=0, out=into["bias"])

        return self(weights, x, None), pull

    def text(self) -> str:
        return "a constant"


@dataclass(frozen=True)
class Trunk:
    """A network with the rows of eta that it gives."""

    slots: tuple[int, ...]
    architecture: Architecture
    names: tuple[str, ...] = ()
    """Of its columns."""


@dataclass(frozen=True)
class Net:
    """All K rows of eta from one trunk for each set of columns."""

    trunks: tuple[Trunk, ...]
    located: tuple[int, int] | None = None
    """Rows of a location and of its scale, of a family that has the two."""
    natural: bool = False
    """Whether the outputs of those rows are natural parameters."""

    @property
    def random(self) -> bool:
        """Whether a trunk is random in training."""
        return any(trunk.architecture.random for trunk in self.trunks)

    @property
    def portable(self) -> bool:
        """Whether it takes NumPy's arrays too."""
        return all(trunk.architecture.portable for trunk in self.trunks)

    @property
    def linearises(self) -> bool:
        """Whether `linearised` says all that a training step asks for."""
        return self.portable and not self.random and not (self.natural and self.located)

    @property
    def size(self) -> int:
        """Number of weights."""
        return sum(trunk.architecture.size for trunk in self.trunks)

    def initial(self, rng: np.random.Generator) -> Weights:
        """Weights of every trunk, in order."""
        return tuple(trunk.architecture.initial(rng) for trunk in self.trunks)

    def __call__(self, weights: Weights, xs: Sequence[Array], key: Array | None = None) -> Array:
        """Outputs of all rows, (K, m)."""
        keys: Any = [None] * len(self.trunks)
        if key is not None:
            import jax

            keys = jax.random.split(key, len(self.trunks))
        found = [
            trunk.architecture(own, x, k)
            for trunk, own, x, k in zip(self.trunks, weights, xs, keys, strict=True)
        ]
        joined = self._joined(found)
        if self.natural and self.located is not None:
            return natural(joined, self.located)
        return joined

    def linearised(self, weights: Weights, xs: Sequence[Array]) -> tuple[Array, Pull]:
        """Outputs of all rows on NumPy, (K, m), and their derivative backwards."""
        found = [
            trunk.architecture.linearised(own, x)
            for trunk, own, x in zip(self.trunks, weights, xs, strict=True)
        ]

        def pull(slopes: Array, into: Weights) -> None:
            for trunk, (_, back), own in zip(self.trunks, found, into, strict=True):
                back(slopes[list(trunk.slots)].T, own)

        return self._joined([outputs for outputs, _ in found]), pull

    def _joined(self, outputs: Sequence[Array]) -> Array:
        """The outputs of each trunk, (m, own), as the rows of eta that they are, (K, m)."""
        slots = [slot for trunk in self.trunks for slot in trunk.slots]
        joined = outputs[0]
        if len(outputs) > 1:
            joined = namespace(*outputs).concatenate(outputs, axis=1)
        if slots != sorted(slots):
            joined = joined[:, np.argsort(slots)]
        return joined.T


@dataclass(frozen=True)
class Packing:
    """How a pytree of weights stands in one vector."""

    structure: Any
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, weights: Weights) -> Packing:
        """The packing of weights like these."""
        leaves, structure = flatten(weights)
        return cls(structure, tuple(np.shape(leaf) for leaf in leaves))

    @property
    def size(self) -> int:
        """Number of weights."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @property
    def wide(self) -> np.ndarray:
        """Whether each weight is of an array of two axes or more: no bias."""
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        return np.repeat([len(shape) > 1 for shape in self.shapes], sizes)

    def pack(self, weights: Weights) -> np.ndarray:
        """The vector of these weights, in float64, which holds every float32 exactly."""
        leaves = [np.asarray(leaf, dtype=np.float64).ravel() for leaf in flatten(weights)[0]]
        return np.concatenate(leaves) if leaves else np.zeros(0)

    def unpack(self, theta: Array, dtype: Any, xp: Any = np) -> Weights:
        """The weights in a vector, as arrays of a namespace: on NumPy views, of the same dtype."""
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        # JAX's gradient of one split is one concatenation.
        parts = xp.split(theta, [int(end) for end in np.cumsum(sizes)[:-1]])
        leaves = [
            part.reshape(shape).astype(dtype, copy=False)
            for part, shape in zip(parts, self.shapes, strict=bool(sizes))
        ]
        return unflatten(self.structure, leaves)

    def names(self) -> tuple[str, ...]:
        """The path of each weight, such as `layers[0].weight[3, 4]`."""
        found: list[str] = []
        paths = [path[1:].split("]", 1) for path in self._paths()]
        several = len({trunk for trunk, _ in paths}) > 1
        for (trunk, path), shape in zip(paths, self.shapes, strict=True):
            head = f"{trunk}: " if several else ""
            for index in np.ndindex(shape):
                found.append(f"{head}{path.lstrip('.')}{list(index) if index else ''}")
        return tuple(found)

    def _paths(self) -> list[str]:
        """The way to each array, from its trunk on."""
        if isinstance(self.structure, Skeleton):
            return self.structure.paths()
        import jax

        filled = jax.tree.unflatten(self.structure, range(len(self.shapes)))
        paths = jax.tree_util.tree_flatten_with_path(filled)[0]
        return ["".join(map(_step, path)) for path, _ in paths]


def _step(part: Any) -> str:
    """A step of a path into a pytree as Python writes it."""
    for kind, form in (("key", ".{}"), ("idx", "[{}]"), ("name", ".{}")):
        if hasattr(part, kind):
            return form.format(getattr(part, kind))
    return str(part)
