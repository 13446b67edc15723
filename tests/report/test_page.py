"""The page: complete, escaped, self-contained; and as a browser shows it."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from browsing import Browser

from likelier.diagnosis import Diagnosis
from likelier.report import (
    Coefficient,
    ContestData,
    ContestLine,
    Summary,
    SummaryData,
    plots,
)
from likelier.report.page import Figure, Page, Table, render_page
from likelier.report.plots import to_svg

NASTY = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\"'&"
TROUBLE = Diagnosis("separation", "serious", f"column `{NASTY}` predicts", remedy=f"drop `{NASTY}`")
PHONE, DESK = 360, 1200


def _figures(name: str) -> list[Figure]:
    rng = np.random.default_rng(0)
    made = {
        "pit": plots.pit(rng.random(300)),
        "residuals": plots.residuals(rng.standard_normal(4000), rng.random(4000), name=name),
        "worm": plots.worm(rng.standard_normal(200)),
    }
    return [
        Figure(f"{key} of {name}", name, to_svg(plot.figure, prefix=key, title=name))
        for key, plot in made.items()
    ]


def _page(name: str = "visits") -> Page:
    estimates = [
        Coefficient("mean", f"a long name of a column, {name} number {i}", 1.0, 0.1, 0.8, 1.2)
        for i in range(30)
    ]
    data = SummaryData(
        family="negative_binomial", target=name, formulas={"mean": "1 + x"}, links={"mean": "log"},
        n_rows=20190, n_observations=20190, n_dropped=0, weight_type=None, log_likelihood=-43383.66,
        aic=86773.3, bic=86797.1, degrees_of_freedom=31, converged=True, reason="converged",
        passes=6, seconds=0.1, level=0.95, coefficients=estimates,
    )  # fmt: skip
    lines = [
        ContestLine(name, 2.14, 0.0, 0.0, "best", True),
        ContestLine("zero_inflated(negative_binomial)", math.inf, math.inf, math.nan, name, False),
    ]
    return Page(
        question=f"How does {name} depend on age?",
        source=f"{name}, 20,190 rows",
        answer=[f"One more unit of age multiplies the mean of {name} by 1.04.", name],
        sound=True,
        diagnoses=[],
        contest=ContestData(name, 5, lines, name),
        figures=_figures(name),
        worst=Table(["row", name, *"abcdefgh"], [["3,457", name, *["1,234.5678"] * 8]] * 5),
        summary=Summary(data),
        reproduce=f"lk.fit('{name} ~ age', data, \"negative_binomial\")" * 3,
        version="0.1.0",
        scores=(
            f"Well calibrated: 90 % intervals hold 90.3 % of 20,190 rows of {name}.",
            [(f"CRPS, in the unit of {name}", 1.675, 0.042), ("calibration error", 0.013, 0.004)],
        ),
    )


class _Tags(HTMLParser):
    """Collects what a parser sees: tags, their attributes, and the nesting."""

    VOID = ("meta", "br", "img", "link", "hr", "path", "use", "image", "rect")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_tags_are_balanced_and_ids_unique() -> None:
    tags = _Tags(render_page(_page()))
    assert tags.open == []
    ids = [attrs["id"] for _, attrs in tags.seen if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_it_needs_nothing_from_elsewhere() -> None:
    tags = _Tags(render_page(_page()))
    assert not {tag for tag, _ in tags.seen} & {"script", "link", "iframe", "object", "base"}
    links = [v for _, a in tags.seen for k, v in a.items() if k in ("href", "src", "xlink:href")]
    assert all(link is None or link.startswith(("#", "data:image/png")) for link in links)
    html = render_page(_page())
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_it_is_small() -> None:
    assert len(render_page(_page()).encode()) < 500_000


def test_what_users_name_is_shown_as_text() -> None:
    page = replace(_page(NASTY), diagnoses=[TROUBLE], sound=False)
    tags = _Tags(render_page(page))
    assert not {tag for tag, _ in tags.seen} & {"script", "img"}
    assert not any(k.startswith("on") for _, attrs in tags.seen for k in attrs)


def test_it_reads_from_question_to_reproduction() -> None:
    page = replace(_page(), diagnoses=[replace(TROUBLE, message="column `x` predicts y")])
    html = render_page(page)
    order = [
        "<h1>How does visits", "20,190 rows", "multiplies the mean", "What to worry about",
        "column <code>x</code> predicts y.", "Which distribution explains",
        "How good its predictions are", "CRPS, in the unit of visits", "Pictures",
        "The rows explained worst", "All estimates", "How to reproduce it",
    ]  # fmt: skip
    places = [html.index(text) for text in order]
    assert places == sorted(places)
    assert html.count("separation") == 1


def test_what_was_not_found_is_said_too() -> None:
    assert "Nothing was found" in render_page(_page())
    stopped = render_page(replace(_page(), sound=False))
    assert "Nothing was found" not in stopped
    assert "did not reach a maximum" in stopped


def test_parts_that_are_missing_leave_no_heading() -> None:
    html = render_page(replace(_page(), contest=None, scores=None, worst=None, figures=[]))
    for heading in ("Which distribution", "How good its", "explained worst", "Pictures"):
        assert heading not in html


def test_the_page_is_the_same_each_time() -> None:
    assert render_page(_page()) == render_page(_page())


# ---------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def chromium(browser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(browser, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    page = replace(_page(NASTY), diagnoses=[TROUBLE])
    path.write_text(render_page(page), encoding="utf-8")
    return path.as_uri()


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [PHONE, DESK])
class TestInABrowser:
    def test_no_complaint_and_no_request(
        self, chromium: Browser, url: str, width: int, dark: bool
    ) -> None:
        chromium.open(url, width=width, dark=dark)
        assert chromium.evaluate("document.title").startswith("How does <script>")
        kinds = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        assert [e for e in chromium.events if e.get("method") in kinds] == []
        sent = [
            e["params"]["request"]["url"]
            for e in chromium.events
            if e.get("method") == "Network.requestWillBeSent"
        ]
        assert [u for u in sent if not u.startswith("data:")] == [url]

    def test_the_page_never_scrolls_sideways(
        self, chromium: Browser, url: str, width: int, dark: bool
    ) -> None:
        chromium.open(url, width=width, dark=dark)
        root = "document.documentElement"
        assert chromium.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0
        # What is wider than the screen lies within an element that scrolls by itself.
        lost = chromium.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => {"
            "  if (e.closest('svg, .scroll, .likelier-scroll, pre')) return false;"
            "  const box = e.getBoundingClientRect();"
            "  return box.right > innerWidth + 1 || box.left < -1;"
            "}).map(e => e.outerHTML.slice(0, 80))"
        )
        assert lost == []

    def test_pictures_fill_their_place_and_words_in_them_are_legible(
        self, chromium: Browser, url: str, width: int, dark: bool
    ) -> None:
        chromium.open(url, width=width, dark=dark)
        sizes = chromium.evaluate(
            "[...document.querySelectorAll('figure svg')].map(s => {"
            "  const text = s.querySelector('text').getBoundingClientRect();"
            "  return [s.getBoundingClientRect().width, text.height]; })"
        )
        assert len(sizes) == 3
        # On a phone a picture leaves no more than its margins, and words stay above 8 pixels.
        assert all(280 < wide <= 560 and high > 8 for wide, high in sizes)

    def test_colours_follow_the_reader(
        self, chromium: Browser, url: str, width: int, dark: bool
    ) -> None:
        chromium.open(url, width=width, dark=dark)
        ground, ink, drawn = chromium.evaluate(
            "['body', 'body', 'figure svg text'].map((q, i) =>"
            "  getComputedStyle(document.querySelector(q))[['backgroundColor', 'color', 'fill'][i]]"
            ").map(c => c.match(/\\d+/g).slice(0, 3).reduce((s, v) => s + Number(v) / 765, 0))"
        )
        assert (ground < 0.2) is dark
        assert abs(ink - ground) > 0.6
        assert abs(drawn - ground) > 0.35

    def test_paper_is_light(self, chromium: Browser, url: str, width: int, dark: bool) -> None:
        chromium.open(url, width=width, dark=dark, media="print")
        ground = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"

    def test_the_scores_are_read_in_words_that_fit(
        self, chromium: Browser, url: str, width: int, dark: bool
    ) -> None:
        chromium.open(url, width=width, dark=dark)
        found = chromium.evaluate(
            "[...document.querySelectorAll('.likelier-scores tbody tr')].map(r => {"
            "  const [name, value] = r.children;"
            "  const inner = document.createRange(); inner.selectNodeContents(name);"
            "  return [value.innerText, inner.getBoundingClientRect().right"
            "    <= name.getBoundingClientRect().right + 1]; })"
        )
        assert found == [["1.675", True], ["0.0130", True]]


@pytest.mark.browser
def test_printed_pages_hold_everything_and_end_without_a_page_for_the_foot(
    chromium: Browser, url: str
) -> None:
    # A4 without its margins, in CSS pixels.
    chromium.open(url, width=718, media="print")
    wide = chromium.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('svg')"
        "  && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName)"
    )
    assert wide == []
    styles = chromium.evaluate(
        "['footer', 'figure', 'table'].map((q, i) => getComputedStyle(document.querySelector(q))"
        "[i ? 'breakInside' : 'breakBefore'])"
    )
    assert styles == ["avoid", "avoid", "avoid"]
    sheet = base64.b64decode(chromium.call("Page.printToPDF", printBackground=True)["data"])
    assert sheet.startswith(b"%PDF")
