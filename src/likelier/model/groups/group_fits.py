"""`GroupFits`: what the fits of many groups hand back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from likelier.model.fitted import Fit

__all__ = ["GroupFits"]

Array = Any
Key = Any
"""The value that makes a group; a tuple of them where several columns do."""


@dataclass(frozen=True, eq=False)
class GroupRow:
    """What is known of one group: its numbers, or the error that it met."""

    key: Key
    n_rows: int
    log_likelihood: float = np.nan
    converged: bool = False
    diagnoses: tuple[str, ...] = ()
    error: str = ""
    names: Sequence[tuple[str, str]] = ()
    coefficients: Array = ()
    errors: Array = ()


class GroupFits:
    """The fits of many groups of rows, as tables and one by one.

    Made by `likelier.fit_groups`. Groups are known by their key, the value of the column that makes
    them (a tuple where several do), and stand in rising order.

    Example:
        >>> import likelier as lk
        >>> made = {"shop": ["a"] * 4 + ["b"] * 4, "sold": [1, 3, 2, 2, 0, 0, 0, 0]}
        >>> groups = lk.fit_groups("sold ~ 1", made, by="shop", distribution="poisson")
        >>> groups
        2 fits by shop: 1 converged, 1 with a diagnosis, 0 with an error
        >>> groups.table[["shop", "converged", "diagnoses"]].values.tolist()
        [['a', True, ''], ['b', False, 'separation']]
        >>> groups.fits["b"].diagnoses[0].kind
        'separation'
    """

    def __init__(
        self,
        by: tuple[str, ...],
        rows: Sequence[GroupRow],
        alone: Callable[[int], Fit],
        fits: Mapping[int, Fit],
        errors: Mapping[int, LikelierError],
    ) -> None:
        self.by = by
        self._rows = rows
        self.fits: Mapping[Key, Fit] = _Fits([row.key for row in rows], alone, fits, errors)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        good = sum(row.converged for row in self._rows)
        odd = sum(bool(row.diagnoses) for row in self._rows)
        failed = sum(bool(row.error) for row in self._rows)
        plural = "" if len(self) == 1 else "s"
        return (
            f"{len(self):,} fit{plural} by {', '.join(self.by)}: {good:,} converged, "
            f"{odd:,} with a diagnosis, {failed:,} with an error"
        )

    @functools.cached_property
    def table(self) -> pd.DataFrame:
        """A row for each group.

        Columns: those of `by`, n_rows, log_likelihood, converged, diagnoses (kinds of what is wrong
        with an estimate; remarks on the rows, such as over-dispersion, are in
        `fits[key].diagnoses`) and error (the message, where the group could not be fitted).
        """
        import pandas as pd

        rows = self._rows
        return pd.DataFrame(
            {
                **self._keys(np.arange(len(rows))),
                "n_rows": [row.n_rows for row in rows],
                "log_likelihood": [row.log_likelihood for row in rows],
                "converged": [row.converged for row in rows],
                "diagnoses": [", ".join(row.diagnoses) for row in rows],
                "error": [row.error for row in rows],
            }
        )

    @functools.cached_property
    def params(self) -> pd.DataFrame:
        """A row for each coefficient of each group that was fitted.

        Columns: those of `by`, parameter, term, estimate (on the scale of the linear predictor,
        ±inf where none is finite) and standard_error (NaN where none can be given).
        """
        import pandas as pd

        rows = self._rows
        counts = [len(row.names) for row in rows]
        parameters = [name for row in rows for name, _ in row.names]
        terms = [term for row in rows for _, term in row.names]
        return pd.DataFrame(
            {
                **self._keys(np.repeat(np.arange(len(rows)), counts)),
                "parameter": parameters,
                "term": terms,
                "estimate": np.concatenate([row.coefficients for row in rows]),
                "standard_error": np.concatenate([row.errors for row in rows]),
            }
        )

    def _keys(self, index: Array) -> dict[str, Any]:
        """The columns of keys, group by group as `index` says."""
        keys = [self._rows[i].key for i in index.tolist()]
        if len(self.by) == 1:
            return {self.by[0]: keys}
        return {name: [key[j] for key in keys] for j, name in enumerate(self.by)}


@dataclass(frozen=True, eq=False)
class _Fits(Mapping[Key, "Fit"]):
    """The whole fit of each group by its key, made when it is first asked for."""

    keys_in_order: Sequence[Key]
    alone: Callable[[int], Fit]
    known: Mapping[int, Fit]
    errors: Mapping[int, LikelierError]
    made: dict[int, Fit] = field(default_factory=dict)

    @functools.cached_property
    def _places(self) -> dict[Key, int]:
        return {key: g for g, key in enumerate(self.keys_in_order)}

    def __getitem__(self, key: Key) -> Fit:
        if key not in self._places:
            hint = did_you_mean(str(key), [str(k) for k in self.keys_in_order])
            raise LikelierError(f"there is no group {key!r}.{hint}")
        g = self._places[key]
        if g in self.errors:
            raise self.errors[g]
        if g not in self.made:
            self.made[g] = self.known[g] if g in self.known else self.alone(g)
        return self.made[g]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.keys_in_order)

    def __len__(self) -> int:
        return len(self.keys_in_order)
