"""The Normal-inverse-Gamma of evidential regression; its NLL is the marginal Student's t."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from likelier import special
from likelier.distributions._base import Distribution
from likelier.distributions._domains import above_one, positive, real
from likelier.distributions._parameter import parameter
from likelier.distributions.student_t import StudentT
from likelier.special import Array

_LOG_PI = math.log(math.pi)


class NormalInverseGamma(Distribution):
    r"""A Normal whose mean and variance are themselves unknown, with y's marginal distribution.

    σ² ~ InverseGamma(alpha, beta),  μ ~ Normal(loc, σ / √evidence),  y ~ Normal(μ, σ), so that
    y ~ StudentT(df = 2 alpha, loc, scale² = beta (1 + evidence) / (evidence alpha)) and

    log p(y) = log Γ(α + ½) − log Γ(α) − ½ log(π Ω) − (α + ½) log(1 + (y − loc)² / Ω),
    Ω = 2 beta (1 + evidence) / evidence.

    The likelihood knows beta and evidence only through Ω: how a model's uncertainty divides into
    `aleatoric_variance` and `epistemic_variance` is set by its regulariser, not by the data. With
    `kind="tied"`, alpha is evidence + 1: as in a conjugate update, where each observation adds to
    both. Then the data know the evidence, by the tails of y; whether that is the doubt about the
    mean is an assumption.

    Args:
        loc: mean, any real number, in the unit of y.
        evidence: number of observations that the mean is worth, positive.
        alpha: shape of the variance's distribution, above 1, so that the variance has a mean; not
            given where it is tied.
        beta: scale of the variance's distribution, positive, in the squared unit of y.
        kind: "free" (the default) or "tied".

    Source: Amini et al. (2020), Deep Evidential Regression;
    identifiability, and alpha tied to the evidence: Meinert, Gawlikowski and Lavin (2023),
    doi:10.1609/aaai.v37i8.26096.

    Example:
        >>> import likelier as lk
        >>> d = lk.NormalInverseGamma(loc=0.0, evidence=1.0, alpha=2.0, beta=1.0)
        >>> round(float(d.nll(0.0)), 6)
        0.980829
        >>> float(d.aleatoric_variance), float(d.epistemic_variance)
        (1.0, 1.0)
        >>> float(lk.NormalInverseGamma(loc=0.0, evidence=1.0, beta=1.0, kind="tied").alpha)
        2.0
    """

    support = real
    source = "Amini et al. (2020), Deep Evidential Regression"
    location_link = "identity"
    classical_loss = "the evidential regression loss, without its regulariser"

    identified_through: ClassVar = {("evidence", "beta"): "beta (1 + evidence) / evidence"}
    options: ClassVar = {"kind": ("free", "tied")}
    kind: ClassVar[str]
    by_evidence: ClassVar[Mapping[str, float]] = {"evidence": 2.0, "alpha": 1.0}
    """Derivatives of `total_evidence`."""
    declares: ClassVar = {
        "tied": {
            "alpha": parameter(above_one, "evidence + 1", derive=lambda d: d.evidence + 1),
            "parametrisations": (("loc", "evidence", "beta"),),
            "identified_through": {},
            "by_evidence": {"evidence": 3.0},
        }
    }

    loc = parameter(real, "mean, in the unit of y")
    evidence = parameter(positive, "number of observations that the mean is worth", link="softplus")
    alpha = parameter(above_one, "shape of the variance's distribution")
    beta = parameter(
        positive, "scale of the variance's distribution, in the squared unit of y", link="softplus"
    )

    @property
    def _root(self) -> Array:
        """√Ω."""
        xp = self._xp
        return xp.sqrt(2 * self.beta) * xp.sqrt(1 + 1 / self.evidence)

    @property
    def marginal(self) -> StudentT:
        """The distribution of y, in which only beta (1 + evidence) / evidence is left."""
        scale = self._root / self._xp.sqrt(2 * self.alpha)
        return StudentT._of(self._xp, {"df": 2 * self.alpha, "loc": self.loc, "scale": scale})

    def _log_one_plus_square(self, t: Array) -> Array:
        """log(1 + t²), also where t² is beyond the largest number."""
        xp, size = self._xp, abs(t)
        far = size > 1e10
        near = xp.where(far, 0.0, t)
        return xp.where(far, 2 * xp.log(xp.where(far, size, 1.0)), xp.log1p(near * near))

    def _log_prob(self, y: Array) -> Array:
        xp, root = self._xp, self._root
        # log Γ(α + ½) − log Γ(α) − ½ log α, which vanishes as α grows.
        shape = special.student_constant(2 * self.alpha) - 0.5 * _LOG_PI
        shape = shape + xp.log(xp.sqrt(self.alpha) / root)
        return shape - (self.alpha + 0.5) * self._log_one_plus_square((y - self.loc) / root)

    def _parts(self, y: Array) -> tuple[Array, Array, Array]:
        """t = (y − loc) / √Ω, t / (1 + t²) and 1 / (1 + t²)."""
        xp = self._xp
        t = (y - self.loc) / self._root
        far = abs(t) > 1
        # Each form keeps t² within range on its own side.
        outer = 1 / xp.where(far, t, 1.0)
        inner = xp.where(far, 0.0, t)
        pull = xp.where(far, outer / (1 + outer * outer), inner / (1 + inner * inner))
        rest = xp.where(far, outer * pull, 1 / (1 + inner * inner))
        return t, pull, rest

    def _score(self, y: Array) -> dict[str, Array]:
        t, pull, rest = self._parts(y)
        shape = self.alpha + 0.5
        along = t * pull * self.alpha - 0.5 * rest
        return self._given(
            {
                "loc": 2 * shape * pull / self._root,
                "evidence": -along / self.evidence / (1 + self.evidence),
                "alpha": self._shape_slope() - self._log_one_plus_square(t),
                "beta": along / self.beta,
            }
        )

    @classmethod
    def _given(cls, slopes: dict[str, Array]) -> dict[str, Array]:
        """Slopes in the parameters that are given: a tied alpha moves with the evidence."""
        if cls.kind == "tied":
            slopes["evidence"] = slopes["evidence"] + slopes.pop("alpha")
        return slopes

    def _shape_slope(self) -> Array:
        """ψ(alpha + ½) − ψ(alpha)."""
        return 2 * special.student_constant_slope(2 * self.alpha) + 0.5 / self.alpha

    def _shape_bend(self) -> Array:
        """ψ′(alpha + ½) − ψ′(alpha)."""
        bend = special.student_constant_bend(2 * self.alpha)
        return 4 * bend - 0.5 / self.alpha / self.alpha

    def _hessian(self, y: Array) -> dict[tuple[str, str], Array]:
        t, pull, rest = self._parts(y)
        root, share = self._root, t * pull
        double = 2 * self.alpha + 1
        return self._pairs(
            loc_loc=-double * rest * (rest - share) / root / root,
            loc_omega=-double * pull * rest / root,
            loc_alpha=2 * pull / root,
            omega=share * self.alpha - 0.5 * rest,
            omega_omega=-0.5 * double * share * rest,
            omega_alpha=share,
            alpha_alpha=self._shape_bend() + 0 * t,
        )

    def _information(self) -> dict[tuple[str, str], Array]:
        root, a = self._root, self.alpha
        zero = 0 * root + 0 * a + 0 * self.loc
        second = self._pairs(
            loc_loc=-2 * a * (2 * a + 1) / (2 * a + 3) / root / root + zero,
            loc_omega=zero,
            loc_alpha=zero,
            omega=zero,
            omega_omega=-a / (2 * a + 3) + zero,
            omega_alpha=1 / (2 * a + 1) + zero,
            alpha_alpha=self._shape_bend() + zero,
        )
        return {pair: -value for pair, value in second.items()}

    def _pairs(
        self,
        loc_loc: Array,
        loc_omega: Array,
        loc_alpha: Array,
        omega: Array,
        omega_omega: Array,
        omega_alpha: Array,
        alpha_alpha: Array,
    ) -> dict[tuple[str, str], Array]:
        """Second derivatives in the parameters from derivatives in loc, log Ω and alpha."""
        v, beta = self.evidence, self.beta
        # d log Ω / d evidence and / d beta.
        by_v, by_beta = -1 / v / (1 + v), 1 / beta
        found = {
            ("loc", "loc"): loc_loc,
            ("loc", "evidence"): loc_omega * by_v,
            ("loc", "alpha"): loc_alpha,
            ("loc", "beta"): loc_omega * by_beta,
            ("evidence", "evidence"): (omega_omega + omega * (1 + 2 * v)) * by_v * by_v,
            ("evidence", "alpha"): omega_alpha * by_v,
            ("evidence", "beta"): omega_omega * by_v * by_beta,
            ("alpha", "alpha"): alpha_alpha,
            ("alpha", "beta"): omega_alpha * by_beta,
            ("beta", "beta"): (omega_omega - omega) * by_beta * by_beta,
        }
        if self.kind == "free":
            return found
        bend, cross = found.pop(("alpha", "alpha")), found.pop(("evidence", "alpha"))
        found["evidence", "evidence"] += 2 * cross + bend
        found["loc", "evidence"] += found.pop(("loc", "alpha"))
        found["evidence", "beta"] += found.pop(("alpha", "beta"))
        return found

    def _cdf(self, y: Array) -> Array:
        return self.marginal._cdf(y)

    def _sf(self, y: Array) -> Array:
        return self.marginal._sf(y)

    def _log_cdf(self, y: Array) -> Array:
        return self.marginal._log_cdf(y)

    def _log_sf(self, y: Array) -> Array:
        return self.marginal._log_sf(y)

    def _quantile(self, q: Array) -> Array:
        return self.marginal._quantile(q)

    def _sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return self.marginal._sample(rng, shape)

    def _crps(self, y: Array) -> Array:
        return self.marginal._crps(y)

    def entropy(self) -> Array:
        return self.marginal.entropy()

    @property
    def mean(self) -> Array:
        return self.loc + 0 * self._root + 0 * self.alpha

    @property
    def mode(self) -> Array:
        return self.mean

    @property
    def variance(self) -> Array:
        return self.aleatoric_variance * (1 + 1 / self.evidence) + 0 * self.loc

    @property
    def aleatoric_variance(self) -> Array:
        """E σ² = beta / (alpha − 1): the noise that more data would not take away."""
        return self.beta / (self.alpha - 1)

    @property
    def epistemic_variance(self) -> Array:
        """Var μ = beta / (evidence (alpha − 1)): how little is known of the mean."""
        return self.aleatoric_variance / self.evidence

    @property
    def total_evidence(self) -> Array:
        """2 evidence + alpha, which the regulariser of evidential regression weighs."""
        return 2 * self.evidence + self.alpha

    @classmethod
    def _start(cls, y: Array, weights: Array | None) -> dict[str, Array]:
        loc = np.average(y, weights=weights)
        variance = np.average((y - loc) ** 2, weights=weights)
        variance = np.maximum(variance, np.finfo(np.float64).tiny)
        # Tails like those of 6 df.
        if cls.kind == "tied":
            return {"loc": loc, "evidence": np.asarray(2.0), "beta": variance * 4 / 3}
        # Half of the spread to each of beta and evidence.
        evidence, alpha = np.asarray(1.0), np.asarray(3.0)
        return {"loc": loc, "evidence": evidence, "alpha": alpha, "beta": variance}
