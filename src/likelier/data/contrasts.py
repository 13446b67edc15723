"""How the levels of a categorical column are coded when a constant is already in the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likelier.errors import FormulaError, did_you_mean

__all__ = ["CONTRASTS", "Contrast"]

CONTRASTS: Mapping[str, tuple[str, ...]] = {
    "treatment": ("base", "reference"),
    "sas": ("base", "reference"),
    "sum": (),
    "helmert": ("reverse", "scale"),
    "diff": ("backward",),
    "poly": ("scores",),
}
"""The options of each contrast, by its name in lower case."""


@dataclass(frozen=True)
class Contrast:
    """A contrast by name; `treatment` compares each level with the first, or with `base`."""

    name: str = "treatment"
    options: Mapping[str, Any] = field(default_factory=dict)

    def reduced(
        self, levels: Sequence[Any], where: str
    ) -> tuple[tuple[str, ...], np.ndarray | None, tuple[int, ...]]:
        """Return how K levels become K - 1 columns.

        Returns:
            The labels of the columns; the coding matrix (K, K - 1), or None where each column just
            marks one level; and in that case the code that each column marks.
        """
        if self.name in ("treatment", "sas"):
            default = levels[-1 if self.name == "sas" else 0] if levels else None
            base = self.options.get("base", self.options.get("reference", default))
            if base not in levels:
                raise FormulaError(
                    f"{where}: there is no level {base!r}."
                    + did_you_mean(str(base), map(str, levels))
                )
            drop = list(levels).index(base)
            kept = tuple(code for code in range(len(levels)) if code != drop)
            return tuple(f"[T.{levels[code]}]" for code in kept), None, kept
        if len(levels) < 2:
            return (), np.zeros((len(levels), 0)), ()
        from formulaic.transforms.contrasts import ContrastsRegistry

        try:
            contrast = getattr(ContrastsRegistry, self.name)(**self.options)
            matrix = np.asarray(contrast.get_coding_matrix(levels, True), dtype=np.float64)
        except (ValueError, TypeError, IndexError) as error:
            raise FormulaError(f"{where}: {error}") from None
        names = contrast.get_coding_column_names(levels, True)
        pattern = contrast.get_factor_format(levels, True)
        return tuple(pattern.format(name="", field=name) for name in names), matrix, ()
