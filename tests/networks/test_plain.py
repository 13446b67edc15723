"""Short trainings on NumPy: the steps of the compiled loop, and no compiler."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import likelier as lk
from likelier.predictors.network.layers import ACTIVATIONS, SLOPED
from likelier.solvers._training import plain, training

Options = dict[str, Any]


def rows(n: int = 90) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x, z = rng.standard_normal((2, n))
    mean = np.sin(2 * x) + 0.3 * z
    return {
        "x": x,
        "z": z,
        "g": rng.choice([f"g{k:02d}" for k in range(14)], n),
        "w": rng.integers(1, 4, n),
        "o": 0.1 * z,
        "y": mean + 0.2 * np.exp(0.5 * x) * rng.standard_normal(n),
        "count": rng.poisson(np.exp(mean)),
        "positive": rng.gamma(3.0, np.exp(mean) / 3),
        "label": rng.choice(list("abc"), n),
        "kind": (mean + rng.standard_normal(n) > 0).astype(int),
    }


CASES: dict[str, tuple[Any, str, Options, Options, lk.Adam | lk.SGD]] = {
    "beta, weights and an offset": (
        "y ~ x + z",
        "normal",
        {"heteroscedastic": "beta", "weight_decay": 0.1},
        {"weights": "w", "weight_type": "frequency", "offset": "o"},
        lk.Adam(0.01, 32, 4, nesterov=True, warmup=0.2),
    ),
    "faithful, penalties, clipped": (
        "y ~ x + z",
        "normal",
        {"heteroscedastic": "faithful", "activation": "tanh"},
        {"objective": lk.NLL() + 0.01 * lk.L2() + 0.001 * lk.L1()},
        lk.Adam(0.01, 16, 4, clip=0.5),
    ),
    "mean first, momentum": (
        "y ~ x",
        "student_t",
        {"heteroscedastic": "mean_first", "activation": "silu", "hidden": (6, 4, 3)},
        {},
        lk.SGD(0.01, 16, 6, momentum=0.8),
    ),
    "embedded levels": (
        "count ~ g + x",
        "poisson",
        {"activation": "relu"},
        {"exposure": "w"},
        lk.SGD(0.01, 90, 5, momentum=0.5, nesterov=False, schedule="inverse"),
    ),
    "labels": ("label ~ x + z", "categorical", {"activation": "elu"}, {}, lk.Adam(0.02, 25, 3)),
    "trunks of their own, no momentum": (
        {"concentration": "~ z", "mean": "positive ~ x"},
        "gamma",
        {"activation": "softplus"},
        {"validation": 0},
        lk.SGD(0.01, 16, 4, momentum=0.0, schedule="constant"),
    ),
}


def both(monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[lk.Fit]:
    """The fit on NumPy, and compiled."""
    ways: list[str] = []
    for name in ("written_out", "compiled"):
        way = getattr(training, name)

        def seen(plan: Any, way: Any = way, name: str = name) -> Any:
            ways.append(name)
            return way(plan)

        monkeypatch.setattr(training, name, seen)
    first = lk.fit(data=rows(), **options)
    monkeypatch.setattr(plain, "_STEPS", 0)
    second = lk.fit(data=rows(), **options)
    assert ways == ["written_out", "compiled"]
    return [first, second]


def agree(fits: list[lk.Fit]) -> None:
    first, second = fits
    np.testing.assert_allclose(first.coefficients, second.coefficients, rtol=1e-8, atol=1e-8)
    history = [fit.history.drop(columns="seconds") for fit in fits]
    np.testing.assert_allclose(*history, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_steps_are_those_of_the_compiled_loop(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    formula, family, network, options, solver = case
    predictor = lk.MLP(**{"hidden": (6, 5), **network}, dtype="float64")
    options = {**options, "predictor": predictor, "solver": solver}
    agree(both(monkeypatch, formula=formula, distribution=family, **options))


def test_members_are_those_of_the_compiled_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    few = lk.Ensemble(lk.MLP((4,), dtype="float64"), 2)
    agree(
        both(
            monkeypatch,
            formula="kind ~ x",
            distribution="bernoulli",
            predictor=few,
            solver=lk.Adam(0.01, 32, 3),
        )
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_of_activations(name: str) -> None:
    x, step = np.linspace(-4, 4, 50), 1e-6
    value, slope = SLOPED[name](x)
    np.testing.assert_allclose(value, ACTIVATIONS[name](x, np), rtol=1e-14, atol=1e-15)
    around = [ACTIVATIONS[name](x + sign * step, np) for sign in (1, -1)]
    np.testing.assert_allclose(slope, (around[0] - around[1]) / (2 * step), atol=1e-8)
    assert all(found.dtype == np.float32 for found in SLOPED[name](x.astype(np.float32)))


def test_a_small_network_waits_for_no_compiler() -> None:
    program = """
import sys
sys.modules["jax"] = None
import numpy as np, likelier as lk
x = np.linspace(-2, 2, 200)
solver = lk.Adam(epochs=5)
table = {"x": x, "y": np.sin(x)}
fit = lk.fit("y ~ x", table, "normal", predictor=lk.MLP(), solver=solver)
print(fit.predict({"x": [0.5]}).mean.shape, len(fit.history))
try:
    lk.fit("y ~ x", table, "normal", predictor=lk.MLP(dropout=0.1))
except lk.LikelierError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "(1,) 5",
        "the training of this network needs JAX: pip install 'likelier[neural]'",
    ], done.stderr
