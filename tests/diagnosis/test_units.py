"""Neither the unit of y nor that of x decides what is diagnosed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from statsmodels.datasets import nile

import likelier as lk

N = 200


@pytest.fixture(scope="module")
def data() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=N)
    first = 1 + x + rng.normal(size=N)
    return {
        "x": x,
        "positive": np.exp(0.3 * x) * rng.gamma(3.0, size=N),
        "real": first,
        "other": first + rng.normal(size=N),
        "hills": np.where(rng.random(N) < 0.5, -3.0, 3.0) + rng.normal(size=N),
        "largest": -np.log(rng.exponential(size=N)),
        "seen": rng.random(N) < 0.7,
    }


@pytest.mark.parametrize(
    ("formula", "family", "links"),
    [
        ("hills ~ x", "mixture(normal, 2)", {}),
        ("real + other ~ x", "multivariate_normal", {}),
        ("real + other ~ x", "independent(normal, 2)", {}),
        ("Surv(positive, seen) ~ x", "normal", {}),
        ("largest ~ x", "gev", {}),
        ("positive ~ x", "log_normal", {}),
        ("positive ~ x", "gamma", {"mean": "identity"}),
        ("positive ~ 1", "gamma", {"mean": "inverse"}),
        ("positive ~ 1", "gamma", {"mean": "softplus"}),
        ("positive ~ 1", "gamma", {"mean": "sqrt"}),
    ],
)
def test_a_unit_makes_no_weak_identification(
    formula: str, family: str, links: dict[str, str], data: dict[str, Any]
) -> None:
    for y, x in ((1e-4, 1.0), (900.0, 1.0), (1e6, 1e-3), (1.0, 1e6)):
        scaled = {name: value * y for name, value in data.items() if name not in ("x", "seen")}
        scaled |= {"x": data["x"] * x, "seen": data["seen"]}
        fit = lk.fit(formula, scaled, family, links=links)
        kinds = [d.kind for d in fit.diagnoses if d.kind != "influence"]
        assert fit.converged, (y, x, kinds)
        assert kinds == []


def test_what_the_data_hardly_speak_of_is_the_same_in_any_unit() -> None:
    """Nearly normal numbers say little of the degrees of freedom."""
    y = np.array([0.0, -1.7, -0.3, -0.2, 0.6, -0.4, -0.2, -0.8, -0.8, 0.6, 0.9, 1.9])
    information = []
    for unit in (1.0, 1e-3, 1e4):
        (found,) = lk.fit("y ~ 1", {"y": unit * y}, "student_t").diagnoses
        assert (found.kind, found.where) == ("weak identification", ("df",))
        information.append(found.evidence["information"])
    np.testing.assert_allclose(information[1:], information[0], rtol=1e-3)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e5])
def test_the_nile_as_a_mixture_raises_no_alarm(unit: float) -> None:
    """Volumes near 900, of which a step of 1 is next to nothing."""
    y = unit * nile.load_pandas().data["volume"].to_numpy()
    fit = lk.fit("y ~ 1", {"y": y}, "mixture(normal, 2)")
    assert fit.converged
    assert not fit.diagnoses
