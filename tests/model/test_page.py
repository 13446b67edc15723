"""The page of a fit: its sentences say what the numbers say, and its code makes the same fit."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likelier as lk
from likelier.model.page.page import make_page
from likelier.report.page import Page, render_page

RNG = np.random.default_rng(3)
X, PLACE = RNG.random(400), RNG.choice(["a", "b"], 400)
TABLE: dict[str, Any] = {
    "x": X,
    "place": PLACE,
    "old": (RNG.random(400) < 0.4).astype(int),
    "y": 1 + 2 * X + (PLACE == "b") + np.exp(X - 1) * RNG.standard_normal(400),
    "visits": RNG.poisson(np.exp(0.4 + X)),
    "won": np.where(RNG.random(400) < X, "yes", "no"),
    "days": RNG.integers(1, 30, 400),
}
ODD = '<i>odd</i> na"me $1$'


def _answer(fit: lk.Fit) -> str:
    return "\n".join(make_page(fit).answer)


def _effect(fit: lk.Fit, row: int) -> tuple[float, float, float]:
    limits = fit.conf_int()
    return (fit.params.estimate[row], limits.lower[row], limits.upper[row])


def test_a_log_link_multiplies() -> None:
    fit = lk.fit("visits ~ x", TABLE, "poisson")
    estimate, low, high = (f"{math.exp(v):.1f}" for v in _effect(fit, 1))
    assert make_page(fit).answer[0] == (
        f"One more unit of x multiplies the rate of visits by {estimate} "
        f"(95 % interval {low} to {high}), all else equal."
    )


def test_an_identity_link_adds_and_levels_are_held_against_the_reference() -> None:
    fit = lk.fit("y ~ place", TABLE, "normal")
    # Half the interval is 0.16: its first digit is a 1, so that two are shown.
    estimate = f"{_effect(fit, 1)[0]:.2f}"
    assert (
        f"place = b, rather than a, changes the loc of y by +{estimate} ("
        in (make_page(fit).answer[0])
    )


def test_a_logit_link_multiplies_odds() -> None:
    fit = lk.fit("won ~ x", TABLE, "bernoulli")
    assert "multiplies the odds of won = yes by" in make_page(fit).answer[0]


def test_a_column_of_zeros_and_ones_is_a_step_between_them() -> None:
    table = TABLE | {"y": TABLE["y"] + 3 * TABLE["old"]}
    assert "old = 1, rather than 0, changes" in _answer(lk.fit("y ~ old", table, "normal"))


def test_what_cannot_be_told_from_nothing_is_no_effect() -> None:
    fit = lk.fit("y ~ noise", TABLE | {"noise": np.cos(np.arange(400.0))}, "normal")
    assert make_page(fit).answer[0] == (
        "These rows cannot tell the effect of noise from none: its 95 % interval holds 0."
    )


def test_terms_without_a_step_of_one_get_no_sentence() -> None:
    answer = _answer(lk.fit("y ~ poly(x, 2)", TABLE, "normal"))
    assert "unit" not in answer
    assert "leave" in answer


def test_the_share_of_rows_within_their_intervals_is_counted() -> None:
    fit = lk.fit({"loc": "y ~ x + place", "scale": "~ x"}, TABLE, "normal")
    low, high = fit.predict().interval(0.9)
    held = 100 * np.mean((low <= TABLE["y"]) & (TABLE["y"] <= high))
    assert f"90 % intervals hold {held:.3g} % of the rows that it was fitted to." in _answer(fit)


def test_predictions_that_do_not_come_true_are_a_worry() -> None:
    rng = np.random.default_rng(0)
    counts = rng.negative_binomial(0.7, 0.1, 400)
    page = make_page(lk.fit("y ~ x", {"y": counts, "x": X}, "poisson"))
    (worry,) = (d for d in page.diagnoses if d.kind == "calibration")
    off, allowed = (float(v) for v in re.findall(r"[0-9.]+(?= percentage| on)", worry.message))
    # Kolmogorov's 95 % bound, 1.358 / √n.
    assert allowed == pytest.approx(135.8 / 20, abs=0.1)
    assert off > 2 * allowed
    suited = make_page(lk.fit("y ~ x", {"y": counts, "x": X}, "negative_binomial"))
    assert "calibration" not in {d.kind for d in suited.diagnoses}


def test_other_rows_are_called_so_and_have_no_likelihood_curves() -> None:
    fit = lk.fit("y ~ x", TABLE, "normal")
    page = make_page(fit.on({"y": TABLE["y"][:50], "x": X[:50]}))
    assert page.source == "normal fitted to 400 rows, shown on 50 rows"
    assert "of the rows shown here." in "\n".join(page.answer)
    assert "known?" in _titles(make_page(fit))
    assert "known?" not in _titles(page)


def test_an_unsound_fit_claims_nothing() -> None:
    fit = lk.fit("y ~ x", {"y": [0, 0, 1, 1], "x": [0.0, 1.0, 2.0, 3.0]}, "bernoulli")
    page = make_page(fit)
    assert not page.sound
    assert page.answer[0].startswith("These estimates cannot be taken as they are")
    assert "no finite estimate" in page.answer[1]
    assert len(page.answer) == 2
    assert [d.kind for d in page.diagnoses] == ["separation"]


@pytest.mark.parametrize(
    ("formula", "question"),
    [
        ("visits ~ 1", "How is visits distributed?"),
        ("visits ~ x", "How does visits depend on x?"),
        ("visits ~ x + C(place)", "How does visits depend on x and place?"),
        ("visits ~ x * place + old + y", "How does visits depend on x, place and 2 more columns?"),
    ],
)
def test_questions(formula: str, question: str) -> None:
    assert make_page(lk.fit(formula, TABLE, "poisson")).question == question


def test_the_worst_rows_are_those_of_the_highest_nll() -> None:
    table = TABLE | {"y": TABLE["y"].copy()}
    table["y"][[7, 200]] = [60.0, -40.0]
    page = make_page(lk.fit("y ~ x + place", table, "normal"))
    assert page.worst is not None
    headers = ["row", "y", "predicted median", "90 % interval", "NLL", "x", "place"]
    assert list(page.worst.headers) == headers
    first, second = page.worst.rows[:2]
    assert (first[0], first[1]) == ("8", "60")
    assert (second[0], second[1]) == ("201", "−40")
    assert first[-1] == PLACE[7]


def test_worst_labels_come_with_the_probability_that_they_had() -> None:
    fit = lk.fit("won ~ x", TABLE, "bernoulli")
    page = make_page(fit)
    assert page.worst is not None
    worst = dict(zip(page.worst.headers, page.worst.rows[0], strict=True))
    row = int(worst["row"]) - 1
    assert worst["won"] == TABLE["won"][row]
    p = fit.predict().mean[row]
    given = p if worst["won"] == "yes" else 1 - p
    assert float(worst["predicted probability"]) == pytest.approx(given, abs=1e-4)


@pytest.mark.parametrize(
    ("formula", "family", "options"),
    [
        ("visits ~ x + C(place)", "poisson", {}),
        ({"loc": "y ~ x", "scale": "~ place"}, "student_t", {}),
        ("won ~ x - 1", "bernoulli", {"links": {"logits": "probit"}}),
        ("visits ~ x", "negative_binomial", {"exposure": "days", "weights": "old"}),
        (f"`{ODD}` ~ x", "normal", {}),
    ],
)
def test_the_code_that_a_page_shows_makes_the_same_fit(
    formula: Any, family: str, options: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = TABLE | {ODD: TABLE["y"]}
    fit = lk.fit(formula, data, family, **options)
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {"data": data}
    exec(make_page(fit).reproduce, scope)
    assert scope["fit"].log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-12)
    assert (tmp_path / "report.html").stat().st_size > 20_000


def test_the_code_for_arrays_makes_the_same_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = np.column_stack([TABLE["x"], TABLE["old"]]), TABLE["y"]
    every = lk.Linear(parameters="all")
    fit = lk.fit(y, X, "normal", predictor=every, intercept=False)
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {"X": X, "y": y}
    exec(make_page(fit).reproduce, scope)
    assert scope["fit"].params.equals(fit.params)


def _titles(page: Page) -> str:
    return "\n".join(figure.title for figure in page.figures)


def test_pictures_suit_the_target() -> None:
    counts = _titles(make_page(lk.fit("visits ~ x", TABLE, "poisson")))
    assert "expect the counts" in counts
    assert "calibrated" in counts
    labels = _titles(make_page(lk.fit("won ~ x", TABLE, "bernoulli")))
    assert "come true" in labels
    assert "calibrated" not in labels
    vectors = lk.fit("y + x ~ place", TABLE, "multivariate_normal")
    assert "calibrated" not in _titles(make_page(vectors))


def test_of_many_coefficients_the_clearest_are_drawn() -> None:
    places = {"place": np.array([f"p{i % 40}" for i in range(400)])}
    page = make_page(lk.fit("y ~ x + place", TABLE | places, "normal"))
    (figure,) = (f for f in page.figures if "stand apart" in f.title)
    assert figure.caption.endswith("The 24 clearest of 40.")
    assert figure.svg.count("[T.p") == 23
    assert ">x</text>" in figure.svg


def test_a_contest_brings_its_picture_and_the_counts_of_the_others() -> None:
    contest = lk.compare("visits ~ x", TABLE, ["poisson", "geometric"], folds=3)
    page = make_page(replace(contest.best, contest=contest), source="A study")
    assert page.source == "A study: poisson fitted to 400 rows"
    assert page.contest is not None
    assert contest.verdict in page.answer
    assert any("% of held-out rows." in sentence for sentence in page.answer)
    assert "How far does each distribution" in page.figures[0].title
    assert "geometric" in page.figures[1].svg


def test_the_file_is_one_page_of_text(tmp_path: Path) -> None:
    fit = lk.fit(f"`{ODD}` ~ x", TABLE | {ODD: TABLE["y"]}, "normal")
    fit.report(tmp_path / "a.html", "Made-up rows")
    fit.report(tmp_path / "b.html", "Made-up rows")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "<i>odd" not in text
    assert "Made-up rows: normal fitted to 400 rows" in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text)
    assert text == (tmp_path / "b.html").read_text(encoding="utf-8")


def test_the_unknowns_of_a_curve_are_told_by_their_values(tmp_path) -> None:
    """Their units are their own, and whether an interval holds 0 says nothing."""
    x = np.linspace(0, 4, 40)
    made = {"x": x, "y": 3 * np.exp(-0.7 * x) + 0.1 * np.random.default_rng(3).standard_normal(40)}
    curve = lk.Function(
        lambda x, p: p["top"] * np.e ** (-p["rate"] * x["x"]),
        {"top": lk.positive(1.0), "rate": lk.positive(1.0)},
    )
    fit = lk.fit("y ~ x", made, "normal", predictor=curve)
    fit.report(tmp_path / "curve.html")
    text = (tmp_path / "curve.html").read_text()
    assert re.search(r"rate is 0\.\d+ \(95 % interval 0\.\d+ to 0\.\d+\)\.", text)
    assert "leaves out 0" not in text
    assert "stand apart from 0" not in text


@pytest.fixture(scope="module")
def chain() -> lk.Fit:
    """Two columns of a differential equation in two experiments, one cell of them empty."""
    t = np.tile(1900.0 + np.arange(8.0), 2)
    start = np.repeat([10.0, 20.0], 8)
    a = start * np.exp(-0.5 * (t - 1900))
    noise = np.random.default_rng(4).standard_normal((2, 16))
    table = {
        "year": t,
        "a": a + 0.3 * noise[0],
        "b": 1 + 0.4 * a + 0.1 * noise[1],
        "batch": np.repeat(["p", "q"], 8),
    }
    table["a"][3] = np.nan
    ode = lk.ODE(
        lambda t, s, p: {"a": -p["k"] * s["a"]},
        initial={"a": lk.own(lk.positive(15.0))},
        parameters={"k": lk.positive(0.3), "share": lk.positive(0.5)},
        observe=lambda s, p: {"a": s["a"], "b": 1 + p["share"] * s["a"]},
    )
    return lk.fit("a + b ~ year", table, "normal", predictor=ode, groups="batch")


class TestTrajectories:
    def test_bands_are_those_of_predictions(self, chain: lk.Fit) -> None:
        shown = chain.plot.trajectory("b", "q").data
        rows = {"year": shown.time, "batch": ["q"] * len(shown)}
        expected = chain.predict(rows)
        np.testing.assert_allclose(shown["median"], expected.median[:, 1], rtol=1e-6)
        low, high = expected.interval(0.9)
        np.testing.assert_allclose(shown.noise_lower, low[:, 1], rtol=1e-6)
        np.testing.assert_allclose(shown.noise_upper, high[:, 1], rtol=1e-6)
        both = chain.predict_interval(rows, 0.9)
        np.testing.assert_allclose(shown.lower, both.lower[1::2], rtol=1e-6)
        np.testing.assert_allclose(shown.upper, both.upper[1::2], rtol=1e-6)
        assert (shown.upper > shown.noise_upper).all()

    def test_points_are_the_observed_cells(self, chain: lk.Fit) -> None:
        points = [len(chain.plot.trajectory("a", key).axes.lines[-1].get_xdata()) for key in "pq"]
        assert points == [7, 8]

    def test_what_there_is_not_is_named(self, chain: lk.Fit) -> None:
        with pytest.raises(lk.LikelierError, match=r"no measured column 'c'.*Known: a, b"):
            chain.plot.trajectory("c")
        with pytest.raises(lk.LikelierError, match=r"no experiment 'r'.*'p', 'q'"):
            chain.plot.trajectory("a", "r")
        with pytest.raises(lk.LikelierError, match="of a differential equation"):
            lk.fit("y ~ x", TABLE, "normal").plot.trajectory()

    def test_the_page_shows_every_curve_and_names_cells(self, chain: lk.Fit) -> None:
        page = make_page(chain)
        assert page.question == "How do a and b change with year?"
        assert page.answer[0].startswith("k is 0.")
        assert sum("Does the curve" in figure.title for figure in page.figures) == 4
        assert page.worst is not None
        assert list(page.worst.headers[:4]) == ["row", "batch", "column", "observed"]
        assert list(page.worst.headers[-2:]) == ["NLL", "year"]
        assert all(re.fullmatch("190[0-7]", row[-1]) for row in page.worst.rows)
        assert {row[2] for row in page.worst.rows} <= {"a", "b"}

    def test_it_is_small(self, chain: lk.Fit) -> None:
        assert len(render_page(make_page(chain)).encode()) < 2_000_000
