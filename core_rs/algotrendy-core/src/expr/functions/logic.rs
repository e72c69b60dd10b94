//! Events.

use super::{boolean, number, N};
use crate::expr::function::{Body, Function, Group, ResultKind};
use crate::expr::op::Op;
use crate::expr::Kind;

const PLAIN: Function = Function { group: Group::Logic, ..Function::PLAIN };

const CROSS: Function = Function {
    parameters: &[number("a"), number("b")],
    result: ResultKind::Is(Kind::Boolean),
    warm_up: "1",
    convention: "The first bar has nothing before it: false there if a is on the wrong side of b, else null.",
    ..PLAIN
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "cross_above",
        body: Body::Definition("a > b and lag(a) <= lag(b)"),
        summary: "Whether a is above b now and was not a bar before.",
        ..CROSS
    },
    Function {
        name: "cross_below",
        body: Body::Definition("a < b and lag(a) >= lag(b)"),
        summary: "Whether a is below b now and was not a bar before.",
        ..CROSS
    },
    Function {
        name: "bars_since",
        parameters: &[boolean("c")],
        body: Body::Primitive(|_| Op::BarsSince),
        summary:
            "How many bars ago c was true: 0 is now; null before it ever was, and where c is null.",
        formula: "the least k with c[t - k]",
        convention: "Its first value is where c is true first, which no warm-up can tell.",
        ..PLAIN
    },
    Function {
        name: "count_true",
        parameters: &[boolean("c"), N],
        body: Body::Definition("sum(where(c, 1, 0), n)"),
        warm_up: "n - 1",
        summary: "At how many of the last n bars c was true.",
        ..PLAIN
    },
];
