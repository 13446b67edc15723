"""Links of angles: derivatives, text, and a regression that crosses 0, π and 2π unharmed."""

from __future__ import annotations

import numpy as np
import pytest

from likelier.distributions import Linked, Mixture, MultivariateNormal, VonMises
from likelier.distributions._domains import angle
from likelier.distributions._links import get_link
from likelier.errors import LikelierError


def test_a_link_adapted_to_a_sample_is_read_back_from_its_text() -> None:
    linked = Linked(VonMises).adapted({"loc": 2.5, "concentration": 3.0})
    assert linked.link_names == {"loc": "tan_half(2.5)", "concentration": "log"}
    again = get_link(linked.link_names["loc"], angle, "loc")
    assert again.inverse(np.array(0.0)) == 2.5
    for wrong in ("tan_half(x)", "identity(2)", "tan(1)"):
        with pytest.raises(LikelierError, match="no link"):
            get_link(wrong, angle, "loc")


def test_each_component_of_a_mixture_has_a_centre_of_its_own() -> None:
    family = Mixture(VonMises, 2)
    y = family([3.1, 0.4], [9.0, 5.0], weights=[0.6, 0.4]).sample(400, seed=3)
    linked = Linked(family, sizes={"loc": 2, "concentration": 2, "logits": 2}).adapted_to(y, None)
    again = get_link(linked.link_names["loc"], family.parameters_declared["loc"].domain, "loc")
    centres = again.inverse(np.zeros(2))
    np.testing.assert_allclose(np.sort(np.cos(centres)), np.cos([3.1, 0.4]), atol=0.1)
    for wrong in ("tan_half(1.0)", "direction", "identity([1, 2])"):
        with pytest.raises(LikelierError, match="no link"):
            get_link(wrong, family.parameters_declared["loc"].domain, "loc")


@pytest.mark.parametrize("name", ["tan_half(1.2)", "direction", "identity"])
def test_links_of_an_angle_invert(name: str) -> None:
    link = get_link(name, angle, "loc")
    angles = np.array([-1.5, 0.0, 0.4, 3.0])
    np.testing.assert_allclose(link.inverse(link.forward(angles)), angles, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", ["tan_half(1.2)", "direction"])
@pytest.mark.parametrize("family", [VonMises])
def test_curvature_in_the_predictors(name: str, family: type) -> None:
    linked = Linked(family, {"loc": name})
    rng = np.random.default_rng(5)
    eta, y = rng.normal(size=(linked.columns, 6)), rng.uniform(-3, 3, 6)
    _, gradient, curvature = linked.evaluate(eta, y)
    found = linked._differences(eta, y, None)
    for pair, value in found.items():
        np.testing.assert_allclose(curvature.get(pair, np.zeros(6)), value, atol=1e-8)
    step = 1e-6 * np.eye(linked.columns)[:, :, None]
    slopes = [(linked.nll(eta + s, y) - linked.nll(eta - s, y)) / 2e-6 for s in step]
    np.testing.assert_allclose(gradient, slopes, atol=1e-8)


def test_turning_all_angles_turns_the_estimate() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=300)
    y = 2 * np.arctan(0.2 + 0.8 * x) + rng.vonmises(0.0, 5.0, 300)
    found = []
    for turn in (0.0, 1.0, np.pi, 5.5):
        turned = np.angle(np.exp(1j * (y + turn)))
        linked = Linked(VonMises)
        linked = linked.adapted_to(turned, None)
        eta = np.stack([0.1 + 0.7 * x, np.full(300, 1.5)])
        found.append(linked.nll(eta, turned).sum())
    np.testing.assert_allclose(found, found[0], rtol=1e-10)


def test_log_cholesky_has_an_entry_for_each_of_the_triangle() -> None:
    linked = Linked(MultivariateNormal, sizes={"loc": 3, "scale_tril": 3})
    assert linked.columns == 9
    eta = np.linspace(-1, 1, 9)
    back = linked.predictors(linked.parameters(eta))
    np.testing.assert_allclose(back, eta, atol=1e-15)
