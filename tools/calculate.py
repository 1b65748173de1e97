"""A calculator for sums that somebody typed: numbers, + - * / // % **, parentheses and a few functions, nothing else."""

import ast
import math
import operator
from collections.abc import Callable

MAX_LENGTH = 200
_MAX_POWER = 1000
_MAX_MAGNITUDE = 1e300
_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs, "round": round, "min": min, "max": max, "sqrt": math.sqrt, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip
_SIGNS = {0xD7: "*", 0xF7: "/", 0x2212: "-"}
"""Multiplication, division and minus signs as they are typeset."""
_CONSTANTS = {"pi": math.pi, "e": math.e}


def calculate(expression: str) -> float:
    """Return the value of an arithmetic expression; a percent sign after a number is a hundredth of it.

    Raises ValueError for anything that is not arithmetic, for a division by zero, and for results beyond 1e300.
    """
    text = expression.strip().translate(_SIGNS).replace("^", "**")
    if not text or len(text) > MAX_LENGTH:
        raise ValueError(f"give a sum of 1 to {MAX_LENGTH} characters, such as (2 + 3) * 4")
    if text.endswith("%"):
        text = f"({text[:-1]}) / 100"
    try:
        return _checked(_value(ast.parse(text, mode="eval").body))
    except ZeroDivisionError as error:
        raise ValueError("that divides by zero") from error
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{expression.strip()!r} is not a sum I can read, such as (2 + 3) * 4") from error
    except (OverflowError, TypeError, ArithmeticError) as error:
        raise ValueError(f"{expression.strip()!r} has no value that I can give") from error


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            return _checked(number)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=sign, operand=inner) if type(sign) in _UNARY:
            return _UNARY[type(sign)](_value(inner))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            a, b = _value(left), _value(right)
            if isinstance(sign, ast.Pow) and abs(b) > _MAX_POWER:
                raise ValueError(f"powers go up to {_MAX_POWER}")
            # Powers of whole numbers could fill the memory; of fractions they overflow instead.
            return _checked(
                _BINARY[type(sign)](float(a), b) if isinstance(sign, ast.Pow) else _BINARY[type(sign)](a, b)
            )
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _checked(_FUNCTIONS[name](*map(_value, args)))
    raise ValueError("only numbers, + - * / // % **, parentheses, abs, round, min, max, sqrt, floor and ceil are known")


def _checked(value: float) -> float:
    if isinstance(value, complex) or not abs(value) <= _MAX_MAGNITUDE:
        raise ValueError("the result is no number that I can give")
    return value
