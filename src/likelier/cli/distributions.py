"""`likelier distributions`: the catalogue, and all that is known of one family."""

from __future__ import annotations

import inspect
import textwrap
from typing import Annotated, Any

import typer

from likelier.cli import _options as o
from likelier.cli._output import show, show_json, width


def distributions(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A family, such as beta or 'zero_inflated(poisson)', or a modifier.",
            metavar="NAME",
            autocompletion=o.complete_family,
            show_default=False,
        ),
    ] = None,
    format: o.FormatOption = o.Format.table,
    quiet: o.Quiet = False,
) -> None:
    """List the distributions, or show one: formula, parameters, links, support, loss, source.

    Example: likelier distributions negative_binomial
    """
    from likelier.distributions import catalogue, from_text
    from likelier.distributions._text import modifiers

    families, makers = catalogue(), modifiers()
    if name is None:
        if format is o.Format.json:
            show_json(
                {
                    "families": [facts(families[text]) for text in sorted(families)],
                    "modifiers": sorted(makers),
                }
            )
        else:
            show(table(families, makers))
        return
    asked = name.strip().lower().replace("-", "_")
    if asked in makers:
        page: Any = {"name": asked, "description": _formula(makers[asked])}
        text = f"{asked}(…)\n\n{page['description']}"
    else:
        family = from_text(name)
        page, text = facts(family), page_text(family)
    if format is o.Format.json:
        show_json(page)
    else:
        show(text)


def table(families: dict[str, Any], makers: dict[str, Any]) -> str:
    """The catalogue as text, one line a family."""
    heads = ("distribution", "parameters", "support")
    rows = [
        (text, ", ".join(family.parameter_names), family.support.text)
        for text, family in sorted(families.items())
    ]
    wide = [max(len(row[k]) for row in [heads, *rows]) + 2 for k in range(2)]
    lines = [
        line for a, b, c in [heads, *rows] for line in _hanging(f"{a:<{wide[0]}}{b:<{wide[1]}}", c)
    ]
    lines.insert(1, "─" * max(map(len, lines)))
    more = (
        f"Modifiers make families of families: {', '.join(sorted(makers))}. Written as in "
        "-d 'zero_inflated(poisson)', -d 'mixture(normal, 3)', -d 'truncated(normal, lower=0)'."
    )
    return "\n".join([*lines, "", *textwrap.wrap(more, width(), break_on_hyphens=False)])


def _hanging(head: str, text: str) -> list[str]:
    """A text behind a head, its further lines set under its first."""
    return textwrap.wrap(
        text,
        width(),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )


def facts(family: Any) -> dict[str, Any]:
    """What a family declares, as plain data."""
    declared = family.parameters_declared
    return {
        "name": family.text(),
        "support": family.support.text,
        "discrete": family.discrete,
        "parameters": {
            k: {
                "meaning": declared[k].description,
                "domain": declared[k].domain.text,
                "links": list(declared[k].domain.links),
                "link": declared[k].link,
                "role": declared[k].role,
            }
            for k in family.parametrisations[0]
        },
        "parametrisations": [list(names) for names in family.parametrisations],
        "classical_loss": family.classical_loss,
        "source": family.source,
    }


def page_text(family: Any) -> str:
    """A family's page for the terminal."""
    found = facts(family)
    lines = [found["name"], "", _formula(family), "", f"Support: {found['support']}", ""]
    lines.append("Parameters")
    indent = max(map(len, found["parameters"])) + 4
    for name, known in found["parameters"].items():
        lines += _hanging(f"  {name:<{indent - 2}}", f"{known['meaning']}: {known['domain']}")
        lines += _hanging(" " * indent, _how_it_is_known(name, known))
    others = [", ".join(names) for names in found["parametrisations"][1:]]
    if others:
        lines += _hanging("  In Python also made from ", "; or from ".join(others))
    if found["classical_loss"]:
        lines += ["", *_hanging("As a loss: ", found["classical_loss"])]
    lines += ["", *_hanging("Source: ", found["source"])] if found["source"] else []
    quote = "'" if "(" in found["name"] else ""
    lines += ["", f"Example: likelier fit DATA 'y ~ x' -d {quote}{found['name']}{quote}"]
    return "\n".join(lines)


def _how_it_is_known(name: str, known: dict[str, Any]) -> str:
    """Whether a parameter is predicted, and through which links."""
    if known["role"] == "data":
        return f"known: the column `{name}` of the data"
    if known["role"] == "fixed":
        return f"known: held at a value, as in -d 'family({name}=…)'"
    default = known["link"]
    others = [link for link in known["links"] if link != default]
    return f"link: {default}" + (f" (or {', '.join(others)})" if others else "")


def _formula(family: Any) -> str:
    """The part of a class's description before its arguments."""
    return (inspect.getdoc(family) or "").partition("\nArgs:")[0].strip()
