"""Where a training is kept while it runs: one file, written whole, of arrays and a digest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from likelier.errors import LikelierError, ModelFileError
from likelier.model.files.archive import pack, read, write_whole

_KIND = "checkpoint"


class Checkpoint:
    """The state of a training in a file.

    Args:
        path: of the file, which need not exist.

    Raises:
        LikelierError: the path is none, or its folder does not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self.path = Path(path)
        except TypeError:
            raise LikelierError(f"checkpoint is the path of a file; given: {path!r}") from None
        if not self.path.parent.is_dir():
            raise LikelierError(f"the folder of the checkpoint {path} does not exist")

    def read(self, fingerprint: str) -> dict[str, np.ndarray] | None:
        """What was last written, None if nothing was.

        Raises:
            LikelierError: the file is of a training on other rows or with other options, or is no
                checkpoint.
        """
        if not self.path.exists():
            return None
        try:
            specification, arrays = read(self.path)
        except ModelFileError as error:
            raise ModelFileError(f"{self.path} is no checkpoint to go on from: {error}") from error
        if specification.get("predictor") != _KIND:
            raise LikelierError(f"{self.path} is a model file and no checkpoint; take another path")
        if specification.get("fingerprint") != fingerprint:
            raise LikelierError(
                f"the checkpoint {self.path} is of a training on other rows or with other options; "
                "delete it, or take another path"
            )
        return arrays

    def write(self, fingerprint: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write whole or not at all."""
        write_whole(self.path, pack({"predictor": _KIND, "fingerprint": fingerprint}, arrays))
