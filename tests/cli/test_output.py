"""Streams, colours, JSON and the line of progress."""

from __future__ import annotations

import io
import json
import threading

import numpy as np
import pytest

from likelier.cli import _output


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def terminals(monkeypatch: pytest.MonkeyPatch) -> tuple[Terminal, Terminal]:
    """Standard output and error as terminals, from within the test: capturing sets them too."""
    out, err = Terminal(), Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(_output.Settings, "quiet", False)
    return out, err


def test_on_a_terminal_trouble_stands_out(monkeypatch) -> None:
    streams = terminals(monkeypatch)
    _output.show("! separation   column `x`\nfine")
    _output.complain("no column `xx`")
    assert streams[0].getvalue() == "\x1b[1;31m! separation\x1b[0m   column `x`\nfine\n"
    assert streams[1].getvalue() == "\x1b[31mlikelier: \x1b[0mno column `xx`\n"


@pytest.mark.parametrize("name", ["NO_COLOR", "TERM"])
def test_colours_can_be_refused(monkeypatch, name) -> None:
    streams = terminals(monkeypatch)
    monkeypatch.setenv(name, "dumb")
    _output.show("! separation   column `x`")
    _output.complain("no column `xx`")
    assert "\x1b" not in streams[0].getvalue() + streams[1].getvalue()


def test_long_messages_are_wrapped_under_the_first_word(monkeypatch) -> None:
    streams = terminals(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    _output.complain("word " * 30)
    first, *rest = streams[1].getvalue().splitlines()
    assert first.startswith("likelier: word")
    assert rest
    assert all(line.startswith(" " * 10 + "word") and len(line) < 60 for line in rest)


def test_messages_speak_of_options_where_there_are_such(capsys) -> None:
    _output.complain('drop such rows with missing="drop". Use "categorical"', "fit")
    _output.complain('drop such rows with missing="drop". Distribution "beta" takes them', "score")
    assert capsys.readouterr().err == (
        'likelier: drop such rows with --missing drop. Use "categorical"\n'
        'likelier: drop such rows with --missing drop. Distribution "beta" takes them\n'
    )


def test_json_has_no_number_that_json_lacks(capsys) -> None:
    value = {
        "a": np.float64(1.5), "b": (np.int64(2), np.nan), "c": [np.inf, -np.inf], "d": None,
        "e": np.array([True]), "f": {"g": "ü"}, "h": complex(1),
    }  # fmt: skip
    _output.show_json(value)
    shown = capsys.readouterr().out
    assert json.loads(shown) == {
        "a": 1.5, "b": [2, None], "c": ["inf", "-inf"], "d": None, "e": [True],
        "f": {"g": "ü"}, "h": "(1+0j)",
    }  # fmt: skip
    assert "ü" in shown


def watched(monkeypatch: pytest.MonkeyPatch, activity: str) -> None:
    """Work that ends only when its line has been written."""
    monkeypatch.setattr(_output, "_PATIENCE", 0.0)
    written = threading.Event()
    write = _output.print_now

    def note(text: str, end: str = "\n") -> None:
        write(text, end)
        written.set()

    monkeypatch.setattr(_output, "print_now", note)
    with _output.Progress(activity) as progress:
        progress.say("fold 1 of 4", 1, 4)
        assert written.wait(10)


def test_progress_is_a_line_in_a_log(capsys, monkeypatch) -> None:
    monkeypatch.setattr(_output.Settings, "quiet", False)
    watched(monkeypatch, "comparing")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("comparing … ")
    assert captured.err.count("\n") == 1


def test_progress_on_a_terminal_is_wiped(monkeypatch) -> None:
    streams = terminals(monkeypatch)
    watched(monkeypatch, "comparing")
    shown = streams[1].getvalue()
    assert shown.startswith("\r\x1b[Kcomparing … ")
    assert shown.endswith("\r\x1b[K")
    assert "\n" not in shown


def test_progress_says_how_far_and_how_long(monkeypatch) -> None:
    clock = iter([0.0, 30.0, 150.0])
    monkeypatch.setattr(_output.time, "monotonic", lambda: next(clock))
    progress = _output.Progress("comparing")
    progress.say("poisson, fold 1 of 5", 1, 4)
    assert progress.line == "comparing … poisson, fold 1 of 5 · 30 s · about 90 s left"
    progress.say("NLL 12.5")
    assert progress.line == "comparing … NLL 12.5 · 2 min 30 s"


def test_short_work_and_quiet_work_say_nothing(capsys, monkeypatch) -> None:
    with _output.Progress("short"):
        pass
    monkeypatch.setattr(_output, "_PATIENCE", 0.0)
    monkeypatch.setattr(_output.Settings, "quiet", True)
    with _output.Progress("quiet") as progress:
        assert not progress._thread.is_alive()
    assert capsys.readouterr().err == ""
