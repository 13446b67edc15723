"""A mixture of several members of one family."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions import _mixing
from likelier.distributions._components import MOST, each, repeated, shape_checked
from likelier.distributions._domains import logits as logits_domain
from likelier.distributions._domains import simplex
from likelier.distributions._gated import log_or_lowest
from likelier.distributions._mixing_angles import OnCircle
from likelier.distributions._modifier import Modifier, inherited, option_text, scalar_family
from likelier.distributions._parameter import parameter
from likelier.distributions._peaks import highest_point
from likelier.distributions._quadrature import integrate_unit
from likelier.distributions._total_variance import total_variance
from likelier.errors import LikelierError
from likelier.special import Array


class Mixture(Modifier):
    r"""A mixture of `components` members of a family, `Mixture(F, k)`.

    p(y) = Σⱼ wⱼ p_F(y | θⱼ),  w = softmax(logits)

    Args:
        family: a family of single numbers with scalar parameters, a class or its text.
        components: number of components k, at least 2. The family made has F's parameters with
            k on the last axis, and
        logits: k real numbers, in models with the first as the reference; or
        weights: k numbers from 0 to 1 that sum to 1. Both are called `mixture_logits` and
            `mixture_weights` where F has a parameter of that name.
        members: of an ensemble whose predictions are pooled, each with so many components one after
            the other; k when not given. What they agree on is `aleatoric_variance`, what they
            differ in `epistemic_variance`.

    Of angles, as with `VonMises`, `mean` is the mean direction, `variance` the circular variance,
    and the cdf counts from the side opposite to the mean direction, around which quantiles,
    intervals and draws lie.

    `mle` runs EM from several starts, refuses solutions in which a component collapses to a
    point (their likelihood is infinite and tells nothing), and orders components by their mean.

    Raises `LikelierError` for a family that cannot be mixed.

    Source: McLachlan and Peel (2000), doi:10.1002/0471721182.

    Example:
        >>> import likelier as lk
        >>> family = lk.Mixture(lk.Normal, 2)
        >>> mixture = family(loc=[0.0, 4.0], scale=[1.0, 1.0], weights=[0.5, 0.5])
        >>> float(mixture.mean)
        2.0
    """

    @classmethod
    def modify(cls, family: Any, components: int, members: int | None = None) -> Any:
        """The family of a mixture of so many components of a family."""
        base = scalar_family(family, "Mixture")
        if not isinstance(components, int) or not 2 <= components <= MOST:
            raise LikelierError(
                f"Mixture({base.__name__}) needs a whole number of components, 2 or more and at "
                f"most {MOST:,}; given: {components}"
            )
        for name in base.parameter_names:
            if base.parameters_declared[name].domain.event_dims:
                raise LikelierError(
                    f"Mixture needs scalar parameters; {name} of {base.text()} is"
                    f" {base.parameters_declared[name].domain.text}"
                )
        if members is None:
            return cls.family_of(base, (("components", components),))
        whole = isinstance(members, int) and not isinstance(members, bool)
        if not whole or not 1 <= members <= components or components % members:
            raise LikelierError(
                f"members of Mixture divides its {components} components; given: {members!r}"
            )
        return cls.family_of(base, (("components", components), ("members", members)))

    @classmethod
    def mixins(cls, base: Any) -> tuple[type, ...]:
        return (OnCircle,) if base.support.circular else ()

    @classmethod
    def declare(cls, base: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        k = arguments["components"]
        clash = {"logits", "weights"} & set(base.parameters_declared)
        logits, weights = ("mixture_logits", "mixture_weights") if clash else ("logits", "weights")
        some = tuple(0.5 * j for j in range(k))
        share = tuple((j + 1) / (k * (k + 1) / 2) for j in range(k))
        return {
            **repeated(inherited(base), k),
            logits: parameter(
                dataclasses.replace(logits_domain, examples=(some, some[::-1])),
                "logits of the components' weights",
                derive=lambda d: log_or_lowest(d._xp, getattr(d, weights)),
            ),
            weights: parameter(
                dataclasses.replace(simplex, examples=(share, share[::-1])),
                "weights of the components",
                derive=lambda d: special.softmax(getattr(d, logits), axis=-1),
            ),
            "parametrisations": tuple(
                (*names, mixing) for mixing in (logits, weights) for names in base.parametrisations
            ),
            "support": base.support,
            "discrete": base.discrete,
            "multimodal": True,
            "smooth": base.smooth,
            "mixed": base.mixed,
            "_size": k,
            "_members": arguments.get("members", k),
            "_logits": logits,
            "_weights": weights,
        }

    _size = 0
    _members = 0
    _logits, _weights = "logits", "weights"

    def __init__(self, *args: Array, **kwargs: Array) -> None:
        super().__init__(*args, **kwargs)
        shape_checked(self, self._size, (self._logits, self._weights))

    @classmethod
    def _arguments_text(cls) -> list[str]:
        return [option_text(value) for _, value in cls.arguments]

    @classmethod
    def _event_sizes(cls, y: Array, levels: int | None) -> dict[str, int]:
        assert cls.base is not None
        return dict.fromkeys((*cls.base.parameter_names, cls._logits), cls._size)

    def _inner_of(self, values: Mapping[str, Array]) -> Any:
        return each(self, values)

    # ------------------------------------------------------------------ the pieces

    @property
    def _log_weights(self) -> Array:
        if self._logits in self.given:
            return special.log_softmax(getattr(self, self._logits), axis=-1)
        return log_or_lowest(self._xp, getattr(self, self._weights))

    @property
    def _shares(self) -> Array:
        """The components' weights."""
        return getattr(self, self._weights)

    def _joint(self, y: Array) -> tuple[Array, Array]:
        """Each component's log density, and log of its part in the mixture's."""
        log_prob = self.inner._supported_log_prob(y[..., None])
        return log_prob, self._log_weights + log_prob

    def responsibilities(self, y: Array) -> Array:
        """Probability that each component made an observation, (…, k).

        Args:
            y: observations that broadcast with the batch.
        """
        d, y = self._with(y)
        _, joint = d._joint(y)
        return special.softmax(joint, axis=-1)

    def _log_prob(self, y: Array) -> Array:
        _, joint = self._joint(y)
        return special.logsumexp(joint, axis=-1)

    def _parts(self, y: Array) -> tuple[Array, Array, Array, dict[str, Array]]:
        """log_prob, responsibilities, the mixing parameter's slope, the components' scores."""
        xp = self._xp
        log_prob, joint = self._joint(y)
        total = special.logsumexp(joint, axis=-1)
        share = xp.exp(joint - total[..., None])
        given = self._logits in self.given
        slope = share if given else xp.exp(log_prob - total[..., None])
        score = self.inner._score(y[..., None])
        kept = {k: xp.where(share > 0, v, 0.0) for k, v in score.items() if k in self._predicted()}
        return total, share, slope, kept

    def _predicted(self) -> tuple[str, ...]:
        """Given parameters of which each component has its own."""
        return tuple(k for k in self.given if self.parameters_declared[k].role == "predicted")

    def _mixing(self) -> str:
        return self._logits if self._logits in self.given else self._weights

    def _score(self, y: Array) -> dict[str, Array]:
        return self._log_prob_and_score(y)[1]

    def _log_prob_and_score(self, y: Array) -> tuple[Array, dict[str, Array]]:
        total, share, slope, score = self._parts(y)
        found = {name: share * value for name, value in score.items()}
        return total, {**found, self._mixing(): self._mixing_score(share, slope)}

    def _mixing_score(self, share: Array, slope: Array) -> Array:
        """Derivative in the logits, rⱼ − wⱼ, without its cancellation where both are near 1."""
        if self._mixing() == self._weights:
            return slope
        # Σₗ (rⱼ wₗ − rₗ wⱼ), as both sum to 1; a fused multiplication spoils the 0 at l = j.
        xp = self._xp
        product = share[..., :, None] * self._shares[..., None, :]
        others = 1 - xp.eye(self._size, dtype=product.dtype)
        return xp.sum(others * (product - xp.swapaxes(product, -1, -2)), axis=-1)

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array] | None:
        second = self.inner._hessian(y[..., None])
        if second is None:
            return None
        xp = self._xp
        _, share, slope, score = self._parts(y)
        one = xp.eye(self._size, dtype=share.dtype)

        def diagonal(x: Array) -> Array:
            return x[..., None] * one

        def outer(a: Array, b: Array) -> Array:
            return a[..., :, None] * b[..., None, :]

        found = {}
        names, mixing = list(score), self._mixing()
        for i, first in enumerate(names):
            for other in names[i:]:
                own = share * score[first] * score[other]
                if (first, other) in second:
                    own = own + xp.where(share > 0, share * second[first, other], 0.0)
                between = outer(share * score[first], share * score[other])
                found[first, other] = diagonal(own) - between
            moved = share * score[first]
            found[first, mixing] = diagonal(slope * score[first]) - outer(moved, slope)
        if mixing == self._logits:
            weights = self._shares
            bend = diagonal(share - weights) - outer(share, share) + outer(weights, weights)
        else:
            bend = -outer(slope, slope)
        found[mixing, mixing] = bend
        return found

    # ------------------------------------------------------------------ the distribution

    def _cdf(self, y: Array) -> Array:
        return self._xp.exp(self._log_cdf(y))

    def _sf(self, y: Array) -> Array:
        return self._xp.exp(self._log_sf(y))

    def _log_cdf(self, y: Array) -> Array:
        return self._log_sum(self.inner.log_cdf(y[..., None]))

    def _log_sf(self, y: Array) -> Array:
        return self._log_sum(self.inner.log_sf(y[..., None]))

    def _log_sum(self, log_tails: Array) -> Array:
        """log of the weighted sum of the components' tails, which no rounding lifts above 0."""
        value = special.logsumexp(self._log_weights + log_tails, axis=-1)
        return self._xp.where(value > 0, 0.0, value)

    def _cdf_score(self, y: Array) -> dict[str, Array] | None:
        found = self.inner._cdf_score(y[..., None])
        if found is None:
            return None
        xp = self._xp
        _, joint = self._joint(y)
        total = special.logsumexp(joint, axis=-1)
        share = xp.exp(joint - total[..., None])
        kept = {
            k: xp.where(share > 0, share * v, 0.0)
            for k, v in found.items()
            if k in self._predicted()
        }
        log_cdf, log_sf = self._log_cdf(y), self._log_sf(y)
        left = (log_cdf <= log_sf)[..., None]
        inner = self.inner
        tails = xp.where(left, inner.log_cdf(y[..., None]), inner.log_sf(y[..., None]))
        own = xp.exp(tails - total[..., None])
        if self._logits in self.given:
            whole = xp.where(log_cdf <= log_sf, log_cdf, log_sf)
            own = self._shares * (own - xp.exp(whole - total)[..., None])
        return {**kept, self._mixing(): xp.where(left, own, -own)}

    def _strata(self) -> list[tuple[Array, Any]]:
        weights = self._shares
        shape = (*self.batch_shape, self._size)
        inner = self.inner
        values = {name: np.broadcast_to(value, shape) for name, value in inner.parameters.items()}
        return [
            (weights[..., j], inner._of(np, {name: v[..., j] for name, v in values.items()}))
            for j in range(self._size)
        ]

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        edges = np.cumsum(self._shares, axis=-1)
        edges = edges[..., :-1] / edges[..., -1:]
        chosen = np.sum(rng.random(shape)[..., None] > edges, axis=-1)
        draws = self.inner._sample(rng, (*shape, self._size))
        return np.take_along_axis(draws, chosen[..., None], axis=-1)[..., 0]

    def _crps(self, y: Array) -> Array:
        if self.discrete:
            return super()._crps(y)
        shape = np.broadcast_shapes(np.shape(y), self.batch_shape)
        y = np.broadcast_to(y, shape)
        total = np.zeros(shape)
        with np.errstate(all="ignore"):
            for weight, part in self._strata():
                below, above = part.cdf(y), part.sf(y)

                # ∫ F² dt below y and ∫ S² dt above it, over the quantiles of each component.
                def halves(x: Array, _: Array, part: Any = part, ends: Any = (below, above)) -> Any:
                    x = x.reshape(x.shape + (1,) * len(shape))
                    low, high = part._quantile(x * ends[0]), part._quantile(1 - x * ends[1])
                    return [
                        ends[0] * np.exp(2 * self._log_cdf(low) - self._log_prob(low)),
                        ends[1] * np.exp(2 * self._log_sf(high) - self._log_prob(high)),
                    ]

                first, second = integrate_unit(halves)
                total = total + weight * (first + second)
        return total

    def _pool(self, shares: Array, mean: Array, variance: Array) -> tuple[Array, Array, Array]:
        return total_variance(self._xp, self.support, shares, mean, variance)

    def _moments(self) -> tuple[Array, Array, Array]:
        """Mean, and the variance within and between the components."""
        return self._pool(self._shares, self.inner.mean, self.inner.variance)

    @property
    def mean(self) -> Array:
        return self._moments()[0]

    @property
    def variance(self) -> Array:
        _, within, between = self._moments()
        return within + between

    @property
    def mode(self) -> Array:
        return self._named(highest_point(self))

    def _by_member(self) -> tuple[Array, Array, Array]:
        """As `_moments`, of the members of an ensemble."""
        weights, inner = self._shares, self.inner
        mean, variance = inner.mean + 0 * weights, inner.variance + 0 * weights
        shape = (*mean.shape[:-1], self._members, -1)
        own = (weights + 0 * mean).reshape(shape)
        share = own.sum(-1)
        centre, within, between = self._pool(
            own / share[..., None], mean.reshape(shape), variance.reshape(shape)
        )
        return self._pool(share, centre, within + between)

    @property
    def aleatoric_variance(self) -> Array:
        """The mean of the members' variances: noise that no more data would take away."""
        return self._by_member()[1]

    @property
    def epistemic_variance(self) -> Array:
        """The variance of the members' means: what they do not agree on.

        With `aleatoric_variance` it adds up to the variance (law of total variance).
        """
        return self._by_member()[2]

    # ------------------------------------------------------------------ samples

    @classmethod
    def _start(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array]:
        return _mixing.start(cls, y, weights, known[0] if known else {})

    @classmethod
    def _mle(cls, y: Array, weights: Array | None, *known: Any) -> dict[str, Array]:
        return _mixing.maximise(cls, y, weights, known[0] if known else {})
