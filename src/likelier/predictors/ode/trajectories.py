"""Solutions of a differential equation at the times of each experiment, in JAX.

An experiment is a group of rows with a time axis of its own. All are integrated side by side, from
dose to dose where there are any. A trajectory that blows up, or for which the solver needs more
steps than it may take, is NaN from there on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors._base import Array
from likelier.predictors._compiled import Structure
from likelier.predictors._face import with_face
from likelier.predictors._layout import Layout

MAX_STEPS = 20_000
"""Steps from one dose to the next; a stiff equation that is solved as if it were not needs more."""


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
        layout: of the unknowns.
        parameters: the unknowns that the field sees.
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
    stiff: bool
    rtol: float
    atol: float
    numpy: bool = False

    def __call__(self, p: Array, data: Any) -> Array:
        import jax

        def one(group: Array, experiment: Any) -> Array:
            return self._measured(self.layout.read(p, group), experiment)

        groups, experiments = data["group"], data["experiments"]
        if groups.shape[0] == 1:
            # One experiment compiles faster without a batch of one.
            found = one(groups[0], jax.tree.map(lambda x: x[0], experiments))[None]
        else:
            found = jax.vmap(one)(groups, experiments)
        return found[data["experiment"], data["time"], data["column"]][None]

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return (with_face(function) if self.numpy else function)(*arguments)

    def _measured(self, unknowns: Mapping[str, Array], experiment: Any) -> Array:
        """What is measured at each time of one experiment, (T, columns)."""
        import jax
        import jax.numpy as jnp

        states = self._states(unknowns, experiment)

        def row(t: Array, y: Array) -> Array:
            s: Mapping[str, Any] = dict(zip(self.states, y, strict=True))
            if self.observe is not None:
                seen = self._call(self.observe, s, self._parameters(unknowns, experiment, t))
                s = _checked(seen, self.measured, "observe")
            return jnp.stack([jnp.asarray(s[name], float) for name in self.measured])

        return jax.vmap(row)(experiment["times"], states)

    def _states(self, unknowns: Mapping[str, Array], experiment: Any) -> Array:
        """The states at each time of one experiment, (T, S)."""
        import jax
        import jax.numpy as jnp

        times, start = experiment["times"], experiment["start"]
        y = self._initial(unknowns, experiment)
        if "doses" not in experiment:
            return self._integrate(unknowns, experiment, y, start, times[-1], times)[0]

        def stretch(y: Array, dose: Any) -> tuple[Array, Array]:
            begin, end, amount = dose
            inside = jnp.clip(times, begin, end)
            found, last = self._integrate(unknowns, experiment, y + amount, begin, end, inside)
            return last, found

        doses = experiment["doses"]
        _, found = jax.lax.scan(stretch, y, (doses["begin"], doses["end"], doses["amount"]))
        # Of a time the stretch that ends with it: an observation at a dose is before the dose.
        which = jnp.sum(times[:, None] > doses["begin"][None], axis=1) - 1
        after = found[jnp.maximum(which, 0), jnp.arange(len(times))]
        return jnp.where((times <= start)[:, None], y, after)

    def _initial(self, unknowns: Mapping[str, Array], experiment: Any) -> Array:
        import jax.numpy as jnp

        p = self._parameters(unknowns, experiment, experiment["start"])
        found = []
        for value in self.initial:
            if isinstance(value, str):
                value = unknowns[value]
            elif callable(value):
                value = self._call(value, p)
            found.append(jnp.asarray(value, float))
        return jnp.stack(found)

    def _parameters(self, unknowns: Mapping[str, Array], experiment: Any, t: Array) -> Any:
        """What the user's functions see as `p`: parameters, and inputs at time t."""
        import jax.numpy as jnp

        found = {name: unknowns[name] for name in self.parameters}
        for j, name in enumerate(self.inputs):
            found[name] = jnp.interp(t, experiment["input_times"], experiment["inputs"][:, j])
        return found

    def _integrate(
        self, unknowns: Mapping[str, Array], experiment: Any, y: Array, t0: Any, t1: Any, at: Array
    ) -> tuple[Array, Array]:
        """The states at sorted times `at` and at t1, from the states y at t0."""
        import diffrax
        import jax.numpy as jnp

        def slope(t: Array, y: Array, _: Any) -> Array:
            s = dict(zip(self.states, y, strict=True))
            found = self._call(self.field, t, s, self._parameters(unknowns, experiment, t))
            found = _checked(found, self.states, "field")
            return jnp.stack([jnp.asarray(found[name], float) for name in self.states])

        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(slope),
            diffrax.Kvaerno5() if self.stiff else diffrax.Tsit5(),
            t0,
            t1,
            None,
            y,
            saveat=diffrax.SaveAt(subs=[diffrax.SubSaveAt(ts=at), diffrax.SubSaveAt(t1=True)]),
            stepsize_controller=diffrax.PIDController(rtol=self.rtol, atol=self.atol),
            # Standard errors need second derivatives, which only forward mode has.
            adjoint=diffrax.ForwardMode(),
            max_steps=MAX_STEPS,
            throw=False,
        )
        states, last = solution.ys
        return jnp.where(jnp.isfinite(states), states, jnp.nan), last[-1]


def _checked(found: Any, names: tuple[str, ...], what: str) -> Mapping[str, Any]:
    """A dict with these names, from a user's function."""
    if not isinstance(found, Mapping):
        raise LikelierError(
            f"{what} gives a dict by name, such as {{{names[0]!r}: …}}; it gave {found!r:.60}"
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
