"""The outcome of an A/B/n test from conjugate families."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.diagnosis import Diagnoses
from likelier.display import WIDTH
from likelier.distributions import Distribution
from likelier.errors import LikelierError, did_you_mean
from likelier.inference.ab_test import (
    Conjugate,
    Difference,
    Lift,
    Posterior,
    expected_losses,
    move_quantiles,
    probabilities_best,
    probability_above,
)
from likelier.report import ABTestData, ArmLine, EffectLine, ab_test_html, ab_test_text
from likelier.report.ab_test import (
    amount,
    chance,
    decimals_for,
    decimals_of,
    interval_text,
    lift_decimals,
    share,
)

if TYPE_CHECKING:
    import pandas as pd

    from likelier.report.plots import Plot

__all__ = ["ABTest"]

_POINTS, _EDGE = 160, 5e-4
_PEEKING = (
    "Whoever looks again and again and stops at the first high probability will too often call a "
    "winner that is none: fix the number of units beforehand, or stop when the expected loss is "
    "below what matters."
)


def find_arm(name: Any, arms: Iterable[str]) -> str:
    """The name of an arm, or `LikelierError` with the nearest one."""
    arms = tuple(arms)
    if str(name) not in arms:
        hint = did_you_mean(str(name), arms) or f" There are {', '.join(arms)}."
        raise LikelierError(f"there is no arm {str(name)!r}.{hint}")
    return str(name)


@dataclass(frozen=True)
class Effect:
    """How far one arm lies from another: the posterior median with an equal-tailed interval.

    Attributes:
        kind: "difference" (in the unit of the quantity) or "lift" (a share of the baseline's).
        arm, baseline: the two arms.
        estimate: posterior median; lower, upper: quantiles (1 ∓ level) / 2.
        level: posterior probability of the interval.
    """

    kind: str
    arm: str
    baseline: str
    estimate: float
    lower: float
    upper: float
    level: float

    def __repr__(self) -> str:
        if self.kind == "lift":
            digits = lift_decimals(self.lower, self.upper)
            limits = interval_text(100 * self.lower, 100 * self.upper, digits, True) + " %"
            name, value = f"lift of {self.arm} over {self.baseline}", share(self.estimate, digits)
        else:
            digits = decimals_of(self.lower, self.upper)
            limits = interval_text(self.lower, self.upper, digits, True)
            name = f"difference {self.arm} − {self.baseline}"
            value = amount(self.estimate, digits, True)
        return (
            f"{name}: {value} {limits} (posterior median, {100 * self.level:g} % credible interval)"
        )


@dataclass(frozen=True, eq=False, repr=False)
class ABTest:
    """An A/B/n test: posteriors of the arms and what they say of each other.

    Attributes:
        conjugate: the family of outcomes with its prior.
        totals: what each arm's data come down to.
        prior: its parameters, the same for all arms.
        posteriors: of the quantity that arms are compared by.
        better: "higher" or "lower".
        control: the arm that the table compares the others with.
        level: of intervals, and the probability from which on an arm is called better.
        diagnoses: what is wrong with the data; notes: what to know.

    Example:
        >>> import likelier as lk
        >>> test = lk.ab_test({"A": (120, 1000), "B": (150, 1010), "C": (131, 990)})
        >>> {arm: round(p, 3) for arm, p in test.probability_best.items()}
        {'A': 0.02, 'B': 0.836, 'C': 0.144}
        >>> {arm: round(loss, 4) for arm, loss in test.expected_loss.items()}
        {'A': 0.0298, 'B': 0.0013, 'C': 0.0174}
        >>> test.posterior["A"].interval(0.9)[0].round(4).item()
        0.1043
    """

    conjugate: Conjugate
    totals: Mapping[str, tuple[float, ...]]
    prior: Mapping[str, float]
    posteriors: Mapping[str, Posterior]
    better: str
    control: str
    level: float
    diagnoses: Diagnoses = field(default_factory=Diagnoses)
    notes: tuple[str, ...] = ()

    # ------------------------------------------------------------------ answers

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms."""
        return tuple(self.totals)

    @property
    def posterior(self) -> dict[str, Distribution]:
        """The posterior of each arm's quantity, a `Distribution`."""
        return {arm: p.distribution for arm, p in self.posteriors.items()}

    def probability_better(self, arm: Any, baseline: Any) -> float:
        """P(the first arm is better than the second), right in both tails.

        Example:
            >>> import likelier as lk
            >>> test = lk.ab_test({"A": (100, 1000), "B": (400, 1000)})
            >>> f"{test.probability_better('A', 'B'):.6g}"
            '3.49944e-57'
        """
        one, other = self._two(arm, baseline)
        above = probability_above(self._line, *(self._placed[a] for a in (one, other)))
        if self.better == "higher":
            return above
        return probability_above(self._line, *(self._placed[a] for a in (other, one)))

    @functools.cached_property
    def probability_best(self) -> dict[str, float]:
        """P(an arm is the best of all), by arm; they sum to 1."""
        arms = list(self._placed.values())
        values = probabilities_best(self._line, arms, self.better == "higher")
        return dict(zip(self.arms, values, strict=True))

    @functools.cached_property
    def expected_loss(self) -> dict[str, float]:
        """What is lost on average by choosing an arm, E(best θ − its θ), in the quantity's unit."""
        arms = list(self._placed.values())
        values = expected_losses(self._line, arms, self.better == "higher")
        return dict(zip(self.arms, values, strict=True))

    def difference(self, arm: Any, baseline: Any, level: float | None = None) -> Effect:
        """θ of the first arm less θ of the second: posterior median and credible interval.

        Args:
            arm, baseline: names of arms.
            level: posterior probability of the equal-tailed interval; the test's when not given.

        Example:
            >>> import likelier as lk
            >>> visits = lk.ab_test({"A": (30, 100), "B": (45, 110)}, family="poisson")
            >>> visits.difference("B", "A", level=0.9)
            difference B − A: +0.108 [−0.027, +0.245] (posterior median, 90 % credible interval)
        """
        return self._effect("difference", arm, baseline, level)

    def lift(self, arm: Any, baseline: Any, level: float | None = None) -> Effect:
        """(θ − θ′) / |θ′| of two arms: posterior median and credible interval.

        Args:
            arm, baseline: names of arms; θ and θ′ are theirs.
            level: posterior probability of the equal-tailed interval; the test's when not given.

        Example:
            >>> import likelier as lk
            >>> test = lk.ab_test({"placebo": (21, 182), "6-MP": (9, 359)}, family="exponential")
            >>> round(test.lift("6-MP", "placebo").estimate, 2)
            3.42
        """
        return self._effect("lift", arm, baseline, level)

    @property
    def verdict(self) -> str:
        """One sentence: what is better, how sure that is, what is lost if it is wrong."""
        ranked = sorted(self.arms, key=lambda a: -self.probability_best[a])
        best, second = ranked[:2]
        sure, doubt = self.probability_best[best], sum(self.probability_best[a] for a in ranked[1:])
        effect = self.difference(best, second)
        digits = decimals_of(effect.lower, effect.upper)
        way = "higher" if effect.estimate >= 0 else "lower"
        limits = sorted((effect.lower, effect.upper), key=lambda v: v if way == "higher" else -v)
        sign = 1 if way == "higher" else -1
        low, high = (amount(sign * v, digits) for v in limits)
        two = len(ranked) == 2
        claim = f"{best} is better than {second}" if two else f"{best} is the best of {len(ranked)}"
        apart = (
            f"its {self.conjugate.quantity} is {amount(abs(effect.estimate), digits)} {way}"
            + ("" if two else f" than {second}'s")
            + f" ({100 * self.level:g} % interval {low} to {high})"
        )
        loss = self.expected_loss[best]
        other = f"that {second} is better" if two else "that another is better"
        if math.isinf(loss):
            cost = f"what choosing it loses in the case {other} has no finite expectation"
        else:
            mean = loss / doubt if doubt > 0 else 0.0
            shown = amount(mean, decimals_for(mean))
            cost = f"choosing it loses {shown} on average in the case {other}"
        if sure >= self.level:
            return f"{claim} with probability {chance(sure)}: {apart}, and {cost}."
        return (
            f"Cannot tell yet: {claim} with probability {chance(sure)} only; {apart}, and {cost}."
        )

    # ------------------------------------------------------------------ what people see

    @property
    def table(self) -> pd.DataFrame:
        """One row an arm: totals, median, lower, upper, probability_best, expected_loss."""
        import pandas as pd

        lines = [self._line_of(arm) for arm in self.arms]
        columns = [t.replace(" ", "_") for t in self.conjugate.totals]
        frame: dict[str, Any] = {"arm": self.arms}
        for j, name in enumerate(columns):
            frame[name] = [totals[j] for totals in self.totals.values()]
        frame["median"] = [line.median for line in lines]
        frame["lower"] = [line.lower for line in lines]
        frame["upper"] = [line.upper for line in lines]
        frame["probability_best"] = [line.best for line in lines]
        frame["expected_loss"] = [line.loss for line in lines]
        return pd.DataFrame(frame)

    def plot(self, ax: Any = None) -> Plot:
        """The posterior of each arm with its median and interval.

        Args:
            ax: matplotlib axes; a new figure when not given.

        Example:
            >>> import likelier as lk
            >>> plot = lk.ab_test({"A": (120, 1000), "B": (150, 1010)}).plot()
            >>> list(plot.data)
            ['arm', 'success rate', 'density']
        """
        from likelier.report.plots import PosteriorData, posteriors

        best = max(self.arms, key=lambda a: self.probability_best[a])
        curves = []
        for arm, d in self.posterior.items():
            line = self._line_of(arm)
            # Far into heavy tails a curve shows nothing.
            low = max(float(d.quantile(_EDGE)), 4 * line.lower - 3 * line.median)
            high = min(float(d.quantile(1 - _EDGE)), 4 * line.upper - 3 * line.median)
            levels = np.linspace(float(d.cdf(low)), float(d.cdf(high)), _POINTS)[1:-1]
            # By quantiles too, for densities that rise steeply at an end.
            x = np.sort(np.concatenate([np.linspace(low, high, _POINTS), d.quantile(levels)]))
            beside = f"best with {chance(line.best)}"
            density = np.exp(d.log_prob(x))
            curves.append(
                PosteriorData(
                    arm,
                    beside,
                    list(x),
                    list(density),
                    line.median,
                    line.lower,
                    line.upper,
                    arm == best,
                )
            )
        return posteriors(curves, self.conjugate.quantity, self.level, ax)

    def text(self, width: int = WIDTH) -> str:
        """What is printed, for a terminal of so many columns.

        Example:
            >>> import likelier as lk
            >>> lk.ab_test({"A": (120, 1000), "B": (150, 1010)}).text(72).splitlines()[0]
            'B is better than A with probability 96.9 %: its success rate is 0.0284'
        """
        return ab_test_text(self._data(), width)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return ab_test_html(self._data())

    # ------------------------------------------------------------------ within

    @functools.cached_property
    def _compared(self) -> tuple[Any, dict[str, Posterior]]:
        line, arms = self.conjugate.on_line(list(self.posteriors.values()))
        return line, dict(zip(self.arms, arms, strict=True))

    @property
    def _line(self) -> Any:
        return self._compared[0]

    @property
    def _placed(self) -> dict[str, Posterior]:
        return self._compared[1]

    def _two(self, arm: Any, baseline: Any) -> tuple[str, str]:
        one, other = find_arm(arm, self.arms), find_arm(baseline, self.arms)
        if one == other:
            raise LikelierError(f"two different arms are compared; given: {one!r} twice")
        return one, other

    def _effect(self, kind: str, arm: Any, baseline: Any, level: float | None) -> Effect:
        one, other = self._two(arm, baseline)
        level = self.level if level is None else level
        if not 0 < level < 1:
            raise LikelierError(f"a level lies between 0 and 1; given: {level}")
        move = Difference if kind == "difference" else Lift
        levels = [(1 - level) / 2, 0.5, (1 + level) / 2]
        lower, middle, upper = move_quantiles(
            self._line, self._placed[one], self._placed[other], move, levels
        )
        return Effect(kind, one, other, middle, lower, upper, level)

    def _line_of(self, arm: str) -> ArmLine:
        d = self.posterior[arm]
        lower, upper = d.interval(self.level)
        return ArmLine(
            arm,
            self.conjugate.data_text(self.totals[arm]),
            float(d.median),
            float(lower),
            float(upper),
            self.probability_best[arm],
            self.expected_loss[arm],
        )

    def _data(self) -> ABTestData:
        effects = []
        for arm in self.arms:
            if arm != self.control:
                pair = [f(arm, self.control) for f in (self.difference, self.lift)]
                numbers = [(e.estimate, e.lower, e.upper) for e in pair]
                better = self.probability_better(arm, self.control)
                effects.append(EffectLine(arm, numbers[0], numbers[1], better))
        prior = ", ".join(f"{name}={value:g}" for name, value in self.prior.items())
        same = dict(self.prior) == dict(self.conjugate.prior)
        reason = f"; {self.conjugate.reason}" if same else ""
        values = "posterior medians with equal-tailed credible intervals; " + (
            "higher is better" if self.better == "higher" else "lower is better"
        )
        notes = [
            f"Values are {values}.",
            f"Prior of each arm: {self.conjugate.prior_text}({prior}){reason}.",
            *self.notes,
            _PEEKING,
        ]
        return ABTestData(
            self.verdict,
            self.conjugate.quantity,
            " / ".join(self.conjugate.totals),
            self.control,
            self.level,
            [self._line_of(arm) for arm in self.arms],
            effects,
            self.diagnoses,
            notes,
        )
