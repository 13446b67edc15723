"""Diagnoses as lines of text and as HTML, the kind first, the remedy after it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from likelier.diagnosis import Diagnosis
from likelier.display import WIDTH, html_note

_MARKS = {"serious": "!", "warning": "!", "note": "·"}


def trouble_lines(diagnoses: Sequence[Diagnosis], width: int = WIDTH) -> list[str]:
    """Each diagnosis with a hanging indent, its remedy under it."""
    lines: list[str] = []
    for d in diagnoses:
        head = f"{_MARKS[d.severity]} {d.kind:<12} "
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


def trouble_notes(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """Each diagnosis as a paragraph of HTML."""
    notes = []
    for d in diagnoses:
        remedy = f" Remedy: {d.remedy.rstrip('.')}." if d.remedy else ""
        notes.append(html_note(f"{d.message.rstrip('.')}.{remedy}", kind=d.severity, strong=d.kind))
    return notes
