"""The reference: a page for each floor of the house, with every public name that lives there."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sphinx.ext.napoleon import GoogleDocstring

import likelier
from likelier.assessment.plots import AssessmentPlots
from likelier.model.answers.plots import FitPlots
from likelier.report.plots import Plot

from . import docstrings

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

# What is typed before a plot's name, and the class of its methods.
PLOTS: tuple[tuple[str, type], ...] = (
    ("fit.plot", FitPlots),
    ("assessment.plot", AssessmentPlots),
)
# Answers that have a plot or two, by the name that such an answer has below.
PLOTTED: tuple[tuple[str, str, type], ...] = (
    ("comparison", "lk.compare(...)", likelier.Comparison),
    ("path", "lk.path(...)", likelier.Path),
    ("frontier", "lk.frontier(...)", likelier.Frontier),
    ("test", "lk.ab_test(...)", likelier.ABTest),
)
_PLOTS_HEAD = """Plots
=====

Each method draws one question about an answer, from the numbers of that answer, and returns a
`Plot`. A notebook shows it where it is the last line of a cell. **In a script nothing is shown by
itself**: save it.

.. code-block:: text

    fit.plot.pit().save("pit.png")               # .png, .svg or .pdf, by the suffix; dpi=200
    fit.plot.worm(ax=ax)                         # into matplotlib axes of your own
    fit.plot.profile("poverty").data             # the numbers that are drawn, a data frame
    fit.plot.worm().axes.set_title("Murders")    # matplotlib's axes, to change what you like

With pictures: :doc:`plots and saving them <../../how-to/plots>`.

"""

# What users make and hand on: its methods are the contract with the library, and not theirs.
_HANDED_ON = ("objectives", "predictors", "solvers")


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
        text += "\n".join(_entry(name, getattr(likelier, name)) for name in entries(page))
        _write(folder / f"{page}.rst", text)
    _write(folder / "plots.rst", _plots(app))


def _write(target: Path, text: str) -> None:
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def _plots(app: Any) -> str:
    """The page of plots: their methods under the names by which they are reached."""
    text = _PLOTS_HEAD + _entry("Plot", Plot)
    for prefix, kind in PLOTS:
        text += "\n" + _heading(prefix) + "\n".join(_body(app, prefix, kind)) + "\n\n"
        text += _methods(app, prefix, kind, lambda name: not name.startswith("_"))
    text += "\n" + _heading("Other answers")
    for prefix, made, kind in PLOTTED:
        text += f"Of `{prefix} = {made}`:\n\n"
        text += _methods(app, prefix, kind, lambda name: name.startswith("plot"))
    return text


def _heading(title: str) -> str:
    return f"{title}\n{'-' * len(title)}\n\n"


def _methods(app: Any, prefix: str, kind: type, wanted: Callable[[str], bool]) -> str:
    """The methods of a class whose names are wanted, as they are typed."""
    names = filter(wanted, vars(kind))
    return "".join(_method(app, f"{prefix}.{name}", getattr(kind, name)) for name in names)


def _body(app: Any, typed: str, value: Any) -> list[str]:
    """The docstring of a value as reStructuredText."""
    lines = inspect.getdoc(value).splitlines()
    docstrings.to_rst(app, "method", typed, value, None, lines)
    return GoogleDocstring(lines, app.config, app, "method", typed, value).lines()


def _method(app: Any, typed: str, function: Any) -> str:
    """A method as it is typed, with its docstring; autodoc would name it by its class."""
    _, *taken = inspect.signature(function).parameters.values()
    empty = inspect.Parameter.empty
    shown = inspect.Signature([p.replace(annotation=empty) for p in taken])
    body = _body(app, typed, function)
    indented = "\n".join(f"   {line}".rstrip() for line in body)
    return f".. py:method:: {typed}{shown}\n\n{indented}\n\n"


def _entry(name: str, value: Any) -> str:
    title = _heading(name)
    if inspect.isclass(value):
        family = issubclass(value, likelier.Distribution) and value is not likelier.Distribution
        silent = family or (name in likelier.__all__ and page_of(value) in _HANDED_ON)
        members = "" if silent else "   :members:\n"
        if members and value is not likelier.Distribution:
            # Answers are put together from bases of ours; those of other libraries are left out.
            foreign = [c.__name__ for c in value.__mro__ if not c.__module__.startswith("likelier")]
            members += f"   :inherited-members: {', '.join(foreign)}\n"
        # Below the top it is the folder that exports a name, not the file that holds it.
        home = "likelier" if name in likelier.__all__ else value.__module__.split("._")[0]
        return f"{title}.. autoclass:: {home}.{name}\n{members}"
    if callable(value):
        return f"{title}.. autofunction:: likelier.{name}\n"
    return f"{title}.. autodata:: likelier.{name}\n   :no-value:\n"
