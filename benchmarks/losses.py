"""Throughput of losses: NLL with its gradient in two arrays of parameters, in millions a second.

    python benchmarks/losses.py [--markdown] [elements] [family ...]

Ours on NumPy, JAX (jitted) and PyTorch, beside SciPy's value alone, PyTorch's and numpyro's own
distributions with the same parameters. Each cell is the best of nine runs after a warm-up in CPU
time of this process, float64, one after the other by turns, so that a busy machine is as busy
for all. Columns of libraries that are not installed are left out. `--markdown` writes the table
of docs/speed-of-losses.md, with the ratios of ours to each peer.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

import likelier as lk

RUNS = 9
BLOCK = 16_384
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def simulate(n: int) -> dict[str, Arrays]:
    """Two arrays of parameters and the observations of each family, seeded."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.5, 4, n), rng.uniform(0.5, 3, n)
    return {
        "Normal": (a, b, rng.normal(a, b)),
        "StudentT": (a, b, a + b * rng.standard_t(4, n)),
        "Gamma": (a, b, rng.gamma(b, a / b) + 1e-12),
        "Beta": (a, b, np.clip(rng.beta(a, b), 1e-12, 1 - 1e-12)),
        "Poisson": (a, b, rng.poisson(a).astype(float)),
        "NegativeBinomial": (a, b, rng.poisson(a * rng.gamma(1 / b, b)).astype(float)),
        "Bernoulli": (a - 2, b, (rng.random(n) < 0.4).astype(float)),
        "VonMises": (a, b, rng.vonmises(a - np.pi, b)),
    }


OURS: dict[str, Callable[[Any, Any], Any]] = {
    "Normal": lambda a, b: lk.Normal(a, b),
    "StudentT": lambda a, b: lk.StudentT(4.0, a, b),
    "Gamma": lambda a, b: lk.Gamma(concentration=a, rate=b),
    "Beta": lambda a, b: lk.Beta(concentration1=a, concentration0=b),
    "Poisson": lambda a, b: lk.Poisson(a),
    "NegativeBinomial": lambda a, b: lk.NegativeBinomial(a, b),
    "Bernoulli": lambda a, b: lk.Bernoulli(a),
    "VonMises": lambda a, b: lk.VonMises(a, b),
}
SCIPY: dict[str, Callable[[Any, Any, Any], Any]] = {
    "Normal": lambda a, b, y: stats.norm.logpdf(y, a, b),
    "StudentT": lambda a, b, y: stats.t.logpdf(y, 4.0, a, b),
    "Gamma": lambda a, b, y: stats.gamma.logpdf(y, a, scale=1 / b),
    "Beta": lambda a, b, y: stats.beta.logpdf(y, a, b),
    "Poisson": lambda a, b, y: stats.poisson.logpmf(y, a),
    "NegativeBinomial": lambda a, b, y: stats.nbinom.logpmf(y, 1 / b, 1 / (1 + a * b)),
    "Bernoulli": lambda a, b, y: stats.bernoulli.logpmf(y, 1 / (1 + np.exp(-a))),
    "VonMises": lambda a, b, y: stats.vonmises.logpdf(y, b, a),
}


def rates(tasks: list[Callable[[], object] | None], n: int) -> list[float | None]:
    """Best throughput of each task in millions of elements a second of CPU time."""
    best = [math.inf for _ in tasks]
    for run in range(1 + RUNS):
        for i, task in enumerate(tasks):
            if task is not None:
                began = time.process_time()
                task()
                # The first run warms up.
                best[i] = min(best[i], time.process_time() - began) if run else math.inf
    return [n / seconds / 1e6 if task else None for task, seconds in zip(tasks, best, strict=True)]


def numpy_task(make: Callable[[Any, Any], Any], arrays: Arrays) -> Callable[[], object]:
    """Our value and score over blocks that stay in the cache, as a fit takes them."""
    a, b, y = arrays

    def run() -> float:
        total = 0.0
        for i in range(0, len(y), BLOCK):
            part = slice(i, i + BLOCK)
            value, _ = make(a[part], b[part])._log_prob_and_score(y[part])
            total += float(value.sum())
        return total

    return run


