"""Predictors as texts, for the command line."""

from __future__ import annotations

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors._base import PredictorSpec
from likelier.predictors.linear import Linear
from likelier.predictors.network import MLP, Ensemble

KNOWN = ("linear", "mlp", "ensemble")
_MEMBERS = 5


def predictor_from_text(text: str) -> PredictorSpec:
    """The predictor that a text names, its numbers after a colon.

    They are the hidden units of an mlp, and the members of an ensemble.

    Raises:
        LikelierError: the name is that of no predictor, or what follows are no numbers for it.

    Example:
        >>> predictor_from_text("mlp:32,16").hidden
        (32, 16)
    """
    name, _, rest = text.partition(":")
    if name not in KNOWN:
        raise LikelierError(
            f"no predictor {name!r}.{did_you_mean(name, KNOWN)} Predictors: {', '.join(KNOWN)}"
        )
    try:
        numbers = [int(part) for part in rest.split(",")] if rest else []
    except ValueError:
        numbers = [0]
    if name == "mlp" and all(number > 0 for number in numbers):
        return MLP(tuple(numbers)) if numbers else MLP()
    if name == "ensemble" and len(numbers) < 2 and all(number > 1 for number in numbers):
        return Ensemble(MLP(), *(numbers or [_MEMBERS]))
    if name == "linear" and not rest:
        return Linear()
    raise LikelierError(f"write a predictor as linear, mlp, mlp:64,64 or ensemble:5; given: {text}")
