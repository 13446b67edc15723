"""Whether one fit is a special case of another, and of which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.distributions import CensoredValues
from likelier.errors import LikelierError
from likelier.inference import Embedding, Restriction, embedding
from likelier.predictors import ParametricPredictor, Workspace

if TYPE_CHECKING:
    from likelier.model.fitted import Fit
    from likelier.model.fitting.problem import Problem

Array = Any

_SPANNED = 1e-8
"""Relative distance from a column space up to which a column lies in it."""


@dataclass(frozen=True, eq=False)
class Nesting:
    """A fit inside a larger one.

    Attributes:
        small, large: the fits.
        restriction: of the larger fit's θ, or None where a parameter is on an edge.
        edges: parameters of the larger fit that the smaller one puts on the edge.
    """

    small: Fit
    large: Fit
    restriction: Restriction | None
    edges: tuple[str, ...]


def nest(first: Fit, second: Fit) -> Nesting:
    """Which of two fits to the same rows lies inside the other.

    Raises:
        LikelierError: they are of different rows, or neither lies inside the other.
    """
    check_same_rows(first, second)
    small, large = sorted((first, second), key=lambda fit: fit.degrees_of_freedom)
    if small.degrees_of_freedom == large.degrees_of_freedom:
        raise LikelierError(
            f"both fits have {small.degrees_of_freedom} coefficients, so neither lies inside the "
            "other; compare them by held-out likelihood, lk.compare, or by .aic"
        )
    known = embedding(small.distribution, large.distribution)
    if known is None:
        raise LikelierError(
            f"{small.distribution.text()} is not known to lie inside {large.distribution.text()}, "
            "and a likelihood-ratio test needs that; compare them by held-out likelihood, "
            "lk.compare, or by .aic"
        )
    return _placed(small, large, known)


def check_same_rows(first: Fit, second: Fit) -> None:
    """Refuse fits to different targets or weights, or of another objective than likelihood."""
    one, other = (fit._posed.problem for fit in (first, second))
    check_likelihood(first)
    check_likelihood(second)
    if one.function.rows != other.function.rows:
        raise LikelierError(
            f"the fits are of {one.function.rows:,} and {other.function.rows:,} rows; a test "
            "needs the same rows (rows with missing values may have been dropped from one)"
        )
    if not _equal(one.function.y, other.function.y):
        raise LikelierError(
            f"the fits have different targets, {first.facts.target} and {second.facts.target}; "
            "likelihoods of different data cannot be compared"
        )
    same = first.facts.weight_type == second.facts.weight_type
    if not same or not _equal(one.function.weights, other.function.weights):
        raise LikelierError("the fits have different weights; a test needs the same")


def check_likelihood(fit: Fit) -> None:
    """Refuse a fit whose estimates are not at a maximum of the likelihood."""
    # Asked first, as it says which rows are missing.
    assert fit._optimum is not None
    risk = fit._posed.problem.function.risk
    if not risk.is_likelihood:
        raise LikelierError(
            f"the objective {risk.text()} is no likelihood, and tests rest on one; "
            "use fit.bootstrap()"
        )
    if fit.penalised:
        raise LikelierError(
            "the objective has a penalty, and tests rest on likelihood alone; "
            'use fit.conf_int(method="profile")'
        )
    if fit.facts.inference == "selected":
        raise LikelierError(
            "the terms of this fit were chosen by the same rows, which no test of it minds; use "
            "debiased() of the penalised fit"
        )
    check_optimum(fit)


def check_optimum(fit: Fit) -> None:
    """Refuse a fit whose search did not end at an optimum."""
    assert fit._optimum is not None
    for diagnosis in fit.diagnoses:
        if diagnosis.kind in ("not converged", "scale collapse"):
            raise LikelierError(
                "this fit is not at an optimum, so there is nothing to infer from it: "
                f"{diagnosis.message}"
            )


def _equal(one: Any, other: Any) -> bool:
    """Whether two targets, or weights, are the same."""
    if one is None or other is None:
        return one is other
    if isinstance(one, CensoredValues) or isinstance(other, CensoredValues):
        if type(one) is not type(other):
            return False
        pairs = ((one.lower, other.lower), (one.upper, other.upper))
        return all(np.array_equal(a, b) for a, b in pairs)
    return np.array_equal(one, other)


def _placed(small: Fit, large: Fit, known: Embedding) -> Nesting:
    """Check that the linear predictors of the smaller fit are among those of the larger."""
    own, other = large._posed.problem, small._posed.problem
    theta = small._optimum[0].theta
    mine, theirs = own.parametric, other.parametric
    base, at = np.zeros(mine.size), np.zeros(mine.size)
    free = []
    values = _held_predictors(own, other, theta, known)
    for name, slots in large.linked.slots.items():
        same = known.names.get(name)
        for k in range(slots.stop - slots.start):
            slot = slots.start + k
            span = mine.span(slot)
            constant = mine.designs[slot].intercept and mine.offset[slot] is None
            if same is None:
                if name in known.edges and mine.designs[slot].width:
                    raise LikelierError(
                        f"at the edge of {name} its columns mean nothing, and the statistic has "
                        f"no known distribution; test with an intercept for {name}"
                    )
                if not constant:
                    raise _outside(small, large, name)
                base[span.start] = at[span.start] = values[slot]
                continue
            start = small.linked.slots[same].start + k
            if small.linked.links[same] is not large.linked.links[name] and not _alike(
                small, same, large, name
            ):
                flat = theirs.designs[start]
                if flat.width or theirs.offset[start] is not None or not constant:
                    raise LikelierError(
                        f"the fits have different links of {name}, so neither lies inside the other"
                    )
                at[span.start] = values[slot]
                free.append((span, np.eye(span.stop - span.start)[:, :1]))
                continue
            found = _span_of(mine, slot, theirs, start)
            if found is None:
                raise _outside(small, large, name)
            matrix, shift = found
            base[span] = shift
            at[span] = shift + matrix @ theta[theirs.span(start)]
            free.append((span, matrix))
    _check_value(small, large, at, known)
    return Nesting(small, large, None if known.edges else _restriction(base, free), known.edges)


def _alike(small: Fit, same: str, large: Fit, name: str) -> bool:
    """Whether two parameters of different families have links of one name."""
    return small.linked.link_names[same] == large.linked.link_names[name]


def _outside(small: Fit, large: Fit, name: str) -> LikelierError:
    formulas = (fit.facts.formulas.get(name, "1") for fit in (small, large))
    shown = " and ".join(f"'~ {text}'" for text in formulas)
    return LikelierError(
        f"the columns of {name} in the smaller fit are not among those of the larger ({shown}), "
        "so neither lies inside the other; compare them by held-out likelihood, lk.compare, or "
        "by .aic"
    )


def _held_predictors(own: Problem, other: Problem, theta: Array, known: Embedding) -> Array:
    """The larger fit's predictors, (K,), where its held parameters have their values."""
    eta = other.predictor.forward(theta, slice(0, other.predictor.n), Workspace()).mean(axis=1)
    found = other.linked.parameters(eta)
    values = {name: found[same] for name, same in known.names.items()} | known.held
    return own.linked.predictors(values)


