"""Formulas: their grammar is formulaic's (Wilkinson and Rogers, as in R), their factors ours.

formulaic reads the operators `+ - : * / ** ( )` into a syntax tree. What stands between them, a
column or an expression, is read by `likelier.data.expressions` and never executed. A sum of plain
columns and one-column functions has no tree worth the name and is split here, so that everyday
formulas do not wait for formulaic (and pandas) to be imported.
"""

from __future__ import annotations

import functools
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from likelier.data.expressions import Expression, column_expression, parse_expression
from likelier.errors import FormulaError

__all__ = ["Formula", "Term", "parse_formula", "split_formula"]

Term = tuple[Expression, ...]
"""Factors whose product makes the columns of one term."""

_MAX_LENGTH = 200_000
_MAX_TERMS = 20_000
_ITEM = r"\s*(?:[A-Za-z]\w*(?:\(\s*[A-Za-z]\w*\s*\))?|0|1)\s*"
_SUM = re.compile(rf"{_ITEM}(?:\+{_ITEM})*")
_MARKUP = re.compile("\u29db\\[[0-9;]*m|\u29da[0-9;]*")
_DUNDER = re.compile(r"(?:^|\.)__")
_QUOTED_OR_MARK = re.compile(r"""`[^`]*`|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[()~]""")


@dataclass(frozen=True, eq=False)
class Formula:
    """The right-hand side for one distribution parameter.

    Attributes:
        intercept: whether there is a column of ones.
        terms: the other terms, in the order of their columns.
        all_columns: whether every column of a matrix of features stands there, as `.` says.
    """

    intercept: bool
    terms: tuple[Term, ...]
    all_columns: bool = False

    @functools.cached_property
    def text(self) -> str:
        """The formula written out, term by term; two formulas with one text are the same."""
        parts = ["1" if self.intercept else "0", *map(term_name, self.terms)]
        return " + ".join([*parts, "."] if self.all_columns else parts)

    @functools.cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that it reads."""
        return tuple(
            dict.fromkeys(c for term in self.terms for factor in term for c in factor.columns)
        )


def factor_name(factor: Expression) -> str:
    """A factor as it must be spelt in a formula."""
    return factor.spelling


def term_name(term: Term) -> str:
    """A term as it must be spelt in a formula: `C(g):x`."""
    return ":".join(map(factor_name, term))


def split_formula(text: str) -> tuple[str | None, str]:
    """Split a formula at its tilde.

    Args:
        text: `y ~ x`, `~ x`, or `x` alone.

    Returns:
        The left side, or None if there is none, and the right side.

    Raises:
        FormulaError: for several tildes, or nothing right of it.

    Example:
        >>> split_formula("visits ~ age + C(place)")
        ('visits', 'age + C(place)')
        >>> split_formula("~ age")
        (None, 'age')
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a text such as 'y ~ x', not {type(text).__name__}.")
    outside, depth = [], 0
    for match in _QUOTED_OR_MARK.finditer(text):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if match.group() == "~" and depth == 0:
            outside.append(match.start())
    if len(outside) > 1:
        raise FormulaError(f"formula `{_cut(text)}` has {len(outside)} tildes; it may have one.")
    left, right = (text[: outside[0]], text[outside[0] + 1 :]) if outside else ("", text)
    if not right.strip():
        raise FormulaError(
            f"formula `{_cut(text)}` has nothing right of its tilde; 1 is an intercept alone."
        )
    return left.strip() or None, right.strip()


