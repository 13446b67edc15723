"""Facts of the Normal-inverse-Gamma that no other family shares."""

import numpy as np
import pytest

import likelier as lk
from likelier.distributions import Linked

Y = np.array([-2.0, 0.1, 7.0])


def test_is_the_marginal_student_t():
    d = lk.NormalInverseGamma(loc=0.5, evidence=2.0, alpha=3.0, beta=1.5)
    t = lk.StudentT(df=6.0, loc=0.5, scale=np.sqrt(1.5 * 3 / (2 * 3)))
    np.testing.assert_allclose(d.log_prob(Y), t.log_prob(Y), rtol=1e-13)
    assert d.variance == pytest.approx(t.variance, rel=1e-13)


def test_evidence_and_beta_share_one_direction():
    """Meinert et al. (2023): along constant beta (1 + evidence) / evidence nothing changes."""
    values = []
    for evidence in (0.1, 10.0, 1000.0):
        beta = 2.0 * evidence / (1 + evidence)
        d = lk.NormalInverseGamma(loc=0.0, evidence=evidence, alpha=3.0, beta=beta)
        values.append(d.log_prob(Y))
        assert d.epistemic_variance == pytest.approx(d.aleatoric_variance / evidence)
        assert d.variance == pytest.approx(d.aleatoric_variance + d.epistemic_variance)
    np.testing.assert_allclose(values[1], values[0], rtol=1e-13)
    np.testing.assert_allclose(values[2], values[0], rtol=1e-13)


def test_observations_beyond_the_square_root_of_the_largest_number():
    d = lk.NormalInverseGamma(loc=0.0, evidence=1.0, alpha=2.0, beta=1e-200)
    y = np.array([1e100, 1e150])
    assert np.all(np.isfinite(d.log_prob(y)))
    # The tail falls as y^(−2 alpha − 1).
    assert np.diff(d.log_prob(y))[0] == pytest.approx(-5 * 50 * np.log(10), rel=1e-12)
    np.testing.assert_allclose(d.score(y)["beta"] * 1e-200, 2.0, rtol=1e-12)


def test_alpha_stays_above_one_in_a_model():
    linked = Linked(lk.NormalInverseGamma)
    eta = np.full((4, 3), -3.0)
    assert np.all(linked.build(eta).alpha > 1)
    assert linked.link_names == {
        "loc": "identity",
        "evidence": "softplus",
        "alpha": "one_plus_softplus",
        "beta": "softplus",
    }
    with pytest.raises(lk.LikelierError, match="above 1"):
        lk.NormalInverseGamma(0.0, 1.0, 1.0, 1.0)
