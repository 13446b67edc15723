"""The functions that a formula may call. Nothing outside this file can be called from one.

A function of numbers is either elementwise (`log`), or learns something from the rows that a
model is fitted to (`scale`, `bs`), which is kept as plain JSON and used again for new rows.
To add a function, add its entry to `ELEMENTWISE` or to `LEARNING`.

Sources: B-splines, C. de Boor, A Practical Guide to Splines (1978), doi:10.1007/978-1-4612-6333-3;
cubic regression splines, S. N. Wood, Generalized Additive Models (2017), section 5.3,
doi:10.1201/9781315370279; orthogonal polynomials, W. J. Kennedy and J. E. Gentle, Statistical
Computing (1980), pp. 343-344. Their bases are formulaic's; only their state is kept here.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["ELEMENTWISE", "LEARNING", "Basis", "Transform", "valid_state"]

State = dict[str, Any]

ELEMENTWISE: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "log": (1, np.log),
    "log2": (1, np.log2),
    "log10": (1, np.log10),
    "log1p": (1, np.log1p),
    "exp": (1, np.exp),
    "expm1": (1, np.expm1),
    "sqrt": (1, np.sqrt),
    "abs": (1, np.abs),
    "sin": (1, np.sin),
    "cos": (1, np.cos),
    "tan": (1, np.tan),
    "minimum": (2, np.minimum),
    "maximum": (2, np.maximum),
    "I": (1, lambda x: x),
}
"""Number of arguments and function, by name."""


@dataclass(frozen=True)
class Basis:
    """Columns that one call makes: arrays (n,), their labels, and whether they span a constant."""

    columns: list[np.ndarray]
    labels: tuple[str, ...]
    spans_intercept: bool = False


@dataclass(frozen=True)
class Transform:
    """A function that learns.

    Attributes:
        options: names of what may follow the first argument, in positional order.
        apply: (x, options, state or None) -> (result, state); state None means: learn it. The
            result is an array, or a `Basis` if the function may only stand outermost.
        state: what each entry of the state must be: `number`, `numbers`, `matrix`, `flag`, or
            such a word with `?` where it may be null.
        basis: whether the result is a `Basis`.
    """

    options: tuple[str, ...]
    apply: Callable[[np.ndarray, Mapping[str, Any], State | None], tuple[Any, State]]
    state: Mapping[str, str] = field(default_factory=dict)
    basis: bool = False


def _scale(
    x: np.ndarray, options: Mapping[str, Any], state: State | None, ddof: float = 1.0
) -> tuple[np.ndarray, State]:
    """(x - center) / scale, with the sample's mean and standard deviation unless given."""
    if state is None:
        center, scale = options.get("center", True), options.get("scale", True)
        ddof = float(options.get("ddof", ddof))
        if isinstance(center, bool):
            center = float(x.mean()) if center else None
        middle = x if center is None else x - float(center)
        if isinstance(scale, bool):
            if scale and len(x) <= ddof:
                raise ValueError(f"a standard deviation needs more rows than {len(x)}")
            scale = math.sqrt(float(middle @ middle) / (len(x) - ddof)) if scale else None
        state = {"center": center, "scale": scale}
    if state["center"] is not None:
        x = x - state["center"]
    if state["scale"] is not None:
        x = x / state["scale"]
    return x, state


def _center(
    x: np.ndarray, options: Mapping[str, Any], state: State | None
) -> tuple[np.ndarray, State]:
    """X less its mean."""
    return _scale(x, {"scale": False}, state)


def _standardize(
    x: np.ndarray, options: Mapping[str, Any], state: State | None
) -> tuple[np.ndarray, State]:
    """Like scale, with patsy's names and divisor n."""
    renamed = {"scale" if name == "rescale" else name: value for name, value in options.items()}
    return _scale(x, renamed, state, ddof=0.0)


def _poly(x: np.ndarray, options: Mapping[str, Any], state: State | None) -> tuple[Basis, State]:
    """Polynomials, orthonormal over the rows of the fit unless raw."""
    degree, raw = options.get("degree", 1), options.get("raw", False)
    _check_whole("degree", degree, 1, 50)
    labels = tuple(str(k) for k in range(1, degree + 1))
    if raw:
        return Basis([x**k for k in range(1, degree + 1)], labels), {"alpha": [], "norms2": []}
    from formulaic.transforms import poly

    kept: State = {}
    if state is not None:
        kept = {key: dict(enumerate(state[key])) for key in ("alpha", "norms2")}
    values = np.asarray(poly(x, degree, _state=kept))
    learnt = {key: [float(kept[key][k]) for k in sorted(kept[key])] for key in ("alpha", "norms2")}
    return Basis(list(values.T), labels), learnt


