//! Over the last `n` bars. A window that holds a null has no value.

use super::{ranked_window, window, DDOF, N, X};
use crate::expr::function::{Body, Function, Group, Parameter, ParameterKind};
use crate::expr::op::{Op, Real};

const PLAIN: Function =
    Function { group: Group::Window, parameters: &[X, N], warm_up: "n - 1", ..Function::PLAIN };

const DDOF_CONVENTION: &str =
    "Divides by n - ddof: ddof=1 is the sample's (pandas, Polars), ddof=0 the population's (NumPy, TA-Lib).";

const RANKED: &[Parameter] = &[X, ranked_window("n")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "sum",
        body: Body::Primitive(|settings| Op::Sum { n: settings.n() }),
        summary: "The sum of the last n values.",
        formula: "Σ x",
        ..PLAIN
    },
    Function {
        name: "mean",
        body: Body::Primitive(|settings| Op::Mean { n: settings.n() }),
        summary: "The mean of the last n values; the same as sma.",
        formula: "Σ x / n",
        ..PLAIN
    },
    Function {
        name: "std",
        parameters: &[X, N, DDOF],
        body: Body::Primitive(|settings| Op::Std { n: settings.n(), ddof: settings.ddof() }),
        summary: "The standard deviation of the last n values.",
        formula: "√(Σ (x - x̄)² / (n - ddof))",
        convention: DDOF_CONVENTION,
        ..PLAIN
    },
    Function {
        name: "var",
        parameters: &[X, N, DDOF],
        body: Body::Primitive(|settings| Op::Var { n: settings.n(), ddof: settings.ddof() }),
        summary: "The variance of the last n values.",
        formula: "Σ (x - x̄)² / (n - ddof)",
        convention: DDOF_CONVENTION,
        ..PLAIN
    },
    Function {
        name: "zscore",
        parameters: &[X, N, DDOF],
        body: Body::Definition("(x - mean(x, n)) / std(x, n, ddof)"),
        summary: "How many standard deviations the value is from the mean of the last n; null where they are equal.",
        convention: DDOF_CONVENTION,
        ..PLAIN
    },
    Function {
        name: "skew",
        parameters: &[X, window("n", 3)],
        body: Body::Primitive(|settings| Op::Skew { n: settings.n() }),
        summary: "The skewness of the last n values; null where they are equal.",
        formula: "√(n (n - 1)) / (n - 2) · m₃ / m₂^1.5, mₖ = Σ (x - x̄)ᵏ / n",
        convention: "Adjusted for bias, as in pandas; SciPy's default is not.",
        source: "Fisher-Pearson",
        ..PLAIN
    },
    Function {
        name: "kurt",
        parameters: &[X, window("n", 4)],
        body: Body::Primitive(|settings| Op::Kurt { n: settings.n() }),
        summary: "The excess kurtosis of the last n values, 0 for a normal distribution; null where they are equal.",
        formula: "(n - 1) / ((n - 2) (n - 3)) · ((n + 1) (m₄ / m₂² - 3) + 6), mₖ = Σ (x - x̄)ᵏ / n",
        convention: "Excess and adjusted for bias, as in pandas; SciPy's default is not adjusted.",
        source: "Fisher",
        ..PLAIN
    },
    Function {
        name: "min",
        body: Body::Primitive(|settings| Op::Min { n: settings.n() }),
        summary: "The smallest of the last n values. Of two values of one bar: minimum.",
        formula: "min x",
        ..PLAIN
    },
    Function {
        name: "max",
        body: Body::Primitive(|settings| Op::Max { n: settings.n() }),
        summary: "The largest of the last n values. Of two values of one bar: maximum.",
        formula: "max x",
        ..PLAIN
    },
    Function {
        name: "argmin",
        body: Body::Primitive(|settings| Op::ArgMin { n: settings.n() }),
        summary: "How many bars ago the smallest of the last n values was: 0 is now.",
        formula: "the least k with x[t - k] = min x",
        convention: "Bars ago, the latest of equals; ts_argmin of the 101 Alphas is n - argmin(x, n), from 1 at the oldest.",
        ..PLAIN
    },
    Function {
        name: "argmax",
        body: Body::Primitive(|settings| Op::ArgMax { n: settings.n() }),
        summary: "How many bars ago the largest of the last n values was: 0 is now.",
        formula: "the least k with x[t - k] = max x",
        convention: "Bars ago, the latest of equals; ts_argmax of the 101 Alphas is n - argmax(x, n), from 1 at the oldest.",
        ..PLAIN
    },
    Function {
        name: "median",
        parameters: RANKED,
        body: Body::Primitive(|settings| Op::Quantile { n: settings.n(), q: Real::new(0.5) }),
        summary: "The median of the last n values.",
        formula: "quantile(x, n, 0.5)",
        ..PLAIN
    },
    Function {
        name: "quantile",
        parameters: &[
            X,
            ranked_window("n"),
            Parameter {
                name: "q",
                kind: ParameterKind::Constant { min: 0.0, max: 1.0, default: None },
            },
        ],
        body: Body::Primitive(|settings| Op::Quantile { n: settings.n(), q: settings.real("q") }),
        summary: "The value below which a share q of the last n values lies.",
        formula: "at place q (n - 1) of the values in order, linear between two",
        convention: "Linear between the two nearest values, as in NumPy and pandas.",
        ..PLAIN
    },
    Function {
        name: "rank",
        parameters: RANKED,
        body: Body::Primitive(|settings| Op::Rank { n: settings.n() }),
        summary: "The rank of the value among the last n, from 1 / n for the smallest to 1 for the largest.",
        formula: "(1 + values below + other equals / 2) / n",
        convention: "Equals share their mean rank, as in pandas' rank(pct=True).",
        source: "ts_rank of the 101 Alphas",
        ..PLAIN
    },
    Function {
        name: "product",
        body: Body::Primitive(|settings| Op::Product { n: settings.n() }),
        summary: "The product of the last n values.",
        formula: "Π x",
        ..PLAIN
    },
    Function {
        name: "mean_dev",
        parameters: RANKED,
        body: Body::Primitive(|settings| Op::MeanDeviation { n: settings.n() }),
        summary: "The mean absolute deviation of the last n values from their mean.",
        formula: "Σ |x - x̄| / n",
        ..PLAIN
    },
    Function {
        name: "decay_linear",
        body: Body::Primitive(|settings| Op::LinearWeighted { n: settings.n() }),
        summary: "The mean of the last n values with weights 1 to n, the latest the heaviest; the same as wma.",
        formula: "Σ (n - k) x[t - k] / (n (n + 1) / 2), k = 0…n - 1",
        source: "Kakushadze (2016), 101 Formulaic Alphas",
        ..PLAIN
    },
    Function {
        name: "slope",
        parameters: &[X, window("n", 2)],
        body: Body::Primitive(|settings| Op::Slope { n: settings.n() }),
        summary: "The slope per bar of the least-squares line through the last n values.",
        formula: "Σ (k - k̄) x / Σ (k - k̄)², k = 0…n - 1",
        source: "TA-Lib LINEARREG_SLOPE",
        ..PLAIN
    },
    Function {
        name: "r2",
        parameters: &[X, window("n", 2)],
        body: Body::Primitive(|settings| Op::RSquared { n: settings.n() }),
        summary: "How well that line fits: the coefficient of determination; null where the values are equal.",
        formula: "corr(x, k, n)², k = 0…n - 1",
        ..PLAIN
    },
    Function {
        name: "corr",
        parameters: &[X, super::number("y"), window("n", 2)],
        body: Body::Primitive(|settings| Op::Correlation { n: settings.n() }),
        summary: "Pearson's correlation of the last n pairs; null where either does not vary.",
        formula: "Σ (x - x̄) (y - ȳ) / √(Σ (x - x̄)² Σ (y - ȳ)²)",
        source: "TA-Lib CORREL",
        ..PLAIN
    },
    Function {
        name: "cov",
        parameters: &[X, super::number("y"), N, DDOF],
        body: Body::Primitive(|settings| Op::Covariance { n: settings.n(), ddof: settings.ddof() }),
        summary: "The covariance of the last n pairs.",
        formula: "Σ (x - x̄) (y - ȳ) / (n - ddof)",
        convention: DDOF_CONVENTION,
        ..PLAIN
    },
    Function {
        name: "beta",
        parameters: &[super::number("y"), X, window("n", 2)],
        body: Body::Primitive(|settings| Op::Beta { n: settings.n() }),
        summary: "The slope of the least-squares line of y on x over the last n pairs; null where x does not vary.",
        formula: "Σ (x - x̄) (y - ȳ) / Σ (x - x̄)²",
        convention: "Of the series as they are. TA-Lib's BETA takes the changes of its first series as x and of its second as y: beta(ret(second), ret(first), n).",
        ..PLAIN
    },
    Function {
        name: "cum_sum",
        parameters: &[X],
        body: Body::Primitive(|_| Op::CumulativeSum),
        warm_up: "0",
        summary: "The sum of all values so far; null at a null, which adds nothing.",
        formula: "Σ x",
        convention: "Depends on where the data begin.",
        ..PLAIN
    },
];
