"""What things of a fit are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from likelier.model.fitted import Fit


def target_name(fit: Fit) -> str:
    """The target's name without the quotes that a formula needs around some names."""
    name = fit.facts.target
    return name[1:-1] if re.fullmatch("`[^`]+`", name) else name
