"""Several networks, trained side by side, whose predictions are pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from likelier.distributions import Linked, Pooled
from likelier.errors import LikelierError
from likelier.predictors.network._base import Architecture
from likelier.predictors.network.specification import Learnt, NetworkSpec


@dataclass(frozen=True, eq=False)
class Ensemble(NetworkSpec):
    r"""A deep ensemble: n networks from different weights, in a different order of the rows.

    p(y | x) = (1/n) Σⱼ p(y | θⱼ(x)),

    so that a row's variance is that of its noise, as the members see it on average, and that of
    their means: `prediction.aleatoric_variance` and `.epistemic_variance`. The latter grows where
    there were few rows. All members are trained side by side, each until its own
    best epoch on the held-out rows.

    Args:
        predictor: a network such as `lk.MLP()`.
        n: members, 2 or more.

    Raises:
        LikelierError: the predictor is no network, n is no such number, or the family is one of
            vectors.

    Source: Lakshminarayanan, Pritzel and Blundell (2017), arXiv:1612.01474.

    Example:
        >>> import likelier as lk
        >>> import numpy as np
        >>> x = np.linspace(-1, 1, 100)
        >>> y = x**2 + 0.1 * np.random.default_rng(0).normal(size=100)
        >>> few = lk.Ensemble(lk.MLP(hidden=(16,)), 3)
        >>> fit = lk.fit("y ~ x", {"x": x, "y": y}, "normal", predictor=few)
        >>> unsure = fit.predict({"x": [0.0, 9.0]}).epistemic_variance
        >>> bool(unsure[1] > 10 * unsure[0])
        True
    """

    predictor: NetworkSpec
    n: int = 5

    def __post_init__(self) -> None:
        if not isinstance(self.predictor, NetworkSpec) or self.predictor.members > 1:
            raise LikelierError(
                f"Ensemble takes one network, such as lk.MLP(); given: {self.predictor!r}"
            )
        if not isinstance(self.n, int) or isinstance(self.n, bool) or self.n < 2:
            raise LikelierError(f"n of Ensemble is a whole number above 1; given: {self.n!r}")

    @property
    def kind(self) -> str | None:  # type: ignore[override]
        """As the member has it."""
        return self.predictor.kind

    @property
    def members(self) -> int:  # type: ignore[override]
        """How many networks there are."""
        return self.n

    @property
    def learnt(self) -> Learnt | None:  # type: ignore[override]
        """What the members remember of the rows, which is the same for all."""
        return self.predictor.learnt

    @property
    def dtype(self) -> str:  # type: ignore[override]
        """Type of the weights."""
        return self.predictor.dtype

    @property
    def heteroscedastic(self) -> str:  # type: ignore[override]
        """As the member has it."""
        return self.predictor.heteroscedastic

    @property
    def weight_decay(self) -> float:  # type: ignore[override]
        """As the member has it."""
        return self.predictor.weight_decay

    def architecture(
        self, columns: int, outputs: int, factors: Sequence[tuple[int, int]]
    ) -> Architecture:
        return self.predictor.architecture(columns, outputs, factors)

    def remembering(self, learnt: Learnt) -> Ensemble:
        return replace(self, predictor=self.predictor.remembering(learnt))

    def pooled(self, linked: Linked) -> Any:
        return Pooled(linked.single, self.n)