def torch_task(make: Callable[[Any, Any], Any], arrays: Arrays, own: bool) -> Callable[[], object]:
    """A backward pass through our loss, or through PyTorch's own."""
    import torch

    a, b, y = (torch.tensor(x) for x in arrays)

    def run() -> object:
        left, right = a.clone().requires_grad_(), b.clone().requires_grad_()
        distribution = make(left, right)
        loss = -distribution.log_prob(y).sum() if own else distribution.nll(y).sum()
        loss.backward()
        return left.grad

    return run


def jax_task(make: Callable[[Any, Any], Any], arrays: Arrays) -> Callable[[], object]:
    """A jitted value and gradient of a log_prob under JAX."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    a, b, y = (jnp.asarray(x) for x in arrays)
    # As an argument: functions of observations that are constants would be computed only once.
    step = jax.jit(jax.value_and_grad(lambda a, b, y: -make(a, b).log_prob(y).sum(), (0, 1)))
    return lambda: jax.block_until_ready(step(a, b, y))


def peers(name: str) -> tuple[Any, Any]:
    """PyTorch's and numpyro's distribution of the same parameters, None where there is none."""
    own_torch = own_numpyro = None
    if importlib.util.find_spec("torch"):
        import torch.distributions as d

        own_torch = {
            "Normal": d.Normal,
            "StudentT": lambda a, b: d.StudentT(4.0, a, b),
            "Gamma": d.Gamma,
            "Beta": d.Beta,
            "Poisson": lambda a, b: d.Poisson(a),
            "NegativeBinomial": lambda a, b: d.NegativeBinomial(1 / b, logits=(a * b).log()),
            "Bernoulli": lambda a, b: d.Bernoulli(logits=a),
            "VonMises": d.VonMises,
        }[name]
    if importlib.util.find_spec("numpyro"):
        import numpyro.distributions as nd

        own_numpyro = {
            "Normal": nd.Normal,
            "StudentT": lambda a, b: nd.StudentT(4.0, a, b),
            "Gamma": nd.Gamma,
            "Beta": nd.Beta,
            "Poisson": lambda a, b: nd.Poisson(a),
            "NegativeBinomial": lambda a, b: nd.NegativeBinomial2(a, 1 / b),
            "Bernoulli": lambda a, b: nd.BernoulliLogits(a),
            "VonMises": nd.VonMises,
        }[name]
    return own_torch, own_numpyro


TITLES = ["likelier numpy", "scipy (value)", "likelier torch", "torch", "likelier jax", "numpyro"]


def row(name: str, found: list[float | None], markdown: bool) -> str:
    """One line of the table; in Markdown with ours by the peer's in brackets."""
    if not markdown:
        cells = (f"{x:16.1f}" if x else f"{'–':>16}" for x in found)
        return f"{name:<18}" + "".join(cells)
    cells = []
    for ours, peer in zip(found[::2], found[1::2], strict=True):
        ratio = f" ({ours / peer:.1f})" if ours and peer else ""
        cells += [f"{ours:.1f}{ratio}" if ours else "–", f"{peer:.1f}" if peer else "–"]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table."""
    arguments = sys.argv[1:]
    markdown = "--markdown" in arguments
    if markdown:
        arguments.remove("--markdown")
    n = int(float(arguments.pop(0))) if arguments else 500_000
    if markdown:
        print("| | " + " | ".join(TITLES) + " |\n|---" + "|---:" * len(TITLES) + "|")
    else:
        print(f"M elements a CPU second, NLL and gradient, {n:,} elements, best of {RUNS}\n")
        print(f"{'':<18}" + "".join(f"{title:>16}" for title in TITLES))
    for name, arrays in simulate(n).items():
        if arguments and name not in arguments:
            continue
        make = OURS[name]
        own_torch, own_numpyro = peers(name)
        tasks: list[Callable[[], object] | None] = [
            numpy_task(make, arrays),
            lambda name=name, arrays=arrays: SCIPY[name](*arrays),
            torch_task(make, arrays, own=False) if own_torch else None,
            torch_task(own_torch, arrays, own=True) if own_torch else None,
            jax_task(make, arrays) if own_numpyro else None,
            jax_task(own_numpyro, arrays) if own_numpyro else None,
        ]
        print(row(name, rates(tasks, n), markdown), flush=True)


if __name__ == "__main__":
    main()
