"""The catalogue of families as a table, read off the classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from likelier.cli.distributions import facts
from likelier.distributions import catalogue
from likelier.distributions._text import modifiers

_HEAD = """# The catalogue

Every family, as its class declares it: the parameters that models predict with their default links,
what the target may be, and the classical loss that its negative log-likelihood is.
`likelier distributions NAME` shows one in full.

| family, and as text | parameters (default link) | target | classical loss |
|---|---|---|---|
"""
_MODIFIERS = """
## Modifiers

Each makes a family of a family, as in `lk.ZeroInflated(lk.Poisson)` or `"zero_inflated(poisson)"`.

| modifier, and as text | what it makes |
|---|---|
"""


def write_page(app: Any) -> None:
    """Write `reference/catalogue.md`."""
    rows = [_family(text, cls) for text, cls in sorted(catalogue().items())]
    made = [_modifier(text, cls) for text, cls in sorted(modifiers().items())]
    text = _HEAD + "\n".join(rows) + "\n" + _MODIFIERS + "\n".join(made) + "\n"
    target = Path(app.srcdir) / "reference" / "catalogue.md"
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def _family(text: str, cls: Any) -> str:
    declared = facts(cls)
    parameters = "; ".join(
        f"`{name}` ({known['link'] if known['role'] == 'predicted' else 'known'})"
        for name, known in declared["parameters"].items()
    )
    loss = (declared["classical_loss"] or "").replace("|", r"\|")
    cells = (_names(text, cls), parameters, declared["support"], loss)
    return f"| {' | '.join(cells)} |"


def _modifier(text: str, cls: Any) -> str:
    first = (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
    return f"| {_names(text, cls)} | {' '.join(first.split())} |"


def _names(text: str, cls: Any) -> str:
    """A class and its text, one below the other."""
    return f"`{cls.__name__}`<br>`{text}`"
