"""Sums of the per-row loss and its derivatives, block by block."""
