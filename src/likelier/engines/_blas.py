"""BLAS held to one thread while blocks are summed.

The threads of BLAS spin while they wait for one another; on a machine with other work a product of
a block then takes many times as long as on one thread.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from typing import Any


@functools.cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def single_threaded() -> AbstractContextManager[Any]:
    """A context in which every BLAS of the process uses one thread."""
    return _controller().limit(limits=1, user_api="blas")
