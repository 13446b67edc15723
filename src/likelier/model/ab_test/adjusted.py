"""An A/B test with covariates: a regression with the arm as a column."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.data import Table
from likelier.data.expressions import quote
from likelier.data.formula import parse_formula
from likelier.display import WIDTH, parameter_heading
from likelier.errors import DataError, LikelierError
from likelier.model.ab_test.result import find_arm
from likelier.model.fit import fit as fit_model
from likelier.model.fitted import Fit
from likelier.report import AdjustedData, ab_test_html, ab_test_text
from likelier.report.ab_test import amount, decimals_of

if TYPE_CHECKING:
    import pandas as pd

    from likelier.report.plots import Plot

__all__ = ["AdjustedABTest"]

_NOTE = (
    "A profile-likelihood interval of a regression, and no posterior: it holds no prior, and there "
    "is no probability that an arm is better."
)


@dataclass(frozen=True, eq=False, repr=False)
class AdjustedABTest:
    """An A/B/n test with covariates, by regression: effects with profile-likelihood intervals.

    Attributes:
        fit: the regression, a `Fit`, with its diagnoses.
        control: the arm that the others are compared with.
        terms: the term of the fit for each other arm.
        rows: how many rows each arm has.
        covariates: what is held equal.
        better: "higher" or "lower" outcomes.
        level: of the intervals.

    Example:
        >>> import likelier as lk
        >>> made = {
        ...     "arm": ["A", "B"] * 4,
        ...     "age": [1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0],
        ...     "spent": [3.1, 5.0, 4.2, 5.9, 4.9, 7.1, 6.0, 8.2],
        ... }
        >>> test = lk.ab_test(made, outcome="spent", arm="arm", family="normal", covariates="age")
        >>> print(test.verdict)
        With age held equal, B is better than A (difference in loc 0.990, 95 % interval 0.799
        to 1.181).
    """

    fit: Fit
    control: str
    terms: Mapping[str, str]
    rows: Mapping[str, float]
    covariates: str
    better: str
    level: float

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms."""
        return tuple(self.rows)

    @property
    def scale(self) -> str:
        """What an effect is, by the link: an odds ratio, a ratio or a difference."""
        main = self.fit.distribution.main
        link = self.fit.links[main]
        if main == "logits" and link in ("logit", "identity"):
            return "odds ratio"
        if link == "log":
            return f"ratio of {main}s"
        return "difference in " + (
            main if link == "identity" else parameter_heading(main, self.fit.links)
        )

    @functools.cached_property
    def effects(self) -> pd.DataFrame:
        """Effect of each arm beside the control: arm, estimate, lower, upper, on `scale`.

        Limits are those of the profile likelihood; a side on which it does not fall is open.
        """
        import pandas as pd

        rows = []
        for arm, term in self.terms.items():
            index = self.fit._index(term)
            estimate = self.fit.coefficients[index]
            limits = self.fit._profiler(index).interval(self.level)
            rows.append((arm, *(self._shown(v) for v in (estimate, *limits))))
        return pd.DataFrame(rows, columns=["arm", "estimate", "lower", "upper"])

    @property
    def verdict(self) -> str:
        """One sentence: what the regression says of each arm beside the control."""
        none = 1.0 if self._ratio else 0.0
        claims = []
        for arm, estimate, lower, upper in self.effects.itertuples(index=False):
            digits = decimals_of(lower, upper)
            shown = (
                f"{self.scale} {amount(estimate, digits)}, {100 * self.level:g} % interval "
                f"{amount(lower, digits)} to {amount(upper, digits)}"
            )
            if lower > none or upper < none:
                good = (lower > none) == (self.better == "higher")
                claims.append(f"{arm} is {'better' if good else 'worse'} than {self.control}")
            else:
                claims.append(f"{arm} cannot be told from {self.control} yet")
            claims[-1] += f" ({shown})"
        held = "" if self.covariates.strip() == "1" else f"With {self.covariates} held equal, "
        return held + "; ".join(claims) + "."

    def plot(self, ax: Any = None) -> Plot:
        """The likelihood curve of the effect of the first arm beside the control.

        Example:
            >>> import likelier as lk
            >>> made = {"arm": ["A", "B"] * 4, "visits": [1, 3, 0, 2, 2, 4, 1, 5]}
            >>> call = {"outcome": "visits", "arm": "arm", "family": "poisson"}
            >>> test = lk.ab_test(made, covariates="1", **call)
            >>> list(test.plot().data)
            ['value', 'deviance', 'likelihood', 'quadratic']
        """
        return self.fit.plot.profile(next(iter(self.terms.values())), ax=ax)

    def text(self, width: int = WIDTH) -> str:
        """What is printed, for a terminal of so many columns.

        Example:
            >>> import likelier as lk
            >>> made = {"arm": ["A", "B"] * 4, "visits": [1, 3, 0, 2, 2, 4, 1, 5]}
            >>> call = {"outcome": "visits", "arm": "arm", "family": "poisson"}
            >>> test = lk.ab_test(made, covariates="1", **call)
            >>> test.text(60).splitlines()[0]
            'B is better than A (ratio of rates 3.5, 95 % interval 1.3 to'
        """
        return ab_test_text(self._data(), width)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return ab_test_html(self._data())

    # ------------------------------------------------------------------ within

    @property
    def _ratio(self) -> bool:
        return "ratio" in self.scale

    def _shown(self, value: float) -> float:
        with np.errstate(over="ignore"):
            return float(np.exp(value)) if self._ratio else float(value)

    def _data(self) -> AdjustedData:
        effects = [
            (arm, self.rows[arm], estimate, lower, upper)
            for arm, estimate, lower, upper in self.effects.itertuples(index=False)
        ]
        notes = [_NOTE, f"Regression: {self.fit.facts.target} by {self.fit.distribution.text()}."]
        return AdjustedData(
            self.verdict, self.scale, self.control, self.level, effects, self.fit.diagnoses, notes
        )


def adjusted_test(
    table: Table,
    outcome: str,
    arm: str,
    family: Any,
    covariates: str,
    better: str,
    control: Any,
    level: float,
    options: Mapping[str, Any],
) -> AdjustedABTest:
    """Fit the regression behind an `AdjustedABTest`; arguments as of `ab_test`."""
    if (
        arm
        in parse_formula(covariates, [n for n in table.names if n not in (arm, outcome)]).columns
    ):
        raise LikelierError(
            f"covariates: column `{arm}` is the arm already; the effect of an arm that depends on "
            "a covariate is no single number. Fit that model with lk.fit"
        )
    codes, levels, _ = table.column(arm).labels()
    if len(levels) < 2:
        raise DataError(f"a test needs two arms or more; column `{arm}` holds {len(levels)}")
    names = [str(v) for v in levels]
    base = levels[0] if control is None else levels[names.index(find_arm(control, names))]
    factor = f"C({quote(arm)}, Treatment({base!r}))"
    target = quote(outcome) if outcome in table else outcome
    fitted = fit_model(f"{target} ~ {factor} + {covariates}", table, family, **options)
    main = fitted.distribution.main
    found = [t for p, t in fitted._names() if p == main and t.startswith(f"C({quote(arm)},")]
    others = [name for name, v in zip(names, levels, strict=True) if v != base]
    design = fitted._rows.design
    used = codes if design.rows is None else codes[design.rows]
    weights = np.ones(design.n) if design.weights is None else design.weights
    rows = {name: float(weights[used == code].sum()) for code, name in enumerate(names)}
    terms = dict(zip(others, found, strict=True))
    return AdjustedABTest(fitted, str(base), terms, rows, covariates, better, level)
