"""Penalties as texts, `name:strength`, for the command line."""

from __future__ import annotations

import re
from typing import Any

from likelier.errors import LikelierError, did_you_mean
from likelier.objective._base import Penalty


def penalty_from_text(text: str) -> Penalty:
    """The penalty that a text names, its numbers after a colon.

    Raises:
        LikelierError: the name is that of no penalty, or what follows are no numbers for it.

    Example:
        >>> penalty_from_text("elastic_net:0.1,0.5").text()
        'ElasticNet(0.1, 0.5)'
    """
    name, _, rest = text.partition(":")
    # Those that read predictions name a column, which is no number.
    plain = [cls for cls in concrete(Penalty) if "predictions" not in cls.needs]
    known = {snake(cls.__name__): cls for cls in plain}
    found = known.get(name.strip().lower())
    if found is None:
        raise LikelierError(
            f"no penalty {name.strip()!r}.{did_you_mean(name.strip(), known)} "
            f"Penalties: {', '.join(sorted(known))}"
        )
    try:
        return found(*(float(part) for part in rest.split(",") if rest.strip()))
    except (TypeError, ValueError):
        raise LikelierError(
            f"a penalty is its name and its numbers, such as l1:0.1; given: {text!r}"
        ) from None


def concrete(base: type) -> list[Any]:
    """The members of a contract."""
    found: list[Any] = []
    own: Any
    for own in base.__subclasses__():
        found += [own, *concrete(own)]
    return [cls for cls in found if not getattr(cls, "__abstractmethods__", None)]


def snake(name: str) -> str:
    """`ElasticNet` as `elastic_net`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
