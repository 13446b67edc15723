"""scikit-learn's own checks of an estimator: all of them, none expected to fail."""

from __future__ import annotations

import functools
import json
import os
import pickle
import subprocess
import sys
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

import likelier as lk

ESTIMATORS = [
    lk.NLLRegressor(),
    lk.NLLRegressor("laplace", fit_intercept=False),
    lk.NLLRegressor(lk.Fixed(lk.StudentT, df=4), weight_type="precision"),
    lk.NLLClassifier(),
    lk.NLLClassifier("categorical", class_weight="balanced"),
    lk.NLLClassifier("ordinal"),
]

# What SciPy reads once, when it is imported, needs a process of its own.
_APART = """
import json, pickle, sys, warnings
from sklearn.utils.estimator_checks import estimator_checks_generator
warnings.simplefilter("ignore")
passed = []
for estimator in pickle.load(sys.stdin.buffer):
    for one, check in estimator_checks_generator(estimator):
        if check.func.__name__ == "check_array_api_input":
            check(one)
            passed.append(repr(estimator))
print(json.dumps(passed))
"""


@functools.cache
def _with_array_api() -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", _APART],
        input=pickle.dumps(ESTIMATORS),
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


# So few epochs are not meant to be enough.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_finds_nothing_in_a_network_but_that_its_batches_are_batches() -> None:
    network = lk.NLLRegressor(predictor=lk.MLP((8,)), solver=lk.Adam(epochs=60))
    # A row of weight 2 is in one batch of an epoch, a row that stands there twice in two.
    unlike = "check_sample_weight_equivalence"
    for estimator, check in estimator_checks_generator(network):
        name = check.func.__name__
        if not name.startswith(unlike) and name != "check_array_api_input":
            check(estimator)


# The checks fit single classes, exact relations and more columns than rows: the warnings are right.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:the labels of an ordinal distribution:UserWarning")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_finds_nothing(estimator: Any, check: Any) -> None:
    if check.func.__name__ == "check_array_api_input":
        assert repr(estimator) in _with_array_api()
    else:
        check(estimator)
