"""The contract of a workload.

To add one: a file that defines `WORKLOAD`, and a line in `_run.py`. A program is a function of the
arrays (and of nothing else) that imports what it needs and returns the fit as a function without
arguments: what comes before is not timed. The fit returns its coefficients as one flat vector, in
the layout that `log_likelihood` reads; R's programs are files of R that do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]
Program = Callable[[Arrays], Callable[[], Any]]


@dataclass(frozen=True)
class Workload:
    """One row of the table.

    Attributes:
        name: such as "W1".
        title: what is fitted to how many rows, in words.
        simulate: the arrays, by a scale of the number of rows; seeded.
        programs: by name, in Python; likelier is the first.
        log_likelihood: of the arrays at the coefficients.
        r: programs of R, as text; they find `d` (a list of arrays) and leave the function `fit`,
            which returns the coefficients.
        slow: programs that are run once.
    """

    name: str
    title: str
    simulate: Callable[[float], dict[str, np.ndarray]]
    programs: Mapping[str, Program]
    log_likelihood: Callable[[Arrays, np.ndarray], float]
    r: Mapping[str, str] = field(default_factory=dict)
    slow: frozenset[str] = frozenset()


def with_intercept(x: np.ndarray) -> np.ndarray:
    """A column of ones, then x: for those that know no intercept."""
    return np.column_stack([np.ones(len(x)), x])


def linear(model: Any, d: Arrays) -> Callable[[], np.ndarray]:
    """The fit of a linear model with scikit-learn's interface: its intercept, then its slopes."""

    def fit() -> np.ndarray:
        model.fit(d["x"], d["y"])
        return np.r_[model.intercept_, np.ravel(model.coef_)]

    return fit


def glum_program(family: str) -> Program:
    """The unpenalised fit of glum."""

    def program(d: Arrays) -> Callable[[], np.ndarray]:
        from glum import GeneralizedLinearRegressor

        return linear(GeneralizedLinearRegressor(family=family, alpha=0, gradient_tol=1e-6), d)

    return program


def torch_lbfgs(
    loss: Callable[[Any], Any], size: int, threads: int = 2
) -> Callable[[], np.ndarray]:
    """A full-batch L-BFGS of PyTorch in double precision, as one writes it by hand."""
    import torch

    torch.set_num_threads(threads)

    def fit() -> np.ndarray:
        theta = torch.zeros(size, dtype=torch.float64, requires_grad=True)
        search = torch.optim.LBFGS(
            [theta],
            max_iter=500,
            tolerance_grad=1e-8,
            tolerance_change=1e-12,
            history_size=10,
            line_search_fn="strong_wolfe",
        )

        def closure() -> Any:
            search.zero_grad()
            value = loss(theta)
            value.backward()
            return value

        search.step(closure)
        return theta.detach().numpy()

    return fit
