"""Contests between families or models, judged by held-out likelihood."""
