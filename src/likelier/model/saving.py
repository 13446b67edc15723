"""Writing a fit: arrays and a JSON specification in one file, and nothing else.

The file is a safetensors file: the arrays, and in its metadata one JSON text that says what they
mean, with a SHA-256 over both. It holds no code, no pickle and no training rows.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.errors import LikelierError

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

FORMAT = "likelier model"
VERSION = 1
ARRAYS = ("coefficients", "infinite", "covariance")


def save(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Write a fit to a file, whole or not at all.

    Raises `LikelierError` if the fit has a link of one's own, which a file cannot carry, or if the
    file cannot be written.
    """
    from safetensors.numpy import save as to_bytes

    arrays = {
        "coefficients": np.ascontiguousarray(fit.estimate.coefficients, dtype=np.float64),
        "infinite": np.ascontiguousarray(fit.estimate.infinite, dtype=np.float64),
        "covariance": np.ascontiguousarray(fit.estimate.covariance, dtype=np.float64),
    }
    text = json.dumps(_specification(fit), ensure_ascii=True, allow_nan=False)
    metadata = {"format": FORMAT, "specification": text, "sha256": digest(text, arrays)}
    write_whole(Path(path), to_bytes(arrays, metadata))


def _specification(fit: Fit) -> dict[str, Any]:
    import likelier

    for name, link in fit.linked.link_names.items():
        # A link that was adapted to the data carries its number, as `tan_half(1.25)`.
        if link.split("(")[0] not in fit.distribution.parameters_declared[name].domain.links:
            raise LikelierError(
                f"the link of {name} is one of your own, which a model file cannot carry; save "
                "works with the links that likelier names"
            )
    facts = {**asdict(fit.facts), "levels": _plain(fit.facts.levels)}
    return {
        "version": VERSION,
        "written_by": likelier.__version__,
        "distribution": fit.distribution.text(),
        "links": fit.linked.link_names,
        "sizes": fit.linked.sizes,
        "recipe": fit.recipe.to_json(),
        "labels": [list(label) for label in fit.estimate.labels],
        "facts": _plain(facts),
        "diagnoses": [_plain(asdict(d)) for d in fit.diagnoses],
    }


def _plain(value: Any) -> Any:
    """Plain JSON: numbers of NumPy become Python's, tuples lists, what is not finite text."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def digest(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of a specification and its arrays."""
    found = hashlib.sha256(text.encode())
    for name in ARRAYS:
        found.update(f"{name}{arrays[name].shape}".encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
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
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise LikelierError(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
