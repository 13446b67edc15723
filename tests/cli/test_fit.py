"""`likelier fit` and `likelier compare`: the same numbers as in Python, on the right stream."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import likelier as lk


def test_summary_goes_to_standard_output_and_remarks_to_standard_error(run, work, table) -> None:
    done = run(
        "fit", "rows.csv", "y ~ x + g", "-d", "negative_binomial", "--out", "a.lkl", "--report",
        "a.html",
    )  # fmt: skip
    fit = lk.fit("y ~ x + g", table, "negative_binomial")
    assert done.code == 0
    assert done.out == f"{fit.summary()}\n"
    assert done.err.endswith("Written: a.lkl\nWritten: a.html\n")
    assert lk.load(work / "a.lkl").log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-12)
    page = (work / "a.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "rows.csv" in page


def test_quiet_leaves_nothing_but_the_result(run) -> None:
    command = ("fit", "rows.csv", "y ~ x", "-d", "poisson", "--out", "q.lkl")
    for arguments in (("--quiet", *command), (*command, "-q")):
        done = run(*arguments)
        assert done.code == 0
        assert done.err == ""
    assert run(*command).err != ""


def test_json_holds_the_numbers_of_the_fit(run, table) -> None:
    done = run("fit", "rows.csv", "y ~ x", "-d", "poisson", "--format", "json", "--level", "0.9")
    found = json.loads(done.out)
    fit = lk.fit("y ~ x", table, "poisson")
    assert found["distribution"] == "poisson"
    assert found["converged"] is True
    assert found["log_likelihood"] == pytest.approx(fit.log_likelihood, rel=1e-12)
    assert found["n_observations"] == 400
    assert [c["estimate"] for c in found["coefficients"]] == pytest.approx(
        fit.params.estimate.tolist(), rel=1e-9
    )
    assert [c["upper"] for c in found["coefficients"]] == pytest.approx(
        fit.conf_int(0.9).upper.tolist(), rel=1e-9
    )


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        (["--exposure", "days"], {"exposure": "days"}),
        (["--offset", "real"], {"offset": "real"}),
        (["--weights", "w"], {"weights": "w"}),
        (
            ["--weights", "w", "--weight-type", "precision"],
            {"weights": "w", "weight_type": "precision"},
        ),
        (["--link", "mean=softplus"], {"links": {"mean": "softplus"}}),
    ],
)
def test_options_mean_what_keywords_mean(run, table, options, keywords) -> None:
    done = run("fit", "rows.csv", "y ~ x", "-d", "negative_binomial", "--format", "json", *options)
    fit = lk.fit("y ~ x", table, "negative_binomial", **keywords)
    found = json.loads(done.out)
    assert found["log_likelihood"] == pytest.approx(fit.log_likelihood, rel=1e-11)
    assert [c["standard_error"] for c in found["coefficients"]] == pytest.approx(
        fit.standard_errors.standard_error.tolist(), rel=1e-7
    )


def test_other_parameters_have_formulas_of_their_own(run, table) -> None:
    done = run(
        "fit", "rows.csv", "y ~ x", "-d", "negative_binomial", "-f", "dispersion ~ g", "--format",
        "json",
    )  # fmt: skip
    fit = lk.fit({"mean": "y ~ x", "dispersion": "~ g"}, table, "negative_binomial")
    found = json.loads(done.out)
    assert found["aic"] == pytest.approx(fit.aic, rel=1e-11)
    assert [c["parameter"] for c in found["coefficients"]].count("dispersion") == 3


def test_parquet_globs_and_standard_input_are_the_same_data(run, table) -> None:
    command = ("y ~ x", "-d", "poisson")
    whole = run("fit", "rows.csv", *command).out
    assert run("fit", "rows.parquet", *command).out == whole
    assert run("fit", "part*.csv", *command).out == whole
    assert run("fit", "-", *command, stdin=table.to_csv(index=False)).out == whole


def test_a_fit_is_judged_on_rows_held_out_or_of_another_file(run, table) -> None:
    command = ("fit", "rows.csv", "y ~ x", "-d", "negative_binomial", "--validate")
    done = run(*command, "0.25", "--seed", "4")
    assert done.code == 0
    assert "300 rows" in done.out.splitlines()[0]
    assert "100 held-out rows" in done.out
    assert run(*command, "0.25", "--seed", "4").out == done.out
    found = json.loads(run(*command, "new.csv", "--format", "json").out)
    fit = lk.fit("y ~ x", table, "negative_binomial")
    assert found["n_observations"] == 400
    assert found["validation"]["rows"] == 50
    nll = fit.predict(table[:50]).nll(table.y[:50].to_numpy())
    assert found["validation"]["nll"] == pytest.approx(nll.mean(), rel=1e-9)
    chosen = run("fit", "rows.csv", "y ~ x", "--validate", "0.2")
    assert chosen.out.startswith("Which distribution explains y best?")
    assert "80 held-out rows" in chosen.out


def test_groups_are_held_out_whole(run) -> None:
    done = run(
        "fit", "rows.csv", "y ~ x", "-d", "poisson", "--validate", "0.4", "--groups", "g",
        "--format", "json",
    )  # fmt: skip
    found = json.loads(done.out)
    # A third of the groups is one of three.
    assert found["n_observations"] + found["validation"]["rows"] == 400
    assert 100 < found["validation"]["rows"] < 170


def test_dropped_rows_are_counted(run) -> None:
    done = run("fit", "gap.csv", "y ~ x", "-d", "poisson", "--missing", "drop")
    assert done.code == 0
    assert "399 rows (1 dropped)" in done.out


def test_auto_shows_the_contest_then_the_summary_then_the_calibration(run) -> None:
    done = run("fit", "rows.csv", "y ~ x + g")
    assert done.code == 0
    assert done.out.startswith("Which distribution explains y best?")
    last = done.out.split("\n\n")[-1]
    assert done.out.index("poisson") < done.out.index("log-likelihood")
    assert last.startswith("Calibration (held out): 90 % intervals hold ")
    found = json.loads(run("fit", "rows.csv", "y ~ x + g", "--format", "json").out)
    assert found["distribution"] == found["contest"]["best"] == "negative_binomial"
    assert found["contest"]["folds"] == 5


def test_auto_with_one_family_that_suits_holds_no_contest(run) -> None:
    done = run("fit", "rows.csv", "b ~ x")
    assert done.code == 0
    assert "bernoulli" in done.out
    assert "Which distribution" not in done.out


def test_what_has_no_finite_optimum_is_shown_diagnosis_first_and_exits_with_4(run, work) -> None:
    done = run("fit", "separated.csv", "y ~ x", "-d", "bernoulli", "--out", "sep.lkl")
    assert done.code == 4
    assert done.out.startswith("! separation")
    assert "∞" in done.out
    assert "likelier: no finite optimum was found" in done.err
    found = json.loads(run("fit", "separated.csv", "y ~ x", "--format", "json").out)
    assert found["converged"] is False
    assert found["coefficients"][1]["estimate"] == "inf"
    assert found["coefficients"][1]["standard_error"] is None
    assert found["diagnoses"][0]["kind"] == "separation"
    assert not lk.load(work / "sep.lkl").converged


def test_an_estimate_at_its_boundary_is_told_and_exits_with_0(run, work) -> None:
    """Counts that vary less than a Poisson's: the limit is a maximum, and stands."""
    rng = np.random.default_rng(0)
    counts = pd.DataFrame({"y": rng.binomial(6, 0.4, 80), "x": rng.standard_normal(80)})
    counts.to_csv(work / "even.csv", index=False)
    done = run("fit", "even.csv", "y ~ x", "-d", "negative_binomial")
    assert done.code == 0
    assert done.out.startswith("! boundary")
    assert "an estimate lies at its boundary" in done.err
    found = json.loads(run("fit", "even.csv", "y ~ x", "-d", "negative_binomial",
                           "--format", "json").out)  # fmt: skip
    assert found["converged"] is False
    assert [c["estimate"] for c in found["coefficients"]][2] == "-inf"
    limit = json.loads(run("fit", "even.csv", "y ~ x", "-d", "poisson", "--format", "json").out)
    for ours, plain in zip(found["coefficients"], limit["coefficients"], strict=False):
        assert ours["standard_error"] == pytest.approx(plain["standard_error"], rel=1e-5)


