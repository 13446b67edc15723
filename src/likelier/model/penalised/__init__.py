"""Penalised models: paths over strengths, frontiers of a price, what was selected."""
