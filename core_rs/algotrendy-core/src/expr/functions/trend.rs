//! Trend indicators.

use super::{constant_or, window_or};
use crate::expr::function::{Body, Function, Group, Output};
use crate::expr::graph::Field;
use crate::expr::op::Op;

const PLAIN: Function = Function { group: Group::Trend, ..Function::PLAIN };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "adx",
        parameters: &[window_or("n", 14)],
        body: Body::Outputs(&[
            Output {
                name: "adx",
                definition: "wilder(adx(n).dx, n)",
                warm_up: "2 * n - 1",
            },
            Output {
                name: "plus_di",
                definition: "100 * wilder(plus_movement(), n) / wilder(true_range(), n)",
                warm_up: "n",
            },
            Output {
                name: "minus_di",
                definition: "100 * wilder(minus_movement(), n) / wilder(true_range(), n)",
                warm_up: "n",
            },
            Output {
                name: "dx",
                definition: "100 * abs(adx(n).plus_di - adx(n).minus_di) / (adx(n).plus_di + adx(n).minus_di)",
                warm_up: "n",
            },
        ]),
        summary: "The directional movement system, each 0 to 100: the directional indicators, their index and its Wilder mean.",
        convention: "Wilder's means start at the mean of their first n values. TA-Lib starts its sums with n - 1 values; the difference fades.",
        source: "Wilder (1978), New Concepts in Technical Trading Systems; TA-Lib ADX, PLUS_DI, MINUS_DI, DX",
        ..PLAIN
    },
    Function {
        name: "plus_movement",
        body: Body::OfFields(&[Field::High, Field::Low], |_| Op::PlusMovement),
        warm_up: "1",
        summary: "Wilder's positive directional movement of one bar: how far the high rose, if that is more than the low fell.",
        formula: "up if up > down and up > 0 else 0, up = delta(high), down = -delta(low)",
        source: "Wilder (1978), New Concepts in Technical Trading Systems",
        ..PLAIN
    },
    Function {
        name: "minus_movement",
        body: Body::OfFields(&[Field::High, Field::Low], |_| Op::MinusMovement),
        warm_up: "1",
        summary: "Wilder's negative directional movement of one bar: how far the low fell, if that is more than the high rose.",
        formula: "down if down > up and down > 0 else 0, up = delta(high), down = -delta(low)",
        source: "Wilder (1978), New Concepts in Technical Trading Systems",
        ..PLAIN
    },
    Function {
        name: "psar",
        parameters: &[constant_or("step", 0.0, 1.0, 0.02), constant_or("max", 0.0, 1.0, 0.2)],
        body: Body::OfFields(&[Field::High, Field::Low], |settings| Op::ParabolicSar {
            step: settings.real("step"),
            max: settings.real("max"),
        }),
        warm_up: "1",
        summary: "The parabolic stop and reverse: a stop that follows the trend ever faster, and turns where it is touched.",
        formula: "s + a (e - s), e the trend's extreme, a growing by step at each new extreme up to max",
        convention: "The first trend is up unless the low fell further than the high rose, as TA-Lib starts it.",
        source: "Wilder (1978), New Concepts in Technical Trading Systems; TA-Lib SAR",
        ..PLAIN
    },
];
