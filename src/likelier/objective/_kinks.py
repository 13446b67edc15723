"""Norms of coefficients: the kinks of sparse penalties, with all that a solver asks of them.

With u = d ∘ θ (the coefficients of standardised columns), the function is

    Σⱼ aⱼ |uⱼ| + Σ_g c_g ‖u_g‖,

groups disjoint. Everything here is in u; the smooth part of an objective is taken there by
dividing gradients by d.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True, eq=False)
class Kinks:
    """A weighted sum of absolute values and of Euclidean norms of groups.

    Attributes:
        scale: (P,) d, positive.
        absolute: (P,) a, 0 where a coefficient has none.
        member: (P,) number of the group of each coefficient, -1 for none.
        norm: (G,) c of each group.
    """

    scale: Array
    absolute: Array
    member: Array
    norm: Array

    @classmethod
    def none(cls, size: int) -> Kinks:
        """No kinks at all."""
        return cls(np.ones(size), np.zeros(size), np.full(size, -1), np.zeros(0))

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return len(self.scale)

    @property
    def level(self) -> float:
        """The sum of all strengths."""
        return float(self.absolute.sum() + self.norm.sum())

    @property
    def penalised(self) -> Array:
        """(P,) whether a coefficient is in any norm."""
        return (self.absolute > 0) | self._within(self.norm > 0, False)

    def times(self, factor: float) -> Kinks:
        """The function times a number."""
        return replace(self, absolute=factor * self.absolute, norm=factor * self.norm)

    def __add__(self, other: Kinks) -> Kinks:
        """The sum; groups of both must be the same or disjoint."""
        shift = np.where(other.member >= 0, other.member + len(self.norm), -1)
        both = (self.member >= 0) & (shift >= 0)
        norm = np.concatenate([self.norm, other.norm])
        member = np.where(self.member >= 0, self.member, shift)
        for mine, yours in {
            (int(a), int(b)) for a, b in zip(self.member[both], shift[both], strict=True)
        }:
            norm[mine] += norm[yours]
        own = np.where(self.penalised, self.scale, other.scale)
        return Kinks(own, self.absolute + other.absolute, member, norm)

    def select(self, index: Array) -> Kinks:
        """The function where all other coefficients are 0; of a group in it all are."""
        return Kinks(self.scale[index], self.absolute[index], self.member[index], self.norm)

    # ------------------------------------------------------------------ what solvers ask

    def value(self, u: Array) -> float:
        """Its value."""
        total = float(self.absolute @ np.abs(u))
        return total + float(self.norm @ self.norms(u)) if len(self.norm) else total

    def norms(self, u: Array) -> Array:
        """‖u_g‖ of each group, (G,)."""
        inside = self.member >= 0
        squares = np.bincount(self.member[inside], u[inside] ** 2, minlength=len(self.norm))
        return np.sqrt(squares)

    def prox(self, u: Array, step: float) -> Array:
        """argmin_v ½ ‖v − u‖² + step · (the function at v).

        Soft thresholds, then a shrinkage of each group: Simon et al. (2013),
        doi:10.1080/10618600.2012.681250.
        """
        found = soften(u, step * self.absolute)
        if not len(self.norm):
            return found
        sizes = self.norms(found)
        with np.errstate(all="ignore"):
            shrunk = np.where(sizes > 0, np.maximum(1 - step * self.norm / sizes, 0.0), 0.0)
        return found * self._within(shrunk, 1.0)

    def subgradient(self, u: Array, gradient: Array) -> Array:
        """The shortest sum of a gradient and a subgradient: 0 at an optimum, and only there.

        Args:
            u: where.
            gradient: of the smooth part, in u.
        """
        moved = gradient + self.absolute * np.sign(u)
        soft = soften(gradient, self.absolute)
        plain = np.where(u != 0, moved, soft)
        if not len(self.norm):
            return plain
        sizes = self.norms(u)
        idle = self.norms(np.where(self._within(sizes == 0, False), soft, 0.0))
        with np.errstate(all="ignore"):
            pull = np.where(sizes > 0, self.norm / sizes, 0.0)
            left = np.where(idle > 0, np.maximum(1 - self.norm / idle, 0.0), 0.0)
        dead = self._within(sizes == 0, False)
        return np.where(dead, soft * self._within(left, 1.0), plain + self._within(pull, 0.0) * u)

    def slope(self, u: Array) -> Array:
        """Its gradient on the coefficients that are not 0; 0 on the others."""
        found = self.absolute * np.sign(u)
        if len(self.norm):
            sizes = self.norms(u)
            with np.errstate(all="ignore"):
                found = found + self._within(np.where(sizes > 0, self.norm / sizes, 0.0), 0.0) * u
        return found

    def curvature(self, u: Array) -> Array | None:
        """Second derivatives on the coefficients that are not 0; None where they are all 0."""
        if not len(self.norm):
            return None
        sizes = self.norms(u)
        with np.errstate(all="ignore"):
            first = np.where(sizes > 0, self.norm / sizes, 0.0)
            second = np.where(sizes > 0, self.norm / sizes**3, 0.0)
        same = (self.member[:, None] == self.member[None, :]) & (self.member >= 0)[:, None]
        moved = np.where(u != 0, u, 0.0)
        bent: Array = np.diag(np.where(u != 0, self._within(first, 0.0), 0.0))
        return bent - np.where(same, np.outer(moved * self._within(second, 0.0), moved), 0.0)

    def reach(self, gradient: Array) -> float:
        """The least factor of the function under which coefficients of 0 are optimal.

        Args:
            gradient: of the smooth part there, in u.
        """
        alone = (self.member < 0) & (self.absolute > 0)
        found = float(np.max(np.abs(gradient[alone]) / self.absolute[alone], initial=0.0))
        for g in np.flatnonzero(self.norm > 0):
            own = self.member == g
            found = max(found, _group_reach(gradient[own], self.absolute[own], self.norm[g]))
        return found

    def _within(self, of_group: Array, otherwise: Any) -> Array:
        """A number of each group, spread over its members."""
        if not len(of_group):
            return np.full(self.size, otherwise)
        return np.where(self.member >= 0, of_group[self.member], otherwise)


def soften(u: Array, threshold: Array) -> Array:
    """Soft threshold: u moved towards 0 by the threshold, and no further than 0."""
    return np.sign(u) * np.maximum(np.abs(u) - threshold, 0.0)


def _group_reach(gradient: Array, absolute: Array, norm: float) -> float:
    """The factor t at which ‖soft(gradient, t a)‖ = t c."""
    if not np.any(absolute):
        return float(np.linalg.norm(gradient)) / norm

    def excess(t: float) -> float:
        return float(np.linalg.norm(soften(gradient, t * absolute))) - t * norm

    from scipy.optimize import brentq

    top = float(np.linalg.norm(gradient)) / norm
    return float(brentq(excess, 0.0, top, xtol=1e-300, rtol=1e-14)) if top > 0 else 0.0
