"""`compare`: which model explains the target best, by held-out likelihood."""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from likelier.assessment import Assessment
from likelier.assessment.outcomes import outcomes
from likelier.assessment.rows import of_rows
from likelier.data import Design, read_table
from likelier.distributions import Distribution
from likelier.errors import DataError, LikelierError
from likelier.model.contest.candidates import Candidate, candidates, read_candidates
from likelier.model.contest.comparison import Comparison, Contestant
from likelier.model.fitted import Fit
from likelier.model.fitting.estimation import fit_design, make_design, read_once
from likelier.model.fitting.problem import target_values
from likelier.model.fitting.targets import as_target_of, check_support, for_censored
from likelier.model.names import target_name
from likelier.model.splits import Split, given_splits, k_folds, time_ordered

Array = Any


def compare(
    formula: Any,
    data: Any,
    distributions: str | Sequence[Any] = "auto",
    *,
    folds: Any = 5,
    time: Any = None,
    links: Mapping[str, Any] | None = None,
    weights: Any = None,
    weight_type: str = "frequency",
    offset: Any = None,
    exposure: Any = None,
    groups: Any = None,
    missing: str = "raise",
    names: Sequence[str] | None = None,
    intercept: bool = True,
    seed: int = 0,
    objective: Any = None,
    predictor: Any = None,
    solver: Any = None,
    engine: Any = None,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Comparison:
    """Compare models of one target by K-fold held-out negative log-likelihood.

    Every candidate is fitted to K − 1 folds and scored on the rest; differences are paired by
    rows, which gives them a standard error.

    Args:
        formula, data, links, weights, weight_type, offset, exposure, groups, missing, names,
            intercept, objective, predictor, solver, engine: as in `fit`, for all candidates.
        distributions: candidates: families or their names; pairs of a name and a family; or dicts
            of what a candidate does otherwise (`distribution`, `formula`, `links`, `objective`,
            `predictor`, `solver`, `engine`), with a `name` or as `("name", {...})`. "auto" for
            the families that suit the kind of the target.
        folds: K, 2 or more; rows of one group, if there are groups, stay in one fold. Or a list of
            pairs of positions, rows to fit and rows to hold out.
        time: column name or (n,) array: folds are then blocks in the order of time, each held out
            from fits to all that came before it.
        seed: of the folds.
        workers: how many fits run at the same time, in threads, with the same result. Two took
            0.4 to 0.9 of the time of one (six families of counts, five folds, 20,000 rows, two
            busy cores): much of so small a fit is Python, which threads run in turn. One is the
            default, for what a user wrote in a predictor need not bear threads.
        progress: called before each fit with what is fitted, the number of fits done, and of all.

    Warns:
        UserWarning: candidates whose likelihoods cannot be held against each other: densities
            and probability masses, or a transformed target. Those unlike the first are shown, and
            take no part.

    Raises:
        LikelierError: fewer than two folds, no candidate, or an option that there is not.

    Source: Gneiting and Raftery (2007), doi:10.1198/016214506000001437; Bergmeir and Benítez
    (2012), doi:10.1016/j.ins.2011.12.028, on the order of time.

    Example:
        >>> import likelier as lk
        >>> visits = lk.datasets.load("randhie").head(500)
        >>> contest = lk.compare("mdvis ~ disea", visits, ["poisson", "negative_binomial"])
        >>> contest.verdict
        'negative_binomial explains held-out rows best, clearly.'
        >>> rich = ("with health", {"distribution": "poisson", "formula": "mdvis ~ disea + hlthg"})
        >>> [c.name for c in lk.compare("mdvis ~ disea", visits, ["poisson", rich]).contestants]
        ['poisson', 'with health']
    """
    options = {
        "weights": weights,
        "offset": offset,
        "exposure": exposure,
        "groups": groups,
        "missing": missing,
        "names": names,
        "intercept": intercept,
    }
    times = _times(data, time)
    data = read_once(formula, data)
    if isinstance(distributions, str):
        if distributions != "auto":
            raise LikelierError('distributions is a list of families, or "auto"')
        distributions = candidates(formula, data, predictor=predictor, **options)
    field = read_candidates(distributions, formula)
    shared = {
        "links": links,
        "objective": objective,
        "predictor": predictor,
        "solver": solver,
        "engine": engine,
    }
    entries = []
    for candidate in field:
        settings = {**shared, "weight_type": weight_type, **candidate.settings}
        design = make_design(
            candidate.formula, data, candidate.family, predictor=settings["predictor"], **options
        )
        entries.append(_Entry(candidate, design, settings))
    entries = _common_rows(entries)
    first = entries[0].design
    splits, said = _splits(first, folds, times, seed)
    apart = _apart(entries)
    counts = first.weights if weight_type == "frequency" else None
    begin = _reporter(progress, len(entries) * (len(splits) + 1))
    contestants = _run_all(entries, splits, counts, workers, begin)
    contestants = [replace(c, apart=why) for c, why in zip(contestants, apart, strict=True)]
    if all(c.fit is None for c in contestants if not c.apart):
        failed = contestants[0].error
        assert failed is not None
        others = f" (and {len(contestants) - 1} more failed)" if len(contestants) > 1 else ""
        raise type(failed)(
            f"{contestants[0].name} could not be fitted{others}: {failed}"
        ) from failed
    order = sorted(contestants, key=lambda c: (bool(c.apart), c.mean_nll))
    return Comparison(tuple(order), len(splits), counts, said)


@dataclass(frozen=True, eq=False)
class _Entry:
    """A candidate with its rows and its settings."""

    candidate: Candidate
    design: Design
    settings: Mapping[str, Any]


def _common_rows(entries: list[_Entry]) -> list[_Entry]:
    """Entries on the rows that all of them can use: differences are paired by rows."""
    places = [_places(entry.design) for entry in entries]
    common = places[0]
    for own in places[1:]:
        common = np.intersect1d(common, own, assume_unique=True)
    if len(common) == 0:
        raise DataError("no row has a value in every column that the candidates read")
    return [
        entry
        if len(own) == len(common)
        else replace(entry, design=entry.design.take(np.flatnonzero(np.isin(own, common))))
        for entry, own in zip(entries, places, strict=True)
    ]


def _places(design: Design) -> Array:
    """Positions of a design's rows in the table."""
    return np.arange(design.n) if design.rows is None else np.asarray(design.rows)


def _times(data: Any, time: Any) -> Array | None:
    """The times of the rows of a table, numbers or dates, as they came."""
    if time is None:
        return None
    import pandas as pd

    if isinstance(time, str):
        held = hasattr(data, "__getitem__") and not isinstance(data, str)
        found = np.asarray(data[time]) if held and time in data else None
        time = read_table(data).column(time).data if found is None else found
    values = np.asarray(time)
    missing = np.asarray(pd.isna(values))
    if missing.any():
        row = int(missing.argmax()) + 1
        raise DataError(f"the time of row {row} is missing, and a row without one has no order")
    return values


def _splits(design: Design, folds: Any, times: Array | None, seed: int) -> tuple[list[Split], str]:
    """What is fitted and what is held out, and how in words."""
    if times is not None:
        if len(times) != design.n:
            times = times[_places(design)]
        return time_ordered(times, folds), f"{folds} blocks in the order of time"
    if isinstance(folds, Sequence):
        found = given_splits(folds, design.n)
        return found, f"{len(found)} splits"
    grouped = " of whole groups" if design.groups is not None else ""
    return k_folds(design, folds, seed), f"{folds} folds{grouped}"


def _apart(entries: list[_Entry]) -> list[str]:
    """Why each candidate's likelihood cannot be held against the first one's, or "".

    Warns where some cannot.
    """
    first, reasons = entries[0], []
    for entry in entries:
        own, theirs = (_measured(e.design) for e in (entry, first))
        if entry.candidate.family.discrete != first.candidate.family.discrete:
            mass = "a probability" if entry.candidate.family.discrete else "a density"
            other = "probabilities" if first.candidate.family.discrete else "densities"
            reasons.append(f"its likelihood is {mass}, and the others are {other}")
        elif own != theirs:
            reasons.append(
                f"its density is of {own}, not of {theirs}, and lacks the Jacobian of the transform"
            )
        else:
            reasons.append("")
    odd = [(e.candidate.name, why) for e, why in zip(entries, reasons, strict=True) if why]
    if odd:
        listed = "; ".join(f"{name}: {why}" for name, why in odd)
        warnings.warn(
            f"candidates that cannot be compared with {first.candidate.name} take no part "
            f"({listed}). A family of the target itself can, such as log_normal for the logarithm",
            UserWarning,
            stacklevel=3,
        )
    return reasons


def _measured(design: Design) -> str:
    """What the likelihood is a density, or a probability, of."""
    assert design.target is not None
    return design.target.name


def _reporter(
    progress: Callable[[str, int, int], None] | None, total: int
) -> Callable[[str, str], None]:
    """What each fit calls before it begins."""
    done, lock = [0], threading.Lock()

    def begin(name: str, part: str) -> None:
        with lock:
            if progress is not None:
                progress(f"{name}, {part}", done[0], total)
            done[0] += 1

    return begin


def _run_all(
    entries: list[_Entry],
    splits: list[Split],
    counts: Array | None,
    workers: int,
    begin: Callable[[str, str], None],
) -> list[Contestant]:
    """Every candidate on all rows and on every split, some of these fits at the same time."""
    if workers < 1:
        raise LikelierError(f"workers is 1 or more; given: {workers}")
    pool = ThreadPoolExecutor(workers) if workers > 1 else None
    try:
        running = [_run(entry, splits, counts, pool, begin) for entry in entries]
        return [finish() for finish in running]
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _run(
    entry: _Entry,
    splits: list[Split],
    counts: Array | None,
    pool: ThreadPoolExecutor | None,
    begin: Callable[[str, str], None],
) -> Callable[[], Contestant]:
    """Start the fits of one candidate; what is handed back waits for them."""
    name, settings = entry.candidate.name, entry.settings
    family = for_censored(entry.design, entry.candidate.family)

    def whole() -> tuple[Design, Fit]:
        begin(name, "all rows")
        design = as_target_of(entry.design, family)
        check_support(design, family)
        return design, fit_design(design, family, **settings)

    def part(k: int) -> tuple[Distribution, Any]:
        begin(name, f"fold {k + 1} of {len(splits)}")
        fitted, held = splits[k]
        design = as_target_of(entry.design, family)
        made = fit_design(design.take(fitted), family, **settings)
        test = design.take(held)
        return made._distribution(test), target_values(test, made.distribution)

    failed = Contestant(name, None, np.full(entry.design.n, np.nan))

    def collected(first: Callable[[], Any], others: list[Callable[[], Any]]) -> Contestant:
        try:
            design, fit = first()
            return _contestant(name, design, fit, splits, [other() for other in others], counts)
        except LikelierError as error:
            return replace(failed, error=error)

    if pool is None:
        done = collected(whole, [lambda k=k: part(k) for k in range(len(splits))])  # type: ignore[misc]
        return lambda: done
    first = pool.submit(whole)
    others = [pool.submit(part, k) for k in range(len(splits))]
    return lambda: collected(first.result, [other.result for other in others])


def _contestant(
    name: str,
    design: Design,
    fit: Fit,
    splits: list[Split],
    parts: list[tuple[Distribution, Any]],
    counts: Array | None,
) -> Contestant:
    """A candidate from its fits: the NLL of each held-out row, and the predictions together."""
    nll = np.full(design.n, np.nan)
    for (_, held), (prediction, y) in zip(splits, parts, strict=True):
        nll[held] = prediction.nll(y)
    rows = np.concatenate([held for _, held in splits])
    weights = None if counts is None else counts[rows]
    mean = float(np.average(nll[rows], weights=weights))

    def assessment() -> Assessment:
        # In the order of the table, whatever the folds.
        order = np.argsort(rows, kind="stable")
        joined = _joined(
            [of_rows(d, len(held)) for (d, _), (_, held) in zip(parts, splits, strict=True)]
        )
        y = target_values(design, fit.distribution)[rows[order]]
        return Assessment(
            outcomes(joined[order], y),
            None if weights is None else weights[order],
            which="held-out rows",
            target=target_name(fit),
            levels=fit.facts.levels,
        )

    return Contestant(name, fit, nll, assessment, mean if math.isfinite(mean) else math.inf)


def _joined(parts: list[Distribution]) -> Distribution:
    """The distributions of several parts of the rows, one after the other."""
    values = {
        name: np.concatenate([part.parameters[name] for part in parts]) for name in parts[0].given
    }
    return type(parts[0])._of(np, values)
