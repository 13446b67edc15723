"""Predictions and observations of one another's shape, as NumPy arrays, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.distributions import Censored, CensoredValues, Distribution
from likelier.errors import DataError, LikelierError, SupportError

Array = Any


def checked(
    distribution: Any, y: Any, weights: Any = None, groups: Any = None
) -> tuple[Distribution, Any, Array | None, Array | None]:
    """Predictions of n rows on NumPy, n observations, and weights and groups of n rows.

    Raises `DataError` where a value is missing or lengths differ, `SupportError` where an
    observation lies outside the support, `LikelierError` where no distribution was given.
    """
    if not isinstance(distribution, Distribution):
        raise LikelierError(
            "assess takes a distribution, such as lk.Normal(loc, scale) or what fit.predict(data) "
            f"hands back; given: {type(distribution).__name__}"
        )
    d = distribution._on_numpy("assess")
    if isinstance(d, Censored):
        y = type(d).observations(y)
        if np.all(y.lower == y.upper):
            d, y = d.inner, y.lower
    y = _observations(d, distribution._coded(y))
    n = len(y)
    d = of_rows(d, n)
    _check_support(d, y)
    if weights is not None:
        weights = np.asarray(weights, dtype=float)
        if weights.shape != (n,) or not np.all(np.isfinite(weights) & (weights >= 0)):
            raise DataError(f"weights are {n:,} finite numbers, 0 or above, one a row")
        if not np.any(weights > 0):
            raise DataError("all weights are 0: no row is left")
    if groups is not None:
        groups = np.asarray(groups)
        if groups.shape != (n,):
            raise DataError(f"groups are {n:,} names, one a row; given: shape {groups.shape}")
    return d, y, weights, groups


def _observations(d: Distribution, y: Any) -> Any:
    if isinstance(y, CensoredValues):
        return y
    if hasattr(y, "detach"):
        y = y.detach().cpu().numpy()
    try:
        y = np.asarray(y, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"y is {d.support.text}, as numbers; given: {error}") from error
    dims = d.support.event_dims
    if y.ndim != 1 + dims:
        shape = "(n,)" if dims == 0 else "(n, k)"
        hint = "; reshape it with y.ravel()" if dims == 0 and y.ndim == 2 and 1 in y.shape else ""
        raise DataError(f"y has shape {y.shape}; {type(d).__name__} is assessed on {shape}{hint}")
    if len(y) == 0:
        raise DataError("y has no rows")
    missing = np.isnan(y.reshape(len(y), -1)).any(axis=1)
    if missing.any():
        raise DataError(f"y is missing in row {int(missing.argmax()) + 1}; leave such rows out")
    return y


def of_rows(d: Distribution, n: int) -> Distribution:
    """The distributions as n of them."""
    shape = d.batch_shape
    if shape not in ((), (1,), (n,)):
        raise DataError(
            f"predictions have shape {shape} and there are {n:,} observations: there is one "
            "prediction a row, or one for all"
        )
    values = {}
    for name, value in d.parameters.items():
        dims = d.parameters_declared[name].domain.event_dims
        event = value.shape[value.ndim - dims :] if dims else ()
        values[name] = np.broadcast_to(np.asarray(value, dtype=float), (n, *event))
    return d._of(np, values)


def _check_support(d: Distribution, y: Any) -> None:
    """Raise `SupportError` for the first observation to which no prediction can apply."""
    inside = np.broadcast_to(np.asarray(d._placed(y)[0]), (len(y),))
    if not inside.all():
        row = int(np.argmin(inside))
        held = np.asarray(y)[row]
        raise SupportError(
            f"{type(d).__name__} takes {d.support.text}; row {row + 1} holds "
            f"{np.array2string(held, precision=6) if np.ndim(held) else format(held, 'g')}"
        )
