"""Whether the rows of a fit are read into memory, or stay where they are."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from likelier.data import Pieces, list_roles, pieces_of_files, pieces_of_table, read_table
from likelier.distributions import Distribution
from likelier.engines import Engine, Stream
from likelier.errors import LikelierError
from likelier.model.fitted import Fit
from likelier.model.streaming.memory import fits_in_memory
from likelier.model.streaming.streaming import fit_pieces
from likelier.objective import NLL, Objective
from likelier.predictors import PredictorSpec

_DOT = re.compile(r"(?<![\w.`)])\.(?![\w.])")
_FEW = 1e7
"""Bytes of files that are read into memory without a question."""


def pieces_to_read(
    formula: Any, data: Any, family: type[Distribution], engine: Engine | None
) -> Pieces | None:
    """The pieces of data whose rows stay where they are; None where they are read into memory."""
    apart = engine is not None and engine.apart
    path = isinstance(data, str) or hasattr(data, "__fspath__")
    if not apart and (not path or not isinstance(formula, str | Mapping) or _is_small(data)):
        return None
    if not isinstance(formula, str | Mapping):
        raise LikelierError(
            f"{type(engine).__name__} takes a formula and a table or files whose columns it names"
        )
    if not path:
        if engine is None or engine.parts is None:
            return None
        table = read_table(data)
        return pieces_of_table(table, _mentioned(formula, table.names), engine.parts)
    pieces = pieces_of_files(data)
    if pieces is None:
        if apart:
            raise LikelierError(
                f"{data}: files that are read piece by piece end in .parquet, or it is one .csv"
            )
        return None
    if apart or not fits_in_memory(pieces, len(_mentioned(formula, pieces.names))):
        return pieces
    return None


def fit_apart(
    formula: Any,
    pieces: Pieces,
    family: type[Distribution],
    given: Mapping[str, Any],
    *,
    engine: Engine | None,
    objective: Any,
    predictor: PredictorSpec | None,
    **options: Any,
) -> Fit:
    """The fit of rows that stay where they are.

    Args:
        formula, family, engine, …: as `fit` takes them.
        pieces: the rows.
        given: weights, offset, exposure and groups, as `fit` takes them.
    """
    if given["groups"] is not None:
        raise LikelierError(
            "groups are for rows in memory, and these are read piece by piece; leave them out"
        )
    target_first = (family.main, *(n for n in family.parameter_names if n != family.main))
    extra = {name: name for name in family.names("data")}
    return fit_pieces(
        formula,
        pieces,
        family,
        engine or Stream(),
        objective=Objective.of(NLL() if objective is None else objective),
        predictor=predictor,
        roles=list_roles(target_first, **given, extra=extra),
        **options,
    )


def _mentioned(formula: str | Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The columns whose names stand in the formulas; all of them where a formula has a dot."""
    text = formula if isinstance(formula, str) else " ".join(formula.values())
    if _DOT.search(text):
        return list(names)
    return [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def _is_small(path: Any) -> bool:
    """Whether a path is that of one file too small to ask about."""
    try:
        return os.path.getsize(path) < _FEW
    except OSError:
        return False
