"""Assessment: how good predictions are. Calibration and scores."""

from likelier.assessment.pit import pit as pit
from likelier.assessment.pit import quantile_residuals as quantile_residuals

__all__ = ["pit", "quantile_residuals"]
