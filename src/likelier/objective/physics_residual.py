"""The residual of an equation that the predicted mean should solve: physics-informed networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from likelier.errors import LikelierError
from likelier.objective._base import Addend, Addition, Array, Likelihood, Penalty
from likelier.objective._batch import Batch
from likelier.objective._layout import Layout, check_number

Point = Mapping[str, Array]
"""A number for each column."""
Surface = Callable[[Point], Array]
"""The predicted mean at a point, differentiable in its columns."""


class PhysicsResidual(Penalty):
    r"""Adds s times the mean square of an equation's residual at chosen points to the mean NLL.

    With u(x) the predicted mean as a function of the columns: s · mean over x in `at` of r(u, x)²,
    r the residual that `function` gives; where it gives several, their squares add up. It draws
    the mean towards a solution also where there are no observations, so the points should reach
    as far as predictions are to be made. Residuals count in their own unit: scale the equation
    by what it is made of, or choose s by held-out rows.

    Args:
        function: `function(u, x)` gives the residual, or several in a list, at one point x, a dict
            of numbers by column. `u(x)` is the mean there and `lk.derivative(u, "t")` its partial
            derivative, a function like u, which may be differentiated again. Written with
            jax.numpy or plain operators.
        at: the points, a table with the columns of the predictor.
        strength: s, 0 or above.

    Raises:
        LikelierError: the points are none, or the predictor is no network of numeric columns.

    Source: Raissi, Perdikaris and Karniadakis (2019), Physics-informed neural networks,
    doi:10.1016/j.jcp.2018.10.045.

    Example:
        >>> import likelier as lk
        >>> import numpy as np
        >>> def decay(u, x):  # u' = −0.5 u
        ...     return lk.derivative(u, "t")(x) + 0.5 * u(x)
        >>> law = lk.PhysicsResidual(decay, at={"t": np.linspace(0, 4, 20)})
        >>> law
        PhysicsResidual(decay, at=20 points)
    """

    trains = True
    needs: ClassVar[frozenset[str]] = frozenset({"surface"})

    def __init__(
        self, function: Callable[[Surface, Point], Any], at: Any, strength: float = 1.0
    ) -> None:
        if not callable(function):
            raise LikelierError(f"PhysicsResidual takes a function(u, x); given: {function!r}")
        self.function = function
        self.at = _points(at)
        self.strength = check_number("the strength of PhysicsResidual", strength)

    def text(self) -> str:
        name = getattr(self.function, "__name__", type(self.function).__name__)
        count = len(next(iter(self.at.values())))
        strength = f", {self.strength:g}" if self.strength != 1 else ""
        return f"PhysicsResidual({name}, at={count} points{strength})"

    @property
    def key(self) -> Any:
        return type(self).__name__, self.function

    def prepared(
        self, columns: Mapping[str, Array], y: Any, weights: Array | None
    ) -> tuple[Any, Any]:
        return (), {"at": self.at, "strength": np.float64(self.strength)}

    def of_batch(self, batch: Batch, rows: Any, whole: Any) -> Array:
        assert batch.surface is not None
        return whole["strength"] * self._square(batch.surface, whole["at"])

    def _square(self, surface: Surface, at: Mapping[str, Array]) -> Array:
        """The mean over points of the sum of squared residuals, in JAX."""
        import jax
        import jax.numpy as jnp

        def square(x: Point) -> Array:
            parts = jax.tree.leaves(self.function(surface, x))
            return sum((jnp.sum(jnp.asarray(part) ** 2) for part in parts), jnp.zeros(()))

        return jnp.mean(jax.vmap(square)(dict(at)))

    def bind(self, layout: Layout) -> Addend:
        return _Residual(self)


class _Residual(Addend):
    """The penalty at weights that are known."""

    def __init__(self, penalty: PhysicsResidual) -> None:
        self.penalty = penalty

    def add(self, likelihood: Likelihood, theta: Array, order: int) -> Addition:
        at_points = getattr(likelihood.predictor, "at_points", None)
        if at_points is None or order > 0:
            raise LikelierError(
                "PhysicsResidual takes a network, such as predictor=lk.MLP(), whose mean it can "
                "differentiate in the columns"
            )
        value = at_points(likelihood.linked, theta, self.penalty._square, self.penalty.at)
        return Addition(self.penalty.strength * value)


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


def _points(at: Any) -> dict[str, np.ndarray]:
    """A checked table of points."""
    if not isinstance(at, Mapping):
        names = getattr(at, "columns", None)
        if names is None:
            raise LikelierError(
                'at is a table of points such as {"t": np.linspace(0, 10, 50)}; given: '
                f"{at!r:.60}"
            )
        at = {str(name): at[name] for name in names}
    try:
        found = {name: np.asarray(values, dtype=float) for name, values in at.items()}
    except (TypeError, ValueError) as error:
        raise LikelierError("the points of PhysicsResidual are numbers") from error
    shapes = {values.shape for values in found.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1 or not next(iter(shapes))[0]:
        raise LikelierError(
            "the columns of the points of PhysicsResidual have one length, above 0; given: "
            + ", ".join(f"{name} {values.shape}" for name, values in found.items())
        )
    for name, values in found.items():
        if not np.all(np.isfinite(values)):
            raise LikelierError(f"column `{name}` of the points of PhysicsResidual is not finite")
    return found
