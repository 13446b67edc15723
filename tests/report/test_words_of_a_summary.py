"""What a summary says beside its numbers: which label, chosen beside what, what was not seen."""

from __future__ import annotations

import re

import numpy as np
import pytest

import likelier as lk

RNG = np.random.default_rng(5)
X = RNG.normal(size=120)
LABELS = np.where(RNG.random(120) < 1 / (1 + np.exp(-X)), "yes", "no")


def flat(shown: object) -> str:
    return re.sub(r"\s+", " ", str(shown))


def test_of_two_labels_the_one_that_is_modelled_stands_first() -> None:
    fit = lk.fit("bought ~ x", {"bought": LABELS, "x": X}, "bernoulli")
    assert str(fit.summary()).startswith("P(bought = yes) as bernoulli")
    slope = fit.params.estimate[1]
    turned = np.where(LABELS == "yes", "a yes", "no")
    other = lk.fit("bought ~ x", {"bought": turned, "x": X}, "bernoulli")
    assert str(other.summary()).startswith("P(bought = no) as bernoulli")
    assert other.params.estimate[1] == pytest.approx(-slope)


def test_numbers_are_the_event_themselves() -> None:
    fit = lk.fit("bought ~ x", {"bought": (LABELS == "yes") * 1.0, "x": X}, "bernoulli")
    assert str(fit.summary()).startswith("bought as bernoulli")


def test_a_family_that_nobody_named_was_chosen_beside_others() -> None:
    counts = RNG.poisson(np.exp(0.4 * X))
    fit = lk.fit("n ~ x", {"n": counts, "x": X})
    assert fit.contest is not None
    text = flat(fit.summary())
    for candidate in fit.contest.contestants:
        assert candidate.name in text
    assert "see fit.contest" in text
    assert "see fit.contest" not in flat(fit.summary().on_command_line())
    assert "see fit.contest" not in flat(lk.fit("n ~ x", {"n": counts, "x": X}, "poisson"))


def test_zeros_beside_overdispersion_are_found() -> None:
    """Counts of a zero-inflated negative binomial: the family wins its own contest."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=3000)
    mean = np.exp(1.5 + 0.5 * x)
    counts = rng.poisson(mean * rng.gamma(2.0, 0.5, 3000)) * (rng.random(3000) > 0.35)
    fit = lk.fit("n ~ x", {"n": counts, "x": x})
    assert fit.distribution.text() == "zero_inflated(negative_binomial)"


def test_unknowns_of_a_curve_are_on_no_link() -> None:
    t = np.linspace(0.0, 3.0, 20)
    y = 5 * np.exp(-0.7 * t) + 0.1 * RNG.normal(size=20)
    curve = lk.Function(
        lambda x, p: p["top"] * np.exp(-p["rate"] * x["t"]),
        {"top": lk.positive(4.0), "rate": lk.positive(1.0)},
    )
    text = flat(lk.fit("y ~ t", {"y": y, "t": t}, "normal", predictor=curve))
    assert "Estimates of scale are on the scale of the link" in text


def test_cells_that_were_not_observed_are_counted() -> None:
    t = np.arange(8.0)
    y = 10 * np.exp(-0.5 * t)
    y[[2, 5]] = np.nan
    decay = lk.ODE(
        lambda t, s, p: {"y": -p["k"] * s["y"]}, {"y": lk.positive(8.0)}, {"k": lk.positive(1.0)}
    )
    noisy = y * np.exp(0.05 * np.random.default_rng(2).normal(size=8))
    fit = lk.fit("y ~ t", {"y": noisy, "t": t}, "lognormal", predictor=decay)
    assert "2 of 8 cells of the target are empty: not observed." in flat(fit)


@pytest.mark.parametrize("formula", ["n ~ x + n", "log1p(n) ~ n", "n ~ C(n)"])
def test_the_target_does_not_explain_itself(formula: str) -> None:
    table = {"n": RNG.poisson(2.0, 30), "x": RNG.normal(size=30)}
    with pytest.raises(lk.FormulaError, match=r"the target `n` stands on the right"):
        lk.fit(formula, table, "normal")


def test_a_share_may_be_explained_by_its_total() -> None:
    rng = np.random.default_rng(3)
    table = {"k": rng.uniform(1, 4, 40), "total": rng.uniform(5, 9, 40)}
    assert lk.fit("k / total ~ total", table, "normal").converged


@pytest.mark.parametrize("level", ["x", 95, 0, None, [0.9]])
def test_a_level_is_a_number_between_0_and_1(level: object) -> None:
    fit = lk.fit("y ~ 1", {"y": X}, "normal")
    with pytest.raises(lk.LikelierError, match="a confidence level lies between 0 and 1"):
        fit.conf_int(level)
