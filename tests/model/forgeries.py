"""Model files as an attacker, or a failing disk, would change them; for hypothesis and atheris."""

from __future__ import annotations

import contextlib
import copy
import json
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import likelier as lk
from likelier.model.files.archive import VERSION, assemble, unpack
from likelier.model.files.loading import fit_of
from likelier.model.files.saving import PREDICTOR


def files() -> list[bytes]:
    """Files of every format so far, and of today, which may say more."""
    found = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("files/v*/*.lkl"))]
    rng = np.random.default_rng(7)
    x, z = rng.uniform(-1, 1, (2, 90))
    table = {"x": x, "z": z, "y": rng.poisson(np.exp(x))}
    plain = lk.fit("y ~ bs(x, df=4)", {k: v[:60] for k, v in table.items()}, "negative_binomial")
    penalised = lk.fit("y ~ x + z", table, "poisson", objective=lk.NLL() + 0.1 * lk.L2())
    calibrated = lk.recalibrate(plain, {k: v[60:].clip(x[:60].min(), 9) for k, v in table.items()})
    with tempfile.TemporaryDirectory() as folder:
        for k, fit in enumerate((plain, penalised, calibrated)):
            fit.save(f"{folder}/{k}.lkl")
            found.append(Path(f"{folder}/{k}.lkl").read_bytes())
    return found


HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 7, 10**9, 2**63, -(2**70), 10**400, 0.5, -0.0, 1e-320, 1e308,
    "", "x", "\x00", "é" * 300, "a" * 6000, "__import__('os').system('id')", "x.__class__",
    "9**9**9**9", "bs(x, df=999, degree=20)", "poly(x, 50)", "C(g, levels=[1, [2]])", "log(",
    "mixture(normal, 999999999)", "mixture(mixture(normal, 2), 2)", "fixed(normal, loc=1e999)",
    "independent(normal, 10000000)", "truncated(normal, lower=inf)", "tan_half(1e999)", "normal",
    "categorical", "multivariate_normal", "ordinal", "log", "identity", "logit", "inf", "`a`b`",
    [], {}, [[]], [None], [[1, 2], [3]], [1.0] * 5000, ["a", "a"], {"float": "nan"},
    {"float": "inf"}, {"float": "1e5"}, {"float": []}, {"": 1}, {"levels": []}, {"calls": {}},
    {"column": "x"}, {"expression": "x + 1"}, {"column": "x", "expression": "x"},
)  # fmt: skip
"""What is put where something else is expected."""


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every entry of a JSON tree."""
    found = [path] if path else []
    if isinstance(tree, dict | list):
        entries = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, value in entries:
            found += places(value, (*path, key))
    return found


def changed(tree: Any, draw: Callable[[int], int]) -> Any:
    """A tree with some entries replaced, removed, doubled or moved; `draw(n)` picks below n."""
    tree = copy.deepcopy(tree)
    for _ in range(1 + draw(3)):
        paths = places(tree)
        if not paths:
            break
        *way, key = paths[draw(len(paths))]
        parent = tree
        for step in way:
            parent = parent[step]
        act = draw(6)
        if act == 0:
            del parent[key]
        elif act == 1:
            copied = copy.deepcopy(parent[key])
            if isinstance(parent, dict):
                parent[f"{key}2"] = copied
            else:
                parent.append(copied)
        elif act == 2:
            *other, last = paths[draw(len(paths))]
            found = tree
            for step in (*other, last):
                if not isinstance(found, dict | list) or (
                    step not in found if isinstance(found, dict) else step >= len(found)
                ):
                    break
                found = found[step]
            parent[key] = copy.deepcopy(found)
        elif act == 3 and isinstance(parent[key], str):
            text = parent[key]
            at = draw(len(text) + 1)
            parent[key] = (
                text[:at] + "(),=~`'\"[]{}:*-.09xC\\ \x00"[draw(22)] + text[at + draw(2) :]
            )
        elif act == 4 and isinstance(parent[key], int | float):
            parent[key] = parent[key] * (-1, 2, 10**9, 0)[draw(4)] + draw(3) - 1
        else:
            parent[key] = copy.deepcopy(HOSTILE[draw(len(HOSTILE))])
    return tree


def changed_arrays(arrays: dict[str, Any], draw: Callable[[int], int]) -> dict[str, Any]:
    """Arrays of which one may have other values, another shape, type or name."""
    name = list(arrays)[draw(len(arrays))]
    values = arrays[name]
    act = draw(8)
    if act == 0:
        values = np.full_like(values, (np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0)[draw(6)])
    elif act == 1:
        values = values[: draw(len(values) + 1)]
    elif act == 2:
        values = values.reshape(-1)
    elif act == 3:
        with np.errstate(all="ignore"):
            values = np.nan_to_num(values).astype((np.float32, np.int64, np.bool_)[draw(3)])
    elif act == 4:
        values = np.zeros((draw(4), 0, 2**40))
    elif act == 5:
        return {**{k: v for k, v in arrays.items() if k != name}, f"{name}2": values}
    return {**arrays, name: values}


def relisted(specification: Any, arrays: dict[str, Any]) -> dict[str, Any]:
    """A specification of today that lists these arrays as its own."""
    listed = {
        name: {"type": values.dtype.name, "shape": list(values.shape)}
        for name, values in arrays.items()
    }
    return {**specification, "version": VERSION, "arrays": listed, "predictor": PREDICTOR}


def use(fit: lk.Fit) -> None:
    """Ask of a loaded fit what its users ask; anything but our own error is a fault."""
    ask = (
        lambda: str(fit.summary()),
        fit._repr_html_,
        lambda: fit.params,
        lambda: fit.history,
        lambda: fit.predict({name: np.array([0.5, 1.0]) for name in fit.recipe.columns}),
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # coefficients of 1e308 overflow, and may
        for question in ask:
            with contextlib.suppress(lk.LikelierError):
                question()


def load_forged(specification: Any, arrays: dict[str, Any]) -> None:
    """Load a specification under a checksum that fits, and use it if it passes for a model."""
    try:
        found = unpack(assemble(json.dumps(specification), arrays))
        fit = fit_of(*found)
    except lk.ModelFileError:
        return
    use(fit)


def load_bytes(content: bytes) -> None:
    """Load bytes as they are."""
    try:
        fit = fit_of(*unpack(content))
    except lk.ModelFileError:
        return
    use(fit)
