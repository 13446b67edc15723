"""The diagnoses of a fit, of which remarks are looked for when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from likelier.diagnosis._base import Diagnoses, Diagnosis, Finding

_ORDER = {"serious": 0, "warning": 1, "note": 2}


class Diagnosed:
    """What is wrong with a fit, and what there is to know about it.

    Args:
        found: diagnoses that are known.
        remarks: finds the others, once; no estimate is wrong for them.
    """

    def __init__(
        self,
        found: Iterable[Diagnosis] = (),
        remarks: Callable[[], Iterable[Finding]] | None = None,
    ) -> None:
        self._found = Diagnoses(found)
        self._remarks = remarks

    @property
    def all(self) -> Diagnoses:
        """All diagnoses, the most serious first."""
        if self._remarks is not None:
            told = [d for finding in self._remarks() for d in finding.diagnoses]
            self._found = Diagnoses(sorted((*self._found, *told), key=lambda d: _ORDER[d.severity]))
            self._remarks = None
        return self._found

    def __getstate__(self) -> dict[str, Any]:
        # Another process has no rows to look at.
        return {"_found": self.all, "_remarks": None}
