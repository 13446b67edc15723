"""Plots: their numbers, their words, and that they leave nothing behind."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from likelier.report import Coefficient, ContestData, ContestLine, plots
from likelier.report.plots import (
    CountsData,
    LikelihoodData,
    Plot,
    PosteriorData,
    ProfileData,
    QuantileData,
    TrajectoryData,
    to_svg,
)
from likelier.report.plots._bands import binomial_band, binomial_quantile
from likelier.report.plots._style import DARK, LIGHT, short

NAN = math.nan
NASTY = 'a<b>&"c $x^2$'


def _profile() -> ProfileData:
    values = np.linspace(-1, 3, 9)
    return ProfileData(NASTY, list(values), list((values - 1) ** 2 / 0.25), 1.0, 0.5, 0.02, 1.98)


def _counts() -> CountsData:
    expected = {"poisson": [9.0, 21.0, 10.0], NASTY: [10.0, 20.0, 10.0]}
    return CountsData(NASTY, [0, 1, 2], [0, 1, math.inf], [10, 20, 10], expected, [2.0, 3.0, 2.0])


def _contest() -> ContestData:
    lines = [
        ContestLine(NASTY, 2.0, 0.0, 0.0, "best", True),
        ContestLine("poisson", 3.0, 1.0, 0.1, "worse, clearly", False),
        ContestLine("none", math.inf, math.inf, NAN, "no finite likelihood", False),
    ]
    return ContestData("y", 5, lines, "")


COEFFICIENTS = [
    Coefficient("mean", NASTY, 1.0, 0.1, 0.8, 1.2),
    Coefficient("mean", "unknown", 1.0, NAN, NAN, NAN),
    Coefficient("scale", "infinite", 30.0, NAN, NAN, NAN, -1),
]
RNG = np.random.default_rng(5)
UNIFORM, NORMAL = RNG.random(500), RNG.standard_normal(500)
LARGE = RNG.standard_normal(4000)


def _posteriors() -> list[PosteriorData]:
    x = np.linspace(0, 1, 50)
    return [
        PosteriorData(NASTY, "best with 97 %", x, 6 * x * (1 - x), 0.5, 0.1, 0.9, True),
        PosteriorData("B", "best with 3 %", x, 2 * x, 0.7, 0.2, 0.98, False),
    ]


def _quantiles() -> QuantileData:
    levels, x = [0.05, 0.25, 0.5, 0.75, 0.95], np.linspace(0, 1, 5)
    curves = stats.norm.ppf(levels)[:, None] + x
    return QuantileData(NASTY, NASTY, levels, x, curves, UNIFORM, UNIFORM + NORMAL, levels)


def _surface() -> LikelihoodData:
    x = np.linspace(-3, 3, 13)
    return LikelihoodData(
        (NASTY, "b"), x, x, x[:, None] ** 2 + x**2, (0.0, 0.0), np.eye(2).tolist()
    )


def _trajectory() -> TrajectoryData:
    x = np.linspace(0, 5, 11)
    noise, total = np.stack([x - 1, x + 1]), np.stack([x - 1.2, x + 1.2])
    return TrajectoryData(NASTY, NASTY, "run 1", 0.9, x, x, noise, total, x, x + 0.3)


LABELS = RNG.dirichlet(np.ones(3), 500)
CODES = np.eye(3)[RNG.integers(0, 3, 500)]
SHARES = np.linspace(0.05, 0.95, 19)
FRONTIER = {"strength": [10, 0, 1], "gap": [0.05, 0.3, -0.04], "nll": [0.6, 0.5, 0.53]}
COURSE = {"training rows": [3.0, 2.0, 1.0], "held-out rows": [3.0, 1.5, 2.0]}


DRAWN: dict[str, Callable[..., Plot]] = {
    "profile": lambda ax=None: plots.profile(_profile(), ax),
    "deviance": lambda ax=None: plots.profile(_profile(), ax, scale="deviance"),
    "pit": lambda ax=None: plots.pit(UNIFORM, ax=ax),
    "counts": lambda ax=None: plots.counts(_counts(), ax),
    "rootogram": lambda ax=None: plots.rootogram(_counts(), ax),
    "posteriors": lambda ax=None: plots.posteriors(_posteriors(), NASTY, ax=ax),
    "contest": lambda ax=None: plots.contest(_contest(), ax),
    "coefficients": lambda ax=None: plots.coefficients(COEFFICIENTS, ax, links={"mean": "log"}),
    "reliability": lambda ax=None: plots.reliability(UNIFORM, UNIFORM < 0.5, ax, event=NASTY),
    "residuals": lambda ax=None: plots.residuals(NORMAL, UNIFORM, ax, name=NASTY),
    "many residuals": lambda ax=None: plots.residuals(LARGE, np.exp(LARGE), ax, logarithmic=True),
    "worm": lambda ax=None: plots.worm(LARGE, ax),
    "qq": lambda ax=None: plots.qq(NORMAL, ax),
    "coverage": lambda ax=None: plots.coverage(SHARES, SHARES, 500, ax),
    "reliability_of_labels": lambda ax=None: plots.reliability_of_labels(
        LABELS, CODES, [NASTY, "b", "c"], ax, target=NASTY
    ),
    "quantile_reliability": lambda ax=None: plots.quantile_reliability(
        SHARES, SHARES, 500, ax, target=NASTY
    ),
    "fan": lambda ax=None: plots.fan(_quantiles(), ax),
    "centiles": lambda ax=None: plots.centiles(_quantiles(), ax),
    "trajectory": lambda ax=None: plots.trajectory(_trajectory(), ax),
    "learning_curves": lambda ax=None: plots.learning_curves([0, 1, 2], COURSE, ax),
    "nll and mse": lambda ax=None: plots.learning_curves(
        [0, 1, 2], COURSE, ax, best=1, surer=1, errors=COURSE
    ),
    "likelihood": lambda ax=None: plots.likelihood(_surface(), ax),
    "influence": lambda ax=None: plots.influence(
        UNIFORM, NORMAL**2, ax, names=[str(i) for i in range(500)], coefficients=3
    ),
    "frontier": lambda ax=None: plots.frontier(FRONTIER, ax),
}


@pytest.fixture(scope="module")
def svgs() -> dict[str, str]:
    return {name: to_svg(draw().figure, prefix="p", title=NASTY) for name, draw in DRAWN.items()}


def test_every_plot_is_walked() -> None:
    # Those of a path are drawn from a path, in tests/model/test_path.py.
    functions = {name for name in plots.__all__ if name.islower()} - {"to_svg"}
    assert functions - set(DRAWN) == {"path_coefficients", "path_held_out"}


@pytest.mark.parametrize("name", DRAWN)
class TestEveryPlot:
    def test_axes_have_names(self, name: str) -> None:
        plot = DRAWN[name]()
        assert plot.axes.get_xlabel()
        # Where rows carry their own names there is no vertical axis to name.
        assert plot.axes.get_ylabel() or not plot.axes.spines["left"].get_visible()
        assert len(plot.data) > 0

    def test_it_draws_into_axes_that_are_given(self, name: str) -> None:
        from matplotlib.figure import Figure

        ax = Figure().add_subplot()
        assert DRAWN[name](ax).axes is ax

    def test_svg_is_the_same_each_time(self, name: str, svgs: dict[str, str]) -> None:
        assert to_svg(DRAWN[name]().figure, prefix="p", title=NASTY) == svgs[name]

    def test_svg_is_well_formed_and_says_what_it_shows(
        self, name: str, svgs: dict[str, str]
    ) -> None:
        root = ET.fromstring(svgs[name])
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"] == NASTY
        ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
        assert len(ids) == len(set(ids))
        assert all(i.startswith("p-") for i in ids)
        used = set(re.findall(r"(?:href=\"|url\()#([^\")]+)", svgs[name]))
        assert used <= set(ids)

    def test_svg_needs_nothing_from_elsewhere(self, name: str, svgs: dict[str, str]) -> None:
        links = re.findall(r'(?:href|src)="([^"#]{1,20})', svgs[name])
        assert all(link.startswith("data:image/png") for link in links)
        assert "<style" not in svgs[name]
        assert "<script" not in svgs[name]

    def test_every_colour_can_be_restyled(self, name: str, svgs: dict[str, str]) -> None:
        bare = re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", svgs[name])
        assert bare == []


def test_names_are_plain_text_and_no_mathematics(svgs: dict[str, str]) -> None:
    for name in ("profile", "counts", "contest", "coefficients", "reliability", "residuals"):
        words = " ".join(e.text or "" for e in ET.fromstring(svgs[name]).iter())
        assert NASTY in words, name


def test_letters_of_any_script_are_kept() -> None:
    name = "売上 по дням 😀"
    plot = plots.residuals(NORMAL, UNIFORM, name=name)
    assert name in to_svg(plot.figure)


def test_a_saved_svg_has_a_ground_of_its_own(tmp_path: Any) -> None:
    plot = DRAWN["pit"]()
    plot.save(tmp_path / "pit.svg")
    plot.save(tmp_path / "pit.png", dpi=50)
    svg = (tmp_path / "pit.svg").read_text(encoding="utf-8")
    assert LIGHT["paper"] in svg
    assert "var(" not in svg
    assert (tmp_path / "pit.png").read_bytes().startswith(b"\x89PNG")
    assert DRAWN["pit"]()._repr_svg_() == svg


def test_pyplot_is_never_imported() -> None:
    code = (
        "import sys; from likelier.report import plots; "
        "plots.pit([0.1, 0.5]).figure.canvas.draw(); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours (WCAG 2.1)."""

    def luminance(code: str) -> float:
        parts = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_text_and_lines_stand_out_from_the_ground(palette: dict[str, str]) -> None:
    # 4.5 is WCAG's ratio for text.
    for role in ("ink", "muted", "main", "second", "third"):
        assert _contrast(palette[role], palette["paper"]) > 4.5, role


