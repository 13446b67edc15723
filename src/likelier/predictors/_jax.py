"""How JAX is compiled for predictors; `special._jax` imports it."""

from __future__ import annotations

import functools
from typing import Any

from likelier.special._jax import double_precision as double_precision
from likelier.special._jax import require_jax as require_jax


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
