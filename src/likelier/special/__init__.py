"""Stable special functions over NumPy, JAX and PyTorch arrays."""

from likelier.special._namespace import Array as Array
from likelier.special._namespace import as_floating as as_floating
from likelier.special._namespace import is_jax as is_jax
from likelier.special._namespace import is_torch as is_torch
from likelier.special._namespace import namespace as namespace
from likelier.special.gamma_half import student_constant as student_constant
from likelier.special.gamma_half import student_constant_bend as student_constant_bend
from likelier.special.gamma_half import student_constant_slope as student_constant_slope