def test_both_palettes_have_the_same_roles() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert len(set(LIGHT.values())) == len(LIGHT)


class TestProfile:
    def test_data(self) -> None:
        frame = DRAWN["profile"]().data
        np.testing.assert_allclose(frame.likelihood, np.exp(-frame.deviance / 2))
        # The curve of the example is a parabola, so its quadratic approximation is itself.
        np.testing.assert_allclose(frame.quadratic, frame.deviance)

    def test_the_curve_between_points_is_the_parabola(self) -> None:
        line = DRAWN["deviance"]().axes.lines[2]
        x, y = line.get_data()
        np.testing.assert_allclose(y, (x - 1) ** 2 / 0.25, atol=1e-10)

    def test_an_open_side_is_written_as_such(self) -> None:
        data = ProfileData("x", [0, 1, 2, 3], [0.1, 0, 0.2, 0.4], 1.0, NAN, -math.inf, 1.5)
        words = [t.get_text() for t in plots.profile(data).axes.texts]
        assert any("(−∞, 1.5" in text for text in words)
        assert not any("normal" in text for text in words)

    def test_unknown_scale(self) -> None:
        with pytest.raises(ValueError, match="likelihood, deviance"):
            plots.profile(_profile(), scale="log")


class TestPit:
    def test_counts_and_band(self) -> None:
        frame = plots.pit(UNIFORM, bins=10).data
        np.testing.assert_array_equal(frame["count"], np.histogram(UNIFORM, 10, (0, 1))[0])
        each = 0.95**0.1
        np.testing.assert_allclose(frame.band_lower * 50, stats.binom.ppf((1 - each) / 2, 500, 0.1))
        np.testing.assert_allclose(frame.band_upper * 50, stats.binom.ppf((1 + each) / 2, 500, 0.1))

    def test_all_bars_of_uniform_values_stay_in_the_band_as_often_as_it_says(self) -> None:
        rng = np.random.default_rng(0)
        kept = sum(plots.pit(rng.random(400), bins=8).data.inside.all() for _ in range(60))
        # 95 % of 60 is 57; 51 or fewer has probability 0.004.
        assert kept >= 52

    def test_too_sure_is_seen(self) -> None:
        frame = plots.pit(RNG.beta(0.5, 0.5, 500)).data
        assert not frame.inside.iloc[[0, -1]].any()

    def test_rows_of_discrete_targets_are_spread(self) -> None:
        frame = plots.pit([0.0, 0.25], [0.5, 0.75], bins=4).data
        np.testing.assert_allclose(frame["count"], [0.5, 1.0, 0.5, 0.0])

    def test_weights_are_rows(self) -> None:
        twice = plots.pit(np.repeat(UNIFORM, 2), bins=5).data
        weighted = plots.pit(UNIFORM, weights=np.full(500, 2), bins=5).data
        np.testing.assert_allclose(twice.astype(float), weighted.astype(float))


