"""Kullback–Leibler divergence: closed forms by family, quadrature or a sum for the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from likelier import special
from likelier.distributions import _fallbacks
from likelier.distributions._base import Distribution
from likelier.distributions._deviance import gamma_deviance
from likelier.distributions.bernoulli import Bernoulli
from likelier.distributions.beta import Beta
from likelier.distributions.categorical import Categorical
from likelier.distributions.cauchy import Cauchy
from likelier.distributions.dirichlet import Dirichlet
from likelier.distributions.exponential import Exponential
from likelier.distributions.gamma import Gamma
from likelier.distributions.geometric import Geometric
from likelier.distributions.inverse_gamma import InverseGamma
from likelier.distributions.inverse_gaussian import InverseGaussian
from likelier.distributions.laplace import Laplace
from likelier.distributions.log_normal import LogNormal
from likelier.distributions.multivariate_normal import MultivariateNormal
from likelier.distributions.normal import Normal
from likelier.distributions.normal_inverse_gamma import NormalInverseGamma
from likelier.distributions.poisson import Poisson
from likelier.distributions.weibull import Weibull
from likelier.errors import LikelierError
from likelier.special import Array, as_floating, namespace

_EULER = 0.57721566490153286061


def kl_divergence(p: Distribution, q: Distribution) -> Array:
    r"""Kullback–Leibler divergence of `q` from `p`, in nats: what is lost by taking p for q.

    KL(p, q) = E log(p(Y) / q(Y)),  Y ~ p: the expected excess of q's NLL over p's on data from p.

    Two members of one family have a closed form in most families, which runs on NumPy, JAX and
    PyTorch with gradients; everything else is integrated or summed on NumPy.

    Args:
        p: where the observations come from; its batch broadcasts with that of `q`.
        q: what stands in for it, over the same kind of observations.

    Returns the divergence for each member of the batch, 0 or above; infinite where p gives
    probability to what q excludes.

    Raises `LikelierError` for vector families without a closed form, and for a discrete
    distribution beside a continuous one.

    Source: Kullback and Leibler (1951), doi:10.1214/aoms/1177729694.

    Example:
        >>> import likelier as lk
        >>> float(lk.kl_divergence(lk.Normal(0.0, 1.0), lk.Normal(1.0, 1.0)))
        0.5
    """
    for family, closed in _CLOSED.items():
        if isinstance(p, family) and isinstance(q, family):
            with np.errstate(divide="ignore", over="ignore"):
                return closed(*_on_one_library(p, q))
    if p.discrete != q.discrete or p.support.event_dims != q.support.event_dims:
        raise LikelierError(
            f"{type(p).__name__} takes {p.support.text} and {type(q).__name__} takes"
            f" {q.support.text}: a divergence compares distributions of the same observations"
        )
    if isinstance(p, NormalInverseGamma):
        return kl_divergence(p.marginal, q)
    if isinstance(q, NormalInverseGamma):
        return kl_divergence(p, q.marginal)
    return _integrated(p._on_numpy("this divergence"), q._on_numpy("this divergence"))


def _on_one_library(p: Distribution, q: Distribution) -> tuple[Any, Any]:
    """Both with arrays of one library and one floating type."""
    values = [*p.parameters.values(), *q.parameters.values()]
    xp = namespace(*values)
    arrays = as_floating(xp, *values)
    split = len(p.given)
    return (
        type(p)._of(xp, dict(zip(p.given, arrays[:split], strict=True))),
        type(q)._of(xp, dict(zip(q.given, arrays[split:], strict=True))),
    )


def _integrated(p: Any, q: Any) -> Array:
    shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
    p, q = _broadcast(p, shape), _broadcast(q, shape)
    if shape and p.discrete:
        # Sums over counts take rows of like length together, whatever their order in q.
        pairs = [_integrated(p[i], q[i]) for i in range(shape[0])]
        return np.stack(pairs) if pairs else np.zeros(shape)

    def excess(e: Any, y: Array) -> list[Array]:
        right, stand_in = e._supported_log_prob(y), q._supported_log_prob(y)
        lost = stand_in == -np.inf
        return [right - np.where(lost, 0.0, stand_in), 1.0 * lost]

    value, lost = _fallbacks.expectation(p, excess)
    return np.where(lost > 0, np.inf, value)


def _broadcast(d: Any, shape: tuple[int, ...]) -> Any:
    """The same distributions, repeated to this batch shape."""
    values = {}
    for name, value in d.parameters.items():
        dims = d.parameters_declared[name].domain.event_dims
        event = tuple(value.shape[value.ndim - dims :]) if dims else ()
        values[name] = np.broadcast_to(value, shape + event)
    return d._of(np, values)


def _normal(p: Normal, q: Normal) -> Array:
    z = (p.loc - q.loc) / q.scale
    wider = (p.scale - q.scale) / q.scale
    return 0.5 * (z * z + wider * wider) + gamma_deviance(p.scale, q.scale)


def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Array:
    xp = p._xp
    shape = np.broadcast_shapes(tuple(p.scale_tril.shape), tuple(q.scale_tril.shape))
    left, right = xp.broadcast_to(p.scale_tril, shape), xp.broadcast_to(q.scale_tril, shape)
    ratio = xp.linalg.solve(right, left)
    gap = (p.loc - q.loc)[..., None]
    z = xp.linalg.solve(xp.broadcast_to(right, gap.shape[:-2] + shape[-2:]), gap)[..., 0]
    own, other = (xp.linalg.diagonal(m) for m in (left, right))
    squares = xp.sum(ratio * ratio, axis=(-2, -1)) - shape[-1]
    logs = xp.sum(xp.log(own / other), axis=-1)
    return 0.5 * (xp.sum(z * z, axis=-1) + squares) - logs


def _laplace(p: Laplace, q: Laplace) -> Array:
    t = abs(p.loc - q.loc) / p.scale
    return gamma_deviance(p.scale, q.scale) + p.scale / q.scale * (t + p._xp.expm1(-t))


def _cauchy(p: Cauchy, q: Cauchy) -> Array:
    # Chyzak and Nielsen (2019), arXiv:1905.10965.
    gap, wider = p.loc - q.loc, p.scale - q.scale
    square = gap / p.scale * (gap / q.scale) + wider / p.scale * (wider / q.scale)
    return p._xp.log1p(0.25 * square)


def _gamma(p: Any, q: Any) -> Array:
    k, other = p.concentration, q.concentration
    shape = (
        0.5 * p._xp.log(k / other)
        - special.stirling_error(k)
        + special.stirling_error(other)
        + (k - other) * special.digamma_minus_log(k)
    )
    return shape + other * gamma_deviance(p.mean, q.mean)


def _inverse_gamma(p: InverseGamma, q: InverseGamma) -> Array:
    # A one-to-one transformation leaves the divergence as it is.
    first, second = (
        Gamma._of(d._xp, {"concentration": d.concentration, "rate": d.rate}) for d in (p, q)
    )
    return _gamma(first, second)


def _exponential(p: Exponential, q: Exponential) -> Array:
    return gamma_deviance(p.mean, q.mean)


def _weibull(p: Weibull, q: Weibull) -> Array:
    xp = p._xp
    ratio = q.concentration / p.concentration
    log_scale = xp.log(p.scale / q.scale)
    power = xp.exp(q.concentration * log_scale + special.gammaln(1 + ratio))
    logs = -xp.log(ratio) - q.concentration * log_scale
    return logs + _EULER * (ratio - 1) + power - 1


def _inverse_gaussian(p: InverseGaussian, q: InverseGaussian) -> Array:
    gap = p.mean - q.mean
    location = q.concentration / p.mean * (gap / q.mean) * (gap / q.mean)
    return 0.5 * (location + gamma_deviance(q.concentration, p.concentration))


def _beta(p: Beta, q: Beta) -> Array:
    (m, n, a, b), (other_m, other_n, c, d) = p._shapes(), q._shapes()
    total, other = p.precision, q.precision
    return (
        0.5 * p._xp.log((a / c) * (n / other_n))
        + (special.stirling_error(total) - special.stirling_error(other))
        - (special.stirling_error(a) - special.stirling_error(c))
        - (special.stirling_error(b) - special.stirling_error(d))
        + c * gamma_deviance(m, other_m)
        + d * gamma_deviance(n, other_n)
        + (a - c) * special.digamma_minus_log(a)
        + (b - d) * special.digamma_minus_log(b)
        - (total - other) * special.digamma_minus_log(total)
    )


def _dirichlet(p: Dirichlet, q: Dirichlet) -> Array:
    xp = p._xp
    a, c = p.concentration, q.concentration
    total, other = xp.sum(a, axis=-1), xp.sum(c, axis=-1)
    each = (
        0.5 * xp.log(a / c)
        - (special.stirling_error(a) - special.stirling_error(c))
        + c * gamma_deviance(a / total[..., None], c / other[..., None])
        + (a - c) * special.digamma_minus_log(a)
    )
    whole = (
        0.5 * xp.log(other / total)
        + (special.stirling_error(total) - special.stirling_error(other))
        - (total - other) * special.digamma_minus_log(total)
    )
    return xp.sum(each, axis=-1) + whole


def _bernoulli(p: Bernoulli, q: Bernoulli) -> Array:
    yes = special.expit(p.logits) * (special.log_sigmoid(p.logits) - special.log_sigmoid(q.logits))
    no = special.log_sigmoid(-p.logits) - special.log_sigmoid(-q.logits)
    return yes + special.expit(-p.logits) * no


def _categorical(p: Categorical, q: Categorical) -> Array:
    xp = p._xp
    own = special.log_softmax(p.logits, axis=-1)
    share = xp.exp(own)
    # A class that p never draws adds nothing, whatever q says of it.
    ratio = xp.where(share > 0, own - special.log_softmax(q.logits, axis=-1), 0.0)
    return xp.sum(share * ratio, axis=-1)


def _poisson(p: Poisson, q: Poisson) -> Array:
    return _count_deviance(p.rate, q.rate)


def _geometric(p: Geometric, q: Geometric) -> Array:
    return _count_deviance(p.mean, q.mean) - _count_deviance(1 + p.mean, 1 + q.mean)


def _count_deviance(mean: Array, other: Array) -> Array:
    """mean log(mean / other) + other − mean, which is `other` at a mean of 0."""
    xp = namespace(mean, other)
    none = mean == 0
    inner = xp.where(none, 1.0, mean)
    return xp.where(none, other, inner * gamma_deviance(other, inner))


_CLOSED: dict[Any, Callable[[Any, Any], Array]] = {
    Bernoulli: _bernoulli,
    Beta: _beta,
    Categorical: _categorical,
    Cauchy: _cauchy,
    Dirichlet: _dirichlet,
    Exponential: _exponential,
    Gamma: _gamma,
    Geometric: _geometric,
    InverseGamma: _inverse_gamma,
    InverseGaussian: _inverse_gaussian,
    Laplace: _laplace,
    LogNormal: _normal,
    MultivariateNormal: _multivariate_normal,
    Normal: _normal,
    Poisson: _poisson,
    Weibull: _weibull,
}
