"""Solutions of a differential equation at the times of each experiment, in JAX.

An experiment is a group of rows with a time axis of its own. All are integrated side by side. A
trajectory that blows up, or for which the solver needs more steps than it may take, is NaN from
there on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors._base import Array
from likelier.predictors._compiled import Compiled, Structure
from likelier.predictors._face import through_faces, with_face
from likelier.predictors._layout import Layout
from likelier.predictors.ode.integrators import walk
from likelier.predictors.ode.jets import Jets
from likelier.predictors.ode.methods import RODAS, TSITOURAS
from likelier.predictors.ode.standing import unmatched
from likelier.predictors.ode.terms import refused

READ = ("places", "experiments")
"""What compiled functions read of the data of trajectories."""
_FEW = 100
"""Numbers that an integration with second derivatives carries along, up to which it serves where
only the first are asked for: to compile one function less saves more than later fits lose."""


@dataclass(frozen=True)
class Trajectories(Structure):
    """The observed cells of all experiments as a function of the unknowns.

    Attributes:
        field: `field(t, s, p)` gives the derivative of each state.
        observe: `observe(s, p)` gives what is measured, or None for the states themselves.
        states: names, in order.
        initial: of each state a name of an unknown, a number, or a function of p.
        measured: names of the columns of the target.
        inputs: names of the columns that vary in time.
        layout: of the unknowns that are numbers.
        parameters: those of them that the field sees.
        networks: terms of the field whose weights follow the numbers.
        stiff: whether an implicit solver integrates.
        rtol, atol: its tolerances.
        numpy: whether the user's functions are shown NumPy's face of JAX's arrays.
    """

    field: Callable[..., Any]
    observe: Callable[..., Any] | None
    states: tuple[str, ...]
    initial: tuple[Any, ...]
    measured: tuple[str, ...]
    inputs: tuple[str, ...]
    layout: Layout
    parameters: tuple[str, ...]
    networks: tuple[Any, ...]
    stiff: bool
    rtol: float
    atol: float
    numpy: bool = False

    quick = True

    def __call__(self, p: Array, data: Any) -> Array:
        """What is measured in all experiments, (G, T, columns, 1)."""
        return self._jets(p, data, 0)

    def first(self, p: Array, data: Any) -> Array:
        """The same with first derivatives in the unknowns of each experiment, (…, 1 + P)."""
        return self._jets(p, data, 1)

    def second(self, p: Array, data: Any) -> Array:
        """The same with second derivatives too, by pairs."""
        return self._jets(p, data, 2)

    def sloped_by(self, places: Array) -> str:
        """Which of these gives first derivatives in a fit."""
        groups, size = places.shape
        numbers = groups * len(self.states) * Jets(size, 2).width
        return "first" if self.stiff or numbers > _FEW else "second"

    def _jets(self, p: Array, data: Any, order: int) -> Array:
        """What is measured in all experiments, (G, T, columns, D), with derivatives."""
        import jax

        def one(own: Array, experiment: Any) -> Array:
            return self._measured(own, experiment, Jets(len(own), order))

        owns, experiments = p[data["places"]], data["experiments"]
        if len(owns) > 1:
            return jax.vmap(one)(owns, experiments)
        # Loops over steps side by side are dearer to compile and to run.
        own, experiment = jax.tree.map(lambda values: values[0], (owns, experiments))
        return one(own, experiment)[None]

    def named(self, own: Array, experiment: Any) -> dict[str, Any]:
        """The unknowns of one experiment by name, networks as functions."""
        position = len(self.layout.names)
        found: dict[str, Any] = dict(zip(self.layout.names, own[:position], strict=True))
        for term in self.networks:
            weights = own[position : position + term.size]
            found[term.name] = term.function(weights, experiment["networks"].get(term.name))
            position += term.size
        return found

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return (with_face(function) if self.numpy else function)(*arguments)

    def _measured(self, own: Array, experiment: Any, jets: Jets) -> Array:
        """What is measured at each time of one experiment, (T, columns, D)."""
        import jax
        import jax.numpy as jnp

        q = jets.of_unknowns(own)
        states = self._states(q, experiment, jets)
        if self.observe is None:
            return states[:, [self.states.index(name) for name in self.measured]]
        size = len(self.states)

        def row(t: Array, y: Array) -> Array:
            def seen(z: Array) -> Array:
                return self._seen(self.named(z[size:], experiment), experiment, t, z[:size])

            return jets.through(seen, jnp.concatenate([y, q]))

        return jax.vmap(row)(experiment["times"], states)

    def _seen(self, unknowns: Mapping[str, Any], experiment: Any, t: Array, y: Array) -> Array:
        """What is measured, (columns,), at a time and states of one experiment."""
        import jax.numpy as jnp

        assert self.observe is not None
        s = dict(zip(self.states, y, strict=True))
        p = self._parameters(unknowns, experiment, t, "observe")
        found = self._call(self.observe, s, p)
        found = _checked(found, self.measured, "observe")
        return jnp.stack([jnp.asarray(found[name], float) for name in self.measured])

    def _states(self, q: Array, experiment: Any, jets: Jets) -> Array:
        """The jets of the states at each time of one experiment, (T, S, D), of its unknowns'."""

        def slope(t: Array, y: Array, own: Array) -> Array:
            return self.slope(self.named(own, experiment), experiment, t, y)

        def first(own: Array) -> Array:
            return self.initial_states(self.named(own, experiment), experiment)

        method = RODAS if self.stiff else TSITOURAS
        y = jets.through(first, q)
        start, times, amounts = (experiment[name] for name in ("start", "times", "amounts"))
        return walk(method, slope, jets, y, q, start, times, amounts, self.rtol, self.atol)

    def slope(self, unknowns: Mapping[str, Any], experiment: Any, t: Array, y: Array) -> Array:
        """The derivative of the states, (S,), at a time and states of one experiment."""
        import jax.numpy as jnp

        s = dict(zip(self.states, y, strict=True))
        found = self._call(self.field, t, s, self._parameters(unknowns, experiment, t))
        found = _checked(found, self.states, "field")
        return jnp.stack([jnp.asarray(found[name], float) for name in self.states])

    def initial_states(self, unknowns: Mapping[str, Any], experiment: Any) -> Array:
        """The states at the start of one experiment, (S,)."""
        import jax.numpy as jnp

        p = self._parameters(unknowns, experiment, experiment["start"], "an initial value")
        found = []
        for value in self.initial:
            if isinstance(value, str):
                value = unknowns[value]
            elif callable(value):
                value = self._call(value, p)
            found.append(jnp.asarray(value, float))
        return jnp.stack(found)

    def _parameters(
        self, unknowns: Mapping[str, Any], experiment: Any, t: Array, where: str = ""
    ) -> Any:
        """What the user's functions see as `p`: parameters, networks, and inputs at time t.

        Args:
            unknowns: by name.
            experiment: what is read of it.
            t: the time.
            where: which function asks, if it is not the field, which alone may call a network.
        """
        import jax.numpy as jnp

        found = {name: unknowns[name] for name in self.parameters}
        for term in self.networks:
            called = refused(term.name, where) if where else unknowns[term.name]
            found[term.name] = through_faces(called) if self.numpy else called
        for j, name in enumerate(self.inputs):
            found[name] = jnp.interp(t, experiment["input_times"], experiment["inputs"][:, j])
        return found