def parse_formula(text: str, available: Sequence[str] = ()) -> Formula:
    """Read a right-hand side.

    Args:
        text: for example `age + C(place)*bs(z, df=5) - 1`.
        available: the columns that `.` stands for.

    Raises:
        FormulaError: if it cannot be read, or holds something that is not allowed.
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a text such as 'age + C(place)', not {text!r}.")
    if len(text) > _MAX_LENGTH:
        raise FormulaError(f"the formula is too long: {len(text):,} characters.")
    return _parse_sum(text) if _SUM.fullmatch(text) else _parse_algebra(text, available)


@functools.lru_cache(maxsize=256)
def _parse_sum(text: str) -> Formula:
    """Read a sum of columns and functions of one column."""
    intercept = True
    terms: dict[str, Term] = {}
    for item in map(str.strip, text.split("+")):
        if item in ("0", "1"):
            intercept = item == "1"
        elif item.isidentifier() and not keyword.iskeyword(item):
            terms[item] = (column_expression(item),)
        else:
            factor = parse_expression(item)
            terms[factor.text] = (factor,)
    return Formula(intercept, tuple(terms.values()))


def _parse_algebra(text: str, available: Sequence[str]) -> Formula:
    """Read a formula with operators: formulaic makes the tree, `_Algebra` the terms."""
    from formulaic.errors import FormulaParsingError
    from formulaic.parser import DefaultFormulaParser

    try:
        tree = DefaultFormulaParser(feature_flags=set()).get_ast(text)
    except FormulaParsingError as error:
        reason = _MARKUP.sub("", str(error)).splitlines()[0].rstrip(".")
        hint = " Write I(...) around arithmetic and comparison." if "operator" in reason else ""
        if operator := re.match(r"Operator (\S+) has insuff", reason):
            reason, hint = f"`{operator[1].strip('`')}` lacks a term on one of its sides", ""
        if "disabled" in reason:
            reason, hint = "`~` and `|` are not used in it", " Each parameter has its own formula."
        raise FormulaError(f"cannot read formula `{_cut(text)}`: {reason}.{hint}") from None
    except Exception as error:
        # The text is anybody's, and formulaic meets it with whatever its parts raise.
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise FormulaError(f"cannot read formula `{_cut(text)}`: {reason}.") from None
    terms = _Algebra(text, available).expand(tree)
    # As in R, terms stand in the order of their degree; the empty product is the intercept.
    ordered = sorted((term for term in terms.values() if term), key=len)
    return Formula(frozenset() in terms, tuple(ordered))


_Terms = dict[frozenset[str], Term]


class _Algebra:
    """Expands formulaic's syntax tree into terms: sets of products of factors.

    formulaic can do this too, but without a bound: (a + b + c)**30 would never end.
    """

    def __init__(self, text: str, available: Sequence[str]) -> None:
        self.text = text
        self.available = available
        self.read: dict[tuple[Any, str], Expression] = {}

    def expand(self, tree: Any) -> _Terms:
        """Walk the tree bottom-up, without recursion: a sum of a thousand terms is that deep."""
        results: list[Any] = []
        todo: list[tuple[Any, bool]] = [(tree, False)]
        while todo:
            node, ready = todo.pop()
            if not hasattr(node, "operator"):
                results.append(self.leaf(node))
            elif ready:
                count = len(node.args)
                arguments = results[len(results) - count :]
                del results[len(results) - count :]
                results.append(self.apply(node.operator.symbol, arguments))
            else:
                todo.append((node, True))
                todo.extend((child, False) for child in reversed(node.args))
        (terms,) = results
        if isinstance(terms, str):
            raise self.refuse(f"{terms} stands alone")
        return terms

    def refuse(self, what: str) -> FormulaError:
        return FormulaError(f"cannot read formula `{_cut(self.text)}`: {what}.")

    def leaf(self, token: Any) -> _Terms | str:
        """Read a column, an expression or the number 1; other literals stay texts."""
        from formulaic.parser.types import Token

        if token.kind is Token.Kind.VALUE:
            return {frozenset(): ()} if token.token == "1" else str(token.token)
        key = (token.kind, token.token)
        if key not in self.read:
            if token.kind is Token.Kind.NAME and _DUNDER.search(token.token):
                raise self.refuse(f"the name {token.token} is not allowed")
            column = token.kind is Token.Kind.NAME
            self.read[key] = (column_expression if column else parse_expression)(token.token)
        factor = self.read[key]
        return {frozenset((factor_name(factor),)): (factor,)}

    def apply(self, symbol: str, arguments: list[Any]) -> _Terms:
        """Apply one operator to sets of terms."""
        if symbol in ("**", "^"):
            base, exponent = arguments
            if exponent == {frozenset(): ()}:
                exponent = "1"
            if not isinstance(exponent, str) or not exponent.isdecimal() or isinstance(base, str):
                raise self.refuse("the power is not a positive whole number")
            return self.power(base, int(exponent[:9]))
        for argument in arguments:
            if isinstance(argument, str):
                raise self.refuse(
                    f"{argument} stands alone; write I(2 * x) to scale a column and keep other "
                    "constants inside I(...)"
                )
        if symbol == ".":
            factors = [column_expression(name) for name in self.available]
            return {frozenset((factor_name(f),)): (f,) for f in factors}
        if len(arguments) == 1 and symbol in "+-":
            return arguments[0] if symbol == "+" else {}
        if len(arguments) != 2 or symbol not in ("+", "-", "*", ":", "/", "in"):
            hint = "; each distribution parameter has a formula of its own" if symbol == "|" else ""
            raise self.refuse(f"the operator {symbol} is not used here{hint}")
        left, right = arguments
        if symbol == "+":
            for key, term in right.items():
                left.setdefault(key, term)
            return left
        if symbol == "-":
            return {key: term for key, term in left.items() if key not in right}
        if symbol == ":":
            return self.product(left, right)
        if symbol == "*":
            crossed = self.product(left, right)
            return {**left, **right, **{k: t for k, t in crossed.items() if k not in left | right}}
        if symbol == "in":
            left, right = right, left
        parents: _Terms = {frozenset(): ()}
        for key, term in left.items():
            parents = self.product(parents, {key: term})
        return {**left, **self.product(parents, right)}

    def product(self, left: _Terms, right: _Terms) -> _Terms:
        """Multiply every term by every term; a factor counts once."""
        if len(left) * len(right) > _MAX_TERMS:
            raise self.refuse(f"it expands to more than {_MAX_TERMS:,} terms")
        made: _Terms = {}
        for (key_a, a), (key_b, b) in product(left.items(), right.items()):
            made.setdefault(key_a | key_b, a + tuple(f for f in b if factor_name(f) not in key_a))
        return made

    def power(self, base: _Terms, exponent: int) -> _Terms:
        """Multiply terms by themselves until nothing new comes."""
        if exponent < 1:
            raise self.refuse("the power is not a positive whole number")
        terms = base
        for _ in range(exponent - 1):
            grown = self.product(terms, base)
            if grown.keys() == terms.keys():
                break
            terms = grown
        return terms


def _cut(text: str) -> str:
    """Shorten a formula for a message."""
    return text if len(text) <= 80 else text[:77] + "..."
