"""A recipe as plain JSON, and back with every entry checked.

A model file is anybody's. Nothing here evaluates, imports or unpickles: expressions go through
the closed list of `likelier.data.expressions`, and all else is numbers, texts and lists of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from likelier.data._base import KINDS
from likelier.data.expressions import Expression, column_expression, parse_expression
from likelier.data.formula import Formula, factor_name
from likelier.data.recipe import Recipe
from likelier.data.targets import TargetState, parse_left_side
from likelier.data.transforms import LEARNING, valid_state
from likelier.errors import ModelFileError

__all__ = ["recipe_from_json", "recipe_to_json"]

_VERSION = 1
_ROLES = ("weights", "exposure", "groups")


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain JSON values."""
    target = recipe.target
    return {
        "version": _VERSION,
        "formulas": {
            parameter: {
                "intercept": formula.intercept,
                "terms": [[_factor_to_json(f) for f in term] for term in formula.terms],
                **({"all_columns": True} if formula.all_columns else {}),
            }
            for parameter, formula in recipe.formulas.items()
        },
        "factors": {key: _plain(state) for key, state in recipe.factors.items()},
        "target": None
        if target is None
        else {
            "text": None if recipe.left is None else recipe.left.text,
            "kind": target.kind,
            "levels": None if target.levels is None else list(target.levels),
            "calls": _plain(target.calls),
        },
        "roles": dict(recipe.roles),
        "features": None if recipe.features is None else list(recipe.features),
    }


def _plain(state: Any) -> Any:
    """Copy nested dicts and lists, so that the JSON does not alias the recipe."""
    if isinstance(state, Mapping):
        return {key: _plain(value) for key, value in state.items()}
    return [_plain(v) for v in state] if isinstance(state, (list, tuple)) else state


def _factor_to_json(factor: Expression) -> dict[str, str]:
    """A factor: the name of a column, or the text of an expression."""
    if factor.column is not None:
        return {"column": factor.column}
    return {"expression": factor.text}


def recipe_from_json(data: Any) -> Recipe:
    """Read a recipe; see `Recipe.from_json`."""
    entries = _dict(
        data, "the recipe", {"version", "formulas", "factors", "target", "roles", "features"}
    )
    version = entries["version"]
    if version != _VERSION or isinstance(version, bool):
        raise ModelFileError(
            f"the recipe is of version {version!r}; this likelier reads version {_VERSION}. "
            "Update likelier, or save the model again."
        )
    formulas = {
        _text(parameter, "a parameter"): _formula(entry)
        for parameter, entry in _dict(entries["formulas"], "formulas").items()
    }
    if not formulas:
        raise ModelFileError("the recipe has no formula.")
    used = {factor_name(f): f for x in formulas.values() for term in x.terms for f in term}
    factors = _dict(entries["factors"], "factors", set(used))
    for key, state in factors.items():
        _check_factor(used[key], state)
    roles = _dict(entries["roles"], "roles")
    for role, name in roles.items():
        kind, _, rest = role.partition(":")
        named = (kind == "offset" and rest in formulas) or (kind in ("extra", "term") and rest)
        if role not in _ROLES and not named:
            raise ModelFileError(f"the recipe has an unknown role {role!r}.")
        if name is not None:
            _text(name, f"role {role}")
    features = entries["features"]
    if features is not None:
        features = tuple(_text(name, "a feature") for name in _list(features, "features"))
        if len(set(features)) < len(features) or any(x.terms for x in formulas.values()):
            raise ModelFileError("the features of the recipe do not fit its formulas.")
        if not any(x.all_columns for x in formulas.values()):
            # Earlier files leave unsaid that the first parameter takes the columns.
            first = next(iter(formulas))
            formulas[first] = replace(formulas[first], all_columns=True)
    elif any(x.all_columns for x in formulas.values()):
        raise ModelFileError("a formula of the recipe takes features that it does not name.")
    left, target = None, None
    if entries["target"] is not None:
        left, target = _target(entries["target"])
    return Recipe(formulas, factors, left, target, roles, features)


