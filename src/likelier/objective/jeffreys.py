"""Jeffreys' prior as a penalty: estimates that are finite where the likelihood has no maximum."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from likelier.errors import LikelierError
from likelier.objective._base import Addend, Addition, Array, Likelihood, Penalty
from likelier.objective._layout import Layout
from likelier.objective._row_information import Rowwise, row_information

_NULL = 1e-13
"""Eigenvalues of the unit-diagonal information below this are collinear columns."""


class Jeffreys(Penalty, Addend):
    r"""Jeffreys' prior, which adds −½ log det I(θ), I the expected information.

    The estimates stay finite under separation, and in families with a canonical link (Bernoulli
    and Binomial with logit, Poisson with log) their bias falls from order 1/n to 1/n² (Firth). It
    depends on all parameters of the family, a scale or a dispersion included.

    With it `log_likelihood` is the plain one at the penalised estimate, standard errors are those
    of the information there, and profile intervals those of the penalised likelihood, which are
    the ones to use after separation.

    Source: Firth (1993), doi:10.1093/biomet/80.1.27; Heinze and Schemper (2002),
    doi:10.1002/sim.1047; finiteness: Kosmidis and Firth (2021), doi:10.1093/biomet/asaa052.

    Example:
        >>> import likelier as lk
        >>> table = {"y": [0, 0, 0, 1, 1, 1], "x": [0, 0, 0, 1, 1, 1]}
        >>> fit = lk.fit("y ~ x", table, "bernoulli", objective=lk.NLL() + lk.Jeffreys())
        >>> fit.params.estimate.round(6).tolist()  # log(½ / 3½), and twice that the other way
        [-1.94591, 3.89182]
    """

    per_row: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"information"})
    inference: ClassVar[str] = "information"

    def bind(self, layout: Layout) -> Addend:
        return self

    def select(self, index: Array) -> None:
        """The determinant is that of all coefficients, whichever are 0."""
        return None

    def check(self, family: Any) -> None:
        if not family.smooth:
            raise LikelierError(
                f"Jeffreys() differentiates the expected information twice, and the density of "
                f"{family.text()} has a kink; use a smooth family"
            )

    def add(self, likelihood: Likelihood, theta: Array, order: int) -> Addition:
        predictor = likelihood.predictor
        information = np.zeros((len(theta), len(theta)))
        found = []
        for rows, work in likelihood.blocks():
            known = {name: value[rows] for name, value in likelihood.known.items()}
            weights = 1.0 if likelihood.weights is None else likelihood.weights[rows]
            with np.errstate(all="ignore"):
                eta = predictor.forward(theta, rows, work)
                here, slopes = row_information(likelihood.linked, eta, known, slopes=order > 0)
                weighted = {pair: weights * value for pair, value in here.items()}
                predictor.pull_curvature(weighted, rows, information, work)
            found.append((weights, here, slopes))
        predictor.symmetrise(information)
        if not np.all(np.isfinite(information)):
            return Addition(math.inf, np.full(len(theta), math.nan) if order else None)
        determinant, inverse = _invert(information)
        # On the user's scale of the coefficients; the inner one differs by a constant.
        constant = float(np.linalg.slogdet(predictor.to_user())[1])
        value = -0.5 * determinant + constant
        if order == 0:
            return Addition(value)
        return Addition(value, *_derivatives(likelihood, inverse, found, order))


def _invert(information: Array) -> tuple[float, Array]:
    """log det and inverse, both on the span of the columns if some are collinear."""
    diagonal = np.diag(information)
    some = diagonal > 0
    scale = 1 / np.sqrt(np.where(some, diagonal, 1.0))
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    kept = values > _NULL * len(values)
    if not kept.any():
        return -math.inf, np.zeros_like(information)
    if kept.all():
        determinant = float(np.log(values).sum() - 2 * np.log(scale).sum())
        return determinant, (vectors / values) @ vectors.T * np.outer(scale, scale)
    # A basis of the rest that does not move with theta: collinear columns are so at any theta.
    relations = scale[:, None] * vectors[:, ~kept]
    basis = np.linalg.qr(relations, mode="complete")[0][:, relations.shape[1] :]
    within = basis.T @ information @ basis
    determinant = float(np.linalg.slogdet(within)[1])
    return determinant, basis @ np.linalg.inv(within) @ basis.T


def _derivatives(
    likelihood: Likelihood, inverse: Array, found: list[Any], order: int
) -> tuple[Array, Array | None]:
    """Gradient of −½ log det I, and a curvature of the order of its own.

    With q = xₐᵀ I⁻¹ x_b the derivative in the predictor η_c of a row is −½ Σ q ∂W/∂η_c, W the
    row's information; for one predictor that is the hat value times half of −d log W / dη. The
    curvature is that of rows that count 1 + h times, h the hat values.
    """
    predictor = likelihood.predictor
    gradient = np.zeros(len(inverse))
    curvature = np.zeros_like(inverse) if order > 1 else None
    for (rows, work), (weights, here, slopes) in zip(likelihood.blocks(), found, strict=True):
        with np.errstate(all="ignore"):
            forms = predictor.row_forms(inverse, list(here), rows, work)
            pulled = np.array([-0.5 * weights * _traced(forms, slope) for slope in slopes])
            gradient += predictor.pull_gradient(pulled, rows, work)
            if curvature is not None:
                hat = np.maximum(weights * _traced(forms, here), 0.0)
                again = {pair: hat * value for pair, value in here.items()}
                predictor.pull_curvature(again, rows, curvature, work)
    if curvature is not None:
        predictor.symmetrise(curvature)
    return gradient, curvature


def _traced(forms: Rowwise, information: Rowwise) -> Array:
    """Σ over ordered pairs of predictors of xₐᵀ M x_b times the row's information."""
    total = np.zeros(())
    for (a, b), form in forms.items():
        total = total + (1 if a == b else 2) * form * information[a, b]
    return total
