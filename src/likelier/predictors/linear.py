"""Linear predictors: eta = X b, one design and one set of coefficients a distribution parameter.

Conventions, stated once. A parameter with several predictors (class logits) has one coefficient
vector for each of them, a *slot*. Every slot of a design with p columns has q = p + intercept
coefficients, the intercept first; `theta` holds the slots one after the other. `theta` lives on
the *inner* scale, on which every column has (nearly) unit spread and, where there is an intercept,
is moved to the centre if it stands far from it; `to_user` and `from_user` translate. X itself is
never copied unless it is small or too badly scaled to be used as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors._base import Array, Inputs, Predictor, PredictorSpec, Workspace

_COPY_BELOW = 1_000_000
"""Designs with fewer cells than this are standardised by copying: it costs less than it saves."""
_SAMPLE = 16_384
"""Rows that suffice to choose centre and spread, which only condition the problem."""
_BLOCK_CELLS = 200_000
"""Cells of a block whose columns are measured: small enough to stay in the cache."""
_FEW = 8
"""One column in so many or fewer is gathered before it is multiplied."""
_DESCRIBED = ("main", "all")
_FAR = 30.0
"""A column this many spreads off zero is centred block by block."""


@dataclass(frozen=True, eq=False)
class Columns:
    """One design matrix with its map to the inner scale.

    Attributes:
        values: (n, p), any order, float64 or float32, or SciPy sparse.
        intercept: whether a column of ones stands before the first.
        centre: (p,) centre of each column, 0 where it is not moved.
        scale: (p,) spread of each column; the inner column is (x − centre) / scale.
        moved: whether the block must subtract a centre.
        copied: whether `values` already holds the inner columns.
        raw: the columns as the user gave them.
    """

    values: Any
    intercept: bool
    centre: np.ndarray
    scale: np.ndarray
    moved: bool = False
    copied: bool = False
    raw: Any = None

    @classmethod
    def standardise(
        cls,
        values: Any,
        intercept: bool,
        absorbed: bool = False,
        weights: np.ndarray | None = None,
    ) -> Columns:
        """Choose centre and spread, copying small designs onto the inner scale.

        They are weighted, so that a row of weight 2 is two rows also where the inner scale decides
        which of many solutions is taken.

        Args:
            values: (n, p) columns.
            intercept: whether a column of ones stands before the first.
            absorbed: whether another slot's intercept takes up a centre in place of its own.
            weights: (n,) weights of the rows, or None.
        """
        n, p = values.shape
        if p == 0:
            return cls(values, intercept, np.zeros(0), np.ones(0))
        if hasattr(values, "tocsr"):
            return cls(values.tocsr(), intercept, np.zeros(p), _sparse_spread(values, weights))
        stride = max(1, n // _SAMPLE)
        sample = np.asarray(values[::stride], dtype=np.float64)
        share = None if weights is None else weights[::stride]
        if share is not None and share.any():
            sample, share = sample[share > 0], share[share > 0]
        else:
            share = None

        def mean(cells: np.ndarray) -> np.ndarray:
            return np.average(cells, axis=0, weights=share)

        top = np.max(np.abs(sample), axis=0)
        top[top == 0] = 1.0
        # Divided by the largest first, so that squares neither overflow nor vanish.
        unit = sample / top
        centre = mean(unit)
        spread = np.sqrt(mean((unit - centre) ** 2))
        level = np.sqrt(mean(unit**2))
        constant = spread <= 1e-14 * level
        scale = np.where(constant, np.where(level > 0, level, 1.0), spread) * top
        if not (intercept or absorbed):
            centre = np.zeros(p)
            scale = np.where(level > 0, level, 1.0) * top
        centre = np.where(constant, 0.0, centre * top)
        small = n * p <= _COPY_BELOW
        extreme = bool(np.any((scale > 1e100) | (scale < 1e-100)))
        if small or extreme:
            inner = np.ascontiguousarray((np.asarray(values, dtype=np.float64) - centre) / scale)
            return cls(inner, intercept, centre, scale, copied=True, raw=values)
        far = np.abs(centre) > _FAR * scale
        centre = np.where(far, centre, 0.0)
        return cls(values, intercept, centre, scale, moved=bool(far.any()), raw=values)

    def select(self, index: np.ndarray) -> Columns:
        """Some of the coefficients, 0 being the intercept where there is one: columns are copied.

        Copies are on the inner scale, so that passes over them do nothing but multiply.
        """
        intercept = self.intercept and bool(np.any(index == 0))
        own = index[index > 0] - 1 if self.intercept else index
        centre, scale = self.centre[own], self.scale[own]
        if hasattr(self.values, "toarray"):
            return Columns(self.values[:, own], intercept, centre, scale)
        if not len(own):
            return Columns(np.empty((len(self.values), 0)), intercept, centre, scale)
        values = np.empty((len(self.values), len(own)))
        step = max(1, _BLOCK_CELLS // len(own))
        for first in range(0, len(values), step):
            # Block by block, so that a row is in the cache while it is standardised.
            part = values[first : first + step]
            part[...] = self.values[first : first + step].take(own, axis=1)
            if not self.copied:
                if self.moved:
                    part -= centre
                part /= scale
        return Columns(values, intercept, centre, scale, copied=True)

    @classmethod
    def plain(cls, values: Any, intercept: bool) -> Columns:
        """The columns as they are, whose inner scale is the user's."""
        p = values.shape[1]
        return cls(values, intercept, np.zeros(p), np.ones(p), copied=True, raw=values)

    @property
    def q(self) -> int:
        """Coefficients of one slot."""
        return len(self.scale) + self.intercept

    @property
    def width(self) -> int:
        """Columns, not counting the intercept."""
        return len(self.scale)

    def block(self, rows: slice, work: Workspace) -> np.ndarray:
        """The rows of X that passes multiply, in float64, centred where that is needed."""
        part = self.values[rows]
        if hasattr(part, "toarray"):
            part = part.toarray()
        if self.moved:
            held = work.take("centred", part.shape)
            return np.subtract(part, self.centre, out=held)
        if part.dtype != np.float64:
            held = work.take("double", part.shape)
            held[...] = part
            return held
        return part

    @functools.cached_property
    def moderate(self) -> bool:
        """Whether squares of the columns stay inside single precision."""
        level = self.scale if self.divisor is not None else np.ones(1)
        return bool(np.all((level > 1e-12) & (level < 1e12)))

    @property
    def divisor(self) -> np.ndarray | None:
        """What inner coefficients are divided by to multiply `block`; None if by nothing."""
        return None if self.copied else self.scale

    def matrix_to_user(self) -> np.ndarray:
        """The (q, q) matrix that takes inner coefficients of a slot to the user's scale."""
        matrix = np.diag(np.concatenate([np.ones(int(self.intercept)), 1 / self.scale]))
        if self.intercept:
            matrix[0, 1:] = -self.centre / self.scale
        return matrix


