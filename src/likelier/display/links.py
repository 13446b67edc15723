"""How the link of a parameter is written: its name, with a centre that was adapted to the data."""

from __future__ import annotations

from collections.abc import Mapping

from likelier.display.numbers import figures


def parameter_heading(parameter: str, links: Mapping[str, str]) -> str:
    """A parameter, or one entry of it, with the link on whose scale its coefficients are.

    Example:
        >>> parameter_heading("scale", {"scale": "log"})
        'scale (log link)'
        >>> parameter_heading("loc[2]", {"loc": "tan_half([1.1234567, -0.5])"})
        'loc[2] (tan_half link around −0.5)'
    """
    name, _, slot = parameter.rstrip("]").partition("[")
    link, _, numbers = links.get(name, "").rstrip(")").partition("(")
    if not link:
        return parameter
    if not numbers:
        return f"{parameter} ({link} link)"
    centres = [float(number) for number in numbers.strip("[]").split(",")]
    own = centres[int(slot) - 1] if slot else centres[0]
    return f"{parameter} ({link} link around {figures(own)})"
