"""`ab_test`: which arm is better, how sure that is, and what is lost if it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likelier.data import CensoredValues, Design, Table, build, read_table
from likelier.data.expressions import quote
from likelier.diagnosis import Diagnoses, Diagnosis
from likelier.distributions import from_text
from likelier.errors import DataError, LikelierError, SupportError, did_you_mean
from likelier.inference.ab_test import (
    CONJUGATES,
    Conjugate,
    Posterior,
    check_sample_ratio,
    sample_ratio_p_value,
)
from likelier.model.ab_test.adjusted import AdjustedABTest, adjusted_test
from likelier.model.ab_test.result import ABTest, find_arm
from likelier.model.fitting.targets import as_target_of, check_support, for_censored

__all__ = ["ab_test"]

Array = Any

_ARMS = 50
"""More arms than this are a column that holds something else."""
_SIGN = 1e-3
"""A baseline whose sign is less certain than this makes lifts senseless."""
_EXCESS, _SURE = 1.2, 3.1
"""Outcomes vary more than their family says: by so much, and by so many standard errors."""


def ab_test(
    data: Any,
    *,
    outcome: str | None = None,
    arm: str | None = None,
    family: str = "bernoulli",
    prior: Mapping[str, float] | None = None,
    covariates: str | None = None,
    better: str = "higher",
    control: Any = None,
    level: float = 0.95,
    shares: Mapping[Any, float] | None = None,
    exposure: Any = None,
    weights: Any = None,
    missing: str = "raise",
) -> ABTest | AdjustedABTest:
    """Bayesian A/B/n test: which arm is better, how sure that is, what is lost if it is wrong.

    Each arm's outcomes follow the family with a parameter θ of its own, whose posterior is known
    in closed form. What posteriors say of each other is computed in closed form or by quadrature,
    never by simulation:

    P(θ_B > θ_A) = ∫ f_B F_A dθ,  P(arm i is best) = ∫ f_i ∏_{j≠i} F_j dθ,
    expected loss of choosing i = E(max_j θ_j − θ_i) = ∫ F_i (1 − ∏_{j≠i} F_j) dθ.

    | family | totals of an arm | compared by | default prior |
    |---|---|---|---|
    | `"bernoulli"` | successes, trials | success rate | Beta(1, 1), uniform |
    | `"poisson"` | events, exposure | rate | Gamma(½, 0), Jeffreys' |
    | `"normal"` | mean, sd (divisor n − 1), n | mean | flat in the mean and log σ |
    | `"exponential"` | events, total time | mean | flat in the rate, Gamma(1, 0) |

    Args:
        data: totals by arm, `{"A": (120, 1000), "B": (150, 1010)}`; or rows, whatever `fit` takes.
        outcome: of rows, the column of outcomes; `"Surv(time, event)"` for durations of which
            some go on.
        arm: of rows, the column that names the arm.
        family: of the outcomes; with covariates any family of `fit`.
        prior: parameters of the prior that differ from the default, the same for all arms:
            `{"concentration1": …, "concentration0": …}` (bernoulli), `{"concentration": …,
            "rate": …}` (poisson; exponential, of the rate of events), `{"loc": …, "evidence": …,
            "alpha": …, "beta": …}` (normal, as of `NormalInverseGamma`).
        covariates: right-hand side of a formula, `"age + C(region)"`; the answer is then that of a
            regression with the arm as a column, by profile likelihood, and no posterior.
        better: "higher" or "lower" values of what arms are compared by.
        control: the arm that others are compared with; the first when not given.
        level: of intervals, and the probability from which on one arm is called better.
        shares: expected shares of units, by arm, where they were not meant to be equal.
        exposure: of rows, for `"poisson"`: a column or an (n,) array.
        weights: of rows: how many each stands for, a column or an (n,) array.
        missing: of rows: "raise", or "drop" to leave out and count rows with a missing value.

    Returns:
        An `ABTest` (an `AdjustedABTest` with covariates), whose `verdict` is one sentence.

    Raises:
        DataError: an arm's totals are impossible, or leave it without a posterior; rows cannot be
            used.
        SupportError: a row holds an outcome that the family cannot take.
        LikelierError: a family, an arm, a parameter of the prior or an option does not exist.

    Source: Miller (2015), Formulas for Bayesian A/B testing; Stucchio (2015), Bayesian A/B Testing
    at VWO; Gelman et al. (2013), Bayesian Data Analysis, ch. 2 and 3.

    Example:
        >>> import likelier as lk
        >>> test = lk.ab_test({"A": (120, 1000), "B": (150, 1010)}, family="bernoulli")
        >>> round(test.probability_better("B", "A"), 6)
        0.969426
        >>> test.difference("B", "A")
        difference B − A: +0.0284 [−0.0013, +0.0583] (posterior median, 95 % credible interval)
    """
    _check_options(better, level)
    given = {"exposure": exposure, "weights": weights, "covariates": covariates}
    if outcome is None and arm is None and isinstance(data, Mapping):
        for name, value in given.items():
            if value is not None:
                raise LikelierError(f"{name} is for rows: give outcome= and arm= with a table")
        conjugate = _conjugate(family)
        read = _read_totals(data, conjugate)
    elif outcome is None or arm is None:
        raise LikelierError(
            'rows need the names of two columns: ab_test(data, outcome="…", arm="…"); totals are a '
            'dict, {"A": (successes, trials), "B": …}'
        )
    elif covariates is not None:
        if prior is not None:
            raise LikelierError("with covariates the answer is a likelihood's: it takes no prior")
        options = {"exposure": exposure, "weights": weights, "missing": missing}
        return adjusted_test(
            read_table(data), outcome, arm, family, covariates, better, control, level, options
        )
    else:
        conjugate = _conjugate(family)
        if exposure is not None and family != "poisson":
            raise LikelierError(f'exposure is for family="poisson"; the family is {family!r}')
        read = _read_rows(read_table(data), outcome, arm, conjugate, exposure, weights, missing)
    _check_arms(list(read.totals))
    values = conjugate.full_prior(prior)
    posteriors = {}
    for name, totals in read.totals.items():
        conjugate.check(name, totals)
        posteriors[name] = conjugate.posterior(name, totals, values)
    mismatch, note = _sizes(read, shares)
    first = next(iter(read.totals)) if control is None else find_arm(control, read.totals)
    diagnoses = [
        *mismatch,
        *read.diagnoses,
        *_thin(read, conjugate, posteriors),
        *_baseline(first, posteriors[first]),
    ]
    return ABTest(
        conjugate=conjugate,
        totals=read.totals,
        prior=values,
        posteriors=posteriors,
        better=better,
        control=first,
        level=level,
        diagnoses=Diagnoses(diagnoses),
        notes=tuple(filter(None, [*read.notes, note])),
    )


@dataclass
class Arms:
    """What was read of the arms: totals, units in each if known, and what there is to say."""

    totals: dict[str, tuple[float, ...]]
    sizes: dict[str, float] | None
    diagnoses: list[Diagnosis] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _check_options(better: str, level: float) -> None:
    if better not in ("higher", "lower"):
        hint = did_you_mean(str(better), ("higher", "lower"))
        raise LikelierError(f"better is 'higher' or 'lower'; given: {better!r}.{hint}")
    if not 0 < level < 1:
        raise LikelierError(f"a level lies between 0 and 1; given: {level}")


def _conjugate(family: str) -> Conjugate:
    if family not in CONJUGATES:
        hint = did_you_mean(str(family), CONJUGATES)
        raise LikelierError(
            f"no conjugate family {family!r}.{hint} There are {', '.join(CONJUGATES)}; any family "
            'of fit takes rows and covariates="1"'
        )
    return CONJUGATES[family]


def _check_arms(names: Sequence[str]) -> None:
    if len(names) < 2:
        held = f"there is one, {names[0]!r}" if names else "there is none"
        raise DataError(f"a test needs two arms or more; {held}")


def _read_totals(data: Mapping[Any, Any], conjugate: Conjugate) -> Arms:
    """Totals by arm, as numbers."""
    names = ", ".join(conjugate.totals)
    totals: dict[str, tuple[float, ...]] = {}
    for arm, given in data.items():
        values = given
        if isinstance(given, Mapping):
            for name in given:
                if name not in conjugate.totals:
                    hint = did_you_mean(str(name), conjugate.totals)
                    raise DataError(f"arm {arm!r}: totals are {names}; given: {name!r}.{hint}")
            values = [given.get(name) for name in conjugate.totals]
        try:
            numbers = tuple(float(v) for v in values)
        except (TypeError, ValueError):
            numbers = ()
        if isinstance(values, str) or len(numbers) != len(conjugate.totals):
            raise DataError(
                f"arm {arm!r}: totals of {conjugate.name!r} are ({names}); given: {given!r}. For "
                'rows give outcome="…" and arm="…"'
            )
        totals[str(arm)] = numbers
    sizes = {name: conjugate.size(values) for name, values in totals.items()}
    known = {name: size for name, size in sizes.items() if size is not None}
    return Arms(totals, known if len(known) == len(sizes) else None)


def _read_rows(
    table: Table,
    outcome: str,
    arm: str,
    conjugate: Conjugate,
    exposure: Any,
    weights: Any,
    missing: str,
) -> Arms:
    """Totals by arm from rows, each checked."""
    design = build(
        {conjugate.quantity: "1"},
        table,
        target=quote(outcome) if outcome in table else outcome,
        groups=arm,
        exposure=exposure,
        weights=weights,
        missing=missing,
    )
    family = from_text(conjugate.name)
    design = as_target_of(design, for_censored(design, family))
    check_support(design, for_censored(design, family))
    names, codes = arm_labels(table, arm, design)
    y, event = _outcomes(design, conjugate)
    counts = np.ones(design.n) if design.weights is None else design.weights
    read = Arms({}, {})
    spread: dict[str, tuple[float, float]] = {}
    for code, name in enumerate(names):
        rows = np.flatnonzero((codes == code) & (counts > 0))
        if not len(rows):
            continue
        part = None if design.exposure is None else design.exposure[rows]
        ended = None if event is None else event[rows]
        read.totals[name] = conjugate.of_rows(y[rows], counts[rows], part, ended)
        assert read.sizes is not None
        read.sizes[name] = float(counts[rows].sum())
        found = None if event is not None else conjugate.dispersion(y[rows], counts[rows], part)
        if found is not None:
            spread[name] = found
    read.diagnoses += _excess(spread, conjugate, outcome, arm)
    assert design.target is not None
    levels = design.target.levels
    if levels is not None and not isinstance(levels[-1], bool):
        read.notes.append(f"Success is `{outcome}` = {levels[1]!r}.")
    if design.n_dropped:
        read.notes.append(f"{design.n_dropped:,} rows with a missing value were dropped.")
    return read


def arm_labels(table: Table, arm: str, design: Design) -> tuple[list[str], Array]:
    """Names of the arms in the order of their labels, and the arm of each row of the design."""
    codes, levels, _ = table.column(arm).labels()
    if len(levels) > _ARMS:
        raise DataError(
            f"column `{arm}` has {len(levels):,} different values: too many for arms. arm= is the "
            "column that says which treatment a row had"
        )
    return [str(level) for level in levels], codes if design.rows is None else codes[design.rows]


def _outcomes(design: Design, conjugate: Conjugate) -> tuple[Array, Array | None]:
    """Outcomes as numbers, and which durations ended, if that is told."""
    assert design.target is not None
    values: Any = design.target.values
    levels = design.target.levels
    if levels is not None:
        if all(isinstance(level, bool) for level in levels):
            return np.asarray(levels, dtype=np.float64)[values], None
        if len(levels) < 2:
            raise DataError(
                f"every row of column `{design.target.name}` holds {levels[0]!r}: whether that is "
                "success is not known; give outcomes as 0 and 1"
            )
    if not isinstance(values, CensoredValues):
        return np.asarray(values, dtype=np.float64), None
    event = values.lower == values.upper
    row = int(np.argmax(~event & ~np.isposinf(values.upper)))
    if conjugate.name != "exponential" or not (event[row] or np.isposinf(values.upper[row])):
        raise SupportError(
            f"`{design.target.name}`, {design.row_name(row)}: censored outcomes are durations that "
            'go on, Surv(time, event), with family="exponential"; others need covariates="1"'
        )
    return values.lower, event


def _excess(
    found: Mapping[str, tuple[float, float]], conjugate: Conjugate, outcome: str, arm: str
) -> list[Diagnosis]:
    """Whether outcomes vary more than the family allows, which makes posteriors too narrow."""
    wide = {
        name: ratio
        for name, (ratio, error) in found.items()
        if ratio > _EXCESS and ratio - 1 > _SURE * error
    }
    if not wide:
        return []
    shown = ", ".join(f"{ratio:.3g} (arm {name!r})" for name, ratio in wide.items())
    return [
        Diagnosis(
            kind="overdispersion",
            severity="warning",
            message=(
                f"outcomes vary {shown} times as much as {conjugate.name} outcomes of their mean: "
                f"posteriors are up to {max(wide.values()) ** 0.5:.2g} times too narrow"
            ),
            where=tuple(wide),
            evidence={"dispersion": wide},
            remedy=(
                f'ab_test(data, outcome="{outcome}", arm="{arm}", family="{conjugate.wider}", '
                'covariates="1")'
            ),
        )
    ]


def _sizes(read: Arms, shares: Mapping[Any, float] | None) -> tuple[list[Diagnosis], str]:
    """The check of the arms' sizes: a diagnosis where they are off, a remark where not."""
    names = list(read.totals)
    given = {str(name): value for name, value in (shares or {}).items()}
    for name in given:
        if name not in names:
            raise LikelierError(f"shares: there is no arm {name!r}.{did_you_mean(name, names)}")
    if shares is not None and (set(given) != set(names) or not all(v > 0 for v in given.values())):
        raise LikelierError(f"shares gives a positive share to each arm: {', '.join(names)}")
    if read.sizes is None:
        if shares is not None:
            raise LikelierError("shares: these totals do not say how many units an arm holds")
        return [], ""
    if not sum(read.sizes.values()) > 0:
        return [], ""
    total = sum(given.values())
    expected = {name: given[name] / total if given else 1 / len(names) for name in names}
    p = sample_ratio_p_value([read.sizes[name] for name in names], list(expected.values()))
    found = check_sample_ratio(read.sizes, expected, p)
    if found is not None:
        return [found], ""
    kind = "the planned" if given else "equal"
    return [], f"Arm sizes agree with {kind} shares (multinomial test, p = {p:.2g})."


