"""What a distribution shows of itself, in a terminal and in a notebook."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import Oracle, all_oracles, one_of_each

import likelier as lk

each = pytest.mark.parametrize("oracle", one_of_each(all_oracles()), ids=repr)


@each
def test_one_is_the_call_that_makes_it(oracle: Oracle) -> None:
    d = oracle.cls(**oracle.ordinary[0])
    text = repr(d)
    assert text.startswith(f"{oracle.cls.__name__}(")
    inner = text[len(oracle.cls.__name__) + 1 : -1]
    again = eval(f"dict({inner})", {})
    for name, value in d.parameters.items():
        np.testing.assert_array_equal(again[name], value)


@each
def test_many_are_shown_by_their_first_rows(oracle: Oracle) -> None:
    ordinary = oracle.ordinary[0]
    d = oracle.cls(**{k: np.stack([np.asarray(v, dtype=float)] * 7) for k, v in ordinary.items()})
    text, page = repr(d), d._repr_html_()
    first, *_ = text.splitlines()
    assert first == f"{oracle.cls.__name__} · 7 rows · y: {oracle.cls.support.text}"
    for name in d.parameters:
        declared = oracle.cls.parameters_declared[name]
        assert f"{declared.description}: {declared.domain.text}" in text
        assert name in page
    assert "… and 2 more" in text
    assert "The first 5 of 7 rows." in page
    assert page.count("<table") == 2


def test_numbers_of_the_rows_are_right() -> None:
    d = lk.Normal(np.array([0.0, -1.5]), 1.0)
    lines = repr(d).splitlines()
    # 1.6449 is the 95 % quantile of the standard normal.
    assert lines[-2].split() == ["[0]", "0", "1", "0", "−1.645", "to", "1.645"]
    assert lines[-1].split() == ["[1]", "−1.5", "1", "−1.5", "−3.145", "to", "0.1449"]
    labels = lk.Categorical(probs=np.array([[0.2, 0.5, 0.3]]))
    assert "probabilities" in repr(labels)
    assert repr(labels).splitlines()[-1].endswith("[0.2, 0.5, 0.3]")
    assert "mean of y" not in repr(lk.Cauchy(np.zeros(2), 1.0))
    gamma = repr(lk.Gamma(mean=np.ones(2), concentration=2.0))
    assert "mean of y" not in gamma
    assert "90 % interval" in gamma


def test_odd_shapes_are_shown_without_rows() -> None:
    assert repr(lk.Normal(np.zeros((2, 3)), 1.0)).splitlines()[0] == (
        "Normal · shape (2, 3) · y: any finite number"
    )
    assert "0 rows" in repr(lk.Normal(np.zeros(0), 1.0))
    assert "table" in lk.Normal(np.zeros(0), 1.0)._repr_html_()
    assert ">row<" not in lk.Normal(0.0, 1.0)._repr_html_()
