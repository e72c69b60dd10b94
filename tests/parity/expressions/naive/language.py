"""Expressions read by Python's own parser, since the language is Python's where they meet.

A value is a constant, or a column of each member of the universe: one instrument is a universe
of one. Nothing is checked here; only what the language allows is evaluated.
"""

import ast
from collections.abc import Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
from tests.parity.expressions.naive import (
    cross_section,
    elementwise,
    indicators,
    memories,
    other_clock,
    windows,
)
from tests.parity.expressions.naive.model import NULL, Bars, Column, each, is_null, value_or_null

FIELDS = (
    *("open", "high", "low", "close", "volume"),
    *("notional", "trade_count", "buy_volume", "sell_volume"),
)
PLAIN = {**elementwise.FUNCTIONS, **windows.FUNCTIONS, **memories.FUNCTIONS}
# What is made of a bar's prices.
MEANS = {"hl2": ("high", "low"), "hlc3": ("high", "low", "close"), "ohlc4": FIELDS[:4]}
# The parameters of functions that are columns, even where a constant is given.
SERIES = ("x", "y", "c", "a", "b")
BOOLEANS = {"true": True, "false": False}

Constant = float | str
Series = list[Any]


def evaluate(text: str, bars: Bars) -> Column:
    """The expression's value at each bar of one instrument."""
    return evaluate_universe(text, [bars])[0]


def evaluate_universe(text: str, members: Sequence[Bars]) -> list[Column]:
    """The expression's value at each bar of each member."""
    tree = ast.parse(f"(\n{text}\n)", mode="eval").body
    evaluator = Evaluator(members)
    return evaluator.series(evaluator.value(tree))


class Evaluator:
    """Walks the tree, each time anew."""

    def __init__(self, members: Sequence[Bars]) -> None:
        self._members = members

    def series(self, value: Constant | Series) -> Series:
        """A constant at every bar; a column as it is."""
        if isinstance(value, list):
            return value
        return [np.full(len(bars["close"]), float(value)) for bars in self._members]

    def value(self, node: ast.expr) -> Constant | Series:  # noqa: C901, PLR0911  One case a node.
        """Constants stay constants, so that `2 * 10` is a window."""
        match node:
            case ast.Constant(value=constant):
                return constant
            case ast.Name(id=name):
                return self._named(name)
            case ast.BinOp(left=left, op=operator, right=right):
                function = elementwise.ARITHMETIC[type(operator).__name__]
                return self._each(function, self.value(left), self.value(right))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._columns(elementwise.negation, self.value(operand))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._each(lambda one: -one, self.value(operand))
            case ast.UnaryOp(operand=operand):
                return self.value(operand)
            case ast.BoolOp(op=operator, values=nodes):
                function = elementwise.both if isinstance(operator, ast.And) else elementwise.either
                return self._folded(function, [self.value(one) for one in nodes])
            case ast.Compare(left=left, ops=operators, comparators=others):
                return self._chain(operators, [self.value(one) for one in (left, *others)])
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                branches = (self.value(one) for one in (test, body, otherwise))
                return self._columns(elementwise.where, *branches)
            case ast.Attribute(value=whole, attr=name):
                return self._line(whole, name)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords):
                named = {str(one.arg): self.value(one.value) for one in keywords}
                return self._call(name, arguments, named)
        raise NotImplementedError(ast.dump(node))

    def _named(self, name: str) -> Constant | Series:
        if name in BOOLEANS:
            return BOOLEANS[name]
        if name in MEANS:
            sources = MEANS[name]
            return [
                each(lambda *prices: sum(prices) / len(prices), *(bars[one] for one in sources))
                for bars in self._members
            ]
        if name == "vwap":
            return [indicators.vwap(bars) for bars in self._members]
        return [np.asarray(bars[name], dtype=np.float64) for bars in self._members]

    def _each(self, function: Any, *values: Constant | Series) -> Constant | Series:
        if not any(isinstance(value, list) for value in values):
            return _folded_constant(function, *values)
        return self._columns(lambda *operands: each(function, *operands), *values)

    def _columns(self, function: Any, *values: Constant | Series) -> Series:
        operands = [self.series(value) for value in values]
        return [function(*columns) for columns in zip(*operands, strict=True)]

    def _folded(self, function: Any, values: Sequence[Constant | Series]) -> Constant | Series:
        found = values[0]
        for value in values[1:]:
            found = self._columns(function, found, value)
        return found

    def _chain(
        self, operators: Sequence[ast.cmpop], values: Sequence[Constant | Series]
    ) -> Constant | Series:
        links = [
            self._each(elementwise.COMPARISONS[type(operator).__name__], *values[at : at + 2])
            for at, operator in enumerate(operators)
        ]
        return self._folded(elementwise.both, links)

    def _line(self, whole: ast.expr, name: str) -> Series:
        match whole:
            case ast.Call(func=ast.Name(id="bars"), args=[ast.Constant(value=interval)]):
                return self._on_other_clock(str(interval), ast.Name(name))
        lines = self.value(whole)
        assert isinstance(lines, list)
        return [line[name] for line in lines]

    def _call(
        self, name: str, nodes: Sequence[ast.expr], named: Mapping[str, Constant | Series]
    ) -> Constant | Series:
        if name == "bars":
            return self._on_other_clock(ast.literal_eval(nodes[0]), nodes[1])
        arguments = [self.value(node) for node in nodes]
        if name in cross_section.FUNCTIONS:
            times = [bars["open_time"] for bars in self._members]
            columns = self.series(arguments[0])
            return cross_section.across(cross_section.FUNCTIONS[name], times, columns)
        return [
            self._call_of(name, member, arguments, named) for member in range(len(self._members))
        ]

    def _call_of(
        self,
        name: str,
        member: int,
        arguments: Sequence[Constant | Series],
        named: Mapping[str, Constant | Series],
    ) -> Any:
        bars = self._members[member]
        function = PLAIN.get(name) or partial(indicators.FUNCTIONS[name], bars)
        given = signature(function).bind(*arguments, **named).arguments
        is_column = SERIES if name not in elementwise.FUNCTIONS else given
        own = {
            parameter: (self.series(value) if parameter in is_column else value)
            for parameter, value in given.items()
        }
        return function(
            **{
                parameter: value[member] if isinstance(value, list) else value
                for parameter, value in own.items()
            }
        )

    def _on_other_clock(self, interval: str, node: ast.expr) -> Series:
        found = []
        for bars in self._members:
            larger = other_clock.bars_of(bars, interval)
            evaluator = Evaluator([larger])
            (values,) = evaluator.series(evaluator.value(node))
            found.append(other_clock.as_of(bars, larger, values))
        return found


def _folded_constant(function: Any, *values: Constant) -> Constant:
    """Whole numbers stay whole, so that `2 * 10` is a window."""
    if any(isinstance(value, float) and is_null(value) for value in values):
        return NULL
    found = value_or_null(lambda: function(*values))
    return int(found) if found.is_integer() else found
