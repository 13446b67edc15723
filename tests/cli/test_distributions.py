"""`likelier distributions`: the catalogue as it is declared."""

from __future__ import annotations

import json

import pytest

from likelier.distributions import catalogue, from_text


def test_every_family_has_a_line(run) -> None:
    done = run("distributions")
    assert (done.code, done.err) == (0, "")
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    for text, family in catalogue().items():
        assert ", ".join(family.parameter_names) in lines[text]
        assert family.support.text in lines[text]
    assert "zero_inflated" in done.out
    assert max(map(len, done.out.splitlines())) <= 100


@pytest.mark.parametrize("text", sorted(catalogue()))
def test_a_family_has_a_page_with_all_that_it_declares(run, text) -> None:
    family = from_text(text)
    done = run("distributions", text)
    assert done.code == 0
    assert done.out.startswith(f"{text}\n\n")
    words = " ".join(done.out.split())
    for name in family.parametrisations[0]:
        declared = family.parameters_declared[name]
        assert f"{name} {declared.description}: {declared.domain.text}" in words
    assert f"Support: {family.support.text}" in words
    assert f"Source: {family.source}" in words
    assert family.classical_loss in words
    assert f"-d {text}" in words


def test_pages_in_json(run) -> None:
    page = json.loads(run("distributions", "zero_inflated(poisson)", "--format", "json").out)
    assert page["name"] == "zero_inflated(poisson)"
    assert page["parameters"]["gate"]["link"] == "logit"
    assert page["discrete"] is True
    listed = json.loads(run("distributions", "--format", "json").out)
    assert [page["name"] for page in listed["families"]] == sorted(catalogue())
    assert "mixture" in listed["modifiers"]


def test_a_modifier_has_a_page_too(run) -> None:
    done = run("distributions", "Zero-Inflated")
    assert done.code == 0
    assert done.out.startswith("zero_inflated(…)")
    assert "gate" in done.out
