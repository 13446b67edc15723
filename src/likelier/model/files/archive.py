"""One file of named arrays and a JSON text that says what they mean, with a checksum over both.

The file is a safetensors file (a JSON header, then the bytes of the arrays); the text stands in
its header. The specification lists the name, type and shape of every array, so that whoever adds
arrays (the weights of a network, say) lists them and nothing here changes. Reading is done for a
file that anybody may have written: it constructs numbers, texts, lists and dicts, and runs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from likelier.errors import LikelierError, ModelFileError

FORMAT = "likelier model"
VERSION = 3
"""Of the specification. 1: the arrays were always the same three, and not listed. 2: a covariance
was always written out."""

_TYPES = {"float64": "F64", "float32": "F32", "int64": "I64", "int32": "I32", "bool": "BOOL"}
"""What safetensors calls the types of arrays that may be written."""

_ARRAYS_1 = ("coefficients", "infinite", "covariance")
_LARGEST = 1 << 30
_LONGEST_HEADER = 1 << 26

Arrays = Mapping[str, np.ndarray]


# ---------------------------------------------------------------------- writing


def pack(specification: Mapping[str, Any], arrays: Arrays) -> bytes:
    """The bytes of a file: the specification, with its version and a list of the arrays added."""
    arrays = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    whole = {"version": VERSION, **specification, "arrays": _listed(arrays)}
    return assemble(json.dumps(whole, ensure_ascii=True, allow_nan=False), arrays)


def assemble(text: str, arrays: Arrays) -> bytes:
    """A safetensors file of a specification and its arrays.

    Equal contents give equal bytes, which safetensors' own writer does not: it shuffles metadata.
    """
    metadata = {"format": FORMAT, "specification": text, "sha256": _digest(text, arrays)}
    header: dict[str, Any] = {"__metadata__": metadata}
    parts, start = [], 0
    for name, values in arrays.items():
        part = values.astype(values.dtype.newbyteorder("<")).tobytes()
        parts.append(part)
        offsets = [start, start := start + len(part)]
        kind = _TYPES[values.dtype.name]
        header[name] = {"dtype": kind, "shape": values.shape, "data_offsets": offsets}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    return b"".join([len(head).to_bytes(8, "little"), head, *parts])


def _listed(arrays: Arrays) -> dict[str, dict[str, Any]]:
    return {
        name: {"type": values.dtype.name, "shape": list(values.shape)}
        for name, values in arrays.items()
    }


def _digest(text: str, arrays: Arrays) -> str:
    """SHA-256 of a specification and its arrays, in their order there."""
    found = hashlib.sha256(text.encode())
    for name, values in arrays.items():
        found.update(f"{name}{values.shape}".encode())
        found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the target and move into place, so that an existing file stays whole.

    Raises `LikelierError` if the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise LikelierError(f"cannot write {path}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise LikelierError(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


# ---------------------------------------------------------------------- reading


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The specification and the arrays of a file that `pack` made, of this version or an older one.

    Raises `ModelFileError` if the file cannot be read, or is no such file to the last byte.
    """
    try:
        with open(path, "rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelFileError(f"cannot read model file {path}: {reason}") from error
    except (ValueError, TypeError) as error:
        raise ModelFileError(f"{path!r} is not the path of a model file: {error}") from error
    return unpack(content)


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The specification and the arrays in the bytes of a file; see `read`."""
    if len(content) > _LARGEST:
        raise ModelFileError(f"it has more than {_LARGEST:,} bytes")
    metadata = _metadata(content)
    text = metadata.get("specification")
    if metadata.get("format") != FORMAT or text is None:
        raise ModelFileError("it was not written by likelier")
    specification = _json(text, "its specification")
    version = specification.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ModelFileError("its specification has no version")
    if version > VERSION:
        writer = specification.get("written_by")
        raise ModelFileError(
            f"it has format version {version} (likelier {writer!r:.40}); this likelier reads up "
            f"to {VERSION}: upgrade likelier"
        )
    arrays = _arrays(content)
    listed = specification.get("arrays")
    if version == 1:
        names: tuple[str, ...] = _ARRAYS_1
        fits = all(values.dtype == np.float64 for values in arrays.values())
    else:
        names = tuple(listed) if isinstance(listed, dict) else ()
        fits = _listed(arrays) == listed
    if set(arrays) != set(names) or not fits:
        raise ModelFileError("it does not hold the arrays of a model")
    arrays = {name: arrays[name] for name in names}
    if _digest(text, arrays) != metadata.get("sha256"):
        raise ModelFileError("its checksum does not match: it was changed or damaged")
    return specification, arrays


def _metadata(content: bytes) -> dict[str, str]:
    """The text entries of a safetensors header."""
    if len(content) < 8:
        raise ModelFileError("it is truncated")
    length = int.from_bytes(content[:8], "little")
    if length > len(content) - 8:
        raise ModelFileError("it is truncated, or no model file at all")
    if length > _LONGEST_HEADER:
        raise ModelFileError(f"its header has {length:,} bytes; no model needs as many")
    found = _json(content[8 : 8 + length], "its header").get("__metadata__")
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ModelFileError("it was not written by likelier")
    return found


def _json(text: str | bytes, what: str) -> dict[str, Any]:
    """A JSON object, without the constants that JSON does not have."""
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{what} is not JSON that can be read") from error
    if not isinstance(found, dict):
        raise ModelFileError(f"{what} is not a JSON object")
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file, each a copy that can be written to."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        arrays = from_bytes(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"its arrays are damaged ({error})") from error
    return {name: np.array(values) for name, values in arrays.items()}
