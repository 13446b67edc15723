"""What the specifications of networks share: trunks, inputs, and what they learn of the rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from likelier.errors import LikelierError
from likelier.predictors._base import Array, Inputs, PredictorSpec
from likelier.predictors.network._base import Architecture, Constant, Net, Trunk
from likelier.predictors.network.heteroscedastic import rows_of
from likelier.predictors.network.predictor import NetworkPredictor
from likelier.predictors.network.surface import Frame
from likelier.special._jax import require_jax

DTYPES = ("float32", "float64")
_FACTOR = 8
"""A factor of more indicator columns than this is embedded."""
_CELLS = 1 << 28
"""Cells of a sparse matrix that are made dense."""


@dataclass(frozen=True, eq=False)
class Scales:
    """How the columns of one trunk are standardised, and which of them are levels of a factor.

    Attributes:
        names: of the columns.
        slots: the rows of eta that the trunk gives.
        centre, scale: (p,) what is subtracted and divided by.
        factors: (start, stop) of blocks of indicator columns that are embedded.
    """

    names: tuple[str, ...]
    slots: tuple[int, ...]
    centre: np.ndarray
    scale: np.ndarray
    factors: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        slots: Sequence[int],
        x: np.ndarray,
        weights: np.ndarray | None,
        blocks: Sequence[slice],
    ) -> Scales:
        """Those of columns, (n, p), whose terms stand in these blocks."""
        if not names:
            return cls((), tuple(slots), np.zeros(0), np.ones(0))
        if weights is not None and weights.any():
            x, weights = x[weights > 0], weights[weights > 0]
        centre = np.average(x, axis=0, weights=weights)
        scale = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=weights))
        # An indicator is a half off its middle at most, however rare its level is.
        binary = np.all((x == 0) | (x == 1), axis=0)
        scale = np.where(binary, 0.5, np.where(scale > 1e-14 * np.abs(centre), scale, 1.0))
        factors = []
        for block in blocks:
            wide = block.stop - block.start > _FACTOR
            if wide and binary[block].all() and np.all(x[:, block].sum(axis=1) <= 1):
                factors.append((block.start, block.stop))
                centre[block], scale[block] = 0.0, 1.0
        return cls(tuple(names), tuple(slots), centre, scale, tuple(factors))

    def apply(self, x: np.ndarray, dtype: str) -> np.ndarray:
        """The columns standardised."""
        return ((x - self.centre) / self.scale).astype(dtype)


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a network remembers of the rows of its fit, besides its weights.

    Attributes:
        scales: of the columns of each trunk.
        start, spread: (K,) what outputs of 0 and 1 mean in eta.
        located: rows of a location and of its scale, of a family that has the two.
        floor: least log scale, from the steps in which the target was written down.
    """

    scales: tuple[Scales, ...]
    start: np.ndarray
    spread: np.ndarray
    located: tuple[int, int] | None = None
    floor: float = -np.inf


