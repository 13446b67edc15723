"""Pieces of HTML: well formed, and nothing that a user named gets out of its cell."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from likelier.display import html_block, html_facts, html_note, html_table

HOSTILE = "<script>alert(1)</script>\"'& <img src=x onerror=alert(1)>"


class Reader(HTMLParser):
    """The elements of a fragment, checked to be closed in order, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize(
    "made",
    [
        html_table([HOSTILE, "b"], [[HOSTILE, HOSTILE]], label=HOSTILE, kind=HOSTILE),
        html_facts([(HOSTILE, HOSTILE)]),
        html_note(HOSTILE, kind=HOSTILE, strong=HOSTILE, small=True),
    ],
    ids=["table", "facts", "note"],
)
def test_everything_is_escaped(made: str) -> None:
    found = Reader(made)
    assert not {"script", "img"} & set(found.tags)
    assert found.names <= {"class", "style", "scope", "tabindex", "role", "aria-label"}
    assert HOSTILE in found.words


def test_a_table_has_heads_for_columns_and_rows() -> None:
    made = html_table(["term", "estimate", "standing"], [["x", "1.5", "fine"]], texts=(2,))
    assert made.count('scope="col"') == 3
    assert made.count('scope="row"') == 1
    assert '<td style="text-align:right">1.5</td>' in made
    assert '<td style="text-align:left">fine</td>' in made


def test_blocks_nest() -> None:
    assert Reader(html_block("fit", html_note("a"), html_facts([("b", "c")]))).tags[0] == "div"
