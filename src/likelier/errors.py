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
    """Base of every error that likelier raises on purpose.

    Example:
        >>> import likelier as lk
        >>> try:
        ...     lk.fit("y ~ 1", {"y": [1, 2]}, "poison")
        ... except lk.LikelierError as error:
        ...     print(error)
        no distribution 'poison'. Did you mean `poisson`?
    """


class DataError(LikelierError, ValueError):
    """A table, a column or a cell cannot be used; the message names it and says what to do.

    Example:
        >>> import likelier as lk
        >>> try:
        ...     lk.fit("y ~ incme", {"y": [1, 2], "income": [3, 4]}, "poisson")
        ... except lk.DataError as error:
        ...     print(error)
        no column `incme`. Did you mean `income`?
    """


class FormulaError(DataError):
    """A formula cannot be parsed, or asks for something that formulas may not do.

    Example:
        >>> import likelier as lk
        >>> try:
        ...     lk.fit("y ~ open(x)", {"y": [1, 2], "x": [3, 4]}, "poisson")
        ... except lk.FormulaError as error:
        ...     print(str(error).partition(". ")[0])
        `open(x)`: open(...) is not a function that formulas may call
    """


class SupportError(DataError):
    """A target holds values to which the distribution gives no probability.

    Example:
        >>> import likelier as lk
        >>> try:
        ...     lk.fit("y ~ 1", {"y": [1, -3]}, "poisson")
        ... except lk.SupportError as error:
        ...     print(str(error).split(";")[0])
        cannot use column `y` with distribution 'poisson': row 2 holds −3
    """


class ModelFileError(LikelierError, ValueError):
    """A model file is truncated, corrupted, foreign, or of a later version.

    Example:
        >>> import likelier as lk
        >>> try:
        ...     lk.load("no such file.lkl")
        ... except lk.ModelFileError as error:
        ...     print(error)
        cannot read model file no such file.lkl: No such file or directory
    """


class NoFiniteOptimumError(LikelierError, ValueError):
    """The likelihood has no finite maximum on these data.

    Example:
        >>> import likelier as lk
        >>> try:
        ...     lk.Normal.mle([2.0, 2.0, 2.0])
        ... except lk.NoFiniteOptimumError as error:
        ...     print(str(error).partition(":")[0])
        the likelihood has no finite maximum on this sample
    """


class UndefinedError(LikelierError):
    """A family does not have the quantity that was asked for, such as the cdf of a Dirichlet.

    Example:
        >>> import likelier as lk
        >>> try:
        ...     lk.Dirichlet(concentration=[2.0, 3.0]).cdf([0.4, 0.6])
        ... except lk.UndefinedError as error:
        ...     print("a vector has no cdf here")
        a vector has no cdf here
    """


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