def _span_of(
    mine: ParametricPredictor, slot: int, theirs: ParametricPredictor, start: int
) -> tuple[Array, Array] | None:
    """M and c with X θ + offset = X' θ' + offset' for θ = M θ' + c, or None if there are none."""
    large, small = _inner_matrix(mine, slot), _inner_matrix(theirs, start)
    n = mine.n
    zero = np.zeros(n)
    offsets = [mine.offset[slot], theirs.offset[start]]
    shift = (zero if offsets[1] is None else offsets[1]) - (
        zero if offsets[0] is None else offsets[0]
    )
    wanted = np.column_stack([small, shift])
    solved = np.linalg.lstsq(large, wanted, rcond=None)[0] if large.shape[1] else None
    left = wanted if solved is None else wanted - large @ solved
    size = np.maximum(np.linalg.norm(wanted, axis=0), 1e-8 * np.sqrt(n))
    if np.any(np.linalg.norm(left, axis=0) > _SPANNED * size):
        return None
    if solved is None:
        return np.zeros((0, small.shape[1])), np.zeros(0)
    return solved[:, :-1], solved[:, -1]


def _inner_matrix(predictor: ParametricPredictor, slot: int) -> Array:
    """The matrix that one slot's θ multiplies, its intercept included."""
    design = predictor.designs[slot]
    parts = [np.ones((predictor.n, 1))] if design.intercept else []
    if design.width:
        parts.append(design.inner(slice(0, predictor.n), Workspace()))
    return np.hstack(parts) if parts else np.zeros((predictor.n, 0))


def _check_value(small: Fit, large: Fit, at: Array, known: Embedding) -> None:
    """The larger model at the smaller one's estimate must have its likelihood."""
    nll = large._posed.problem.function(at, 0).value
    gap = abs(nll + small.log_likelihood)
    if not gap <= (1e-3 if known.edges else 1e-6) + 1e-9 * abs(nll):
        raise LikelierError(
            f"{small.distribution.text()} with these links and columns does not lie inside "
            f"{large.distribution.text()}; compare them by held-out likelihood, lk.compare, or "
            "by .aic"
        )


def _restriction(base: Array, free: list[tuple[slice, Array]]) -> Restriction:
    """The affine subspace in which the smaller model lies."""
    columns = []
    for span, matrix in free:
        embedded = np.zeros((len(base), matrix.shape[1]))
        embedded[span] = matrix
        columns.append(embedded)
    whole = np.hstack(columns) if columns else np.zeros((len(base), 0))
    vectors, sizes, _ = np.linalg.svd(whole, full_matrices=False)
    kept = sizes > 1e-10 * sizes.max(initial=0.0)
    return Restriction(base, vectors[:, kept])
