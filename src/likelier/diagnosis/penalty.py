"""What inference can claim of an estimate that a penalty has moved."""

from __future__ import annotations

from likelier.diagnosis._base import Case, Diagnosis, Finding


def check(case: Case) -> Finding | None:
    """Say what the numbers of a penalised fit are."""
    function = case.function
    if not function.penalties:
        return None
    text = " + ".join([function.risk.text(), *(w.text() for w in function.penalties)])
    return Finding(
        [
            Diagnosis(
                kind="penalised",
                severity="note",
                message=(
                    f"the estimates minimise {text}, not the likelihood alone: the log-likelihood "
                    "shown is the plain one at this point, standard errors are those of the "
                    "information there, and AIC and BIC are no longer what they are at a maximum"
                ),
                evidence={"objective": text},
                remedy='conf_int(method="profile") for intervals of the penalised likelihood',
            )
        ]
    )
