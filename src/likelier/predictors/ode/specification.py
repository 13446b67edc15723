"""`ODE`: a location that solves a differential equation which the user writes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.errors import DataError, LikelierError, did_you_mean
from likelier.predictors._base import Array, Inputs
from likelier.predictors._compiled import trial
from likelier.predictors._curve import CurvePredictor, CurveSpec, curved_offset, flat_rest
from likelier.predictors._jax import require_jax
from likelier.predictors._layout import Layout, group_codes
from likelier.predictors._unknowns import Unknown, as_unknown, as_unknowns
from likelier.predictors.ode.experiments import arrange
from likelier.predictors.ode.trajectories import Solutions, Trajectories

_METHODS = ("auto", "nonstiff", "stiff")


@dataclass(frozen=True, eq=False)
class ODE(CurveSpec):
    r"""States of ds/dt = field(t, s, p) as the location of any family.

    The target's columns are the observed states (or what `observe` gives), the formula's first
    column is the time, and further columns are inputs that vary in time: `p["name"]` in the field,
    interpolated between rows. Groups of rows (`groups="run"`) are experiments of their own, each
    with its time axis; an empty target cell is not observed. Locations are in the unit of y: loc of
    a location family, the median of a LogNormal, the mean of the rest. Each observed column has
    the family's other parameters for itself.

    Args:
        field: `field(t, s, p)` gives the derivative of each state, a dict by name; `s["state"]`
            and `p["name"]` are numbers. Written with jax.numpy, NumPy or plain operators.
        initial: of each state the value at the start: `lk.positive(30.0)` and the like are
            estimated, a number is known, a function of p is computed.
        parameters: by name, `lk.positive(start)`, `lk.real(start)`, `lk.unit(start)`,
            `lk.bounded(start, lower, upper)`, a number (a real with that start), or one of these
            within `lk.own(...)` where each group has its own. All are estimated; what is known
            is written into the function, as in `K = 100.0`.
        observe: `observe(s, p)` gives what is measured, a dict by column of the target, where that
            is not a state.
        doses: columns of the formula whose amounts are added to a state at the time of their row,
            by state, as in `{"gut": "dose"}`. An observation at that very time is before the dose.
        start: time at which the initial values hold; None for each group's first row.
        method: of integration, "nonstiff" (Tsitouras 5), "stiff" (Rodas5P), or "auto", which
            takes the stiff one if the other does not get through at the starting values.
        rtol, atol: tolerances of the integration.
        starts: searches from so many points: the given one and others around it.

    Raises:
        LikelierError: a name is no state, parameter or column, a function fails, or JAX is not
            installed (`pip install '.[ode]'`).

    Source: integrators of Tsitouras (2011), doi:10.1016/j.camwa.2011.06.002, and Steinebach (2023),
    doi:10.1007/s10543-023-00967-x; practical identifiability from profiles: Raue et al. (2009),
    doi:10.1093/bioinformatics/btp358.

    Example:
        >>> import likelier as lk
        >>> made = {"t": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [10.2, 6.1, 3.6, 2.3, 1.3]}
        >>> decay = lk.ODE(
        ...     lambda t, s, p: {"y": -p["k"] * s["y"]},
        ...     initial={"y": lk.positive(8.0)},
        ...     parameters={"k": lk.positive(1.0)},
        ... )
        >>> fit = lk.fit("y ~ t", made, "lognormal", predictor=decay)
        >>> fit.params[["term", "estimate"]].round(2).values.tolist()[:2]
        [['k', 0.51], ['y(0)', 10.18]]
    """

    field: Callable[[Any, Any, Any], Any]
    initial: Mapping[str, Any]
    parameters: Mapping[str, Unknown]
    observe: Callable[[Any, Any], Any] | None = None
    doses: Mapping[str, str] = dataclasses.field(default_factory=dict)
    start: float | None = None
    method: str = "auto"
    rtol: float = 1e-8
    atol: float = 1e-8
    starts: int = 1
    measured: tuple[str, ...] | None = dataclasses.field(default=None, repr=False)
    levels: tuple[Any, ...] | None = dataclasses.field(default=None, repr=False)
    begins: Mapping[Any, float] = dataclasses.field(default_factory=dict, repr=False)

    cells = True

    def __post_init__(self) -> None:
        for what, given in (("field", self.field), ("observe", self.observe)):
            if given is not None and not callable(given):
                raise LikelierError(f"{what} is a function; given: {given!r}")
        if not isinstance(self.initial, Mapping) or not self.initial:
            raise LikelierError('initial is a dict by state such as {"y": lk.positive(1.0)}')
        object.__setattr__(self, "parameters", as_unknowns(self.parameters))
        for state, value in self.initial.items():
            known = isinstance(value, int | float) and not isinstance(value, bool)
            if known and not math.isfinite(value):
                raise LikelierError(f"the initial value of {state!r} is {value}")
            if not (known or callable(value)):
                as_unknown(value)
        for state in self.doses:
            if state not in self.initial:
                hint = did_you_mean(state, tuple(self.initial))
                raise LikelierError(f"doses go to {state!r}, which is no state.{hint}")
        if self.method not in _METHODS:
            hint = did_you_mean(str(self.method), _METHODS)
            raise LikelierError(f"method is one of {', '.join(_METHODS)}.{hint}")
        for what, tolerance in (("rtol", self.rtol), ("atol", self.atol)):
            if not tolerance > 0:
                raise LikelierError(f"{what} is above 0; given: {tolerance!r}")
        self._check_starts()

    @property
    def _unknowns(self) -> dict[str, Unknown]:
        """Parameters, then initial values that are estimated, `state(0)`."""
        first = {
            f"{state}(0)": as_unknown(value)
            for state, value in self.initial.items()
            if isinstance(value, Unknown)
        }
        return {**self.parameters, **first}

    @property
    def _owned(self) -> bool:
        return any(unknown.own for unknown in self._unknowns.values())

    def learned(self, inputs: Inputs) -> ODE:
        measured = self.measured or self._columns(inputs)
        _, levels = group_codes(inputs.groups, None, inputs.n, self._owned)
        learnt = replace(self, measured=measured, levels=levels)
        structure, data, experiments = learnt._problem(inputs)
        pairs = zip(experiments.present, experiments.starts, strict=True)
        begins = {levels[int(code)]: float(begin) for code, begin in pairs}
        learnt = replace(learnt, begins=begins)
        if self.method != "auto":
            return learnt
        first = np.array(structure.layout.spread({k: u.start for k, u in self._unknowns.items()}))
        # What the fit compiles anyway.
        values, _ = Solutions(structure, data).jacobian(first)
        through = np.all(np.isfinite(values))
        return replace(learnt, method="nonstiff" if through else "stiff")

    def bind(self, inputs: Inputs) -> CurvePredictor:
        structure, data, experiments = self._problem(inputs)
        slot = inputs.slots[inputs.main].start
        unknowns = self._unknowns
        return CurvePredictor(
            Solutions(structure, data, self._describer(experiments)),
            [slot],
            structure.layout.spread(unknowns),
            structure.layout.labels(self.levels or ("",)),
            flat_rest(inputs, [slot]),
            curved_offset(inputs, [slot]),
            self.starts,
            fitting=not inputs.plain,
        )

    def _columns(self, inputs: Inputs) -> tuple[str, ...]:
        """The names of what is measured, checked where they are states."""
        for name in inputs.target:
            if self.observe is None and name not in self.initial:
                hint = did_you_mean(name, tuple(self.initial))
                raise LikelierError(
                    f"the target `{name}` is no state.{hint} States: {', '.join(self.initial)}; "
                    "what is measured otherwise is given by observe=function(s, p)"
                )
        return tuple(inputs.target)

    def _problem(self, inputs: Inputs) -> tuple[Trajectories, dict[str, Any], Any]:
        """What is compiled, and the arrays that it reads."""
        require_jax("ODE", "ode")
        assert self.measured is not None
        names = inputs.names[inputs.main]
        values, groups, source = _course(inputs)
        if not names:
            raise DataError("an ODE needs the time: write it on the right, as in 'y ~ time'")
        for state, column in self.doses.items():
            if column not in names[1:]:
                hint = did_you_mean(column, names[1:])
                raise LikelierError(
                    f"doses of {state!r} come from column `{column}`, which the formula does not "
                    f"name.{hint}"
                )
        varying = [j for j in range(1, len(names)) if names[j] not in self.doses.values()]
        amounts = np.zeros((len(values), len(self.initial)))
        for i, state in enumerate(self.initial):
            if state in self.doses:
                amounts[:, i] = values[:, names.index(self.doses[state])]
        codes, levels = group_codes(groups, self.levels, len(values), self._owned)
        experiments = arrange(
            values[:, 0], values[:, varying], amounts, codes, self.begins, self.start, levels
        ).at(source)
        unknowns = self._unknowns
        layout = Layout.of(unknowns, len(levels))
        data = {
            "places": np.array([layout.places(int(code)) for code in experiments.present]),
            "experiments": experiments.arrays,
            "experiment": experiments.experiment,
            "time": experiments.time,
            "column": np.zeros(inputs.n, np.int64) if inputs.cells is None else inputs.cells,
        }
        structure = Trajectories(
            field=self.field,
            observe=self.observe,
            states=tuple(self.initial),
            initial=tuple(
                f"{state}(0)" if isinstance(value, Unknown) else value
                for state, value in self.initial.items()
            ),
            measured=self.measured,
            inputs=tuple(names[j] for j in varying),
            layout=layout,
            parameters=tuple(self.parameters),
            stiff=self.method == "stiff",
            rtol=float(self.rtol),
            atol=float(self.atol),
        )
        known_names = {
            "state": structure.states,
            "parameter": structure.parameters,
            "input": structure.inputs,
        }
        return trial(structure, data, structure.layout.size, known_names), data, experiments

    def _describer(self, experiments: Any) -> Callable[[int, int], str]:
        """Names a row by its time, its group and its column, for messages."""
        levels, measured = self.levels or ("",), self.measured or ("",)

        def describe(row: int, column: int) -> str:
            g = int(experiments.experiment[row])
            t = experiments.arrays["times"][g, experiments.time[row]]
            group = levels[int(experiments.present[g])] if len(levels) > 1 else None
            return f"{measured[column]} at time {t:g}" + (f" of group {group!r}" if group else "")

        return describe


def _course(inputs: Inputs) -> tuple[Array, Array | None, Array]:
    """Columns and groups of the rows that experiments are made of, and those of the cells."""
    if inputs.course is None:
        raw = inputs.designs[inputs.slots[inputs.main].start].raw
        return np.asarray(raw, dtype=np.float64), inputs.groups, np.arange(inputs.n)
    course = inputs.course
    values = np.asarray(course.values, dtype=np.float64)
    if course.groups is None:
        return values, None, course.source
    # Experiments of which nothing is observed here, as those of another fold, are left out.
    used = np.isin(course.groups, np.unique(course.groups[course.source]))
    place = np.cumsum(used) - 1
    return values[used], course.groups[used], place[course.source]
