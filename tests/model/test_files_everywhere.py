"""Every family and modifier through a model file, to the last bit; files of every format so far."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import likelier as lk
from likelier.distributions import Linked, catalogue, from_text
from likelier.distributions._text import modifiers

FILES = Path(__file__).parent / "files"
ROWS = 100

MADE = (
    "fixed(student_t, df=4.7)",
    "zero_inflated(poisson)",
    "hurdle(negative_binomial(kind=nb1))",
    "zero_one_inflated(beta)",
    "truncated(normal, lower=0.1)",
    "mixture(gamma, 2)",
    "independent(normal, 2)",
    "censored(weibull)",
)
"""A family of each modifier."""
SEVERAL = {"categorical", "ordinal", "dirichlet", "multinomial", "multivariate_normal"}
"""Families of labels and vectors, whose observations are made by hand."""


def observations(text: str, rng: np.random.Generator) -> tuple[str, dict[str, Any]]:
    """A left side and the columns that it reads, drawn from a member of the family."""
    family = from_text(text)
    known = {name: np.full(ROWS, 9.0) for name in family.names("data")}
    name = text.split("(")[0]
    if name in SEVERAL or name == "independent":
        draws = rng.dirichlet([2.0, 3.0, 4.0], ROWS)
        if name in ("categorical", "ordinal"):
            return "y", {"y": np.argmax(draws, axis=1)}
        if name == "multinomial":
            draws = rng.multinomial(9, [0.2, 0.3, 0.5], ROWS).astype(float)
        if name == "independent":
            draws = draws[:, :2]
        columns = {f"y{j}": draws[:, j] for j in range(draws.shape[1])}
        return " + ".join(columns), {**columns, **known}
    if name == "censored":
        time = rng.weibull(1.5, ROWS)
        return "Surv(time, event)", {"time": np.minimum(time, 1.0), "event": time < 1.0}
    if name == "mixture":
        return "y", {"y": np.where(rng.random(ROWS) < 0.5, 1.0, 20.0) * rng.gamma(9.0, 0.1, ROWS)}
    linked = Linked(family)
    middle = linked.predictors({n: middle_of(family, n) for n in family.parameter_names})
    held = {n: family.parameters_declared[n].default for n in family.names("fixed")}
    fixed = {n: np.full(ROWS, value) for n, value in {**known, **held}.items() if value is not None}
    eta = np.repeat(middle[:, None], ROWS, axis=1)
    return "y", {"y": linked.build(eta, fixed).sample(seed=4), **known}


def middle_of(family: Any, name: str) -> float:
    """A value of a parameter from which ordinary observations come."""
    domain = family.parameters_declared[name].domain
    return {"shape": 0.1, "df": 5.0, "loc": 0.4}.get(name, float(domain.examples[1]))


def test_the_walk_leaves_nothing_out() -> None:
    assert set(modifiers()) == {text.split("(")[0] for text in MADE}
    assert set(catalogue()) >= SEVERAL


@pytest.mark.parametrize("text", [*sorted(catalogue()), "negative_binomial(kind=nb1)", *MADE])
def test_predictions_are_equal_to_the_last_bit(text: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    left, columns = observations(text, rng)
    table = {**columns, "x": rng.uniform(-1, 1, ROWS), "g": rng.choice(["a", "b"], ROWS)}
    fit = lk.fit(f"{left} ~ x + g", table, text)
    fit.save(tmp_path / "model.lkl")
    again = lk.load(tmp_path / "model.lkl")
    assert again.distribution is fit.distribution
    new = {name: np.asarray(values)[:20] for name, values in table.items()}
    before, after = fit.predict(new), again.predict(new)
    for name, values in before.parameters.items():
        np.testing.assert_array_equal(after.parameters[name], values, strict=True)
    np.testing.assert_array_equal(again.coefficients, fit.coefficients)
    np.testing.assert_array_equal(again.covariance(), fit.covariance())
    assert again.log_likelihood == fit.log_likelihood
    assert again.links == fit.links
    assert [str(d) for d in again.diagnoses] == [str(d) for d in fit.diagnoses]


# ---------------------------------------------------------------------- files from before


def writer() -> ModuleType:
    """The script that writes the files of a format."""
    spec = importlib.util.spec_from_file_location("files_write", FILES / "write.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITER = writer()
KEPT = sorted(path.relative_to(FILES) for path in FILES.glob("v*/*.lkl"))


def test_every_format_so_far_has_its_files() -> None:
    from likelier.model.files.archive import VERSION

    formats = {str(path.parent) for path in KEPT}
    assert formats == {f"v{k}" for k in range(1, VERSION + 1)}
    since = [WRITER.SINCE.get(name, 1) for name in WRITER.CASES]
    assert len(KEPT) == sum(VERSION - first + 1 for first in since)


@pytest.mark.parametrize("path", KEPT, ids=str)
def test_files_of_earlier_formats_say_what_their_fits_said(path: Path) -> None:
    expected = json.loads((FILES / path.parent / "expected.json").read_text())[path.stem]
    found = json.loads(json.dumps(WRITER.said(lk.load(FILES / path), path.stem)))
    parameters, before = found.pop("parameters"), expected.pop("parameters")
    assert parameters.keys() == before.keys()
    for name, values in before.items():
        # On the machine that wrote them they are equal to the last bit; elsewhere exp and the
        # products of matrices round differently, by a few units in the sixteenth digit.
        np.testing.assert_allclose(parameters[name], values, rtol=4e-15, atol=4e-15)
    # What is read and not computed is the same everywhere.
    roots = "standard_errors"
    np.testing.assert_allclose(
        np.array(found.pop(roots), dtype=float), np.array(expected.pop(roots), dtype=float), 1e-15
    )
    assert found == expected
