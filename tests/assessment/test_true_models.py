"""The true model of every family: its PIT is uniform, and its intervals hold what they promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import all_oracles
from oracles._oracle import Oracle
from scipy import stats

from likelier.assessment import pit

_DRAWS = 4000
_LABELS = ("label codes", "0 or 1")


@pytest.mark.parametrize(
    ("oracle", "parameters"),
    [
        (o, p)
        for o in all_oracles()
        for p in o.ordinary
        if o.scalar and not o.circular and not o.cls.support.text.startswith(_LABELS)
    ],
    ids=lambda x: repr(x) if isinstance(x, Oracle) else ",".join(map(str, x.values())),
)
def test_the_pit_is_uniform_and_coverage_nominal(oracle: Oracle, parameters: Any) -> None:
    # As an assessment has it: a distribution for each row.
    rows = {k: np.repeat(np.array(v)[None], _DRAWS, axis=0) for k, v in parameters.items()}
    d = oracle.cls(**rows)
    y = oracle.cls(**parameters).sample(_DRAWS, seed=21)
    u = pit(d, y, 0)
    assert stats.kstest(u, "uniform").pvalue > 1e-4
    for level in (0.5, 0.9):
        held = np.mean(np.abs(u - 0.5) < level / 2)
        # Four standard errors: some two hundred comparisons, all seeded.
        assert abs(held - level) < 4 * np.sqrt(level * (1 - level) / _DRAWS)
