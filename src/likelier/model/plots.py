"""`fit.plot`: the fit's own numbers handed to the plots of the report floor."""

from __future__ import annotations
