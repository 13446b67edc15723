"""A network and its training in words: what a summary says in place of coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from likelier.display import grouped, number
from likelier.errors import LikelierError

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

NO_ERRORS = (
    "the weights of a network have no standard errors (other weights give the same predictions); "
    "for the uncertainty of predictions train an lk.Ensemble"
)


def training_facts(fit: Fit) -> list[tuple[str, str]]:
    """Size, epochs and held-out NLL of a network."""
    facts = fit.facts
    found = [("Weights", grouped(int(facts.degrees_of_freedom)))]
    if facts.chosen:
        found.append(("Held-out NLL", f"{number(held_out_nll(fit), 4)} a row"))
        shown = sorted(set(facts.chosen))
        where = f"{shown[0]}" if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"
        found.append(("Best epoch", where))
    return found


def held_out_nll(fit: Fit) -> float:
    """Mean NLL of the held-out rows at the best epoch, of an ensemble the mean of its members."""
    history = fit.facts.history
    nll = np.array(history["held_out_nll"])
    member = np.array(history.get("member", np.ones(len(nll))))
    return float(np.mean([np.min(nll[member == m]) for m in np.unique(member)]))


def training_notes(fit: Fit) -> list[str]:
    """What a network looks like, and what its weights do not have."""
    from likelier.predictors import NetworkSpec

    assert isinstance(fit.predictor, NetworkSpec)
    lines = fit.predictor.described_by(fit.linked)
    return [f"Network: {'; '.join(lines)}.", f"{NO_ERRORS[0].upper()}{NO_ERRORS[1:]}."]


def refuse_errors() -> NoReturn:
    """Raise the error of what asks for the uncertainty of weights."""
    raise LikelierError(NO_ERRORS)
