"""The residual of an equation that the predicted mean should solve: physics-informed fits."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from likelier.errors import LikelierError
from likelier.objective._base import Addend, Addition, Array, Likelihood, Penalty
from likelier.objective._batch import Batch
from likelier.objective._layout import Layout, check_number
from likelier.objective._points import collocation

Point = Mapping[str, Array]
"""A number for each column."""
Surface = Callable[[Point], Array]
"""The predicted mean at a point, differentiable in its columns."""

_SOME = 64
"""Points that stand for all where a training weighs them."""


@dataclass(frozen=True)
class Equation:
    """An equation as a user wrote it; equal where it compiles alike."""

    function: Callable[[Surface, Point], Any]

    def __call__(self, surface: Surface, at: Mapping[str, Array]) -> Array:
        """Its residuals at points, (points, parts), in JAX."""
        import jax
        import jax.numpy as jnp

        def parts(x: Point) -> Array:
            found = jax.tree.leaves(self.function(surface, x))
            return jnp.concatenate([jnp.ravel(jnp.asarray(part, float)) for part in found])

        return jax.vmap(parts)(dict(at))


class PhysicsResidual(Penalty):
    r"""Adds s times the mean square of an equation's residual at chosen points to the mean NLL.

    With u(x) the predicted mean as a function of the columns: s · mean over x in `at` of r(u, x)²,
    r the residual that `function` gives; where it gives several, their squares add up. It draws
    the mean towards a solution also where there are no observations, so the points should reach
    as far as predictions are to be made. The predictor is a network, or a `Function`, whose u is
    the location that it gives.

    Residuals count in their own unit, and noise in that of the target: which s serves depends on
    both. With "balance" the search finds it: s is such that rows and equation curve the objective
    alike, tr F = s · tr G, with F the Fisher information of a row and G = 2 · mean of ∇r ∇rᵀ, in
    the weights of a network, or the parameters of a function on the scale on which they are
    searched. The traces are taken again as the search goes on, and each time s moves half of the
    way in its logarithm. `fit.objective_terms` shows what was found.

    Args:
        function: `function(u, x)` gives the residual, or several in a list, at one point x, a dict
            of numbers by column. `u(x)` is the mean there and `lk.derivative(u, "t")` its partial
            derivative, a function like u, which may be differentiated again. Written with
            jax.numpy or plain operators.
        at: the points, a table with the columns of the predictor; or ranges to be filled,
            `{"t": (0, 10)}`.
        strength: s, 0 or above, or "balance".
        points: how many points fill ranges; 100 for each column if nothing is said.

    Raises:
        LikelierError: the points are none, or the predictor has no mean that can be differentiated
            in its columns.

    Source: Raissi, Perdikaris and Karniadakis (2019), Physics-informed neural networks,
    doi:10.1016/j.jcp.2018.10.045; the balance: Wang, Yu and Perdikaris (2022), When and why PINNs
    fail to train, doi:10.1016/j.jcp.2021.110768, whose traces are those of the neural tangent
    kernel.

    Example:
        >>> import likelier as lk
        >>> import numpy as np
        >>> def decay(u, x):  # u' = −0.5 u
        ...     return lk.derivative(u, "t")(x) + 0.5 * u(x)
        >>> lk.PhysicsResidual(decay, at={"t": np.linspace(0, 4, 20)})
        PhysicsResidual(decay, at=20 points)
        >>> made = {"t": [0.0, 0.5, 1.0, 1.5], "y": [2.1, 1.5, 1.2, 1.0]}
        >>> cubic = lk.Function(
        ...     lambda x, p: p["a"] + p["b"] * x["t"] + p["c"] * x["t"] ** 2 + p["d"] * x["t"] ** 3,
        ...     {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0},
        ... )
        >>> law = lk.PhysicsResidual(decay, at={"t": (0, 4)}, strength=100.0)
        >>> fit = lk.fit("y ~ t", made, "normal", predictor=cubic, objective=lk.NLL() + law)
        >>> fit.predict({"t": [4.0]}).mean.round(1)  # 2 exp(−2) = 0.27, beyond the data
        array([0.3])
    """

    trains = True
    needs: ClassVar[frozenset[str]] = frozenset({"surface"})

    def __init__(
        self,
        function: Callable[[Surface, Point], Any],
        at: Any,
        strength: float | str = 1.0,
        points: int | None = None,
    ) -> None:
        if not callable(function):
            raise LikelierError(f"PhysicsResidual takes a function(u, x); given: {function!r}")
        self.equation = Equation(function)
        self.at = collocation(at, points)
        self.balances = isinstance(strength, str)
        if isinstance(strength, str):
            if strength != "balance":
                raise LikelierError(
                    f'the strength of PhysicsResidual is a number or "balance"; given: {strength!r}'
                )
            strength = 1.0
        self.strength = check_number("the strength of PhysicsResidual", strength)
        self._found = False

    def weighing(self, strength: float) -> PhysicsResidual:
        found = copy.copy(self)
        found.strength, found._found = float(strength), True
        return found

    def text(self) -> str:
        function = self.equation.function
        name = getattr(function, "__name__", type(function).__name__)
        count = len(next(iter(self.at.values())))
        strength = f", {self.strength:g}" if self.strength != 1 else ""
        if self.balances:
            strength = f", {self.strength:.3g} by balance" if self._found else ', "balance"'
        return f"PhysicsResidual({name}, at={count} points{strength})"

    @property
    def key(self) -> Any:
        return type(self).__name__, self.equation, self.balances

    def prepared(
        self, columns: Mapping[str, Array], y: Any, weights: Array | None
    ) -> tuple[Any, Any]:
        return (), {"at": self.at, "strength": np.float64(self.strength)}

    def of_batch(self, batch: Batch, rows: Any, whole: Any) -> Array:
        assert batch.surface is not None
        return whole["strength"] * self._square(batch.surface, whole["at"])

    def roots(self, batch: Batch, whole: Any) -> Array:
        assert batch.surface is not None
        every = -(-len(next(iter(whole["at"].values()))) // _SOME)
        thinned = {name: values[::every] for name, values in whole["at"].items()}
        return self.equation(batch.surface, thinned)

    def _square(self, surface: Surface, at: Mapping[str, Array]) -> Array:
        """The mean over points of the sum of squared residuals, in JAX."""
        import jax.numpy as jnp

        return jnp.mean(jnp.sum(self.equation(surface, at) ** 2, axis=1))

    def bind(self, layout: Layout) -> Addend:
        return _Residual(self)


class _Residual(Addend):
    """The penalty at weights that are known."""

    def __init__(self, penalty: PhysicsResidual) -> None:
        self.penalty = penalty

    def add(self, likelihood: Likelihood, theta: Array, order: int) -> Addition:
        penalty, predictor = self.penalty, likelihood.predictor
        at_points = getattr(predictor, "at_points", None)
        if at_points is not None:
            value = at_points(likelihood.linked, theta, penalty._square, penalty.at)
            return Addition(penalty.strength * value)
        residuals_at = getattr(predictor, "residuals", None)
        if residuals_at is None:
            raise LikelierError(
                "PhysicsResidual takes a predictor whose mean it can differentiate in the columns: "
                "a network, such as predictor=lk.MLP(), or an lk.Function"
            )
        found, slopes = residuals_at(theta, penalty.equation, penalty.at)
        factor = penalty.strength / found.shape[1]
        value = factor * float(np.sum(found**2))
        gradient = 2 * factor * np.einsum("km,kmp->p", found, slopes)
        return Addition(value, gradient, 2 * factor * np.einsum("kmp,kmq->pq", slopes, slopes))

    def reweighed(self, penalty: Any) -> Addend:
        return _Residual(penalty)


def derivative(u: Surface, column: str) -> Surface:
    """The partial derivative of a function of named columns, itself such a function.

    Args:
        u: a function of a dict of numbers by column, such as the mean in `PhysicsResidual`.
        column: in which to differentiate.

    Example:
        >>> import likelier as lk
        >>> heat = lambda x: x["t"] * x["z"] ** 2
        >>> slope = lk.derivative(lk.derivative(heat, "z"), "z")
        >>> float(slope({"t": 3.0, "z": 5.0}))
        6.0
    """

    def slope(x: Point) -> Array:
        import jax
        import jax.numpy as jnp

        if column not in x:
            raise LikelierError(f"no column {column!r} at this point; it has {', '.join(x)}")
        here = jnp.asarray(x[column], dtype=float)
        return jax.jvp(lambda value: u({**x, column: value}), (here,), (jnp.ones_like(here),))[1]

    return slope
