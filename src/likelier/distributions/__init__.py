"""Distributions: log-density, links, derivatives and sampling."""
