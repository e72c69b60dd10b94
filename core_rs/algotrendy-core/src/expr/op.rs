//! What a node of a graph does with its operands' values.
//!
//! A value is a finite `f64` or null, which is NaN; a boolean is 1, 0 or null. What would be infinite is null.

/// A constant parameter, compared by its bits so that equal operations are one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Real(u64);

impl Real {
    /// `value`, with one zero and one NaN.
    #[must_use]
    pub fn new(value: f64) -> Self {
        if value == 0.0 {
            return Self(0);
        }
        Self(if value.is_nan() { f64::NAN } else { value }.to_bits())
    }

    /// The value.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// How a mean with a memory starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seed {
    /// At the mean of its first `n` values, null before: Wilder, TA-Lib, `StockCharts`, LEAN.
    Mean,
    /// At its first value: pandas' `ewm(adjust=False)`, ta4j, `TradingView`'s older scripts.
    First,
}

/// An operation on series of one clock. `n` is a window in bars.
///
/// A window that holds a null has no value. A mean with a memory (`Ema`, `Wilder`, `Kama`, `Rsi`) is null at a null and goes on after it
/// as if that bar had not been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // The function table documents them.
pub enum Op {
    // Arithmetic: value by value; null if an operand is.
    Add,
    Subtract,
    Multiply,
    /// Null where the divisor is 0.
    Divide,
    /// The divisor's sign, as in Python; null where it is 0.
    Remainder,
    Power,
    Negate,
    Abs,
    Sign,
    Sqrt,
    Exp,
    Log,
    Floor,
    Ceil,
    /// Halves to even.
    Round,
    Minimum,
    Maximum,
    // Comparison: null if an operand is.
    Less,
    LessEqual,
    Equal,
    NotEqual,
    // Logic (Kleene): `false and null` is false, `true or null` is true.
    And,
    Or,
    Not,
    /// Never null.
    IsNull,
    /// The second where the first is null.
    Coalesce,
    /// The second where the first is true, the third where it is false.
    Where,

    // Windows of the last `n` values.
    /// The value `n` bars before.
    Lag {
        n: usize,
    },
    /// The value less the one `n` bars before.
    Delta {
        n: usize,
    },
    Sum {
        n: usize,
    },
    Mean {
        n: usize,
    },
    /// Divided by `n - ddof`; `n > ddof`.
    Var {
        n: usize,
        ddof: usize,
    },
    Std {
        n: usize,
        ddof: usize,
    },
    /// Fisher-Pearson, adjusted for bias (pandas); null where the deviation is 0; `n >= 3`.
    Skew {
        n: usize,
    },
    /// Excess, adjusted for bias (pandas); null where the deviation is 0; `n >= 4`.
    Kurt {
        n: usize,
    },
    Min {
        n: usize,
    },
    Max {
        n: usize,
    },
    /// How many bars ago the minimum was: 0 is now; the latest of equals.
    ArgMin {
        n: usize,
    },
    ArgMax {
        n: usize,
    },
    /// Linear between the two nearest (NumPy's default); `q` in 0..=1. The median is q = 0.5.
    Quantile {
        n: usize,
        q: Real,
    },
    /// Of the last value among the window, in (0, 1], equals at their mean rank (pandas' `rank(pct=True)`).
    Rank {
        n: usize,
    },
    Product {
        n: usize,
    },
    /// Mean absolute deviation from the window's mean.
    MeanDeviation {
        n: usize,
    },
    /// Weights 1..=n, the latest the heaviest, divided by their sum.
    LinearWeighted {
        n: usize,
    },
    /// Two operands; null where a deviation is 0.
    Correlation {
        n: usize,
    },
    Covariance {
        n: usize,
        ddof: usize,
    },
    /// Of the first operand on the second; null where the second does not vary.
    Beta {
        n: usize,
    },
    /// Of the least-squares line over bar numbers 0..n.
    Slope {
        n: usize,
    },
    /// Its coefficient of determination; null where the values do not vary.
    RSquared {
        n: usize,
    },

    // Memories.
    /// Weight `2 / (n + 1)`.
    Ema {
        n: usize,
        seed: Seed,
    },
    /// Weight `1 / n`.
    Wilder {
        n: usize,
        seed: Seed,
    },
    /// Kaufman's adaptive mean over `n` changes, between the weights of EMAs of `fast` and `slow`; starts at the value before its first.
    Kama {
        n: usize,
        fast: usize,
        slow: usize,
    },
    /// Wilder's relative strength of the changes, 0..=100; 50 where nothing changed.
    Rsi {
        n: usize,
        seed: Seed,
    },
    /// Sum of all values so far; a null adds nothing and is null.
    CumulativeSum,
    /// Bars since the operand was true; null before it ever was, and at a null.
    BarsSince,

