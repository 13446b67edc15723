"""Numbers as texts: true minus signs, no p of 0, as many decimals as are known."""

from __future__ import annotations

import math

import pytest

from likelier.display import grouped, number, p_value, same_decimals


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-1234.5678, 2, "−1,234.57"),
        (0.0, 3, "0.000"),
        (-0.0, 3, "0.000"),
        (math.nan, 2, "–"),
        (math.inf, 2, "∞"),
        (-math.inf, 2, "−∞"),
        (1.5e12, 2, "1.5e+12"),
        (-0.00004, 3, "−4e−05"),
    ],
)
def test_number(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


def test_p_values_are_never_zero() -> None:
    assert [p_value(p) for p in (0.0, 0.0009, 0.0314, math.nan)] == [
        "<0.001",
        "<0.001",
        "0.031",
        "–",
    ]


def test_whole_numbers_are_grouped() -> None:
    assert grouped(20190) == "20,190"


def test_errors_show_two_significant_digits_and_a_block_its_common_decimals() -> None:
    texts = same_decimals([(1.23456, 0.0214), (0.5, 0.00123)])
    assert texts == [("1.2346", "0.0214", 4), ("0.5000", "0.0012", 4)]


def test_a_coarse_line_does_not_get_decimals_that_it_does_not_know() -> None:
    (_, fine), (coarse, error) = (t[:2] for t in same_decimals([(0.01, 0.00011), (1520.4, 310.2)]))
    assert (fine, coarse, error) == ("0.00011", "1,520", "310")


def test_errors_that_are_missing_count_for_nothing() -> None:
    assert same_decimals([(2.0, math.nan)]) == [("2.000", "–", 3)]