class NetworkSpec(PredictorSpec):
    """A specification whose predictor is a network. A subclass is a frozen dataclass."""

    linear = False
    trained = True
    members: ClassVar[int] = 1
    learnt: Learnt | None
    dtype: str
    heteroscedastic: str
    weight_decay: float
    """The rate at which a training step draws weights (biases excepted) towards 0."""

    @property
    def described(self) -> str:
        return "all"

    @property
    def apart(self) -> tuple[str, ...]:
        """Parameters that share hidden layers with no other."""
        return ("scale",) if self.heteroscedastic == "faithful" else ()

    @abstractmethod
    def architecture(
        self, columns: int, outputs: int, factors: Sequence[tuple[int, int]]
    ) -> Architecture:
        """The network over these columns, with so many outputs."""

    def remembering(self, learnt: Learnt) -> Self:
        """The same with what it has learnt."""
        found: Any = self
        return replace(found, learnt=learnt)

    def learned(self, inputs: Inputs) -> Self:
        if self.learnt is not None:
            return self
        scales = tuple(
            Scales.of(
                names,
                slots,
                _dense(inputs.designs[slots[0]]),
                inputs.weights,
                inputs.blocks.get(parameter, ()),
            )
            for names, slots, parameter in trunks_of(inputs, self.apart)
        )
        size = len(inputs.designs)
        located = rows_of(inputs.slots)
        return self.remembering(Learnt(scales, np.zeros(size), np.ones(size), located))

    def anchored(self, start: Array, spread: Array, floor: float) -> Self:
        """The same, in which outputs of 0 and 1 have another meaning, and a scale a least value."""
        assert self.learnt is not None
        return self.remembering(replace(self.learnt, start=start, spread=spread, floor=floor))

    def net(self) -> Net:
        """The network over the columns that it has learnt of."""
        assert self.learnt is not None
        trunks = []
        for scales in self.learnt.scales:
            names, slots = scales.names, scales.slots
            architecture = (
                self.architecture(len(names), len(slots), scales.factors)
                if names
                else Constant(len(slots))
            )
            trunks.append(Trunk(slots, architecture, names))
        return Net(tuple(trunks), self.learnt.located, self.heteroscedastic == "natural")

    def count_weights(self) -> int:
        """Weights of a member."""
        return self.net().size

    def described_by(self, linked: Any) -> list[str]:
        """Its trunks in words: what goes in, the layers, what comes out."""
        assert self.learnt is not None
        owners = {
            slot: name
            for name, slots in linked.slots.items()
            for slot in range(slots.start, slots.stop)
        }
        found = []
        for trunk in self.net().trunks:
            names = list(dict.fromkeys(owners[slot] for slot in trunk.slots))
            found.append(f"{trunk.architecture.text()} for {' and '.join(names)}")
        if self.members > 1:
            found[0] = f"{self.members} members, each {found[0]}"
        return found

    def bind(self, inputs: Inputs) -> NetworkPredictor:
        assert self.learnt is not None
        net = self.net()
        if not net.portable:
            require_jax(type(self).__name__)
        layout = trunks_of(inputs, self.apart)
        xs = [
            scales.apply(_dense(inputs.designs[slots[0]]), self.dtype)
            for (_, slots, _), scales in zip(layout, self.learnt.scales, strict=True)
        ]
        return NetworkPredictor(
            net,
            xs,
            Frame(
                self.learnt.start,
                self.learnt.spread,
                tuple((scales.centre, scales.scale) for scales in self.learnt.scales),
            ),
            self.learnt.floor,
            inputs.offset,
            self.members,
            self.dtype,
            self.heteroscedastic,
        )


def trunks_of(
    inputs: Inputs, apart: Collection[str]
) -> list[tuple[tuple[str, ...], tuple[int, ...], str]]:
    """Names of columns, rows of eta and first parameter of each set of columns.

    Parameters that stand apart share their trunk with no other.
    """
    found: dict[tuple[tuple[str, ...], str], tuple[list[int], str]] = {}
    for parameter, slots in inputs.slots.items():
        key = tuple(inputs.names[parameter]), parameter if parameter in apart else ""
        own, _ = found.setdefault(key, ([], parameter))
        own += range(slots.start, slots.stop)
    return [(names, tuple(slots), first) for (names, _), (slots, first) in found.items()]


def _dense(design: Any) -> np.ndarray:
    """The columns of a design as the user gave them, (n, p)."""
    values = design.values if design.raw is None else design.raw
    if hasattr(values, "toarray"):
        if np.prod(values.shape) > _CELLS:
            raise LikelierError(
                f"a network takes dense columns, and a sparse matrix of {values.shape[0]:,} rows "
                f"and {values.shape[1]:,} columns would fill the memory"
            )
        values = values.toarray()
    return np.asarray(values, dtype=np.float64)


def check_numbers(who: str, numbers: Mapping[str, tuple[Any, float, float]]) -> None:
    """Raise `LikelierError` for a number outside its range: from the first, below the second."""
    for what, (value, lower, upper) in numbers.items():
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not lower <= value < upper:
            above = "" if upper == float("inf") else f" and below {upper:g}"
            raise LikelierError(f"{what} of {who} is {lower:g} or above{above}; given: {value!r}")
