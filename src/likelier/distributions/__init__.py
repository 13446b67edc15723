"""Distributions: what the target can be. One file a family; `_base.py` is the contract."""

from likelier.distributions._base import Distribution as Distribution
from likelier.distributions._domains import Domain as Domain
from likelier.distributions._links import LINKS as LINKS
from likelier.distributions._links import Link as Link
from likelier.distributions._linked import Linked as Linked
from likelier.distributions._parameter import Parameter as Parameter
from likelier.distributions._parameter import parameter as parameter
from likelier.distributions.normal import Normal as Normal

__all__ = ["LINKS", "Distribution", "Domain", "Link", "Linked", "Normal", "Parameter", "parameter"]