def _thin(read: Arms, conjugate: Conjugate, posteriors: Mapping[str, Posterior]) -> list[Diagnosis]:
    """Arms about which the data say little, or whose mean is not finite."""
    found = []
    for name, totals in read.totals.items():
        remarks = [conjugate.remark(totals)]
        if posteriors[name].heavy:
            remarks.append(
                "its posterior has no finite mean, so that expected losses are infinite; "
                "probabilities and quantiles stand"
            )
        message = "; ".join(filter(None, remarks))
        if message:
            found.append(
                Diagnosis(
                    kind="thin_arm",
                    severity="note",
                    message=f"arm {name!r}: {message}",
                    where=(name,),
                    evidence=dict(zip(conjugate.totals, totals, strict=True)),
                )
            )
    return found


def _baseline(control: str, posterior: Posterior) -> list[Diagnosis]:
    """Whether lifts have a baseline of a known sign."""
    below = float(posterior.distribution.cdf(0.0))
    if not _SIGN < below < 1 - _SIGN:
        return []
    return [
        Diagnosis(
            kind="baseline",
            severity="warning",
            message=(
                f"the mean of {control!r} may be below 0 or above it (probability {below:.2g} and "
                f"{1 - below:.2g}): a lift is a share of it and says little"
            ),
            where=(control,),
            evidence={"probability_below_0": below},
            remedy="read the difference, or take another control",
        )
    ]
