//! Momentum indicators.

use super::{window_or, SEED, X_OR_CLOSE};
use crate::expr::function::{Body, Function, Group, Output, Parameter, ParameterKind};
use crate::expr::op::Op;
use crate::expr::{MAX_RANKED_WINDOW, MAX_WINDOW};

const PLAIN: Function = Function { group: Group::Momentum, ..Function::PLAIN };

const NULL_OF_A_FLAT_WINDOW: &str =
    "Null where the highest high is the lowest low; TA-Lib has 0 there.";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "rsi",
        parameters: &[X_OR_CLOSE, window_or("n", 14), SEED],
        body: Body::Primitive(|settings| Op::Rsi { n: settings.n(), seed: settings.seed() }),
        warm_up: "n",
        summary: "The relative strength index, 0 to 100; 50 where nothing changed.",
        formula: "100 · up / (up + down), Wilder's means of the rises and of the falls",
        convention: "The means start at those of the first n changes (Wilder, TA-Lib, StockCharts). seed=\"first\" starts at the first change.",
        source: "Wilder (1978), New Concepts in Technical Trading Systems; TA-Lib RSI",
        ..PLAIN
    },
    Function {
        name: "macd",
        parameters: &[
            X_OR_CLOSE,
            window_or("fast", 12),
            window_or("slow", 26),
            window_or("signal", 9),
        ],
        body: Body::Outputs(&[
            Output {
                name: "line",
                definition: "ema(x, fast) - ema(x, slow)",
                warm_up: "maximum(fast, slow) - 1",
            },
            Output {
                name: "signal",
                definition: "ema(ema(x, fast) - ema(x, slow), signal)",
                warm_up: "maximum(fast, slow) + signal - 2",
            },
            Output {
                name: "histogram",
                definition: "ema(x, fast) - ema(x, slow) - ema(ema(x, fast) - ema(x, slow), signal)",
                warm_up: "maximum(fast, slow) + signal - 2",
            },
        ]),
        summary: "The moving average convergence divergence: a fast EMA less a slow one, its own EMA, and the difference.",
        convention: "Each EMA starts at the mean of its own first values. TA-Lib starts the fast one later, where the slow one starts; the difference fades.",
        source: "Appel (1979); TA-Lib MACD",
        ..PLAIN
    },
    Function {
        name: "stochastic",
        parameters: &[window_or("n", 14), window_or("smooth", 3), window_or("d", 3)],
        body: Body::Outputs(&[
            Output {
                name: "k",
                definition: "sma(100 * (close - min(low, n)) / (max(high, n) - min(low, n)), smooth)",
                warm_up: "n + smooth - 2",
            },
            Output {
                name: "d",
                definition: "sma(stochastic(n, smooth, d).k, d)",
                warm_up: "n + smooth + d - 3",
            },
        ]),
        summary: "The slow stochastic, 0 to 100: where the close is in the range of the last n bars. smooth=1 is the fast one.",
        convention: NULL_OF_A_FLAT_WINDOW,
        source: "Lane (1984); TA-Lib STOCH",
        ..PLAIN
    },
    Function {
        name: "williams_r",
        parameters: &[window_or("n", 14)],
        body: Body::Definition("-100 * (max(high, n) - close) / (max(high, n) - min(low, n))"),
        warm_up: "n - 1",
        summary: "Williams' %R, -100 to 0: how far the close is below the highest high of the last n bars.",
        convention: NULL_OF_A_FLAT_WINDOW,
        source: "Williams (1973); TA-Lib WILLR",
        ..PLAIN
    },
    Function {
        name: "cci",
        parameters: &[Parameter {
            name: "n",
            kind: ParameterKind::Window { min: 1, max: MAX_RANKED_WINDOW, default: Some(20) },
        }],
        body: Body::Definition("(hlc3 - mean(hlc3, n)) / (0.015 * mean_dev(hlc3, n))"),
        warm_up: "n - 1",
        summary: "The commodity channel index: how many mean deviations the typical price is from its mean, in hundreds where usual.",
        convention: "Null where the typical prices are equal; TA-Lib has 0 there. TA-Lib's default n is 14.",
        source: "Lambert (1980); TA-Lib CCI",
        ..PLAIN
    },
    Function {
        name: "mfi",
        parameters: &[window_or("n", 14)],
        body: Body::Definition(
            "100 * sum(where(delta(hlc3) > 0, hlc3 * volume, 0), n) / sum(where(delta(hlc3) != 0, hlc3 * volume, 0), n)",
        ),
        warm_up: "n",
        summary: "The money flow index, 0 to 100: the share of the money of rising typical prices in that of changing ones.",
        convention: "Null where no money flowed; TA-Lib has 0 where less than 1 did.",
        source: "Quong and Soudack (1989); TA-Lib MFI",
        ..PLAIN
    },
    Function {
        name: "aroon",
        parameters: &[Parameter {
            name: "n",
            kind: ParameterKind::Window { min: 1, max: MAX_WINDOW - 1, default: Some(25) },
        }],
        body: Body::Outputs(&[
            Output {
                name: "up",
                definition: "100 * (n - argmax(high, n + 1)) / n",
                warm_up: "n",
            },
            Output {
                name: "down",
                definition: "100 * (n - argmin(low, n + 1)) / n",
                warm_up: "n",
            },
            Output {
                name: "oscillator",
                definition: "100 * (argmin(low, n + 1) - argmax(high, n + 1)) / n",
                warm_up: "n",
            },
        ]),
        summary: "How recent the highest high and the lowest low of the last n + 1 bars are: 100 is now, 0 is n bars ago.",
        convention: "The latest of equals, as TA-Lib. TA-Lib's default n is 14.",
        source: "Chande (1995); TA-Lib AROON, AROONOSC",
        ..PLAIN
    },
];
