"""Reading the bundled data sets by name."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from likelier.datasets._catalogue import CATALOGUE, Dataset
from likelier.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


def names() -> list[str]:
    """Return the names of the bundled data sets, in alphabetical order.

    Example:
        >>> from likelier import datasets
        >>> "pelts" in datasets.names()
        True
    """
    return sorted(CATALOGUE)


def describe(name: str) -> Dataset:
    """Return what a bundled data set holds: its columns, source and licence.

    Args:
        name: one of `names()`.

    Raises:
        DataError: there is no data set of that name.

    Example:
        >>> from likelier import datasets
        >>> print(datasets.describe("pelts"))
        pelts: hare and lynx pelts of the Hudson's Bay Company, yearly, 1900 to 1920
        21 rows
          year  calendar year
          hare  hare pelts, thousands
          lynx  lynx pelts, thousands
        Source: Hewitt, C. G. (1921). The Conservation of the Wild Life of Canada. Scribner.
        Licence: public domain (published before 1930)
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        offer = did_you_mean(name, CATALOGUE)
        known = ", ".join(names())
        raise DataError(f"No bundled data set `{name}`.{offer} There are: {known}.") from None


def load(name: str) -> pd.DataFrame:
    """Return a bundled data set as a pandas data frame, a new one at each call.

    Args:
        name: one of `names()`.

    Raises:
        DataError: there is no data set of that name.

    Example:
        >>> from likelier import datasets
        >>> datasets.load("randhie").shape
        (20190, 10)
    """
    import pandas as pd

    dataset = describe(name)
    with as_file(files("likelier.datasets") / "tables" / dataset.file) as path:
        return pd.read_csv(path)
