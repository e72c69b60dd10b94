//! Volume indicators.

use super::N;
use crate::expr::function::{Body, Function, Group};
use crate::expr::graph::Field;
use crate::expr::op::Op;

const PLAIN: Function = Function { group: Group::Volume, ..Function::PLAIN };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "obv",
        body: Body::OfFields(&[Field::Close, Field::Volume], |_| Op::OnBalanceVolume),
        summary: "The on-balance volume: the volume of rising closes less that of falling ones, so far.",
        formula: "Σ sign(delta(close)) * volume, from the first bar's volume on",
        convention: "Starts at the first bar's volume, as TA-Lib; others start at 0. Only its changes mean something.",
        source: "Granville (1963); TA-Lib OBV",
        ..PLAIN
    },
    Function {
        name: "vwap",
        parameters: &[N],
        body: Body::Definition("sum(notional, n) / sum(volume, n)"),
        warm_up: "n - 1",
        summary: "The volume-weighted average price of the last n bars; without parentheses, vwap is the bar's own.",
        convention: "Of what was traded, not of typical prices.",
        ..PLAIN
    },
];
