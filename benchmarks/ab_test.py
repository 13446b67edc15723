"""A/B tests beside ten million draws, their time, and what looking again and again does.

    python benchmarks/ab_test.py > docs/ab-test.md

Every probability, loss and quantile is compared with draws of the same posteriors; what is printed
is the largest difference in standard errors of the draws. Seeded.
"""

from __future__ import annotations

import math
import time

import numpy as np

import likelier as lk

DRAWS = 10_000_000
CASES = {
    "bernoulli": {"A": (120, 1000), "B": (150, 1010), "C": (131, 990)},
    "poisson": {"A": (30, 100.0), "B": (45, 110.0), "C": (2, 4.0)},
    "normal": {"A": (10.0, 2.0, 9), "B": (11.0, 3.0, 14), "C": (10.5, 1.0, 5)},
    "exponential": {"A": (21, 182.0), "B": (9, 359.0), "C": (15, 300.0)},
}
LEVELS = (0.025, 0.5, 0.975)


def main() -> None:
    """Print the page."""
    print("# A/B tests: checked by simulation\n")
    print("    python benchmarks/ab_test.py > docs/ab-test.md\n")
    against_draws()
    print()
    times()
    print()
    peeking()


def against_draws() -> None:
    """Each answer beside its estimate from draws."""
    print(f"## Beside {DRAWS:,} draws of each posterior\n")
    print("| family | answer | likelier | draws | difference in standard errors |")
    print("| --- | --- | --- | --- | --- |")
    for family, totals in CASES.items():
        test = lk.ab_test(totals, family=family)
        draws = {a: d.sample(DRAWS, seed=i) for i, (a, d) in enumerate(test.posterior.items())}
        top = np.maximum.reduce(list(draws.values()))
        for arm in ("A", "B"):
            best = draws[arm] == top
            line(family, f"P({arm} is best)", test.probability_best[arm], best)
            line(family, f"expected loss of {arm}", test.expected_loss[arm], top - draws[arm])
        line(family, "P(B > A)", test.probability_better("B", "A"), draws["B"] > draws["A"])
        steps = {
            "difference": draws["B"] - draws["A"],
            "lift": (draws["B"] - draws["A"]) / np.abs(draws["A"]),
        }
        for name, values in steps.items():
            effect = getattr(test, name)("B", "A")
            for level, q in zip(LEVELS, (effect.lower, effect.estimate, effect.upper), strict=True):
                line(family, f"P({name} ≤ its {level:g} quantile)", level, values <= q)


def line(family: str, what: str, found: float, sample: np.ndarray) -> None:
    """One answer, its estimate, and how far they are apart."""
    mean, error = sample.mean(), sample.std() / math.sqrt(len(sample))
    print(f"| {family} | {what} | {found:.8g} | {mean:.8g} | {(found - mean) / error:+.2f} |")


def times() -> None:
    """CPU time of a test, best of seven."""
    print("## CPU time\n")
    print("| arms | all that is printed, ms |")
    print("| --- | --- |")
    for arms in (2, 5, 10):
        totals = {f"arm {i}": (1000 + 7 * i, 10_000) for i in range(arms)}
        spent = []
        for _ in range(7):
            began = time.process_time()
            lk.ab_test(totals).text()
            spent.append(time.process_time() - began)
        print(f"| {arms} | {1e3 * min(spent):.0f} |")


def peeking() -> None:
    """How often a winner is called among equal arms, by the number of looks."""
    runs, size, p = 20_000, 20_000, 0.1
    rng = np.random.default_rng(0)
    print("## Looking again and again\n")
    print(
        f"Two arms with the same success rate of {p}, up to {size:,} trials each, looked at in "
        f"even steps;\nthe test ends when one arm is better with probability 95 % or more. "
        f"{runs:,} runs, uniform priors,\nposteriors taken as normal.\n"
    )
    print("| looks | runs in which a winner was called |")
    print("| --- | --- |")
    for looks in (1, 2, 5, 10, 20, 100):
        step = size // looks
        called = np.zeros(runs, dtype=bool)
        successes = np.zeros((2, runs))
        for look in range(1, looks + 1):
            successes += rng.binomial(step, p, (2, runs))
            a, b = 1 + successes, 1 + look * step - successes
            mean, n = a / (a + b), a + b
            spread = np.sqrt((mean * (1 - mean) / (n + 1)).sum(axis=0))
            called |= np.abs(mean[1] - mean[0]) / spread >= 1.6448536269514722
        print(f"| {looks} | {100 * called.mean():.1f} % |")


if __name__ == "__main__":
    main()
