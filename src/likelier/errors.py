"""What likelier raises: every error that a user can cause is a `LikelierError`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "DataError",
    "FormulaError",
    "LikelierError",
    "ModelFileError",
    "NoFiniteOptimumError",
    "SupportError",
    "UndefinedError",
    "did_you_mean",
]


class LikelierError(Exception):
    """Base of every error that likelier raises on purpose."""


class DataError(LikelierError, ValueError):
    """A table, a column or a cell cannot be used; the message names it and says what to do."""


class FormulaError(DataError):
    """A formula cannot be parsed, or asks for something that formulas may not do."""


class SupportError(DataError):
    """A target holds values to which the distribution gives no probability."""


class ModelFileError(LikelierError, ValueError):
    """A model file is truncated, corrupted, foreign, or of a later version."""


class NoFiniteOptimumError(LikelierError, ValueError):
    """The likelihood has no finite maximum on these data."""


class UndefinedError(LikelierError):
    """A family does not have the quantity that was asked for, such as the cdf of a Dirichlet."""


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Return a sentence that offers the nearest of `options`, or an empty string.

    The sentence starts with a space, so that it can be appended to a message as it is.

    Args:
        name: what the user typed.
        options: the names that exist.

    Example:
        >>> "No column `incme`." + did_you_mean("incme", ["income", "age"])
        'No column `incme`. Did you mean `income`?'
        >>> did_you_mean("zzz", ["income", "age"])
        ''
    """
    spelled = {str(option).casefold(): str(option) for option in options}
    nearest = difflib.get_close_matches(name.casefold(), list(spelled), n=1, cutoff=0.6)
    return f" Did you mean `{spelled[nearest[0]]}`?" if nearest else ""
