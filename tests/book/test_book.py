"""The built book: every block of code ran, every link leads somewhere, and a browser is content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browsing import Browser

import likelier

DOCS = Path(__file__).parents[2] / "docs"
SITE = DOCS / "_build" / "html"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if path.relative_to(SITE).parts[0] != "_static"
)
SOURCES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if not path.relative_to(DOCS).parts[0].startswith("_")
)
PHONE, DESK = 360, 1280


class _Page(HTMLParser):
    """What a page links to, and what in it can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name in ("href", "src") and value and tag not in ("base",):
                self.links.append(value)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@cache
def _page(name: str) -> _Page:
    return _Page((SITE / name).read_text(encoding="utf-8"))


def test_the_book_was_built() -> None:
    assert "index.html" in PAGES
    assert len(PAGES) >= len(SOURCES)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    lost = []
    for link in _page(name).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue  # what lies elsewhere may change there; nothing is loaded from it
        target = (SITE / name).parent / unquote(parts.path) if parts.path else SITE / name
        if target.is_dir():
            target = target / "index.html"
        if not target.exists():
            lost.append(link)
        elif parts.fragment and target.suffix == ".html":
            other = target.resolve().relative_to(SITE.resolve()).as_posix()
            if unquote(parts.fragment) not in _page(other).ids:
                lost.append(link)
    assert lost == []


@pytest.mark.parametrize("name", SOURCES)
def test_every_block_of_python_is_run(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert re.findall(r"^```\s*(?:python|py)\b.*$", text, flags=re.M) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_is_drawn(name: str) -> None:
    """A figure that no formatter knows, or a part of one, is shown as its name."""
    assert not re.search(r"<(Figure|Axes|matplotlib)\b", "".join(_page(name).text))


def test_every_public_name_is_in_the_reference() -> None:
    public = {f"likelier.{n}" for n in likelier.__all__ if n not in ("__version__", "datasets")}
    assert public <= _described()


def test_every_answer_of_a_fit_is_in_the_reference() -> None:
    held = {field.name for field in fields(likelier.Fit)}
    answers = {name for name in dir(likelier.Fit) if not name.startswith("_")} - held
    assert {f"likelier.Fit.{name}" for name in answers} <= _described()


def _described() -> set[str]:
    return {i for name in PAGES if name.startswith("reference/api/") for i in _page(name).ids}


@pytest.fixture(scope="module")
def chromium(browser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(browser, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", PAGES)
def test_a_browser_shows_it(chromium: Browser, name: str, width: int, dark: bool) -> None:
    chromium.open((SITE / name).resolve().as_uri(), width=width, dark=dark)
    kinds = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
    assert [e for e in chromium.events if e.get("method") in kinds] == []
    sent = [
        e["params"]["request"]["url"]
        for e in chromium.events
        if e.get("method") == "Network.requestWillBeSent"
    ]
    assert [u for u in sent if not u.startswith(("data:", "file:"))] == []
    root = "document.documentElement"
    assert chromium.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0
    # Pictures were found and have a size.
    assert chromium.evaluate("[...document.images].filter(i => !i.naturalWidth).length") == 0