def _sparse_spread(values: Any, weights: np.ndarray | None) -> np.ndarray:
    """Weighted root mean square of each column of a sparse matrix."""
    share = np.ones(values.shape[0]) if weights is None else weights
    squares = values.multiply(values).T @ (share / share.sum())
    return np.where(squares > 0, np.sqrt(squares), 1.0)


@dataclass(frozen=True)
class Linear(PredictorSpec):
    """Linear predictors, link(θ) = X b: the default of `fit`.

    Args:
        parameters: which parameters take the columns of an array, or of a formula on its own:
            "main" (the one that says where the distribution lies; the others have an intercept
            alone) or "all". A dict of formulas says so itself. The cutpoints of an ordinal family,
            which stand for the intercept of its location, never take them beside it.

    Raises:
        LikelierError: `parameters` is neither.

    Example:
        >>> import likelier as lk
        >>> y, x = [1.0, 2.0, 4.0, 3.0, 9.0], [0.0, 1.0, 2.0, 3.0, 4.0]
        >>> fit = lk.fit(y, x, "normal", predictor=lk.Linear(parameters="all"))
        >>> fit.params[["parameter", "term"]].values.tolist()
        [['loc', 'intercept'], ['loc', 'x1'], ['scale', 'intercept'], ['scale', 'x1']]
    """

    parameters: str = "main"

    def __post_init__(self) -> None:
        if self.parameters not in _DESCRIBED:
            hint = did_you_mean(str(self.parameters), _DESCRIBED)
            raise LikelierError(
                f"parameters is 'main' or 'all'; given: {self.parameters!r}.{hint} For other "
                "choices give fit a dict with a formula for each parameter"
            )

    @property
    def described(self) -> str:
        return self.parameters

    def bind(self, inputs: Inputs) -> LinearPredictor:
        return LinearPredictor(inputs.designs, inputs.n, inputs.offset, inputs.absorbed)


