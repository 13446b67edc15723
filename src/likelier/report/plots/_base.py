"""What every plot hands back, and how it becomes SVG.

To add a plot: one file with one function that takes plain data and `ax=None`, draws with
`_style.new_axes`, names both axes with their unit or meaning, and returns `Plot(axes, data)`; one
export line in `__init__.py`. Nothing here touches pyplot, so no window opens, no figure is kept
alive and threads may draw at the same time.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from likelier.report.plots._style import LIGHT

if TYPE_CHECKING:
    import pandas as pd

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_SETTINGS: Any = {"svg.hashsalt": "likelier", "svg.fonttype": "none", "svg.image_inline": True}
# matplotlib keeps the settings that its SVG writer reads in one global table.
_WRITING = threading.Lock()


@dataclass(frozen=True, eq=False, repr=False)
class Plot:
    """A drawn plot, shown by a notebook and, in a script, by nothing: `save` it.

    Attributes:
        axes: matplotlib's, to change what you like.
        data: the numbers drawn, a data frame.

    Example:
        >>> import likelier as lk
        >>> fit = lk.fit("murder ~ poverty", lk.datasets.load("statecrime"), "gamma")
        >>> plot = fit.plot.profile("poverty")
        >>> plot
        <Plot: 21 × 4 numbers in .data, matplotlib's axes in .axes>
        >>> list(plot.data)
        ['value', 'deviance', 'likelihood', 'quadratic']
    """

    axes: Any
    data: pd.DataFrame

    @property
    def figure(self) -> Any:
        """The matplotlib figure that the axes belong to."""
        return self.axes.get_figure(root=True)

    def save(self, path: Any, dpi: float = 200) -> None:
        """Write the plot to a file; its suffix says what: .png, .svg or .pdf.

        Args:
            path: of the file; one that exists is replaced.
            dpi: dots an inch, of a .png.

        Example:
            >>> import likelier as lk, tempfile, pathlib
            >>> fit = lk.fit("murder ~ poverty", lk.datasets.load("statecrime"), "gamma")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     fit.plot.pit().save(pathlib.Path(folder) / "pit.png", dpi=100)
            ...     [path.name for path in pathlib.Path(folder).iterdir()]
            ['pit.png']
        """
        if str(path).lower().endswith(".svg"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(to_svg(self.figure, paper=True))
        else:
            self.figure.savefig(path, dpi=dpi)

    def _repr_svg_(self) -> str:
        return to_svg(self.figure, paper=True)

    def __repr__(self) -> str:
        rows, columns = self.data.shape
        return f"<Plot: {rows} × {columns} numbers in .data, matplotlib's axes in .axes>"


def to_svg(figure: Any, *, prefix: str = "", paper: bool = False, title: str = "") -> str:
    """A figure as an SVG element; figures made alike give the same bytes.

    Every colour of the style becomes a CSS variable with the light colour to fall back on, so that
    a page may restyle it; text stays text, in the reader's own font.

    Args:
        figure: a matplotlib figure.
        prefix: goes before every id, which makes them unique on a page of several figures.
        paper: whether to keep a white ground; transparent otherwise.
        title: what a reader who cannot see the picture is told.
    """
    import matplotlib

    with _WRITING, matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # Letters that matplotlib's font lacks only cost the measure of a text, not the letters.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        buffer = io.StringIO()
        figure.savefig(
            buffer,
            format="svg",
            transparent=not paper,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    text = buffer.getvalue()
    text = text[text.index("<svg") :].rstrip()
    for part in ("metadata", "style"):
        text = re.sub(rf"\s*<{part}\b.*?</{part}>", "", text, count=1, flags=re.DOTALL)
    # Only styles and ids of tags are touched: what stands between tags may be a user's own name.
    text = re.sub(r"<[^>]*>", lambda tag: _restyled(tag.group(), prefix, paper), text)
    label = f' role="img" aria-label="{escape(title)}"' if title else ""
    # The writer's own style sheet would hold for the whole page; these attributes stay inside.
    return text.replace("<svg", f'<svg{label} stroke-linejoin="round" stroke-linecap="butt"', 1)


def _restyled(tag: str, prefix: str, paper: bool) -> str:
    """One tag with the page's colours, the reader's font and ids of its own."""
    if not paper:
        for role, code in LIGHT.items():
            tag = tag.replace(f": {code}", f": var(--lk-{role}, {code})")
    tag = re.sub(r"font-family: [^;\"]*", f"font-family: {FONT}", tag)
    if prefix:
        tag = re.sub(r'\bid="', f'id="{prefix}-', tag)
        tag = re.sub(r'href="#', f'href="#{prefix}-', tag)
        tag = tag.replace("url(#", f"url(#{prefix}-")
    return tag
