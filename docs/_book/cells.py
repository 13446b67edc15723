"""Cells as readers meet them: shell commands without a notebook's magic, sentences that wrap."""

from __future__ import annotations

from typing import Any

from docutils import nodes

_MAGIC = "%%bash\n"
_WIDEST = 104
"""Columns that a page shows; a longer line is a sentence and no table."""


def tidy(app: Any, doctree: nodes.document) -> None:
    """Rewrite the cells of a page that has been run."""
    for block in doctree.findall(nodes.literal_block):
        text = block.astext()
        if text.startswith(_MAGIC):
            shown = text.removeprefix(_MAGIC)
            made = nodes.literal_block(shown, shown, language="bash", classes=block["classes"])
            block.replace_self(made)
        elif _is_output(block) and any(len(line) > _WIDEST for line in text.splitlines()):
            block["classes"].append("sentences")


def _is_output(block: nodes.Element) -> bool:
    above = block.parent
    while above is not None and "cell_output" not in above.get("classes", ()):
        above = above.parent
    return above is not None
