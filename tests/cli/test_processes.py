"""The command line as the shell sees it: real processes, pipes, streams and CPU time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

HEAVY = (
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
    "formulaic",
    "sklearn",
    "jax",
    "torch",
    "narwhals",
)


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the PATH with `likelier` in it, run by this interpreter."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "likelier"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m likelier "$@"\n')
    script.chmod(0o755)
    return folder


def shell(command: str, folder: Path, bin_folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in a folder."""
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=folder,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_from_a_table_to_predictions_in_a_shell(work, table, bin_folder, tmp_path) -> None:
    fitted = shell(
        f"likelier fit '{work}/part*.csv' 'y ~ x + g' -d negative_binomial --out m.lkl",
        tmp_path,
        bin_folder,
    )
    assert fitted.returncode == 0, fitted.stderr
    assert "log-likelihood" in fitted.stdout
    assert fitted.stderr.splitlines()[-1] == "Written: m.lkl"
    predicted = shell(
        f"cat {work}/rows.csv | likelier -q predict m.lkl - --out p.parquet"
        f" && likelier -q score m.lkl {work}/rows.parquet"
        f" && likelier -q report m.lkl {work}/rows.csv --out page.html",
        tmp_path,
        bin_folder,
    )
    assert predicted.returncode == 0, predicted.stderr
    assert predicted.stderr == ""
    assert predicted.stdout.startswith("Well calibrated: ")
    assert len(pd.read_parquet(tmp_path / "p.parquet")) == len(table)
    assert (tmp_path / "page.html").stat().st_size > 10_000


def test_a_refused_table_leaves_standard_output_empty(work, bin_folder) -> None:
    done = shell("likelier fit negative.csv 'y ~ x' -d poisson > result.txt", work, bin_folder)
    assert done.returncode == 3
    assert done.stderr.startswith("likelier: cannot use column `y`")
    assert done.stderr.count("\n") == 1
    assert (work / "result.txt").read_text() == ""


def test_a_reader_that_has_seen_enough_is_no_fault(work, bin_folder) -> None:
    done = shell("likelier distributions | true", work, bin_folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_our_signs_is_no_fault(work, bin_folder) -> None:
    command = "PYTHONIOENCODING=ascii likelier -q fit rows.csv 'y ~ x' -d poisson"
    done = shell(command, work, bin_folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "?" in done.stdout


def test_help_is_there_at_once(bin_folder, tmp_path) -> None:
    before = os.times()
    done = shell("likelier --help", tmp_path, bin_folder)
    after = os.times()
    assert done.returncode == 0
    for name in (
        "demo", "fit", "compare", "predict", "score", "report", "distributions", "ab-test",
    ):  # fmt: skip
        assert f" {name} " in done.stdout
    spent = after.children_user - before.children_user
    spent += after.children_system - before.children_system
    assert spent < 0.5


@pytest.mark.parametrize("arguments", [["--help"], ["fit", "--help"], ["--version"], ["ftt"]])
def test_no_heavy_module_is_imported_before_it_is_needed(arguments, tmp_path) -> None:
    script = (
        "import sys; from likelier.cli import main\n"
        f"try: main({arguments})\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("3", "3")])
def test_blas_starts_no_threads_of_its_own_unless_told(before, after, tmp_path) -> None:
    """OpenBLAS reads the variable when NumPy is imported."""
    told = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    if before is not None:
        told["OPENBLAS_NUM_THREADS"] = before
    program = (
        "import os, sys\nfrom likelier.cli import main\ntry: main(['--version'])\n"
        "except SystemExit: print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=told, capture_output=True, text=True
    )
    assert done.stdout.split()[-1] == after


def test_a_saved_model_predicts_without_pandas(work, model, tmp_path) -> None:
    script = (
        "import sys; from likelier.cli import main\n"
        f"try: main(['predict', {str(model)!r}, {str(work / 'new.csv')!r}])\n"
        "except SystemExit: pass\n"
        "print('pandas' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr.splitlines()[-1] == "False"
    assert done.stdout.startswith("mean,mean_se,stddev,median,")


def test_every_command_has_help_with_an_example(bin_folder, tmp_path) -> None:
    names = "demo fit compare predict score report distributions ab-test"
    done = shell(f"for c in {names}; do likelier $c --help; done", tmp_path, bin_folder)
    assert done.stdout.count("Example: likelier") == 9  # ab-test has two


def test_completion_is_offered(bin_folder, tmp_path) -> None:
    command = "_LIKELIER_COMPLETE=complete_bash COMP_WORDS='likelier sc' COMP_CWORD=1 likelier"
    done = shell(command, tmp_path, bin_folder)
    assert done.stdout.split() == ["score"]


def test_demo_shows_contest_summary_and_calibration_and_leaves_two_files(run, tmp_path) -> None:
    done = run("demo", "--folder", tmp_path)
    assert done.code == 0, done.err
    order = [
        "likelier demo · doctor visits",
        "Which distribution explains mdvis best?",
        "negative_binomial is chosen",
        "−43,383.662",
        "Calibration (held out): 90 % intervals hold",
    ]
    places = [done.out.index(text) for text in order]
    assert places == sorted(places)
    assert "see fit.contest" not in done.out  # the contest stands above
    assert (tmp_path / "report.html").stat().st_size > 50_000
    assert (tmp_path / "model.lkl").stat().st_size < 50_000
    assert done.err.splitlines()[-1].startswith("Written: ")
