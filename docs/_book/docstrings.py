"""Docstrings are plain text with `code` and formulas; this makes reStructuredText of them.

A paragraph that is a formula (indented further on, or an equation without a full stop) is set as
it stands, and what reStructuredText would take for markup is escaped outside of `code`.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

_SECTIONS = (
    "Args:", "Raises:", "Warns:", "Returns:", "Example:", "Examples:", "Yields:", "Attributes:"
)  # fmt: skip
_MARKED = r"(`[^`]*`|\*\*[^*]+\*\*|(?<![\w*])\*[^*\s]+\*(?![\w*]))"
"""Code, bold words and one in italics, which mean in reStructuredText what they mean here."""
_ANSWERS = ("likelier.model.", "likelier.assessment.", "likelier.report.")
"""Floors whose classes are answers of functions: nobody types their constructors."""


def to_rst(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Rewrite `lines` in place, before the sections are read."""
    # Below a comment Napoleon takes `One sentence: who won` for what it is, not for a type.
    made: list[str] = ["..", ""] if what in ("property", "attribute") else []
    section = ""
    for paragraph in _paragraphs(lines):
        head = paragraph[0] if paragraph else ""
        if head.strip() in _SECTIONS and not head.startswith(" "):
            section = head.strip()
        elif head and not head.startswith(" "):
            section = ""
        if section.startswith("Example"):
            made += paragraph
        elif all(line.lstrip().startswith("|") for line in paragraph):
            made += _table(paragraph)
        elif not section and _is_formula(paragraph):
            formula, prose = _split(paragraph)
            # Said to be text: else the words of a formula are coloured as those of a program.
            made += [".. code-block:: text", "", *(f"    {line}" for line in formula)]
            made += ["", *map(_escape, prose)]
        elif section == "Args:":
            made += [_escape(line) for line in _joined_names(paragraph)]
        else:
            made += [_escape(line) for line in paragraph]
        made.append("")
    lines[:] = made


def leave_out(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Members that a base class of another library brings are described there."""
    home = getattr(obj, "__module__", None) or ""
    return True if what == "class" and home.startswith("sklearn") else None


def signature(
    app: Any, what: str, name: str, obj: Any, options: Any, given: str | None, returns: str | None
) -> tuple[str, None] | None:
    """A family is called with its parameters, a modifier with what its `modify` takes.

    What functions hand back shows no constructor.
    """
    if what == "class" and obj.__module__.startswith(_ANSWERS):
        return "", None
    if what == "class" and hasattr(obj, "modify"):
        taken = inspect.signature(obj.modify).parameters.values()
        return f"({', '.join(str(p.replace(annotation=p.empty)) for p in taken)})", None
    if what != "class" or not getattr(obj, "parametrisations", None):
        return None
    return f"({', '.join([*obj.parametrisations[0], *obj.options])})", None


def _paragraphs(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line.rstrip())
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def _is_formula(paragraph: list[str]) -> bool:
    text = " ".join(paragraph)
    if text.startswith(("Source:", "Raises ", "Returns ")) or "`" in text.split("=")[0]:
        return False
    if paragraph[0].startswith(("    ", "log p(")):
        return True
    hanging = any(line.startswith(" ") for line in paragraph[1:]) and not _is_list(paragraph)
    equation = " = " in text and not text.rstrip().endswith((".", ":")) and len(paragraph) <= 3
    return hanging or equation


def _split(paragraph: list[str]) -> tuple[list[str], list[str]]:
    """The lines of a formula, and those below it that are a sentence about it."""
    ends = [i for i, line in enumerate(paragraph) if i and line.startswith("the ")]
    return paragraph[: ends[0]] if ends else paragraph, paragraph[ends[0] :] if ends else []


def _is_list(paragraph: list[str]) -> bool:
    return paragraph[0].lstrip().startswith(("* ", "- ", "1. "))


def _table(paragraph: list[str]) -> list[str]:
    """A Markdown table as a list of rows."""
    head, _, *rows = ([cell.strip() for cell in line.strip(" |").split("|")] for line in paragraph)
    made = [".. list-table::", "    :header-rows: 1", ""]
    for row in (head, *rows):
        made += [f"    {'*' if j == 0 else ' '} - {_escape(cell)}" for j, cell in enumerate(row)]
    return made


def _joined_names(paragraph: list[str]) -> list[str]:
    """`formula, data,` and its next line `links: as in fit` are one entry."""
    made: list[str] = []
    for line in paragraph:
        if made and re.fullmatch(r"    [\w, ]+,", made[-1]):
            made[-1] = f"{made[-1]} {line.strip()}"
        else:
            made.append(line)
    return made


def _escape(line: str) -> str:
    bullet = re.match(r"\s*\* ", line)
    parts = re.split(_MARKED, line[bullet.end() :] if bullet else line)
    return (bullet[0] if bullet else "") + "".join(
        part if re.fullmatch(_MARKED, part) else re.sub(r"([*|])|(\w)_(?=\W|$)", _escaped, part)
        for part in parts
    )


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[1]}" if match[1] else f"{match[2]}\\_"
