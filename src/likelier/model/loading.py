"""Reading a model file back, with every check: what is not exactly ours is refused.

Reading constructs nothing by name but families of the catalogue, and runs nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from likelier.data import Recipe
from likelier.diagnosis import Diagnosis
from likelier.distributions import Linked, from_text
from likelier.errors import LikelierError, ModelFileError
from likelier.model.fitted import Estimate, Facts, Fit
from likelier.model.saving import ARRAYS, FORMAT, VERSION, digest

_LARGEST = 1 << 30


def load(path: str | os.PathLike[str]) -> Fit:
    """Read a fit that `Fit.save` wrote; it predicts as before, to the last bit.

    A loaded fit has its estimates, standard errors and diagnoses, but no rows: what needs the
    training data (profiles, residuals) asks for a new fit.

    Args:
        path: of the file.

    Raises:
        ModelFileError: the file is missing, truncated, corrupted, foreign, or of a later version.

    Example:
        >>> import likelier as lk, tempfile, pathlib
        >>> fit = lk.fit("y ~ x", {"y": [1.0, 2.0, 4.0, 3.0], "x": [0.0, 1.0, 2.0, 3.0]}, "normal")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     fit.save(pathlib.Path(folder) / "model.lkl")
        ...     again = lk.load(pathlib.Path(folder) / "model.lkl")
        >>> float(again.predict({"x": [4.0]}).mean[0]) == float(fit.predict({"x": [4.0]}).mean[0])
        True
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelFileError(f"cannot read model file {path}: {reason}") from error
    try:
        return _parse(content)
    except ModelFileError as error:
        raise ModelFileError(f"{path} is not a usable model file: {error}") from error


def _parse(content: bytes) -> Fit:
    """A fit from the bytes of a file; every fault becomes a `ModelFileError`."""
    if len(content) > _LARGEST:
        raise ModelFileError(f"it has {len(content):,} bytes; model files are far smaller")
    metadata = _metadata(content)
    if metadata.get("format") != FORMAT:
        raise ModelFileError("it was not written by likelier")
    text = metadata.get("specification", "")
    arrays = _arrays(content)
    if digest(text, arrays) != metadata.get("sha256"):
        raise ModelFileError("its checksum does not match: it was changed or damaged")
    try:
        specification = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError("its specification is not JSON") from error
    if not isinstance(specification, dict):
        raise ModelFileError("its specification is not an object")
    version = specification.get("version")
    if not isinstance(version, int) or version > VERSION:
        writer = specification.get("written_by")
        raise ModelFileError(
            f"it has format version {version!r} (likelier {writer}); this likelier reads up to "
            f"{VERSION}: upgrade likelier"
        )
    try:
        return _assemble(specification, arrays)
    except LikelierError as error:
        raise ModelFileError(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ModelFileError(f"its specification is incomplete ({error!r})") from error


def _metadata(content: bytes) -> dict[str, str]:
    """The text entries of a safetensors header."""
    if len(content) < 8:
        raise ModelFileError("it is truncated")
    length = int.from_bytes(content[:8], "little")
    if length > len(content) - 8:
        raise ModelFileError("it is truncated, or no model file at all")
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise ModelFileError("its header is not readable") from error
    found = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ModelFileError("it was not written by likelier")
    return found


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        arrays = from_bytes(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"its arrays are damaged ({error})") from error
    if set(arrays) != set(ARRAYS) or any(a.dtype != np.float64 for a in arrays.values()):
        raise ModelFileError("it does not hold the arrays of a model")
    return arrays


def _assemble(specification: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Fit:
    family = from_text(_typed(specification["distribution"], str))
    linked = Linked(
        family,
        _typed(specification["links"], dict),
        {str(k): _typed(v, int) for k, v in _typed(specification["sizes"], dict).items()},
    )
    labels = tuple((str(a), str(b), str(c)) for a, b, c in _typed(specification["labels"], list))
    size = len(labels)
    shapes = {"coefficients": (size,), "infinite": (size,), "covariance": (size, size)}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ModelFileError(f"array {name} has shape {arrays[name].shape}, not {shape}")
    if not np.all(np.isfinite(arrays["coefficients"])):
        raise ModelFileError("it holds coefficients that are not finite")
    recipe = Recipe.from_json(specification["recipe"])
    if set(recipe.parameters) != set(family.parameter_names):
        raise ModelFileError("its formulas are not those of its distribution")
    facts = _lively(_typed(specification["facts"], dict))
    facts["levels"] = None if facts["levels"] is None else tuple(facts["levels"])
    facts["terms"] = tuple(tuple(term) for term in facts.get("terms", ()))
    diagnoses = [_lively(_typed(d, dict)) for d in _typed(specification["diagnoses"], list)]
    return Fit(
        linked=linked,
        recipe=recipe,
        estimate=Estimate(labels, *(np.array(arrays[name]) for name in ARRAYS)),
        facts=Facts(**facts),
        diagnoses=tuple(Diagnosis(**{**d, "where": tuple(d["where"])}) for d in diagnoses),
    )


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ModelFileError(f"its specification holds {type(value).__name__}, not {kind.__name__}")
    return value


def _lively(value: Any) -> Any:
    """The inverse of `_plain` for numbers that are not finite."""
    if isinstance(value, dict):
        if set(value) == {"float"}:
            return float(value["float"])
        return {k: _lively(v) for k, v in value.items()}
    return [_lively(v) for v in value] if isinstance(value, list) else value
