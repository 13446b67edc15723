"""Reading a model file back, with every check: what is not exactly ours is refused.

Reading constructs nothing by name but families of the catalogue, and runs nothing.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier.data import Recipe
from likelier.diagnosis import Diagnosed, Diagnosis
from likelier.distributions import Linked, from_text
from likelier.errors import LikelierError, ModelFileError
from likelier.model.files.archive import Arrays, read
from likelier.model.files.covariances import checked, covariance_names, covariance_of
from likelier.model.files.plain import decode, decode_record
from likelier.model.files.saving import PREDICTOR
from likelier.model.fitted import Estimate, Facts, Fit
from likelier.model.fitting.problem import Label, matrices_of
from likelier.model.records import Recalibration
from likelier.predictors import Linear, PredictorSpec

_KINDS = (PREDICTOR, "network")
"""Kinds of predictors that files may have."""


def load(path: str | os.PathLike[str]) -> Fit:
    """Read a fit that `Fit.save` wrote; it predicts as before, to the last bit.

    A loaded fit has its estimates, standard errors and diagnoses, but no rows: what needs the
    training data (profiles, residuals) asks for them with `Fit.on`. Files of every earlier version
    of likelier are read.

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
        specification, arrays = read(path)
        return fit_of(specification, arrays)
    except ModelFileError as error:
        if str(error).startswith("cannot read"):
            raise
        raise ModelFileError(f"{path} is not a usable model file: {error}") from error


def fit_of(specification: Mapping[str, Any], arrays: Arrays) -> Fit:
    """The fit that a specification and its arrays describe.

    Raises `ModelFileError` unless every entry is there, of the right type, and fits the others.
    """
    try:
        return _assemble(_of_today(specification), arrays)
    except ModelFileError:
        raise
    except LikelierError as error:
        raise ModelFileError(str(error)) from error
    except KeyError as error:
        raise ModelFileError(f"its specification is incomplete: there is no {error}") from error


def _of_today(specification: Mapping[str, Any]) -> Mapping[str, Any]:
    """A specification of an earlier version as the same of this one."""
    if specification["version"] == 1:
        return {"predictor": PREDICTOR, **specification}
    return specification


def _assemble(specification: Mapping[str, Any], arrays: Arrays) -> Fit:
    kind = specification["predictor"]
    if kind not in _KINDS:
        raise ModelFileError(
            f"it has a predictor of kind {kind!r:.40}; this likelier reads "
            f"{' and '.join(map(repr, _KINDS))}"
        )
    family = from_text(decode(str, specification["distribution"], "distribution"))
    links = decode(dict[str, str], specification["links"], "links")
    sizes = decode(dict[str, int], specification["sizes"], "sizes")
    labels: tuple[Label, ...] = ()
    limit = len(arrays.get("start", ()))
    if kind == PREDICTOR:
        labels = decode(tuple[tuple[str, str, str], ...], specification["labels"], "labels")
        limit = len(labels)
    _check_sizes(family, sizes, links, limit)
    linked = Linked(family, links, sizes)
    recipe = Recipe.from_json(specification["recipe"])
    if set(recipe.parameters) != set(family.parameter_names):
        raise ModelFileError("its formulas are not those of its distribution")
    predictor: PredictorSpec
    if kind == PREDICTOR:
        _check_labels(labels, linked, links, recipe)
        predictor, estimate = Linear(), _estimate(labels, arrays)
    else:
        from likelier.model.files.networks import network_of

        predictor, estimate = network_of(specification["network"], arrays, linked, recipe)
    facts = decode_record(Facts, specification["facts"])
    diagnoses = decode(tuple[Any, ...], specification["diagnoses"], "diagnoses")
    return Fit(
        linked=predictor.pooled(linked),
        recipe=recipe,
        estimate=estimate,
        facts=_checked_facts(facts, linked, len(estimate.labels)),
        predictor=predictor,
        diagnosed=Diagnosed(decode_record(Diagnosis, found) for found in diagnoses),
        recalibration=_recalibration(specification.get("recalibration")),
    )


def _recalibration(value: Any) -> Recalibration | None:
    if value is None:
        return None
    from likelier.assessment.recalibration import kinds

    entries = decode(dict[str, Any], value, "recalibration")
    method = decode(str, entries["method"], "recalibration.method")
    known = kinds(decode(str, entries["of"], "recalibration.of"))
    if method not in known:
        raise ModelFileError(f"it has a recalibration {method!r:.40} that this likelier lacks")
    made = decode_record(known[method], entries["calibrator"])
    if not made.sound():
        raise ModelFileError("its recalibration holds numbers that cannot be")
    return Recalibration(method, made, decode(int, entries["n_rows"], "recalibration.n_rows"))


def _check_sizes(
    family: Any, sizes: Mapping[str, int], links: Mapping[str, str], limit: int
) -> None:
    """Refuse sizes before anything is made of them."""
    names = set(family.parameter_names)
    if set(links) != names or not set(sizes) <= set(family.parameters_declared):
        raise ModelFileError("its links are not those of its distribution")
    if any(not 1 <= size <= limit + 1 for size in sizes.values()):
        raise ModelFileError("its sizes do not fit its coefficients")


def _check_labels(
    labels: tuple[Label, ...], linked: Linked, links: Mapping[str, str], recipe: Recipe
) -> None:
    """Refuse coefficients that are not those of the formulas, slot by slot, in their order."""
    matrices = matrices_of(recipe.design_of_no_rows(), linked.family)
    expected = [
        (name, term)
        for name, slots in linked.slots.items()
        for _ in range(slots.start, slots.stop)
        for term in matrices[name].coefficient_names
    ]
    if expected != [(name, term) for name, _, term in labels]:
        raise ModelFileError("its coefficients are not those of its formulas")
    for name, slots in linked.slots.items():
        vector = linked.family.parameters_declared[name].domain.event_dims > 0
        numbers = range(1, slots.stop - slots.start + 1)
        counted = [str(i) for i in numbers for _ in matrices[name].coefficient_names]
        found = [slot for parameter, slot, _ in labels if parameter == name]
        # Entries are named after classes or numbered; where each has a number of its own in the
        # link, they are numbered.
        named = vector and "(" not in links[name]
        if not named and found != (counted if vector else [""] * len(found)):
            raise ModelFileError("its coefficients are not those of its parameters")


def _estimate(labels: tuple[Label, ...], arrays: Arrays) -> Estimate:
    size = len(labels)
    if set(arrays) != {"coefficients", "infinite", *covariance_names(arrays)}:
        raise ModelFileError("it does not hold the arrays of a linear predictor")
    coefficients = checked(arrays, "coefficients", np.float64, (size,))
    infinite = checked(arrays, "infinite", np.float64, (size,))
    if not np.all(np.isfinite(coefficients)):
        raise ModelFileError("it holds coefficients that are not finite")
    covariance = covariance_of(arrays, size)
    if not np.all(np.isin(infinite, (-1, 0, 1))):
        raise ModelFileError("it holds a covariance that is none")
    return Estimate(labels, coefficients, infinite, covariance)


def _checked_facts(facts: Facts, linked: Linked, size: int) -> Facts:
    """The facts, if they can be true of a fit of this size."""
    if not (
        facts.n_rows >= 0
        and 0 < facts.n_observations < math.inf
        and facts.n_dropped >= 0
        and 0 <= facts.degrees_of_freedom <= size
        and set(facts.formulas) == set(linked.slots)
        and len({len(column) for column in facts.history.values()}) <= 1
    ):
        raise ModelFileError("its facts contradict each other")
    return facts
