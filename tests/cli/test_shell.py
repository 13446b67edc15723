"""Every sub-command on real files through a real shell, from the table to the page, and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import likelier as lk


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with real data, and with `likelier` on its own path."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "bin").mkdir()
    script = folder / "bin" / "likelier"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m likelier "$@"\n')
    script.chmod(0o755)
    visits = lk.datasets.load("randhie")
    visits[["mdvis", "lncoins", "physlm", "disea", "idp"]][:1500].to_csv(
        folder / "visits.csv", index=False
    )
    visits[1500:1700].to_parquet(folder / "later.parquet")
    return folder


def sh(command: str, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of sh, as someone with a pipe would."""
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    settings = {**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(
        ["sh", "-c", command],
        cwd=place,
        env=settings,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_from_a_question_to_a_page(place: Path) -> None:
    fitted = sh(
        "likelier -q compare visits.csv 'mdvis ~ disea + idp' -d poisson -d negative_binomial"
        " --folds 3 --format json > contest.json"
        " && likelier -q fit visits.csv 'mdvis ~ disea + idp' -d negative_binomial"
        " --validate later.parquet --seed 3 --out model.lkl > fit.txt",
        place,
    )
    assert (fitted.returncode, fitted.stdout, fitted.stderr) == (0, "", "")
    assert json.loads((place / "contest.json").read_text())["best"] == "negative_binomial"
    text = (place / "fit.txt").read_text()
    assert text.startswith("mdvis as negative_binomial · 1,500 rows · log-likelihood ")
    assert " held-out rows" in text

    used = sh(
        "head -n 30 visits.csv | cut -d, -f1,4,5 | likelier -q predict model.lkl - --interval 0.8"
        " --quantile 0.99 --out predictions.parquet"
        " && likelier -q predict model.lkl later.parquet --keep mdvis | sort -t, -k2 -n | tail -n 1"
        " && cat later.parquet | likelier -q score model.lkl - --format json > score.json"
        " && likelier -q report model.lkl visits.csv --out page.html",
        place,
    )
    assert (used.returncode, used.stderr) == (0, "")
    predictions = pd.read_parquet(place / "predictions.parquet")
    assert list(predictions) == [
        "mean", "mean_se", "stddev", "median", "quantile_0.99", "lower_80", "upper_80", "nll",
    ]  # fmt: skip
    assert len(predictions) == 29
    assert len(used.stdout.strip().split(",")) == 8
    assert json.loads((place / "score.json").read_text())["rows"] == 200
    assert (place / "page.html").stat().st_size > 10_000


def test_the_catalogue_in_a_pipe(place: Path) -> None:
    done = sh(
        "likelier distributions | grep -c . && likelier distributions beta | head -n 1", place
    )
    assert (done.returncode, done.stderr) == (0, "")
    count, name = done.stdout.split()
    assert int(count) > 30
    assert name == "beta"


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("fit", 2, "DATA"),
        ("fit visits.csv 'mdvis ~ disea' -d poissn", 2, "Did you mean `poisson`?"),
        ("fit visits.csv 'mdvis ~ disea' --validate 1.5", 2, "--validate takes a share"),
        ("fit visits.csv 'mdvis ~ disease'", 3, "Did you mean `disea`?"),
        ("fit visits.csv 'mdvis ~ disea' --validate none.csv", 3, "there is no such file"),
        ("fit 'mdvis ~ disea' visits.csv", 3, "the file comes before it"),
        ("fit . 'mdvis ~ disea'", 3, "is a folder"),
        ("fit - 'mdvis ~ disea' < /dev/null", 3, "standard input is empty"),
        ("compare visits.csv 'lncoins ~ disea' -d poisson", 3, "lncoins"),
        ("predict model.lkl nowhere.csv", 3, "nowhere.csv"),
        ("predict visits.csv visits.csv", 3, "not a usable model file"),
        ("score model.lkl bin/likelier", 3, "cannot tell the format"),
        ("report model.lkl visits.csv --out no/page.html", 2, "there is no folder no"),
        ("distributions gama", 2, "Did you mean `gamma`?"),
        ("demo --folder nowhere", 2, "there is no folder nowhere"),
        ("fit visits.csv 'mdvis ~ disea' -d poisson --format json > /dev/full", 1, "No space left"),
    ],
)
def test_every_error_has_its_code_and_one_message(place: Path, command, code, words) -> None:
    if not (place / "model.lkl").exists():
        sh("likelier fit visits.csv 'mdvis ~ disea + idp' -d poisson --out model.lkl", place)
    done = sh(f"likelier -q {command}", place)
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_full_disk_leaves_the_old_file_whole(place: Path) -> None:
    (place / "old.lkl").write_bytes(b"old" * 1000)
    # A limit on the size of files stands for a disk that is full: the write fails half-way.
    done = sh(
        "ulimit -f 1; likelier -q fit visits.csv 'mdvis ~ bs(disea, df=6)' -d poisson --out old.lkl"
        " > /dev/null",
        place,
    )
    assert done.returncode == 1
    assert "cannot write old.lkl: File too large" in done.stderr
    assert (place / "old.lkl").read_bytes() == b"old" * 1000
    assert not list(place.glob(".old.lkl*"))


def test_no_colour_where_there_is_no_terminal_or_it_is_refused(place: Path) -> None:
    command = "likelier fit visits.csv 'mdvis ~ nothing'"
    assert "\x1b" not in sh(command, place).stderr
    typed = f'script -qec "{command}" /dev/null'
    assert "\x1b[31m" in sh(typed, place, TERM="xterm").stdout
    assert "\x1b[31m" not in sh(typed, place, TERM="xterm", NO_COLOR="1").stdout


def test_completion_knows_the_families(place: Path) -> None:
    done = sh(
        "likelier", place, _LIKELIER_COMPLETE="complete_bash",
        COMP_WORDS="likelier fit a.csv f -d neg", COMP_CWORD="5",
    )  # fmt: skip
    assert done.stdout.split() == ["negative_binomial"]
    shown = sh("bash -c 'likelier --show-completion; true'", place)
    assert "_LIKELIER_COMPLETE" in shown.stdout
