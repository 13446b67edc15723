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
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors._base import Array, Inputs, ParametricPredictor, PredictorSpec, Workspace
from likelier.predictors._elimination import Elimination
from likelier.predictors._parts import Codes, sums_within
from likelier.predictors.arrow import Arrow, ArrowInverse, Scaling
from likelier.predictors.columns import Columns

_DESCRIBED = ("main", "all")


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

    kind = "linear"
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


class LinearPredictor(ParametricPredictor):
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
        ends = [0, *itertools.accumulate(d.q for d in self.designs)]
        self._spans = [slice(start, end) for start, end in itertools.pairwise(ends)]
        self.starts, self.size = ends[:-1], ends[-1]
        self._shared: list[tuple[Columns, list[int]]] = []
        for slot, design in enumerate(self.designs):
            for held, slots in self._shared:
                if held is design:
                    slots.append(slot)
                    break
            else:
                self._shared.append((design, [slot]))

    @functools.cached_property
    def apart(self) -> Elimination | None:
        """The factor that is set apart in a curvature, where one has many levels."""
        return Elimination.of(self.designs, self.starts)

    @functools.cached_property
    def _rest(self) -> LinearPredictor:
        """The predictor without that factor."""
        assert self.apart is not None
        return LinearPredictor(self.apart.designs, self.n)

    def span(self, slot: int) -> slice:
        """Where the coefficients of a slot stand in `theta`."""
        return self._spans[slot]

    # ------------------------------------------------------------------ passes

    def forward(self, theta: Array, rows: slice, work: Workspace) -> Array:
        m = rows.stop - rows.start
        eta = np.empty((self.columns, m))
        for design, slots in self._shared:
            whole = design.whole
            if whole is not None:
                for slot in slots:
                    np.dot(theta[self._spans[slot]], whole[:, rows], out=eta[slot])
                continue
            coefficients = np.array([theta[self.span(s)] for s in slots])
            if design.width:
                adjacent = slots[-1] - slots[0] + 1 == len(slots)
                out = eta[slots[0] : slots[-1] + 1] if adjacent else np.empty((len(slots), m))
                design.times(coefficients[:, design.intercept :], rows, work, out)
                if not adjacent:
                    eta[slots] = out
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
        points, columns, m = gradient.shape[:-2], gradient.shape[-2], gradient.shape[-1]
        total = np.empty((*points, self.size))
        for design, slots in self._shared:
            whole = design.whole
            if whole is not None:
                for slot in slots:
                    total[..., self._spans[slot]] = np.dot(gradient[..., slot, :], whole[:, rows].T)
                continue
            if design.width:
                own = gradient if len(slots) == columns else gradient[..., slots, :]
                # As one product of two matrices, so that X is read once.
                pulled = design.pull(own.reshape(-1, m), rows, work)
                pulled = pulled.reshape(*points, len(slots), -1)
            for i, slot in enumerate(slots):
                start = self.starts[slot]
                if design.intercept:
                    total[..., start] = gradient[..., slot, :].sum(axis=-1)
                if design.width:
                    total[..., start + design.intercept : start + design.q] = pulled[..., i, :]
        return total

    def row_gradients(self, gradient: Array, rows: slice, work: Workspace) -> Array:
        """Each row's derivative in `theta`, (m, size), from rows of derivatives in eta."""
        total = np.empty((rows.stop - rows.start, self.size))
        for slot, design in enumerate(self.designs):
            start = self.starts[slot]
            if design.intercept:
                total[:, start] = gradient[slot]
            if design.width:
                own = design.inner(rows, work) * gradient[slot][:, None]
                total[:, start + design.intercept : start + design.q] = own
        return total

    def sums_within(
        self, codes: Array, count: int, gradient: Array, rows: slice, work: Workspace
    ) -> Array:
        """As of any predictor; beside a factor that is set apart a SciPy sparse matrix."""
        if self.apart is None:
            return super().sums_within(codes, count, gradient, rows, work)
        from scipy.sparse import csr_array, hstack

        groups = Codes(codes, count, slice(0, count))
        found = []
        for slot, design in enumerate(self.designs):
            if design.intercept:
                found.append(csr_array(groups.sums(gradient[slot])[:, None]))
            if design.width:
                found.append(sums_within(groups, design.parts(rows, work), gradient[slot]))
        return hstack(found, format="csr")

    def pull_curvature(
        self,
        curvature: dict[tuple[int, int], Array],
        rows: slice,
        total: Array,
        work: Workspace,
        single: bool = False,
    ) -> None:
        if isinstance(total, Arrow):
            assert self.apart is not None
            self._rest.pull_curvature(curvature, rows, total.core, work, single)
            self.apart.pull_borders(curvature, rows, total, work)
            return
        m = rows.stop - rows.start
        for (a, b), weights in curvature.items():
            first, other = self.designs[a], self.designs[b]
            target = total[self._spans[a], self._spans[b]]
            w = weights if np.shape(weights) == (m,) else np.broadcast_to(weights, (m,))
            if first.whole is not None and other.whole is not None:
                target += np.dot(first.whole[:, rows] * w, other.whole[:, rows].T)
                continue
            if first.intercept and other.intercept:
                target[0, 0] += w.sum()
            if first.width and other.intercept:
                border = first.pull(w[None], rows, work)[0]
                target[first.intercept :, 0] += border
            if other.width and first.intercept:
                if first is not other:
                    border = other.pull(w[None], rows, work)[0]
                target[0, other.intercept :] += border
            if first.width and other.width:
                out = target[first.intercept :, other.intercept :]
                first.add_product(other, w, rows, work, single, out)

    def inner(self, slot: int, rows: slice, work: Workspace) -> Array:
        """Rows of one slot's design on the inner scale, the intercept first, (m, q)."""
        design = self.designs[slot]
        x = design.inner(rows, work)
        return np.column_stack([np.ones(len(x)), x]) if design.intercept else np.array(x)

    @property
    def held(self) -> int:
        return 0 if self.apart is None else self.apart.places.numbers

    def no_curvature(self) -> Array:
        return super().no_curvature() if self.apart is None else Arrow.zeros(self.apart.places)

    def row_forms(
        self, matrix: Array, pairs: Sequence[tuple[int, int]], rows: slice, work: Workspace
    ) -> dict[tuple[int, int], Array]:
        if isinstance(matrix, ArrowInverse):
            assert self.apart is not None
            return self.apart.row_forms(matrix, pairs, rows, work)
        return super().row_forms(matrix, pairs, rows, work)

    def symmetrise(self, total: Array) -> Array:
        """Fill the lower blocks of a curvature whose pairs a <= b of slots were summed."""
        if isinstance(total, Arrow):
            self._rest.symmetrise(total.core)
            return total
        for a in range(self.columns):
            for b in range(a + 1, self.columns):
                total[self.span(b), self.span(a)] = total[self.span(a), self.span(b)].T
        return total

    # ------------------------------------------------------------------ parts

    def select(
        self, index: Array, like: ParametricPredictor | None = None
    ) -> tuple[LinearPredictor, Array]:
        held: dict[tuple[int, bytes, int], tuple[Columns, Array]] = {}
        designs, order = [], []
        for slot, design in enumerate(self.designs):
            span = self.span(slot)
            own = index[(index >= span.start) & (index < span.stop)] - span.start
            before = None if like is None else like.designs[slot]
            key = (id(design), own.tobytes(), id(before))
            if key not in held:
                held[key] = design.select(own, before)
            designs.append(held[key][0])
            order.append(held[key][1] + span.start)
        return LinearPredictor(designs, self.n, self.offset), np.concatenate(order)

    def take(self, index: Array) -> LinearPredictor:
        made = {id(design): design.take(index) for design, _ in self._shared}
        offset = [None if added is None else added[index] for added in self.offset]
        designs = [made[id(design)] for design in self.designs]
        return LinearPredictor(designs, len(index), offset, self.absorbed)

    # ------------------------------------------------------------------ scales

    def deviations(self, weights: Array | None) -> Array:
        """Standard deviation of each column of `theta`, (size,), weighted with divisor n.

        0 for intercepts and columns that do not vary. One pass over the rows.
        """
        found = np.zeros(self.size)
        for design, slots in self._shared:
            if design.width:
                own = design.deviations(weights)
                for slot in slots:
                    found[self.starts[slot] + design.intercept : self.span(slot).stop] = own
        return found

    def to_user(self) -> Array:
        """The (size, size) matrix that takes `theta` to coefficients on the user's scale."""
        if self.apart is not None:
            return self._scaling()
        matrix = np.zeros((self.size, self.size))
        for slot, design in enumerate(self.designs):
            matrix[self.span(slot), self.span(slot)] = design.matrix_to_user()
        for slot, taker in self.absorbed.items():
            design = self.designs[slot]
            matrix[self.starts[taker], self.span(slot)] = design.centre / design.scale
        return matrix

    def _scaling(self) -> Scaling:
        """The same of few entries: levels are multiplied at most."""
        from scipy.sparse import coo_array

        assert self.apart is not None
        rows, columns, values = [np.arange(self.size)], [np.arange(self.size)], []
        takers = {slot: self.starts[taker] for slot, taker in self.absorbed.items()}
        for design in self.designs:
            values += [np.ones(int(design.intercept)), 1 / design.scale]
        for slot, design in enumerate(self.designs):
            if design.intercept or slot in takers:
                moved = np.flatnonzero(design.centre)
                rows.append(np.full(len(moved), takers.get(slot, self.starts[slot])))
                columns.append(self.starts[slot] + design.intercept + moved)
                shift = design.centre[moved] / design.scale[moved]
                values.append(shift if slot in takers else -shift)
        where = (np.concatenate(rows), np.concatenate(columns))
        entries = coo_array((np.concatenate(values), where), shape=(self.size,) * 2).tocsr()
        places = self.apart.places
        rest = entries[places.rest][:, places.rest].toarray()
        return Scaling(entries, entries.diagonal()[places.levels], rest)

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