class TestCounts:
    def test_data(self) -> None:
        frame = DRAWN["counts"]().data
        assert list(frame.columns) == ["lower", "upper", "observed", "poisson", NASTY]

    def test_labels(self) -> None:
        data = CountsData("y", [0, 10, 2000], [0, 19, math.inf], [1, 1, 1], {"p": [1, 1, 1]})
        assert data.labels == ["0", "10–19", "≥2,000"]

    def test_bars_hang_from_the_root_of_what_was_expected(self) -> None:
        bars = DRAWN["rootogram"]().axes.patches
        hanging = [bar for bar in bars if bar.get_width() == pytest.approx(0.82)]
        tops = [bar.get_y() + bar.get_height() for bar in hanging]
        np.testing.assert_allclose(tops, np.sqrt([9, 21, 10]))
        np.testing.assert_allclose([bar.get_height() for bar in hanging], np.sqrt([10, 20, 10]))

    @pytest.mark.parametrize("bins", [1, 2, 30, 200])
    def test_first_and_last_bin_are_labelled(self, bins: int) -> None:
        lower = list(range(bins))
        data = CountsData("y", lower, [*lower[:-1], math.inf], lower, {"p": lower})
        labels = [t.get_text() for t in plots.counts(data).axes.get_xticklabels()]
        assert labels[-1] == f"≥{bins - 1}"
        assert bins == 1 or labels[0] == "0"
        assert len(labels) <= 25


