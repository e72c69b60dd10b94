//! The tree of a text. Only what nests makes it deeper: operators of one level are one list, however long.

/// Characters `start..end` of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    pub(super) fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }
}

/// How tightly a form binds, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Conditional,
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

impl Level {
    /// Whether `a ∘ b ∘ c` is `(a ∘ b) ∘ c`. Comparisons are chains, and powers group to the right.
    pub(super) fn groups_left(self) -> bool {
        matches!(self, Self::Or | Self::And | Self::Sum | Self::Product)
    }
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl Operator {
    pub(super) fn level(self) -> Level {
        match self {
            Self::Or => Level::Or,
            Self::And => Level::And,
            Self::Add | Self::Subtract => Level::Sum,
            Self::Multiply | Self::Divide | Self::Remainder => Level::Product,
            Self::Power => Level::Power,
            _ => Level::Comparison,
        }
    }

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Power => "**",
        }
    }
}

/// What stands before an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    Plus,
    Minus,
    Not,
}

impl Prefix {
    pub(super) fn level(self) -> Level {
        match self {
            Self::Plus | Self::Minus => Level::Sign,
            Self::Not => Level::Not,
        }
    }

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Not => "not ",
        }
    }
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree<'a> {
    pub(super) span: Span,
    pub(super) form: Form<'a>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form<'a> {
    Number(f64),
    Boolean(bool),
    Text(&'a str),
    Name(&'a str),
    Prefix(Prefix, Box<Tree<'a>>),
    /// Operators of one level, at least one.
    Chain(Box<Tree<'a>>, Vec<(Operator, Tree<'a>)>),
    Conditional(Box<Conditional<'a>>),
    Call(Call<'a>),
}

/// `yes if condition else no`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conditional<'a> {
    pub(super) yes: Tree<'a>,
    pub(super) condition: Tree<'a>,
    pub(super) no: Tree<'a>,
}

/// `name(arguments)` or `name(arguments).attribute`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call<'a> {
    pub(super) name: Name<'a>,
    pub(super) arguments: Vec<Argument<'a>>,
    pub(super) attribute: Option<Name<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Name<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Argument<'a> {
    pub(super) keyword: Option<Name<'a>>,
    pub(super) value: Tree<'a>,
}

impl<'a> Tree<'a> {
    pub(super) fn level(&self) -> Level {
        match &self.form {
            Form::Prefix(prefix, _) => prefix.level(),
            Form::Chain(_, rest) => {
                rest.first().map_or(Level::Atom, |(operator, _)| operator.level())
            }
            Form::Conditional(_) => Level::Conditional,
            _ => Level::Atom,
        }
    }

    /// Whether it stands for itself: a number, perhaps with a sign, a name or a text.
    pub(super) fn is_leaf(&self) -> bool {
        match &self.form {
            Form::Number(_) | Form::Boolean(_) | Form::Text(_) | Form::Name(_) => true,
            Form::Prefix(Prefix::Plus | Prefix::Minus, operand) => {
                matches!(operand.form, Form::Number(_))
            }
            _ => false,
        }
    }

    /// What it is made of, in the order of the text.
    pub(super) fn operands(&self) -> Vec<&Tree<'a>> {
        match &self.form {
            Form::Number(_) | Form::Boolean(_) | Form::Text(_) | Form::Name(_) => Vec::new(),
            Form::Prefix(_, operand) => vec![operand],
            Form::Chain(first, rest) => {
                std::iter::once(&**first).chain(rest.iter().map(|(_, operand)| operand)).collect()
            }
            Form::Conditional(parts) => vec![&parts.yes, &parts.condition, &parts.no],
            Form::Call(call) => call.arguments.iter().map(|argument| &argument.value).collect(),
        }
    }

    /// The same with other operands.
    pub(super) fn with_operands(&self, of: impl Fn(&Tree<'a>) -> Tree<'a>) -> Tree<'a> {
        let form = match &self.form {
            Form::Number(_) | Form::Boolean(_) | Form::Text(_) | Form::Name(_) => self.form.clone(),
            Form::Prefix(prefix, operand) => Form::Prefix(*prefix, Box::new(of(operand))),
            Form::Chain(first, rest) => Form::Chain(
                Box::new(of(first)),
                rest.iter().map(|(operator, operand)| (*operator, of(operand))).collect(),
            ),
            Form::Conditional(parts) => Form::Conditional(Box::new(Conditional {
                yes: of(&parts.yes),
                condition: of(&parts.condition),
                no: of(&parts.no),
            })),
            Form::Call(call) => {
                let argument = |argument: &Argument<'a>| Argument {
                    keyword: argument.keyword,
                    value: of(&argument.value),
                };
                let arguments = call.arguments.iter().map(argument).collect();
                Form::Call(Call { arguments, ..*call })
            }
        };
        Tree { span: self.span, form }
    }
}
