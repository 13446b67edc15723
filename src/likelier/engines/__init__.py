"""Engines: where the sums over blocks of rows are taken. `_base.py` is the contract."""

from likelier.engines._base import Engine as Engine
from likelier.engines._base import LikelihoodSum as LikelihoodSum
from likelier.engines._base import Sums as Sums
from likelier.engines._base import chunks_of as chunks_of
from likelier.engines._choose import choose_engine as choose_engine
from likelier.engines._joint import JointSum as JointSum
from likelier.engines.serial import Serial as Serial
from likelier.engines.stacked import StackedLikelihood as StackedLikelihood
from likelier.engines.stacked import StackedSums as StackedSums
from likelier.engines.threads import Threads as Threads

__all__ = [
    "Engine",
    "JointSum",
    "LikelihoodSum",
    "Serial",
    "StackedLikelihood",
    "StackedSums",
    "Sums",
    "Threads",
    "choose_engine",
    "chunks_of",
]