def test_the_contest_says_who_is_chosen_and_why() -> None:
    lines = [
        ContestLine("wide", 2.0, 0.0, 0.0, "within the noise", True),
        ContestLine("plain", 2.001, 0.001, 0.004, "best: simpler, within the noise", False),
    ]
    words = [t.get_text() for t in plots.contest(ContestData("y", 5, lines, "")).axes.texts]
    assert words == ["wide", "lowest", "plain", "+0.0010 ± 0.0040, chosen: simpler"]


class TestReliability:
    def test_points_are_means_of_equally_many_rows(self) -> None:
        frame = plots.reliability(UNIFORM, UNIFORM > 0.3, bins=5).data
        assert frame.rows.tolist() == [100] * 5
        order = np.sort(UNIFORM)
        np.testing.assert_allclose(frame.predicted, order.reshape(5, 100).mean(axis=1))
        np.testing.assert_allclose(frame.observed, (order > 0.3).reshape(5, 100).mean(axis=1))

    def test_right_probabilities_stay_near_the_diagonal(self) -> None:
        rng = np.random.default_rng(1)
        p = rng.random(5000)
        assert plots.reliability(p, rng.random(5000) < p).data.inside.sum() >= 8
        assert plots.reliability(p, rng.random(5000) < p**2).data.inside.sum() <= 4

    def test_one_probability_for_all(self) -> None:
        frame = plots.reliability(np.full(100, 0.25), np.arange(100) < 25).data
        assert frame.observed.tolist() == [0.25]


class TestWorm:
    def test_perfect_quantiles_make_a_level_worm(self) -> None:
        normal = stats.norm.ppf((np.arange(300) + 0.5) / 300)
        frame = plots.worm(RNG.permutation(normal)).data
        np.testing.assert_allclose(frame.difference, 0, atol=1e-12)

    def test_many_rows_are_thinned_to_the_tails(self) -> None:
        frame = plots.worm(LARGE).data
        assert len(frame) <= 400
        assert frame.residual.iloc[0] == LARGE.min()
        assert frame.residual.iloc[-1] == LARGE.max()

    def test_constant_shift_is_seen(self) -> None:
        (words,) = (t.get_text() for t in plots.worm(LARGE + 0.3).axes.texts)
        assert int(words.split(" %")[0]) > 80


@pytest.mark.parametrize("n", [1, 7, 400, 100_000])
def test_binomial_quantiles(n: int) -> None:
    for p in (0.0, 0.003, 0.5, 0.98, 1.0):
        for q in (0.001, 0.025, 0.5, 0.975):
            assert binomial_quantile(q, n, p) == stats.binom.ppf(q, n, p) or p == 0
    low, high = binomial_band(n, 0.5, 0.95)
    assert stats.binom.cdf(high, n, 0.5) - stats.binom.cdf(low - 1, n, 0.5) >= 0.95


def test_long_names_are_cut_in_the_middle() -> None:
    assert short("C(place)[T.elsewhere]", 40) == "C(place)[T.elsewhere]"
    cut = short("C(" + 40 * "x" + ")[T.b]", 20)
    assert len(cut) == 20
    assert cut.startswith("C(xx")
    assert cut.endswith("[T.b]")
