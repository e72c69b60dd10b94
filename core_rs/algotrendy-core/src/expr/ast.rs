//! The tree of an expression, as a list in which operands come before what uses them: no recursion, however long the text.

/// A column of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Field {
    /// The first price.
    Open,
    /// The highest price.
    High,
    /// The lowest price.
    Low,
    /// The last price.
    Close,
    /// The volume.
    Volume,
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = 5;
    /// All of them, in the order of their indices.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Open, Self::High, Self::Low, Self::Close, Self::Volume];

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name in a text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// A function of a series and a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// Relative change over `n` bars.
    Ret,
    /// Exponential mean.
    Ema,
    /// Rolling sample standard deviation.
    Std,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ret, Self::Ema, Self::Std];

    /// Its name in a text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ret => "ret",
            Self::Ema => "ema",
            Self::Std => "std",
        }
    }

    /// The function of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    /// The smallest window that means something: one value has no sample deviation.
    #[must_use]
    pub const fn min_window(self) -> usize {
        match self {
            Self::Ret | Self::Ema => 1,
            Self::Std => 2,
        }
    }

    /// How many values of its operand come before its first value.
    #[must_use]
    pub const fn warm_up(self, window: usize) -> usize {
        match self {
            Self::Ret => window,
            Self::Ema | Self::Std => window - 1,
        }
    }
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// One operation; operands are indices of earlier nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    /// A literal.
    Number(f64),
    /// A column of the bar.
    Field(Field),
    /// Unary minus.
    Negate {
        /// What it applies to.
        operand: usize,
    },
    /// Two operands and an operator.
    Binary {
        /// Which operator.
        operator: Operator,
        /// Its left operand.
        left: usize,
        /// Its right operand.
        right: usize,
    },
    /// A function of a series and a window.
    Call {
        /// Which function.
        function: Function,
        /// Its series.
        operand: usize,
        /// Its window, in bars; within the function's limits.
        window: usize,
    },
}

/// The nodes of an expression; the last is its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Ast {
    nodes: Vec<Node>,
}

impl Ast {
    /// Only the parser builds one: it puts operands first.
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        assert!(!nodes.is_empty(), "an expression has a value");
        Self { nodes }
    }

    /// Operands first, the expression itself last.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn warm_up(&self) -> usize {
        let mut warm_ups: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            warm_ups.push(match *node {
                Node::Number(_) | Node::Field(_) => 0,
                Node::Negate { operand } => warm_ups[operand],
                Node::Binary { left, right, .. } => warm_ups[left].max(warm_ups[right]),
                Node::Call { function, operand, window } => {
                    warm_ups[operand] + function.warm_up(window)
                }
            });
        }
        warm_ups[warm_ups.len() - 1]
    }

    pub(super) fn fields(&self) -> Vec<Field> {
        Field::ALL.into_iter().filter(|field| self.nodes.contains(&Node::Field(*field))).collect()
    }
}