def test_compare_prints_what_compare_finds(run, table) -> None:
    names = ["poisson", "negative_binomial"]
    options = ("-d", names[0], "-d", names[1], "--folds", "4", "--seed", "3")
    contest = lk.compare("y ~ x", table, names, folds=4, seed=3)
    done = run("compare", "rows.csv", "y ~ x", *options)
    assert done.code == 0
    assert done.out.startswith(f"{contest}\n\nCalibration (held out): ")
    found = json.loads(run("compare", "rows.csv", "y ~ x", *options, "--format", "json").out)
    assert found["best"] == "negative_binomial"
    assert [c["held_out_nll"] for c in found["candidates"]] == pytest.approx(
        contest.table.held_out_nll.tolist(), rel=1e-12
    )
    assert found["calibration"]["coverage"] == pytest.approx(contest.calibration.coverage)


def test_compare_without_names_takes_what_suits(run) -> None:
    named = run("compare", "rows.csv", "real ~ x", "-d", "auto", "--folds", "2")
    assert named.code == 0
    assert named.out == run("compare", "rows.csv", "real ~ x", "--folds", "2").out
    assert "student_t" in named.out


@pytest.mark.filterwarnings("always:candidates that cannot be compared")
def test_what_cannot_be_compared_is_a_warning_and_takes_no_part(run) -> None:
    done = run("compare", "rows.csv", "y ~ x", "-d", "poisson", "-d", "normal", "--folds", "2")
    assert done.code == 0
    assert done.err.startswith("likelier: warning: candidates that cannot be compared with poisson")
    (line,) = (line for line in done.out.splitlines() if line.startswith("  normal"))
    assert line.split()[2:5] == ["–", "not", "comparable:"]


