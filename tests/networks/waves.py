"""Rows that the tests of networks share."""

from __future__ import annotations

import numpy as np


def wave(n: int, seed: int = 0) -> dict[str, np.ndarray]:
    """A sine whose noise grows threefold from left to right."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, n)
    return {"x": x, "y": np.sin(2 * x) + noise(x) * rng.standard_normal(n)}


def noise(x: np.ndarray) -> np.ndarray:
    """Its standard deviation."""
    return 0.1 + 0.05 * (x + 2)
