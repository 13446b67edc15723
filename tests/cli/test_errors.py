"""What users get wrong: one line on standard error, the right exit code, nothing on the other."""

from __future__ import annotations

import os

import pytest

from likelier import NoFiniteOptimumError
from likelier.cli import fit as fit_module

USAGE, DATA, NO_FIT = 2, 3, 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        # names and options
        (["fit", "rows.csv", "y ~ x", "-d", "poison"], USAGE, "Did you mean `poisson`?"),
        (["fit", "rows.csv", "y ~ x", "--wieghts", "w"], USAGE, "--weights"),
        (["fit", "rows.csv"], USAGE, "FORMULA"),
        (["ftt"], USAGE, "fit"),
        (["fit", "rows.csv", "y ~ x", "--missing", "skip"], USAGE, "drop"),
        (["fit", "rows.csv", "y ~ x", "-d", "normal", "--level", "95"], USAGE, "between 0 and 1"),
        (["fit", "rows.csv", "y ~ x", "-f", "scale ~ x"], USAGE, "-d FAMILY"),
        (
            ["fit", "rows.csv", "y ~ x", "-d", "normal", "-f", "scal ~ x"],
            USAGE,
            "Did you mean `scale`?",
        ),
        (["fit", "rows.csv", "y ~ x", "-d", "normal", "-f", "scale"], USAGE, "PARAMETER ~ TERMS"),
        (
            ["fit", "rows.csv", "y ~ x", "-d", "normal", "-f", "loc ~ g"],
            USAGE,
            "loc has its formula from FORMULA already",
        ),
        (["fit", "rows.csv", "y ~ x", "-d", "normal", "--link", "loc"], USAGE, "PARAMETER=LINK"),
        (["fit", "rows.csv", "y ~ x", "-d", "poisson", "--link", "mean=log"], USAGE, "rate"),
        (["fit", "rows.csv", "y ~ x", "-d", "poisson", "--link", "rate=lgo"], USAGE, "lgo"),
        (["fit", "rows.csv", "y ~ x", "--out", "none/a.lkl"], USAGE, "no folder none"),
        (["fit", "rows.csv", "y ~ x", "--out", "folder"], USAGE, "it is a folder"),
        (["compare", "rows.csv", "y ~ x", "--folds", "1"], USAGE, "--folds"),
        (["predict", "model.lkl", "new.csv", "--out", "p.xlsx"], USAGE, ".csv or .parquet"),
        (["predict", "model.lkl", "new.csv", "--quantile", "50"], USAGE, "between 0 and 1"),
        (["distributions", "betta"], USAGE, "Did you mean `beta`?"),
        # files
        (["fit", "rowss.csv", "y ~ x"], DATA, "Did you mean `rows.csv`?"),
        (["fit", "none*.csv", "y ~ x"], DATA, "no file matches"),
        (["fit", "empty.csv", "y ~ x"], DATA, "is empty"),
        (["fit", "ragged.csv", "y ~ x"], DATA, "ragged.csv, line 3: 3 fields"),
        (["fit", "latin.csv", "y ~ x"], DATA, "line 2: byte"),
        (["fit", "folder", "y ~ x"], DATA, "is a folder"),
        (["predict", "none.lkl", "new.csv"], DATA, "cannot read model file none.lkl"),
        (["predict", "foreign.lkl", "new.csv"], DATA, "not a usable model file"),
        # columns and cells
        (["fit", "rows.csv", "y ~ xx"], DATA, "no column `xx`. Did you mean `x`?"),
        (["fit", "rows.csv", "y ~ x", "--weights", "ww"], DATA, "no column `ww`"),
        (["fit", "gap.csv", "y ~ x"], DATA, "row 6 (CSV line 7) has no value"),
        (["fit", "gap.csv", "y ~ x"], DATA, "--missing drop"),
        (
            ["fit", "negative.csv", "y ~ x", "-d", "poisson"],
            DATA,
            'cannot use column `y` with distribution "poisson": row 4 (CSV line 5) holds −3',
        ),
        (["fit", "negative.csv", "y ~ x", "-d", "poisson"], DATA, "Use -d normal"),
        (["compare", "negative.csv", "y ~ x", "-d", "poisson"], DATA, "row 4 (CSV line 5)"),
        (["predict", "model.lkl", "unseen.csv"], DATA, "'d'"),
        (["predict", "model.lkl", "separated.csv"], DATA, "no column `g`"),
        (["predict", "model.lkl", "new.csv", "--keep", "idd"], DATA, "Did you mean `id`?"),
        (["score", "model.lkl", "negative.csv"], DATA, "holds −3"),
        # formulas
        (["fit", "rows.csv", "~ x", "-d", "normal"], DATA, "names no target"),
        (["fit", "rows.csv", "y ~ x +", "-d", "normal"], DATA, "formula"),
    ],
)
def test_one_message_the_right_code_and_no_result(run, model, arguments, code, words) -> None:
    done = run(*arguments)
    assert done.code == code, done.err
    assert words in " ".join(done.err.replace("│", " ").split())
    assert done.out == ""
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ __import__('os').system('touch hacked')",
        "y ~ x.__class__",
        "y ~ open('hacked', 'w')",
        "y ~ [x for x in (open('hacked', 'w'),)]",
        'exec(\'open("hacked", "w")\') ~ x',
        "y ~ eval('1')",
    ],
)
def test_hostile_formulas_are_refused_unexecuted(run, work, formula) -> None:
    done = run("fit", "rows.csv", formula, "-d", "normal")
    assert done.code == DATA
    assert done.err.startswith("likelier: ")
    assert not (work / "hacked").exists()


