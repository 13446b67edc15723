"""Diagnosis: what is wrong with a fit, named, with the remedy. `_base.py` is the contract."""

from collections.abc import Callable, Iterable

import numpy as np

from likelier.diagnosis import (
    boundary,
    collapse,
    collinearity,
    convergence,
    identification,
    influence,
    magnitude,
    near_collinearity,
    penalty,
    risk,
    separation,
    stand_in,
    unknowns,
    wrong_family,
)
from likelier.diagnosis._base import Case as Case
from likelier.diagnosis._base import Diagnoses as Diagnoses
from likelier.diagnosis._base import Diagnosis as Diagnosis
from likelier.diagnosis._base import Finding as Finding
from likelier.diagnosis._listing import diagnosis_lines as diagnosis_lines
from likelier.diagnosis._listing import diagnosis_notes as diagnosis_notes
from likelier.diagnosis.diagnosed import Diagnosed as Diagnosed
from likelier.diagnosis.overconfident_training import check_training as check_training
from likelier.diagnosis.screening import is_plain as is_plain

CHECKS = (
    separation.check,
    collapse.check,
    collinearity.check,
    boundary.check,
    identification.check,
    unknowns.check,
    stand_in.check,
    magnitude.check,
)
"""The checks that look for a cause; `convergence` speaks when none of them finds one."""
OF_DATA = (separation.check, collinearity.check, identification.check, near_collinearity.check)
"""Those of what the data leave open, which is no fault of an estimate that penalties hold."""
REMARKS = (
    near_collinearity.check,
    wrong_family.check,
    influence.check,
    penalty.check,
    risk.check,
)
"""The checks of what there is to know about a fit that stands; none finds anything serious."""

REMARK_KINDS = (
    "near collinearity",
    "over-dispersion",
    "excess zeros",
    "heavy tails",
    "influence",
    "penalised",
    "not a likelihood",
)
"""What `REMARKS` find; no estimate is wrong for it."""


def diagnose(case: Case) -> tuple[list[Finding], Diagnosed]:
    """The findings that estimates and errors depend on, and all diagnoses, remarks on demand."""
    _run(CHECKS, case)
    if not case.found or not _explained(case):
        _run((convergence.check,), case)
    causes = list(case.found)

    def remarks() -> list[Finding]:
        _run(REMARKS, case)
        return case.found[len(causes) :]

    return causes, Diagnosed((d for finding in causes for d in finding.diagnoses), remarks)


def _run(checks: Iterable[Callable[[Case], Finding | None]], case: Case) -> None:
    # Numbers beyond double precision are among what is looked for.
    with np.errstate(all="ignore"):
        for check in checks:
            if check in OF_DATA and case.shrunk:
                continue
            found = check(case)
            if found is not None:
                case.found.append(found)


def _explained(case: Case) -> bool:
    """Whether something found says why the search came to no end."""
    return any(d.kind != "overflow" for finding in case.found for d in finding.diagnoses)


__all__ = [
    "CHECKS",
    "OF_DATA",
    "REMARKS",
    "REMARK_KINDS",
    "Case",
    "Diagnosed",
    "Diagnoses",
    "Diagnosis",
    "Finding",
    "check_training",
    "diagnose",
    "diagnosis_lines",
    "diagnosis_notes",
    "is_plain",
]
