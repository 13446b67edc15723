"""What inference can claim of an estimate that is not of maximum likelihood."""

from __future__ import annotations

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._remedies import BOOTSTRAP, LIKELIHOOD, spelt


def check(case: Case) -> Finding | None:
    """Say what the numbers of a fit are whose risk is no likelihood."""
    function = case.function
    if function.risk.is_likelihood:
        return None
    held = [bound.text() for bound in function.penalties if bound.strength]
    text = " + ".join([function.risk.text(), *held])
    return Finding(
        [
            Diagnosis(
                kind="not a likelihood",
                severity="note",
                message=(
                    f"the estimates minimise {text}, not the NLL: the log-likelihood shown is the "
                    "plain one at this point; ordinary standard errors, p-values and intervals do "
                    "not apply and none are shown, and AIC and BIC are no longer what they are at "
                    "a maximum"
                ),
                evidence={"objective": text},
                **spelt(
                    lambda say: (
                        f"{say(BOOTSTRAP)} for the spread over samples, or {say(LIKELIHOOD)}"
                    )
                ),
            )
        ]
    )
