"""A multilayer perceptron with a head for every parameter of the distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors.network._base import Architecture
from likelier.predictors.network.heteroscedastic import check_remedy
from likelier.predictors.network.layers import ACTIVATIONS, Layers
from likelier.predictors.network.specification import (
    DTYPES,
    Learnt,
    NetworkSpec,
    check_numbers,
)

Array = Any


@dataclass(frozen=True, eq=False)
class MLP(NetworkSpec):
    r"""A neural network that predicts every parameter of the distribution.

    Hidden layers h ← a(W h + b) over the standardised columns end in a head for each linear
    predictor, η = m + s · (V h + c), with m those of the marginal distribution of the target and s
    their unit. Training starts at V = 0, the marginal distribution, and the unit of the target
    changes nothing. All parameters take the columns of a formula on its own. In a dict of formulas
    parameters with the same right-hand side share their hidden layers, others have layers of their
    own, and those that are not named are constant. A factor of more than nine levels is embedded.

    Args:
        hidden: units of each hidden layer.
        activation: "gelu", "silu", "relu", "tanh", "elu", "softplus", or a function of arrays.
        dropout: share of hidden units that a training step leaves out, 0 to below 1.
        weight_decay: a training step takes learning rate × this share of every weight (biases
            excepted), as in AdamW; for a penalty as such add `lk.L2` to the objective.
        embedding: numbers that describe a level of a factor of many; None for 1.6 k^0.56 (at most
            50) of k levels.
        heteroscedastic: how a location and a scale are learnt together, where the family has both
            and the objective is the NLL: "beta" (a row's slopes times scale^(2β), β = ½, which is
            what `lk.BetaNLL` follows), "faithful" (loc follows least squares, scale has layers of
            its own), "mean_first" (a fifth of the steps are for loc alone), "natural" (heads for
            loc / scale² and 1 / scale²) or "none". Held-out rows are judged by their NLL in any
            case, and no scale falls below a step of the target's numbers over √12.
        dtype: of weights and layers, "float32" or "float64"; likelihoods are always float64.

    Raises:
        LikelierError: an option is outside, or a training of more than 10,000 steps, or one with
            more than NLL, L1 and L2, finds JAX not installed (`pip install '.[neural]'`).

    Source: Nix and Weigend (1994), doi:10.1109/ICNN.1994.374138; mixture density networks, Bishop
    (1994), https://publications.aston.ac.uk/id/eprint/373/; Seitzer et al. (2022),
    arXiv:2203.09168; Stirn et al. (2023), arXiv:2212.09184; Immer et al. (2023), arXiv:2302.14518.

    Example:
        >>> import likelier as lk
        >>> import numpy as np
        >>> x = np.linspace(-2, 2, 200)
        >>> y = np.sin(2 * x) + 0.1 * np.random.default_rng(0).normal(size=200)
        >>> fit = lk.fit("y ~ x", {"x": x, "y": y}, "normal", predictor=lk.MLP(hidden=(16,)))
        >>> bool(abs(fit.predict({"x": [0.8]}).mean[0] - np.sin(1.6)) < 0.2)
        True
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: str | Callable[[Array], Array] = "gelu"
    dropout: float = 0.0
    weight_decay: float = 0.0
    embedding: int | None = None
    heteroscedastic: str = "beta"
    dtype: str = "float32"
    learnt: Learnt | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        sizes = (self.hidden,) if isinstance(self.hidden, int) else self.hidden
        if not isinstance(sizes, Sequence) or not all(_is_count(size) for size in sizes):
            raise LikelierError(
                f"hidden is the number of units of each layer, such as (64, 64); "
                f"given: {self.hidden!r}"
            )
        object.__setattr__(self, "hidden", tuple(sizes))
        if isinstance(self.activation, str) and self.activation not in ACTIVATIONS:
            hint = did_you_mean(self.activation, ACTIVATIONS)
            raise LikelierError(
                f"no activation {self.activation!r}.{hint} Activations: {', '.join(ACTIVATIONS)}, "
                "or a function"
            )
        if not isinstance(self.activation, str) and not callable(self.activation):
            raise LikelierError(f"activation is a name or a function; given: {self.activation!r}")
        inf = float("inf")
        numbers = {"dropout": (self.dropout, 0, 1), "weight_decay": (self.weight_decay, 0, inf)}
        check_numbers("MLP", numbers)
        if self.embedding is not None and not _is_count(self.embedding):
            raise LikelierError(
                f"embedding is a whole number above 0 or None; given: {self.embedding!r}"
            )
        check_remedy(self.heteroscedastic)
        if self.dtype not in DTYPES:
            raise LikelierError(f"dtype is 'float32' or 'float64'; given: {self.dtype!r}")

    @property
    def kind(self) -> str | None:  # type: ignore[override]
        """A network, unless its activation is a function of one's own."""
        return "network" if isinstance(self.activation, str) else None

    def architecture(
        self, columns: int, outputs: int, factors: Sequence[tuple[int, int]]
    ) -> Architecture:
        embedded = []
        for start, stop in factors:
            usual = min(50, round(1.6 * (stop - start + 1) ** 0.56))
            embedded.append((start, stop, self.embedding or usual))
        return Layers(
            columns, outputs, self.hidden, self.activation, float(self.dropout), tuple(embedded)
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
