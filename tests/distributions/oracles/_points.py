"""Random numbers of every size, and the seed that all points are drawn from."""

from __future__ import annotations

import math
import os

import numpy as np

SEED = int(os.environ.get("LIKELIER_SEED", "20260101"))
"""Set by the environment variable LIKELIER_SEED, which may also be `fresh` (see conftest.py)."""


def generator(name: str) -> np.random.Generator:
    """A generator that depends on the seed and on what it is for, not on the order of tests."""
    return np.random.default_rng([SEED, *name.encode()])


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A positive number whose logarithm is uniform."""
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))


def signed(rng: np.random.Generator, low: float, high: float) -> float:
    """A number of either sign whose absolute value is log-uniform."""
    return log_uniform(rng, low, high) * float(rng.choice([-1.0, 1.0]))


def count(rng: np.random.Generator, high: float) -> float:
    """A whole number from 0 to about `high`, small ones and large ones alike."""
    return float(math.floor(log_uniform(rng, 1.0, high + 1) - (rng.random() < 0.3)))


def unit(rng: np.random.Generator, tiny: float = 1e-12) -> float:
    """A number strictly between 0 and 1: ordinary, next to 0 or next to 1."""
    kind = rng.integers(3)
    if kind == 0:
        return float(rng.uniform(0.01, 0.99))
    near = log_uniform(rng, tiny, 0.1)
    return near if kind == 1 else 1.0 - max(near, 1e-15)