def test_groups_stay_together(run, table) -> None:
    done = run("compare", "rows.csv", "y ~ x", "-d", "poisson", "--groups", "g", "--folds", "3")
    assert done.code == 0
    contest = lk.compare("y ~ x", table, ["poisson"], groups="g", folds=3)
    assert done.out.startswith(str(contest))
    assert contest.verdict == "poisson is the only candidate."


def test_a_seed_repeats_itself(run) -> None:
    one, two = (run("fit", "rows.csv", "y ~ x", "--seed", "9").out for _ in range(2))
    assert one == two


def test_the_table_is_left_as_it_was(run, work) -> None:
    before = pd.read_csv(work / "rows.csv")
    run("fit", "rows.csv", "y ~ x", "-d", "poisson")
    pd.testing.assert_frame_equal(pd.read_csv(work / "rows.csv"), before)


def test_penalties_are_named_with_their_strength(run, table) -> None:
    done = run(
        "fit", "rows.csv", "y ~ x + g", "-d", "poisson", "--penalty", "group_l1:0.05", "--penalty",
        "l2:0.1", "--format", "json",
    )  # fmt: skip
    objective = lk.NLL() + lk.GroupL1(0.05) + lk.L2(0.1)
    fit = lk.fit("y ~ x + g", table, "poisson", objective=objective)
    found = json.loads(done.out)
    assert [c["estimate"] for c in found["coefficients"]] == pytest.approx(
        fit.params.estimate.tolist(), rel=1e-9
    )
    terms = [term["term"] for term in found["objective_terms"]]
    assert terms == ["NLL()", "GroupL1(0.05)", "L2(0.1)"]
    for text, words in (("l3:1", "no penalty 'l3'"), ("l1:strong", "such as l1:0.1")):
        done = run("fit", "rows.csv", "y ~ x", "-d", "poisson", "--penalty", text)
        assert done.code == 2
        assert words in done.err


