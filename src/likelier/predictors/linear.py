"""Linear predictors: eta = X b, one design and one set of coefficients a distribution parameter.

Conventions, stated once. A parameter with several predictors (class logits) has one coefficient
vector for each of them, a *slot*. Every slot of a design with p columns has q = p + intercept
coefficients, the intercept first; `theta` holds the slots one after the other. `theta` lives on
the *inner* scale, on which every column has (nearly) unit spread and, where there is an intercept,
is moved to the centre if it stands far from it; `to_user` and `from_user` translate. X itself is
never copied unless it is small or too badly scaled to be used as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from likelier.errors import LikelierError, did_you_mean
from likelier.predictors._base import Array, Inputs, Predictor, PredictorSpec, Workspace
from likelier.predictors.columns import Columns, deviations, divide, weighted_product

_DESCRIBED = ("main", "all")
_FEW = 8
"""One column in so many or fewer is gathered before it is multiplied."""


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
        points, columns, m = gradient.shape[:-2], gradient.shape[-2], gradient.shape[-1]
        total = np.empty((*points, self.size))
        for design, slots in self._shared:
            if design.width:
                x = design.block(rows, work)
                own = gradient if len(slots) == columns else gradient[..., slots, :]
                # As one product of two matrices, so that X is read once.
                flat = own.reshape(-1, m)
                pulled = np.dot(flat[0], x) if len(flat) == 1 else flat @ x
                pulled = divide(pulled, design.divisor).reshape(*points, len(slots), -1)
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
                own = design.block(rows, work) * gradient[slot][:, None]
                total[:, start + design.intercept : start + design.q] = divide(own, design.divisor)
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
                border = divide(np.dot(w, x), first.divisor)
                target[first.intercept :, 0] += border
            if other.width and first.intercept:
                if first is not other:
                    x = other.block(rows, work)
                    border = divide(np.dot(w, x), other.divisor)
                target[0, other.intercept :] += border
            if first.width and other.width:
                product = weighted_product(first, other, w, rows, work, single)
                if first.divisor is not None:
                    product = product / first.divisor[:, None]
                if other.divisor is not None:
                    product = product / other.divisor
                target[first.intercept :, other.intercept :] += product

    def inner(self, slot: int, rows: slice, work: Workspace) -> Array:
        """Rows of one slot's design on the inner scale, the intercept first, (m, q)."""
        design = self.designs[slot]
        x = divide(design.block(rows, work), design.divisor)
        return np.column_stack([np.ones(len(x)), x]) if design.intercept else np.array(x)

    def symmetrise(self, total: Array) -> Array:
        """Fill the lower blocks of a curvature whose pairs a <= b of slots were summed."""
        for a in range(self.columns):
            for b in range(a + 1, self.columns):
                total[self.span(b), self.span(a)] = total[self.span(a), self.span(b)].T
        return total

    # ------------------------------------------------------------------ parts

    def select(self, index: Array, like: Predictor | None = None) -> tuple[LinearPredictor, Array]:
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

    # ------------------------------------------------------------------ scales

    def deviations(self, weights: Array | None) -> Array:
        """Standard deviation of each column of `theta`, (size,), weighted with divisor n.

        0 for intercepts and columns that do not vary. One pass over the rows.
        """
        found = np.zeros(self.size)
        for design, slots in self._shared:
            if design.width:
                own = deviations(design, weights, self.n)
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
