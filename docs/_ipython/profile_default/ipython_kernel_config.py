"""How the pages' kernels show things: figures as SVG, errors by their message alone."""

c = get_config()  # noqa: F821
c.InlineBackend.figure_formats = {"svg"}
c.HistoryManager.enabled = False
c.IPKernelApp.log_level = 40
c.InteractiveShell.xmode = "Minimal"
