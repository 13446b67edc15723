"""Engines: where the sums over blocks of rows are taken. `_base.py` is the contract."""

from likelier.engines._base import Engine as Engine
from likelier.engines._blas import single_threaded as single_threaded
from likelier.engines._choose import choose_engine as choose_engine
from likelier.engines._joint import JointSum as JointSum
from likelier.engines.blocks import chunks_of as chunks_of
from likelier.engines.dask import Dask as Dask
from likelier.engines.likelihood import LikelihoodSum as LikelihoodSum
from likelier.engines.parted import Counts as Counts
from likelier.engines.parted import PartedSum as PartedSum
from likelier.engines.parted import sum_of_piece as sum_of_piece
from likelier.engines.serial import Serial as Serial
from likelier.engines.stacked import StackedLikelihood as StackedLikelihood
from likelier.engines.stacked import StackedSums as StackedSums
from likelier.engines.stream import Stream as Stream
from likelier.engines.sums import Sums as Sums
from likelier.engines.threads import Threads as Threads

__all__ = [
    "Counts",
    "Dask",
    "Engine",
    "JointSum",
    "LikelihoodSum",
    "PartedSum",
    "Serial",
    "StackedLikelihood",
    "StackedSums",
    "Stream",
    "Sums",
    "Threads",
    "choose_engine",
    "chunks_of",
    "single_threaded",
    "sum_of_piece",
]