    // Bars.
    /// close, volume: the volume of rising closes less that of falling ones, so far; the first bar counts as rising. A null adds nothing,
    /// and is null, as is a bar after a null close.
    OnBalanceVolume,
    /// high, low, close: max(high, close before) - min(low, close before); null at the first.
    TrueRange,
    /// high, low: Wilder's positive directional movement; null at the first.
    PlusMovement,
    /// high, low: Wilder's negative directional movement; null at the first.
    MinusMovement,
    /// high, low: Wilder's parabolic stop and reverse, as TA-Lib starts it.
    ParabolicSar {
        step: Real,
        max: Real,
    },
}

impl Op {
    /// How many operands it takes.
    #[must_use]
    pub const fn arity(self) -> usize {
        match self {
            Self::Where | Self::TrueRange => 3,
            Self::Add
            | Self::Subtract
            | Self::Multiply
            | Self::Divide
            | Self::Remainder
            | Self::Power
            | Self::Minimum
            | Self::Maximum
            | Self::Less
            | Self::LessEqual
            | Self::Equal
            | Self::NotEqual
            | Self::And
            | Self::Or
            | Self::Coalesce
            | Self::Correlation { .. }
            | Self::Covariance { .. }
            | Self::Beta { .. }
            | Self::OnBalanceVolume
            | Self::PlusMovement
            | Self::MinusMovement
            | Self::ParabolicSar { .. } => 2,
            _ => 1,
        }
    }

    /// How many values of its operands come before its first value.
    #[must_use]
    pub const fn warm_up(self) -> usize {
        match self {
            Self::Lag { n }
            | Self::Delta { n }
            | Self::Kama { n, .. }
            | Self::Rsi { n, seed: Seed::Mean } => n,
            Self::Sum { n }
            | Self::Mean { n }
            | Self::Var { n, .. }
            | Self::Std { n, .. }
            | Self::Skew { n }
            | Self::Kurt { n }
            | Self::Min { n }
            | Self::Max { n }
            | Self::ArgMin { n }
            | Self::ArgMax { n }
            | Self::Quantile { n, .. }
            | Self::Rank { n }
            | Self::Product { n }
            | Self::MeanDeviation { n }
            | Self::LinearWeighted { n }
            | Self::Correlation { n }
            | Self::Covariance { n, .. }
            | Self::Beta { n }
            | Self::Slope { n }
            | Self::RSquared { n }
            | Self::Ema { n, seed: Seed::Mean }
            | Self::Wilder { n, seed: Seed::Mean } => n - 1,
            Self::TrueRange
            | Self::PlusMovement
            | Self::MinusMovement
            | Self::ParabolicSar { .. }
            | Self::Rsi { seed: Seed::First, .. } => 1,
            _ => 0,
        }
    }

    /// How many values it remembers: what bounds an expression's memory.
    #[must_use]
    pub const fn memory(self) -> usize {
        match self {
            Self::Ema { .. } | Self::Wilder { .. } | Self::Rsi { .. } => 1,
            _ => self.warm_up(),
        }
    }

    /// Whether each value depends on its own bar alone.
    #[must_use]
    pub const fn is_elementwise(self) -> bool {
        matches!(
            self,
            Self::Add
                | Self::Subtract
                | Self::Multiply
                | Self::Divide
                | Self::Remainder
                | Self::Power
                | Self::Negate
                | Self::Abs
                | Self::Sign
                | Self::Sqrt
                | Self::Exp
                | Self::Log
                | Self::Floor
                | Self::Ceil
                | Self::Round
                | Self::Minimum
                | Self::Maximum
                | Self::Less
                | Self::LessEqual
                | Self::Equal
                | Self::NotEqual
                | Self::And
                | Self::Or
                | Self::Not
                | Self::IsNull
                | Self::Coalesce
                | Self::Where
        )
    }
}

/// An operation on the values that a universe's members have at one time; an absent member has none and does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrossOp {
    /// Among the members that have a value, in (0, 1], equals at their mean rank.
    Rank,
    /// Deviations from the members' mean, in sample deviations; null where that is 0 or there are fewer than two.
    ZScore,
    /// Deviations from the members' mean.
    Demean,
    /// Divided by the sum of the members' absolute values (`scale` of the 101 Alphas); null where that is 0.
    Scale,
}
