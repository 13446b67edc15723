"""What `fit.diagnoses` shows at the prompt and in a notebook."""

from __future__ import annotations

import copy
import pickle

import likelier as lk
from likelier.diagnosis import Diagnosis


def test_diagnoses_are_shown_as_a_list_to_be_read() -> None:
    fit = lk.fit("y ~ x + z", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4], "z": [2, 4, 6, 8]}, "normal")
    shown = repr(fit.diagnoses)
    assert "Diagnosis(" not in shown
    assert max(map(len, shown.splitlines())) <= 92
    for d in fit.diagnoses:
        assert f"{d.kind} ({d.severity})" in shown
    assert shown.count("Remedy: ") == len(fit.diagnoses)
    assert repr(fit.diagnoses[0]) == repr(type(fit.diagnoses)(fit.diagnoses[:1]))


def test_diagnoses_in_a_notebook_are_escaped() -> None:
    fit = lk.fit("`<b>` ~ x", {"<b>": [1.0, 2.0, 4.0], "x": [1, 1, 1]}, "normal")
    shown = fit.diagnoses._repr_html_()
    assert "<b>" not in shown.replace("<b>x", "")
    assert all(f"{d.kind} ({d.severity})" in shown for d in fit.diagnoses)
    assert fit.diagnoses[0].kind in fit.diagnoses[0]._repr_html_()


def test_no_diagnoses_say_so_and_remain_an_empty_tuple() -> None:
    fit = lk.fit("y ~ 1", {"y": [1.0, 2.0, 4.0, 3.0]}, "normal")
    assert repr(fit.diagnoses) == "no diagnoses"
    assert "no diagnoses" in fit.diagnoses._repr_html_()
    assert not fit.diagnoses
    assert fit.diagnoses == ()


def test_diagnoses_survive_copies_and_pickles() -> None:
    found = Diagnosis("kind", "note", "message")
    listed = type(lk.fit("y ~ 1", {"y": [1.0, 2.0]}, "normal").diagnoses)([found])
    for again in (copy.deepcopy(listed), pickle.loads(pickle.dumps(listed))):
        assert again == listed
        assert repr(again) == repr(listed) == "· kind (note)  message."
