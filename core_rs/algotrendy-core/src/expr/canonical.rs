//! A tree as text again, with the spaces and parentheses that one person would write.

use std::fmt::Write as _;

use super::syntax::{Call, Form, Level, Operator, Tree};

/// The text of a tree.
pub(super) fn text(tree: &Tree<'_>) -> String {
    let mut out = String::new();
    write(tree, &mut out);
    out
}

/// A number as short as it can be read back.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:?}");
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

fn write(tree: &Tree<'_>, out: &mut String) {
    match &tree.form {
        Form::Number(value) => out.push_str(&number(*value)),
        Form::Boolean(value) => out.push_str(if *value { "True" } else { "False" }),
        Form::Text(text) => out.push_str(&quoted(text)),
        Form::Name(name) => out.push_str(name),
        Form::Prefix(prefix, operand) => {
            out.push_str(prefix.symbol());
            write_operand(operand, operand.level() < prefix.level(), out);
        }
        Form::Chain(first, rest) => write_chain(first, rest, out),
        Form::Conditional(parts) => {
            write_operand(&parts.yes, parts.yes.level() == Level::Conditional, out);
            out.push_str(" if ");
            write_operand(&parts.condition, parts.condition.level() == Level::Conditional, out);
            out.push_str(" else ");
            write(&parts.no, out);
        }
        Form::Call(call) => write_call(call, out),
    }
}

fn write_operand(operand: &Tree<'_>, in_parentheses: bool, out: &mut String) {
    if in_parentheses {
        out.push('(');
        write(operand, out);
        out.push(')');
    } else {
        write(operand, out);
    }
}

fn write_chain(first: &Tree<'_>, rest: &[(Operator, Tree<'_>)], out: &mut String) {
    for (index, (operator, operand)) in rest.iter().enumerate() {
        let level = operator.level();
        if index == 0 {
            let in_parentheses =
                first.level() < level || (first.level() == level && !level.groups_left());
            write_operand(first, in_parentheses, out);
        }
        let _ = write!(out, " {} ", operator.symbol());
        let in_parentheses = if level == Level::Power {
            operand.level() < Level::Sign
        } else {
            operand.level() <= level
        };
        write_operand(operand, in_parentheses, out);
    }
}

fn write_call(call: &Call<'_>, out: &mut String) {
    out.push_str(call.name.text);
    out.push('(');
    for (index, argument) in call.arguments.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if let Some(keyword) = argument.keyword {
            let _ = write!(out, "{}=", keyword.text);
        }
        write(&argument.value, out);
    }
    out.push(')');
    if let Some(attribute) = call.attribute {
        let _ = write!(out, ".{}", attribute.text);
    }
}

/// A text holds at most one kind of quote.
pub(super) fn quoted(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}
