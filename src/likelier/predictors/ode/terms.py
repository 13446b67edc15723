"""Networks as terms of an equation: functions of a few numbers whose weights are unknowns.

A field calls one as it calls any function, `p["f"](s["hare"], s["lynx"])`. How many numbers go in
and how many come out is seen when the field is tried. What goes in is standardised by what it is
along the data, and what comes out is in the unit of what it must be there (`scales.py`): states
of size 1 and of size 1,000 are the same to the network, and so to its weight decay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likelier.errors import LikelierError
from likelier.predictors._base import Array
from likelier.predictors.network import NetworkSpec
from likelier.predictors.network._base import Architecture, Packing
from likelier.special._jax import double_precision

LARGEST = 1_000
"""Weights of all networks: trajectories are differentiated in each, and the search factorises."""


@dataclass(frozen=True, eq=False)
class Scales:
    """What of a network in an equation is learnt from the data, besides its weights.

    Attributes:
        inputs, outputs: how many numbers go in and come out.
        centre, scale: (inputs,) what is subtracted and divided by.
        unit: (outputs,) what outputs are multiplied by.
    """

    inputs: int
    outputs: int
    centre: np.ndarray
    scale: np.ndarray
    unit: np.ndarray

    @classmethod
    def plain(cls, inputs: int, outputs: int) -> Scales:
        """Those of a network that takes and gives numbers as they are."""
        return cls(inputs, outputs, np.zeros(inputs), np.ones(inputs), np.ones(outputs))

    def arrays(self) -> dict[str, np.ndarray]:
        """What a compiled function reads of them."""
        return {"centre": self.centre, "scale": self.scale, "unit": self.unit}


@dataclass(frozen=True)
class Term:
    """A network whose weights stand in one vector; hashable, as part of what is compiled.

    Attributes:
        name: what the field calls it.
        architecture: the network.
        inputs, outputs: how many numbers go in and come out.
        packing: how its weights stand in the vector.
    """

    name: str
    architecture: Architecture
    inputs: int
    outputs: int
    packing: Packing

    @classmethod
    def of(cls, name: str, spec: NetworkSpec, scales: Scales) -> tuple[Term, np.ndarray]:
        """The term of a specification, and its first weights."""
        architecture = spec.architecture(scales.inputs, scales.outputs, ())
        packing = Packing.of((architecture.initial(np.random.default_rng(0)),))
        term = cls(name, architecture, scales.inputs, scales.outputs, packing)
        return term, term.first(np.random.default_rng(0))

    @property
    def shape(self) -> tuple[int, int]:
        """How many numbers go in and come out."""
        return self.inputs, self.outputs

    @property
    def size(self) -> int:
        """Number of weights."""
        return self.packing.size

    def first(self, rng: np.random.Generator) -> np.ndarray:
        """Weights to begin with, (size,), with which it gives 0 for all inputs."""
        return self.packing.pack((self.architecture.initial(rng),))

    def function(self, weights: Array, scales: Mapping[str, Array]) -> Callable[..., Array]:
        """The network as the field calls it.

        Args:
            weights: (size,).
            scales: as `Scales.arrays` gives them.
        """
        import jax.numpy as jnp

        tree = self.packing.unpack(weights, float)[0]

        def call(*arguments: Any, outputs: int = 1) -> Array:
            check_call(self.name, len(arguments), outputs, self.shape)
            x = jnp.stack(jnp.broadcast_arrays(*map(jnp.asarray, arguments)), axis=-1)
            flat = (x.reshape(-1, self.inputs) - scales["centre"]) / scales["scale"]
            found = scales["unit"] * self.architecture(tree, flat, None)
            found = jnp.moveaxis(found.reshape(*x.shape[:-1], self.outputs), -1, 0)
            return found[0] if self.outputs == 1 else found

        return call


def on_numpy(term: Term, weights: Array, scales: Mapping[str, Array]) -> Callable[..., Array]:
    """A term with its weights as a function of NumPy's arrays."""

    def call(*arguments: Any, outputs: int = term.outputs) -> Array:
        with double_precision():
            return np.asarray(term.function(weights, scales)(*arguments, outputs=outputs))

    return call


