"""`Fit.derived`: functions of the coefficients, with their uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.inference import QuantityProfiler, delta_errors
from likelier.inference.level import check_level
from likelier.model.answers.nesting import check_optimum
from likelier.model.answers.terms import index_of
from likelier.model.answers.uncertainty import information_of

if TYPE_CHECKING:
    import pandas as pd

    from likelier.model.fitted import Fit

Array = Any
METHODS = ("delta", "profile")


class Parameters(Mapping[Any, float]):
    """The coefficients of a fit by name, as a function of them sees them.

    `p["term"]` is a coefficient (the main parameter's, where several have that term),
    `p["parameter", "term"]` one of another parameter; `numpy.asarray(p)` is all of them, in the
    order of `fit.params`. A network within a curve is a function, `p["f"](1.0, 2.0)`.
    """

    def __init__(
        self,
        names: Sequence[tuple[str, str]],
        main: str,
        values: Array,
        functions: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._names = names
        self._main = main
        self._values = values
        self._functions = functions

    def __getitem__(self, term: Any) -> Any:
        if isinstance(term, str) and term in self._functions:
            return self._functions[term]
        return self._values[index_of(self._names, self._main, term)]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._values, dtype=dtype)


def derive(
    fit: Fit,
    function: Callable[[Parameters], Any],
    level: float,
    method: str,
    kind: str,
    groups: Any,
) -> pd.DataFrame:
    """The table that `Fit.derived` describes."""
    import pandas as pd
    from scipy.special import ndtri

    check_level(level)
    if method not in METHODS:
        raise LikelierError(f"no interval method {method!r}.{did_you_mean(method, METHODS)}")
    if kind != "observed" and method == "profile":
        raise LikelierError(f"a covariance of kind {kind!r} is for method='delta'")
    names, main = fit._names(), fit.distribution.main

    def named(coefficients: Array) -> Parameters:
        functions = fit.predictor.functions(coefficients)
        return Parameters(names, main, coefficients, functions)

    result = function(named(fit.coefficients))
    labels, estimate = _labelled(result, function)

    def values(coefficients: Array) -> Array:
        # Steps of a search may leave the domain of the function; the answer then is not finite.
        with np.errstate(all="ignore"):
            found = function(named(coefficients))
        if isinstance(found, Mapping):
            found = list(found.values())
        return np.atleast_1d(np.asarray(found, dtype=float)).ravel()

    to_user, information = information_of(fit, kind, groups)
    # Coefficients without a finite estimate stand where the search left them.
    theta = np.linalg.solve(to_user, fit.estimate.coefficients)
    errors = delta_errors(lambda t: values(to_user @ t), theta, information)
    if method == "delta":
        half = float(ndtri((1 + level) / 2)) * errors
        lower, upper = estimate - half, estimate + half
    else:
        check_optimum(fit)
        rows, (solution, _) = fit._posed, fit._optimum
        limits = []
        for i in range(len(estimate)):
            profiler = QuantityProfiler(
                rows.problem.function,
                solution.theta,
                solution.value,
                information,
                lambda t, i=i: float(values(to_user @ t)[i]),  # type: ignore[misc]
            )
            limits.append(profiler.interval(level))
        lower, upper = np.array(limits).T
    return pd.DataFrame(
        {
            "name": labels,
            "estimate": estimate,
            "standard_error": errors,
            "lower": lower,
            "upper": upper,
        }
    )


def _labelled(result: Any, function: Any) -> tuple[list[str], Array]:
    """Names and values of what a function gave."""
    if isinstance(result, Mapping):
        labels, result = [str(name) for name in result], list(result.values())
    else:
        labels = []
    try:
        values = np.asarray(result, dtype=float)
    except (TypeError, ValueError):
        raise LikelierError(
            f"derived(function): the function gives numbers; it gave {result!r}"
        ) from None
    if not labels:
        name = getattr(function, "__name__", "function")
        name = "function" if name == "<lambda>" else name
        labels = [name] if values.ndim == 0 else [f"{name}[{i}]" for i in range(values.size)]
    estimate = np.atleast_1d(values).ravel()
    if np.isnan(estimate).any():
        at = labels[int(np.flatnonzero(np.isnan(estimate))[0])]
        raise LikelierError(f"derived(function): {at} is not a number at the estimate")
    return labels, estimate
