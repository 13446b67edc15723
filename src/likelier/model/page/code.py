"""The code on a page that makes the same fit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from likelier import __version__
from likelier.distributions import Linked

if TYPE_CHECKING:
    from likelier.model.fitted import Fit


def reproduce(fit: Fit) -> str:
    facts, recipe = fit.facts, fit.recipe
    family = fit.distribution.text()
    options = [_quoted(family)]
    defaults = Linked(fit.distribution, None, fit.linked.sizes).link_names
    changed = {name: link for name, link in fit.links.items() if link != defaults[name]}
    if changed:
        options.append(f"links={_mapping(changed)}")
    if not fit.predictor.linear:
        options.append(f"predictor=lk.{type(fit.predictor).__name__}(…)")
    for role in ("weights", "offset", "exposure", "groups"):
        if role in recipe.roles:
            name = recipe.roles[role]
            options.append(f"{role}={'…' if name is None else _quoted(name)}")
    taking = [f for f in recipe.formulas.values() if f.all_columns]
    if len(taking) > 1:
        options.append('predictor=lk.Linear(parameters="all")')
    if taking and not taking[0].intercept:
        options.append("intercept=False")
    if facts.weight_type == "precision":
        options.append('weight_type="precision"')
    if facts.n_dropped:
        options.append('missing="drop"')
    given = f"{_formulas(fit)}, data" if recipe.features is None else "y, X"
    return "\n".join(
        [
            f"import likelier as lk  # {__version__}",
            "",
            f"fit = lk.fit({given}, {', '.join(options)})",
            f"fit.n_observations  # {fit.n_observations:,}",
            f"fit.log_likelihood  # {fit.log_likelihood:.6f}",
            'fit.report("report.html")  # this page',
        ]
    )


def _formulas(fit: Fit) -> str:
    """The formulas as they are given to `fit`, intercepts left unsaid."""
    target = fit.facts.target
    texts = {
        name: re.sub(r"^1 \+ ", "", re.sub(r"^0 \+ ", "-1 + ", text))
        for name, text in fit.facts.formulas.items()
    }
    first, *others = texts
    named = {name: f"~ {texts[name]}" for name in others if texts[name] != "1"}
    head = f"{target} ~ {texts[first]}"
    return _mapping({first: head, **named}) if named else _quoted(head)


def _quoted(text: str) -> str:
    """A text as Python writes it, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _mapping(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_quoted(k)}: {_quoted(v)}" for k, v in texts.items()) + "}"
