"""`Path`: the estimates of a penalised model along its strengths, and choices among them."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Design
from likelier.engines import LikelihoodSum
from likelier.errors import LikelierError, did_you_mean
from likelier.model.fitted import Fit
from likelier.model.fitting.estimation import conclude
from likelier.model.fitting.objectives import effective_degrees, plain_nll
from likelier.model.fitting.problem import Problem
from likelier.objective import Objective
from likelier.solvers import Solution, choose_solver

if TYPE_CHECKING:
    import pandas as pd

    from likelier.report.plots import Plot

__all__ = ["Path"]

Array = Any

RULES = ("one_standard_error", "held_out", "aic", "bic")
"""Names of the choices: see `Path.choose`."""


@dataclass(frozen=True, eq=False, repr=False)
class Path:
    """The fits of one model at falling strengths of its penalties; made by `likelier.path`.

    Attributes:
        strengths: (k,) what the penalties are multiplied by, falling.
        penalty: the penalties at strength 1.
        held_out: (folds, k) mean NLL of a held-out row, or None without folds.
        fold_weights: (folds,) what the held-out rows of each fold count for.

    Example:
        >>> import likelier as lk
        >>> visits = lk.datasets.load("randhie").head(400)
        >>> found = lk.path("mdvis ~ disea + idp", visits, "poisson", lk.L1(), folds=None)
        >>> bool((found.strengths[1:] < found.strengths[:-1]).all())
        True
    """

    strengths: Array
    penalty: Objective
    held_out: Array | None
    fold_weights: Array | None
    design: Design
    problem: Problem
    solutions: tuple[Solution, ...]
    weight_type: str

    # ------------------------------------------------------------------ tables

    @property
    def table(self) -> pd.DataFrame:
        """One row a strength, with what choices rest on.

        Columns: strength; nonzero (slopes that are not 0); degrees_of_freedom (effective); nll
        (mean of a row); objective (mean of a row); aic; bic; held_out_nll (mean of a row) with its
        standard_error over folds; residual (the certificate of `ProximalNewton`).
        """
        import pandas as pd

        mean, error = self._held_out
        return pd.DataFrame(
            {
                "strength": self.strengths,
                "nonzero": self._nonzero,
                "degrees_of_freedom": self._degrees,
                "nll": self._nll / self._count,
                "objective": [s.value / self._count for s in self.solutions],
                "aic": 2 * self._degrees + 2 * self._nll,
                "bic": np.log(self._count) * self._degrees + 2 * self._nll,
                "held_out_nll": mean,
                "standard_error": error,
                "residual": [s.residual for s in self.solutions],
            }
        )

    @property
    def coefficients(self) -> pd.DataFrame:
        """Estimates on the scale of the linear predictors: a row a strength, a column a term."""
        import pandas as pd

        names = pd.MultiIndex.from_tuples(self._names, names=["parameter", "term"])
        to_user = self.problem.parametric.to_user()
        values = np.array([to_user @ s.theta for s in self.solutions])
        return pd.DataFrame(values, pd.Index(self.strengths, name="strength"), names)

    # ------------------------------------------------------------------ choices

    def choose(self, rule: str = "one_standard_error") -> int:
        """The position of the strength that a rule chooses.

        Args:
            rule: "held_out" (least mean NLL of held-out rows), "one_standard_error" (the largest
                strength whose held-out NLL is within one standard error of the least; Breiman et
                al. 1984), "aic" or "bic" (least, by effective degrees of freedom).
        """
        rule = rule.lower().replace(" ", "_").replace("-", "_")
        if rule not in RULES:
            raise LikelierError(f"no rule {rule!r}.{did_you_mean(rule, RULES)}")
        if rule in ("aic", "bic"):
            return int(np.argmin(self.table[rule]))
        if self.held_out is None:
            raise LikelierError(
                f'the rule {rule!r} needs held-out rows; use lk.path(..., folds=5), or rule="bic"'
            )
        mean, error = self._held_out
        least = int(np.argmin(mean))
        if rule == "held_out":
            return least
        return int(np.flatnonzero(mean <= mean[least] + error[least])[0])

    def at(self, strength: float) -> Fit:
        """The fit at any strength, searched from the nearest of the path.

        Args:
            strength: what the penalties are multiplied by, 0 or above.
        """
        began = time.perf_counter()
        objective = at_strength(self.problem.objective.risk, self.penalty, strength)
        problem = self.problem.with_objective(objective)
        nearest = int(np.argmin(np.abs(self.strengths - strength)))
        function = problem.function
        first = self.solutions[nearest].theta
        solution = choose_solver(function).minimise(function, first)
        seconds = time.perf_counter() - began
        return conclude(self.design, problem, solution, seconds, self.weight_type)

    def fit(self, rule: str = "") -> Fit:
        """The fit at the strength that a rule chooses.

        Args:
            rule: as `choose` takes it; "one_standard_error" with folds, "bic" without, when not
                given.
        """
        return self.at(self.strengths[self.choose(rule or self._rule)])

    @functools.cached_property
    def best(self) -> Fit:
        """The fit at the strength of the one-standard-error rule; without folds, of BIC."""
        return self.fit()

    # ------------------------------------------------------------------ what people see

    def plot(self, ax: Any = None) -> Plot:
        """Coefficients of standardised columns over the strength, the chosen strength marked.

        Args:
            ax: matplotlib axes; a new figure when not given.
        """
        from likelier.model.answers.describe import path_data
        from likelier.report.plots import path_coefficients

        return path_coefficients(path_data(self), ax)

    def plot_held_out(self, ax: Any = None) -> Plot:
        """Held-out NLL over the strength, with its standard error.

        Args:
            ax: matplotlib axes; a new figure when not given.
        """
        from likelier.model.answers.describe import path_data
        from likelier.report.plots import path_held_out

        if self.held_out is None:
            raise LikelierError("this path held no rows out; use lk.path(..., folds=5)")
        return path_held_out(path_data(self), ax)

    def __repr__(self) -> str:
        from likelier.model.answers.describe import path_data
        from likelier.report import path_text

        return path_text(path_data(self))

    def _repr_html_(self) -> str:
        from likelier.model.answers.describe import path_data
        from likelier.report import path_html

        return path_html(path_data(self))

    # ------------------------------------------------------------------ within

    @property
    def _rule(self) -> str:
        return "bic" if self.held_out is None else "one_standard_error"

    @property
    def _count(self) -> float:
        return self.problem.function.total_weight

    @property
    def _names(self) -> list[tuple[str, str]]:
        return [
            (f"{parameter}[{slot}]" if slot else parameter, term)
            for parameter, slot, term in self.problem.labels
        ]

    def _function(self, k: int) -> LikelihoodSum:
        risk = self.problem.objective.risk
        objective = at_strength(risk, self.penalty, self.strengths[k])
        return functions_of(self.problem, [objective])[0]

    @functools.cached_property
    def _nll(self) -> Array:
        """(k,) the plain NLL, a sum over rows."""
        found = []
        for k, solution in enumerate(self.solutions):
            function = self._function(k)
            sums = function.over_rows(solution.theta, 0)
            sums = replace(sums, terms=(sums.value,))
            found.append(plain_nll(function, solution.theta, sums))
        return np.array(found)

    @functools.cached_property
    def _degrees(self) -> Array:
        """(k,) effective degrees of freedom."""
        return np.array(
            [effective_degrees(self._function(k), s.theta) for k, s in enumerate(self.solutions)]
        )

    @property
    def _nonzero(self) -> Array:
        """(k,) number of slopes that are not 0."""
        slopes = np.array([term != "intercept" for _, _, term in self.problem.labels])
        return np.array([int(np.sum(s.theta[slopes] != 0)) for s in self.solutions])

    @property
    def _held_out(self) -> tuple[Array, Array]:
        """(k,) mean held-out NLL of a row over folds, and its standard error."""
        if self.held_out is None or self.fold_weights is None:
            nothing = np.full(len(self.strengths), np.nan)
            return nothing, nothing
        share = self.fold_weights / self.fold_weights.sum()
        mean = share @ self.held_out
        spread = share @ (self.held_out - mean) ** 2
        return mean, np.sqrt(spread / (len(share) - 1))


def at_strength(risk: Any, penalty: Objective, strength: float) -> Objective:
    """The risk with the penalties at a strength."""
    return Objective(risk) + float(strength) * penalty


def functions_of(problem: Problem, objectives: Sequence[Objective]) -> list[LikelihoodSum]:
    """The functions of objectives that differ in strengths, penalties bound once."""
    bound = problem.function.penalties
    return [
        replace(
            problem.function,
            penalties=tuple(
                replace(own, strength=new.strength)
                for own, new in zip(bound, objective.penalties, strict=True)
            ),
        )
        for objective in objectives
    ]
