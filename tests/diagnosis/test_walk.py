"""Every kind of diagnosis: its evidence, its severity, and what its remedy does when typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likelier as lk

N = 300
X, Z = np.random.default_rng(7).standard_normal((2, N))
G = (X > 0).astype(float)
MEAN = np.exp(0.5 + 0.3 * X)


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


CASES: dict[str, tuple[str, str, Callable[[], dict[str, Any]]]] = {
    # name: kind, severity, the call of `fit`
    "separation": (
        "separation",
        "serious",
        lambda: call("y ~ x", "bernoulli", y=(G > 0).astype(int), x=np.where(X > 1, 1, G)),
    ),
    "separation of classes": (
        "separation",
        "serious",
        lambda: call("y ~ g", "categorical", y=np.where(G > 0, 2, np.arange(N) % 2), g=G),
    ),
    "a group without counts": (
        "separation",
        "serious",
        lambda: call("y ~ g", "poisson", y=np.where(G > 0, rng().poisson(3.0, N), 0), g=G),
    ),
    "separation by many columns": (
        "separation",
        "serious",
        lambda: {
            "formula": "diagnosis ~ .",
            "data": lk.datasets.load("breast_cancer").head(227),
            "distribution": "bernoulli",
        },
    ),
    "a gate that a column closes": (
        "separation",
        "warning",
        lambda: call(
            {"rate": "y ~ x", "gate": "~ g"},
            "hurdle(poisson)",
            y=np.where((G > 0) | (rng().random(N) < 0.5), 1 + rng().poisson(3.0, N), 0),
            g=G,
        ),
    ),
    "scale collapse": (
        "scale collapse",
        "serious",
        lambda: call("y ~ x", "normal", y=1 + 2 * X),
    ),
    "collinearity": (
        "collinearity",
        "serious",
        lambda: call("y ~ x + twice", "normal", y=X + Z, twice=2 * X),
    ),
    "near collinearity": (
        "near collinearity",
        "note",
        lambda: call("y ~ x + s", "normal", y=X + Z, s=2 * X + 1e-2 * rng().standard_normal(N)),
    ),
    "boundary": (
        "boundary",
        "warning",
        lambda: call("y ~ x", "negative_binomial", y=rng().binomial(6, 0.4, N)),
    ),
    "a flat direction": (
        "weak identification",
        "serious",
        lambda: call("y ~ x", "normal_inverse_gamma", y=X + Z),
    ),
    "a direction that is hardly known": (
        "weak identification",
        "warning",
        lambda: call(
            "y ~ 1",
            "student_t",
            x=np.zeros(12),
            z=np.zeros(12),
            y=[0.0, -1.7, -0.3, -0.2, 0.6, -0.4, -0.2, -0.8, -0.8, 0.6, 0.9, 1.9],
        ),
    ),
    "overflow": ("overflow", "warning", lambda: call("y ~ x", "normal", y=X + Z, x=X * 1e200)),
    "over-dispersed counts": (
        "over-dispersion",
        "warning",
        lambda: call("y ~ x", "poisson", y=rng().negative_binomial(2, 2 / (2 + MEAN))),
    ),
    "over-dispersed shares": (
        "over-dispersion",
        "warning",
        lambda: call(
            "y ~ x",
            "binomial",
            y=rng().binomial(12, rng().beta(2, 2, N)),
            total_count=np.full(N, 12),
        ),
    ),
    "excess zeros": (
        "excess zeros",
        "warning",
        lambda: call(
            "y ~ x", "poisson", y=np.where(rng().random(N) < 0.4, 0, rng().poisson(6.0, N))
        ),
    ),
    "heavy tails": (
        "heavy tails",
        "warning",
        lambda: call("y ~ x", "normal", y=X + rng().standard_t(3, N)),
    ),
    "influence": (
        "influence",
        "note",
        lambda: call("y ~ x", "normal", y=np.where(np.arange(N) == 7, 15.0, X + 0.9 * Z)),
    ),
    "a search cut short": (
        "not converged",
        "serious",
        lambda: call("y ~ x", "poisson", y=rng().poisson(MEAN)) | {
            "solver": lk.Newton(max_iterations=1)
        },
    ),
    "penalised": (
        "penalised",
        "note",
        lambda: call("y ~ x", "poisson", y=rng().poisson(MEAN)) | {
            "objective": lk.NLL() + lk.Jeffreys()
        },
    ),
    "another risk": (
        "not a likelihood",
        "note",
        lambda: call("y ~ x", "poisson", y=rng().poisson(MEAN)) | {"objective": lk.CVaR()},
    ),
    "a training that went on": (
        "overconfident training",
        "note",
        lambda: call("y ~ x + z", "bernoulli", y=(X + rng().logistic(size=N) > 0).astype(int)) | {
            "predictor": lk.MLP((64, 64)),
            "solver": lk.Adam(0.02, epochs=150, patience=150),
        },
    ),
}  # fmt: skip
TYPED = re.compile(
    r"""distribution="[^"]+" | (?<=or\ )"[a-z_]+\([a-z_]+\)"
    | objective=lk\.NLL\(\)(?:\ \+\ \w+\.\w+\([\d.]*\))?
    | solver=lk\.\w+\([^)]*\) | test\(terms=\[[^]]*\]\) | conf_int\([^)]*\)
    | covariance\("[^"]*"\) | leave\ out\ `[^`]+` | I\([^)]*\) | \{"[^}]*\}""",
    re.VERBOSE,
)


def call(formula: Any, family: str, **columns: Any) -> dict[str, Any]:
    return {
        "formula": formula,
        "data": {"x": X, "z": Z} | columns,
        "distribution": family,
    }


def follow(asked: dict[str, Any], fit: lk.Fit, text: str) -> lk.Fit | None:
    """What is typed: a fit made anew, or None for a question to the one that is there."""
    if text.startswith(("test", "conf_int", "covariance")):
        answer = eval(f"fit.{text}", {"fit": fit})
        assert str(answer)
        return None
    formula = asked["formula"]
    if text.startswith("leave out"):
        column = re.escape(text[len("leave out `") : -1].split("[")[0])
        changed = re.sub(rf" \+ {column}\b", "", formula)
        changed = re.sub(rf"~ {column}\b", "~ 1", changed)
        assert changed != formula
        return lk.fit(**asked | {"formula": changed})
    if text.startswith("I("):
        return lk.fit(**asked | {"formula": formula.replace("~ x", f"~ {text}")})
    if text.startswith("{"):
        return lk.fit(**asked | {"formula": formula | eval(text)})
    if text.startswith('"'):
        text = f"distribution={text}"
    # The value that the user knows, and the message leaves open.
    changed = eval(f"dict({text.replace('…', '1.5')})", {"lk": lk})
    return lk.fit(**asked | changed)


@pytest.mark.parametrize("name", CASES)
def test_a_diagnosis_says_what_why_and_what_to_type(name: str) -> None:
    kind, severity, make = CASES[name]
    asked = make()
    fit = lk.fit(**asked)
    found = next(d for d in fit.diagnoses if d.kind == kind)
    assert found.severity == severity
    assert found.where or kind in (
        "not converged",
        "penalised",
        "not a likelihood",
        "overconfident training",
    )
    assert found.evidence
    assert all(np.all(np.isfinite(v)) for v in numbers_in(found.evidence))
    # What is serious, or infinite, is never called a fit that converged.
    if severity == "serious" or kind == "boundary":
        assert not fit.converged
    else:
        assert fit.converged == (name != "a gate that a column closes")
    # On the command line there are no keywords of Python.
    told = found.on_command_line().remedy
    for part in told.split(", or "):
        assert " in Python" in part or not re.search(r"lk\.|\w=[\"\[]", part), told
    typed = TYPED.findall(found.remedy)
    assert typed, found.remedy
    for text in typed:
        better = follow(asked, fit, text)
        if better is not None:
            assert kind not in [d.kind for d in better.diagnoses], (text, better.diagnoses)


def numbers_in(evidence: Any) -> Iterator[Any]:
    for value in evidence.values():
        if isinstance(value, dict):
            yield from numbers_in(value)
        elif isinstance(value, int | float | list) and not (
            isinstance(value, list) and any(isinstance(v, str) for v in value)
        ):
            yield value


def test_displacement_is_what_the_likelihood_loses_without_the_row() -> None:
    """Twice the log-likelihood of all rows that is lost at the estimates of a fit without it.

    One step of deletion is exact where the likelihood is quadratic, and short of it elsewhere.
    """
    kept = np.arange(N) != 7
    x = np.where(kept, X, 3.0)
    cases = [
        ("fixed(normal, scale=1)", np.where(kept, X + Z, -40.0), x, 1e-9),
        ("poisson", np.where(kept, rng().poisson(MEAN), 0), np.where(kept, X, 8.0), 0.3),
    ]
    for family, y, column, within in cases:
        table = {"x": column, "y": y}
        fit = lk.fit("y ~ x", table, family)
        found = next(d for d in fit.diagnoses if d.kind == "influence").evidence
        assert found["rows"][0] == 7
        without = lk.fit("y ~ x", {k: v[kept] for k, v in table.items()}, family)
        loss = 2 * (fit.log_likelihood + float(without.predict(table).nll(y).sum()))
        assert found["likelihood_displacement"][0] == pytest.approx(loss, rel=within)
        shift = (fit.coefficients - without.coefficients) / fit.standard_errors.standard_error
        assert found["standard_errors"][0] == pytest.approx(np.abs(shift).max(), rel=within)


def test_every_kind_is_walked_and_documented() -> None:
    folder = Path(lk.__file__).parent / "diagnosis"
    kinds = set()
    for path in folder.glob("*.py"):
        kinds |= set(re.findall(r'kind="([a-z -]+)"', path.read_text()))
    assert {kind for kind, _, _ in CASES.values()} == kinds
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "diagnoses.md").read_text()
    rows = re.findall(r"^`([a-z -]+)` \(([a-z, ]+)\)$", text, re.MULTILINE)
    assert {kind for kind, _ in rows} == kinds
    for kind, severities in rows:
        walked = {severity for known, severity, _ in CASES.values() if known == kind}
        assert walked <= set(severities.split(", "))
