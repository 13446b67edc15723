"""What follows from `log_prob`, `cdf` and the support when a family writes no formula of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier.special import Array


def quantile(d: Any, q: Array) -> Array:
    """Quantiles by bisection of the cdf, in the lower or upper tail as the level asks."""
    raise NotImplementedError


def crps(d: Any, y: Array) -> Array:
    """CRPS by quadrature or an exact sum."""
    raise NotImplementedError


def entropy(d: Any) -> Array:
    """Entropy by quadrature or an exact sum."""
    raise NotImplementedError


def information(d: Any) -> dict[tuple[str, str], Array]:
    """Expected information by quadrature or an exact sum of the score's outer product."""
    raise NotImplementedError
