"""Small real data sets that ship with the package, each with its source and licence.

To add one: a CSV file in `tables/`, its entry in `_catalogue.py`, and its row in README.md, which
`python -m likelier.datasets` prints.
"""

from likelier.datasets._catalogue import Dataset as Dataset
from likelier.datasets._load import describe as describe
from likelier.datasets._load import load as load
from likelier.datasets._load import names as names

__all__ = ["Dataset", "describe", "load", "names"]
