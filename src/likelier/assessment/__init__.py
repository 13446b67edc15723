"""Assessment: how good predictions are. Scores, calibration, and a verdict."""

from likelier.assessment._average import weighted_mean as weighted_mean
from likelier.assessment.assessment import Assessment as Assessment
from likelier.assessment.assessment import assess as assess
from likelier.assessment.calibration import Calibration as Calibration
from likelier.assessment.calibration import calibration as calibration
from likelier.assessment.calibration_error import CalibrationError as CalibrationError
from likelier.assessment.calibration_error import calibration_error as calibration_error
from likelier.assessment.pit import pit as pit
from likelier.assessment.pit import pit_bounds as pit_bounds
from likelier.assessment.pit import quantile_residuals as quantile_residuals

__all__ = [
    "Assessment",
    "Calibration",
    "CalibrationError",
    "assess",
    "calibration",
    "calibration_error",
    "pit",
    "pit_bounds",
    "quantile_residuals",
    "weighted_mean",
]
