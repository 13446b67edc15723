"""Standard errors where the density has a kink: information blurred by the estimate's own spread.

At a kink the likelihood has no second derivatives, and the expected information holds only at one
point: half a standard error beside the median the density that it counts on is lower. Blurring the
log-likelihood by the estimate's own normal law gives both a curvature and the right one:

    C = H⁻¹ I H⁻¹,  H = Σ xᵢ xᵢᵀ Iᵢ E f(mᵢ + Z) / f(mᵢ),  Z ~ N(0, xᵢᵀ C xᵢ)

with I the expected information and f the density around the kink m. As n grows C goes to I⁻¹; at
30 and 200 rows of a Laplace it brings intervals from 85 and 92 to 95 per cent (docs/coverage.md).

Source: induced smoothing, Brown and Wang (2005), doi:10.1093/biomet/92.1.149.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from likelier.engines import LikelihoodSum
from likelier.inference.covariance import Information

Array = Any

_ROUNDS = 12
"""Each gains about one digit; a row that decides on a coefficient alone has no fixed point."""
_SETTLED = 1e-8


def blurred_information(
    function: LikelihoodSum, theta: Array, invert: Callable[[Array], Information]
) -> tuple[Array, Information]:
    """H and C of a family with a kink at its main parameter.

    Args:
        function: the likelihood as a function of theta.
        theta: the estimate.
        invert: inverts an information matrix as far as it goes.
    """
    linked, predictor = function.linked, function.parametric
    slot = linked.slots[linked.family.main].start
    span = predictor.span(slot)
    expected: Array = function(theta, 2, "expected").curvature
    curvature, found = expected, invert(expected)
    for _ in range(_ROUNDS):
        share = _shares(function, theta, slot, found.inverse)
        weights = share if function.weights is None else share * function.weights
        curvature = expected.copy()
        part: Array = replace(function, weights=weights)(theta, 2, "expected").curvature
        curvature[span, span] = part[span, span]
        bread = invert(curvature)
        last = np.diag(found.inverse)
        # Beyond double precision a variance is infinite, or not a number.
        with np.errstate(all="ignore"):
            found = Information(bread.inverse @ expected @ bread.inverse, bread.null)
        if not np.all(np.isfinite(found.inverse)) or np.all(
            np.abs(np.diag(found.inverse) - last) <= _SETTLED * np.abs(last)
        ):
            break
    return curvature, found


def _shares(function: LikelihoodSum, theta: Array, slot: int, covariance: Array) -> Array:
    """E f(m + Z) / f(m) of each row, (n,)."""
    linked, predictor = function.linked, function.parametric
    parts = []
    for rows, work in function.blocks():
        known = {name: value[rows] for name, value in function.known.items()}
        eta = predictor.forward(theta, rows, work)
        form = predictor.row_forms(covariance, [(slot, slot)], rows, work)[slot, slot]
        beside = eta.copy()
        beside[slot] += np.sqrt(np.maximum(form, 0.0))
        main = linked.family.main
        here = linked.build(eta, known)
        spread = np.abs(linked.build(beside, known).value_of(main) - here.value_of(main))
        parts.append(np.broadcast_to(here._blurred(spread), form.shape))
    return np.concatenate(parts)