class LinearPredictor(Predictor):
    """Linear predictors of all parameters over shared or separate designs.

    Args:
        designs: one `Columns` for each row of eta; rows that share a design share the object, and
            the work.
        offset: (K, n) added to eta, or None; rows without an offset may be given as None.
        n: number of rows.
        absorbed: by slot without an intercept, the slot whose intercept takes up the centres of
            its columns, as an ordinal model's first cutpoint does those of the location.
    """

    def __init__(
        self,
        designs: Sequence[Columns],
        n: int,
        offset: Sequence[Array | None] | None = None,
        absorbed: Mapping[int, int] | None = None,
    ) -> None:
        self.absorbed = dict(absorbed or {})
        self.designs = list(designs)
        self.n = n
        self.columns = len(self.designs)
        self.offset = list(offset) if offset is not None else [None] * self.columns
        ends = np.cumsum([d.q for d in self.designs])
        self.starts = [int(end) - d.q for end, d in zip(ends, self.designs, strict=True)]
        self.size = int(ends[-1]) if len(ends) else 0
        self._shared: list[tuple[Columns, list[int]]] = []
        for slot, design in enumerate(self.designs):
            for held, slots in self._shared:
                if held is design:
                    slots.append(slot)
                    break
            else:
                self._shared.append((design, [slot]))

    def span(self, slot: int) -> slice:
        """Where the coefficients of a slot stand in `theta`."""
        return slice(self.starts[slot], self.starts[slot] + self.designs[slot].q)

    # ------------------------------------------------------------------ passes

    def forward(self, theta: Array, rows: slice, work: Workspace) -> Array:
        m = rows.stop - rows.start
        eta = np.empty((self.columns, m))
        for design, slots in self._shared:
            coefficients = np.array([theta[self.span(s)] for s in slots])
            slopes = coefficients[:, design.intercept :]
            if design.width:
                if design.divisor is not None:
                    slopes = slopes / design.divisor
                x = design.block(rows, work)
                some = np.flatnonzero(slopes.any(axis=0))
                if _FEW * len(some) < design.width:
                    # Of a sparse fit only the columns that count are multiplied.
                    eta[slots] = (x.take(some, axis=1) @ slopes[:, some].T).T
                elif len(slots) == 1:
                    np.dot(x, slopes[0], out=eta[slots[0]])
                elif slots[-1] - slots[0] + 1 == len(slots):
                    eta[slots[0] : slots[-1] + 1] = (x @ slopes.T).T
                else:
                    eta[slots] = (x @ slopes.T).T
            else:
                eta[slots] = 0.0
            if design.intercept:
                for slot, value in zip(slots, coefficients[:, 0], strict=True):
                    eta[slot] += value
        for slot, offset in enumerate(self.offset):
            if offset is not None:
                eta[slot] += offset[rows]
        return eta

    def pull_gradient(self, gradient: Array, rows: slice, work: Workspace) -> Array:
        total = np.empty(self.size)
        for design, slots in self._shared:
            if design.width:
                x = design.block(rows, work)
                if len(slots) == 1:
                    pulled = np.dot(gradient[slots[0]], x)[None]
                else:
                    pulled = gradient[slots] @ x
                if design.divisor is not None:
                    pulled = pulled / design.divisor
            for i, slot in enumerate(slots):
                start = self.starts[slot]
                if design.intercept:
                    total[start] = gradient[slot].sum()
                if design.width:
                    total[start + design.intercept : start + design.q] = pulled[i]
        return total

    def row_gradients(self, gradient: Array, rows: slice, work: Workspace) -> Array:
        """Each row's derivative in `theta`, (m, size), from rows of derivatives in eta."""
        total = np.empty((rows.stop - rows.start, self.size))
        for slot, design in enumerate(self.designs):
            start = self.starts[slot]
            if design.intercept:
                total[:, start] = gradient[slot]
            if design.width:
                own = design.block(rows, work) * gradient[slot][:, None]
                total[:, start + design.intercept : start + design.q] = _divide(own, design.divisor)
        return total

    def pull_curvature(
        self,
        curvature: dict[tuple[int, int], Array],
        rows: slice,
        total: Array,
        work: Workspace,
        single: bool = False,
    ) -> None:
        m = rows.stop - rows.start
        for (a, b), weights in curvature.items():
            first, other = self.designs[a], self.designs[b]
            target = total[self.span(a), self.span(b)]
            w = np.broadcast_to(weights, (m,))
            if first.intercept and other.intercept:
                target[0, 0] += w.sum()
            if first.width and other.intercept:
                x = first.block(rows, work)
                border = _divide(np.dot(w, x), first.divisor)
                target[first.intercept :, 0] += border
            if other.width and first.intercept:
                if first is not other:
                    x = other.block(rows, work)
                    border = _divide(np.dot(w, x), other.divisor)
                target[0, other.intercept :] += border
            if first.width and other.width:
                product = _weighted_product(first, other, w, rows, work, single)
                if first.divisor is not None:
                    product = product / first.divisor[:, None]
                if other.divisor is not None:
                    product = product / other.divisor
                target[first.intercept :, other.intercept :] += product

    def inner(self, slot: int, rows: slice, work: Workspace) -> Array:
        """Rows of one slot's design on the inner scale, the intercept first, (m, q)."""
        design = self.designs[slot]
        x = _divide(design.block(rows, work), design.divisor)
        return np.column_stack([np.ones(len(x)), x]) if design.intercept else np.array(x)

    def symmetrise(self, total: Array) -> Array:
        """Fill the lower blocks of a curvature whose pairs a <= b of slots were summed."""
        for a in range(self.columns):
            for b in range(a + 1, self.columns):
                total[self.span(b), self.span(a)] = total[self.span(a), self.span(b)].T
        return total

    # ------------------------------------------------------------------ parts

    def select(self, index: Array) -> LinearPredictor:
        """The predictor of some coefficients, in increasing order, the others 0."""
        held: dict[tuple[int, bytes], Columns] = {}
        designs = []
        for slot, design in enumerate(self.designs):
            span = self.span(slot)
            own = index[(index >= span.start) & (index < span.stop)] - span.start
            key = (id(design), own.tobytes())
            if key not in held:
                held[key] = design.select(own)
            designs.append(held[key])
        return LinearPredictor(designs, self.n, self.offset)

    # ------------------------------------------------------------------ scales

    def deviations(self, weights: Array | None) -> Array:
        """Standard deviation of each column of `theta`, (size,), weighted with divisor n.

        0 for intercepts and columns that do not vary. One pass over the rows.
        """
        found = np.zeros(self.size)
        for design, slots in self._shared:
            if design.width:
                own = _deviations(design, weights, self.n)
                for slot in slots:
                    found[self.starts[slot] + design.intercept : self.span(slot).stop] = own
        return found

    def to_user(self) -> Array:
        """The (size, size) matrix that takes `theta` to coefficients on the user's scale."""
        matrix = np.zeros((self.size, self.size))
        for slot, design in enumerate(self.designs):
            matrix[self.span(slot), self.span(slot)] = design.matrix_to_user()
        for slot, taker in self.absorbed.items():
            design = self.designs[slot]
            matrix[self.starts[taker], self.span(slot)] = design.centre / design.scale
        return matrix

    def from_user(self, coefficients: Array) -> Array:
        """`theta` for coefficients on the user's scale."""
        theta = np.empty(self.size)
        for slot, design in enumerate(self.designs):
            own = coefficients[self.span(slot)]
            slopes = own[design.intercept :]
            inner = slopes * design.scale
            if design.intercept:
                inner = np.concatenate([[own[0] + design.centre @ slopes], inner])
            theta[self.span(slot)] = inner
        for slot, taker in self.absorbed.items():
            theta[self.starts[taker]] -= self.designs[slot].centre @ coefficients[self.span(slot)]
        return theta


