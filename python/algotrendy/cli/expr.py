"""`algotrendy expr`: expressions and the functions of their language, for people."""

from algotrendy._core import (
    Expression,
    expression_caret,
    expression_functions,
)
from algotrendy.errors import ExpressionError


def check(text: str) -> int:
    """Print what there is to say of an expression, or what is wrong with it and where."""
    try:
        expression = Expression(text)
    except ExpressionError:
        print(expression_caret(text))
        return 1
    print(expression.describe())
    return 0


def show_functions(name: str | None) -> int:
    """Print every function in a line, or one with its formula, convention and source."""
    table = expression_functions()
    if name is None:
        for group in dict.fromkeys(function["group"] for function in table):
            print(f"{group}")
            for function in table:
                if function["group"] == group:
                    print(f"  {function['signature']:<58} {function['summary']}")
        return 0
    found = [function for function in table if function["name"] == name]
    if not found:
        print(f"{name} is no function; `algotrendy expr functions` lists them.")
        return 1
    function = found[0]
    print(f"{function['signature']}\n{function['summary']}\n")
    for title, text in (
        ("formula", function["formula"]),
        ("convention", function["convention"]),
        ("source", function["source"]),
    ):
        if text:
            print(f"{title:<11}{text}")
    for attribute, definition, _ in function["outputs"]:
        print(f".{attribute:<10}{definition}")
    return 0
