"""Scores, calibration, residuals and comparison of fitted predictions."""
