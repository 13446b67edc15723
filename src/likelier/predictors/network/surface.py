"""The predicted mean of a network as a function of named columns, for equations that it solves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors.network._base import Array, Net, Weights


@dataclass(frozen=True, eq=False)
class Frame:
    """Around a network: what goes in and what comes out, in units.

    Attributes:
        start, spread: (K,) what outputs of 0 and 1 mean in eta.
        scales: (p,) centre and scale of the columns of each trunk.
    """

    start: Array
    spread: Array
    scales: tuple[tuple[Array, Array], ...]


def mean_surface(
    net: Net, linked: Any, weights: Weights, frame: Frame, dtype: str
) -> Callable[[Mapping[str, Array]], Array]:
    """The mean at a dict of numbers by column, in JAX.

    Args:
        net: the network; weights: of one member.
        linked: the family with its links.
        frame: of the fit.
        dtype: of the weights.
    """
    import jax.numpy as jnp

    from likelier.special import jax_namespace

    def mean(x: Mapping[str, Array]) -> Array:
        xs = []
        for trunk, (centre, scale) in zip(net.trunks, frame.scales, strict=True):
            for name in trunk.names:
                if name not in x:
                    hint = did_you_mean(name, tuple(x))
                    raise LikelierError(
                        f"the network takes the column `{name}`, and the points have "
                        f"{', '.join(x)}.{hint}"
                    )
            row = [jnp.asarray(x[name], jnp.float64) for name in trunk.names]
            wide = jnp.stack(row) if row else jnp.zeros(0)
            xs.append((((wide - centre) / scale).astype(dtype))[None])
        outputs = net(weights, xs).astype(jnp.float64)
        eta = frame.start[:, None] + frame.spread[:, None] * outputs
        return linked.build(eta, {}, jax_namespace()).mean[0]

    return mean
