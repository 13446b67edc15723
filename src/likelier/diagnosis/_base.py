"""The contract of a diagnosis: what is wrong with a fit, where, why, and what to do about it.

A check is one file with one function `check(case) -> list[Diagnosis]`, listed in `__init__.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from likelier.engines import LikelihoodSum
from likelier.solvers import Solution

Array = Any

SEVERITIES = ("note", "warning", "serious")
"""note: worth knowing; warning: read before use; serious: the estimates do not exist as such."""


@dataclass(frozen=True)
class Diagnosis:
    """One finding about a fit.

    Attributes:
        kind: a short name, the same for all findings of this sort, such as "separation".
        severity: "note", "warning" or "serious".
        message: what is wrong and why, in one or two sentences.
        where: the columns, parameters or rows concerned.
        evidence: numbers behind the message, by name.
        remedy: what can be typed or done.
    """

    kind: str
    severity: str
    message: str
    where: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" Remedy: {self.remedy}" if self.remedy else ""
        return f"{self.kind}: {self.message}{remedy}"


@dataclass(frozen=True, eq=False)
class Case:
    """What a check may look at.

    Attributes:
        function: the likelihood as a function of theta, inner scale.
        solution: where the solver ended.
        labels: (parameter, slot label, term) of every coefficient, in the order of theta.
        target: the target's name.
        levels: label of each class, if the target has any.
    """

    function: LikelihoodSum
    solution: Solution
    labels: tuple[tuple[str, str, str], ...]
    target: str
    levels: tuple[Any, ...] | None = None

    @property
    def first_parameter(self) -> str:
        """The parameter whose predictor takes the columns of an array call."""
        return self.function.linked.family.main

    def name(self, index: int) -> str:
        """A coefficient as a message calls it."""
        parameter, slot, term = self.labels[index]
        inner = f"{parameter}[{slot}]" if slot else parameter
        return (
            f"`{term}`" if parameter == self.first_parameter and not slot else f"{inner} `{term}`"
        )


@dataclass(frozen=True, eq=False)
class Finding:
    """Diagnoses of one check with the coefficients that they take out of inference.

    Attributes:
        diagnoses: what to tell.
        infinite: (P,) the sign of infinity of each coefficient that has no finite estimate, else 0.
        relations: exact relations among columns; each leaves one coefficient fewer free.
        apart: (n,) rows that are fitted perfectly and say nothing more of the rest, or None.
        whole: whether that is true of all rows, so that nothing at all is identified.
    """

    diagnoses: list[Diagnosis]
    infinite: Array | None = None
    relations: int = 0
    apart: Array | None = None
    whole: bool = False
