"""Arithmetic in profiles: numbers, names, + - * / and parentheses, parsed and never executed as code."""

import ast
import functools
import math
import operator
from collections.abc import Callable, Mapping

from footsense.errors import ProfileError
from footsense.text import display

MAX_LENGTH = 200

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def evaluate(text: str | float, names: Mapping[str, float]) -> float:
    """Value of the expression `text` with `names` known.

    Raises ProfileError for anything but arithmetic, an unknown name, or a value that is no finite number.
    """
    if not isinstance(text, str):
        return text
    try:
        value = float(_value(_parsed(text), names))
    except (ZeroDivisionError, OverflowError) as error:
        raise ProfileError(f"'{display(text)}' has no value: {error}") from error
    if not math.isfinite(value):
        raise ProfileError(f"'{display(text)}' is no finite number")
    return value


@functools.lru_cache(maxsize=512)  # the same text is evaluated under many settings
def _parsed(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise ProfileError(f"expression of {len(text)} characters: {MAX_LENGTH} are allowed")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ProfileError(f"'{display(text)}' is not arithmetic: numbers, names, + - * / ( )") from error


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]  # the line above says so
    if isinstance(node, ast.Name):
        return _named(node.id, names)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, names)
    raise ProfileError("only numbers, names, + - * / and parentheses are allowed in an expression")


def _named(name: str, names: Mapping[str, float]) -> float:
    if name not in names:
        known = ", ".join(sorted(names)) or "none"
        raise ProfileError(f"unknown name '{display(name)}' in an expression (known: {known})")
    return names[name]
