//! Whatever the text and the bars, the language keeps its promises: no panic, bounded work, values that are finite or null, the same bits
//! over columns and bar by bar, and nothing that depends on a later bar.
//!
//! Texts and bars are read from bytes, so that proptest (in `make test`) and bolero (for longer, in `make soak`) try them alike.

#![allow(clippy::unwrap_used)] // A test, of which only parts are functions marked so.

use std::fmt::Write as _;
use std::sync::Arc;

use algotrendy_core::expr::{
    derived_fields, functions, BarValues, Calendar, Context, Expression, Field, Function, NoModels,
    NoPredictor, Others, ParameterKind, Plan, Series, Stream, Universe,
};
use proptest::prelude::*;

const MINUTE_NS: i64 = 60_000_000_000;

/// Reads choices from bytes; zeros once there are none.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// A text that is mostly an expression of numbers: everything in the table comes up.
fn number(reader: &mut Reader<'_>, depth: usize) -> String {
    if depth == 0 {
        let fields = Field::ALL.map(Field::name);
        return match reader.below(4) {
            0 => reader.of(&["2", "0.5", "1e6", "0", "1e308", "7"]).to_owned(),
            1 => reader.of(derived_fields()).name.to_owned(),
            _ => reader.of(&fields).to_owned(),
        };
    }
    match reader.below(6) {
        0 => {
            let operator = reader.of(&["+", "-", "*", "/", "%", "**"]);
            format!("({} {operator} {})", number(reader, depth - 1), number(reader, depth - 1))
        }
        1 => format!("-{}", number(reader, depth - 1)),
        2 => {
            let (yes, no) = (number(reader, depth - 1), number(reader, depth - 1));
            format!("({yes} if {} else {no})", boolean(reader, depth - 1))
        }
        _ => call(reader, depth - 1),
    }
}

fn boolean(reader: &mut Reader<'_>, depth: usize) -> String {
    let inner = depth.saturating_sub(1);
    match reader.below(if depth == 0 { 1 } else { 4 }) {
        0 => {
            let operator = reader.of(&["<", "<=", ">", ">=", "==", "!="]);
            format!("{} {operator} {}", number(reader, inner), number(reader, inner))
        }
        1 => format!("({} and {})", boolean(reader, inner), boolean(reader, inner)),
        2 => format!("({} or not {})", boolean(reader, inner), boolean(reader, inner)),
        _ => format!("cross_above({}, {})", number(reader, inner), number(reader, inner)),
    }
}

fn call(reader: &mut Reader<'_>, depth: usize) -> String {
    let table: Vec<&Function> = functions().collect();
    let function = reader.of(&table);
    let mut text = format!("{}(", function.name);
    for (place, parameter) in function.parameters.iter().enumerate() {
        let separator = if place == 0 { "" } else { ", " };
        let argument = match parameter.kind {
            ParameterKind::Boolean => boolean(reader, depth),
            ParameterKind::Number { .. } | ParameterKind::Either | ParameterKind::Expression => {
                number(reader, depth)
            }
            ParameterKind::Window { min, .. } => (min + reader.below(12)).to_string(),
            ParameterKind::Lag { .. } => (1 + reader.below(5)).to_string(),
            ParameterKind::Ddof => reader.of(&["0", "1"]).to_owned(),
            ParameterKind::Constant { min, .. } => reader.of(&[min, 0.5, 2.0]).to_string(),
            ParameterKind::Choice { choices, .. } => format!("{:?}", reader.of(choices)),
            ParameterKind::Name => reader.of(&["\"5m\"", "\"1h\"", "\"other\""]).to_owned(),
            ParameterKind::Flag => reader.of(&["True", "False"]).to_owned(),
        };
        let _ = write!(text, "{separator}{}={argument}", parameter.name);
    }
    text.push(')');
    if !function.outputs().is_empty() {
        let _ = write!(text, ".{}", reader.of(function.outputs()).name);
    }
    text
}

/// Bars of numbers near 100, now and then of none or of extremes.
struct Bars {
    fields: Vec<Vec<f64>>,
    open_times_ns: Vec<i64>,
    close_times_ns: Vec<i64>,
}

impl Bars {
    fn read(reader: &mut Reader<'_>, count: usize) -> Self {
        let extremes = [f64::NAN, f64::MAX, 1e300, -1e300, 0.0, 1e-300, 1e12];
        let mut value = |_: usize| match reader.byte() {
            byte @ 0..=239 => 100.0 + f64::from(byte) / 16.0,
            _ => reader.of(&extremes),
        };
        let fields = (0..Field::COUNT).map(|_| (0..count).map(&mut value).collect()).collect();
        let open_times_ns: Vec<i64> = (0_i64..).map(|bar| bar * MINUTE_NS).take(count).collect();
        let close_times_ns = open_times_ns.iter().map(|time_ns| time_ns + MINUTE_NS).collect();
        Self { fields, open_times_ns, close_times_ns }
    }

    fn series(&self) -> Series<'_> {
        let mut series = Series::default();
        for (field, values) in Field::ALL.into_iter().zip(&self.fields) {
            series = series.with(field, values).unwrap();
        }
        let series = series.with_open_times(&self.open_times_ns).unwrap();
        series.with_close_times(&self.close_times_ns).unwrap()
    }

    fn bar(&self, index: usize) -> BarValues {
        BarValues {
            open_time_ns: self.open_times_ns[index],
            close_time_ns: self.close_times_ns[index],
            values: std::array::from_fn(|field| self.fields[field][index]),
        }
    }

    /// The same bars up to one, and others after it.
    fn with_another_future(&self, first: usize) -> Self {
        let other = |(index, value): (usize, &f64)| if index < first { *value } else { 55.5 };
        let fields = self.fields.iter();
        Self {
            fields: fields.map(|values| values.iter().enumerate().map(other).collect()).collect(),
            open_times_ns: self.open_times_ns.clone(),
            close_times_ns: self.close_times_ns.clone(),
        }
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    // A null may have any sign.
    values.iter().map(|value| if value.is_nan() { u64::MAX } else { value.to_bits() }).collect()
}

