"""Predictors of which one row of eta (or more) is a curve, and the others are linear.

`theta` holds the curve's unknowns first, then the coefficients of the linear rows. The unknowns
stand there on their natural scale, in which they are reported and profiled, or, for the search,
on a free one without ends.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from likelier.errors import LikelierError
from likelier.predictors._base import Array, ParametricPredictor, Workspace
from likelier.predictors._curve import CurveLike, Horizon, Piece
from likelier.predictors._unknowns import Unknown
from likelier.predictors.columns import Columns
from likelier.predictors.linear import LinearPredictor


class CurvePredictor(ParametricPredictor):
    """Rows of eta from a curve, the others linear.

    Args:
        curve: gives S rows of eta.
        slots: which rows of eta those are.
        unknowns: of the curve, one for each of its P entries of theta; names: theirs.
        flat: the other rows, linear, in order.
        offset: added to rows of the curve, by slot.
        searches: from so many starting points.
        fitting: whether a fit is made of these rows, and not just a prediction.
        networks: where among the unknowns the weights of networks stand, by name.
        draw: first weights of all networks, for searches from other ones.
        horizon: how the search may come to the whole curve by beginnings of it, or None.
        free: whether theta holds the unknowns on the scale of the search.
    """

    linear = False

    def __init__(
        self,
        curve: CurveLike,
        slots: Sequence[int],
        unknowns: Sequence[Unknown],
        names: Sequence[str],
        flat: LinearPredictor,
        offset: Mapping[int, Array] | None = None,
        searches: int = 1,
        fitting: bool = True,
        networks: Mapping[str, slice] | None = None,
        draw: Callable[[np.random.Generator], Array] | None = None,
        horizon: Horizon | None = None,
        free: bool = False,
    ) -> None:
        self.curve = curve
        self.slots = list(slots)
        self.unknowns = tuple(unknowns)
        self.unknown_names = tuple(names)
        self.curved = tuple(slots)
        self.flat = flat
        self.offsets = dict(offset or {})
        self.searches = searches
        self.fitting = fitting
        self.networks = dict(networks or {})
        self.draw = draw
        self.horizon = horizon
        self.free = free
        self.n = flat.n
        self.columns = len(self.slots) + flat.columns
        self.rest = [k for k in range(self.columns) if k not in self.slots]
        self.width = len(self.unknowns)
        self.size = self.width + flat.size
        nothing = Columns(np.empty((self.n, 0)), False, np.zeros(0), np.ones(0))
        self.designs = [nothing] * self.columns
        self.starts = [0] * self.columns
        self.offset: list[Array | None] = [None] * self.columns
        for position, slot in enumerate(self.rest):
            self.designs[slot] = flat.designs[position]
            self.starts[slot] = self.width + flat.starts[position]
            self.offset[slot] = flat.offset[position]
        self._last: tuple[bytes, Array, Array | None] | None = None

    def searched(self) -> CurvePredictor:
        """The same predictor with its unknowns on the free scale."""
        return self._with(self.curve, True)

    def along(self, piece: Piece) -> CurvePredictor:
        """The same predictor with the curve of a piece, for the rows of that."""
        return self._with(piece.curve, self.free)

    def _with(self, curve: CurveLike, free: bool) -> CurvePredictor:
        return CurvePredictor(
            curve,
            self.slots,
            self.unknowns,
            self.unknown_names,
            self.flat,
            self.offsets,
            self.searches,
            self.fitting,
            self.networks,
            self.draw,
            self.horizon,
            free,
        )

    def span(self, slot: int) -> slice:
        """Where the coefficients of a slot stand in `theta`: those of the curve in one place."""
        if slot in self.slots:
            return slice(0, self.width)
        return slice(self.starts[slot], self.starts[slot] + self.designs[slot].q)

    @functools.cached_property
    def is_weight(self) -> Array:
        """(P,) which of the unknowns are weights of networks."""
        found = np.zeros(self.width, dtype=bool)
        for span in self.networks.values():
            found[span] = True
        return found

    @property
    def bends(self) -> bool:
        """Whether its curvature holds the second derivatives of the curve.

        With networks it is Gauss and Newton's, which is never indefinite: likelihoods of weights
        have saddles and plateaus, at which no step of Newton's leads anywhere.
        """
        return not self.networks

    # ------------------------------------------------------------------ scales

    def natural(self, theta: Array) -> Array:
        """The unknowns of the curve on their natural scale."""
        own = theta[: self.width]
        if not self.free:
            inside = [u.lower < v < u.upper for u, v in zip(self.unknowns, own, strict=True)]
            return np.where(inside, own, np.nan)
        return np.array(
            [u.to_natural(float(v))[0] for u, v in zip(self.unknowns, own, strict=True)]
        )

    def to_free(self, theta: Array) -> Array:
        """`theta` with its unknowns taken from the natural to the free scale."""
        own = [u.to_free(float(v)) for u, v in zip(self.unknowns, theta[: self.width], strict=True)]
        return np.concatenate([own, theta[self.width :]])

    def stretch(self, theta: Array) -> Array:
        """Derivatives of the unknowns at natural values in their free ones, (P,)."""
        pairs = zip(self.unknowns, theta[: self.width], strict=True)
        return np.array([u.to_natural(u.to_free(float(v)))[1] for u, v in pairs])

    def initial(self) -> Array:
        return np.concatenate([[u.start for u in self.unknowns], self.flat.initial()])

    def starts_around(self, theta: Array, count: int, seed: int) -> list[Array]:
        """So many points to search from: this one, and others in which the unknowns are moved.

        A guess is rather wrong by a factor than by a difference: unknowns of both signs are
        multiplied by one, and the free scale of the others is a logarithm or a logit already.
        With networks the guess stays, and their first weights are others.
        """
        rng = np.random.default_rng(seed)
        moved = [theta]
        for i in range(1, count):
            other = theta.copy()
            if self.draw is not None:
                other[: self.width][self.is_weight] = self.draw(rng)
                moved.append(other)
                continue
            # Nearer ones and farther ones in turn.
            deviates = (1.0, 2.0, 3.0)[i % 3] * rng.standard_normal(self.width)
            for j, unknown in enumerate(self.unknowns):
                if unknown.limited or other[j] == 0:
                    other[j] += deviates[j]
                else:
                    other[j] *= np.exp(deviates[j])
            moved.append(other)
        return moved

    def failure(self, theta: Array) -> str:
        """Why there is no way from these starting values, in words."""
        p = self.natural(theta)
        values = self.curve.values(p)
        named = zip(self.unknown_names, p, self.is_weight, strict=True)
        held = ", ".join(f"{name} = {value:.6g}" for name, value, weight in named if not weight)
        bad = np.flatnonzero(~np.all(np.isfinite(values), axis=0))
        where = f"in {self.curve.describe(int(bad[0]))}" if len(bad) else "for the target"
        at = f" {held}" if held else ""
        return (
            f"the curve has no usable value {where} at the starting values{at}, and no step "
            "from there helps; start nearer to the answer"
        )

    def deviations(self, weights: Array | None) -> Array:
        # Inputs and outputs of a network are standardised, so that all its weights are alike.
        return np.concatenate([self.is_weight.astype(float), self.flat.deviations(weights)])

    def select(
        self, index: Array, like: ParametricPredictor | None = None
    ) -> tuple[ParametricPredictor, Array]:
        if len(index) == self.size:
            return self, index
        raise LikelierError("a penalty that leaves coefficients out takes a linear predictor")

    def to_user(self) -> Array:
        """The (size, size) matrix that takes `theta` to what users read."""
        matrix = np.eye(self.size)
        matrix[self.width :, self.width :] = self.flat.to_user()
        return matrix

    def from_user(self, coefficients: Array) -> Array:
        """`theta` for coefficients on the user's scale."""
        rest = self.flat.from_user(coefficients[self.width :])
        return np.concatenate([coefficients[: self.width], rest])

    # ------------------------------------------------------------------ passes

    def _evaluate(self, theta: Array, slopes: bool) -> tuple[Array, Array | None]:
        """Values, (S, n), and where asked for derivatives in theta, (S, n, P), of all rows.

        A fit always asks for both: a function less is compiled, which costs more than it saves.
        """
        slopes = slopes or self.fitting
        own = theta[: self.width]
        key = own.tobytes()
        last = self._last
        if last is not None and last[0] == key and (last[2] is not None or not slopes):
            return last[1], last[2]
        p = self.natural(theta)
        if not np.all(np.isfinite(p)):
            shape = (len(self.slots), self.n)
            return np.full(shape, np.nan), np.full((*shape, self.width), np.nan)
        values, jacobian = self.curve.jacobian(p) if slopes else (self.curve.values(p), None)
        if jacobian is not None and self.free:
            jacobian = jacobian * self._stretch(own)[0]
        self._last = (key, values, jacobian)
        return values, jacobian

    def _stretch(self, own: Array) -> tuple[Array, Array]:
        """First and second derivatives of the natural scale in the free one."""
        found = [u.to_natural(float(v))[1:] for u, v in zip(self.unknowns, own, strict=True)]
        first, second = np.array(found).reshape(-1, 2).T
        return first, second

    def forward(self, theta: Array, rows: slice, work: Workspace) -> Array:
        eta = np.empty((self.columns, rows.stop - rows.start))
        values, _ = self._evaluate(theta, False)
        eta[self.slots] = values[:, rows]
        if self.rest:
            eta[self.rest] = self.flat.forward(theta[self.width :], rows, work)
        for slot, offset in self.offsets.items():
            eta[slot] += offset[rows]
        work.theta = theta
        return eta

    def _slopes(self, rows: slice, work: Workspace) -> Array:
        """Derivatives of the curve's rows at the point of the last `forward`, (S, m, P)."""
        _, jacobian = self._evaluate(work.theta, True)
        assert jacobian is not None
        return jacobian[:, rows]

    def pull_gradient(self, gradient: Array, rows: slice, work: Workspace) -> Array:
        own = np.einsum("sm,smp->p", gradient[self.slots], self._slopes(rows, work))
        return np.concatenate([own, self.flat.pull_gradient(gradient[self.rest], rows, work)])

    def row_gradients(self, gradient: Array, rows: slice, work: Workspace) -> Array:
        """Each row's derivative in `theta`, (m, size), from rows of derivatives in eta."""
        own = np.einsum("sm,smp->mp", gradient[self.slots], self._slopes(rows, work))
        return np.hstack([own, self.flat.row_gradients(gradient[self.rest], rows, work)])

    def pull_curvature(
        self,
        curvature: dict[tuple[int, int], Array],
        rows: slice,
        total: Array,
        work: Workspace,
        single: bool = False,
    ) -> None:
        slopes, p = self._slopes(rows, work), self.width
        place = {slot: i for i, slot in enumerate(self.rest)}
        among_rest: dict[tuple[int, int], Array] = {}
        for (a, b), weights in curvature.items():
            if a in place and b in place:
                among_rest[place[a], place[b]] = weights
                continue
            w = np.broadcast_to(weights, (rows.stop - rows.start,))[:, None]
            if a not in place and b not in place:
                product = slopes[self.slots.index(a)].T @ (w * slopes[self.slots.index(b)])
                total[:p, :p] += product if a == b else product + product.T
                continue
            curved, flat = (b, a) if a in place else (a, b)
            x = self.flat.inner(place[flat], rows, work)
            total[:p, self.span(flat)] += slopes[self.slots.index(curved)].T @ (w * x)
        self.flat.pull_curvature(among_rest, rows, total[p:, p:], work, single)

    def residuals(
        self, theta: Array, equation: Any, at: Mapping[str, Array]
    ) -> tuple[Array, Array]:
        """The residuals of an equation of the curve at points, and their derivatives in `theta`.

        Args:
            theta: the coefficients.
            equation: `equation(u, at)`, of the curve as a function of columns and of all points.
            at: the points, by column.

        Returns:
            (parts, points) and (parts, points, size).
        """
        residuals = getattr(self.curve, "residuals", None)
        if residuals is None:
            raise LikelierError(
                "the equation of an ODE is solved already, and no residual of it is left; "
                "PhysicsResidual takes a network or an lk.Function"
            )
        own = theta[: self.width]
        found, slopes = residuals(equation, at).jacobian(self.natural(theta))
        if self.free:
            slopes = slopes * self._stretch(own)[0]
        return found, np.pad(slopes, ((0, 0), (0, 0), (0, self.flat.size)))

    def pull_bend(self, gradient: Array, rows: slice, total: Array, work: Workspace) -> None:
        if not self.bends:
            return
        weights = np.zeros((len(self.slots), self.n))
        weights[:, rows] = gradient[self.slots]
        p = self.natural(work.theta)
        found = self.curve.bend(p, weights)
        if self.free:
            first, second = self._stretch(work.theta[: self.width])
            _, jacobian = self._evaluate(work.theta, True)
            assert jacobian is not None
            slope = np.einsum("sn,snp->p", weights, jacobian) / first
            found = found * np.outer(first, first) + np.diag(slope * second)
        total[: self.width, : self.width] += found

    def symmetrise(self, total: Array) -> Array:
        """Fill what a curvature has below its blocks from what was summed above them."""
        p = self.width
        total[p:, :p] = total[:p, p:].T
        self.flat.symmetrise(total[p:, p:])
        return total

    def inner(self, slot: int, rows: slice, work: Workspace) -> Array:
        """What the coefficients of a slot are multiplied by, to first order, (m, q)."""
        if slot in self.slots:
            return self._slopes(rows, work)[self.slots.index(slot)]
        return self.flat.inner(self.rest.index(slot), rows, work)
