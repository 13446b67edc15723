"""The two-line way in: `fit`, `Fit`, `compare`, `load`.

`fit.py` is what users call and `fitted.py` what they get. `fitting/` leads from one to the other,
`answers/` holds what a `Fit` can be asked, and each further folder one thing that stands on fits.
What does (`path`, `recalibrate`, `ab_test`) is imported from its own file, by `likelier` too, so
that a plain fit does not wait for it.
"""

from likelier.model.contest.candidates import candidates as candidates
from likelier.model.contest.compare import compare as compare
from likelier.model.contest.comparison import Comparison as Comparison
from likelier.model.files.loading import load as load
from likelier.model.fit import fit as fit
from likelier.model.fitted import Fit as Fit
from likelier.model.fitting.estimation import resolve_family as resolve_family

__all__ = [
    "Comparison",
    "Fit",
    "candidates",
    "compare",
    "fit",
    "load",
    "resolve_family",
]
