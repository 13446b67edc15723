"""What inference can claim of an estimate that a penalty has moved."""

from __future__ import annotations

from likelier.diagnosis._base import Case, Diagnosis, Finding
from likelier.diagnosis._remedies import BOOTSTRAP, PROFILE, python, spelt

_CLAIMS = {
    "information": (
        "standard errors are those of the information there, and AIC and BIC are no longer what "
        "they are at a maximum",
        spelt(lambda say: f"{say(PROFILE)} for intervals of the penalised likelihood"),
    ),
    "penalised": (
        "standard errors are those of the penalised curvature: they say how much an estimate would "
        "vary, not how far it has been drawn from the truth; AIC and BIC count effective "
        "coefficients",
        spelt(
            lambda say: (
                f"{say(BOOTSTRAP)} for the spread over samples, or the same fit without the penalty"
            )
        ),
    ),
    "none": (
        "it has chosen among the terms by the same rows, so that no standard errors, p-values or "
        "intervals of the usual kind hold and none are shown; AIC and BIC count the coefficients "
        "that are not 0",
        spelt(
            lambda say: (
                f"{say(python('fit.refit(), fit.debiased() or fit.bootstrap()'))}, which say what "
                "they are"
            )
        ),
    ),
}


def check(case: Case) -> Finding | None:
    """Say what the numbers of a penalised fit are."""
    function = case.function
    held = [bound for bound in function.penalties if bound.strength]
    if not held or not function.risk.is_likelihood:
        return None
    text = " + ".join([function.risk.text(), *(bound.text() for bound in held)])
    kinds = {bound.penalty.inference for bound in held}
    claim, remedy = _CLAIMS[next(kind for kind in reversed(_CLAIMS) if kind in kinds)]
    return Finding(
        [
            Diagnosis(
                kind="penalised",
                severity="note",
                message=(
                    f"the estimates minimise {text}, not the likelihood alone: the log-likelihood "
                    f"shown is the plain one at this point; {claim}"
                ),
                evidence={"objective": text},
                **remedy,
            )
        ]
    )
