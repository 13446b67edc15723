"""Terms of an objective as texts, `name:number`, for the command line."""

from __future__ import annotations

import re
from typing import Any

from likelier.errors import LikelierError, did_you_mean
from likelier.objective._base import Penalty, Risk
from likelier.objective._gap import GroupPenalty
from likelier.objective.demographic_parity import DemographicParity


def penalty_from_text(text: str) -> Penalty:
    """The penalty that a text names, its numbers after a colon.

    Raises:
        LikelierError: the name is that of no penalty, or what follows are no numbers for it.

    Example:
        >>> penalty_from_text("elastic_net:0.1,0.5").text()
        'ElasticNet(0.1, 0.5)'
    """
    # Those of groups name a column, which is no number.
    plain = [cls for cls in concrete(Penalty) if not issubclass(cls, GroupPenalty)]
    return _term(text, plain, "penalty", "l1:0.1")


def risk_from_text(text: str) -> Risk:
    """The risk that a text names, its number after a colon.

    Raises:
        LikelierError: the name is that of no risk, or what follows is no number for it.

    Example:
        >>> risk_from_text("cvar:0.8").text()
        'CVaR(0.8)'
    """
    return _term(text, concrete(Risk), "risk", "cvar:0.9")


def fairness_from_text(text: str) -> Penalty:
    """Demographic parity of a column, at the strength behind the colon.

    Raises:
        LikelierError: the text is no column with a strength from 0 up.

    Example:
        >>> fairness_from_text("sex:5").text()
        "DemographicParity('sex', 5)"
    """
    column, colon, rest = text.rpartition(":")
    try:
        strength = float(rest)
    except ValueError:
        colon = ""
    if not colon or not column.strip():
        raise LikelierError(
            f"a fairness term is a column and its strength, such as sex:5; given: {text!r}"
        )
    return DemographicParity(column.strip(), strength)


def _term(text: str, members: list[Any], what: str, example: str) -> Any:
    name, _, rest = text.partition(":")
    known = {snake(cls.__name__): cls for cls in members}
    found = known.get(name.strip().lower())
    if found is None:
        raise LikelierError(
            f"no {what} {name.strip()!r}.{did_you_mean(name.strip(), known)} "
            f"On offer: {', '.join(sorted(known))}"
        )
    try:
        return found(*(float(part) for part in rest.split(",") if rest.strip()))
    except (TypeError, ValueError) as error:
        if isinstance(error, LikelierError):
            raise
        raise LikelierError(
            f"a {what} is its name and its numbers, such as {example}; given: {text!r}"
        ) from None


def concrete(base: type) -> list[Any]:
    """The members of a contract."""
    found: list[Any] = []
    own: Any
    for own in base.__subclasses__():
        found += [own, *concrete(own)]
    return [cls for cls in found if not getattr(cls, "__abstractmethods__", None)]


def snake(name: str) -> str:
    """`ElasticNet` as `elastic_net`, `BetaNLL` as `beta_nll`, `CVaR` as `cvar`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z][A-Za-z0-9])", "_", name).lower()
