"""The contract of a diagnosis: what is wrong with a fit, where, why, and what to do about it.

A check is one file with one function `check(case) -> Finding | None`, listed in `__init__.py`.
Checks of large tables look at a spread sample of the rows where that suffices, and pass over all
rows only on suspicion.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import numpy as np

from likelier.diagnosis._listing import diagnosis_lines, diagnosis_notes
from likelier.diagnosis._remedies import Typed, another
from likelier.display import html_block, html_note
from likelier.distributions import Linked
from likelier.engines import LikelihoodSum
from likelier.predictors import ParametricPredictor, Workspace
from likelier.solvers import Solution

Array = Any

_CELLS = 1_000_000
"""Tables of more cells than this are looked at through a sample of their rows."""
_RUNS, _RUN = 64, 128

SEVERITIES = ("note", "warning", "serious")
"""note: worth knowing; warning: read before use; serious: the estimates do not exist as such."""


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """One finding about a fit.

    Attributes:
        kind: a short name, the same for all findings of this sort, such as "separation".
        severity: "note", "warning" or "serious".
        message: what is wrong and why, in one or two sentences.
        where: the columns, parameters or rows concerned.
        evidence: numbers behind the message, by name.
        remedy: what can be typed or done.
        command: the remedy as the command line takes it; empty where it reads the same.
    """

    kind: str
    severity: Annotated[str, SEVERITIES]
    message: str
    where: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
    command: str = ""

    def on_command_line(self) -> Diagnosis:
        """The same with the remedy that the command line takes."""
        return replace(self, remedy=self.command or self.remedy, command="")

    def __str__(self) -> str:
        remedy = f" Remedy: {self.remedy}" if self.remedy else ""
        return f"{self.kind}: {self.message}{remedy}"

    def __repr__(self) -> str:
        return repr(Diagnoses([self]))

    def _repr_html_(self) -> str:
        return Diagnoses([self])._repr_html_()


class Diagnoses(tuple[Diagnosis, ...]):
    """Diagnoses in order, a tuple that shows them as a list to be read, in notebooks as HTML.

    Example:
        >>> Diagnoses([Diagnosis("collinearity", "serious", "`b` is 2·`a`", remedy="drop `b`")])
        ! collinearity (serious) `b` is 2·`a`.
                                 Remedy: drop `b`.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(diagnosis_lines(self, severity=True)) or "no diagnoses"

    def _repr_html_(self) -> str:
        notes = diagnosis_notes(self, severity=True) or [html_note(repr(self))]
        return html_block("diagnoses", *notes)


@dataclass(frozen=True, eq=False)
class View:
    """Rows of positive weight that a check looks at: all, or a spread sample.

    Attributes:
        index: (m,) their numbers.
        slices: the runs of rows that they were taken from.
        whole: whether no row was left out.
        share: how many rows of the table stand behind each.
        eta: (K, m) predictors at the solution.
        y: observations; weights: (m,) or None; known: parameters that are data.
        linked: the family with its links.
    """

    index: Array
    slices: list[slice]
    whole: bool
    share: float
    eta: Array
    y: Any
    weights: Array | None
    known: Mapping[str, Array]
    linked: Linked

    @functools.cached_property
    def distribution(self) -> Any:
        """The predictive distributions."""
        with np.errstate(all="ignore"):
            return self.linked.build(self.eta, self.known)

    @property
    def counts(self) -> Array:
        """What each row counts for, (m,)."""
        return np.ones(len(self.index)) if self.weights is None else self.weights


