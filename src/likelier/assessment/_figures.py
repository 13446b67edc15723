"""The figures of an assessment, as a table and as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likelier.assessment.outcomes import LEVEL, Labels, Numbers

if TYPE_CHECKING:
    import pandas as pd

    from likelier.assessment.assessment import Assessment

_NAMES = {
    "nll": "NLL, in nats",
    "crps": "CRPS, in the unit of {target}",
    "brier": "Brier score",
    "accuracy": "labels predicted right",
    "mse": "squared error of the mean",
    "mae": "absolute error of the median, in the unit of {target}",
}


def figures(a: Assessment) -> pd.DataFrame:
    """What `Assessment.table` describes."""
    import pandas as pd

    first = a._first_error
    rows = [
        *((name, *a._average(values)) for name, values in a.scores.items()),
        (f"coverage_{100 * LEVEL:g}", *a._average(a.outcomes.covered(LEVEL))),
        ("calibration_error", first.value, first.standard_error),
        ("sharpness", *a._average(a.outcomes.sharpness())),
        ("overconfidence", *a._average(a.outcomes.excess[0])),
    ]
    return pd.DataFrame(rows, columns=["score", "value", "standard_error"])


def lines_of(a: Assessment) -> list[tuple[str, float, float]]:
    """What `Assessment.lines` describes."""
    words = {
        **_NAMES,
        f"coverage_{100 * LEVEL:g}": f"held by {a.outcomes.region.format(100 * LEVEL)}",
        "calibration_error": "calibration error",
        "sharpness": "width of 90 % intervals, in the unit of {target}"
        if isinstance(a.outcomes, Numbers)
        else "entropy of a prediction, in nats",
        "overconfidence": "over-confidence (0: none)",
    }
    if isinstance(a.outcomes, Labels):
        words["crps"] = "ranked probability score"
    # Of two labels it is Brier's score, which stands there already.
    twice = {"crps"} if a.outcomes.distribution.support.name == "binary" else set()
    t = a.table
    return [
        (words[name].format(target=a.target), float(value), float(error))
        for name, value, error in zip(t.score, t.value, t.standard_error, strict=True)
        if name not in twice
    ]
