"""Formulas that try to run something: refused, and shown not to have run."""

import contextlib
import json
import sys
import time

import numpy as np
import pytest

from likelier.data import Recipe, build
from likelier.errors import DataError, FormulaError, LikelierError, ModelFileError

DATA = {"y": np.arange(6.0), "x": np.arange(6.0) + 1, "g": list("aabbcc")}

# Each would create the file SENTINEL if it were executed.
ATTACKS = [
    "__import__('os').system('touch SENTINEL')",
    "x + __import__('pathlib').Path('SENTINEL').touch()",
    "I(__import__('pathlib').Path('SENTINEL').touch())",
    "C(x, __import__('pathlib').Path('SENTINEL').touch())",
    "C(__import__('pathlib').Path('SENTINEL').touch())",
    "C(g, levels=[open('SENTINEL', 'w')])",
    "C(g, contr.treatment(base=open('SENTINEL', 'w')))",
    "bs(x, df=open('SENTINEL', 'w'))",
    "bs(x, knots=[open('SENTINEL', 'w')])",
    "bs(open('SENTINEL', 'w'))",
    "log(x if open('SENTINEL', 'w') else x)",
    "{open('SENTINEL', 'w')}",
    "I((lambda: open('SENTINEL', 'w'))())",
    "I([open('SENTINEL', 'w') for _ in x])",
    "I({open('SENTINEL', 'w'): 1})",
    "I((f := open('SENTINEL', 'w')))",
    'I(f\'{open("SENTINEL", "w")}\')',
    "I(x[open('SENTINEL', 'w')])",
    "I(().__class__.__base__.__subclasses__())",
    "().__class__",
    "x.__class__",
    "I(x.__class__)",
    "I(np.__loader__)",
    "np.load('SENTINEL')",
    "np.save('SENTINEL', x)",
    "np.log.__call__(x)",
    "numpy.fromfile(x)",
    'eval(\'open("SENTINEL", "w")\')',
    'exec(\'open("SENTINEL", "w")\')',
    "open('SENTINEL', 'w')",
    "I(print(open('SENTINEL', 'w')))",
    "I(*open('SENTINEL', 'w'))",
    "bs(x, **open('SENTINEL', 'w'))",
    "bs(x, _state=open('SENTINEL', 'w'))",
    "scale(x, _state={})",
    "hashed(x)",
    "lag(x)",
    "`__import__('os').system('touch SENTINEL')`",
    'Q(\'__import__("os").system("touch SENTINEL")\')',
    "x + (yield open('SENTINEL', 'w'))",
    "I(x @ open('SENTINEL', 'w'))",
    "await open('SENTINEL', 'w')",
    "x; open('SENTINEL', 'w')",
    "x\nopen('SENTINEL', 'w')",
    "log(x)\x00",
    "__builtins__",
    "I(__builtins__)",
    "contr.custom([[1]])",
    "C(g, contr.custom(open('SENTINEL', 'w')))",
]


_seen: list[str] = []


def _watch(event, arguments):
    if event in ("exec", "os.system", "subprocess.Popen") or (
        event == "open" and "SENTINEL" in str(arguments[0])
    ):
        _seen.append(event)


@pytest.fixture(scope="module", autouse=True)
def watch():
    # Importing a module is an `exec` as well, so what is imported late is imported before. A hook
    # cannot be taken off again, hence one for all.
    recipe = build({"loc": "bs(x, df=4)*g + poly(x, 2)"}, DATA, target="y").recipe
    Recipe.from_json(recipe.to_json())
    sys.addaudithook(_watch)


