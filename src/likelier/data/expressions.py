"""Expressions inside formulas: read, checked against a closed list, and computed. Never executed.

An expression is read into Python's syntax tree, and this file alone walks that tree. It knows
columns, numbers, arithmetic, comparison and the functions of `likelier.data.transforms`;
whatever else is written there, such as an attribute, a subscript, a lambda or another function, is
refused with a `FormulaError` when the formula is read, before any data are touched. There is no
call of `eval` or `compile` on the way, so that a formula from a command line or from a model
file can do no more than arithmetic.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from likelier.data.columns import show
from likelier.data.contrasts import CONTRASTS, Contrast
from likelier.data.transforms import ELEMENTWISE, LEARNING
from likelier.errors import FormulaError, did_you_mean

__all__ = [
    "Categorical",
    "Expression",
    "column_expression",
    "cut",
    "function_name",
    "parse_expression",
    "quote",
]

_BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_LOGICAL = (ast.BitAnd, ast.BitOr)
_COMPARE = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_QUOTED = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|`([^`]*)`""")
_PLAIN = re.compile(r"[A-Za-z]\w*")
_HINTS = {
    "offset": "Pass the offset as a keyword: offset=...",
    "factor": "Write C(...).",
    "as_factor": "Write C(...).",
    "s": "Write bs(...), cr(...) or cc(...).",
    "te": "Write products of bs(...) terms.",
    "ns": "Write cr(...).",
    "lag": "Lag the column before the fit: rows need not be in order of time here.",
    "Surv": "Surv(...) stands on the left side only.",
    "ln": "Write log(...).",
}
_MAX_LENGTH = 5_000
_MAX_DEPTH = 60


@dataclass(frozen=True)
class Categorical:
    """What `C(...)` asks for.

    Attributes:
        node: the expression of its first argument.
        contrast: how the levels are coded.
        levels: the levels in order, if they are given.
        spans_intercept: whether full-rank coding counts it as spanning a constant.
    """

    node: ast.expr
    contrast: Contrast
    levels: tuple[Any, ...] | None
    spans_intercept: bool


@dataclass(frozen=True, eq=False)
class Expression:
    """An expression that has passed the check.

    Attributes:
        text: the expression in its normal spelling, which names its columns in a matrix.
        node: the checked syntax tree.
        names: identifier in the tree -> column name.
        columns: the columns it reads, each once, in order.
        categorical: what `C(...)` asks for, if the expression is one.
        learning: the calls in it that learn from data, by their text: function and options.
    """

    text: str
    node: ast.expr
    names: Mapping[str, str]
    columns: tuple[str, ...]
    categorical: Categorical | None = None
    learning: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    @functools.cached_property
    def column(self) -> str | None:
        """The column name, if the expression is nothing but a column."""
        return self.columns[0] if isinstance(self.node, ast.Name) else None

    @functools.cached_property
    def spelling(self) -> str:
        """The expression as it must be spelt in a formula."""
        return self.text if self.column is None else quote(self.column)


def quote(name: str) -> str:
    """Return a column name as a formula must spell it, in backticks if it is not an identifier."""
    return name if _PLAIN.fullmatch(name) else f"`{name}`"


@functools.lru_cache(maxsize=1024)
def column_expression(name: str) -> Expression:
    """The expression that is nothing but the column of that name, which needs no reading."""
    return Expression(name, ast.Name("_0"), {"_0": name}, (name,))


def parse_expression(text: str) -> Expression:
    """Read and check an expression.

    Raises:
        FormulaError: if it is not an expression, or holds anything that is not on the list.
    """
    if len(text) > _MAX_LENGTH:
        raise FormulaError(f"`{text[:40]}...` is too long: {len(text):,} characters.")
    aliases: dict[str, str] = {}

    def alias(match: re.Match[str]) -> str:
        if match.group(1) is not None:
            return match.group(1)
        return aliases.setdefault(match.group(2), f"_likelier_column_{len(aliases)}_")

    try:
        body = ast.parse(_QUOTED.sub(alias, text).strip(), mode="eval").body
        _check_depth(body, text)
        normal = ast.unparse(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it cannot be read"
        raise FormulaError(f"cannot read `{cut(text)}`: {reason}.") from None
    names = {identifier: column for column, identifier in aliases.items()}
    for identifier, column in names.items():
        normal = normal.replace(identifier, f"`{column}`")
    checker = _Checker(cut(normal), names)
    categorical = checker.outermost(body)
    columns = tuple(dict.fromkeys(checker.columns))
    if isinstance(body, ast.Name):
        normal = columns[0]
    return Expression(normal, body, names, columns, categorical, checker.learning)


def _check_depth(node: ast.AST, text: str) -> None:
    """Refuse trees so deep that walking them could overflow the stack."""
    level, depth = [node], 0
    while level:
        depth += 1
        if depth > _MAX_DEPTH:
            raise FormulaError(f"`{cut(text)}` is nested too deeply.")
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]


