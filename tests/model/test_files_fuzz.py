"""The loader under attack: whatever is done to a file, it is read as before or refused by name."""

from __future__ import annotations

import json

import forgeries
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likelier.errors import ModelFileError
from likelier.model.files.archive import assemble, unpack

FILES = forgeries.files()
files = st.sampled_from(FILES)


@settings(max_examples=150)
@given(files, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1))
def test_changed_bytes(content: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(content)
    for position, value in changes:
        changed[position % len(content)] = value
    forgeries.load_bytes(bytes(changed))


@settings(max_examples=100)
@given(files, st.integers(0, 10**6), st.binary(max_size=40), st.integers(0, 60))
def test_bytes_cut_out_and_put_in(content: bytes, at: int, more: bytes, less: int) -> None:
    at %= len(content)
    forgeries.load_bytes(content[:at] + more + content[at + less :])


@given(st.binary(max_size=300))
def test_bytes_of_no_origin(content: bytes) -> None:
    with pytest.raises(ModelFileError):
        unpack(content)
    with pytest.raises(ModelFileError):
        unpack(len(content).to_bytes(8, "little") + content)


@settings(max_examples=400)
@given(files, st.randoms(use_true_random=False))
def test_changed_specifications_under_a_checksum_that_fits(content: bytes, random) -> None:
    specification, arrays = unpack(content)
    changed = forgeries.changed(specification, random.randrange)
    forgeries.load_forged(changed, arrays)


@settings(max_examples=100)
@given(files, st.randoms(use_true_random=False))
def test_changed_arrays_under_a_checksum_that_fits(content: bytes, random) -> None:
    specification, arrays = unpack(content)
    changed = forgeries.changed_arrays(arrays, random.randrange)
    forgeries.load_forged(forgeries.relisted(specification, changed), changed)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@settings(max_examples=100)
@given(files, st.data())
def test_any_json_in_any_place(content: bytes, data: st.DataObject) -> None:
    specification, arrays = unpack(content)
    key = data.draw(st.sampled_from(sorted(specification)))
    forgeries.load_forged({**specification, key: data.draw(trees)}, arrays)


@pytest.mark.parametrize("depth", [500, 5_000, 200_000])
def test_deep_nesting(depth: int) -> None:
    for text in ("[" * depth, '{"a":' * depth + "1" + "}" * depth, "[" * depth + "]" * depth):
        with pytest.raises(ModelFileError):
            unpack(assemble(text, {"a": np.zeros(1)}))
    specification, arrays = unpack(FILES[0])
    text = json.dumps(specification)
    for field in ("distribution", "recipe", "facts", "diagnoses"):
        whole = json.dumps({**specification, field: "here"})
        assert whole != text
        deep = whole.replace('"here"', "[" * depth + "]" * depth)
        with pytest.raises(ModelFileError):
            forgeries.fit_of(*unpack(assemble(deep, arrays)))
