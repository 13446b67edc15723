"""log_prob and score of every family against mpmath, over the whole domain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import all_oracles
from oracles._compare import Errors, evaluate, log_prob_errors, score_errors
from oracles._oracle import Oracle

EPS = float(np.finfo(np.float64).eps)

each = pytest.mark.parametrize("oracle", all_oracles(), ids=repr)


def _check(errors: Errors, limit: float, usual: float) -> None:
    """No error above the hard limit, and nearly all of them within a few roundings."""
    assert len(errors) > 0
    worst = errors.worst()
    assert worst.error <= limit, worst.text
    share = np.mean(errors.values <= usual)
    assert share >= 0.99, f"{share:.1%} within {usual:.1e}; for instance {errors.at(0.99).text}"


@each
def test_enough_points(oracle: Oracle) -> None:
    assert len(oracle.drawn) >= 200
    used = {frozenset(parameters) for parameters, _ in oracle.drawn}
    some = oracle.cls.parametrisations[:1] if oracle.is_modified else oracle.cls.parametrisations
    assert used >= {frozenset(names) for names in some}


@each
def test_log_prob(oracle: Oracle) -> None:
    _check(log_prob_errors(oracle), 1e-12, 8 * EPS * oracle.roundings)


@each
def test_score(oracle: Oracle) -> None:
    _check(score_errors(oracle), 1e-10, 64 * EPS * oracle.roundings)


@pytest.mark.parametrize(
    "oracle",
    [o for o in all_oracles() if "_log_prob_and_score" in vars(o.cls)],
    ids=repr,
)
def test_log_prob_and_score_at_once(oracle: Oracle) -> None:
    def both(d: Any, y: Any) -> dict[str, Any]:
        with np.errstate(all="ignore"):
            value, score = d._log_prob_and_score(y)
        return {"": value, **score}

    found = evaluate(oracle, both)
    values = [(i, row.pop("")) for i, row in found]
    _check(log_prob_errors(oracle, values), 1e-12, 8 * EPS * oracle.roundings)
    _check(score_errors(oracle, found), 1e-10, 64 * EPS * oracle.roundings)


@each
def test_the_oracle_has_digits_to_spare(oracle: Oracle) -> None:
    for reference in oracle.references[::12]:
        again = oracle.reference(reference.parameters, reference.y, more_digits=60)
        assert abs(again.value - reference.value) <= (1 + abs(again.value)) * 1e-25
        for name, values in again.score.items():
            for one, other in zip(values, reference.score[name], strict=True):
                assert abs(one - other) <= 1e-20 * abs(one) + reference.floor[name]
