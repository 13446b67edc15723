"""What the book needs of Sphinx beyond its own: our docstrings, and tables from the classes."""

from typing import Any

from . import catalogue, cells, docstrings, reference


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("builder-inited", reference.write_pages)
    app.connect("builder-inited", catalogue.write_page)
    app.connect("autodoc-process-docstring", docstrings.to_rst, priority=0)
    app.connect("autodoc-process-signature", docstrings.signature)
    app.connect("autodoc-skip-member", docstrings.leave_out)
    app.connect("doctree-read", cells.tidy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
