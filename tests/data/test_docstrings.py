"""The examples in the docstrings of this floor run and print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import likelier.data
import likelier.errors

MODULES = ["likelier.errors", "likelier.data"] + [
    f"likelier.data.{module.name}" for module in pkgutil.iter_modules(likelier.data.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_did_you_mean():
    assert likelier.errors.did_you_mean("Incme", ["income", "age"]) == " Did you mean `income`?"
    assert likelier.errors.did_you_mean("q", []) == ""
    assert issubclass(likelier.errors.FormulaError, ValueError)
