"""Any smooth function of the coefficients: the delta method, and its profile likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from likelier.errors import LikelierError
from likelier.inference.covariance import Information
from likelier.inference.curve import Curve, ProfilePoint
from likelier.inference.differences import hessian, jacobian, typical
from likelier.inference.restricted import complement
from likelier.solvers import factorise
from likelier.solvers._base import Objective

Array = Any

_ITERATIONS = 100


def delta_errors(
    function: Callable[[Array], Array], theta: Array, information: Information
) -> Array:
    """Standard errors of m functions of θ by the delta method, (m,): √ diag(J C Jᵀ).

    NaN for a function that changes along a direction about which the data say nothing.
    """
    scale = typical(theta, np.sqrt(np.maximum(np.diag(information.inverse), 0.0)))
    rows = jacobian(function, theta, scale)
    found = np.full(len(rows), np.nan)
    sound = np.all(np.isfinite(rows), axis=1)
    variance = np.einsum("ij,jk,ik->i", rows[sound], information.inverse, rows[sound])
    # What the function does not depend on it depends on by the rounding of the differences.
    lost = information.lost(rows[sound])
    found[sound] = np.where(lost, np.nan, np.sqrt(np.maximum(variance, 0.0)))
    return found


class QuantityProfiler(Curve):
    """Profiles a smooth function g(θ): the likelihood maximised on the surface g(θ) = v.

    Each point is found by Newton steps along the surface: a step in its tangent space, by the
    curvature of the Lagrangian nll + λ g, then back onto the surface along the direction in which
    g changes at the least cost in likelihood.

    Args:
        function: the objective.
        theta: its minimiser.
        nll: its minimum.
        information: at theta.
        quantity: g.

    Source: Venzon and Moolgavkar (1988), doi:10.2307/2347496, for the interval; the search on the
    surface as in Absil, Mahony and Sepulchre (2008), Optimization Algorithms on Matrix Manifolds.
    """

    def __init__(
        self,
        function: Objective,
        theta: Array,
        nll: float,
        information: Information,
        quantity: Callable[[Array], float],
    ) -> None:
        self.function = function
        self.nll = nll
        self.quantity = quantity
        self.estimate = float(quantity(theta))
        self.centre = ProfilePoint(self.estimate, nll, theta)
        errors = np.sqrt(np.maximum(np.diag(information.inverse), 0.0))
        self._scale = typical(theta, errors)
        slope = self._slope(theta)
        size = float(np.linalg.norm(slope))
        if not (math.isfinite(self.estimate) and math.isfinite(size) and size > 0):
            raise LikelierError(
                "a profile needs a function that is finite and changes with the coefficients at "
                f"the estimate; there it is {self.estimate:g}, its slope {size:g}"
            )
        # Along directions without information the quantity moves for nothing.
        free = information.null @ information.null.T
        self._metric = free if bool(information.lost(slope[None])[0]) else information.inverse
        variance = float(slope @ information.inverse @ slope)
        self.standard_error = math.sqrt(variance) if variance > 0 else size

    def _slope(self, theta: Array) -> Array:
        """∇g."""
        return jacobian(lambda t: np.array([self.quantity(t)]), theta, self._scale)[0]

    def at(self, value: float, near: ProfilePoint | None = None) -> ProfilePoint:
        """The profile at a value, started from a point already known; inf if it is out of reach."""
        near = near or self.centre
        theta = self._onto(near.theta, value)
        if theta is None:
            return ProfilePoint(value, math.inf, near.theta)
        sums = self.function(theta, 2)
        for _ in range(_ITERATIONS):
            if not math.isfinite(sums.value):
                break
            slope = self._slope(theta)
            basis = complement(slope)
            if basis.shape[1] == 0:
                break
            multiplier = -float(slope @ sums.gradient) / float(slope @ slope)
            bend = multiplier * hessian(self.quantity, theta, self._scale)
            direction = factorise(basis.T @ (sums.curvature + bend) @ basis)
            inside = basis.T @ sums.gradient
            step = -direction.solve(inside)
            decrement = -float(inside @ step)
            moved = self._descend(theta, sums.value, basis @ step, decrement, value)
            if moved is None:
                break
            theta = moved
            sums = self.function(theta, 2)
            if decrement < 1e-9:
                break
        return ProfilePoint(value, sums.value, theta)

    def _descend(
        self, theta: Array, nll: float, step: Array, decrement: float, value: float
    ) -> Array | None:
        """A point of the surface along a step that is lower; None where there is none."""
        length = 1.0
        while length > 1e-8:
            trial = self._onto(theta + length * step, value)
            if trial is not None:
                found = self.function(trial, 0).value
                if found <= nll - 1e-4 * length * decrement + 1e-13 * abs(nll):
                    return trial
            length *= 0.5 if length > 0.1 else 0.1
        return None

    def _onto(self, theta: Array, value: float) -> Array | None:
        """The nearest point at which the quantity has the value, or None."""
        gap = self.quantity(theta) - value
        tolerance = 1e-10 * (abs(value) + self.standard_error)
        for _ in range(_ITERATIONS):
            if abs(gap) <= tolerance:
                return theta
            slope = self._slope(theta)
            along = self._metric @ slope
            reach = float(slope @ along)
            if not (math.isfinite(reach) and reach > 0):
                return None
            length = 1.0
            while True:
                trial = theta - length * gap / reach * along
                ahead = self.quantity(trial) - value
                if math.isfinite(ahead) and abs(ahead) < abs(gap):
                    break
                length *= 0.5
                if length < 1e-6:
                    return None
            theta, gap = trial, ahead
        return None
