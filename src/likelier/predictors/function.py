"""A location that is a function which the user writes: nonlinear regression for any family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from likelier.errors import LikelierError
from likelier.predictors._base import Array, Inputs
from likelier.predictors._compiled import Curve, Rows, trial
from likelier.predictors._curve import CurveSpec, curved_offset, flat_rest
from likelier.predictors._curve_predictor import CurvePredictor
from likelier.predictors._face import with_face
from likelier.predictors._layout import Layout, group_codes
from likelier.predictors._unknowns import Unknown, as_unknowns
from likelier.special._jax import require_jax


@dataclass(frozen=True, eq=False)
class Function(CurveSpec):
    r"""A function f(x, p) of features and unknown parameters as the location of any family.

    It gives the location in the unit of y: loc of a location family, the median of a LogNormal,
    the mean of the rest (of a Bernoulli or Binomial, the probability). The other parameters of
    the family keep their linear predictors.

    Args:
        f: `f(x, p)` gives n numbers; `x["column"]` are the columns that the formula names, (n,),
            `p["name"]` the parameters. Written with jax.numpy, NumPy or plain operators; it is
            differentiated, so it must compute with what it is given.
        parameters: by name, `lk.positive(start)`, `lk.real(start)`, `lk.unit(start)`,
            `lk.bounded(start, lower, upper)`, a number (a real with that start), or one of these
            within `lk.own(...)` where each group has its own. All are estimated; what is known
            is written into the function, as in `K = 100.0`.
        scale: a second function `scale(x, p)` that gives the family's `scale`, in the unit that
            it has there; None leaves it to its own formula.
        starts: searches from so many points: the given one and others around it.

    Raises:
        LikelierError: a parameter is no parameter, f fails or asks for a column or parameter
            that does not exist, or JAX is not installed (`pip install '.[neural]'`).

    Source: Bates and Watts (1988), Nonlinear Regression Analysis and Its Applications.

    Example:
        >>> import likelier as lk
        >>> made = {"dose": [0.0, 1.0, 2.0, 4.0, 8.0], "y": [0.1, 1.1, 1.4, 1.6, 1.9]}
        >>> curve = lk.Function(
        ...     lambda x, p: p["top"] * x["dose"] / (p["half"] + x["dose"]),
        ...     {"top": lk.positive(2.0), "half": lk.positive(1.0)},
        ... )
        >>> fit = lk.fit("y ~ dose", made, "normal", predictor=curve)
        >>> fit.params[["term", "estimate"]].round(3).values.tolist()[:2]
        [['top', 2.06], ['half', 0.928]]
    """

    f: Callable[[Any, Any], Any]
    parameters: Mapping[str, Unknown]
    scale: Callable[[Any, Any], Any] | None = None
    starts: int = 1
    levels: tuple[Any, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for what, given in (("f", self.f), ("scale", self.scale)):
            if given is not None and not callable(given):
                raise LikelierError(f"{what} is a function of x and p; given: {given!r}")
        if self.f is None:
            raise LikelierError("Function takes a function f(x, p) and its parameters")
        object.__setattr__(self, "parameters", as_unknowns(self.parameters))
        self._check_starts()

    def links(self, family: Any) -> dict[str, str]:
        found = super().links(family)
        if self.scale is None:
            return found
        if "scale" not in family.parameter_names:
            known = ", ".join(family.parameter_names)
            raise LikelierError(
                f"a second function gives `scale`, but {family.text()} predicts {known}"
            )
        return {**found, "scale": "identity"}

    @property
    def _owned(self) -> bool:
        return any(unknown.own for unknown in self.parameters.values())

    def learned(self, inputs: Inputs) -> Function:
        _, levels = group_codes(inputs.groups, None, inputs.n, self._owned)
        return replace(self, levels=levels)

    def bind(self, inputs: Inputs) -> CurvePredictor:
        require_jax("Function")
        codes, levels = group_codes(inputs.groups, self.levels, inputs.n, self._owned)
        layout = Layout.of(self.parameters, len(levels))
        slots = [inputs.slots[inputs.main].start]
        if self.scale is not None:
            slots.append(inputs.slots["scale"].start)
        columns = np.asarray(inputs.designs[slots[0]].raw, dtype=np.float64)
        names = inputs.names[inputs.main]
        data = {"x": dict(zip(names, columns.T, strict=True)), "group": codes}
        functions = (self.f,) if self.scale is None else (self.f, self.scale)
        known = {"column": names, "parameter": layout.names}
        what = "values" if inputs.plain else "jacobian"
        structure = trial(_Rows(functions, layout), data, layout.size, known, what)
        return CurvePredictor(
            _Formula(structure, data),
            slots,
            layout.spread(self.parameters),
            layout.labels(levels),
            flat_rest(inputs, slots),
            curved_offset(inputs, slots),
            self.starts,
            fitting=not inputs.plain,
        )


class _Formula(Curve):
    """A formula with its rows, of whose location an equation may be asked."""

    def __init__(self, structure: _Rows, data: Any) -> None:
        super().__init__(structure, data)
        self._formula = structure
        self._equations: dict[Any, Curve] = {}

    def residuals(self, equation: Callable[[Any, Any], Any], at: Mapping[str, Array]) -> Curve:
        """The residuals of an equation at points, (parts, points), as a curve of its own."""
        found = self._equations.get(equation)
        if found is None:
            rows = self._formula
            if any(rows.layout.own):
                raise LikelierError(
                    "PhysicsResidual asks a function at points of no group, and this one has a "
                    "parameter that is each group's own"
                )
            structure = _Residuals(rows.functions[0], rows.layout, equation)
            names = {"column": tuple(at), "parameter": rows.layout.names}
            structure = trial(structure, dict(at), rows.layout.size, names, "jacobian")
            found = self._equations[equation] = Curve(structure, dict(at))
        return found


@dataclass(frozen=True)
class _Residuals(Rows):
    """The residuals of an equation of a location, one row for each of its parts."""

    location: Callable[[Any, Any], Any]
    layout: Layout
    equation: Callable[[Any, Any], Any]
    numpy: bool = False

    def __call__(self, p: Array, data: Any) -> Array:
        import jax.numpy as jnp

        named = self.layout.read(p, 0)
        location = with_face(self.location) if self.numpy else self.location

        def surface(x: Mapping[str, Array]) -> Array:
            row = {name: jnp.asarray(value, float)[None] for name, value in x.items()}
            return jnp.broadcast_to(jnp.asarray(location(row, dict(named))), (1,))[0]

        return self.equation(surface, data).T


@dataclass(frozen=True)
class _Rows(Rows):
    """Functions of x and p, one for each row of eta that they give."""

    functions: tuple[Callable[[Any, Any], Any], ...]
    layout: Layout
    numpy: bool = False

    def __call__(self, p: Array, data: Any) -> Array:
        import jax.numpy as jnp

        x, group = data["x"], data["group"]
        named = self.layout.read(p, group)
        found = []
        for function in self.functions:
            run = with_face(function) if self.numpy else function
            found.append(jnp.broadcast_to(jnp.asarray(run(dict(x), dict(named))), group.shape))
        return jnp.stack(found)
