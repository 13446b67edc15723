"""JAX at arm's length: imported when first needed, double precision as a context."""

from __future__ import annotations

import contextlib
from typing import Any

from likelier.errors import LikelierError


def require_jax(what: str, extra: str = "neural") -> Any:
    """The module `jax`, or an error that says what needs it and how to get it."""
    try:
        import jax
    except ImportError as error:
        raise LikelierError(f"{what} needs JAX: pip install 'likelier[{extra}]'") from error
    return jax


def double_precision() -> contextlib.AbstractContextManager[Any]:
    """Within it JAX computes in float64; outside nothing is changed."""
    import jax

    # Its home before JAX 0.8.
    home: Any = jax if hasattr(jax, "enable_x64") else jax.experimental
    return home.enable_x64(True)
