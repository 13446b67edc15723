"""What a fit knows of the uncertainty of its coefficients, from its rows or from its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError
from likelier.inference import (
    Information,
    blurred_information,
    covariance,
    invert_information,
    without,
)

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

Array = Any


def inner_covariance(fit: Fit, kind: str, groups: Any = None) -> Array:
    """Covariance of θ on the inner scale, 0 along directions that are not identified."""
    rows = fit._posed
    solution, information = fit._optimum
    if kind == "observed":
        return information.inverse
    function = rows.problem.function.likelihood
    codes = None
    if groups is None and kind == "cluster":
        groups = rows.design.groups
    if groups is not None:
        codes = np.unique(np.asarray(groups), return_inverse=True)[1]
        if len(codes) != function.rows:
            raise LikelierError(
                f"groups has {len(codes):,} entries for {function.rows:,} rows used"
            )
    if fit.distribution.smooth:
        curvature = function(solution.theta, 2).curvature
    else:
        # At a kink there is no observed curvature.
        curvature = blurred_information(function, solution.theta, invert_information)[0]
    return covariance(function, solution.theta, curvature, kind, codes, rows.problem.frequency)


def covariance_of(fit: Fit, kind: str = "observed", groups: Any = None) -> Array:
    """Covariance of the coefficients, (P, P); NaN where one is not identified."""
    if kind == "observed":
        return fit.estimate.covariance
    to_user = fit._posed.problem.parametric.to_user()
    nothing = np.zeros((len(to_user), 0))
    found = Information(inner_covariance(fit, kind, groups), nothing).along(to_user)
    lost = np.isnan(fit.estimate.covariance.diagonal())
    return without(found, lost)


def information_of(
    fit: Fit, kind: str = "observed", groups: Any = None
) -> tuple[Array, Information]:
    """The matrix from a scale of θ to coefficients, and what is known of θ on that scale.

    A combination of coefficients may be identified though they are not. A fit without the rows
    that it was made of knows only which coefficients are.
    """
    sample = fit.sample
    if sample is not None and sample.inform is not None:
        information = sample.information
        if kind != "observed":
            information = Information(inner_covariance(fit, kind, groups), information.null)
        return sample.problem.parametric.to_user(), information
    if kind != "observed":
        inner_covariance(fit, kind, groups)  # says what is missing
    known = fit.estimate.covariance
    lost = np.isnan(np.diag(known))
    identity = np.eye(len(known))
    return identity, Information(np.where(np.isnan(known), 0.0, known), identity[:, lost])
