"""Recalibration: predictions made to come true as often as they say. One kind of map a class."""

from likelier.assessment.recalibration._base import Calibrator as Calibrator
from likelier.assessment.recalibration._base import Unchanged as Unchanged
from likelier.assessment.recalibration.choose import calibrator as calibrator
from likelier.assessment.recalibration.choose import kinds as kinds
from likelier.assessment.recalibration.conformal import Conformal as Conformal
from likelier.assessment.recalibration.distribution import Recalibrated as Recalibrated
from likelier.assessment.recalibration.label_maps import LabelIsotonic as LabelIsotonic
from likelier.assessment.recalibration.label_maps import Temperature as Temperature
from likelier.assessment.recalibration.label_maps import VectorScaling as VectorScaling
from likelier.assessment.recalibration.pit_maps import BetaMap as BetaMap
from likelier.assessment.recalibration.pit_maps import Isotonic as Isotonic
from likelier.assessment.recalibration.pit_maps import Scale as Scale

__all__ = [
    "BetaMap",
    "Calibrator",
    "Conformal",
    "Isotonic",
    "LabelIsotonic",
    "Recalibrated",
    "Scale",
    "Temperature",
    "Unchanged",
    "VectorScaling",
    "calibrator",
    "kinds",
]
