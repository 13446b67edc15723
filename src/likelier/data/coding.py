"""Terms become columns: factors are coded, multiplied, and kept of full rank.

The rule of full rank is the one that R, patsy and formulaic share: a categorical factor loses a
column exactly where its term would otherwise repeat what earlier terms already span. A term such
as a:b of two categorical factors spans 1 + a- + b- + a-:b-, where a- is a coded without its first
level; what earlier terms span is struck out, and the rest is joined again by the rule
"anything:a- + anything = anything:a" (N. J. Smith, patsy's documentation, "How formulas work").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np

from likelier.data._base import Matrix
from likelier.data.columns import Column, Labels, count_rows, show
from likelier.data.contrasts import Contrast
from likelier.data.evaluation import evaluate, label_column
from likelier.data.expressions import Expression, quote
from likelier.data.formula import Formula, factor_name, term_name
from likelier.data.split import Indicators, SplitMatrix
from likelier.errors import DataError, FormulaError

__all__ = ["CodedFactor", "code_factor", "encode_levels", "make_matrix"]

_MAX_CROSSED = 10
_MAX_COLUMNS = 100_000
_MANY_LEVELS = 64
"""From so many columns on a factor is kept as codes: below, BLAS multiplies its columns faster."""
_MANY_CELLS = 1_000_000
"""Factors and columns of fewer cells are written out."""


@dataclass(frozen=True, eq=False)
class CodedFactor:
    """A factor ready to be multiplied into columns.

    Attributes:
        full: names of its columns.
        reduced: names of its columns where a constant is spanned already.
        column: (position, reduced?) -> (n,) values.
        spans_intercept: whether the full columns span a constant.
        state: what prediction needs to know, as plain JSON.
        codes: reduced? -> (n,) which of its columns holds the 1 of each row, and their number where
            none does; None where columns are no indicators of levels.
    """

    full: tuple[str, ...]
    reduced: tuple[str, ...]
    column: Callable[[int, bool], np.ndarray]
    spans_intercept: bool
    state: dict[str, Any]
    codes: Callable[[bool], np.ndarray] | None = None


def code_factor(
    expression: Expression,
    column: Callable[[str], Column],
    n: int,
    state: Mapping[str, Any] | None,
) -> CodedFactor:
    """Code one factor; `state` None means that its levels, knots and means are learnt here."""
    labelled = expression.categorical is not None
    if not labelled and expression.column is not None:
        plain = column(expression.column) if state is None else None
        labelled = "levels" in (state or ()) if plain is None else not plain.is_number
    if labelled:
        return _code_labels(expression, label_column(expression, column, n), state)
    calls: dict[str, Any] = {} if state is None else dict(state["calls"])
    basis = evaluate(expression, column, n, calls, learn=state is None)
    names = tuple(f"{expression.text}[{x}]" if x else expression.text for x in basis.labels)
    skip = int(basis.spans_intercept)
    return CodedFactor(
        names,
        names[skip:],
        lambda j, reduced: basis.columns[j + skip * reduced],
        basis.spans_intercept,
        {"calls": calls},
    )


def _code_labels(
    expression: Expression, column: Column, state: Mapping[str, Any] | None
) -> CodedFactor:
    """Code a categorical factor."""
    asked = expression.categorical
    if state is not None:
        levels = tuple(state["levels"])
        codes = encode_levels(column, levels, "the fit never saw")
    elif asked is not None and asked.levels is not None:
        levels = asked.levels
        codes = encode_levels(column, levels, "levels=[...] does not list")
    else:
        found = column.labels()
        if asked is None:
            check_text(column, found)
        codes, levels = found.codes, found.levels
    contrast = Contrast() if asked is None else asked.contrast
    suffixes, matrix, kept = contrast.reduced(levels, expression.text)

    def values(j: int, reduced: bool) -> np.ndarray:
        if not reduced:
            return codes == j
        return codes == kept[j] if matrix is None else matrix[codes, j]

    def places(reduced: bool) -> np.ndarray:
        if not reduced:
            return codes.astype(np.int32)
        place = np.full(len(levels), len(kept), dtype=np.int32)
        place[list(kept)] = np.arange(len(kept))
        return place[codes]

    return CodedFactor(
        tuple(f"{expression.text}[{level}]" for level in levels),
        tuple(expression.text + suffix for suffix in suffixes),
        values,
        True if asked is None else asked.spans_intercept,
        {"levels": list(levels)},
        places if matrix is None else None,
    )


def check_text(column: Column, found: Labels) -> None:
    """Refuse a text column that is hardly meant as labels, and would say nothing if taken so.

    Such are numbers gone wrong, of which most cells are numbers still, and names, dates or
    identifiers, of which every row has its own.
    """
    if column.kind != "text" or not found.levels:
        return
    if len(found.levels) > max(20, len(column) // 2):
        raise DataError(
            f"column `{column.name}` is text with {len(found.levels):,} different values in "
            f"{count_rows(len(column))}, for example {show(found.levels[0])}. Turn dates and the "
            f"like into numbers, or write C({quote(column.name)}) if these are labels."
        )
    numeric = [_is_number(level) for level in found.levels]
    if 2 * sum(numeric) <= len(numeric):
        return
    wanted = 0 if all(numeric) else numeric.index(False)
    i = int(np.argmax(found.codes == wanted))
    what = "numbers written as text" if all(numeric) else "numbers and text"
    raise DataError(
        f"column `{column.name}` holds {what}: {column.locate(i)} holds {column.cell(i)}. Convert "
        f"the column to numbers, or write C({quote(column.name)}) if these are labels."
    )


def _is_number(text: str) -> bool:
    """Whether a text reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def encode_levels(column: Column, levels: tuple[Any, ...], why: str) -> np.ndarray:
    """Return the codes of a column under given levels.

    Raises:
        DataError: naming row and level, if a level is not among them.
    """
    found = column.labels()
    code = {level: i for i, level in enumerate(levels)}
    recode = np.array([code.get(level, -1) for level in found.levels], dtype=np.int64)
    codes = recode[found.codes]
    unknown = codes < 0
    if unknown.any():
        i = int(np.argmax(unknown))
        known = ", ".join(show(level) for level in levels[:10]) + ", ..." * (len(levels) > 10)
        raise DataError(
            f"column `{column.name}`: {column.locate(i)} holds {column.cell(i)}, a level that "
            f"{why} ({count_rows(int(unknown.sum()))}). Known levels: {known}. Drop these rows or "
            "set them to a known level."
        )
    return codes


