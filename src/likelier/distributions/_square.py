"""1 + w² and its relatives for any w, where w² itself may leave the range of the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from likelier import special
from likelier.special import Array
from likelier.special._namespace import select
from likelier.special.elementary import log1pmx_series


class Square:
    """The pieces that Cauchy's and Student's formulas are made of.

    With r = w where |w| <= 1 and 1 / w beyond, 1 + w² is (1 + r²) or (1 + r²) w². Blocks of
    NumPy's whose w² all stay in the range take r = w throughout.
    """

    def __init__(self, xp: Any, w: Array) -> None:
        self.xp, self.w = xp, w
        self.limit = float(xp.finfo(w.dtype).max) ** 0.2
        self.plain = type(w) is np.ndarray and bool(np.max(np.abs(w), initial=0.0) < self.limit)
        if self.plain:
            self.r, self.sum = w, 1 + w * w
            return
        self.big = abs(w) > 1
        self.outer = xp.where(self.big, w, 1.0)
        self.r = xp.where(self.big, 1 / self.outer, w)
        self.sum = 1 + self.r * self.r

    def log1p(self) -> Array:
        """log(1 + w²)."""
        xp, w = self.xp, self.w
        if self.plain:
            return np.log1p(w * w)
        return xp.log1p(self.r * self.r) + 2 * xp.log(abs(self.outer))

    def log1p_less_share(self) -> Array:
        """log(1 + w²) − w² / (1 + w²), which is of the order w⁴ at 0."""
        xp = self.xp
        share = self.share()
        if self.plain:
            # Where w² is large the first of the two is well above the second.
            far = np.log(self.sum) - share
            return select(np, self.sum > 2, far, -log1pmx_series(-share))
        near = -special.log1pmx(xp.where(self.big, 0.0, -share))
        return xp.where(self.big, self.log1p() - share, near)

    def half_slope(self) -> Array:
        """w / (1 + w²)."""
        return self.r / self.sum

    def share(self) -> Array:
        """w² / (1 + w²)."""
        if self.plain:
            return self.r * self.r / self.sum
        return self.xp.where(self.big, 1.0, self.r * self.r) / self.sum

    def rest(self) -> Array:
        """1 / (1 + w²)."""
        if self.plain:
            return 1 / self.sum
        return self.xp.where(self.big, self.r * self.r, 1.0) / self.sum

    def excess(self, df: Array, root: Array) -> Array:
        """(df w² − 1) / (1 + w²), where root = √df."""
        xp = self.xp
        if self.plain:
            u = self.r * root
            return (u - 1) * (u + 1) / self.sum
        u = xp.where(self.big, self.r / root, self.r * root)
        size = (1 - u) * (1 + u) / self.sum
        return xp.where(self.big, df * size, -size)
