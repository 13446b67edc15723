"""How numbers are written: true minus signs, grouped digits, as many decimals as are known."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH = 92
"""Columns of a terminal that text for it may take."""


def number(value: float, decimals: int, error: float = 0.0) -> str:
    """A number with so many decimals, grouped, in scientific form where that is shorter.

    A number far below its own `error` is written as 0: its digits mean nothing.
    """
    if abs(value) < 1e-3 * error:
        value = 0.0
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value != 0 and (abs(value) >= 1e9 or abs(value) < 0.5 * 10.0**-decimals):
        text = f"{value:.3g}"
    else:
        text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def grouped(value: int) -> str:
    """A whole number with its thousands set apart."""
    return f"{value:,}"


def counted(value: int, noun: str) -> str:
    """So many of something.

    Example:
        >>> counted(1, "row"), counted(1200, "row")
        ('1 row', '1,200 rows')
    """
    return f"{value:,} {noun}" + "s" * (value != 1)


def figures(value: float, digits: int = 4) -> str:
    """A number to so many significant digits, grouped, with a true minus sign.

    Example:
        >>> figures(-12345.678), figures(0.00012345), figures(3.0)
        ('−1.235e+04', '0.0001234', '3')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:,.{digits}g}".replace("-", "−")


def p_value(value: float) -> str:
    """A p value to three decimals, never as 0."""
    if math.isnan(value):
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def same_decimals(pairs: Sequence[tuple[float, float]]) -> list[tuple[str, str, int]]:
    """Estimates with their errors as texts, and the decimals used.

    An error shows at least two significant digits; a block shows as many decimals as its most
    precise common line needs, between 3 and 6.
    """
    errors = [e for _, e in pairs if math.isfinite(e) and e > 0]
    need = [2 - math.floor(math.log10(e)) - 1 for e in errors]
    common = min(max([3, *need]), 6)
    result = []
    for estimate, error in pairs:
        decimals = common
        if math.isfinite(error) and error > 0:
            # A line far coarser than the others does not drag their decimals along.
            own = 2 - math.floor(math.log10(error)) - 1
            decimals = common if own > common - 4 else max(own + 1, 0)
        shown = number(estimate, decimals, error if math.isfinite(error) else 0.0)
        result.append((shown, number(error, decimals), decimals))
    return result
