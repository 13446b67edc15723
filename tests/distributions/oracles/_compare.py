"""Errors of a family at its oracle's points, in units of what the inputs' rounding allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp, mpf

from oracles._oracle import Oracle, Reference

_HUGE = mpf("1.7e308")


@dataclass(frozen=True)
class Failure:
    """One comparison, with all that is needed to look into it."""

    error: float
    text: str


class Errors:
    """Errors of many comparisons, with what was compared."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        self._sorted = sorted(failures, key=lambda f: f.error)
        self.values = np.array([f.error for f in self._sorted])

    def __len__(self) -> int:
        return len(self._sorted)

    def worst(self) -> Failure:
        return self._sorted[-1]

    def at(self, share: float) -> Failure:
        return self._sorted[int(share * (len(self._sorted) - 1))]


Grouped = Iterator[tuple[list[int], dict[str, np.ndarray], np.ndarray]]


def batches(points: Sequence[tuple[Mapping[str, Any], Any]]) -> Grouped:
    """Points that can be evaluated in one call: the same parameters, of the same shapes."""
    groups: dict[Any, list[int]] = {}
    for i, (parameters, y) in enumerate(points):
        key = (tuple((k, np.shape(v)) for k, v in parameters.items()), np.shape(y))
        groups.setdefault(key, []).append(i)
    for rows in groups.values():
        names = points[rows[0]][0]
        arrays = {k: np.array([points[i][0][k] for i in rows], dtype=float) for k in names}
        yield rows, arrays, np.array([points[i][1] for i in rows], dtype=float)


def evaluate(oracle: Oracle, function: Callable[[Any, np.ndarray], Any]) -> list[tuple[int, Any]]:
    """What `function(distribution, y)` gives at every reference, evaluated batch by batch."""
    points = [(r.parameters, r.y) for r in oracle.references]
    results: list[tuple[int, Any]] = []
    for rows, arrays, y in batches(points):
        found = function(oracle.cls(**arrays), oracle.observe(y))
        if isinstance(found, Mapping):
            results += [
                (i, {k: np.asarray(v)[n] for k, v in found.items()}) for n, i in enumerate(rows)
            ]
        else:
            results += [(i, np.asarray(found)[n]) for n, i in enumerate(rows)]
    return results


def error_of(got: float, right: Any, allowance: Any) -> float:
    """|got − right| in units of the allowance; infinite where a finite answer was missed."""
    if not np.isfinite(got):
        # An infinity is the right double where the answer is beyond the largest one.
        return 0.0 if abs(right) > _HUGE and (got > 0) == (right > 0) and got == got else np.inf
    difference = abs(mpf(float(got)) - right)
    return float(difference / allowance) if difference else 0.0


def log_prob_errors(oracle: Oracle, found: list[tuple[int, Any]] | None = None) -> Errors:
    """Errors of log_prob against (1 + condition number): absolute below 1, relative above."""
    failures = []
    for i, got in evaluate(oracle, lambda d, y: d.log_prob(y)) if found is None else found:
        r = oracle.references[i]
        if not mp.isfinite(r.value):
            error = 0.0 if float(got) == float(r.value) else np.inf
        else:
            error = error_of(float(got), r.value, max(mpf(1), abs(r.value)) + r.cond)
        failures.append(Failure(error, _text(oracle, r, "log_prob", got, r.value, error)))
    return Errors(failures)


def score_errors(oracle: Oracle, found: list[tuple[int, Any]] | None = None) -> Errors:
    """Errors of the score against |score| (1 + condition number)."""
    declared = oracle.cls.parameters_declared
    failures = []
    for i, got in evaluate(oracle, lambda d, y: d.score(y)) if found is None else found:
        r = oracle.references[i]
        missing = {k for k in r.score if declared[k].role == "predicted"} - set(got)
        assert not missing, f"{oracle}: no score in {missing}"
        for name in r.score:
            if name not in got:
                continue
            right, conditions = r.score[name], r.score_cond[name]
            flat = np.asarray(got[name], dtype=float).ravel()
            if declared[name].domain.name == "simplex":
                # Only directions within the simplex have a meaning.
                right = [x - sum(right) / len(right) for x in right]
                flat = flat - flat.mean()
            for k, (one, x, c) in enumerate(zip(flat, right, conditions, strict=True)):
                error = error_of(one, x, abs(x) + c + r.floor[name])
                what = f"score in {name}" + (f"[{k}]" if len(flat) > 1 else "")
                failures.append(Failure(error, _text(oracle, r, what, one, x, error)))
    return Errors(failures)


def _text(oracle: Oracle, r: Reference, what: str, got: Any, right: Any, error: float) -> str:
    inside = ", ".join(f"{k}={v!r}" for k, v in r.parameters.items())
    return (
        f"{oracle.family}({inside}), y={r.y!r}: {what} is {float(got)!r}, "
        f"right is {mp.nstr(right, 20)}: error {error:.2g} (1 + condition)"
    )
