"""Small pieces of HTML for notebooks and pages: whatever a user named is escaped here, once.

No colours and no fonts: a notebook's own, light or dark, hold. Texts stand left and numbers
right, said on the cells, since notebooks drop style sheets from outputs that they do not trust.
"""

from __future__ import annotations

import html
from collections.abc import Container, Sequence


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
    return html_blocks([(headers, rows)], texts=texts, label=label, kind=kind)


def html_blocks(
    blocks: Sequence[tuple[Sequence[str], Sequence[Sequence[str]]]],
    *,
    texts: Sequence[int] = (),
    label: str = "",
    kind: str = "",
) -> str:
    """Tables of like columns as one, each block below a head of its own, so that columns line up.

    Args:
        blocks: headers and rows of each, as `html_table` takes them.
        texts: positions of further columns that hold words, which stand left.
        label: what a screen reader calls it.
        kind: the table's class.

    Example:
        >>> html = html_blocks([(["mean", "estimate"], []), (["scale", "estimate"], [])])
        >>> html.count("<table>"), html.count('scope="col"')
        (1, 4)
    """
    left = {0, *texts}
    (first, rows), *others = blocks
    parts = [f"<thead>{_head(first, left)}</thead><tbody>{_rows(rows, left)}</tbody>"]
    parts += [
        f"<tbody>{_head(h, left, 'padding-top:1em')}{_rows(r, left)}</tbody>" for h, r in others
    ]
    return _scroll(f"<table{_class(kind)}>{''.join(parts)}</table>", label)


def _head(names: Sequence[str], left: Container[int], style: str = "") -> str:
    cells = (_cell("th", name, j in left, "col", style) for j, name in enumerate(names))
    return f"<tr>{''.join(cells)}</tr>"


def _rows(rows: Sequence[Sequence[str]], left: Container[int]) -> str:
    return "".join(
        "<tr>"
        + "".join(
            _cell("td" if j else "th", text, j in left, "" if j else "row")
            for j, text in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )


def _cell(tag: str, text: str, left: bool, scope: str = "", style: str = "") -> str:
    looks = ";".join(filter(None, (f"text-align:{'left' if left else 'right'}", style)))
    of = f' scope="{scope}"' if scope else ""
    return f'<{tag}{of} style="{looks}">{html.escape(text)}</{tag}>'


def _class(kind: str) -> str:
    return f' class="{html.escape(kind)}"' if kind else ""


def _scroll(table: str, label: str = "") -> str:
    """A table that can be scrolled, by keyboard too where it has a name."""
    region = f' tabindex="0" role="region" aria-label="{html.escape(label)}"' if label else ""
    style = ' style="overflow-x:auto;margin-bottom:0.8em"'
    return f'<div class="likelier-scroll"{style}{region}>{table}</div>'
