"""Solutions of a differential equation at the times of each experiment, in JAX.

An experiment is a group of rows with a time axis of its own. All are integrated side by side. A
trajectory that blows up, or for which the solver needs more steps than it may take, is NaN from
there on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors._base import Array
from likelier.predictors._compiled import Structure, weighted_sum
from likelier.predictors._face import with_face
from likelier.predictors._layout import Layout
from likelier.predictors.ode.integrators import explicit, implicit


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

        found = jax.vmap(self._one)(p[data["places"]], data["experiments"])
        return found[data["experiment"], data["time"], data["column"]][None]

    # An experiment depends on the few unknowns that are its own or shared: derivatives are taken
    # in these alone, however many experiments there are.

    def jacobian(self, p: Array, data: Any) -> tuple[Array, Array]:
        import jax
        import jax.numpy as jnp

        def both(own: Array, experiment: Any) -> tuple[Array, Array]:
            found = self._one(own, experiment)
            return found, found

        places = data["places"]
        each = jax.vmap(jax.jacfwd(both, has_aux=True))
        slopes, found = each(p[places], data["experiments"])
        cells = data["experiment"], data["time"], data["column"]
        rows = jnp.arange(len(cells[0]))[:, None]
        whole = jnp.zeros((len(rows), len(p)))
        whole = whole.at[rows, places[cells[0]]].set(slopes[cells])
        return found[cells][None], whole[None]

    def bend(self, p: Array, data: Any, gradient: Array) -> Array:
        import jax
        import jax.numpy as jnp

        experiments, places = data["experiments"], data["places"]
        shape = (*experiments["times"].shape, len(self.measured))
        cells = data["experiment"], data["time"], data["column"]
        spread = jnp.zeros(shape).at[cells].add(gradient[0])

        def weighed(own: Array, experiment: Any, weights: Array) -> Array:
            return weighted_sum(weights, self._one(own, experiment))

        each = jax.vmap(jax.jacfwd(jax.jacfwd(weighed)))
        found = each(p[places], experiments, spread)
        whole = jnp.zeros((len(p), len(p)))
        return whole.at[places[:, :, None], places[:, None, :]].add(found)

    def _one(self, own: Array, experiment: Any) -> Array:
        """What is measured in one experiment, (T, columns), from its unknowns, one for a name."""
        return self._measured(dict(zip(self.layout.names, own, strict=True)), experiment)

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
        import jax.numpy as jnp

        def slope(t: Array, y: Array) -> Array:
            s = dict(zip(self.states, y, strict=True))
            found = self._call(self.field, t, s, self._parameters(unknowns, experiment, t))
            found = _checked(found, self.states, "field")
            return jnp.stack([jnp.asarray(found[name], float) for name in self.states])

        integrate = implicit if self.stiff else explicit
        y = self._initial(unknowns, experiment)
        times, amounts = experiment["times"], experiment["amounts"]
        return integrate(slope, y, experiment["start"], times, amounts, self.rtol, self.atol)

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
