"""Dense layers with embeddings of factors: the architecture of `MLP`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.predictors.network._base import Architecture, Array, Weights

ACTIVATIONS = ("gelu", "silu", "relu", "tanh", "elu", "softplus")
"""Activations by name, as `jax.nn` has them."""
_RECTIFIED = ("silu", "relu", "gelu")
"""Those that let half of the variance through."""


@dataclass(frozen=True)
class Layers(Architecture):
    """Hidden layers over columns, then a head of a few outputs.

    Attributes:
        columns: number p of columns.
        outputs: of the head.
        hidden: sizes of the hidden layers.
        activation: name or function.
        dropout: share of hidden units that a training step leaves out.
        embedded: (start, stop, width) of blocks of indicator columns that are embedded: every
            level has a vector of so many numbers.
    """

    columns: int
    outputs: int
    hidden: tuple[int, ...]
    activation: str | Callable[[Array], Array]
    dropout: float
    embedded: tuple[tuple[int, int, int], ...] = ()

    @property
    def _plain(self) -> np.ndarray:
        """Columns that go into the first layer as they are."""
        plain = np.ones(self.columns, dtype=bool)
        for start, stop, _ in self.embedded:
            plain[start:stop] = False
        return np.flatnonzero(plain)

    @property
    def random(self) -> bool:
        return self.dropout > 0

    @property
    def size(self) -> int:
        width = len(self._plain) + sum(size for _, _, size in self.embedded)
        total = sum((stop - start) * size for start, stop, size in self.embedded)
        for size in (*self.hidden, self.outputs):
            total, width = total + (width + 1) * size, size
        return total

    def initial(self, rng: np.random.Generator) -> Weights:
        gain = 2.0 if self.activation in _RECTIFIED else 1.0
        width = len(self._plain) + sum(size for _, _, size in self.embedded)
        layers = []
        for size in self.hidden:
            weight = rng.standard_normal((width, size)) * np.sqrt(gain / width)
            layers.append({"weight": weight, "bias": np.zeros(size)})
            width = size
        # A head of zeros: an untrained network predicts the marginal distribution.
        head = {"weight": np.zeros((width, self.outputs)), "bias": np.zeros(self.outputs)}
        embeddings = [
            rng.standard_normal((stop - start, size)) for start, stop, size in self.embedded
        ]
        return {"embeddings": embeddings, "layers": layers, "head": head}

    def __call__(self, weights: Weights, x: Array, key: Array | None) -> Array:
        import jax
        import jax.numpy as jnp

        if self.embedded:
            parts = [x[:, self._plain]]
            for (start, stop, _), table in zip(self.embedded, weights["embeddings"], strict=True):
                parts.append(x[:, start:stop] @ table)
            x = jnp.concatenate(parts, axis=1)
        activate: Any = self.activation
        if isinstance(activate, str):
            activate = jnp.tanh if activate == "tanh" else getattr(jax.nn, activate)
        for layer in weights["layers"]:
            x = activate(x @ layer["weight"] + layer["bias"])
            if key is not None and self.dropout:
                key, own = jax.random.split(key)
                kept = jax.random.bernoulli(own, 1 - self.dropout, x.shape)
                x = jnp.where(kept, x / (1 - self.dropout), jnp.zeros_like(x))
        return x @ weights["head"]["weight"] + weights["head"]["bias"]

    def text(self) -> str:
        shown = self.activation if isinstance(self.activation, str) else "own activation"
        inner = " → ".join(f"{size}" for size in self.hidden)
        ends = _counted(self.columns, "column"), _counted(self.outputs, "output")
        return f"{ends[0]} → {inner} ({shown}) → {ends[1]}"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
