//! Expressions over bars: `ret(close, 1) / std(ret(close, 1), 20)`.
//!
//! A text is parsed into an [`Ast`] whose nodes come after their operands, and evaluated by pushing bars through it one at a time.
//! A batch is a loop over that push, so both give the same bits, and no value depends on a later bar. All values are `f64`;
//! an absent value is NaN, and division is IEEE 754's.
//!
//! | Function | Value | NaN until |
//! |---|---|---|
//! | `ret(x, n)` | `x / lag(x, n) - 1` | `n` earlier values |
//! | `ema(x, n)` | exponential mean, weight `2 / (n + 1)`, seeded with the mean of the first `n` finite values | `n - 1` earlier values |
//! | `std(x, n)` | sample standard deviation (`n - 1` in the denominator) of the last `n` values | `n - 1` earlier values |
//!
//! A value that is not finite makes `ret` and `std` NaN (or infinite) while their window covers it, and `ema` NaN at that bar alone:
//! it does not enter the mean.

mod ast;
mod error;
mod kernel;
mod lexer;
mod parser;
mod stream;

use std::str::FromStr;

pub use ast::{Ast, Field, Function, Node, Operator};
pub use error::{ColumnError, ExpressionError, ExpressionErrorKind};
pub use stream::{ExpressionStream, FieldColumns, FieldValues};

/// The longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 10_000;
/// How deep parentheses, calls and signs may nest.
pub const MAX_DEPTH: usize = 64;
/// The largest window of one function, in bars.
pub const MAX_WINDOW: usize = 100_000;
/// The largest sum of the windows of one expression: what bounds its memory.
pub const MAX_TOTAL_WINDOW: usize = 1_000_000;

/// A parsed expression. It holds no state: any number of streams and batches can run from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    ast: Ast,
}

impl Expression {
    /// The text it was parsed from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tree.
    #[must_use]
    pub fn ast(&self) -> &Ast {
        &self.ast
    }

