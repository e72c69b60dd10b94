//! Moving means. Those with a memory are null at a null and go on after it as if that bar had not been.

use super::{window_or, N, SEED, X};
use crate::expr::function::{Body, Function, Group};
use crate::expr::op::Op;

const PLAIN: Function =
    Function { group: Group::Mean, parameters: &[X, N], warm_up: "n - 1", ..Function::PLAIN };

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "sma",
        body: Body::Primitive(|settings| Op::Mean { n: settings.n() }),
        summary: "The simple moving mean of n bars.",
        formula: "Σ x / n",
        source: "TA-Lib SMA",
        ..PLAIN
    },
    Function {
        name: "ema",
        parameters: &[X, N, SEED],
        body: Body::Primitive(|settings| Op::Ema { n: settings.n(), seed: settings.seed() }),
        summary: "The exponential moving mean of n bars.",
        formula: "m + (x - m) · 2 / (n + 1)",
        convention: "Starts at the mean of its first n values (TA-Lib, StockCharts, LEAN). seed=\"first\" starts at its first value and needs no warm-up (pandas' ewm(adjust=False), ta4j).",
        source: "TA-Lib EMA",
        ..PLAIN
    },
    Function {
        name: "wma",
        body: Body::Primitive(|settings| Op::LinearWeighted { n: settings.n() }),
        summary: "The moving mean with weights 1 to n, the latest the heaviest.",
        formula: "Σ (n - k) x[t - k] / (n (n + 1) / 2), k = 0…n - 1",
        source: "TA-Lib WMA",
        ..PLAIN
    },
    Function {
        name: "dema",
        body: Body::Definition("2 * ema(x, n) - ema(ema(x, n), n)"),
        warm_up: "2 * (n - 1)",
        summary: "The double exponential moving mean: an EMA with half of its delay.",
        source: "Mulloy (1994); TA-Lib DEMA",
        ..PLAIN
    },
    Function {
        name: "tema",
        body: Body::Definition("3 * ema(x, n) - 3 * ema(ema(x, n), n) + ema(ema(ema(x, n), n), n)"),
        warm_up: "3 * (n - 1)",
        summary: "The triple exponential moving mean.",
        source: "Mulloy (1994); TA-Lib TEMA",
        ..PLAIN
    },
    Function {
        name: "wilder",
        parameters: &[X, N, SEED],
        body: Body::Primitive(|settings| Op::Wilder { n: settings.n(), seed: settings.seed() }),
        summary: "Wilder's moving mean: an exponential one of weight 1 / n, also called RMA or SMMA.",
        formula: "m + (x - m) / n",
        convention: "Starts at the mean of its first n values. seed=\"first\" starts at its first value and needs no warm-up.",
        source: "Wilder (1978), New Concepts in Technical Trading Systems",
        ..PLAIN
    },
    Function {
        name: "kama",
        parameters: &[X, window_or("n", 10), window_or("fast", 2), window_or("slow", 30)],
        body: Body::Primitive(|settings| Op::Kama {
            n: settings.n(),
            fast: settings.count("fast"),
            slow: settings.count("slow"),
        }),
        warm_up: "n",
        summary: "Kaufman's adaptive moving mean: fast where the last n bars went one way, slow where they went to and fro.",
        formula: "m + (x - m) c², c = e (2 / (fast + 1) - 2 / (slow + 1)) + 2 / (slow + 1), e = |x - lag(x, n)| / Σ |x - lag(x, 1)|",
        convention: "Starts at the value before its first one, as TA-Lib does.",
        source: "Kaufman (1995), Smarter Trading; TA-Lib KAMA",
        ..PLAIN
    },
];