class Solutions(Compiled):
    """Trajectories with their data, as rows: the observed cells.

    An experiment depends on the few unknowns that are its own or shared: derivatives are taken in
    these alone, however many experiments there are, and put into their places here.

    Args:
        structure: of the trajectories.
        data: `places`, (G, P) where the unknowns of each experiment stand in the vector of all;
            `experiments`, what is read of each; and of each cell `experiment`, `time` and `column`.
        describe: names a row and its column, for messages.
    """

    def __init__(
        self,
        structure: Trajectories,
        data: Mapping[str, Any],
        describe: Callable[[int, int], str] | None = None,
    ) -> None:
        read = {name: data[name] for name in READ}
        super().__init__(structure, read)
        self._cells = tuple(np.asarray(data[name]) for name in ("experiment", "time", "column"))
        self._places = np.asarray(data["places"])
        self._describe = describe
        self._at_once = structure.sloped_by(self._places) == "second"
        self._last: tuple[bytes, Array] | None = None

    def describe(self, row: int) -> str:
        if self._describe is None:
            return super().describe(row)
        return self._describe(row, int(self._cells[2][row]))

    def values(self, p: Array) -> Array:
        return self._run("values", p)[self._cells].T

    def jacobian(self, p: Array) -> tuple[Array, Array]:
        found = self._second(p) if self._at_once else self._run("first", p)
        found = found[self._cells]
        places = self._places[self._cells[0]]
        whole = np.zeros((len(found), len(p)))
        whole[np.arange(len(found))[:, None], places] = found[:, 1 : 1 + places.shape[1]]
        return found[:, :1].T, whole[None]

    def bend(self, p: Array, gradient: Array) -> Array:
        size = self._places.shape[1]
        bends = self._second(p)[..., 1 + size :]
        weights = np.zeros(bends.shape[:-1])
        np.add.at(weights, self._cells, gradient[0])
        # Of weight 0 a value stays out, whatever it is.
        bends = np.where(weights[..., None] == 0, 0.0, bends)
        sums = np.einsum("gtc,gtcd->gd", weights, bends)
        i, j = Jets(size, 2).pairs
        whole = np.zeros((len(p), len(p)))
        np.add.at(whole, (self._places[:, i], self._places[:, j]), sums)
        return whole + whole.T - np.diag(np.diag(whole))

    def unmatched(self, p: Array) -> dict[str, float]:
        """Of each number that the field reads, the share of its effect that no network could have.

        0 where a network of the field can take its place, 1 where none can do anything like it.
        """
        assert isinstance(self.structure, Trajectories)
        return unmatched(self.structure, self.data, p)

    def _second(self, p: Array) -> Array:
        """What is measured with its second derivatives, once for each p."""
        key = p.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, self._run("second", p))
        return self._last[1]


def _checked(found: Any, names: tuple[str, ...], what: str) -> Mapping[str, Any]:
    """A dict with these names, from a user's function."""
    if not isinstance(found, Mapping):
        shape = getattr(found, "shape", None)
        given = f"{found!r:.60}" if shape is None else "a number" if shape == () else "an array"
        raise LikelierError(
            f"{what} gives a dict by name, such as {{{names[0]!r}: …}}; it gave {given}"
        )
    for name in names:
        if name not in found:
            hint = did_you_mean(name, tuple(map(str, found)))
            raise LikelierError(f"{what} gives no {name!r}.{hint}")
    if what == "field":
        for name in found:
            if name not in names:
                hint = did_you_mean(str(name), names)
                raise LikelierError(
                    f"field gives {name!r}, which is no state.{hint} States: {', '.join(names)}"
                )
    return found
