"""Throughput of losses: NLL with its gradient in all parameters, in millions of rows a second.

    python benchmarks/losses.py [rows] [family ...]
    python benchmarks/losses.py --errors [family ...]

Ours on NumPy, PyTorch and JAX (jitted), beside SciPy, PyTorch's and numpyro's own distributions
of the same parameters. SciPy has values alone, so that our value alone stands beside it too.
Each number is the best of several runs in CPU time of this process, float64, by turns with the
library that it is compared to, so that a busy machine is as busy for both; PyTorch does not
validate its arguments. Libraries that are not installed are left out. `--errors` compares value
and gradient of the same rows to 60 digits instead.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath as mp

sys.path.insert(0, str(Path(__file__).parent))

from losses_families import FAMILIES, Family, rows

Task = Callable[[], Any] | None
LIBRARIES = ("likelier numpy", "scipy", "likelier torch", "torch", "likelier jax", "numpyro")
SAMPLE = 200


def rates(tasks: list[Task], n: int) -> list[float]:
    """Best throughput of each task in millions of rows a second of CPU time; NaN for None."""
    best = [math.nan for _ in tasks]
    for run in range(10 if n < 1_000_000 else 3):
        for i, task in enumerate(tasks):
            if task is not None:
                began = time.process_time()
                task()
                seconds = time.process_time() - began
                # The first run warms up.
                best[i] = min(best[i], seconds) if run > 1 else seconds
    return [n / seconds / 1e6 for seconds in best]


def numpy_task(family: Family, parameters: tuple[Any, ...], y: Any) -> Task:
    """Our value and score, as a fit and our loss on PyTorch take them."""

    def run() -> dict[str, Any]:
        d = family.ours(*parameters)
        return d._rows(y, [k for k in d.given if d.parameters_declared[k].role == "predicted"], 1)

    return run


def torch_task(make: Any, parameters: tuple[Any, ...], y: Any) -> Task:
    """A backward pass through our loss, or through PyTorch's own."""
    import torch

    tensors, observed = [torch.tensor(x) for x in parameters], torch.tensor(y)

    def run() -> list[Any]:
        leaves = [x.detach().requires_grad_() for x in tensors]
        value = make(*leaves).log_prob(observed)
        value.sum().backward()
        return [value.detach(), *(x.grad for x in leaves)]

    return run


def jax_task(make: Any, parameters: tuple[Any, ...], y: Any, whole: bool = False) -> Task:
    """A jitted value and gradient of the sum of log_prob; `whole` keeps the value of each row."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def total(parameters: Any, y: Any) -> Any:
        value = make(*parameters).log_prob(y)
        return value.sum(), value if whole else None

    # As arguments: functions of observations that are constants would be computed only once.
    step = jax.jit(jax.value_and_grad(total, has_aux=True))
    arrays, observed = tuple(jnp.asarray(x) for x in parameters), jnp.asarray(y)

    def run() -> list[Any]:
        (_, value), gradient = jax.block_until_ready(step(arrays, observed))
        return [value, *gradient]

    return run


def tasks_of(
    family: Family, parameters: tuple[Any, ...], y: Any, whole: bool = False
) -> list[Task]:
    """Value and gradient of each library, SciPy's value alone."""
    tasks: list[Task] = [numpy_task(family, parameters, y), None, None, None, None, None]
    if family.scipy is not None:
        tasks[1] = lambda: family.scipy(y, *parameters)
    if importlib.util.find_spec("torch"):
        import torch.distributions as td

        import torch

        # PyTorch's GeneralizedPareto makes constants of the default type.
        torch.set_default_dtype(torch.float64)

        def peer(*p: Any) -> Any:
            return family.torch(td, *p, validate_args=False)

        tasks[2] = torch_task(family.ours, parameters, y)
        tasks[3] = torch_task(peer, parameters, y) if family.torch else None
    if importlib.util.find_spec("jax"):
        tasks[4] = jax_task(family.ours, parameters, y, whole)
    if importlib.util.find_spec("numpyro") and family.numpyro:
        import numpyro.distributions as nd

        tasks[5] = jax_task(lambda *p: family.numpyro(nd, *p), parameters, y, whole)
    return tasks


def speed(name: str, n: int) -> str:
    """One line of the table of rates, ours followed by its ratio to the peer."""
    parameters, y = rows(FAMILIES[name], n)
    values: Task = lambda: FAMILIES[name].ours(*parameters).log_prob(y)  # noqa: E731
    tasks = [values, *tasks_of(FAMILIES[name], parameters, y)]
    alone, *both = [rate for i in (0, 3, 5) for rate in rates(tasks[i : max(i + 2, 3)], n)]
    cells = [_pair(alone, both[1]), f"{both[0]:.1f} ({both[0] / both[1]:.1f})", f"{both[1]:.1f}"]
    for ours, peer in (both[2:4], both[4:6]):
        cells += [_pair(ours, peer), "–" if math.isnan(peer) else f"{peer:.1f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def _pair(ours: float, peer: float) -> str:
    return f"{ours:.1f}" + ("" if math.isnan(peer) else f" ({ours / peer:.1f})")


def errors(name: str) -> str:
    """One line of the table of errors: the largest of values and, after it, of gradients."""
    family = FAMILIES[name]
    parameters, y = rows(family, SAMPLE)
    exact = [_exact(family, [p[i] for p in parameters], y[i]) for i in range(SAMPLE)]
    cells = []
    for task in tasks_of(family, parameters, y, whole=True):
        found = task() if task else None
        if found is None:
            cells.append("–")
            continue
        columns = list(found.values()) if isinstance(found, dict) else found
        columns = columns if isinstance(columns, list) else [columns]
        worst = [
            max(
                float(abs(mp.mpf(float(column[i])) - exact[i][j]) / max(1, abs(exact[i][j])))
                for i in range(SAMPLE)
            )
            for j, column in enumerate(columns)
        ]
        parts = [worst[0], max(worst[1:])] if len(worst) > 1 else worst
        cells.append(" / ".join(f"{x:.0e}".replace("e-0", "e-") for x in parts))
    return f"| {name} | " + " | ".join(cells) + " |"


def _exact(family: Family, parameters: list[float], y: float) -> list[Any]:
    """Value and gradient to 40 digits and more, by differences at 60."""
    with mp.workdps(60):
        at = [mp.mpf(float(p)) for p in parameters]
        value = family.exact(mp.mpf(y), *at)
        slopes = [
            mp.diff(lambda x, j=j: family.exact(mp.mpf(y), *at[:j], x, *at[j + 1 :]), at[j])
            for j in range(len(at))
        ]
        return [value, *slopes]


def main() -> None:
    """Print a table in Markdown."""
    arguments = sys.argv[1:]
    digits = "--errors" in arguments
    if digits:
        arguments.remove("--errors")
        titles = list(LIBRARIES)
        n = 0
    else:
        n = int(float(arguments.pop(0))) if arguments else 200_000
        titles = ["likelier numpy, value", "with gradient", "scipy, value", *LIBRARIES[2:]]
    print("| | " + " | ".join(titles) + " |\n|---" + "|---:" * len(titles) + "|")
    for name in FAMILIES:
        if not arguments or name in arguments:
            print(errors(name) if digits else speed(name, n), flush=True)


if __name__ == "__main__":
    main()
