//! Other series' bars, and models.

use crate::expr::function::{Body, Function, Group, Parameter, ParameterKind, ResultKind};

const PLAIN: Function = Function { group: Group::Source, ..Function::PLAIN };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "bars",
        parameters: &[
            Parameter { name: "name", kind: ParameterKind::Name },
            Parameter { name: "x", kind: ParameterKind::Expression },
        ],
        result: ResultKind::OfArguments,
        body: Body::Bars,
        summary: "The value of x at the last bar of another series that closed by now; bars(\"1h\").close is bars(\"1h\", close).",
        formula: "x on the bars of that name, as of now",
        convention: "A bar counts from its close on, never earlier. Its warm-up is counted in the other series' bars.",
        ..PLAIN
    },
    Function {
        name: "model",
        parameters: &[
            Parameter { name: "name", kind: ParameterKind::Name },
            Parameter { name: "in_sample", kind: ParameterKind::Flag },
        ],
        body: Body::Model,
        summary: "The output of a model, given its features; null until all of them have a value.",
        formula: "the model's output",
        convention: "At a bar not after the end of the model's training plus the horizon of its label it is an error, unless in_sample=True.",
        ..PLAIN
    },
];
