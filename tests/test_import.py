"""The package's front door: lazy, complete, and cheap."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import likelier as lk
from likelier.distributions._text import catalogue, modifiers

HEAVY = (
    "formulaic",
    "jax",
    "jinja2",
    "matplotlib",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "rich",
    "scipy",
    "sklearn",
    "torch",
    "typer",
)


def loaded_by(code: str) -> set[str]:
    """The names of the modules that a fresh process has loaded after running `code`."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


def test_import_loads_nothing_heavy() -> None:
    loaded = loaded_by("import likelier")
    assert "likelier" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_a_distribution_loads_no_table_plot_or_autodiff_library() -> None:
    loaded = loaded_by("import likelier\nlikelier.Normal(0.0, 1.0).nll(2.0)")
    assert "numpy" in loaded
    assert loaded.isdisjoint({*HEAVY, "scipy.stats"} - {"numpy", "scipy"})


@pytest.mark.parametrize("name", lk.__all__)
def test_every_public_name_resolves(name: str) -> None:
    value = getattr(lk, name)
    assert value is getattr(lk, name)
    assert name in dir(lk)


@pytest.mark.parametrize("floor", sorted(set(lk._EXPORTS.values())))
def test_exports_are_public_where_they_are_defined(floor: str) -> None:
    exported = {name for name, home in lk._EXPORTS.items() if home == floor}
    assert exported <= set(import_module(f"likelier.{floor}").__all__)


def test_every_distribution_is_exported() -> None:
    families = {cls.__name__ for cls in (*catalogue().values(), *modifiers().values())}
    missing = families - {"Modifier"} - set(lk.__all__)  # Modifier is the contract of modifiers
    assert not missing, "add them to src/likelier/distributions/__init__.py"


def test_star_import_gives_the_public_names() -> None:
    space: dict[str, object] = {}
    exec("from likelier import *", space)
    assert set(lk.__all__) <= set(space)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'likelier' has no attribute 'Nromal'"):
        _ = lk.Nromal


def test_floors_are_modules_not_exports() -> None:
    assert isinstance(lk.datasets, ModuleType)


def test_a_fit_loads_no_recalibration() -> None:
    loaded = loaded_by("import likelier\nlikelier.fit")
    assert "likelier.model.fitted" in loaded
    assert "likelier.assessment.recalibration" not in loaded