/// Everything that is promised of a text.
fn check(text: &str, bars: &Bars) {
    let expression = match Expression::with_models(text, &NoModels) {
        Ok(expression) => expression,
        Err(refusal) => {
            let length = text.chars().count();
            assert!(refusal.position <= refusal.end && refusal.end <= length.max(1), "{text}");
            assert!(!refusal.caret(text).is_empty());
            return;
        }
    };
    let again = Expression::parse(&expression.canonical()).unwrap();
    assert!(again == expression, "{text} is not {}", expression.canonical());
    assert!(!expression.describe().to_string().is_empty());
    let plan = Arc::new(Plan::new(expression.graph().clone()));
    let calendar = Calendar::default();
    let context = Context::new(&calendar, &NoPredictor);
    if plan.needs_universe() {
        check_universe(&plan, bars, &context);
        return;
    }
    let evaluate = |bars: &Bars| plan.evaluate(&bars.series(), &Others::new(), &context);
    // A series that no interval makes is refused either way.
    let (Ok(columns), Ok(mut stream)) = (evaluate(bars), Stream::new(Arc::clone(&plan), &[]))
    else {
        assert!(evaluate(bars).is_err() && Stream::new(Arc::clone(&plan), &[]).is_err(), "{text}");
        return;
    };
    assert!(columns[0].iter().all(|value| value.is_finite() || value.is_nan()), "{text}");
    let count = columns[0].len();
    let streamed: Vec<f64> =
        (0..count).map(|index| stream.push(&bars.bar(index), &context).unwrap()[0]).collect();
    assert_eq!(bits(&columns[0]), bits(&streamed), "{text}");
    let half = count / 2;
    let other = evaluate(&bars.with_another_future(half)).unwrap();
    assert_eq!(bits(&columns[0][..half]), bits(&other[0][..half]), "{text}");
}

/// Two members with the same bars: they compare equal, and threads make no difference.
fn check_universe(plan: &Plan, bars: &Bars, context: &Context<'_>) {
    let count = bars.open_times_ns.len();
    let twice = Bars {
        fields: bars.fields.iter().map(|values| [&values[..], &values[..]].concat()).collect(),
        open_times_ns: bars.open_times_ns.repeat(2),
        close_times_ns: bars.close_times_ns.repeat(2),
    };
    let times_ns = &twice.close_times_ns;
    let universe = Universe::new(twice.series(), &[0, count, 2 * count], times_ns).unwrap();
    let Ok(columns) = plan.evaluate_universe(&universe, &Others::new(), context, 1) else { return };
    assert!(columns[0].iter().all(|value| value.is_finite() || value.is_nan()));
    assert_eq!(bits(&columns[0][..count]), bits(&columns[0][count..]));
    let threaded = plan.evaluate_universe(&universe, &Others::new(), context, 2).unwrap();
    assert_eq!(bits(&columns[0]), bits(&threaded[0]));
}

/// Half of the bytes are text as it comes, half an expression with every part of the language.
fn check_bytes(bytes: &[u8]) {
    let reader = &mut Reader(bytes);
    let text = match reader.below(3) {
        0 => String::from_utf8_lossy(bytes.get(1..).unwrap_or_default()).into_owned(),
        1 => {
            let depth = reader.below(3);
            boolean(reader, depth)
        }
        _ => {
            let depth = reader.below(4);
            number(reader, depth)
        }
    };
    let count = reader.below(60);
    check(&text, &Bars::read(reader, count));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn the_language_keeps_its_promises(bytes in prop::collection::vec(any::<u8>(), 0..1_200)) {
        check_bytes(&bytes);
    }

    #[test]
    fn any_text_is_an_expression_or_refused(text in "\\PC{0,200}") {
        check(&text, &Bars::read(&mut Reader(&[]), 3));
    }

    #[test]
    fn any_words_are_an_expression_or_refused(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "close", "ema(", "macd(", ").line", "bars(\"1h\")", ".close", "model(", "'a'", ",", "(", ")", "+", "-", "**", "/", "3",
                "1e", ".", " ", "and ", "or ", "not ", " if ", " else ", "<", "==", "=", "n=", "#", "\n", "True", "cs_rank(", "lag(", "[",
            ]),
            0..40,
        )
    ) {
        check(&words.concat(), &Bars::read(&mut Reader(&[]), 3));
    }
}

#[test]
fn most_of_what_is_tried_is_an_expression() {
    let mut state = 1_u32;
    let mut bytes = || {
        let byte = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..400).map(byte).collect::<Vec<u8>>()
    };
    let texts: Vec<String> = (0..400).map(|_| number(&mut Reader(&bytes()), 3)).collect();
    let parsed = texts.iter().filter(|text| Expression::parse(text).is_ok()).count();
    assert!(parsed > 300, "{parsed} of {}", texts.len());
}

/// A moment in `make test`, as long as `BOLERO_RANDOM_TEST_TIME_MS` says in `make soak`.
#[test]
fn the_language_keeps_its_promises_for_longer() {
    bolero::check!().with_max_len(1_200).for_each(check_bytes);
}