@pytest.fixture
def sentinel(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _seen.clear()
    yield _seen
    assert not (tmp_path / "SENTINEL").exists()


@pytest.mark.parametrize("attack", ATTACKS)
def test_refused_and_not_executed(sentinel, attack):
    with pytest.raises((FormulaError, DataError)):
        build({"loc": attack}, DATA, target="y")
    with pytest.raises((FormulaError, DataError)):
        build({"loc": "1"}, DATA, target=attack)
    assert not sentinel


@pytest.mark.parametrize("attack", ATTACKS)
def test_refused_in_a_saved_recipe(sentinel, attack):
    saved = build({"loc": "log(x)"}, DATA, target="y").recipe.to_json()
    saved["formulas"]["loc"]["terms"] = [[{"expression": attack}]]
    saved["factors"] = {attack: {"calls": {}}}
    with pytest.raises(LikelierError):
        Recipe.from_json(saved).design(DATA)
    saved = build({"loc": "log(x)"}, DATA, target="y").recipe.to_json()
    saved["target"]["text"] = attack
    with pytest.raises(LikelierError):
        Recipe.from_json(saved).design(DATA, need_target=True)
    assert not sentinel


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "x" + ")" * 5000,
        "I(" + "(" * 150 + "x" + ")" * 151,
        "I(" + "-" * 4000 + "x)",
        "I(" + "(" * 3000 + "x" + ")" * 3001,
        "I(" + "log(" * 80 + "x" + ")" * 81,
        "-" * 20_000 + "x",
        "(a + b + c + d + e)**1000000000",
        "*".join(f"(a{i} + b{i})" for i in range(60)),
        ":".join(f"(a{i} + b{i})" for i in range(60)),
        "I(9**9**9**9 * x)",
        "I(" + "9" * 4900 + " * x)",
        "I(x" + " + x" * 2000 + ")",
        "poly(x, 1000000000)",
        "bs(x, df=1000000000)",
        "bs(x, degree=1000000000)",
        "x" * 1_000_000,
        "I('" + "x" * 100_000 + "')",
    ],
)
def test_large_and_deep_formulas_end_soon(text):
    data = {**DATA, **{f"{letter}{i}": DATA["x"] for letter in "ab" for i in range(60)}}
    data.update(dict.fromkeys("abcde", DATA["x"]))
    start = time.process_time()
    with contextlib.suppress(LikelierError):
        build({"loc": text}, data, target="y")
    # A bound on work, with room for a slow machine; unbounded, each would take hours or gigabytes.
    assert time.process_time() - start < 5


def test_saved_state_is_checked():
    saved = build({"loc": "bs(x, df=4) + g + scale(x)"}, DATA, target="y").recipe.to_json()
    good = json.dumps(saved)

    def broken(change):
        data = json.loads(good)
        change(data)
        return data

    changes = [
        lambda d: d.update(version=2),
        lambda d: d.update(more=1),
        lambda d: d.pop("roles"),
        lambda d: d.update(formulas={}),
        lambda d: d.update(formulas=[]),
        lambda d: d["factors"].pop("g"),
        lambda d: d["factors"].update(other={"levels": []}),
        lambda d: d["factors"].update(g={"levels": ["a", "a"]}),
        lambda d: d["factors"].update(g={"levels": [["a"]]}),
        lambda d: d["factors"].update(g={"levels": [float("nan")]}),
        lambda d: d["factors"].update(g={"calls": {"scale(g)": {}}}),
        lambda d: d["factors"]["bs(x, df=4)"]["calls"]["bs(x, df=4)"].update(knots="no"),
        lambda d: d["factors"]["bs(x, df=4)"]["calls"]["bs(x, df=4)"].update(knots=[None]),
        lambda d: d["factors"]["bs(x, df=4)"]["calls"]["bs(x, df=4)"].update(lower_bound=True),
        lambda d: d["factors"]["bs(x, df=4)"]["calls"].clear(),
        lambda d: d["factors"]["scale(x)"]["calls"]["scale(x)"].update(center=float("inf")),
        lambda d: d["target"].update(kind="magic"),
        lambda d: d["target"].update(text=5),
        lambda d: d["formulas"]["loc"].update(intercept=1),
        lambda d: d["formulas"]["loc"].update(terms=[[]]),
        lambda d: d["formulas"]["loc"]["terms"].append([{"pickle": "gASV"}]),
        lambda d: d["formulas"]["loc"]["terms"].append([{"column": ""}]),
        lambda d: d.update(roles={"magic": "x"}),
        lambda d: d.update(roles={"offset:scale": "x"}),
        lambda d: d.update(features=["a"]),
        lambda d: d["formulas"]["loc"].update(all_columns=True),
        lambda d: d["formulas"]["loc"].update(all_columns=1),
    ]
    for change in changes:
        with pytest.raises(ModelFileError):
            Recipe.from_json(broken(change))
    for nothing in (None, [], "x", 5, {}):
        with pytest.raises(ModelFileError):
            Recipe.from_json(nothing)
    assert Recipe.from_json(json.loads(good)).to_json() == saved
