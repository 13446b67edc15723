"""Records as plain JSON, and back with every entry checked against its annotation.

What a record (a dataclass) declares is what a file may hold: a field that is added later is
written and read without a line here, and files from before take its default. A text that is one
of a few is `Annotated` with a tuple of them.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from likelier.errors import ModelFileError

Record = TypeVar("Record")

_DEEPEST = 20


def encode(value: Any) -> Any:
    """Plain JSON: numbers of NumPy become Python's, tuples lists, what is not finite an object."""
    if isinstance(value, Mapping):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [encode(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def encode_record(record: Any) -> dict[str, Any]:
    """The fields of a record as plain JSON."""
    names = [field.name for field in dataclasses.fields(record)]
    return {name: encode(getattr(record, name)) for name in names}


def decode_record(kind: type[Record], value: Any) -> Record:
    """The record that `encode_record` wrote.

    Raises `ModelFileError` if an entry is missing, unknown, or of another type than declared.
    """
    what = kind.__name__.lower()
    entries = _checked(value, dict, what)
    hints = _hints(kind)  # type: ignore[arg-type]
    unknown = sorted(set(entries) - set(hints))
    if unknown:
        raise ModelFileError(f"its {what} has an unknown entry {unknown[0]!r:.40}")
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        plain = field.default is dataclasses.MISSING
        if field.name not in entries and plain and field.default_factory is dataclasses.MISSING:
            raise ModelFileError(f"its {what} is incomplete: there is no {field.name}")
    return kind(**{k: decode(hints[k], v, f"{what}.{k}") for k, v in entries.items()})


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def decode(hint: Any, value: Any, what: str) -> Any:
    """A JSON value as what the annotation asks for; raises `ModelFileError` for anything else."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return _any(value, what)
    if origin is typing.Annotated:
        base, allowed = arguments
        found = decode(base, value, what)
        if found not in allowed:
            raise ModelFileError(f"{what}: {found!r:.40} is none of {', '.join(allowed)}")
        return found
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        (inner,) = (a for a in arguments if a is not type(None))
        return decode(inner, value, what)
    if origin is tuple:
        entries = _checked(value, list, what)
        if arguments[-1] is Ellipsis:
            return tuple(decode(arguments[0], v, what) for v in entries)
        if len(entries) != len(arguments):
            raise ModelFileError(f"{what}: {len(arguments)} entries are needed")
        return tuple(decode(a, v, what) for a, v in zip(arguments, entries, strict=True))
    if origin is Mapping or origin is dict or (origin and issubclass(origin, Mapping)):
        entries = _checked(value, dict, what)
        return {k: decode(arguments[1], v, what) for k, v in entries.items()}
    if hint is float:
        return _number(value, what)
    return _checked(value, hint, what)


def _number(value: Any, what: str) -> float:
    """A float, finite or written as an object."""
    if isinstance(value, dict) and set(value) == {"float"}:
        text = value["float"]
        if text not in ("inf", "-inf", "nan"):
            raise ModelFileError(f"{what}: {text!r:.40} is not a number")
        return float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelFileError(f"{what}: a number is needed, not {type(value).__name__}")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise ModelFileError(f"{what}: {value!r:.40} is too large")
    return value  # a whole number stays one, as it is where a float is annotated


def _any(value: Any, what: str, depth: int = 0) -> Any:
    """Any plain value, numbers that are not finite restored."""
    if depth > _DEEPEST:
        raise ModelFileError(f"{what}: it is nested too deeply")
    if isinstance(value, dict):
        if set(value) == {"float"}:
            return _number(value, what)
        return {k: _any(v, what, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_any(v, what, depth + 1) for v in value]
    return value


def _checked(value: Any, kind: Any, what: str) -> Any:
    """The value, if it is of this JSON type."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ModelFileError(f"{what}: {kind.__name__} is needed, not {type(value).__name__}")
    return value
