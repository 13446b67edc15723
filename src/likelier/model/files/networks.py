"""Networks in model files: their structure as JSON, their weights as one array; no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from likelier.data import Recipe
from likelier.distributions import Linked
from likelier.errors import ModelFileError
from likelier.model.files.archive import Arrays
from likelier.model.files.plain import decode_record, encode_record
from likelier.model.fitting.problem import NETWORK, inputs_of
from likelier.model.fitting.training_words import refuse_errors
from likelier.model.records import Estimate
from likelier.predictors import MLP, Ensemble, NetworkSpec
from likelier.predictors.network import Learnt, Scales
from likelier.predictors.network.heteroscedastic import REMEDIES, rows_of
from likelier.predictors.network.specification import trunks_of

_LARGEST = 100_000_000
"""Weights: more are a slip, or a file that means harm."""


_NO_FLOOR = -1e4
"""A log scale that no number has: files hold finite numbers."""
_Trunk = tuple[tuple[str, ...], tuple[int, ...], tuple[tuple[int, int], ...]]
"""Columns and rows of eta of one trunk, and its blocks of embedded indicators."""


@dataclass(frozen=True)
class _Network:
    """An `MLP`, or an `Ensemble` of several."""

    members: int
    hidden: tuple[int, ...]
    activation: str
    dropout: float
    weight_decay: float
    embedding: int | None
    heteroscedastic: Annotated[str, tuple(REMEDIES)]
    dtype: Annotated[str, ("float32", "float64")]
    trunks: tuple[_Trunk, ...]


def network_parts(spec: NetworkSpec, estimate: Estimate) -> tuple[dict[str, Any], Arrays]:
    """What a file holds of a network: an entry of its specification, and arrays."""
    mlp: Any = spec.predictor if isinstance(spec, Ensemble) else spec
    learnt = mlp.learnt
    record = _Network(
        spec.members,
        mlp.hidden,
        mlp.activation,
        float(mlp.dropout),
        float(mlp.weight_decay),
        mlp.embedding,
        mlp.heteroscedastic,
        mlp.dtype,
        tuple((s.names, s.slots, s.factors) for s in learnt.scales),
    )
    arrays = {
        "weights": estimate.coefficients.astype(mlp.dtype),
        "start": learnt.start,
        "spread": learnt.spread,
        "floor": np.array([max(learnt.floor, _NO_FLOOR)]),
        "centre": np.concatenate([s.centre for s in learnt.scales]),
        "scale": np.concatenate([s.scale for s in learnt.scales]),
    }
    return encode_record(record), arrays


def network_of(
    entry: Any, arrays: Arrays, linked: Linked, recipe: Recipe
) -> tuple[NetworkSpec, Estimate]:
    """The network that a file describes, with its weights.

    Raises `ModelFileError` unless it fits the formulas and the arrays.
    """
    found: _Network = decode_record(_Network, entry)
    _check_trunks(found, linked, recipe)
    widths = [len(names) for names, _, _ in found.trunks]
    shapes: Mapping[str, tuple[int, ...]] = {
        "start": (linked.columns,),
        "spread": (linked.columns,),
        "floor": (1,),
        "centre": (sum(widths),),
        "scale": (sum(widths),),
    }
    if set(arrays) != {"weights", *shapes}:
        raise ModelFileError("it does not hold the arrays of a network")
    for name, shape in shapes.items():
        if arrays[name].dtype != np.float64 or arrays[name].shape != shape:
            raise ModelFileError(f"array {name} is not float64 of shape {shape}")
    if not all(np.all(np.isfinite(values)) for values in arrays.values()):
        raise ModelFileError("it holds numbers of a network that are not finite")
    if np.any(arrays["scale"] <= 0) or np.any(arrays["spread"] <= 0):
        raise ModelFileError("it holds scales of a network that are not above 0")
    ends = np.cumsum(widths)[:-1]
    scales = tuple(
        Scales(names, slots, centre, scale, factors)
        for (names, slots, factors), centre, scale in zip(
            found.trunks,
            np.split(arrays["centre"], ends),
            np.split(arrays["scale"], ends),
            strict=True,
        )
    )
    mlp = MLP(
        found.hidden,
        found.activation,
        found.dropout,
        found.weight_decay,
        found.embedding,
        found.heteroscedastic,
        found.dtype,
        Learnt(
            scales,
            arrays["start"],
            arrays["spread"],
            rows_of(linked.slots),
            float(arrays["floor"][0]),
        ),
    )
    spec: NetworkSpec = mlp if found.members == 1 else Ensemble(mlp, found.members)
    weights = arrays["weights"]
    size = found.members * mlp.count_weights()
    if size > _LARGEST or weights.dtype != found.dtype or weights.shape != (size,):
        raise ModelFileError(f"array weights is not {found.dtype} of shape ({size},)")
    predictor = spec.bind(inputs_of(recipe.design_of_no_rows(), linked, plain=True))
    labels = tuple((NETWORK, "", name) for name in predictor.unknown_names)
    theta = weights.astype(np.float64)
    return spec, Estimate(labels, theta, np.zeros(size), refuse_errors)


def _check_trunks(found: _Network, linked: Linked, recipe: Recipe) -> None:
    """Refuse trunks whose columns or rows of eta are not those of the formulas."""
    inputs = inputs_of(recipe.design_of_no_rows(), linked, plain=True)
    apart = MLP(heteroscedastic=found.heteroscedastic).apart
    expected = [(names, slots) for names, slots, _ in trunks_of(inputs, apart)]
    if expected != [(names, slots) for names, slots, _ in found.trunks]:
        raise ModelFileError("its network is not that of its formulas")
    for names, _, factors in found.trunks:
        last = 0
        for start, stop in factors:
            if not last <= start < stop <= len(names):
                raise ModelFileError("its network embeds columns that do not exist")
            last = stop
    if not 1 <= found.members <= 10_000:
        raise ModelFileError("its number of members cannot be")
