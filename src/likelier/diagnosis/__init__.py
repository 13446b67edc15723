"""Checks of a fit, each with what was seen and what to do."""