def _bs(x: np.ndarray, options: Mapping[str, Any], state: State | None) -> tuple[Basis, State]:
    """B-splines."""
    from formulaic.transforms import basis_spline

    _check_spline(options)
    kept = dict(state or {})
    columns = basis_spline(x, **options, _state=kept)
    basis = _basis(columns, len(x), bool(options.get("include_intercept", False)))
    return basis, {
        "lower_bound": float(kept["lower_bound"]),
        "upper_bound": float(kept["upper_bound"]),
        "knots": [float(knot) for knot in kept["knots"]],
    }


def _cubic(name: str) -> Callable[..., tuple[Basis, State]]:
    """Natural or cyclic cubic regression splines."""

    def apply(
        x: np.ndarray, options: Mapping[str, Any], state: State | None
    ) -> tuple[Basis, State]:
        from formulaic import transforms

        _check_spline(options)
        if options.get("constraints") not in (None, "center"):
            raise ValueError('constraints is "center" or left out')
        kept = dict(state or {})
        if kept.get("constraints") is not None:
            kept["constraints"] = np.asarray(kept["constraints"], dtype=np.float64)
        columns = getattr(transforms, name)(x, **options, _state=kept)
        constraints = kept["constraints"]
        return _basis(columns, len(x), False), {
            "lower_bound": float(kept["lower_bound"]),
            "upper_bound": float(kept["upper_bound"]),
            "knots": [float(knot) for knot in kept["knots"]],
            "constraints": None if constraints is None else np.asarray(constraints).tolist(),
            "cyclic": bool(kept["cyclic"]),
        }

    return apply


def _basis(columns: Any, n: int, spans_intercept: bool) -> Basis:
    """Unpack what formulaic's splines return: columns by their label."""
    items = [(str(label), values) for label, values in columns.items()]
    return Basis(
        [np.broadcast_to(np.asarray(values, dtype=np.float64), (n,)) for _, values in items],
        tuple(label for label, _ in items),
        spans_intercept,
    )


def _check_spline(options: Mapping[str, Any]) -> None:
    """Refuse sizes that are slips of the finger before memory is spent on them."""
    if options.get("df") is not None:
        _check_whole("df", options["df"], 1, 1000)
    if "degree" in options:
        _check_whole("degree", options["degree"], 0, 20)
    if len(options.get("knots") or ()) > 1000:
        raise ValueError("more than 1,000 knots")


def _check_whole(name: str, value: Any, low: int, high: int) -> None:
    """Raise unless value is an integer from low to high."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is a whole number from {low} to {high:,}, not {value!r}")


_BOUNDS = {"lower_bound": "number", "upper_bound": "number", "knots": "numbers"}
_SCALE = {"center": "number?", "scale": "number?"}
_CUBIC_OPTIONS = ("df", "knots", "lower_bound", "upper_bound", "constraints", "extrapolation")
_NATURAL = Transform(
    _CUBIC_OPTIONS,
    _cubic("natural_cubic_spline"),
    {**_BOUNDS, "constraints": "matrix?", "cyclic": "flag"},
    basis=True,
)

LEARNING: Mapping[str, Transform] = {
    "scale": Transform(("center", "scale", "ddof"), _scale, _SCALE),
    "center": Transform((), _center, _SCALE),
    "standardize": Transform(("center", "rescale", "ddof"), _standardize, _SCALE),
    "poly": Transform(
        ("degree", "raw"), _poly, {"alpha": "numbers", "norms2": "numbers"}, basis=True
    ),
    "bs": Transform(
        (
            "df",
            "knots",
            "degree",
            "include_intercept",
            "lower_bound",
            "upper_bound",
            "extrapolation",
        ),
        _bs,
        _BOUNDS,
        basis=True,
    ),
    "cr": _NATURAL,
    "cs": _NATURAL,
    "cc": Transform(_CUBIC_OPTIONS, _cubic("cyclic_cubic_spline"), _NATURAL.state, basis=True),
}
"""Functions that learn from the rows of the fit, by name."""


def valid_state(transform: Transform, state: Any) -> bool:
    """Whether a state read from a file has the entries and types that the transform asks for."""
    return (
        isinstance(state, dict)
        and set(state) == set(transform.state)
        and all(_is(kind, state[key]) for key, kind in transform.state.items())
    )


def _is(kind: str, value: Any) -> bool:
    """Whether a JSON value is of a kind named in `Transform.state`."""
    if kind.endswith("?"):
        return value is None or _is(kind[:-1], value)
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "number":
        # Whole numbers of JSON have no bound, and most of them are no float.
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and abs(value) <= sys.float_info.max
    inner = "numbers" if kind == "matrix" else "number"
    return isinstance(value, list) and all(_is(inner, v) for v in value)