@dataclass(frozen=True, eq=False)
class Case:
    """What a check may look at.

    Attributes:
        function: the likelihood as a function of theta, inner scale.
        solution: where the solver ended.
        labels: (parameter, slot label, term) of every coefficient, in the order of theta.
        target: the target's name.
        levels: label of each class, if the target has any.
        frequency: whether weights count rows.
        row_name: a row as a message calls it, from its number.
        found: what the checks before this one have found.
    """

    function: LikelihoodSum
    solution: Solution
    labels: tuple[tuple[str, str, str], ...]
    target: str
    levels: tuple[Any, ...] | None = None
    frequency: bool = True
    row_name: Callable[[int], str] = "row {}".format
    found: list[Finding] = field(default_factory=list)

    @property
    def predictor(self) -> ParametricPredictor:
        """That of the function."""
        return self.function.parametric

    @property
    def large(self) -> bool:
        """Whether a pass over all rows is more than a moment's work."""
        if self.function.behind > 1:
            return True
        return self.predictor.n * max(self.predictor.size, 1) > _CELLS

    @property
    def spoilt(self) -> bool:
        """Whether a serious finding stands, so that remarks about the fit would mislead."""
        return not self.solution.converged or any(
            d.severity == "serious" for finding in self.found for d in finding.diagnoses
        )

    @property
    def shrunk(self) -> bool:
        """Whether penalties hold the coefficients, so that what data leave open is no fault."""
        return self.solution.converged and any(
            bound.strength and bound.penalty.inference != "information"
            for bound in self.function.penalties
        )

    @property
    def firm(self) -> bool:
        """Whether a term that rises for ever as information is lost keeps estimates finite."""
        return self.solution.converged and (
            self.function.risk.attained
            or any(
                bound.strength and "information" in bound.penalty.needs
                for bound in self.function.penalties
            )
        )

    @functools.cached_property
    def eta(self) -> Array:
        """Predictors of all rows at the solution, (K, n)."""
        rows = slice(0, self.predictor.n)
        return self.predictor.forward(self.solution.theta, rows, Workspace())

    @functools.cached_property
    def view(self) -> View:
        """The rows to look at."""
        function, predictor = self.function, self.predictor
        n = predictor.n
        sampled = self.large and n > _RUNS * _RUN
        if sampled:
            slices = [slice(i * n // _RUNS, i * n // _RUNS + _RUN) for i in range(_RUNS)]
            work, theta = Workspace(), self.solution.theta
            eta = np.concatenate([predictor.forward(theta, s, work) for s in slices], axis=1)
            index = np.concatenate([np.arange(rows.start, rows.stop) for rows in slices])
        else:
            slices, eta, index = [slice(0, n)], self.eta, np.arange(n)
        weights, y, known = None, function.y, function.known
        if function.weights is not None:
            weights = function.weights[index]
            used = weights > 0
            index, weights, eta = index[used], weights[used], eta[:, used]
        if sampled or weights is not None:
            y = y[index]
            known = {name: value[index] for name, value in known.items()}
        share = n / sum(rows.stop - rows.start for rows in slices)
        return View(
            index,
            slices,
            not sampled and function.behind == 1,
            share * function.behind,
            eta,
            y,
            weights,
            known,
            function.linked,
        )

    @functools.cached_property
    def curvature(self) -> Array:
        """Second derivatives of the plain NLL at the solution, of large tables from the sample."""
        function, solution = self.function.likelihood, self.solution
        if solution.curvature is not None and not self.function.penalties:
            return solution.curvature
        kind = "observed" if function.linked.family.smooth else "expected"
        if self.view.whole:
            return function(solution.theta, 2, kind).curvature
        part: Array = function.on([self.view.slices])(solution.theta, 2, kind).curvature
        return part * self.view.share

    @property
    def first_parameter(self) -> str:
        """The parameter whose predictor takes the columns of an array call."""
        return self.function.linked.family.main

    def held(self, parameter: str) -> Typed:
        """What to type for the same family with a parameter at a known value."""
        return another(f"fixed({self.function.linked.family.text()}, {parameter}=…)")

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
        null: (P, k) orthonormal directions, inner scale, about which the data say nothing.
        unsure: (P,) coefficients which are less known than the curvature says, so that no standard
            error is shown, or None; predictions stand.
    """

    diagnoses: list[Diagnosis]
    infinite: Array | None = None
    relations: int = 0
    apart: Array | None = None
    whole: bool = False
    null: Array | None = None
    unsure: Array | None = None
