"""What things of a fit are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from likelier.display import parameter_heading

if TYPE_CHECKING:
    from likelier.model.fitted import Fit


def target_name(fit: Fit) -> str:
    """The target's name without the quotes that a formula needs around some names."""
    name = fit.facts.target
    return name[1:-1] if re.fullmatch("`[^`]+`", name) else name


def coefficient_name(fit: Fit, parameter: str, term: str) -> str:
    """A coefficient as an axis names it; an unknown of a curve is on its own scale."""
    if parameter.split("[")[0] not in fit.links and not fit.predictor.linear:
        return term
    return f"{term}, {parameter_heading(parameter, fit.links)}"
