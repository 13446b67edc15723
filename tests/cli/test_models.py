"""`likelier predict`, `score` and `report`: what is done with a saved model."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pandas as pd
import pytest

import likelier as lk


def test_predictions_are_csv_on_standard_output(run, model, table) -> None:
    done = run("predict", model, "new.csv", "--interval", "0.8", "--quantile", "0.25")
    assert (done.code, done.err) == (0, "")
    found = pd.read_csv(io.StringIO(done.out))
    new = table[:50]
    predicted = lk.load(model).predict(new)
    lower, upper = predicted.interval(0.8)
    expected = {
        "mean": predicted.mean,
        "stddev": predicted.stddev,
        "median": predicted.median,
        "quantile_0.25": predicted.quantile(0.25),
        "lower_80": lower,
        "upper_80": upper,
        "nll": predicted.nll(new.y.to_numpy()),
    }
    assert list(found) == [*list(expected)[:1], "mean_se", *list(expected)[1:]]
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-14)


def test_other_formats_hold_the_same(run, model, work) -> None:
    csv = pd.read_csv(io.StringIO(run("predict", model, "new.csv", "--keep", "id").out))
    rows = json.loads(run("predict", model, "new.csv", "--keep", "id", "--format", "json").out)
    pd.testing.assert_frame_equal(pd.DataFrame(rows), csv, check_dtype=False)
    shown = run("predict", model, "new.csv", "--keep", "id", "--format", "table").out
    assert shown.split()[:2] == ["id", "mean"]
    for name, read in (("p.csv", pd.read_csv), ("p.parquet", pd.read_parquet)):
        done = run("predict", model, "new.csv", "--keep", "id", "--out", name)
        assert (done.code, done.out) == (0, "")
        assert done.err == f"Written: {name}, 50 rows\n"
        pd.testing.assert_frame_equal(read(work / name), csv)


def test_the_target_may_be_absent_or_known_for_some_rows(run, model, table) -> None:
    new = table[:4].drop(columns="y")
    done = run("predict", model, "-", stdin=new.to_csv(index=False))
    assert "nll" not in done.out
    new["y"] = [1, None, None, 2]
    found = pd.read_csv(io.StringIO(run("predict", model, "-", stdin=new.to_csv()).out))
    assert found.nll.isna().tolist() == [False, True, True, False]


def test_rows_with_a_missing_value_can_be_left_out(run, model, table) -> None:
    assert run("predict", model, "gap.csv").code == 3
    done = run("predict", model, "gap.csv", "--missing", "drop", "--keep", "id")
    assert done.code == 0
    # A machine under load is told of its progress before.
    assert done.err.splitlines()[-1] == "1 of 400 rows have a missing value: left out"
    found = pd.read_csv(io.StringIO(done.out))
    assert 5 not in found.id.to_numpy()
    rest = table.drop(index=5)
    np.testing.assert_allclose(found["mean"], lk.load(model).predict(rest).mean, rtol=1e-14)
    np.testing.assert_allclose(
        found.nll, lk.load(model).predict(rest).nll(rest.y.to_numpy()), rtol=1e-13
    )


def test_labels_are_predicted_with_their_probabilities(run, work, table) -> None:
    run("fit", "rows.csv", "g ~ x", "-d", "categorical", "--out", "labels.lkl")
    found = pd.read_csv(io.StringIO(run("predict", "labels.lkl", "new.csv").out))
    probabilities = found[[f"probability_{k}" for k in "abc"]].to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-14)
    assert (found.label == np.array(list("abc"))[probabilities.argmax(axis=1)]).all()
    codes = table.g[:50].map({"a": 0, "b": 1, "c": 2}).to_numpy()
    np.testing.assert_allclose(found.nll, -np.log(probabilities[np.arange(50), codes]), rtol=1e-12)


def test_score_says_first_whether_to_believe_it(run, model, table) -> None:
    done = run("score", model, "new.csv")
    fit = lk.load(model)
    nll = fit.predict(table[:50]).nll(table.y[:50].to_numpy())
    found = fit.assess(table[:50])
    assert done.out.replace("\n", " ").startswith(found.verdict)
    shown = float(re.search(r"NLL, in nats +([\d.]+)", done.out)[1])
    assert shown == pytest.approx(nll.mean(), abs=0.01)
    found = json.loads(run("score", model, "new.csv", "--format", "json").out)
    assert found["rows"] == 50
    assert found["nll"] == pytest.approx(nll.mean(), rel=1e-12)
    assert found["nll_standard_error"] == pytest.approx(nll.std() / np.sqrt(50), rel=1e-12)
    prediction = fit.predict(table[:50])
    assert found["mse"] == pytest.approx(np.mean((table.y[:50] - prediction.mean) ** 2), rel=1e-12)
    assert found["mae"] == pytest.approx(np.mean(abs(table.y[:50] - prediction.median)), rel=1e-12)
    assert found["verdict"] == fit.assess(table[:50]).verdict


def test_score_of_labels_counts_right_ones(run, table) -> None:
    run("fit", "rows.csv", "b ~ x", "-d", "bernoulli", "--out", "binary.lkl")
    found = json.loads(run("score", "binary.lkl", "rows.csv", "--format", "json").out)
    predicted = pd.read_csv(io.StringIO(run("predict", "binary.lkl", "rows.csv").out))
    assert found["accuracy"] == pytest.approx((predicted.label == table.b).mean(), rel=1e-12)
    assert "labels predicted right" in run("score", "binary.lkl", "rows.csv").out


def test_report_on_rows_of_the_fit_and_on_others(run, model, work) -> None:
    done = run("report", model, "rows.csv", "--out", "whole.html")
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith("Written: whole.html\n")
    assert "How well is x known?" in (work / "whole.html").read_text()
    assert run("report", model, "new.csv", "--out", "other.html").code == 0
    other = (work / "other.html").read_text()
    assert "shown on 50 rows" in other
    # Rows on which nothing was fitted have no likelihood curve.
    assert "How well is x known?" not in other
    assert "http://" not in other.replace("http://www.w3.org", "")
