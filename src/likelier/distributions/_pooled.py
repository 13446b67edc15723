"""Predictors of several members of an ensemble, and the mixture of what they predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions._linked import Linked
from likelier.distributions.categorical import Categorical
from likelier.distributions.mixture import Mixture
from likelier.errors import LikelierError
from likelier.special import Array


class Pooled(Linked):
    """A family with its links for M sets of predictors: the even mixture of what they predict.

    Predictors of a block, (M K, n), hold the K rows of one member after those of another. Labels
    are pooled to a `Categorical` of mean probabilities, other families to a `Mixture`.

    Args:
        single: the family with its links.
        members: M.

    Raises:
        LikelierError: the family is one of vectors.
    """

    def __init__(self, single: Linked, members: int) -> None:
        family = single.family
        if family.support.event_dims or not (_labelled(family) or _mixed(family)):
            raise LikelierError(
                f"an ensemble pools the predictions of its members, which {family.text()} cannot: "
                "it takes families of single numbers with single parameters, their mixtures, and "
                "labels; a single lk.MLP() takes any family"
            )
        vars(self).update(vars(single))
        self._single = single
        self.members = members
        self.columns = members * single.columns

    @property
    def single(self) -> Linked:
        return self._single

    def adapted_to(self, y: Array, weights: Array | None) -> Linked:
        return Pooled(self._single.adapted_to(y, weights), self.members)

    def each(self, eta: Array, known: Mapping[str, Array] | None = None, xp: Any = np) -> list[Any]:
        """The distributions that each member predicts."""
        rows = self._single.columns
        return [
            self._single.build(eta[i * rows : (i + 1) * rows], known, xp)
            for i in range(self.members)
        ]

    def build(self, eta: Array, known: Mapping[str, Array] | None = None, xp: Any = np) -> Any:
        parts = self.each(eta, known, xp)
        if _labelled(self.family):
            logs = xp.stack([part._log_probs() for part in parts], axis=-1)
            return Categorical._of(xp, {"logits": special.logsumexp(logs, axis=-1)})
        family = self.family
        declared = family.parameters_declared
        # Of a mixture the components of all members stand side by side.
        inside = family._size if issubclass(family, Mixture) else 1
        base = family.base if inside > 1 else family
        made = Mixture(base, self.members * inside, self.members)
        values = {}
        for name in parts[0].given:
            own = [part.parameters[name] for part in parts]
            if declared[name].role != "predicted":
                values[name] = own[0]
            elif inside == 1:
                values[name] = xp.stack(own, axis=-1)
            elif name not in (family._logits, family._weights):
                values[name] = xp.concat(own, axis=-1)
        if inside == 1:
            values[made._logits] = xp.zeros_like(next(iter(values.values())))
        else:
            values[made._logits] = xp.concat([part._log_weights for part in parts], axis=-1)
        return made._of(xp, values)

    def nll(self, eta: Array, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        return -self.build(eta, known)._supported_log_prob(y)


def _labelled(family: Any) -> bool:
    return bool(family.support.name == "labels")


def _mixed(family: Any) -> bool:
    """Whether `Mixture` takes the family, or made it."""
    try:
        Mixture(family.base if issubclass(family, Mixture) else family, 2)
    except LikelierError:
        return False
    return True
