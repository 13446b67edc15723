"""Small pieces of HTML for notebooks and pages: whatever a user named is escaped here, once.

No colours and no fonts: a notebook's own, light or dark, hold. Texts stand left and numbers
right, said on the cells, since notebooks drop style sheets from outputs that they do not trust.
"""

from __future__ import annotations

import html
from collections.abc import Sequence


def html_block(kind: str, *parts: str) -> str:
    """Pieces put into one element of class `likelier-kind`; the pieces are HTML already."""
    return f'<div class="likelier-{kind}">{"".join(parts)}</div>'


def html_note(text: str, *, small: bool = False, kind: str = "", strong: str = "") -> str:
    """A paragraph, its text escaped.

    Args:
        text: what it says.
        small: whether it is a remark below something.
        kind: its class.
        strong: words set before it.

    Example:
        >>> html_note("a < b", strong="order")
        '<p><strong>order</strong> a &lt; b</p>'
    """
    body = html.escape(text)
    if strong:
        body = f"<strong>{html.escape(strong)}</strong> {body}"
    if small:
        body = f"<small>{body}</small>"
    return f"<p{_class(kind)}>{body}</p>"


def html_facts(facts: Sequence[tuple[str, str]]) -> str:
    """A table of names and values, one fact a row."""
    rows = "".join(
        f"<tr>{_cell('th', name, True, 'row')}{_cell('td', value, True)}</tr>"
        for name, value in facts
    )
    return _scroll(f'<table class="likelier-facts"><tbody>{rows}</tbody></table>')


def html_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    texts: Sequence[int] = (),
    label: str = "",
    kind: str = "",
) -> str:
    """A table whose first column names the rows; it scrolls by itself where room is short.

    Args:
        headers: of the columns, plain text.
        rows: of cells, plain text, as long as `headers`.
        texts: positions of further columns that hold words, which stand left.
        label: what a screen reader calls it.
        kind: the table's class.

    Example:
        >>> print(html_table(["term", "estimate"], [["<x>", "1.5"]]))  # doctest: +ELLIPSIS
        <div ...&lt;x&gt;</th><td style="text-align:right">1.5</td></tr></tbody></table></div>
    """
    left = {0, *texts}
    head = "".join(_cell("th", name, j in left, "col") for j, name in enumerate(headers))
    body = "".join(
        "<tr>"
        + "".join(
            _cell("td" if j else "th", text, j in left, "" if j else "row")
            for j, text in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return _scroll(
        f"<table{_class(kind)}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>", label
    )


def _cell(tag: str, text: str, left: bool, scope: str = "") -> str:
    side = "left" if left else "right"
    of = f' scope="{scope}"' if scope else ""
    return f'<{tag}{of} style="text-align:{side}">{html.escape(text)}</{tag}>'


def _class(kind: str) -> str:
    return f' class="{html.escape(kind)}"' if kind else ""


def _scroll(table: str, label: str = "") -> str:
    """A table that can be scrolled, by keyboard too where it has a name."""
    region = f' tabindex="0" role="region" aria-label="{html.escape(label)}"' if label else ""
    return f'<div class="likelier-scroll" style="overflow-x:auto"{region}>{table}</div>'