def test_remedies_are_what_the_command_line_takes(run, work) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal(80)
    counts = rng.negative_binomial(0.4, 0.2 / (0.2 + np.exp(x)))
    pd.DataFrame({"x": x, "y": (x > 0).astype(int), "count": counts}).to_csv(work / "worry.csv")
    for formula, family, option in (
        ("y ~ x", "bernoulli", ["--penalty", "jeffreys"]),
        ("count ~ x", "poisson", ["-d", "negative_binomial"]),
    ):
        asked = ("fit", "worry.csv", formula, "-d", family)
        text, told = run(*asked), json.loads(run(*asked, "--format", "json").out)
        kind = told["diagnoses"][0]["kind"]
        assert " ".join(option) in told["diagnoses"][0]["remedy"]
        assert f"Remedy: {' '.join(option)}" in text.out
        again = run(*asked, *option, "--format", "json")
        assert again.code == 0
        assert kind not in [d["kind"] for d in json.loads(again.out)["diagnoses"]]


def test_a_risk_is_named_with_its_number(run, table) -> None:
    done = run(
        "fit", "rows.csv", "y ~ x", "-d", "poisson", "--risk", "cvar:0.8", "--format", "json"
    )
    fit = lk.fit("y ~ x", table, "poisson", objective=lk.CVaR(0.8))
    found = json.loads(done.out)
    assert [c["estimate"] for c in found["coefficients"]] == pytest.approx(
        fit.params.estimate.tolist(), rel=1e-9
    )
    assert found["objective_terms"][0]["term"] == "CVaR(0.8)"
    for text, words in (("cvr:0.8", "Did you mean `cvar`"), ("cvar:2", "above 0 and below 1")):
        done = run("fit", "rows.csv", "y ~ x", "-d", "poisson", "--risk", text)
        assert done.code == 2
        assert words in done.err


def test_fairness_is_a_column_with_its_strength(run, table) -> None:
    done = run("fit", "rows.csv", "y ~ x", "-d", "poisson", "--fair", "g:5", "--format", "json")
    objective = lk.NLL() + lk.DemographicParity("g", 5)
    fit = lk.fit("y ~ x", table, "poisson", objective=objective)
    found = json.loads(done.out)
    assert [c["estimate"] for c in found["coefficients"]] == pytest.approx(
        fit.params.estimate.tolist(), rel=1e-9
    )
    for text, words in (("g", "a column and its strength"), ("h:5", "no column `h`")):
        done = run("fit", "rows.csv", "y ~ x", "-d", "poisson", "--fair", text)
        assert done.code in (2, 3)
        assert words in done.err


def test_networks_by_name(run, work) -> None:
    done = run(
        "fit", "rows.csv", "y ~ x", "-d", "poisson", "--predictor", "mlp:4", "--out", "net.lkl"
    )
    assert "column → 4 (gelu) → 1 output for rate" in done.out
    assert run("predict", "net.lkl", "rows.csv").code == 0
    assert lk.load(work / "net.lkl").predictor.hidden == (4,)
    for text, words in (("mpl", "Did you mean `mlp`"), ("mlp:x", "mlp:64,64")):
        done = run("fit", "rows.csv", "y ~ x", "-d", "poisson", "--predictor", text)
        assert done.code == 2 or done.code == 4
        assert words in done.err


def test_compare_takes_networks(run) -> None:
    options = ("-d", "normal", "-d", "student_t", "--folds", "2", "--predictor", "mlp:4")
    done = run("compare", "rows.csv", "real ~ x", *options, "--format", "json")
    assert done.code == 0, done.err
    named = {c["distribution"]: c for c in json.loads(done.out)["candidates"]}
    contest = lk.compare(
        "real ~ x", "rows.csv", ["normal", "student_t"], folds=2, predictor=lk.MLP((4,))
    )
    found = contest.table.set_index("distribution").held_out_nll
    assert named["normal"]["held_out_nll"] == pytest.approx(found["normal"], rel=1e-9)
