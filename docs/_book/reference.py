"""The reference: a page for each floor of the house, with every public name that lives there."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import likelier

# Title, introduction, and the floors (modules below `likelier`) whose public names the page takes.
PAGES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "fitting": ("Fitting", "From a table to a fitted distribution.", ("model",)),
    "objectives": ("Objectives and penalties", "What a fit minimises.", ("objective",)),
    "predictors": ("Predictors", "How features become parameters.", ("predictors",)),
    "solvers": (
        "Solvers and engines",
        "How it is minimised, and where sums over rows are taken.",
        ("solvers", "engines"),
    ),
    "assessment": ("Assessment", "How good it is.", ("assessment",)),
    "ab-tests": ("A/B tests", "Which arm is better, and how sure.", ("model.ab_",)),
    "estimators": ("scikit-learn estimators", "The same fits in pipelines.", ("estimators",)),
    "distributions": ("Distributions", "What the target can be.", ("distributions",)),
    "errors": ("Errors", "What is raised, and when.", ("errors",)),
}


def page_of(value: Any) -> str:
    """The page on which a public value is described: that of its longest matching floor."""
    home = (getattr(value, "__module__", None) or type(value).__module__).removeprefix("likelier.")
    floors = {floor: page for page, (_, _, floors) in PAGES.items() for floor in floors}
    matching = [floor for floor in floors if home == floor or home.startswith((floor + ".", floor))]
    if not matching:
        raise LookupError(f"no page of the reference takes {value!r} of likelier.{home}")
    return floors[max(matching, key=len)]


def entries(page: str) -> list[str]:
    """Public names on a page, in the order of the alphabet."""
    names = (name for name in likelier.__all__ if name not in ("__version__", "datasets"))
    return sorted(name for name in names if page_of(getattr(likelier, name)) == page)


def write_pages(app: Any) -> None:
    """Write `reference/api/*.rst`; a file is touched only if it changes."""
    folder = Path(app.srcdir) / "reference" / "api"
    folder.mkdir(parents=True, exist_ok=True)
    for page, (title, introduction, _) in PAGES.items():
        text = f"{title}\n{'=' * len(title)}\n\n{introduction}\n\n"
        text += "\n".join(_entry(name) for name in entries(page))
        target = folder / f"{page}.rst"
        if not target.exists() or target.read_text() != text:
            target.write_text(text)


def _entry(name: str) -> str:
    value = getattr(likelier, name)
    title = f"{name}\n{'-' * len(name)}\n\n"
    if inspect.isclass(value):
        family = issubclass(value, likelier.Distribution) and value is not likelier.Distribution
        members = "" if family else "   :members:\n"
        return f"{title}.. autoclass:: likelier.{name}\n{members}"
    if callable(value):
        return f"{title}.. autofunction:: likelier.{name}\n"
    return f"{title}.. autodata:: likelier.{name}\n   :no-value:\n"
