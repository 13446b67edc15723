"""The two-line way in: `fit`, `Fit`, `compare`, `load`.

What stands on fits (`path`, `recalibrate`, `ab_test`) is imported from its own file, by `likelier`
too, so that a plain fit does not wait for it.
"""

from likelier.model.candidates import candidates as candidates
from likelier.model.compare import compare as compare
from likelier.model.comparison import Comparison as Comparison
from likelier.model.estimation import resolve_family as resolve_family
from likelier.model.fit import fit as fit
from likelier.model.fitted import Fit as Fit
from likelier.model.loading import load as load

__all__ = [
    "Comparison",
    "Fit",
    "candidates",
    "compare",
    "fit",
    "load",
    "resolve_family",
]
