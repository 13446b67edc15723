"""The contract of a calibrator: a distribution in, a calibrated one out.

To add one, write a frozen dataclass of plain numbers (a model file then carries it) with `name`,
`of` (for "numbers" or "labels"), `fitted`, `apply`, `sound` and `text`, and list it in `choose.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from likelier.assessment.outcomes import Outcomes
from likelier.distributions import Distribution

Array = Any


class Calibrator(ABC):
    """What changes predicted probabilities, learnt from rows that the model was not fitted to."""

    name: ClassVar[str]
    """By which it is asked for."""
    of: ClassVar[str]
    """The kind of outcomes that it is for, "numbers" or "labels"."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of free numbers."""

    @classmethod
    @abstractmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        """The calibrator that these outcomes call for.

        Args:
            outcomes: predictions and what happened.
            weights: how many observations each row stands for, (n,).
        """

    @abstractmethod
    def apply(self, distribution: Distribution) -> Distribution:
        """The calibrated distribution, one for each."""

    @abstractmethod
    def sound(self) -> bool:
        """Whether its numbers can be those of such a calibrator, wherever they come from."""

    @property
    def limit(self) -> str:
        """What it means that the best numbers lie at the end of the search; empty inside of it."""
        return ""

    @abstractmethod
    def text(self) -> str:
        """What it does, in a few words."""


@dataclass(frozen=True)
class Unchanged(Calibrator):
    """Predictions as they are: nothing in the rows spoke against them."""

    name: ClassVar = "none"
    of: ClassVar = "everything"

    @property
    def size(self) -> int:
        return 0

    @classmethod
    def fitted(cls, outcomes: Outcomes, weights: Array) -> Self:
        return cls()

    def apply(self, distribution: Distribution) -> Distribution:
        return distribution

    def sound(self) -> bool:
        return True

    def text(self) -> str:
        return "left as it is, for nothing spoke against it"


def total_nll(outcomes: Outcomes, distribution: Distribution, weights: Array) -> float:
    """Σ w NLL of the outcomes under other predictions."""
    with np.errstate(all="ignore"):
        return float(np.sum(weights * np.asarray(distribution.nll(outcomes.y))))
