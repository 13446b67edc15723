"""A network and its training in words: what a summary says in place of coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from likelier.display import grouped, number
from likelier.errors import LikelierError

if TYPE_CHECKING:
    from likelier.model.fitted import Fit

NO_ERRORS = (
    "the weights of a network have no standard errors (other weights give the same predictions); "
    "for the uncertainty of predictions train an lk.Ensemble"
)
POOLED_ERRORS = (
    "weights have no standard errors; how far the members agree is the epistemic_variance of a "
    "prediction"
)


def training_facts(fit: Fit) -> list[tuple[str, str]]:
    """Size, best epoch and held-out NLL of a network."""
    facts = fit.facts
    found = [("Weights", grouped(int(facts.degrees_of_freedom)))]
    if facts.held_out_nll is not None:
        found.append(("Held-out NLL", f"{number(facts.held_out_nll, 4)} a row"))
        shown = sorted(set(facts.chosen))
        where = f"{shown[0]}" if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"
        found.append(("Best epoch", where))
    return found


def training_notes(fit: Fit) -> list[str]:
    """What a network looks like, and what its weights do not have."""
    from likelier.predictors import NetworkSpec

    assert isinstance(fit.predictor, NetworkSpec)
    lines = fit.predictor.described_by(fit.linked)
    errors = NO_ERRORS if fit.predictor.members == 1 else POOLED_ERRORS
    terms = fit.objective_terms
    means = [
        f"{term} with {number(mean, 4)}"
        for term, mean in zip(terms["term"], terms["mean"], strict=True)
    ]
    minimised = [f"Minimised, a row: {'; '.join(means)}."] if len(means) > 1 else []
    return [f"Network: {'; '.join(lines)}.", *minimised, f"{errors[0].upper()}{errors[1:]}."]


def network_notes(fit: Fit) -> tuple[str, ...]:
    """What the networks within a curve look like."""
    return tuple(
        f"{name}: a network, {text}." for name, text in fit.predictor.described_networks().items()
    )


def refuse_errors() -> NoReturn:
    """Raise the error of what asks for the uncertainty of weights."""
    raise LikelierError(NO_ERRORS)
