"""Diagnosis: what is wrong with a fit, named, with the remedy. `_base.py` is the contract."""

from likelier.diagnosis import boundary, collapse, collinearity, convergence, penalty, separation
from likelier.diagnosis._base import Case as Case
from likelier.diagnosis._base import Diagnosis as Diagnosis
from likelier.diagnosis._base import Finding as Finding

CHECKS = (separation.check, collapse.check, collinearity.check, boundary.check)
"""The checks that look for a cause; `convergence` speaks when none of them finds one."""
REMARKS = (penalty.check,)
"""The checks of what there is to know about any fit."""


def diagnose(case: Case) -> list[Finding]:
    """All findings about a fit, the most serious first."""
    findings = [found for check in CHECKS if (found := check(case)) is not None]
    if not findings and (unexplained := convergence.check(case)) is not None:
        findings = [unexplained]
    return findings + [found for check in REMARKS if (found := check(case)) is not None]


__all__ = ["CHECKS", "Case", "Diagnosis", "Finding", "diagnose"]