def _deviations(design: Columns, weights: Array | None, n: int) -> np.ndarray:
    """Weighted standard deviation of the inner columns of one design; 0 where it is rounding."""
    if hasattr(design.values, "tocsr"):
        return _sparse_deviations(design, weights)
    work = Workspace()
    size = max(256, _BLOCK_CELLS // design.width)
    total, first, second = 0.0, np.zeros(design.width), np.zeros(design.width)
    for start in range(0, n, size):
        rows = slice(start, min(n, start + size))
        # Blocks stand near enough to 0 (`_FAR`) for sums of squares to keep their digits.
        x = design.block(rows, work)
        if weights is None:
            total += len(x)
            first += x.sum(axis=0)
            second += np.einsum("ij,ij->j", x, x)
        else:
            total += float(weights[rows].sum())
            first += weights[rows] @ x
            second += np.einsum("i,ij,ij->j", weights[rows], x, x)
    mean, square = first / total, second / total
    variance = square - mean**2
    found = np.sqrt(np.where(variance > 1e-13 * square, variance, 0.0))
    return _divide(found, design.divisor)


def _sparse_deviations(design: Columns, weights: Array | None) -> np.ndarray:
    """The same of a sparse design, whose columns are divided by their root mean square."""
    x = design.values
    w = np.ones(x.shape[0]) if weights is None else weights
    mean = (x.T @ w) / w.sum()
    square = (x.multiply(x).T @ w) / w.sum()
    variance = np.maximum(square - mean**2, 0.0)
    found = np.where(variance > 1e-14 * square, np.sqrt(variance), 0.0)
    return np.asarray(found / design.scale)


def _divide(x: np.ndarray, divisor: np.ndarray | None) -> np.ndarray:
    return x if divisor is None else x / divisor


def _weighted_product(
    first: Columns,
    other: Columns,
    w: np.ndarray,
    rows: slice,
    work: Workspace,
    single: bool,
) -> np.ndarray:
    """Xᵃᵀ diag(w) Xᵇ of one block; in single precision if that is asked for and possible."""
    x = first.block(rows, work)
    if first is other and w.min(initial=0.0) >= 0:
        if single and first.moderate:
            scratch = work.take("single", x.shape, np.float32)
            scratch[...] = x
            scratch *= np.sqrt(w).astype(np.float32)[:, None]
        else:
            scratch = work.take("weighted", x.shape)
            np.multiply(x, np.sqrt(w)[:, None], out=scratch)
        # Of a matrix with itself NumPy takes a symmetric rank-k update: half the work.
        return scratch.T @ scratch
    scratch = work.take("weighted", x.shape)
    np.multiply(x, w[:, None], out=scratch)
    y = x if first is other else other.block(rows, work)
    return scratch.T @ y
