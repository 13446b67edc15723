"""Distributions: what the target can be. One file a family; `_base.py` is the contract."""

from likelier.distributions._base import Distribution as Distribution
from likelier.distributions._domains import Domain as Domain
from likelier.distributions._links import LINKS as LINKS
from likelier.distributions._links import Link as Link
from likelier.distributions._linked import Linked as Linked
from likelier.distributions._modifier import Modifier as Modifier
from likelier.distributions._parameter import Parameter as Parameter
from likelier.distributions._parameter import parameter as parameter
from likelier.distributions._text import catalogue as catalogue
from likelier.distributions._text import from_text as from_text
from likelier.distributions.fixed import Fixed as Fixed
from likelier.distributions.normal import Normal as Normal

__all__ = [
    "LINKS",
    "Distribution",
    "Domain",
    "Fixed",
    "Link",
    "Linked",
    "Modifier",
    "Normal",
    "Parameter",
    "catalogue",
    "from_text",
    "parameter",
]
