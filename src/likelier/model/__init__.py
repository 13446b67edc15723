"""The two-line way in: `fit`, `Fit`, `compare`, `path`, `load`."""

from likelier.model.ab_adjusted import AdjustedABTest as AdjustedABTest
from likelier.model.ab_result import ABTest as ABTest
from likelier.model.ab_test import ab_test as ab_test
from likelier.model.candidates import candidates as candidates
from likelier.model.compare import compare as compare
from likelier.model.comparison import Comparison as Comparison
from likelier.model.estimation import resolve_family as resolve_family
from likelier.model.fit import fit as fit
from likelier.model.fitted import Fit as Fit
from likelier.model.loading import load as load
from likelier.model.recalibrating import recalibrate as recalibrate
from likelier.model.regularisation import Path as Path
from likelier.model.regularisation import path as path

__all__ = [
    "ABTest",
    "AdjustedABTest",
    "Comparison",
    "Fit",
    "Path",
    "ab_test",
    "candidates",
    "compare",
    "fit",
    "load",
    "path",
    "recalibrate",
    "resolve_family",
]
