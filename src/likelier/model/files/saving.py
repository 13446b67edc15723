"""Writing a fit: what it knows, as arrays and plain JSON; no code, no pickle, no training rows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from likelier.distributions import Distribution, from_text
from likelier.errors import LikelierError
from likelier.model.files.archive import pack, write_whole
from likelier.model.files.covariances import covariance_arrays
from likelier.model.files.plain import encode, encode_record
from likelier.predictors import NetworkSpec

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

PREDICTOR = "linear"
"""The predictor of files that do not say which they have."""


def save(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Write a fit to a file, whole or not at all.

    Raises `LikelierError` if the fit has a function, a family or a link of one's own, which a file
    cannot carry, or if the file cannot be written.
    """
    if fit.predictor.kind is None:
        raise LikelierError(
            f"the {type(fit.predictor).__name__} of this fit is code of your own, and a model file "
            "carries no code; keep the code, and the estimates as a table: fit.params"
        )
    if not _is_named(fit.distribution):
        raise LikelierError(
            f"the family {fit.distribution.text()!r} of this fit is code of your own, and a model "
            "file carries no code; keep the code, and the estimates as a table: fit.params"
        )
    specification = _specification(fit)
    if isinstance(fit.predictor, NetworkSpec):
        from likelier.model.files.networks import network_parts

        specification["network"], arrays = network_parts(fit.predictor, fit.estimate)
    else:
        estimate = fit.estimate
        specification["labels"] = encode(estimate.labels)
        arrays = {
            "coefficients": np.asarray(estimate.coefficients, dtype=np.float64),
            "infinite": np.asarray(estimate.infinite, dtype=np.float64),
            **covariance_arrays(estimate.covariance),
        }
    write_whole(Path(path), pack(specification, arrays))


def _is_named(family: type[Distribution]) -> bool:
    """Whether the text of a family, which is what a file holds of it, leads back to it."""
    try:
        return from_text(family.text()) is family
    except LikelierError:
        return False


def _specification(fit: Fit) -> dict[str, Any]:
    import likelier

    for name, link in fit.linked.link_names.items():
        # A link that was adapted to the data carries its number, as `tan_half(1.25)`.
        if link.split("(")[0] not in fit.distribution.parameters_declared[name].domain.links:
            raise LikelierError(
                f"the link of {name} is one of your own, which a model file cannot carry; save "
                "works with the links that likelier names"
            )
    return {
        "written_by": likelier.__version__,
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__},
        "distribution": fit.distribution.text(),
        "links": fit.linked.link_names,
        "sizes": fit.linked.sizes,
        "recipe": fit.recipe.to_json(),
        "predictor": fit.predictor.kind,
        "facts": encode_record(fit.facts),
        "diagnoses": [encode_record(d) for d in fit.diagnoses],
        "recalibration": _recalibration(fit),
    }


def _recalibration(fit: Fit) -> dict[str, Any] | None:
    found = fit.recalibration
    if found is None:
        return None
    return {
        "of": found.calibrator.of,
        "method": found.method,
        "calibrator": encode_record(found.calibrator),
        "n_rows": found.n_rows,
    }