    /// How many bars come before the first value, whatever the data.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        self.ast.warm_up()
    }

    /// The fields it reads, each once, in the order of [`Field::ALL`].
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        self.ast.fields()
    }

    /// An evaluation that has seen no bar.
    #[must_use]
    pub fn stream(&self) -> ExpressionStream {
        ExpressionStream::new(&self.ast)
    }

    /// Its value at every bar: a loop over [`ExpressionStream::push`].
    ///
    /// # Errors
    /// [`ColumnError`] if a field it reads was not given.
    pub fn evaluate(&self, columns: &FieldColumns<'_>) -> Result<Vec<f64>, ColumnError> {
        columns.require(&self.fields())?;
        let mut stream = self.stream();
        Ok((0..columns.len()).map(|index| stream.push(&columns.row(index))).collect())
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { text: text.to_owned(), ast: parser::parse(text)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn evaluate(text: &str, close: &[f64]) -> Vec<f64> {
        let columns = FieldColumns::default().with(Field::Close, close).unwrap();
        text.parse::<Expression>().unwrap().evaluate(&columns).unwrap()
    }

    fn assert_close(values: &[f64], expected: &[f64]) {
        assert_eq!(values.len(), expected.len());
        for (value, expected) in values.iter().zip(expected) {
            let equal = (value - expected).abs() < 1e-12 || (value.is_nan() && expected.is_nan());
            assert!(equal, "{values:?} is not {expected:?}");
        }
    }

    const NAN: f64 = f64::NAN;

    #[test]
    fn ret_compares_with_the_value_n_bars_before() {
        assert_close(&evaluate("ret(close, 2)", &[4.0, 5.0, 6.0, 10.0]), &[NAN, NAN, 0.5, 1.0]);
    }

    #[test]
    fn ema_starts_at_the_mean_of_its_first_n_values() {
        assert_close(&evaluate("ema(close, 3)", &[1.0, 2.0, 6.0, 5.0]), &[NAN, NAN, 3.0, 4.0]);
        assert_close(&evaluate("ema(close, 1)", &[1.0, 2.0]), &[1.0, 2.0]);
    }

    #[test]
    fn std_is_the_sample_deviation_of_its_window() {
        assert_close(
            &evaluate("std(close, 3)", &[1.0, 2.0, 3.0, 7.0]),
            &[NAN, NAN, 1.0, 7.0_f64.sqrt()],
        );
    }

    #[test]
    fn std_forgets_an_outlier_that_left_its_window() {
        let values = evaluate("std(close, 3)", &[1e12, 0.1, 0.2, 0.3, 0.3, 0.3]);
        assert_close(&values[3..], &[0.1, (0.01_f64 / 3.0).sqrt(), 0.0]);
    }

    #[test]
    fn std_of_equal_values_is_exactly_zero() {
        let values = evaluate("std(close, 7)", &[0.1; 50]);
        assert!(values[6..].iter().all(|value| *value == 0.0));
    }

    #[test]
    fn values_that_are_not_finite_pass_with_their_window() {
        let close = [1.0, 2.0, NAN, 4.0, 5.0, 6.0];
        assert_close(
            &evaluate("std(close, 2)", &close)[3..],
            &[NAN, 0.5_f64.sqrt(), 0.5_f64.sqrt()],
        );
        assert_close(
            &evaluate("ema(close, 2)", &close),
            &[NAN, 1.5, NAN, 9.5 / 3.0, 79.0 / 18.0, 295.0 / 54.0],
        );
        let zero = evaluate("ema(1 / close, 2)", &[1.0, 1.0, 0.0, 1.0]);
        assert_close(&zero, &[NAN, 1.0, NAN, 1.0]);
    }

    #[test]
    fn division_by_zero_follows_ieee_754() {
        assert_eq!(evaluate("1 / close", &[0.0, -0.0]), [f64::INFINITY, f64::NEG_INFINITY]);
        assert!(evaluate("close / close", &[0.0])[0].is_nan());
    }

    #[test]
    fn operators_bind_as_in_arithmetic() {
        for (text, value) in [
            ("2 + 3 * 4", 14.0),
            ("(2 + 3) * 4", 20.0),
            ("10 - 4 - 3", 3.0),
            ("16 / 4 / 2", 2.0),
            ("-2 * 3 - -1", -5.0),
            ("--close", 8.0),
        ] {
            assert_close(&evaluate(text, &[8.0]), &[value]);
        }
    }

    #[test]
    fn the_warm_up_of_nested_windows_adds_up() {
        for (text, warm_up) in [
            ("close", 0),
            ("3", 0),
            ("ret(close, 1)", 1),
            ("ema(close, 10)", 9),
            ("std(ret(close, 1), 20)", 20),
            ("ema(std(ret(close, 5), 3), 4) - close", 10),
        ] {
            assert_eq!(text.parse::<Expression>().unwrap().warm_up(), warm_up, "{text}");
        }
    }

    #[test]
    fn fields_are_named_once() {
        let expression: Expression = "volume * close - close / high".parse().unwrap();
        assert_eq!(expression.fields(), [Field::High, Field::Close, Field::Volume]);
    }

    #[test]
    fn a_field_that_was_not_given_is_named() {
        let close = [1.0];
        let columns = FieldColumns::default().with(Field::Close, &close).unwrap();
        let refusal = "open + close".parse::<Expression>().unwrap().evaluate(&columns).unwrap_err();
        assert_eq!(refusal, ColumnError::Missing { field: Field::Open });
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let columns = FieldColumns::default().with(Field::Close, &[1.0, 2.0]).unwrap();
        let refusal = columns.with(Field::Open, &[1.0]).unwrap_err();
        assert_eq!(
            refusal,
            ColumnError::LengthsDiffer { field: Field::Open, length: 1, expected: 2 }
        );
    }

    /// Texts of the language, at most a few levels deep.
    fn any_text() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("close".to_owned()),
            Just("open".to_owned()),
            Just("volume".to_owned()),
            (0..1_000_u32).prop_map(|number| format!("{}", f64::from(number) / 8.0)),
        ];
        leaf.prop_recursive(4, 24, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone(), prop::sample::select(vec!["+", "-", "*", "/"]))
                    .prop_map(|(left, right, operator)| format!("({left} {operator} {right})")),
                inner.clone().prop_map(|operand| format!("-{operand}")),
                (inner, 2..8_usize, prop::sample::select(vec!["ret", "ema", "std"])).prop_map(
                    |(operand, window, function)| format!("{function}({operand}, {window})")
                ),
            ]
        })
    }

    fn any_column() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            8 => -1e6..1e6_f64,
            1 => prop::sample::select(vec![0.0, -0.0, NAN, -NAN, f64::INFINITY, f64::NEG_INFINITY]),
        ];
        prop::collection::vec(value, 40)
    }

    proptest! {
        #[test]
        fn a_batch_has_the_bits_of_a_stream(text in any_text(), open in any_column(), close in any_column()) {
            let expression: Expression = text.parse().unwrap();
            let columns = FieldColumns::default().with(Field::Open, &open).unwrap()
                .with(Field::Close, &close).unwrap().with(Field::Volume, &open).unwrap();
            let batch = expression.evaluate(&columns).unwrap();
            let mut stream = expression.stream();
            for (index, value) in batch.iter().enumerate() {
                let streamed = stream.push(&columns.row(index));
                prop_assert_eq!(value.to_bits(), streamed.to_bits(), "bar {} of {}", index, text);
            }
        }

        #[test]
        fn no_value_depends_on_a_later_bar(text in any_text(), close in any_column(), cut in 0..40_usize) {
            let expression: Expression = text.parse().unwrap();
            let all = FieldColumns::default().with(Field::Open, &close).unwrap()
                .with(Field::Close, &close).unwrap().with(Field::Volume, &close).unwrap();
            let head = FieldColumns::default().with(Field::Open, &close[..cut]).unwrap()
                .with(Field::Close, &close[..cut]).unwrap().with(Field::Volume, &close[..cut]).unwrap();
            let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
            let of_all = bits(expression.evaluate(&all).unwrap());
            prop_assert_eq!(&of_all[..cut], &bits(expression.evaluate(&head).unwrap())[..]);
        }

        #[test]
        fn std_agrees_with_two_passes_over_the_window(close in prop::collection::vec(-1e6..1e6_f64, 1..100), window in 2..20_usize) {
            let values = evaluate(&format!("std(close, {window})"), &close);
            for (slice, value) in close.windows(window).zip(values.iter().skip(window - 1)) {
                #[allow(clippy::cast_precision_loss)] // A window is small.
                let count = window as f64;
                let mean = slice.iter().sum::<f64>() / count;
                let expected = (slice.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
                prop_assert!((value - expected).abs() <= 1e-9 * expected.max(1.0), "{} is not {}", value, expected);
            }
        }
    }
}
