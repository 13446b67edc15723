"""The book: Markdown pages whose code is run at build, and a reference read off the docstrings."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # the extension beside this file

import likelier  # noqa: E402

# Kernels draw figures as SVG and leave the cores to one another.
os.environ["IPYTHONDIR"] = str(HERE / "_ipython")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

project = "likelier"
author = "The likelier developers"
copyright = "The likelier developers"
version = release = likelier.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "_book",
]
exclude_patterns = ["_build", "_book", "_ipython", "images/*.py"]
nitpicky = False
default_role = "code"

# Pages are executed from start to end; a cell that fails fails the build. Results are kept by the
# text of the page, so that a second build runs only what was changed.
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / "executed")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_ipywidgets_js = {}  # nothing is loaded from elsewhere
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the arguments are described in words, with shapes and units
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False  # `term, term2: …` stays one entry
napoleon_custom_sections = [("Source", "notes_style"), ("Attributes", "params_style")]

html_theme = "furo"
html_title = "likelier"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_show_sourcelink = False
html_copy_source = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