def test_nothing_is_fitted_where_the_result_could_not_be_written(run, monkeypatch) -> None:
    monkeypatch.setattr("likelier.model.fit", None)
    assert run("fit", "rows.csv", "y ~ x", "--report", "none/r.html").code == USAGE


def test_a_folder_that_may_not_be_written_to_is_refused_first(run, monkeypatch) -> None:
    allowed = os.access  # of root too, which runs the tests of some machines
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    done = run("fit", "rows.csv", "y ~ x", "--out", "a.lkl")
    assert done.code == USAGE
    assert "permission to write to the folder . is denied" in done.err


def test_a_file_that_may_not_be_read_is_named(run, monkeypatch) -> None:
    allowed = os.access
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.R_OK and allowed(path, mode))
    done = run("fit", "rows.csv", "y ~ x")
    assert done.code == DATA
    assert "rows.csv: permission to read the file is denied" in done.err


def failing(error: BaseException):
    def raise_it(*_: object, **__: object) -> None:
        raise error

    return raise_it


def test_a_likelihood_without_maximum_exits_with_4(run, monkeypatch) -> None:
    monkeypatch.setattr("likelier.model.fit", failing(NoFiniteOptimumError("no maximum")))
    done = run("fit", "rows.csv", "y ~ x", "-d", "normal")
    assert (done.code, done.err) == (NO_FIT, "likelier: no maximum\n")


def test_an_interrupted_run_says_so(run, monkeypatch) -> None:
    monkeypatch.setattr("likelier.model.fit", failing(KeyboardInterrupt()))
    done = run("fit", "rows.csv", "y ~ x", "-d", "normal")
    assert (done.code, done.err) == (130, "likelier: interrupted\n")


def test_a_fault_of_ours_exits_with_1_and_names_itself(run, monkeypatch) -> None:
    monkeypatch.setattr("likelier.model.fit", failing(ZeroDivisionError("by 0")))
    done = run("fit", "rows.csv", "y ~ x", "-d", "normal")
    assert done.code == 1
    assert done.err.startswith("likelier: a fault in likelier: ZeroDivisionError: by 0\n")
    assert "LIKELIER_TRACEBACK=1" in done.err


def test_a_fault_shows_where_when_asked(monkeypatch) -> None:
    from likelier.cli._app import guarded

    monkeypatch.setenv("LIKELIER_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        guarded(failing(ZeroDivisionError("by 0")))()


def test_a_warning_is_one_line_on_standard_error(run, monkeypatch) -> None:
    import warnings

    whole = fit_module.write

    def warn_then_write(*arguments: object) -> None:
        warnings.simplefilter("always")
        warnings.warn("mind this", UserWarning, stacklevel=1)
        whole(*arguments)

    monkeypatch.setattr(fit_module, "write", warn_then_write)
    done = run("fit", "rows.csv", "y ~ x", "-d", "normal")
    assert (done.code, done.err) == (0, "likelier: warning: mind this\n")
    assert run("--quiet", "fit", "rows.csv", "y ~ x", "-d", "normal").err == ""
