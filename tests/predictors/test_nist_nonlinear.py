"""NIST's nonlinear reference data (StRD): certified estimates and standard deviations.

https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml; `nist_nonlinear.json` holds the certified
figures and, row by row, y and x (Rat43 with the degrees of freedom that its residual standard
deviation has). Functions are written with NumPy.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likelier as lk

RECORD = json.loads((Path(__file__).parent / "nist_nonlinear.json").read_text())


def rational(top: int, bottom: int) -> Any:
    """A polynomial of so many coefficients over 1 plus one of so many without a constant."""

    def f(x: Any, b: Any) -> Any:
        above = sum(b[i + 1] * x**i for i in range(top))
        return above / (1 + sum(b[top + i] * x**i for i in range(1, bottom + 1)))

    return f


def exponentials(x: Any, b: Any) -> Any:
    return b[1] * np.exp(-b[2] * x) + b[3] * np.exp(-b[4] * x) + b[5] * np.exp(-b[6] * x)


def peaks(x: Any, b: Any) -> Any:
    first = b[3] * np.exp(-((x - b[4]) ** 2) / b[5] ** 2)
    return b[1] * np.exp(-b[2] * x) + first + b[6] * np.exp(-((x - b[7]) ** 2) / b[8] ** 2)


def cycles(x: Any, b: Any) -> Any:
    found = b[1]
    for period, i, j in ((12, 2, 3), (b[4], 5, 6), (b[7], 8, 9)):
        turn = 2 * np.pi * x / period
        found = found + b[i] * np.cos(turn) + b[j] * np.sin(turn)
    return found


MODELS: dict[str, Any] = {
    "Bennett5": lambda x, b: b[1] * (b[2] + x) ** (-1 / b[3]),
    "BoxBOD": lambda x, b: b[1] * (1 - np.exp(-b[2] * x)),
    "Chwirut1": lambda x, b: np.exp(-b[1] * x) / (b[2] + b[3] * x),
    "Chwirut2": lambda x, b: np.exp(-b[1] * x) / (b[2] + b[3] * x),
    "DanWood": lambda x, b: b[1] * x ** b[2],
    "ENSO": cycles,
    "Eckerle4": lambda x, b: b[1] / b[2] * np.exp(-0.5 * ((x - b[3]) / b[2]) ** 2),
    "Gauss1": peaks,
    "Gauss2": peaks,
    "Gauss3": peaks,
    "Hahn1": rational(4, 3),
    "Kirby2": rational(3, 2),
    "Lanczos1": exponentials,
    "Lanczos2": exponentials,
    "Lanczos3": exponentials,
    "MGH09": lambda x, b: b[1] * (x**2 + x * b[2]) / (x**2 + x * b[3] + b[4]),
    "MGH10": lambda x, b: b[1] * np.exp(b[2] / (x + b[3])),
    "MGH17": lambda x, b: b[1] + b[2] * np.exp(-x * b[4]) + b[3] * np.exp(-x * b[5]),
    "Misra1a": lambda x, b: b[1] * (1 - np.exp(-b[2] * x)),
    "Misra1b": lambda x, b: b[1] * (1 - (1 + b[2] * x / 2) ** -2),
    "Misra1c": lambda x, b: b[1] * (1 - (1 + 2 * b[2] * x) ** -0.5),
    "Misra1d": lambda x, b: b[1] * b[2] * x / (1 + b[2] * x),
    "Nelson": lambda x, b: b[1] - b[2] * x[0] * np.exp(-b[3] * x[1]),
    "Rat42": lambda x, b: b[1] / (1 + np.exp(b[2] - b[3] * x)),
    "Rat43": lambda x, b: b[1] / (1 + np.exp(b[2] - b[3] * x)) ** (1 / b[4]),
    "Roszman1": lambda x, b: b[1] - b[2] * x - np.arctan(b[3] / (x - b[4])) / np.pi,
    "Thurber": rational(4, 3),
}


@functools.cache
def function(name: str) -> Any:
    """The model as a user writes it; one object a set, so that it is compiled once."""

    def f(x: Any, p: Any) -> Any:
        b = {i + 1: p[f"b{i + 1}"] for i in range(len(p))}
        return MODELS[name](list(x.values()) if len(x) > 1 else x["x0"], b)

    return f


def solved(name: str, start: int) -> Any:
    record = RECORD[name]
    rows = np.array(record["rows"])
    table = {"y": np.log(rows[:, 0]) if name == "Nelson" else rows[:, 0]}
    table |= {f"x{j}": rows[:, j + 1] for j in range(rows.shape[1] - 1)}
    begin = {f"b{i + 1}": v for i, v in enumerate(record["starts"][start])}
    formula = "y ~ " + " + ".join(k for k in table if k != "y")
    return lk.fit(formula, table, "normal", predictor=lk.Function(function(name), begin))


def digits(found: Any, certified: Any) -> float:
    """The fewest correct significant digits (log relative error), at most 15."""
    off = np.abs(np.asarray(found) - certified) / np.abs(certified)
    return float(np.min(-np.log10(np.maximum(off, 1e-15))))


REFUSED = {("MGH10", 0), ("MGH17", 0)}
"""Starts from which no search arrives, and the fit says so."""


@pytest.mark.parametrize("name", MODELS)
def test_certified(name: str) -> None:
    record = RECORD[name]
    rows, size = len(record["rows"]), len(record["estimates"])
    for start in (0, 1):
        fit = solved(name, start)
        if (name, start) in REFUSED:
            assert not fit.converged
            assert fit.diagnoses[0].kind == "not converged"
            continue
        found = fit.params.estimate[:size].to_numpy()
        order = np.arange(size)
        if name == "Lanczos1":
            # Three exponentials have no order; NIST's stand by rising rates.
            first = 2 * np.argsort(found[1::2])
            order = np.column_stack([first, first + 1]).ravel()
        assert digits(found[order], record["estimates"]) >= 6
        if name == "Lanczos1":
            # An exact fit, to 13 digits: the likelihood of the scale has no bound.
            assert [d.kind for d in fit.diagnoses] == ["scale collapse"]
            continue
        assert fit.converged
        # NIST divides by n − p and linearises: the expected information.
        errors = np.sqrt(np.diag(fit.covariance("expected"))[:size] * rows / record["df"])
        assert digits(errors, record["errors"]) >= 6
