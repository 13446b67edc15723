"""Fits as files: arrays and plain JSON under a checksum, no code."""
