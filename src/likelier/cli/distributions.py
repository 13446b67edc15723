"""`likelier distributions`: the catalogue, and all that is known of one family."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from likelier.cli import _options as o
from likelier.cli._output import show, show_json


def distributions(
    name: Annotated[str | None, typer.Argument(help="A family, such as beta.")] = None,
    format: o.FormatOption = o.Format.table,
) -> None:
    """List the distributions, or show one: formula, parameters, links, support, loss, source.

    Example: likelier distributions negative_binomial
    """
    from likelier.distributions import catalogue, from_text

    if name is None:
        listed = catalogue()
        if format is o.Format.json:
            show_json({text: facts(family) for text, family in listed.items()})
            return
        width = max(len(text) for text in listed)
        for text, family in sorted(listed.items()):
            parameters = ", ".join(family.parameter_names)
            show(f"{text:<{width}}  {parameters:<34}  {family.support.text}")
        return
    family = from_text(name)
    if format is o.Format.json:
        show_json(facts(family))
        return
    show(page(family))


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


def page(family: Any) -> str:
    """A family's page for the terminal."""
    found = facts(family)
    doc = inspect.getdoc(family) or ""
    formula, _, _ = doc.partition("\nArgs:")
    lines = [
        found["name"],
        "",
        formula.strip(),
        "",
        f"Support: {found['support']}",
        "",
        "Parameters",
    ]
    for name, known in found["parameters"].items():
        link = {"fixed": "known", "data": "a column"}.get(
            known["role"], f"links: {', '.join(known['links'])}"
        )
        lines.append(f"  {name}: {known['meaning']} ({known['domain']}; {link})")
    others = found["parametrisations"][1:]
    if others:
        ways = " or ".join(", ".join(names) for names in others)
        lines.append(f"  or made from: {ways}")
    if found["classical_loss"]:
        lines += ["", f"As a loss it is known as: {found['classical_loss']}"]
    if found["source"]:
        lines += ["", f"Source: {found['source']}"]
    return "\n".join(lines)
