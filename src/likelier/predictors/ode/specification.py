"""`ODE`: a location that solves a differential equation which the user writes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.errors import DataError, LikelierError, did_you_mean
from likelier.predictors._base import Array, Inputs
from likelier.predictors._compiled import trial
from likelier.predictors._curve import CurveSpec, Horizon, Piece, curved_offset, flat_rest
from likelier.predictors._curve_predictor import CurvePredictor
from likelier.predictors._layout import Layout, group_codes
from likelier.predictors._unknowns import Unknown, as_unknown, as_unknowns, real
from likelier.predictors.network.specification import NetworkSpec, check_numbers
from likelier.predictors.ode.experiments import Experiments, arrange
from likelier.predictors.ode.scales import measure
from likelier.predictors.ode.terms import (
    Probe,
    Scales,
    Term,
    check_network,
    check_size,
    on_numpy,
)
from likelier.predictors.ode.trajectories import READ, Solutions, Trajectories
from likelier.special._jax import require_jax

_METHODS = ("auto", "nonstiff", "stiff")
_HORIZONS = ("auto", "growing", "whole")
_LEAST = 2
"""Rows of the first beginning of a trajectory for each unknown number and state."""
_DRAWS = 4
"""Searches with a network: one in four ends in a valley that is noticeably higher."""


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
            is written into the function, as in `K = 100.0`. Or a network, `lk.MLP((16,))` or
            `lk.Network`, which the field calls: `p["f"](s["hare"], s["lynx"])` is a number, with
            `outputs=2` two. A network starts at 0 for all inputs, and takes and gives numbers of
            any size.
        observe: `observe(s, p)` gives what is measured, a dict by column of the target, where that
            is not a state.
        doses: columns of the formula whose amounts are added to a state at the time of their row,
            by state, as in `{"gut": "dose"}`. An observation at that very time is before the dose.
        start: time at which the initial values hold; None for each group's first row.
        method: of integration, "nonstiff" (Tsitouras 5), "stiff" (Rodas5P), or "auto", which
            takes the stiff one if the other does not get through at the starting values.
        rtol, atol: tolerances of the integration.
        starts: searches from so many points: the given one and others around it, or with networks
            other first weights of these; None is 1, and 4 with networks.
        horizon: how the search comes to a long trajectory. "growing" fits its beginning and ever
            longer parts of it, then the whole; "whole" fits that from the given start; "auto" does
            both and keeps the better, with a network the first alone.
        weight_decay: strength s of the `lk.L2(s)` of all weights of networks, biases included,
            which is added to the objective: at 1 / n a weight is drawn to 0 as by a standard normal
            prior. Standard errors are those of the penalised Gauss-Newton information, in which the
            weights count as unknowns; a parameter whose place a network can take is named.

    Raises:
        LikelierError: a name is no state, parameter or column, a function fails, or JAX is not
            installed (`pip install '.[ode]'`).

    Source: integrators of Tsitouras (2011), doi:10.1016/j.camwa.2011.06.002, and Steinebach (2023),
    doi:10.1007/s10543-023-00967-x; practical identifiability from profiles: Raue et al. (2009),
    doi:10.1093/bioinformatics/btp358; networks as terms: Rackauckas et al. (2020),
    arXiv:2001.04385.

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
    parameters: Mapping[str, Unknown | NetworkSpec]
    observe: Callable[[Any, Any], Any] | None = None
    doses: Mapping[str, str] = dataclasses.field(default_factory=dict)
    start: float | None = None
    method: str = "auto"
    rtol: float = 1e-8
    atol: float = 1e-8
    starts: int | None = None
    horizon: str = "auto"
    weight_decay: float = 1e-2
    measured: tuple[str, ...] | None = dataclasses.field(default=None, repr=False)
    levels: tuple[Any, ...] | None = dataclasses.field(default=None, repr=False)
    begins: Mapping[Any, float] = dataclasses.field(default_factory=dict, repr=False)
    scales: Mapping[str, Scales] = dataclasses.field(default_factory=dict, repr=False)

    cells = True

    def __post_init__(self) -> None:
        for what, given in (("field", self.field), ("observe", self.observe)):
            if given is not None and not callable(given):
                raise LikelierError(f"{what} is a function; given: {given!r}")
        if not isinstance(self.initial, Mapping) or not self.initial:
            raise LikelierError('initial is a dict by state such as {"y": lk.positive(1.0)}')
        self._check_parameters()
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
        _check_choice("method", self.method, _METHODS)
        _check_choice("horizon", self.horizon, _HORIZONS)
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
        return {**self._numbers, **first}

    @property
    def _numbers(self) -> dict[str, Unknown]:
        """The parameters that are numbers."""
        return {k: v for k, v in self.parameters.items() if isinstance(v, Unknown)}

    @property
    def networks(self) -> dict[str, NetworkSpec]:  # type: ignore[override]
        """The parameters that are networks."""
        return {k: v for k, v in self.parameters.items() if isinstance(v, NetworkSpec)}

    def _check_parameters(self) -> None:
        """Take parameters apart from networks, each checked."""
        given = self.parameters
        networks: dict[str, NetworkSpec] = {}
        if isinstance(given, Mapping):
            networks = {k: v for k, v in given.items() if isinstance(v, NetworkSpec)}
            given = {k: v for k, v in given.items() if k not in networks}
        for name, network in networks.items():
            check_network(name, network)
        numbers = {} if networks and not given else as_unknowns(given)
        object.__setattr__(self, "parameters", {**numbers, **networks})
        check_numbers("ODE", {"weight_decay": (self.weight_decay, 0, math.inf)})

    @property
    def decay(self) -> float:  # type: ignore[override]
        return self.weight_decay if self.networks else 0.0

    @property
    def _owned(self) -> bool:
        return any(unknown.own for unknown in self._unknowns.values())

    def learned(self, inputs: Inputs) -> ODE:
        measured = self.measured or self._columns(inputs)
        _, levels = group_codes(inputs.groups, None, inputs.n, self._owned)
        learnt = replace(self, measured=measured, levels=levels)
        structure, data, experiments = learnt._problem(inputs)
        first = np.array(structure.layout.spread({k: u.start for k, u in self._unknowns.items()}))
        if self.networks and not self.scales:
            learnt = replace(learnt, scales=measure(structure, data, first, inputs.y))
            structure, data, experiments = learnt._problem(inputs)
        pairs = zip(experiments.present, experiments.starts, strict=True)
        begins = {levels[int(code)]: float(begin) for code, begin in pairs}
        learnt = replace(learnt, begins=begins)
        if self.method != "auto":
            return learnt
        weights, _, _ = learnt._weights(len(first))
        # What the fit compiles anyway.
        values, _ = Solutions(structure, data).jacobian(np.concatenate([first, weights]))
        through = np.all(np.isfinite(values))
        return replace(learnt, method="nonstiff" if through else "stiff")

    def bind(self, inputs: Inputs) -> CurvePredictor:
        structure, data, experiments = self._problem(inputs)
        slot = inputs.slots[inputs.main].start
        weights, names, networks = self._weights(structure.layout.size)
        return CurvePredictor(
            Solutions(structure, data, self._describer(experiments)),
            [slot],
            [*structure.layout.spread(self._unknowns), *map(real, weights)],
            [*structure.layout.labels(self.levels or ("",)), *names],
            flat_rest(inputs, [slot]),
            curved_offset(inputs, [slot]),
            self.starts or (_DRAWS if self.networks else 1),
            fitting=not inputs.plain,
            networks=networks,
            draw=self._draw if self.networks else None,
            horizon=self._horizon(structure, data, experiments),
        )

    def _horizon(
        self, structure: Trajectories, data: Mapping[str, Any], experiments: Experiments
    ) -> Horizon | None:
        """How the search comes to long trajectories, as `horizon` says."""
        if self.horizon == "whole":
            return None
        alone = self.horizon == "growing" or bool(self.networks)
        describe = self._describer(experiments)
        least = _LEAST * (len(self._unknowns) + len(self.initial))

        def piece(count: int) -> Piece:
            times, rows, end = experiments.beginning(count)
            begun = {**data, "experiments": {**data["experiments"], "times": times}}
            return Piece(Solutions(structure, begun, describe), rows, f"time {end:g}")

        return Horizon(piece, least, alone)

    def functions(self, coefficients: Array) -> dict[str, Callable[..., Array]]:
        size = Layout.of(self._unknowns, len(self.levels or ("",))).size
        spans = self._weights(size)[2]
        return {
            name: on_numpy(term, coefficients[spans[name]], self.scales[name].arrays())
            for name, (term, _) in self._terms().items()
        }

    def described_networks(self) -> dict[str, str]:
        return {
            name: f"{term.architecture.text()}, {term.size} weights"
            for name, (term, _) in self._terms().items()
        }

    def _terms(self) -> dict[str, tuple[Term, Array]]:
        """Each network as a term, with its first weights, once it is known how it is called."""
        return {
            name: Term.of(name, spec, self.scales[name]) for name, spec in self.networks.items()
        }

    def _draw(self, rng: np.random.Generator) -> Array:
        """First weights of all networks, drawn anew."""
        return np.concatenate([term.first(rng) for term, _ in self._terms().values()])

    def _weights(self, start: int) -> tuple[list[float], list[str], dict[str, slice]]:
        """First weights of all networks, their names, and where those of each stand."""
        weights: list[float] = []
        names: list[str] = []
        spans = {}
        for name, (term, first) in self._terms().items():
            spans[name] = slice(start + len(weights), start + len(weights) + term.size)
            weights += first.tolist()
            names += term.packing.names()
        return weights, names, spans

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
        self._check_names(inputs, [names[j] for j in varying])
        layout = Layout.of(self._unknowns, len(levels))
        terms: dict[str, Any] = {name: Probe(name) for name in self.networks}
        if self.scales:
            terms = {name: term for name, (term, _) in self._terms().items()}
            check_size(terms)
        weights = layout.size + np.arange(sum(term.size for term in terms.values()))
        scales = {
            name: {k: np.tile(v, (len(experiments.present), 1)) for k, v in own.arrays().items()}
            for name, own in self.scales.items()
        }
        data: dict[str, Any] = {
            # Of each experiment: its own numbers and the shared ones, and all weights.
            "places": np.array(
                [[*layout.places(int(code)), *weights] for code in experiments.present],
                dtype=np.int64,
            ),
            "experiments": {**experiments.arrays, "networks": scales},
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
            parameters=tuple(self._numbers),
            networks=tuple(terms.values()),
            stiff=self.method == "stiff",
            rtol=float(self.rtol),
            atol=float(self.atol),
        )
        known_names = {
            "state": structure.states,
            "parameter": (*structure.parameters, *terms),
            "input": structure.inputs,
        }
        read = {name: data[name] for name in READ}
        what = "values" if inputs.plain else structure.sloped_by(data["places"])
        structure = trial(structure, read, layout.size + len(weights), known_names, what)
        for name, term in terms.items():
            if isinstance(term, Probe) and term.shape is None:
                raise LikelierError(
                    f"the field never calls the network {name!r}; write it as a function, "
                    f'p["{name}"](s[…]), or leave it out of the parameters'
                )
        return structure, data, experiments

    def _check_names(self, inputs: Inputs, varying: Sequence[str]) -> None:
        """Refuse names that would mean two things in the field or in the estimates."""
        for name in varying:
            if name in self.parameters:
                raise LikelierError(
                    f"{name!r} is a parameter and a column of the formula, and the field sees both "
                    f'as p["{name}"]; call one of them otherwise'
                )
        for name in self.networks:
            if name in inputs.slots:
                raise LikelierError(
                    f"a network cannot be called {name!r}: the distribution has a parameter of "
                    "that name"
                )

    def _describer(self, experiments: Experiments) -> Callable[[int, int], str]:
        """Names a row by its time, its group and its column, for messages."""
        levels, measured = self.levels or ("",), self.measured or ("",)

        def describe(row: int, column: int) -> str:
            g = int(experiments.experiment[row])
            t = experiments.arrays["times"][g, experiments.time[row]]
            group = levels[int(experiments.present[g])] if len(levels) > 1 else None
            return f"{measured[column]} at time {t:g}" + (f" of group {group!r}" if group else "")

        return describe


def _check_choice(what: str, chosen: str, known: tuple[str, ...]) -> None:
    if chosen not in known:
        hint = did_you_mean(str(chosen), known)
        raise LikelierError(f"{what} is one of {', '.join(known)}.{hint}")


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
