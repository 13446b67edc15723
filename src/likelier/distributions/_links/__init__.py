"""Links by name; `_base.py` is the contract, and `LINKS` the table of all of them."""

from __future__ import annotations

import re

import numpy as np

from likelier.distributions._domains import Domain
from likelier.distributions._links._base import Link as Link
from likelier.distributions._links._base import ScalarLink as ScalarLink
from likelier.distributions._links.angle import Direction, TanHalf
from likelier.distributions._links.location import Exp, Expit
from likelier.distributions._links.log_odds import LogOddsCauchit, LogOddsCLogLog, LogOddsProbit
from likelier.distributions._links.matrix import LogCholesky
from likelier.distributions._links.scalar import (
    Cauchit,
    CLogLog,
    Identity,
    Inverse,
    Log,
    Logit,
    OnePlusSoftplus,
    Probit,
    Softplus,
    Sqrt,
)
from likelier.distributions._links.vector import Each, Ordered, Reference, Softmax
from likelier.errors import LikelierError, did_you_mean

LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Identity(),
        Log(),
        Inverse(),
        Sqrt(),
        Softplus(),
        OnePlusSoftplus(),
        Logit(),
        Probit(),
        CLogLog(),
        Cauchit(),
        LogOddsProbit(),
        LogOddsCLogLog(),
        LogOddsCauchit(),
        Reference(),
        Softmax(),
        Ordered(),
        LogCholesky(),
        TanHalf(),
        Direction(),
        Exp(),
        Expit(),
    )
}
# Vector parameters of mixtures and independent families take the links of their entries.
LINKS.update({f"each_{n}": Each(link) for n, link in LINKS.items() if isinstance(link, ScalarLink)})


_NUMBER = r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_WITH_NUMBERS = re.compile(rf"(\w+)\(({_NUMBER}|\[{_NUMBER}(?:, {_NUMBER})*\])\)")


def get_link(link: str | Link, domain: Domain, what: str) -> Link:
    """The link that this name means for a parameter of this domain; a `Link` passes through.

    Args:
        link: a name on offer for the domain, or a link of one's own.
        domain: the parameter's domain.
        what: the parameter's name, for the message.

    Raises `LikelierError` for a name that the domain does not offer.
    """
    if isinstance(link, Link):
        return link
    found = _WITH_NUMBERS.fullmatch(link)
    if found and found[1] in domain.links:
        adapting, several = LINKS[domain.links[found[1]]], found[2].startswith("[")
        if adapting.adapts and several == bool(domain.event_dims):
            numbers = np.array([float(number) for number in found[2].strip("[]").split(",")])
            return adapting.adapted(numbers if several else numbers[0])
    if link not in domain.links:
        raise LikelierError(
            f"no link {link!r} for {what} ({domain.text}).{did_you_mean(str(link), domain.links)}"
            f" On offer: {', '.join(domain.links)}"
        )
    return LINKS[domain.links[link]]
