"""Remedies in two spellings: as they are typed in Python, and on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True)
class Typed:
    """Something to type.

    Attributes:
        python: in a call.
        command: on the command line.
    """

    python: str
    command: str


class Spelt(TypedDict):
    """The fields of a `Diagnosis` that `spelt` fills."""

    remedy: str
    command: str


def spelt(write: Callable[[Callable[[Typed], str]], str]) -> Spelt:
    """A remedy in both spellings, `Diagnosis(..., **spelt(lambda say: f"{say(JEFFREYS)}, or …"))`.

    Args:
        write: makes the text, given a function that spells what is to be typed.
    """
    return {"remedy": write(lambda it: it.python), "command": write(lambda it: it.command)}


def another(family: str) -> Typed:
    """Another family, by its text."""
    plain = family.replace("_", "").isalnum()
    return Typed(f'distribution="{family}"', f"-d {family}" if plain else f"-d '{family}'")


def formula(parameter: str, right: str) -> Typed:
    """A formula of a parameter."""
    return Typed(f'{{"{parameter}": "~ {right}"}}', f"-f '{parameter} ~ {right}'")


def python(call: str) -> Typed:
    """What only Python takes."""
    return Typed(call, f"{call} in Python")


def penalised(penalty: str, strength: float) -> Typed:
    """The likelihood with a penalty of some strength, by the penalty's name."""
    return Typed(
        f"objective=lk.NLL() + lk.{penalty}({strength:g})",
        f"--penalty {penalty.lower()}:{strength:g}",
    )


JEFFREYS = Typed("objective=lk.NLL() + lk.Jeffreys()", "--penalty jeffreys")
LIKELIHOOD = Typed("objective=lk.NLL()", "the same without --risk")
PROFILE = python('conf_int(method="profile")')
SANDWICH = python('covariance("sandwich")')
BOOTSTRAP = python("fit.bootstrap()")
