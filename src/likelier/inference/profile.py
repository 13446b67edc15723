"""Profile likelihood of a linear combination of the coefficients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from likelier.inference.covariance import Information
from likelier.inference.curve import Curve, ProfilePoint
from likelier.inference.restricted import complement, minimise
from likelier.solvers._base import Objective

Array = Any


class Profiler(Curve):
    """Profiles one combination aᵀθ around an estimate.

    Args:
        function: the objective.
        theta: its minimiser.
        nll: its minimum.
        information: at theta; gives the scale of the search and the path of the others.
        contrast: a, shape (P,).
        retreat: where a parameter at its limit has been brought back, or None. At the limit the
            likelihood is flat and no search returns from it by itself, though another value of
            the combination may call for that.
    """

    def __init__(
        self,
        function: Objective,
        theta: Array,
        nll: float,
        information: Information,
        contrast: Array,
        retreat: Array | None = None,
    ) -> None:
        self.retreat = retreat
        self.function = function
        self.nll = nll
        self.contrast = contrast
        self.estimate = float(contrast @ theta)
        self.centre = ProfilePoint(self.estimate, nll, theta)
        # By its largest entry first, since squares may vanish.
        top = float(np.max(np.abs(contrast)))
        # Where the others go, to first order, when the combination moves: along the likelihood's
        # ridge, or, if it is not identified, along the direction that changes nothing.
        along = information.inverse @ contrast
        self.standard_error = math.sqrt(max(float(contrast @ along), 0.0))
        if bool(information.lost(contrast[None])[0]):
            along = information.null @ (information.null.T @ contrast)
        if self.standard_error == 0 or bool(information.lost(contrast[None])[0]):
            self.standard_error = top * float(np.linalg.norm(contrast / top))
        reach = float(contrast @ along)
        self.path = along / reach if reach > 0 else contrast / top / (contrast @ (contrast / top))
        self._basis = complement(contrast)

    def at(self, value: float, near: ProfilePoint | None = None) -> ProfilePoint:
        """The profile at a value, started from a point already known."""
        near = near or self.centre
        start = near.theta + self.path * (value - near.value)
        if self._basis.shape[1] == 0:
            return ProfilePoint(value, self.function(start, 0).value, start)
        found = minimise(self.function, start, self._basis, tolerance=1e-8)
        if self.retreat is not None:
            back = self.retreat + self.path * (value - float(self.contrast @ self.retreat))
            other = minimise(self.function, back, self._basis, tolerance=1e-8)
            found = other if other.value < found.value else found
        return ProfilePoint(value, found.value, found.theta)
