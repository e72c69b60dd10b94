//! Against a value some bars before.

use super::{either, lag_or, X};
use crate::expr::function::{Body, Function, Group, ResultKind};
use crate::expr::op::Op;

const PLAIN: Function =
    Function { group: Group::Change, parameters: &[X, lag_or(1)], warm_up: "n", ..Function::PLAIN };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "lag",
        parameters: &[either("x"), lag_or(1)],
        result: ResultKind::OfArguments,
        body: Body::Primitive(|settings| Op::Lag { n: settings.n() }),
        summary: "The value n bars before.",
        formula: "x[t - n]",
        ..PLAIN
    },
    Function {
        name: "delta",
        body: Body::Primitive(|settings| Op::Delta { n: settings.n() }),
        summary: "The change over n bars.",
        formula: "x[t] - x[t - n]",
        ..PLAIN
    },
    Function {
        name: "ret",
        body: Body::Definition("x / lag(x, n) - 1"),
        summary: "The relative change over n bars: 0.01 is 1 %.",
        ..PLAIN
    },
    Function {
        name: "log_ret",
        body: Body::Definition("log(x / lag(x, n))"),
        summary: "The logarithm of the ratio to the value n bars before.",
        ..PLAIN
    },
    Function {
        name: "roc",
        parameters: &[X, lag_or(10)],
        body: Body::Definition("100 * (x / lag(x, n) - 1)"),
        summary: "The rate of change over n bars, in percent.",
        source: "TA-Lib ROC",
        ..PLAIN
    },
    Function {
        name: "mom",
        parameters: &[X, lag_or(10)],
        body: Body::Primitive(|settings| Op::Delta { n: settings.n() }),
        formula: "x[t] - x[t - n]",
        summary: "The momentum: the change over n bars.",
        source: "TA-Lib MOM",
        ..PLAIN
    },
];
