"""How distributions look: one as the call that makes it, many as a table of the first few."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from likelier.display import figures, html_block, html_note, html_table
from likelier.errors import LikelierError

_SHOWN = 5
_LEVEL = 0.9
_LABELS = 6


def distribution_text(d: Any) -> str:
    """The call that makes a distribution; of many, what they are and the first few as a table."""
    if d._xp is not np or not d.batch_shape:
        return _call(d)
    lines = [f"{type(d).__name__} · {_title(d)}"]
    facts = _facts(d)
    wide = max(len(name) for name, _ in facts)
    lines += [f"  {name:<{wide}}  {meaning}" for name, meaning in facts]
    if len(d.batch_shape) == 1 and len(d):
        heads, rows = _rows(d)
        spans = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        lines.append("")
        lines += [
            "  ".join(f"{text:>{span}}" for text, span in zip(row, spans, strict=True))
            for row in (heads, *rows)
        ]
        if len(d) > _SHOWN:
            lines.append(f"… and {len(d) - _SHOWN:,} more")
    return "\n".join(lines)


def distribution_html(d: Any) -> str:
    """The same as HTML, escaped."""
    name = type(d).__name__
    if d._xp is not np:
        return html_block("distribution", html_note(_call(d)))
    parts = [html_note(_title(d), strong=name)]
    parts.append(html_table(("parameter", "meaning"), _facts(d), texts=(1,), label=name))
    if len(d.batch_shape) < 2 and (not d.batch_shape or len(d)):
        heads, rows = _rows(d if d.batch_shape else d[None])
        if not d.batch_shape:
            heads, rows = heads[1:], [row[1:] for row in rows]
        parts.append(html_table(heads, rows, label=f"{name}, first rows"))
        if d.batch_shape and len(d) > _SHOWN:
            parts.append(html_note(f"The first {_SHOWN} of {len(d):,} rows.", small=True))
    return html_block("distribution", *parts)


def _call(d: Any) -> str:
    """The call that makes a distribution with these parameters."""
    shown = {**d.parameters, **d._chosen()}
    if d._xp is np:
        shown = {k: v.tolist() if hasattr(v, "tolist") else v for k, v in shown.items()}
    inner = ", ".join(f"{k}={v!r}" for k, v in shown.items())
    return f"{type(d).__name__}({inner})"


def _title(d: Any) -> str:
    """How many there are, and of what."""
    shape = d.batch_shape
    count = f"{shape[0]:,} row{'s' * (shape[0] != 1)}" if len(shape) == 1 else f"shape {shape}"
    what = d.support.text if d.levels is None else _list(d.levels)
    return " · ".join([count] * bool(shape) + [f"y: {what}"])


def _list(levels: Sequence[Any]) -> str:
    """The first few labels."""
    shown = ", ".join(str(level) for level in levels[:_LABELS])
    return shown + f", … ({len(levels):,} labels)" * (len(levels) > _LABELS)


def _facts(d: Any) -> list[tuple[str, str]]:
    """What each given parameter means, and where it lies."""
    declared = d.parameters_declared
    return [(k, f"{declared[k].description}: {declared[k].domain.text}") for k in d.given]


def _rows(d: Any) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the first few: parameters, mean, interval, as far as there are such."""
    head = d[:_SHOWN]
    n = len(head)
    # As they are asked for, `d[0]`: messages about a table count its rows from 1.
    columns: dict[str, list[str]] = {"": [f"[{i}]" for i in range(n)]}
    for name, values in head.parameters.items():
        columns[name] = [_cell(value) for value in values]
    with np.errstate(all="ignore"):
        for what, texts in _answers(head):
            if columns.get("mean") != texts:  # of a family whose parameter is its mean
                columns[what] = texts
    return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def _answers(d: Any) -> Iterator[tuple[str, list[str]]]:
    """What a reader wants of a few distributions, as columns: as far as the family can say it."""
    n = len(d)
    if d.levels is not None and len(d.levels) <= _LABELS:
        logs = [np.asarray(d._log_prob(np.full(n, float(k)))) for k in range(len(d.levels))]
        for level, log in zip(d.levels, logs, strict=True):
            yield f"P({level})", [_cell(p) for p in np.exp(log)]
        return
    if d.support.name == "labels":
        yield "probabilities", [_cell(row) for row in np.exp(np.asarray(d._log_probs()))]
        return
    mean = _asked(lambda: np.asarray(d.mean))
    if mean is not None and mean.ndim > 0 and not np.all(np.isnan(mean)):
        yield "mean of y", [_cell(row) for row in np.broadcast_to(mean, (n, *mean.shape[1:]))]
    if d.support.name == "binary":
        return
    ends = _asked(lambda: d.interval(_LEVEL))
    if ends is not None and np.ndim(ends[0]) == 1:
        yield (
            f"{100 * _LEVEL:g} % interval",
            [f"{figures(low)} to {figures(high)}" for low, high in zip(*ends, strict=True)],
        )


def _asked(question: Callable[[], Any]) -> Any:
    """An answer, or None where the family has none."""
    try:
        return question()
    except (NotImplementedError, LikelierError):
        return None


def _cell(value: Any) -> str:
    """A number, or a vector cut after a few."""
    if np.ndim(value) == 0:
        return figures(float(value))
    flat = [figures(float(v)) for v in np.ravel(value)[:4]]
    return f"[{', '.join(flat)}{', …' * (np.size(value) > 4)}]"
