"""`likelier ab-test`: totals and rows, text and JSON, what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import likelier as lk

TWO = ("A=120/1000", "B=150/1010")


def test_totals_are_compared(run) -> None:
    done = run("ab-test", *TWO, "--family", "bernoulli", "--quiet")
    assert (done.code, done.err) == (0, "")
    expected = lk.ab_test({"A": (120, 1000), "B": (150, 1010)})
    assert done.out.rstrip("\n") == expected.text(92)
    assert done.out.startswith("B is better than A with probability 96.9 %")


def test_every_family_takes_its_totals(run) -> None:
    for family, totals in {
        "poisson": ("A=3/10.5", "B=9/12"),
        "normal": ("A=10/2/30", "B=11/3/40"),
        "exponential": ("placebo=21/182", "6-MP=9/359"),
    }.items():
        done = run("ab-test", *totals, "--family", family, "--quiet")
        assert (done.code, done.err) == (0, "")
        assert "against" in done.out


def test_json_holds_the_numbers(run) -> None:
    done = run("ab-test", *TWO, "C=131/990", "--format", "json", "--control", "B")
    found = json.loads(done.out)
    test = lk.ab_test({"A": (120, 1000), "B": (150, 1010), "C": (131, 990)}, control="B")
    assert found["verdict"] == test.verdict
    assert [a["probability_best"] for a in found["arms"]] == list(test.probability_best.values())
    assert [e["arm"] for e in found["effects"]] == ["A", "C"]
    lift = test.lift("A", "B")
    assert found["effects"][0]["lift"]["lower"] == lift.lower
    assert found["diagnoses"] == []


def test_options_reach_the_test(run) -> None:
    done = run(
        "ab-test", "A=50/1000", "B=60/1300", "--prior", "concentration1=0.5", "--better", "lower",
        "--share", "A=10", "--share", "B=13", "--level", "0.9", "--format", "json",
    )  # fmt: skip
    found = json.loads(done.out)
    assert found["prior"] == {"concentration1": 0.5, "concentration0": 1.0}
    assert (found["better"], found["level"], found["diagnoses"]) == ("lower", 0.9, [])


@pytest.mark.parametrize("data", ["rows.csv", "rows.parquet", "part*.csv", "-"])
def test_rows_are_read_from_any_file(run, table, data) -> None:
    stdin = table.to_csv(index=False) if data == "-" else None
    done = run("ab-test", data, "--outcome", "b", "--arm", "g", "--format", "json", stdin=stdin)
    assert done.code == 0, done.err
    expected = lk.ab_test(table, outcome="b", arm="g")
    found = json.loads(done.out)
    assert [a["arm"] for a in found["arms"]] == ["a", "b", "c"]
    for arm in found["arms"]:
        assert (arm["successes"], arm["trials"]) == expected.totals[arm["arm"]]


def test_exposure_and_covariates(run, table) -> None:
    call = ("ab-test", "rows.csv", "--outcome", "y", "--arm", "g", "--exposure", "days")
    done = run(*call, "--family", "poisson")
    assert done.out.count("overdispersion") == 1
    done = run(*call, "--family", "negative_binomial", "--covariates", "x", "--format", "json")
    found = json.loads(done.out)
    test = lk.ab_test(
        table, outcome="y", arm="g", exposure="days", family="negative_binomial", covariates="x"
    )
    assert found["scale"] == "ratio of means"
    assert found["effects"] == test.effects.to_dict("records")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("A=120/1000",), 3, "two arms or more"),
        (("A=1200/1000", "B=1/2"), 3, "1,200 successes in 1,000 trials"),
        (("A=120", "B=150"), 3, "totals of 'bernoulli' are (successes, trials)"),
        (("rows.csv",), 2, "needs --outcome COLUMN and --arm COLUMN"),
        (("A=x/3", "B=1/2"), 2, "given: A=x/3"),
        (("A=1/3", "A=1/2"), 2, "given twice"),
        ((*TWO, "--family", "bernouli"), 2, "Did you mean `bernoulli`?"),
        ((*TWO, "--prior", "concentration=1"), 2, "Did you mean `concentration1`?"),
        ((*TWO, "--prior", "concentration1"), 2, "--prior takes PARAMETER=NUMBER"),
        ((*TWO, "--control", "Q"), 2, "there is no arm 'Q'"),
        ((*TWO, "--level", "95"), 2, "is not between 0 and 1"),
        (("rows.csv", "--outcome", "b"), 2, "rows need one DATA"),
        (("rows.csv", "--outcome", "bb", "--arm", "g"), 3, "no column `bb`"),
        (("rows.csv", "--outcome", "y", "--arm", "g"), 3, "it takes 0 or 1"),
        (("negative.csv", "--outcome", "y", "--arm", "g", "--family", "poisson"), 3, "CSV line 5"),
        (("nowhere.csv", "--outcome", "y", "--arm", "g"), 3, "nowhere.csv"),
        (
            ("separated.csv", "--outcome", "y", "--arm", "x", "--covariates", "1"),
            4,
            "no finite optimum",
        ),
    ],
)
def test_what_is_refused(run, arguments, code, words) -> None:
    done = run("ab-test", *arguments)
    assert done.code == code
    assert words in done.err


def test_help_has_an_example(run) -> None:
    assert "likelier ab-test A=120/1000 B=150/1010" in run("ab-test", "--help").out


def test_in_a_shell(work) -> None:
    command = [sys.executable, "-m", "likelier", "ab-test", *TWO, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=work, check=True)
    assert json.loads(done.stdout)["arms"][1]["probability_best"] > 0.969