def _formula(entry: Any) -> Formula:
    """Read one formula."""
    entry = {"all_columns": False, **entry} if isinstance(entry, dict) else entry
    fields = _dict(entry, "a formula", {"intercept", "terms", "all_columns"})
    for name in ("intercept", "all_columns"):
        if not isinstance(fields[name], bool):
            raise ModelFileError(f"{name} is true or false.")
    terms = []
    for term in _list(fields["terms"], "terms"):
        factors = tuple(_factor(factor) for factor in _list(term, "a term"))
        if not factors:
            raise ModelFileError("a term of the recipe is empty.")
        terms.append(factors)
    return Formula(fields["intercept"], tuple(terms), fields["all_columns"])


def _factor(entry: Any) -> Expression:
    """Read one factor; its expression is checked like one that is typed."""
    fields = _dict(entry, "a factor")
    if set(fields) == {"column"}:
        return column_expression(_text(fields["column"], "a column"))
    if set(fields) == {"expression"}:
        return parse_expression(_text(fields["expression"], "an expression"))
    raise ModelFileError(f"a factor of the recipe is neither column nor expression: {entry!r:.80}")


def _check_factor(factor: Expression, state: Any) -> None:
    """Check what a factor is said to have learnt."""
    fields = _dict(state, f"the state of {factor.text}")
    if set(fields) == {"levels"} and (factor.column is not None or factor.categorical is not None):
        _levels(fields["levels"])
    elif set(fields) == {"calls"} and factor.categorical is None:
        _check_calls(factor, fields["calls"])
    else:
        raise ModelFileError(f"the state of {factor.text} is not levels or calls.")


def _check_calls(factor: Expression, calls: Any) -> None:
    """Check what the functions of an expression are said to have learnt."""
    expected = factor.learning
    for call, state in _dict(calls, f"the state of {factor.text}", set(expected)).items():
        name = expected[call][0]
        if not valid_state(LEARNING[name], state):
            raise ModelFileError(f"the state of {call} is not what {name} learns.")


def _target(entry: Any) -> tuple[Any, TargetState]:
    """Read the target."""
    fields = _dict(entry, "the target", {"text", "kind", "levels", "calls"})
    if fields["kind"] not in KINDS:
        raise ModelFileError(f"{fields['kind']!r:.40} is not a kind of target.")
    levels = None if fields["levels"] is None else _levels(fields["levels"])
    if fields["text"] is None:
        _dict(fields["calls"], "the state of the target", set())
        return None, TargetState(levels, fields["kind"])
    left = parse_left_side(_text(fields["text"], "the target"))
    if len(left.parts) == 1 and left.parts[0].categorical is None and levels is None:
        _check_calls(left.parts[0], fields["calls"])
    else:
        _dict(fields["calls"], "the state of the target", set())
    return left, TargetState(levels, fields["kind"], fields["calls"])


def _levels(entry: Any) -> tuple[Any, ...]:
    """Read levels: texts, truth values or finite numbers, each once."""
    levels = tuple(_list(entry, "levels"))
    for level in levels:
        if not isinstance(level, (str, bool, int, float)) or (
            isinstance(level, float) and not math.isfinite(level)
        ):
            raise ModelFileError(f"{level!r:.40} is not a level.")
    if len(set(levels)) < len(levels):
        raise ModelFileError("a level of the recipe stands twice.")
    return levels


def _dict(entry: Any, what: str, keys: set[str] | None = None) -> dict[str, Any]:
    """Return a dict with text keys, exactly `keys` if they are given."""
    if not isinstance(entry, dict) or not all(isinstance(key, str) for key in entry):
        raise ModelFileError(f"{what}: a JSON object is needed.")
    if keys is not None and set(entry) != keys:
        odd = sorted(set(entry) ^ keys)[0]
        raise ModelFileError(f"{what}: entry {odd!r:.80} is missing or unknown.")
    return entry


def _list(entry: Any, what: str) -> list[Any]:
    """Return a list."""
    if not isinstance(entry, list):
        raise ModelFileError(f"{what}: a JSON list is needed.")
    return entry


def _text(entry: Any, what: str) -> str:
    """Return a text."""
    if not isinstance(entry, str) or not entry:
        raise ModelFileError(f"{what}: a text is needed, not {entry!r:.40}.")
    return entry
