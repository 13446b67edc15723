"""A user's function of unknown numbers, compiled: its values and its first two derivatives.

What is compiled depends on the function and the layout of its parameters alone, so that a second
fit of the same shape compiles nothing. Parameters come and go as one vector on their natural
scale.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.special._jax import double_precision

Array = Any


class Structure(ABC):
    """What of a curve is fixed before there are data: hashable, and equal if it compiles alike.

    A subclass is a frozen dataclass.
    """

    quick: ClassVar[bool] = False
    """Whether it is a loop of many small steps, which takes longer to compile than to run."""

    numpy: bool
    """Whether the user's functions were written with NumPy and are shown its face of JAX."""

    @abstractmethod
    def __call__(self, p: Array, data: Any) -> Array:
        """Values from the parameters, (P,), in JAX."""

    def values(self, p: Array, data: Any) -> Array:
        """The same, as what is compiled is called."""
        return self(p, data)


class Rows(Structure):
    """A structure that gives rows of eta, (S, n), and is differentiated as it stands."""

    def jacobian(self, p: Array, data: Any) -> tuple[Array, Array]:
        """Values, (S, n), and their derivatives in the parameters, (S, n, P)."""
        import jax

        # Forward mode: there are few parameters, and a solver of differential equations that is
        # differentiated twice allows no other.
        def both(q: Array) -> tuple[Array, Array]:
            found = self(q, data)
            return found, found

        slopes, found = jax.jacfwd(both, has_aux=True)(p)
        return found, slopes

    def bend(self, p: Array, data: Any, gradient: Array) -> Array:
        """Σ gradient · ∂² eta / ∂p², (P, P), for rows of derivatives in eta, (S, n)."""
        import jax

        def weighed(q: Array) -> Array:
            return weighted_sum(gradient, self(q, data))

        return jax.jacfwd(jax.jacfwd(weighed))(p)


def weighted_sum(weights: Array, values: Array) -> Array:
    """Σ weights · values; of weight 0 a value stays out, whatever it is."""
    import jax.numpy as jnp

    return jnp.sum(jnp.where(weights == 0, 0.0, weights * values))


class Compiled:
    """A structure with its data, whose functions give NumPy arrays.

    Args:
        structure: what is compiled.
        data: a pytree of arrays that it reads besides the parameters.
    """

    def __init__(self, structure: Structure, data: Any) -> None:
        self.structure = structure
        with double_precision():
            import jax

            self.data = jax.device_put(data)

    def describe(self, row: int) -> str:
        """A row as a message calls it."""
        return f"row {row + 1:,}"

    def unmatched(self, p: Array) -> dict[str, float]:
        """Of unknowns, the share of their effect that no network in the curve could have."""
        return {}

    def _run(self, what: str, p: Array, *arguments: Array) -> Any:
        with double_precision(), np.errstate(all="ignore"):
            found = _compile(self.structure, what)(p, self.data, *arguments)
            return tuple(map(np.asarray, found)) if isinstance(found, tuple) else np.asarray(found)


class Curve(Compiled):
    """Rows of eta with their Jacobian and second derivatives.

    Args:
        structure: what is compiled.
        data: a pytree of arrays that it reads besides the parameters.
    """

    def __init__(self, structure: Rows, data: Any) -> None:
        super().__init__(structure, data)

    def values(self, p: Array) -> Array:
        """Rows of eta, (S, n)."""
        return self._run("values", p)

    def jacobian(self, p: Array) -> tuple[Array, Array]:
        """Rows of eta, (S, n), and their derivatives in the parameters, (S, n, P)."""
        return self._run("jacobian", p)

    def bend(self, p: Array, gradient: Array) -> Array:
        """Σ gradient · ∂² eta / ∂p², (P, P), for rows of derivatives in eta, (S, n)."""
        return self._run("bend", p, gradient)


@functools.lru_cache(maxsize=96)
def _compile(structure: Structure, what: str) -> Any:
    """One of a structure's functions, jitted; JAX keeps what it compiled by shape."""
    import jax

    options = quick_options() if structure.quick else None
    return jax.jit(getattr(structure, what), compiler_options=options)


Kind = TypeVar("Kind", bound=Structure)


def trial(
    structure: Kind,
    data: Any,
    size: int,
    names: Mapping[str, tuple[str, ...]],
    what: str = "values",
) -> Kind:
    """The structure after a trial without numbers, which says how its functions are written.

    Args:
        structure: to be tried.
        data: what it reads.
        size: number of parameters.
        names: what its functions may ask for, by kind, for messages.
        what: which of its functions is tried: one that is used later is traced once for both.

    Raises:
        LikelierError: a function fails, or asks for what does not exist.
    """
    import jax

    with double_precision():
        p = jax.ShapeDtypeStruct((size,), np.float64)
        try:
            _compile(structure, what).eval_shape(p, data)
            return structure
        except jax.errors.TracerArrayConversionError:
            faced: Any = structure
            faced = replace(faced, numpy=True)
        except Exception as error:
            raise _explained(error, names) from error
        try:
            _compile(faced, what).eval_shape(p, data)
        except Exception as error:
            raise _explained(error, names) from error
    return faced


def _explained(error: Exception, names: Mapping[str, tuple[str, ...]]) -> LikelierError:
    """What went wrong within a user's function, in his words."""
    if isinstance(error, LikelierError):
        return error
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        asked = error.args[0]
        known = [name for kind in names.values() for name in kind]
        kinds = " or ".join(f"no {kind}" for kind in names)
        listed = "; ".join(f"{kind}s: {', '.join(v) or 'none'}" for kind, v in names.items())
        hint = did_you_mean(asked, known)
        return LikelierError(f"the function asks for {asked!r}, which is {kinds}.{hint} {listed}")
    return LikelierError(f"the function fails: {type(error).__name__}: {error}")


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
