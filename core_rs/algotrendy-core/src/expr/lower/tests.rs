use std::cell::Cell;

use super::*;
use crate::expr::{
    ClockUse, Cost, Expression, ModelError, ModelUse, NoModels, Node, Operation, MAX_DEPTH,
    MAX_MODEL_DEPTH,
};

fn parsed(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn nodes(text: &str) -> usize {
    parsed(text).graph().nodes().len()
}

#[test]
fn equal_parts_are_one_node() {
    for (text, count) in [
        ("close", 1),
        ("close + close", 2),
        ("ema(close, 3) + ema(close, 3)", 3),
        ("ema(close, 3) + ema(close, 6 / 2) - ema(x=close, n=3, seed='mean')", 4),
        ("ema(close, 3) + ema(close, 4)", 4),
        ("ret(close) + (close / lag(close, 1) - 1)", 6),
        ("0 * close + -0 * close", 4),
        // close, two EMAs, the line, its EMA, the histogram.
        ("macd(close).histogram", 6),
        ("macd(close).histogram + macd(close).signal + macd(close).line", 8),
        ("sma(close, 5) + mean(close, 5)", 3),
        ("hlc3 + hlc3", 8),
        // A division by a power of two is the product, to the bit: close, 4, 0.25, the product, the difference.
        ("close / 4 - close * 0.25", 5),
    ] {
        assert_eq!(nodes(text), count, "{text}");
    }
}

#[test]
fn texts_share_their_nodes_and_keep_their_order() {
    let texts = ["ema(close, 3) > open", "ema(close, 3)", "close", "close"];
    let graph = compile(texts, &NoModels).unwrap();
    assert_eq!(graph.nodes().len(), 4);
    let operations: Vec<&Operation> =
        graph.outputs().iter().map(|&output| &graph.nodes()[output].operation).collect();
    assert!(matches!(operations[0], Operation::Apply(Op::Less, _)));
    assert!(matches!(operations[1], Operation::Apply(Op::Ema { n: 3, .. }, _)));
    assert_eq!(operations[2..], [&Operation::Field(Field::Close); 2]);
    let kinds = [Kind::Boolean, Kind::Number, Kind::Number, Kind::Number];
    assert_eq!(graph.output_kinds(), kinds);
}

#[test]
fn a_constant_is_computed_once_and_leaves_no_nodes() {
    for (text, value) in [
        ("2 * (3 + 4)", 14.0),
        ("abs(-2) ** 3", 8.0),
        ("clip(7, 1, 5)", 5.0),
        ("where(1 < 2, 3, 4)", 3.0),
        ("is_null(log(0))", 1.0),
        ("fill_null(1 / 0, 5)", 5.0),
        ("bars('1h', 2 + 2)", 4.0),
        ("bars('1h', is_null(1 / 0))", 1.0),
    ] {
        let expression = parsed(text);
        assert_eq!(expression.graph().nodes().len(), 1, "{text}");
        let constant = Operation::Constant(Real::new(value));
        assert_eq!(expression.graph().nodes()[0].operation, constant, "{text}");
    }
    let null = Operation::Constant(Real::new(f64::NAN));
    assert_eq!(parsed("log(0)").graph().nodes()[0].operation, null);
    assert_eq!(nodes("ema(close, 2 * 5)"), 2);
    assert_eq!(nodes("close * (2 * 5)"), 3);
    assert_eq!(parsed("ema(close, 10)"), parsed("ema(close, 2 * 5)"));
}

#[test]
fn a_condition_is_where() {
    assert_eq!(parsed("open if close > 1 else 2").kind(), Kind::Number);
    let operation = |text: &str| {
        let expression = parsed(text);
        expression.graph().nodes().last().unwrap().operation.clone()
    };
    assert!(matches!(operation("open if close > 1 else 2"), Operation::Apply(Op::Where, _)));
    assert!(matches!(operation("where(close > 1, open, 2)"), Operation::Apply(Op::Where, _)));
}

#[test]
fn a_chain_of_comparisons_computes_what_is_in_the_middle_once() {
    assert_eq!(nodes("open < ema(close, 3) < high"), 7);
    assert_eq!(
        parsed("open < ema(close, 3) < high"),
        parsed("open < ema(close, 3) and ema(close, 3) < high")
    );
}

#[test]
fn equality_takes_two_booleans() {
    assert_eq!(parsed("(close > open) == (high > low)").kind(), Kind::Boolean);
    assert_eq!(parsed("(close > open) != True").kind(), Kind::Boolean);
}

#[test]
fn what_is_lagged_by_a_greater_sign_is_what_is_by_a_less_sign() {
    assert_eq!(parsed("close > open").graph().nodes()[2].operands(), [1, 0]);
    assert_eq!(nodes("(close > open) == (open < close)"), 4);
}

#[test]
fn the_warm_up_of_nested_windows_adds_up() {
    for (text, warm_up) in [
        ("3", 0),
        ("close", 0),
        ("ret(close, 1)", 1),
        ("std(ret(close, 1), 20)", 20),
        ("ema(std(ret(close, 5), 3), 4) - close", 10),
        ("ema(close, 10) > ema(close, 30) and rsi(close, 14) < 70", 29),
        ("fill_null(sma(close, 5), 0)", 0),
        ("cs_rank(sma(close, 5))", 4),
        ("sma(bars(\"1h\", sma(close, 20)), 3)", 2),
        ("dema(dema(close, 3), 3)", 8),
        ("obv()", 0),
    ] {
        assert_eq!(parsed(text).warm_up(), warm_up, "{text}");
    }
}

#[test]
fn a_description_says_what_there_is_to_say() {
    let text =
        "cs_rank(ret((close + open) / 2, 20)) if bars(\"1h\", sma(hl2, 8)) > sma(close, 5) else -1";
    let description = parsed(text).describe();
    assert_eq!(description.kind, Kind::Number);
    assert_eq!(
        description.clocks,
        [
            ClockUse { name: None, fields: vec![Field::Open, Field::Close], warm_up: 20 },
            ClockUse {
                name: Some("1h".to_owned()),
                fields: vec![Field::High, Field::Low],
                warm_up: 7
            },
        ]
    );
    assert!(description.needs_universe);
    assert_eq!(description.cost, Cost { operations: 13, memory: 31 });
    let expected = "\
type       number
reads      open, close
warm-up    20 bars
reads      high, low of 1h
warm-up    7 bars of 1h
universe   needed
cost       13 operations a bar, 31 values remembered

… if … else -1
├─ cs_rank(…)
│  └─ ret(…, 20)
│     └─ … / 2
│        └─ close + open
└─ … > …
   ├─ bars(\"1h\", …)
   │  └─ sma(hl2, 8)
   └─ sma(close, 5)";
    assert_eq!(description.to_string(), expected);
}

#[test]
fn fields_are_named_once_and_those_of_other_series_are_not() {
    let expression = parsed("volume * close - close / high + bars('1h').low");
    assert_eq!(expression.fields(), [Field::High, Field::Close, Field::Volume]);
    assert!(!expression.needs_universe());
}

/// Knows two models and counts how often it is asked.
#[derive(Default)]
struct Registry {
    asked: Cell<usize>,
}

impl Models for Registry {
    fn features(&self, name: &str) -> std::result::Result<Vec<String>, ModelError> {
        self.asked.set(self.asked.get() + 1);
        let texts = match name {
            "trend" => ["ret(close, 5)", "rsi()"],
            _ => ["model('trend')", "close > open"],
        };
        Ok(texts.map(str::to_owned).to_vec())
    }
}

#[test]
fn the_features_of_a_model_are_nodes_of_the_graph() {
    let models = Registry::default();
    let text = "model('trend') > model('trend', in_sample=True) + ret(close, 5)";
    let graph = compile([text], &models).unwrap();
    let uses =
        [false, true].map(|is_in_sample| ModelUse { name: "trend".to_owned(), is_in_sample });
    assert_eq!(graph.models(), uses);
    assert_eq!(models.asked.get(), 1);
    let operands: Vec<&[NodeId]> = graph
        .nodes()
        .iter()
        .filter(|node| matches!(node.operation, Operation::Model(..)))
        .map(Node::operands)
        .collect();
    assert_eq!(operands.len(), 2);
    assert_eq!(operands[0], operands[1]);
    assert_eq!(graph.warm_up(graph.outputs()[0]), 14);
}

#[test]
fn models_may_use_models_and_other_series() {
    let models = Registry::default();
    let expression = Expression::with_models("bars('1h', model('blend'))", &models).unwrap();
    let description = expression.describe();
    assert_eq!(description.models.len(), 2);
    assert_eq!(description.clocks[1].fields, [Field::Open, Field::Close]);
    assert_eq!(description.clocks[1].warm_up, 14);
}

/// Models that use each other at the bottom of the deepest texts there can be.
struct Deep;

fn deep(innermost: &str, levels: usize) -> String {
    let open = "(1 if True or True and 1 < 1 - 2 * ";
    format!("{}{innermost}{}", open.repeat(levels), " else 2)".repeat(levels))
}

impl Models for Deep {
    fn features(&self, name: &str) -> std::result::Result<Vec<String>, ModelError> {
        let next = name.len() + 1;
        let innermost = format!("model('{}')", "m".repeat(next));
        Ok(vec![if next > MAX_MODEL_DEPTH {
            deep("macd(close).histogram", MAX_DEPTH - 2)
        } else {
            deep(&innermost, 2)
        }])
    }
}

#[test]
fn the_deepest_models_fit_on_the_stack() {
    assert!(Expression::with_models(&deep("model('m')", 2), &Deep).is_ok());
    let text = deep("model('m')", MAX_DEPTH / 2);
    let error = Expression::with_models(&text, &Deep).unwrap_err();
    assert_eq!(error.kind, ExpressionErrorKind::ModelsTooDeep);
    assert_eq!(error.position, text.find("model").unwrap());
}

#[test]
fn limits_do_not_depend_on_the_texts_before() {
    let text = |from: usize| {
        let windows: Vec<String> =
            (from..from + 9).map(|window| format!("sma(close, {window})")).collect();
        windows.join("+")
    };
    let graph = compile([text(99_000), text(98_000), text(99_000)], &NoModels).unwrap();
    assert_eq!(graph.outputs().len(), 3);
    assert!(Cost::of(&graph).memory > MAX_MEMORY);
}

#[test]
fn equal_expressions_are_written_differently() {
    use std::collections::HashSet;
    let set: HashSet<Expression> =
        ["ema(close, 10)", "ema( close, n=10 )  # fast", "ema(close, 2*5)", "ema(open, 10)"]
            .map(parsed)
            .into();
    assert_eq!(set.len(), 2);
}

fn with_names(text: &str) -> std::result::Result<Graph, ExpressionError> {
    let mut names = Names::default();
    names.constant("fast", Kind::Number, 3.0);
    names.constant("is_long", Kind::Boolean, 1.0);
    for (name, text) in [
        ("trend", "ema(close, fast)"),
        ("twice", "2 * trend"),
        ("rises", "delta(close, 1) > 0"),
        ("six", "fast + 3"),
        ("hourly", "bars('1h').close"),
        ("ring", "1 + chain"),
        ("chain", "ring * 2"),
        ("name", "'SPY'"),
        ("wrong", "close +"),
    ] {
        names.expression(name, text);
    }
    let mut compiler = Compiler::new(&NoModels);
    compiler.set_names(names);
    compiler.output(text)?;
    Ok(compiler.finish())
}

#[test]
fn a_name_is_what_it_stands_for() {
    for (named, written) in [
        ("sma(close, fast)", "sma(close, 3)"),
        ("sma(close, n=six)", "sma(close, 6)"),
        ("trend + twice", "ema(close, 3) + 2 * ema(close, 3)"),
        ("close > open and is_long", "close > open and True"),
        ("count_true(rises, fast)", "count_true(delta(close, 1) > 0, 3)"),
        ("bars('1h', trend) - hourly", "bars('1h', ema(close, 3)) - bars('1h', close)"),
        // Of the definition of cross_above, not of the names.
        ("cross_above(trend, fast)", "cross_above(ema(close, 3), 3)"),
    ] {
        let graph = with_names(named).unwrap_or_else(|error| panic!("{named}: {error}"));
        assert_eq!(graph, *parsed(written).graph(), "{named}");
    }
}

#[test]
fn what_is_wrong_with_a_name_is_told_where_it_stands() {
    for (text, position, end, problem) in [
        ("close > slow", 8, 12, "\"slow\" is not a field; did you mean low?"),
        ("close > fist", 8, 12, "did you mean fast?"),
        ("close + is_long", 8, 15, "needs a number, found a boolean"),
        ("rsi(close, fast - 4)", 11, 19, "must be a whole number"),
        ("lag(close, fast - 4)", 11, 19, "look ahead"),
        ("close + ring", 8, 12, "uses itself"),
        ("bars('1h', hourly)", 11, 17, "\"hourly\" is not an expression here: at character 0"),
        ("close > name", 8, 12, "\"name\" is not an expression here"),
        ("close > wrong", 8, 13, "\"wrong\" is not an expression here: at character 7"),
        ("trend(close)", 0, 5, "is not a function"),
    ] {
        let error = with_names(text).unwrap_err();
        assert_eq!((error.position, error.end), (position, end), "{text}: {error}");
        assert!(error.kind.to_string().contains(problem), "{text}: {error}");
    }
}

#[test]
fn names_that_nest_too_deep_are_refused_and_leave_the_compiler_as_it_was() {
    let mut names = Names::default();
    names.expression("n0", "close");
    for depth in 1..100 {
        names.expression(&format!("n{depth}"), &format!("-(-(n{} + 1))", depth - 1));
    }
    let mut compiler = Compiler::new(&NoModels);
    compiler.set_names(names);
    let error = compiler.output("n99").unwrap_err();
    assert_eq!((error.position, error.kind), (0, ExpressionErrorKind::NamesTooDeep));
    assert_eq!(compiler.output("n9"), Ok(Kind::Number));
    assert_eq!(compiler.finish().outputs().len(), 1);
}

#[test]
fn the_features_of_a_model_know_no_names() {
    struct Fast;
    impl Models for Fast {
        fn features(&self, _: &str) -> std::result::Result<Vec<String>, ModelError> {
            Ok(vec!["sma(close, fast)".to_owned()])
        }
    }
    let mut names = Names::default();
    names.constant("fast", Kind::Number, 3.0);
    let mut compiler = Compiler::new(&Fast);
    compiler.set_names(names);
    let error = compiler.output("model('m')").unwrap_err();
    assert!(error.kind.to_string().contains("\"fast\" is not a field"), "{error}");
}