def cut(text: str) -> str:
    """Shorten an expression for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


class _Checker:
    """Walks a tree once, refuses what is not on the list and collects the columns."""

    def __init__(self, text: str, names: dict[str, str]) -> None:
        self.text = text
        self.names = names
        self.columns: list[str] = []
        self.learning: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def refuse(self, what: str, hint: str = "") -> FormulaError:
        return FormulaError(f"`{self.text}`: {what}.{hint and ' ' + hint}")

    def outermost(self, node: ast.expr) -> Categorical | None:
        """Check a whole expression; only here may C(...) and a spline stand."""
        name = function_name(node)
        if name == "C":
            assert isinstance(node, ast.Call)
            return self._categorical(node)
        if name in LEARNING and LEARNING[name].basis:
            assert isinstance(node, ast.Call)
            self._learning(name, node)
        else:
            self.numbers(node)
        if not self.columns:
            raise self.refuse("there is no column in it")
        return None

    def numbers(self, node: ast.AST, text_allowed: bool = False) -> None:
        """Check an expression that is to give one number a row."""
        if isinstance(node, ast.Name):
            self._name(node.id)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and text_allowed:
                return
            if type(node.value) not in (int, float, bool):
                raise self.refuse(f"{show(node.value)} cannot stand here")
        elif isinstance(node, ast.BinOp):
            if not isinstance(node.op, (*_BINARY, *_LOGICAL)):
                raise self.refuse(f"the operator {type(node.op).__name__} is not allowed")
            self.numbers(node.left)
            self.numbers(node.right)
        elif isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                raise self.refuse("write ~(...) for `not`")
            self.numbers(node.operand)
        elif isinstance(node, ast.Compare):
            if not all(isinstance(op, _COMPARE) for op in node.ops):
                raise self.refuse("`in` and `is` are not allowed; compare with ==")
            for side in (node.left, *node.comparators):
                self.numbers(side, text_allowed=True)
        elif isinstance(node, ast.Call):
            self._call(node)
        else:
            raise self.refuse(
                f"{_WORDS.get(type(node), type(node).__name__)} is not allowed in a formula",
                "Put a column name that has a dot in it into backticks."
                if isinstance(node, ast.Attribute)
                else "Columns, numbers, arithmetic, comparison and the listed functions are.",
            )

    def _name(self, identifier: str) -> None:
        """Take a name as a column."""
        if identifier not in self.names:
            if identifier.startswith("__"):
                raise self.refuse(f"the name {identifier} is not allowed")
            self.names[identifier] = identifier
        self.columns.append(self.names[identifier])

    def _call(self, node: ast.Call) -> None:
        """Check the call of a function of numbers."""
        name = function_name(node)
        if name in ELEMENTWISE:
            count = ELEMENTWISE[name][0]
            if node.keywords or len(node.args) != count:
                raise self.refuse(f"{name} takes {count} argument{'s' * (count > 1)}")
            for argument in node.args:
                self.numbers(argument)
        elif name == "Q":
            if (
                node.keywords
                or len(node.args) != 1
                or not isinstance(node.args[0], ast.Constant)
                or not isinstance(node.args[0].value, str)
            ):
                raise self.refuse('Q takes the name of a column in quotes, Q("my column")')
            self.columns.append(node.args[0].value)
        elif name in LEARNING and not LEARNING[name].basis:
            self._learning(name, node)
        elif name == "C" or name in LEARNING:
            raise self.refuse(f"{name}(...) cannot stand inside another function")
        elif not name:
            raise self.refuse("only a function by its name can be called")
        else:
            known = [*ELEMENTWISE, *LEARNING, "C", "Q"]
            hint = _HINTS.get(name) or did_you_mean(name, known).strip()
            hint = hint or "Allowed are: " + ", ".join(known) + "."
            raise self.refuse(f"{name}(...) is not a function that formulas may call", hint)

    def _learning(self, name: str, node: ast.Call) -> None:
        """Check the call of a function that learns."""
        if not node.args:
            raise self.refuse(f"{name} needs a column")
        self.numbers(node.args[0])
        options = self.options(name, node, LEARNING[name].options)
        self.learning[ast.unparse(node)] = (name, options)

    def options(self, name: str, node: ast.Call, allowed: tuple[str, ...]) -> dict[str, Any]:
        """Return the constant arguments after the first, by name."""
        found: dict[str, Any] = {}
        if len(node.args) - 1 > len(allowed):
            raise self.refuse(f"{name} takes at most {1 + len(allowed)} arguments")
        for option, value in zip(allowed, node.args[1:], strict=False):
            found[option] = self.constant(value)
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg not in allowed:
                given = keyword.arg or "**"
                raise self.refuse(
                    f"{name} has no argument {given}", did_you_mean(given, allowed).strip()
                )
            if keyword.arg in found:
                raise self.refuse(f"{name} is given {keyword.arg} twice")
            found[keyword.arg] = self.constant(keyword.value)
        return found

    def constant(self, node: ast.AST) -> Any:
        """Return the value of a literal: number, text, True, False, None, or a list of them."""
        if isinstance(node, ast.Constant) and (
            node.value is None or type(node.value) in (int, float, bool, str)
        ):
            return node.value
        if (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.USub)
            and isinstance(node.operand, ast.Constant)
            and isinstance(node.operand.value, (int, float))
        ):
            return -node.operand.value
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self.constant(item) for item in node.elts]
        raise self.refuse("arguments after the first are plain numbers, texts or lists of them")

    def _categorical(self, node: ast.Call) -> Categorical:
        """Check C(column, contrast, levels=[...])."""
        if not node.args or len(node.args) > 2:
            raise self.refuse("C takes a column and, if need be, a contrast")
        self.numbers(node.args[0])
        if self.learning:
            raise self.refuse("C(...) takes a column or arithmetic, not a function that learns")
        given = {"contrasts": node.args[1]} if len(node.args) > 1 else {}
        for keyword in node.keywords:
            if (
                keyword.arg not in ("contrasts", "levels", "spans_intercept")
                or keyword.arg in given
            ):
                raise self.refuse(f"C does not take {keyword.arg or '**'} here")
            given[keyword.arg] = keyword.value
        levels = self.constant(given["levels"]) if "levels" in given else None
        if levels is not None and not _is_list_of_levels(levels):
            raise self.refuse("levels is a list in which each level stands once")
        spans = self.constant(given["spans_intercept"]) if "spans_intercept" in given else True
        contrast = self._contrast(given["contrasts"]) if "contrasts" in given else Contrast()
        if not self.columns:
            raise self.refuse("there is no column in it")
        return Categorical(
            node.args[0], contrast, None if levels is None else tuple(levels), bool(spans)
        )

    def _contrast(self, node: ast.expr) -> Contrast:
        """Check a contrast: Sum, contr.sum, Treatment("b"), contr.treatment(base="b")."""
        target = node.func if isinstance(node, ast.Call) else node
        if isinstance(target, ast.Name):
            name = target.id
        elif (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and target.value.id == "contr"
        ):
            name = target.attr
        else:
            raise self.refuse("the contrast is not one of " + ", ".join(CONTRASTS))
        options = CONTRASTS.get(name.lower())
        if options is None:
            hint = did_you_mean(name, CONTRASTS).strip()
            raise self.refuse(
                f"there is no contrast {name}", hint or f"There are {', '.join(CONTRASTS)}."
            )
        if not isinstance(node, ast.Call):
            return Contrast(name.lower())
        shifted = ast.Call(node.func, [node, *node.args], node.keywords)
        return Contrast(name.lower(), self.options(name, shifted, options))


def _is_list_of_levels(value: Any) -> bool:
    """Whether this is a list of texts and numbers, each once."""
    if not isinstance(value, list) or any(isinstance(level, list) for level in value):
        return False
    return len(set(value)) == len(value)


_WORDS = {
    ast.Attribute: "an attribute (a.b)",
    ast.Subscript: "a subscript (a[b])",
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.ListComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.List: "a list",
    ast.Tuple: "a tuple",
    ast.IfExp: "if-else",
    ast.BoolOp: "`and`/`or` (write & and |)",
    ast.Starred: "a starred argument",
}


def function_name(node: ast.AST) -> str:
    """Return what a call calls: `log` for log(x) and np.log(x); nothing if it is no such call."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    if (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in ("np", "numpy")
        and function.attr in ELEMENTWISE
        and function.attr != "I"
    ):
        return function.attr
    return ""
