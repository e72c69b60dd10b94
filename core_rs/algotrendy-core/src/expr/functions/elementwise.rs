//! Value by value.

use super::{either, number, X};
use crate::expr::function::{Body, Function, Group, ResultKind};
use crate::expr::op::Op;
use crate::expr::Kind;

const PLAIN: Function = Function { group: Group::Elementwise, ..Function::PLAIN };

const OF_X: Function = Function { parameters: &[X], ..PLAIN };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "abs",
        body: Body::Primitive(|_| Op::Abs),
        summary: "The size without the sign.",
        formula: "|x|",
        ..OF_X
    },
    Function {
        name: "sign",
        body: Body::Primitive(|_| Op::Sign),
        summary: "-1, 0 or 1.",
        formula: "x / |x|; 0 where x is 0",
        ..OF_X
    },
    Function {
        name: "sqrt",
        body: Body::Primitive(|_| Op::Sqrt),
        summary: "The square root; null below 0.",
        formula: "√x",
        ..OF_X
    },
    Function {
        name: "exp",
        body: Body::Primitive(|_| Op::Exp),
        summary: "e to the power of x; null where that is too large for a number.",
        formula: "eˣ",
        ..OF_X
    },
    Function {
        name: "log",
        body: Body::Primitive(|_| Op::Log),
        summary: "The natural logarithm; null at 0 and below.",
        formula: "ln x",
        ..OF_X
    },
    Function {
        name: "floor",
        body: Body::Primitive(|_| Op::Floor),
        summary: "The nearest whole number at or below.",
        formula: "⌊x⌋",
        ..OF_X
    },
    Function {
        name: "ceil",
        body: Body::Primitive(|_| Op::Ceil),
        summary: "The nearest whole number at or above.",
        formula: "⌈x⌉",
        ..OF_X
    },
    Function {
        name: "round",
        body: Body::Primitive(|_| Op::Round),
        summary: "The nearest whole number.",
        formula: "x to the nearest whole number, halves to the even one",
        convention: "Halves go to the even number, as in Python and NumPy: round(2.5) is 2.",
        ..OF_X
    },
    Function {
        name: "minimum",
        parameters: &[number("a"), number("b")],
        body: Body::Primitive(|_| Op::Minimum),
        summary: "The smaller of two values of one bar; null if either is.",
        formula: "a if a < b else b",
        ..PLAIN
    },
    Function {
        name: "maximum",
        parameters: &[number("a"), number("b")],
        body: Body::Primitive(|_| Op::Maximum),
        summary: "The larger of two values of one bar; null if either is.",
        formula: "a if a > b else b",
        ..PLAIN
    },
    Function {
        name: "clip",
        parameters: &[X, number("low"), number("high")],
        body: Body::Definition("minimum(maximum(x, low), high)"),
        summary: "The value, no lower than low and no higher than high.",
        ..PLAIN
    },
    Function {
        name: "where",
        parameters: &[super::boolean("c"), either("a"), either("b")],
        result: ResultKind::OfArguments,
        body: Body::Primitive(|_| Op::Where),
        summary: "a where c is true, b where it is false, null where it is null.",
        formula: "a if c else b",
        ..PLAIN
    },
    Function {
        name: "is_null",
        parameters: &[either("x")],
        result: ResultKind::Is(Kind::Boolean),
        body: Body::Primitive(|_| Op::IsNull),
        summary: "Whether there is no value; itself never null.",
        formula: "x is null",
        ..PLAIN
    },
    Function {
        name: "fill_null",
        parameters: &[either("x"), either("value")],
        result: ResultKind::OfArguments,
        body: Body::Primitive(|_| Op::Coalesce),
        summary: "x, or the other value where x is null.",
        formula: "value if x is null else x",
        ..PLAIN
    },
    Function {
        name: "signed_power",
        parameters: &[X, number("p")],
        body: Body::Definition("sign(x) * abs(x) ** p"),
        summary: "The power of the size, with the sign of the value.",
        source: "Kakushadze (2016), 101 Formulaic Alphas",
        ..PLAIN
    },
];
