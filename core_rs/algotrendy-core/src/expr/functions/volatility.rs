//! Volatility indicators and bands.

use super::{constant_or, window_or, X_OR_CLOSE};
use crate::expr::function::{Body, Function, Group, Output, Parameter};
use crate::expr::graph::Field;
use crate::expr::op::Op;

const PLAIN: Function = Function { group: Group::Volatility, ..Function::PLAIN };

const WIDTH_LIMIT: f64 = 1e6;

const K: Parameter = constant_or("k", 0.0, WIDTH_LIMIT, 2.0);

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "true_range",
        body: Body::OfFields(&[Field::High, Field::Low, Field::Close], |_| Op::TrueRange),
        warm_up: "1",
        summary: "The bar's range, from the close before where that lies outside of it.",
        formula: "max(high, close[t - 1]) - min(low, close[t - 1])",
        convention: "Null at the first bar, as in TA-Lib; others have high - low there.",
        source: "Wilder (1978), New Concepts in Technical Trading Systems; TA-Lib TRANGE",
        ..PLAIN
    },
    Function {
        name: "atr",
        parameters: &[window_or("n", 14)],
        body: Body::Definition("wilder(true_range(), n)"),
        warm_up: "n",
        summary: "The average true range.",
        convention: "Starts at the mean of the first n true ranges, without the first bar's, as TA-Lib does.",
        source: "Wilder (1978), New Concepts in Technical Trading Systems; TA-Lib ATR",
        ..PLAIN
    },
    Function {
        name: "bollinger",
        parameters: &[X_OR_CLOSE, window_or("n", 20), K],
        body: Body::Outputs(&[
            Output {
                name: "upper",
                definition: "mean(x, n) + k * std(x, n, 0)",
                warm_up: "n - 1",
            },
            Output { name: "middle", definition: "mean(x, n)", warm_up: "n - 1" },
            Output {
                name: "lower",
                definition: "mean(x, n) - k * std(x, n, 0)",
                warm_up: "n - 1",
            },
            Output {
                name: "width",
                definition: "2 * k * std(x, n, 0) / mean(x, n)",
                warm_up: "n - 1",
            },
            Output {
                name: "percent_b",
                definition: "(x - mean(x, n) + k * std(x, n, 0)) / (2 * k * std(x, n, 0))",
                warm_up: "n - 1",
            },
        ]),
        summary: "Bollinger's bands, k standard deviations around the mean; their width relative to the middle; where x is between them (0 lower, 1 upper).",
        convention: "The population's deviation (ddof=0), as Bollinger and TA-Lib. TA-Lib's default n is 5.",
        source: "Bollinger (2001), Bollinger on Bollinger Bands; TA-Lib BBANDS",
        ..PLAIN
    },
    Function {
        name: "keltner",
        parameters: &[window_or("n", 20), K, window_or("atr_n", 10)],
        body: Body::Outputs(&[
            Output {
                name: "upper",
                definition: "ema(close, n) + k * atr(atr_n)",
                warm_up: "maximum(n - 1, atr_n)",
            },
            Output { name: "middle", definition: "ema(close, n)", warm_up: "n - 1" },
            Output {
                name: "lower",
                definition: "ema(close, n) - k * atr(atr_n)",
                warm_up: "maximum(n - 1, atr_n)",
            },
        ]),
        summary: "Keltner's channel, k average true ranges around an EMA of the close.",
        convention: "Raschke's form, of the EMA and the ATR (StockCharts). Keltner's own has the SMA of typical prices and of ranges.",
        source: "Keltner (1960); Raschke",
        ..PLAIN
    },
    Function {
        name: "donchian",
        parameters: &[window_or("n", 20)],
        body: Body::Outputs(&[
            Output { name: "upper", definition: "max(high, n)", warm_up: "n - 1" },
            Output {
                name: "middle",
                definition: "(max(high, n) + min(low, n)) / 2",
                warm_up: "n - 1",
            },
            Output { name: "lower", definition: "min(low, n)", warm_up: "n - 1" },
        ]),
        summary: "Donchian's channel: the highest high and the lowest low of the last n bars, and their middle.",
        convention: "The bar itself is in its window. For a breakout, compare with the channel of the bar before: close > lag(donchian(20).upper).",
        source: "Donchian",
        ..PLAIN
    },
];
