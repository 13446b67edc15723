"""Minimisers of the penalised negative log-likelihood."""
