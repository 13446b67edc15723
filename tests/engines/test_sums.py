"""Sums over blocks: the same digits whichever engine takes them, right whatever the blocks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from likelier.data.split import Indicators, SplitMatrix
from likelier.distributions import Linked, NegativeBinomial, Normal
from likelier.engines import LikelihoodSum, Serial, Sums, Threads, chunks_of
from likelier.errors import LikelierError
from likelier.objective import NLL
from likelier.predictors import Columns, LinearPredictor, Workspace
from likelier.predictors.sparse_columns import SparseColumns
from likelier.predictors.split_columns import SplitColumns


@pytest.fixture(scope="module")
def function() -> LikelihoodSum:
    rng = np.random.default_rng(0)
    n = 40_000
    x = rng.standard_normal((n, 3)) * [1.0, 50.0, 0.01] + [0.0, 3.0, 100.0]
    y = rng.poisson(3, n).astype(float)
    both = Columns.standardise(x, True)
    none = Columns.standardise(x[:, :0], True)
    predictor = LinearPredictor([both, none], n)
    return LikelihoodSum(
        Linked(NegativeBinomial), predictor, y, None, {}, NLL(), Serial(), chunks_of(n, 4)
    )


THETA = np.array([1.0, 0.1, -0.2, 0.05, -1.0])


def test_threads_give_the_digits_of_one_thread(function: LikelihoodSum) -> None:
    one = function(THETA)
    for n in (1, 2, 3):
        many = replace(function, engine=Threads(n))(THETA)
        assert many.value == one.value
        np.testing.assert_array_equal(many.gradient, one.gradient)
        np.testing.assert_array_equal(many.curvature, one.curvature)


def test_an_error_in_a_block_comes_through_and_leaves_threads_at_work(
    function: LikelihoodSum,
) -> None:
    engine = Threads(2)

    def broken(rows: slice, work: Workspace) -> Sums:
        if rows.start:
            raise ZeroDivisionError(f"row {rows.start}")
        return Sums(1.0)

    chunks = [[slice(i, i + 1)] for i in range(20)]
    with pytest.raises(ZeroDivisionError, match="row"):
        engine.total(broken, chunks)
    assert replace(function, engine=engine)(THETA).value == function(THETA).value


def test_threads_within_threads_end(function: LikelihoodSum) -> None:
    """All share their helpers, so that a sum inside a sum may find none of them free."""
    right = function(THETA, 1).value
    inner = replace(function, engine=Threads(2))

    def block(rows: slice, work: Workspace) -> Sums:
        return Sums(inner(THETA, 1).value)

    chunks = [[slice(i, i + 1)] for i in range(6)]
    assert Threads(2).total(block, chunks).value == pytest.approx(6 * right, rel=1e-15)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: inner(THETA, 1).value, range(8)))
    assert found == [right] * 8


def test_gradient_and_curvature_are_derivatives(function: LikelihoodSum) -> None:
    sums = function(THETA)
    step = 1e-5
    for i in range(len(THETA)):
        move = step * np.eye(len(THETA))[i]
        up, down = function(THETA + move), function(THETA - move)
        slope = (up.value - down.value) / (2 * step)
        # Central differences of a sum near 1e5 carry a rounding error near 1e-5.
        assert sums.gradient[i] == pytest.approx(slope, rel=1e-5, abs=1e-3)
        bend = (up.gradient - down.gradient) / (2 * step)
        np.testing.assert_allclose(sums.curvature[i], bend, rtol=1e-5, atol=1e-3)


def test_lower_orders_agree_with_the_full_pass(function: LikelihoodSum) -> None:
    full = function(THETA, 2)
    assert function(THETA, 0).value == pytest.approx(full.value, rel=1e-14)
    np.testing.assert_allclose(function(THETA, 1).gradient, full.gradient, rtol=1e-12)


def test_blocks_cover_each_row_once() -> None:
    for n in (1, 255, 256, 100_001):
        blocks = [part for chunk in chunks_of(n, 60) for part in chunk]
        rows = np.concatenate([np.arange(part.start, part.stop) for part in blocks])
        np.testing.assert_array_equal(rows, np.arange(n))
        assert len(chunks_of(n, 60)) <= 32


def test_weights_count_rows(function: LikelihoodSum) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((50, 2)), rng.standard_normal(50)
    w = rng.integers(0, 4, 50)

    def build(x: np.ndarray, y: np.ndarray, w: np.ndarray | None) -> LikelihoodSum:
        columns = [Columns(x, True, np.zeros(2), np.ones(2))] * 2
        predictor = LinearPredictor(columns, len(y))
        return LikelihoodSum(
            Linked(Normal), predictor, y, w, {}, NLL(), Serial(), chunks_of(len(y), 3)
        )

    theta = np.array([0.1, 0.2, 0.3, -0.1, 0.2, 0.1])
    weighted = build(x, y, w.astype(float))(theta)
    repeated = build(np.repeat(x, w, axis=0), np.repeat(y, w), None)(theta)
    assert weighted.value == pytest.approx(repeated.value, rel=1e-13)
    np.testing.assert_allclose(weighted.gradient, repeated.gradient, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(weighted.curvature, repeated.curvature, rtol=1e-11, atol=1e-12)


def test_threads_refuse_a_senseless_number() -> None:
    with pytest.raises(LikelierError, match="1 or more"):
        Threads(0)


def columns_of(kind: str, n: int) -> Columns:
    """Columns of each kind: of numbers, sparse, and split into numbers and a factor."""
    rng = np.random.default_rng(7)
    x = rng.normal([0.0, 100.0], 1.0, (n, 2))
    if kind == "sparse":
        return SparseColumns.standardise(csr_array(x * (rng.random((n, 2)) < 0.3)), True)
    if kind == "split":
        factor = Indicators(rng.integers(0, 301, n).astype(np.int32), np.arange(2, 302))
        return SplitColumns.standardise(SplitMatrix(x, np.arange(2), (factor,)), True)
    return Columns.standardise(x, True)


@pytest.mark.parametrize("kind", ["numbers", "sparse", "split"])
def test_scattered_blocks_are_put_together_and_sum_to_the_same(kind: str) -> None:
    n = 40_000
    rng = np.random.default_rng(8)
    design = columns_of(kind, n)
    offset = [rng.standard_normal(n), None]
    predictor = LinearPredictor([design, design], n, offset)
    whole = LikelihoodSum(
        Linked(NegativeBinomial),
        predictor,
        rng.poisson(3, n).astype(float),
        rng.random(n),
        {},
        NLL(),
        Serial(),
        chunks_of(n, 4),
    )
    theta = rng.normal(0, 0.1, predictor.size)
    part = whole.on([[slice(start, start + 100) for start in range(0, n, 1600)]])
    together = part.gathered()
    assert together is not part
    assert len([rows for chunk in together.chunks for rows in chunk]) == 1
    there, here = part(theta), together(theta)
    assert here.value == pytest.approx(there.value, rel=1e-13)
    np.testing.assert_allclose(here.gradient, there.gradient, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(
        np.asarray(here.curvature), np.asarray(there.curvature), rtol=1e-9, atol=1e-8
    )


@pytest.mark.parametrize("kind", ["numbers", "sparse", "split"])
def test_many_points_of_a_selection_in_one_pass(kind: str) -> None:
    n = 3000
    rng = np.random.default_rng(9)
    design = columns_of(kind, n)
    predictor = LinearPredictor([design, design], n)
    y = rng.poisson(3, n).astype(float)
    whole = LikelihoodSum(
        Linked(NegativeBinomial), predictor, y, None, {}, NLL(), Serial(), chunks_of(n, 4)
    )
    own = np.array([0, 2, design.q, design.q + 1])
    found = whole.extend(None, own)
    assert found is not None
    part, order = found
    points = [rng.normal(0, 0.1, len(own)) for _ in range(3)]
    sums = whole.gradients(part, points)
    for k, point in enumerate(points):
        theta = np.zeros(predictor.size)
        theta[order] = point
        alone = whole(theta, 1)
        assert sums.value[k] == pytest.approx(alone.value, rel=1e-13)
        np.testing.assert_allclose(sums.gradient[k], alone.gradient, rtol=1e-9, atol=1e-9)
