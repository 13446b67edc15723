"""Assessment: how good predictions are. Calibration and scores."""

from likelier.assessment.calibration import Calibration as Calibration
from likelier.assessment.calibration import calibration as calibration
from likelier.assessment.pit import pit as pit
from likelier.assessment.pit import pit_bounds as pit_bounds
from likelier.assessment.pit import quantile_residuals as quantile_residuals

__all__ = ["Calibration", "calibration", "pit", "pit_bounds", "quantile_residuals"]