Part = tuple[int, bool]  # position of a factor in its term, and whether it is reduced


class _Source(NamedTuple):
    """One factor of one column: which of its columns, of how many, and whether it is reduced."""

    factor: CodedFactor
    position: int
    reduced: bool
    width: int


def make_matrix(
    formula: Formula,
    factors: Mapping[str, CodedFactor],
    n: int,
    locate: Callable[[int], str],
) -> Matrix:
    """Fill the matrix of one formula, column by column, in memory order of columns.

    Of a large table columns that stand side by side in memory already are taken as they are.
    Factors of many levels over many rows stay codes, in a `SplitMatrix`, and so do their products
    with other columns, which hold values in place of 1.

    Raises:
        DataError: if a product of columns overflows.
        FormulaError: if there is no column, or there are more than 100,000.
    """
    names, sources, groups = _layout(formula, factors)
    kept = _kept_as_codes(names, sources, n, locate)
    written = np.ones(len(names), dtype=bool)
    for indicators in kept:
        written[indicators.places] = False
    places = np.flatnonzero(written)
    values = _written_out(names, sources, places, n, locate)
    parts = SplitMatrix(values, places, kept) if kept else values
    return Matrix(parts, tuple(names), formula.intercept, tuple(groups))


def _kept_as_codes(
    names: list[str],
    sources: list[tuple[_Source, ...]],
    n: int,
    locate: Callable[[int], str],
) -> tuple[Indicators, ...]:
    """The factors of many levels, each with what multiplies it."""
    found = []
    held: dict[tuple[int, bool], np.ndarray] = {}
    start = 0
    while start < len(sources):
        column = sources[start]
        shape = [source.width for source in column]
        size = math.prod(shape)
        k = next((k for k, source in enumerate(column) if _many_levels(source, n)), None)
        if k is not None:
            many = column[k]
            key = id(many.factor), many.reduced
            if key not in held:
                assert many.factor.codes is not None
                held[key] = many.factor.codes(many.reduced)
            # The first factor varies fastest.
            block = np.arange(start, start + size).reshape(shape[::-1]).T
            for places in np.moveaxis(block, k, -1).reshape(-1, many.width):
                first = int(places[0])
                others = [source for i, source in enumerate(sources[first]) if i != k]
                values = _multiplied(names[first], others, locate) if others else None
                found.append(Indicators(held[key], places, values))
        start += size
    return tuple(found)


def _many_levels(source: _Source, n: int) -> bool:
    """Whether its columns are indicators of so many levels that they are not written out."""
    many = source.width >= _MANY_LEVELS and source.width * n > _MANY_CELLS
    return many and source.factor.codes is not None


def _multiplied(name: str, sources: Sequence[_Source], locate: Callable[[int], str]) -> np.ndarray:
    """The product of some columns, (n,) float64."""
    first, *others = sources
    values = np.array(first.factor.column(first.position, first.reduced), dtype=np.float64)
    for other in others:
        with np.errstate(over="ignore"):
            values *= other.factor.column(other.position, other.reduced)
    if others and not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise DataError(f"`{name}` overflows in {locate(row)}. Scale its columns down.")
    return values


def _written_out(
    names: list[str],
    sources: list[tuple[_Source, ...]],
    places: np.ndarray,
    n: int,
    locate: Callable[[int], str],
) -> np.ndarray:
    """The columns at some places, (n, d)."""
    if n * len(places) > _MANY_CELLS and all(len(sources[j]) == 1 for j in places):
        found = _side_by_side(
            [s.factor.column(s.position, s.reduced) for (s,) in (sources[j] for j in places)]
        )
        if found is not None:
            return found
    values = np.empty((n, len(places)), order="F")
    for i, j in enumerate(places):
        values[:, i] = _multiplied(names[j], sources[j], locate)
    return values


