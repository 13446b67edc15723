"""Coverage-guided fuzzing of the loader of model files; not part of the test suite.

    pip install atheris
    PYTHONPATH=src:tests/model python tests/fuzz/model_files.py -max_total_time=300

The fuzzer's bytes either are a file, or choose how a good file is changed under a checksum that
fits. Whatever is not a `ModelFileError` (or a model that answers questions) ends the run.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["likelier"]):
    import forgeries

    from likelier.model.files.archive import unpack

FILES = forgeries.files()


def one(data: bytes) -> None:
    """One input of the fuzzer."""
    provider = atheris.FuzzedDataProvider(data)

    def draw(below: int) -> int:
        return provider.ConsumeIntInRange(0, below - 1)

    how = draw(3)
    if how == 0:
        forgeries.load_bytes(provider.ConsumeBytes(sys.maxsize))
        return
    specification, arrays = unpack(FILES[draw(len(FILES))])
    if how == 1:
        forgeries.load_forged(forgeries.changed(specification, draw), arrays)
        return
    arrays = forgeries.changed_arrays(arrays, draw)
    forgeries.load_forged(forgeries.relisted(specification, arrays), arrays)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
