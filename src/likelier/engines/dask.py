"""The sum taken by the workers of a Dask cluster, each over the pieces that it reads itself.

A pass sends every worker the point and the pieces that are its own, and gets sums of a few
kilobytes back, which are added on the way in a tree. A piece keeps to its worker, which holds the
rows that it has read while they fit into its share of memory; what a lost worker had is read again
by another.
"""

from __future__ import annotations

import functools
import pickle
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from likelier.engines._base import Engine, told
from likelier.engines._blas import single_threaded
from likelier.engines.blocks import Block
from likelier.engines.likelihood import LikelihoodSum
from likelier.engines.serial import Serial
from likelier.engines.sums import Sums, add
from likelier.errors import LikelierError

_BRANCHES = 8
"""Sums that are added by one task on the way."""
_SHARE = 0.4
"""Share of a worker's memory that may hold rows from pass to pass."""
_TURNS = 4
"""Tasks for each thread of the cluster in a pass, at the least; further pieces share a task."""
_PIECES = 4
"""Pieces for each thread of the cluster that a table in memory is cut into."""


class Dask(Engine):
    """Sums taken on a Dask cluster.

    Parquet files are read by the workers, which must see them under the same path or URL; a table
    in memory is cut and sent to them once. The numbers are those of one process, and a worker that
    is lost during a fit costs the time to read its pieces again.

    Args:
        client: a `distributed.Client`, or the address of a scheduler.

    Raises:
        LikelierError: dask.distributed is not installed, or this is no client.

    Example:
        >>> import likelier as lk
        >>> lk.Dask(42)
        Traceback (most recent call last):
        ...
        likelier.errors.LikelierError: Dask takes a distributed.Client or an address; given: 42
    """

    apart: ClassVar[bool] = True

    def __init__(self, client: Any) -> None:
        self._own = isinstance(client, str)
        if self._own:
            client = _connect(client)
        if not hasattr(client, "submit") or not hasattr(client, "scheduler_info"):
            raise LikelierError(f"Dask takes a distributed.Client or an address; given: {client!r}")
        self.client = client
        self._sent: dict[int, Any] = {}

    def close(self) -> None:
        """Take leave of the scheduler, if it was given by its address."""
        if self._own:
            self.client.close()

    @property
    def parts(self) -> int:
        return _PIECES * self._threads

    @property
    def _threads(self) -> int:
        return sum(worker["nthreads"] for worker in self._workers().values())

    def total(self, block: Block, chunks: Sequence[Sequence[slice]]) -> Sums:
        """What is in this process is summed in it."""
        return Serial().total(block, chunks)

    def kept(self, read: Callable[[Any], Iterator[LikelihoodSum]]) -> _Kept:
        return _Kept(read, uuid.uuid4().hex)

    def map(
        self,
        function: Callable[[Any], Any],
        items: Sequence[Any],
        tick: Callable[[int, int], None] | None = None,
    ) -> list[Any]:
        futures = self._submit(_each, function, [[item] for item in items])
        return told((future.result()[0] for future in futures), len(futures), tick)

    def reduce(
        self,
        function: Callable[[Any], Sums | None],
        items: Sequence[Any],
        tick: Callable[[int, int], None] | None = None,
    ) -> Sums:
        from distributed import as_completed

        # A scheduler takes about a millisecond for a task. Pieces that share one are those that
        # would be added first in any case, so that no digit depends on it.
        many = len(items) >= _BRANCHES * _TURNS * self._threads
        size = _BRANCHES if many else 1
        groups = [items[i : i + size] for i in range(0, len(items), size)]
        leaves = level = self._submit(_summed, function, groups)
        while len(level) > 1:
            level = [
                self.client.submit(_add, level[i : i + _BRANCHES], pure=False)
                for i in range(0, len(level), _BRANCHES)
            ]
        told(as_completed(leaves), len(leaves), tick)
        return level[0].result()

    def _submit(
        self,
        task: Callable[[bytes, Sequence[Any]], Any],
        function: Callable[[Any], Any],
        groups: Sequence[Sequence[Any]],
    ) -> list[Any]:
        """A future for each group of items, each on a worker of its own choice while that lives."""
        workers = sorted(self._workers())
        if not workers:
            self.client.wait_for_workers(1, timeout=60)
            workers = sorted(self._workers())
        # Packed once here, and unpacked once by each worker. Sent with the tasks and not ahead of
        # them, it is still there when a worker is lost.
        import cloudpickle

        packed = cloudpickle.dumps(function)
        futures = []
        for i, group in enumerate(groups):
            home = workers[i * len(workers) // len(groups)]
            where: dict[str, Any] = {"workers": [home], "allow_other_workers": True}
            given = [self._there(item, where) for item in group]
            futures.append(self.client.submit(task, packed, given, pure=False, **where))
        return futures

    def _there(self, item: Any, where: dict[str, Any]) -> Any:
        """The item, or if it holds rows of its own what stands for it on the cluster.

        It is the result of a task, which the scheduler runs again where a worker is lost.
        """
        if not getattr(item, "heavy", False):
            return item
        if id(item) not in self._sent:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Sending large graph")
                sent = self.client.submit(_same, item, pure=False, **where)
            # The item is kept too, so that its id stays its own.
            self._sent[id(item)] = (sent, item)
        return self._sent[id(item)][0]

    def _workers(self) -> dict[str, Any]:
        """The workers that there are now, by address."""
        try:
            found = self.client.scheduler_info(n_workers=-1)
        except TypeError:  # an earlier version, which always tells all
            found = self.client.scheduler_info()
        return dict(found["workers"])


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise LikelierError(
            'a Dask cluster needs dask.distributed. Install it: pip install "likelier[cluster]"'
        ) from None
    try:
        return Client(address, timeout=10)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise LikelierError(f"no Dask scheduler answers at {address}: {reason}") from None


def _each(packed: bytes, items: Sequence[Any]) -> list[Any]:
    with single_threaded():
        return list(map(_unpacked(packed), items))


def _summed(packed: bytes, items: Sequence[Any]) -> Sums | None:
    return _add(_each(packed, items))


@functools.lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = pickle.loads(packed)
    return function


def _same(item: Any) -> Any:
    return item


def _add(parts: Sequence[Sums | None]) -> Sums | None:
    found = [sums for sums in parts if sums is not None]
    return add(found) if found else None


# ---------------------------------------------------------------------- on a worker


@dataclass(frozen=True, eq=False)
class _Kept:
    """A reader whose blocks a worker holds from pass to pass while they fit into its share."""

    read: Callable[[Any], Iterator[LikelihoodSum]]
    token: str

    def __call__(self, piece: Any) -> Iterator[LikelihoodSum]:
        key = (self.token, piece.key)
        held = _HELD.blocks.get(key)
        if held is not None:
            yield from held
            return
        blocks: list[LikelihoodSum] | None = []
        for block in self.read(piece):
            if blocks is not None:
                blocks = [*blocks, block] if _HELD.reserve(key, _size_of(block)) else None
            yield block
        if blocks is None:
            _HELD.release(key)
        else:
            _HELD.blocks[key] = blocks


class _Held:
    """The blocks of rows that this process holds for the fit at hand."""

    def __init__(self) -> None:
        self.blocks: dict[tuple[str, Any], list[LikelihoodSum]] = {}
        self._sizes: dict[tuple[str, Any], float] = {}
        self._lock = threading.Lock()

    def reserve(self, key: tuple[str, Any], size: float) -> bool:
        """Whether so many bytes more may be held; those of an earlier fit are let go."""
        with self._lock:
            for old in [k for k in self._sizes if k[0] != key[0]]:
                self._sizes.pop(old)
                self.blocks.pop(old, None)
            if sum(self._sizes.values()) + size > _room():
                return False
            self._sizes[key] = self._sizes.get(key, 0.0) + size
            return True

    def release(self, key: tuple[str, Any]) -> None:
        """Give back what was reserved for a piece."""
        with self._lock:
            self._sizes.pop(key, None)


_HELD = _Held()


def _room() -> float:
    """Bytes of rows that this worker may hold; none where there is no limit to take a share of."""
    from distributed import get_worker

    try:
        limit = get_worker().memory_manager.memory_limit
    except (ValueError, AttributeError):
        return 0.0
    return _SHARE * limit if limit else 0.0


def _size_of(block: LikelihoodSum) -> float:
    """Bytes of the rows of a block."""
    rows = [block.y, block.weights, *block.known.values(), *block.predictor.arrays]
    return float(sum(getattr(values, "nbytes", 0) for values in rows))