@dataclass(eq=False)
class Probe:
    """What stands for a network while the field is tried: it gives zeros and notes how it is asked.

    Around a term it gives what that gives. `given` is added, and `asked` holds what it was asked.
    """

    name: str
    shape: tuple[int, int] | None = None
    given: Array = None
    asked: list[Array] = field(default_factory=list)
    term: Term | None = None

    @classmethod
    def around(cls, network: Term | Probe, given: Array) -> Probe:
        """A probe of a network, perhaps itself one, that adds something to its outputs."""
        term = network if isinstance(network, Term) else None
        return cls(network.name, network.shape, given, term=term)

    @property
    def size(self) -> int:
        """Number of weights."""
        return 0 if self.term is None else self.term.size

    def function(self, weights: Array, scales: Any) -> Callable[..., Array]:
        """The same interface as that of a `Term`."""
        import jax.numpy as jnp

        inner = None if self.term is None else self.term.function(weights, scales)

        def call(*arguments: Any, outputs: int = 1) -> Array:
            check_call(self.name, len(arguments), outputs, self.shape)
            self.shape = len(arguments), outputs
            x = jnp.stack(jnp.broadcast_arrays(*map(jnp.asarray, arguments)), axis=-1)
            self.asked.append(x.reshape(-1, len(arguments)))
            given = jnp.zeros(outputs) if self.given is None else self.given
            found = given.reshape(-1, *[1] * (x.ndim - 1)) + jnp.zeros(x.shape[:-1])
            if inner is not None:
                found = found + inner(*arguments, outputs=outputs)
            return found[0] if outputs == 1 else found

        return call


def check_call(name: str, inputs: int, outputs: Any, known: tuple[int, int] | None) -> None:
    """Raise `LikelierError` unless a call of a network is like the others."""
    if isinstance(outputs, bool) or not isinstance(outputs, int) or outputs < 1:
        raise LikelierError(
            f"outputs of the network {name!r} is a whole number above 0; given: {outputs!r}"
        )
    if inputs == 0:
        raise LikelierError(
            f"the network {name!r} is called without arguments; it is a function of states, "
            f'the time or inputs, p["{name}"](…)'
        )
    for what, given, before in zip(
        ("arguments", "outputs"), (inputs, outputs), known or (inputs, outputs), strict=True
    ):
        if given != before:
            raise LikelierError(
                f"the network {name!r} is called with {given} {what} here and with {before} "
                "elsewhere; every call has as many"
            )


def refused(name: str, where: str) -> Callable[..., Array]:
    """What stands for a network where it cannot be called."""

    def call(*arguments: Any, outputs: int = 1) -> Array:
        raise LikelierError(
            f"the network {name!r} is a term of the field, and {where} calls it; write there what "
            "numbers give"
        )

    return call


def check_network(name: str, spec: NetworkSpec) -> None:
    """Raise `LikelierError` for a network that cannot be a term of an equation."""
    kind = type(spec).__name__
    if spec.members > 1:
        raise LikelierError(f"the network {name!r} is one lk.MLP or lk.Network; given: {kind}")
    if getattr(spec, "dropout", 0.0):
        raise LikelierError(
            f"the network {name!r} in an equation has no dropout: a trajectory is a smooth "
            "function of its weights"
        )
    if spec.weight_decay:
        raise LikelierError(
            f"the weight decay of a network in an equation is that of the equation: "
            f"ODE(…, weight_decay={spec.weight_decay:g})"
        )


def check_size(terms: Mapping[str, Term]) -> None:
    """Raise `LikelierError` for more weights than are practicable."""
    total = sum(term.size for term in terms.values())
    if total > LARGEST:
        name = max(terms, key=lambda name: terms[name].size)
        raise LikelierError(
            f"the networks of this equation have {total:,} weights, and trajectories are "
            f"differentiated in each of at most {LARGEST:,}; a term of an equation is smooth, and "
            f"a layer or two of a few units will do: {name!r}: lk.MLP((16,))"
        )
