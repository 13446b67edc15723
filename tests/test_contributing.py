"""The worked example of CONTRIBUTING.md: one file makes a family in every respect."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import likelier as lk
from likelier import distributions

GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"


@pytest.fixture(scope="module")
def rayleigh() -> Any:
    (block,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    space: dict[str, Any] = {"__name__": "likelier.distributions.rayleigh"}
    exec(compile(block, str(GUIDE), "exec"), space)
    return space["Rayleigh"]


def test_the_formulas_are_right(rayleigh: Any) -> None:
    y = np.array([0.1, 1.0, 2.5, 9.0])
    ours, theirs = rayleigh(scale=1.7), stats.rayleigh(scale=1.7)
    np.testing.assert_allclose(ours.log_prob(y), theirs.logpdf(y), rtol=1e-13)
    np.testing.assert_allclose(ours.cdf(y), theirs.cdf(y), rtol=1e-13)
    np.testing.assert_allclose(ours.sf(y), theirs.sf(y), rtol=1e-13)
    np.testing.assert_allclose([ours.mean, ours.variance], theirs.stats("mv"), rtol=1e-13)


def test_what_it_does_not_write_follows(rayleigh: Any) -> None:
    d, theirs = rayleigh(scale=1.7), stats.rayleigh(scale=1.7)
    levels = np.array([1e-9, 0.2, 0.5, 0.999])
    np.testing.assert_allclose(d.quantile(levels), theirs.ppf(levels), rtol=1e-9)
    assert d.entropy() == pytest.approx(theirs.entropy(), rel=1e-9)
    assert d.information()["scale", "scale"] == pytest.approx(4 / 1.7**2, rel=1e-9)
    sample = d.sample(4000, seed=1)
    assert stats.kstest(sample, theirs.cdf).pvalue > 1e-3
    assert float(rayleigh.mle(sample).scale) == pytest.approx(np.sqrt(np.mean(sample**2) / 2))
    assert d.log_prob(-1.0) == -np.inf


def test_gradients_flow_in_jax(rayleigh: Any) -> None:
    def loss(scale: Any) -> Any:
        return rayleigh(scale=scale).nll(jnp.asarray([1.0, 2.0])).sum()

    assert float(jax.grad(loss)(1.5)) == pytest.approx(4 / 1.5 - 5 / 1.5**3, rel=1e-5)


def test_it_fits_saves_and_loads_once_exported(
    rayleigh: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(distributions, "Rayleigh", rayleigh, raising=False)
    monkeypatch.setattr(distributions, "__all__", [*distributions.__all__, "Rayleigh"])
    distributions._text._exported.cache_clear()
    rng = np.random.default_rng(2)
    x = rng.standard_normal(500)
    table = {"x": x, "y": rng.rayleigh(np.exp(0.3 + 0.5 * x))}
    fit = lk.fit("y ~ x", table, "rayleigh")
    assert fit.converged
    errors = fit.standard_errors.standard_error.to_numpy()
    assert np.all(np.abs(fit.params.estimate.to_numpy() - [0.3, 0.5]) < 4 * errors)
    fit.save(tmp_path / "model.lkl")
    np.testing.assert_array_equal(
        lk.load(tmp_path / "model.lkl").predict(table).scale, fit.predict().scale
    )
    distributions._text._exported.cache_clear()
