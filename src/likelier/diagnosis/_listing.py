"""Diagnoses as lines of text and as HTML, the kind first, the remedy after it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from likelier.display import WIDTH, html_note

if TYPE_CHECKING:
    from likelier.diagnosis._base import Diagnosis

_MARKS = {"serious": "!", "warning": "!", "note": "·"}


def diagnosis_lines(
    diagnoses: Sequence[Diagnosis], width: int = WIDTH, *, severity: bool = False
) -> list[str]:
    """Each diagnosis with a hanging indent, its remedy under it.

    Args:
        diagnoses: what to tell.
        width: columns of the terminal.
        severity: whether to say how serious each is.
    """
    lines: list[str] = []
    for d in diagnoses:
        kind = _kind(d, severity)
        head = f"{_MARKS[d.severity]} {kind:<12} "
        indent = " " * len(head)
        parts = [(head, d.message.rstrip(".") + ".")]
        if d.remedy:
            parts.append((indent, f"Remedy: {d.remedy}."))
        for first, text in parts:
            lines += textwrap.wrap(
                text,
                width,
                initial_indent=first,
                subsequent_indent=indent,
                break_on_hyphens=False,
            )
    return lines


def diagnosis_notes(diagnoses: Sequence[Diagnosis], *, severity: bool = False) -> list[str]:
    """Each diagnosis as a paragraph of HTML."""
    notes = []
    for d in diagnoses:
        remedy = f" Remedy: {d.remedy.rstrip('.')}." if d.remedy else ""
        text = f"{d.message.rstrip('.')}.{remedy}"
        notes.append(html_note(text, kind=d.severity, strong=_kind(d, severity)))
    return notes


def _kind(d: Diagnosis, severity: bool) -> str:
    return f"{d.kind} ({d.severity})" if severity else d.kind
