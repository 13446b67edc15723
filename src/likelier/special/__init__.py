"""Stable special functions over NumPy, JAX and PyTorch arrays."""