def _side_by_side(columns: list[np.ndarray]) -> np.ndarray | None:
    """The matrix whose columns these are, where they are views of one that BLAS can read."""
    first, n, d = columns[0], len(columns[0]), len(columns)
    if first.dtype != np.float64:
        return None
    starts = [c.__array_interface__["data"][0] for c in columns]
    down, across = first.strides[0], starts[1] - starts[0] if d > 1 else first.itemsize
    by_row = across == first.itemsize and down >= d * across
    by_column = down == first.itemsize and across >= n * down
    if not (by_row or by_column):
        return None
    owner = _owner(first)
    for k, c in enumerate(columns):
        alike = c.dtype == first.dtype and c.strides == first.strides
        if not alike or starts[k] - starts[0] != k * across or _owner(c) is not owner:
            return None
    return np.lib.stride_tricks.as_strided(first, (n, d), (down, across), writeable=False)


def _owner(column: np.ndarray) -> Any:
    """What holds the memory of an array."""
    held: Any = column
    while isinstance(held, np.ndarray) and held.base is not None:
        held = held.base
    return held


def _layout(
    formula: Formula, factors: Mapping[str, CodedFactor]
) -> tuple[list[str], list[tuple[_Source, ...]], list[tuple[str, slice]]]:
    """The columns of a formula: their names, what is multiplied for each, and those of a term."""
    names: list[str] = []
    sources: list[tuple[_Source, ...]] = []
    groups: list[tuple[str, slice]] = []
    for term, choices in _full_rank(formula, factors):
        start = len(names)
        coded = [factors[factor_name(factor)] for factor in term]
        for parts in choices:
            labels = [coded[k].reduced if reduced else coded[k].full for k, reduced in parts]
            if len(names) + math.prod(map(len, labels)) > _MAX_COLUMNS:
                raise FormulaError(
                    f"`{term_name(term)}` makes more than {_MAX_COLUMNS:,} columns: cross fewer "
                    "factors, or ones of fewer levels."
                )
            # The first factor varies fastest, as in R.
            for positions in product(*(range(len(x)) for x in reversed(labels))):
                chosen = positions[::-1]
                names.append(":".join(x[j] for x, j in zip(labels, chosen, strict=True)))
                sources.append(
                    tuple(
                        _Source(coded[k], j, reduced, len(x))
                        for (k, reduced), j, x in zip(parts, chosen, labels, strict=True)
                    )
                )
        groups.append((term_name(term), slice(start, len(names))))
    if not names and not formula.intercept:
        raise FormulaError(f"formula `{formula.text}` has neither an intercept nor a column.")
    return names, sources, groups


def _full_rank(
    formula: Formula, factors: Mapping[str, CodedFactor]
) -> Iterator[tuple[tuple[Expression, ...], list[tuple[Part, ...]]]]:
    """Yield each term with the products, of full or reduced factors, that it contributes."""
    nothing: frozenset[str] = frozenset()
    spanned = {(nothing, nothing)} if formula.intercept else set()
    for term in formula.terms:
        keys = [factor_name(factor) for factor in term]
        crossed = [k for k, key in enumerate(keys) if factors[key].spans_intercept]
        if not crossed:
            span = (frozenset(keys), nothing)
            yield term, [] if span in spanned else [tuple((k, False) for k in range(len(term)))]
            spanned.add(span)
            continue
        fixed = tuple(k for k in range(len(term)) if k not in crossed)
        if len(crossed) > _MAX_CROSSED:
            raise FormulaError(f"`{term_name(term)}` crosses more than {_MAX_CROSSED} factors.")
        numeric = frozenset(keys[k] for k in fixed)
        fresh = []
        for size in range(len(crossed) + 1):
            for subset in combinations(crossed, size):
                span = (numeric, frozenset(keys[k] for k in subset))
                if span not in spanned:
                    spanned.add(span)
                    fresh.append(tuple((k, True) for k in subset))
        yield (
            term,
            [tuple(sorted((*parts, *((k, False) for k in fixed)))) for parts in _join(fresh)],
        )


def _join(products: list[tuple[Part, ...]]) -> list[tuple[Part, ...]]:
    """Apply "anything:a- + anything = anything:a" until it applies no more."""
    joined: list[tuple[Part, ...]] = []
    for parts in sorted(products, key=len):
        for other in joined:
            extra = set(parts) - set(other)
            if len(parts) == len(other) + 1 and len(extra) == 1:
                (k, reduced) = next(iter(extra))
                if reduced:
                    merged = tuple(sorted((*other, (k, False))))
                    rest = [x for x in joined if x is not other]
                    joined = _join([*rest, merged])
                    break
        else:
            joined.append(parts)
    return joined
