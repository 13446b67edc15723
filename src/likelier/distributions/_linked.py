"""A family seen through its links: rows of NLL, gradient and curvature in the linear predictors.

The predictors of one block of n rows are an array `eta` of shape (K, n), one row per column of
a parameter, so that scalar parameters stay contiguous. Everything here runs on NumPy; the same
`build` serves JAX.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.distributions._links import LINKS, Link, ScalarLink, get_link
from likelier.distributions._repeated import is_repeated
from likelier.special import Array

Curvature = dict[tuple[int, int], Array]
"""Rows of second derivatives by pairs (a, b), a <= b, of rows of eta; absent pairs are zero."""

_MANY = 64
"""Rows from which on it pays to look whether they share a predictor."""


@dataclass(frozen=True, eq=False)
class _Point:
    """Predictors of n rows and the parameters there.

    Attributes:
        eta: predictors, (K, n).
        parts: predictors by parameter: (n,), or (1,) where all rows share it, of a scalar;
            (n, columns) of a vector.
        values: the parameters, by the keywords that the family takes them by.
    """

    eta: Array
    parts: Mapping[str, Array]
    values: Mapping[str, Array]


@functools.cache
def simpler_family(text: str) -> Any:
    """The family that a text means, read once."""
    from likelier.distributions._text import from_text

    return from_text(text)


class Linked:
    """A family with a link for each predicted parameter.

    Args:
        family: the distribution class.
        links: link or link name by parameter; the domain's default where one is not named.
        sizes: event length of each vector parameter.
    """

    def __init__(
        self,
        family: Any,
        links: Mapping[str, str | Link] | None = None,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        self.family = family
        self.sizes = dict(sizes or {})
        self.link_names: dict[str, str] = {}
        self.links: dict[str, Link] = {}
        self.slots: dict[str, slice] = {}
        self._asked: dict[str, Link] = {}
        self._keywords: dict[str, str] = {}
        start = 0
        for name in family.parameter_names:
            declared = family.parameters_declared[name]
            asked = (links or {}).get(name, declared.link)
            link = get_link(asked, declared.domain, name)
            width = link.columns(self.sizes.get(name, 1))
            self.link_names[name] = asked if isinstance(asked, str) else link.text
            self.slots[name] = slice(start, start + width)
            start += width
            self._asked[name] = link
            # An alternative parameter that is the predictor itself loses nothing in the link.
            alternative = declared.linked.get(link.name)
            self._keywords[name] = alternative or name
            self.links[name] = LINKS["identity"] if alternative else link
        self.columns = start
        self._event_dims = {
            name: family.parameters_declared[name].domain.event_dims
            for name in family.parameter_names
        }
        self._vector = {
            name: dims > 0 or not isinstance(self.links[name], ScalarLink)
            for name, dims in self._event_dims.items()
        }

    @property
    def adapts(self) -> bool:
        """Whether some link adapts to the sample."""
        return any(link.adapts for link in self._asked.values())

    members = 1
    """Sets of predictors that are pooled; see `Pooled`."""

    @property
    def single(self) -> Linked:
        """The family with its links, for one set of predictors."""
        return self

    def simplified(self) -> Linked | None:
        """The family's `simpler` one under the link of the main parameter; None without one."""
        if not self.family.simpler:
            return None
        simple = simpler_family(self.family.simpler)
        return Linked(simple, {simple.main: self._asked[self.family.main]})

    def has_unit(self, name: str) -> bool:
        """Whether the predictors of a parameter are in its unit."""
        return self._asked[name].has_unit

    def units(self, name: str, eta: Callable[[], Array], spread: Callable[[], Array]) -> Array:
        """What a step of each predictor of a parameter is compared with, (columns,).

        A location is compared with the spread of y, a positive number with itself, whatever the
        link and the unit of y; a predictor on a scale of its own, such as log odds, with 1.

        Args:
            name: the parameter.
            eta: finds the predictors, (K, n).
            spread: finds the standard deviation of y, or of each of its entries.
        """
        domain = self.family.parameters_declared[name].domain
        link, rows = self._asked[name], self.slots[name]
        located = name == self.family.main and self.family.location_link == "identity"
        if not (located and link.has_unit) and domain.size is None:
            return np.ones(rows.stop - rows.start)
        own = eta()[rows].T if domain.event_dims else eta()[rows.start]
        if located and link.has_unit:
            size = np.broadcast_to(spread(), np.shape(own))
        else:
            assert domain.size is not None
            size = domain.size(link.inverse(own))
        with np.errstate(all="ignore"):
            steps = np.abs(link.pullback(own, 1 / size))
            found = np.atleast_1d(1 / np.median(steps, axis=0))
        return np.where((found > 0) & (found < np.inf), found, 1.0)

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is made of, equal for equal ones."""
        links = tuple((name, link.text, type(link)) for name, link in self._asked.items())
        return self.family, links, tuple(sorted(self.sizes.items()))

    def adapted_to(self, y: Array, weights: Array | None) -> Linked:
        """The same, with links that adapt to a sample adapted to this one."""
        if not self.adapts:
            return self
        return self.adapted(self.family._start(y, weights))

    def adapted(self, parameters: Mapping[str, Array]) -> Linked:
        """The same, with links that adapt to a sample's rough parameters (an angle's) adapted."""
        links = {name: link.adapted(parameters[name]) for name, link in self._asked.items()}
        result = Linked(self.family, links, self.sizes)
        for name, link in links.items():
            if link is self._asked[name]:
                result.link_names[name] = self.link_names[name]
        return result

    def rounded(self, width: float) -> Linked:
        """The same links on the family with its kink rounded over this width."""
        return Linked(self.family.rounded(width), self._asked, self.sizes)

    def _point(self, eta: Array) -> _Point:
        """The parameters at predictors; of a scalar that many rows share, one number for all.

        What depends on that number alone is then computed once.
        """
        parts = {
            name: eta[rows].T if self._vector[name] else _once(eta[rows.start])
            for name, rows in self.slots.items()
        }
        return _Point(eta, parts, self._values(parts))

    def _values(self, parts: Mapping[str, Array]) -> dict[str, Array]:
        """The predicted parameters, by the keywords that the family takes them by."""
        return {
            self._keywords[name]: link.inverse(parts[name]) for name, link in self.links.items()
        }

    def build(self, eta: Array, known: Mapping[str, Array] | None = None, xp: Any = np) -> Any:
        """The distributions at these predictors, shape (n,).

        Args:
            eta: predictors, shape (K, n).
            known: parameters that are not predicted (fixed or data), by name.
        """
        parts = {
            name: eta[rows].T if self._vector[name] else eta[rows.start]
            for name, rows in self.slots.items()
        }
        return self._made(self._values(parts), known, xp)

    def _made(
        self, values: Mapping[str, Array], known: Mapping[str, Array] | None, xp: Any = np
    ) -> Any:
        # Known values (such as a number of trials) keep their place in the parametrisation.
        return self.family._of(xp, {**known, **values} if known else values)

    def predictors(self, parameters: Mapping[str, Array]) -> Array:
        """The predictors at which the predicted parameters take these values, (K,) or (K, n).

        Args:
            parameters: by name, of one distribution or of n.
        """
        values = {k: np.asarray(v, dtype=float) for k, v in parameters.items()}
        first = next(iter(self.links))
        batch = values[first].shape[: values[first].ndim - self._event_dims[first]]
        eta = np.empty((self.columns, *batch))
        d = self.family._of(np, values)
        for name, link in self._asked.items():
            keyword = self._keywords[name]
            # An alternative parameter may depend on others than the one that it stands for.
            found = link.forward(values[name]) if keyword == name else d.value_of(keyword)
            eta[self.slots[name]] = np.moveaxis(found, -1, 0) if self._vector[name] else found
        return eta

    def parameters(self, eta: Array) -> dict[str, Array]:
        """The predicted parameters at one point of the predictors, shape (K,)."""
        d = self.build(np.asarray(eta)[:, None])
        return {name: d.value_of(name)[0] for name in self.links}

    def nll(self, eta: Array, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        """Negative log-likelihood of each row, shape (n,)."""
        return -self._made(self._point(eta).values, known)._log_prob(y)

    def gradient(self, eta: Array, y: Array, known: Mapping[str, Array] | None = None) -> Array:
        """Derivative of the NLL in the predictors, shape (K, n)."""
        point = self._point(eta)
        return self._gradient(self._made(point.values, known)._score(y), point)

    def nll_and_gradient(
        self, eta: Array, y: Array, known: Mapping[str, Array] | None = None
    ) -> tuple[Array, Array]:
        """Rows of NLL, (n,), and of its gradient, (K, n), from one set of parameters."""
        point = self._point(eta)
        value, score = self._made(point.values, known)._log_prob_and_score(y)
        return -value, self._gradient(score, point)

    def evaluate(
        self,
        eta: Array,
        y: Array,
        known: Mapping[str, Array] | None = None,
        kind: str = "observed",
    ) -> tuple[Array, Array, Curvature]:
        """Rows of NLL, gradient and curvature together.

        Args:
            kind: "observed" for second derivatives of the NLL, "expected" for their expectation,
                which is never indefinite.
        """
        point = self._point(eta)
        distribution = self._made(point.values, known)
        if kind == "expected":
            value, score = distribution._log_prob_and_score(y)
            information = self._pull(distribution.information(), None, point, 1.0)
            return -value, self._gradient(score, point), information
        value, score, hessian = distribution._all_orders(y)
        nll, gradient = -value, self._gradient(score, point)
        if hessian is None:
            return nll, gradient, self._differences(eta, y, known)
        return nll, gradient, self._pull(hessian, score, point, -1.0)

    def information(self, eta: Array, known: Mapping[str, Array] | None = None) -> Curvature:
        """Rows of the expected information in the predictors, by pairs."""
        point = self._point(eta)
        information = self._made(point.values, known).information()
        return self._pull(information, None, point, 1.0)

    def pull(
        self,
        slopes: Mapping[str, Array],
        second: Mapping[tuple[str, str], Array],
        eta: Array,
    ) -> tuple[Array, Curvature]:
        """Rows of gradient, (K, n), and curvature of any function of the parameters.

        Args:
            slopes: derivatives in the predicted parameters, 0 where there is none, (n,) each.
            second: second derivatives by pairs.
            eta: predictors, (K, n).
        """
        zero = np.zeros(eta.shape[1])
        # As the score of a log-likelihood, of which the negative is taken.
        score = {name: -slopes.get(name, zero) for name in self.links}
        point = self._point(eta)
        return self._gradient(score, point), self._pull(second, score, point, 1.0)

    def _gradient(self, score: Mapping[str, Array], point: _Point) -> Array:
        gradient = np.empty_like(point.eta)
        for name, rows in self.slots.items():
            pulled = self._pullback(name, score[self._keywords[name]], point)
            if self._vector[name]:
                np.negative(pulled.T, out=gradient[rows])
            else:
                np.negative(pulled, out=gradient[rows.start])
        return gradient

    def _pullback(self, name: str, gradient: Array, point: _Point) -> Array:
        """A derivative in a parameter as one in its predictors."""
        link = self.links[name]
        if link.slope_is_parameter:
            return gradient * point.values[self._keywords[name]]
        return link.pullback(point.parts[name], gradient)

    def _bend(self, name: str, gradient: Array, point: _Point) -> Array | None:
        """What the bend of a link adds to second derivatives in its predictors."""
        link = self.links[name]
        if link.slope_is_parameter:
            return gradient * point.values[self._keywords[name]]
        return link.bend(point.parts[name], gradient)

    def _pull(
        self,
        second: Mapping[tuple[str, str], Array],
        score: Mapping[str, Array] | None,
        point: _Point,
        sign: float,
    ) -> Curvature:
        """Curvature in the predictors from second derivatives in the parameters."""
        curvature: Curvature = {}
        names = list(self.links)
        for i, first in enumerate(names):
            for other in names[i:]:
                pair = (self._keywords[first], self._keywords[other])
                value = second.get(pair, second.get(pair[::-1]))
                if value is None:
                    continue
                if pair not in second and self._vector[first] and self._vector[other]:
                    value = np.swapaxes(value, -1, -2)
                self._add_pair(curvature, first, other, -value if sign < 0 else value, point)
        if score is not None:
            for name in names:
                bend = self._bend(name, score[self._keywords[name]], point)
                if bend is not None:
                    self._add_bend(curvature, name, -bend)
        shape = point.eta.shape[1:]
        return {
            key: rows if np.shape(rows) == shape else np.broadcast_to(rows, shape)
            for key, rows in curvature.items()
        }

    def _add_pair(
        self, curvature: Curvature, first: str, other: str, value: Array, point: _Point
    ) -> None:
        """Pull one block of second derivatives back through the links of both parameters."""
        rows, columns = self.slots[first], self.slots[other]
        if not self._vector[first] and not self._vector[other]:
            pulled = self._pullback(first, self._pullback(other, value, point), point)
            self._add(curvature, (rows.start, columns.start), pulled)
            return
        a, b = self.links[first], self.links[other]
        eta_a, eta_b = point.parts[first], point.parts[other]
        # The block's event axes, the first parameter's first, become columns one by one.
        value = b.pullback(_spread(eta_b, self._event_dims[first]), value)
        value = np.moveaxis(value if self._vector[other] else value[..., None], -1, 1)
        value = a.pullback(_spread(eta_a, 1), value)
        value = value if self._vector[first] else value[..., None]
        for i in range(rows.start, rows.stop):
            for j in range(max(i, columns.start), columns.stop):
                self._add(curvature, (i, j), value[:, j - columns.start, i - rows.start])

    def _add_bend(self, curvature: Curvature, name: str, bend: Array) -> None:
        """Add a link's own second derivative: rows for a scalar, matrices for a vector."""
        rows = self.slots[name]
        if not self._vector[name]:
            self._add(curvature, (rows.start, rows.start), bend)
            return
        for i in range(rows.start, rows.stop):
            for j in range(i, rows.stop):
                self._add(curvature, (i, j), bend[:, i - rows.start, j - rows.start])

    @staticmethod
    def _add(curvature: Curvature, key: tuple[int, int], value: Array) -> None:
        curvature[key] = curvature[key] + value if key in curvature else value

    def _differences(self, eta: Array, y: Array, known: Mapping[str, Array] | None) -> Curvature:
        """Curvature by central differences of the analytic gradient, of fourth order."""
        curvature: Curvature = {}
        n = len(y)
        columns = np.empty((self.columns, self.columns, n))
        for a in range(self.columns):
            # The best step of a fourth-order difference is near eps^(1/5).
            step = 1e-3 * np.maximum(1.0, np.abs(eta[a]))
            total = np.zeros((self.columns, n))
            for multiple, coefficient in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
                moved = eta.copy()
                moved[a] += multiple * step
                total += coefficient * self.gradient(moved, y, known)
            columns[a] = total / (12 * step)
        for a in range(self.columns):
            for b in range(a, self.columns):
                curvature[a, b] = (columns[a, b] + columns[b, a]) / 2
        return curvature


def _once(eta: Array) -> Array:
    """The predictor of rows, or that of one where many share it."""
    return eta[:1] if len(eta) >= _MANY and is_repeated(eta) else eta


def _spread(eta: Array, axes: int) -> Array:
    """Predictors with this many axes of length 1 between the rows and the columns."""
    return eta.reshape(eta.shape[:1] + (1,) * axes + eta.shape[1:])
