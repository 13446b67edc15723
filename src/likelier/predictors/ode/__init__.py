"""Differential equations as predictors: the specification, its experiments, its trajectories."""

from likelier.predictors.ode.specification import ODE as ODE

__all__ = ["ODE"]
