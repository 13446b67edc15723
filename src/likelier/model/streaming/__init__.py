"""Fits whose rows stay in their files."""
