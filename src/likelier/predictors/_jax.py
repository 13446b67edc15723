"""JAX at arm's length: imported when first needed, double precision as a context."""

from __future__ import annotations

import contextlib
import functools
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


@functools.cache
def quick_options() -> dict[str, Any] | None:
    """Options of `jax.jit` that compile many small operations in half of the time; None without.

    They leave out passes that pay off in long loops over large arrays. Names of options belong to
    the compiler's version; one that does not know them compiles as ever.
    """
    import jax

    options = {
        "xla_cpu_use_fusion_emitters": False,
        "xla_llvm_disable_expensive_passes": True,
        "xla_backend_optimization_level": 1,
        "xla_cpu_parallel_codegen_split_count": 1,
    }
    try:
        jax.jit(lambda: 0, compiler_options=options)()
    except jax.errors.JaxRuntimeError:
        return None
    return options
