"""Independent answers: formulas in mpmath, written from each source and not from our code.

To cover a family (or a modifier of one), add a file here with one or more `Oracle`s and nothing
else need change: the tests of `tests/distributions` and `tests/torch` walk the catalogue and find
the oracle by the family's class name or, for a modified family, its text. An exported family
without an oracle fails `test_catalogue.py`.

    # oracles/exponential.py
    from mpmath import mp
    from oracles._oracle import Oracle
    from oracles._points import log_uniform

    def log_prob(y, mean=None, rate=None):        # mpf in, mpf out, at the working precision
        rate = 1 / mean if rate is None else rate
        return mp.log(rate) - rate * y

    def sf(y, mean=None, rate=None):
        return mp.exp(-y * (1 / mean if rate is None else rate))

    def points(rng):                              # about 240 of them: ordinary, tiny, huge, limits
        for _ in range(120):
            mean = log_uniform(rng, 1e-150, 1e150)
            yield {"mean": mean}, mean * log_uniform(rng, 1e-20, 700)
        ...

    ORACLE = Oracle(
        "Exponential",
        log_prob,
        points,
        ordinary=({"mean": 0.7}, {"mean": 12.0}),
        sf=sf,                                    # cdf is then 1 - sf at a raised precision
        sweeps=(({"mean": (1e-150, 1e150)}, 2.0),),
    )

What the fields mean is said in `_oracle.py`. Every parametrisation of the family should occur
among the points. Derivatives, and the condition numbers that set the tolerance, are found by
differences of `log_prob` at as many digits as the point needs: write `log_prob` so that it takes
values just beside the point (for a count, through gamma functions; at a parameter of exactly 0,
on the side that its domain allows), or give `score`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from oracles._oracle import Oracle as Oracle


@functools.cache
def written_oracles() -> tuple[Oracle, ...]:
    """Every oracle of this folder."""
    found: list[Oracle] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        if not module.startswith("_"):
            for member in vars(importlib.import_module(f"oracles.{module}")).values():
                several = member if isinstance(member, tuple) else (member,)
                found += [x for x in several if isinstance(x, Oracle)]
    return tuple(dict.fromkeys(found))


@functools.cache
def all_oracles() -> tuple[Oracle, ...]:
    """The oracles whose family exists; that this is all of them is a test in itself."""
    return tuple(o for o in written_oracles() if o.exists)


def one_of_each(oracles: tuple[Oracle, ...]) -> list[Oracle]:
    """Every family with ordinary members, and one family of each modifier."""
    found: dict[str, Oracle] = {}
    for oracle in oracles:
        if oracle.ordinary:
            found.setdefault(oracle.cls.text().split("(")[0], oracle)
    return list(found.values())
