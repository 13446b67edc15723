"""Families as text, `"zero_inflated(poisson)"`, for command lines, keywords and saved models.

    family    := name [ "(" argument { "," argument } ")" ]
    argument  := [ name "=" ] ( number | list | family )
    list      := "[" number { "," number } "]"

Text is parsed, never evaluated. A family with `name=value` arguments is that family `Fixed`.
"""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any

from likelier.errors import LikelierError, did_you_mean

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>[+-]?(?:inf|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))"
    r"|(?P<mark>[()\[\],=]))"
)

_DEEPEST = 20
"""Modifiers of modifiers: more than this is no family, but would overflow the stack."""


def catalogue() -> dict[str, Any]:
    """All families that stand by themselves, by their text."""
    return {name: cls for name, cls in _exported().items() if not hasattr(cls, "modify")}


def modifiers() -> dict[str, Any]:
    """All modifiers by their text; each makes a family of a family."""
    return {name: cls for name, cls in _exported().items() if hasattr(cls, "modify")}


@functools.cache
def _exported() -> dict[str, Any]:
    import likelier.distributions as package

    found = (getattr(package, name) for name in package.__all__)
    return {
        cls.text(): cls
        for cls in found
        if isinstance(cls, type)
        and issubclass(cls, package.Distribution)
        and cls is not package.Modifier
        and (cls.parametrisations or hasattr(cls, "modify"))
    }


def from_text(text: str) -> Any:
    """The family that a text means; the inverse of `Family.text()`.

    Args:
        text: a family's name, a modifier with its arguments, or a family with known parameters.
            Capitals, hyphens and underscores make no difference.

    Raises `LikelierError` for a text that is none of these, with the nearest right name.

    Example:
        >>> import likelier as lk
        >>> lk.distributions.from_text("zero_inflated(poisson)").parameter_names
        ('rate', 'gate')
        >>> lk.distributions.from_text("normal(loc=0)").text()
        'fixed(normal, loc=0)'
    """
    found = _exported().get(text)
    # A name as the catalogue has it needs no reading.
    return _Parser(text).parse() if found is None or hasattr(found, "modify") else found


def as_family(family: Any) -> Any:
    """The family meant by a class or a text; raises `LikelierError` for anything else."""
    from likelier.distributions._base import Distribution

    if isinstance(family, str):
        return from_text(family)
    if not (isinstance(family, type) and issubclass(family, Distribution)):
        raise LikelierError(
            f"a family is a class such as likelier.Normal or its text; given: {family!r}"
        )
    if not family.parametrisations:
        raise LikelierError(f"{family.__name__} needs a family: {family.__name__}(...)")
    return family


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        position, source = 0, re.sub(r"(?<=[A-Za-z])-(?=[A-Za-z])", "_", text)
        while source[position:].strip():
            match = _TOKEN.match(source, position)
            if match is None:
                raise self._error(f"cannot read {source[position:].strip()[:20]!r}")
            kind = str(match.lastgroup)
            self.tokens.append((kind, match.group(kind)))
            position = match.end()
        self.at = 0
        self.depth = 0

    def parse(self) -> Any:
        found = self._family()
        if self._peek() == ",":
            raise self._error("one family at a time (compare takes a list, or -d for each)")
        if self.at < len(self.tokens):
            raise self._error(f"{self._peek()!r} is left over")
        return found

    def _error(self, problem: str) -> LikelierError:
        shown = self.text if len(self.text) <= 200 else self.text[:200] + "…"
        return LikelierError(
            f"distribution {shown!r}: {problem};"
            ' write for example "normal", "student_t(df=4)" or "mixture(normal, 3)"'
        )

    def _peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.tokens[at][1] if at < len(self.tokens) else ""

    def _take(self, kind: str, what: str) -> str:
        if self.at >= len(self.tokens):
            raise self._error(f"{what} is missing at its end")
        found, value = self.tokens[self.at]
        if found != kind and value != kind:
            raise self._error(f"{what} is expected where {value!r} stands")
        self.at += 1
        return value

    def _family(self) -> Any:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._error("it is nested too deeply")
        name = self._take("name", "a family's name")
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        if self._peek() == "(":
            self.at += 1
            while True:
                self._argument(args, kwargs)
                if self._peek() != ",":
                    break
                self.at += 1
            self._take(")", "')'")
        self.depth -= 1
        return self._made(name, args, kwargs)

    def _argument(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        if self._peek(1) == "=":
            name = self._take("name", "a parameter's name")
            if name in kwargs:
                raise self._error(f"{name!r} is given twice")
            self.at += 1
            kwargs[name] = self._value(as_word=True)
        elif kwargs:
            raise self._error("arguments without a name come first")
        else:
            args.append(self._value(as_word=False))

    def _value(self, as_word: bool) -> Any:
        if self._peek() == "[":
            self.at += 1
            entries = [self._value(as_word=False)]
            while self._peek() == ",":
                self.at += 1
                entries.append(self._value(as_word=False))
            self._take("]", "']'")
            return entries
        kind, value = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if value == "inf" or kind == "number":
            self.at += 1
            return int(value) if value.isdigit() else float(value)
        if as_word and kind == "name":
            self.at += 1
            return value
        return self._family()

    def _made(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        known = _exported()
        plain = {_plain(text): text for text in known}
        if _plain(name) not in plain:
            hint = did_you_mean(name, known)
            raise LikelierError(
                f"no distribution {name!r}.{hint}" + ("" if hint else _listed(catalogue()))
            )
        cls = known[plain[_plain(name)]]
        if not hasattr(cls, "modify"):
            if args:
                raise self._error(f"{name} takes name=value only")
            return _variant(cls, kwargs)
        try:
            inspect.signature(cls.modify).bind(*args, **kwargs)
        except TypeError as problem:
            raise self._error(f"{name}: {problem}") from None
        return cls.modify(*args, **kwargs)


def _variant(cls: Any, values: dict[str, Any]) -> Any:
    """A family with `name=value` arguments: with its parameters fixed, or one of its kinds."""
    from likelier.distributions.fixed import Fixed

    chosen = {name: value for name, value in values.items() if name in cls.options}
    fixed = {name: value for name, value in values.items() if name not in chosen}
    family = cls.variant(**chosen)
    return Fixed(family, **fixed) if fixed else family


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _listed(names: Any) -> str:
    return " On offer: " + ", ".join(sorted(names))
