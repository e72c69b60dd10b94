//! Expressions as one graph: equal sub-expressions are one node, and operands come before what uses them.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use super::kernel;
use super::op::{CrossOp, Op, Real};
use super::Kind;

/// A column of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// Σ price × quantity.
    Notional,
    /// How many trades.
    TradeCount,
    /// The volume that buyers took.
    BuyVolume,
    /// The volume that sellers took.
    SellVolume,
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = 9;
    /// All of them, in the order of their indices.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Open,
        Self::High,
        Self::Low,
        Self::Close,
        Self::Volume,
        Self::Notional,
        Self::TradeCount,
        Self::BuyVolume,
        Self::SellVolume,
    ];

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name in a text and in a table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
            Self::Notional => "notional",
            Self::TradeCount => "trade_count",
            Self::BuyVolume => "buy_volume",
            Self::SellVolume => "sell_volume",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// What the calendar says of the time a bar opened at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CalendarField {
    /// Whole minutes since the session's open; without sessions, since local midnight.
    MinuteOfSession,
    /// 0..=59.
    Minute,
    /// 0..=23.
    Hour,
    /// Monday is 0, as in Python.
    Weekday,
    /// 1..=31.
    Day,
    /// 1..=12.
    Month,
}

/// The place of a node in [`Graph::nodes`].
pub type NodeId = usize;

/// Whose bars a node's values belong to: 0 is the series an expression is evaluated on, the others are [`Graph::clocks`].
pub type ClockId = usize;

/// The clock of the series an expression is evaluated on.
pub const BASE_CLOCK: ClockId = 0;

/// One value a bar.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The same at every bar.
    Constant(Real),
    /// A column.
    Field(Field),
    /// A fact of the bar's open time.
    Calendar(CalendarField),
    /// A function of other nodes of the same clock.
    Apply(Op, Box<[NodeId]>),
    /// Over a universe.
    CrossSection(CrossOp, NodeId),
    /// The value that a node of another clock had at its last bar closed by now.
    AsOf(NodeId),
    /// The output of a model, an index of [`Graph::models`], given its features.
    Model(usize, Box<[NodeId]>),
}

/// A node and whose bars it has values for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// What it does.
    pub operation: Operation,
    /// Whose bars.
    pub clock: ClockId,
}

/// A use of a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelUse {
    /// Its name.
    pub name: String,
    /// Whether bars that it was trained on are allowed.
    pub is_in_sample: bool,
}

type Parts<'a> = (&'a [Node], &'a [NodeId], &'a [Kind], &'a [String], &'a [ModelUse]);

/// Expressions to be computed together. Only [`Graph::add`] adds a node, so operands come first.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    index: HashMap<Node, NodeId>,
    outputs: Vec<NodeId>,
    output_kinds: Vec<Kind>,
    /// The other series' names, from clock 1 on.
    clocks: Vec<String>,
    models: Vec<ModelUse>,
}

impl Graph {
    /// The node that does this, new or found again. Constant operands are computed at once.
    pub fn add(&mut self, clock: ClockId, operation: Operation) -> NodeId {
        let operation = self.folded(clock, operation);
        let node = Node { operation, clock };
        if let Some(&id) = self.index.get(&node) {
            return id;
        }
        self.nodes.push(node.clone());
        self.index.insert(node, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// An operation of constants is a constant.
    fn folded(&mut self, clock: ClockId, operation: Operation) -> Operation {
        let Operation::Apply(op, operands) = &operation else { return operation };
        if !op.is_elementwise() {
            return operation;
        }
        if let (Op::Divide, &[dividend, divisor]) = (op, &**operands) {
            if let Operation::Constant(divisor) = self.nodes[divisor].operation {
                if let Some(factor) = exact_inverse(divisor.get()) {
                    let factor = self.add(clock, Operation::Constant(Real::new(factor)));
                    let product = Operation::Apply(Op::Multiply, [dividend, factor].into());
                    return self.folded(clock, product);
                }
            }
        }
        let mut values = [f64::NAN; 3];
        for (value, &operand) in values.iter_mut().zip(operands.iter()) {
            let Operation::Constant(constant) = self.nodes[operand].operation else {
                return operation;
            };
            *value = constant.get();
        }
        Operation::Constant(Real::new(kernel::elementwise(*op, values)))
    }

    /// The clock of another series.
    pub fn clock(&mut self, name: &str) -> ClockId {
        if let Some(place) = self.clocks.iter().position(|clock| clock == name) {
            return place + 1;
        }
        self.clocks.push(name.to_owned());
        self.clocks.len()
    }

    /// The place of a use of a model.
    pub fn model(&mut self, model: ModelUse) -> usize {
        if let Some(place) = self.models.iter().position(|other| *other == model) {
            return place;
        }
        self.models.push(model);
        self.models.len() - 1
    }

    /// Makes a node of the base clock the next output.
    ///
    /// # Panics
    /// If it is of another clock.
    pub fn add_output(&mut self, node: NodeId, kind: Kind) {
        assert_eq!(self.nodes[node].clock, BASE_CLOCK, "an output has a value at every bar");
        self.outputs.push(node);
        self.output_kinds.push(kind);
    }

    /// Operands first.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The expressions' nodes, in the order they were added.
    #[must_use]
    pub fn outputs(&self) -> &[NodeId] {
        &self.outputs
    }

    /// The types of the outputs' values.
    #[must_use]
    pub fn output_kinds(&self) -> &[Kind] {
        &self.output_kinds
    }

    /// The names of the other series: clock 1 is the first.
    #[must_use]
    pub fn clocks(&self) -> &[String] {
        &self.clocks
    }

    /// The models used.
    #[must_use]
    pub fn models(&self) -> &[ModelUse] {
        &self.models
    }

    /// How many bars of its own clock come before a node's first value, whatever the data. What comes from another clock counts as
    /// known: how long it warms up is counted in that clock's bars ([`Self::warm_up_of_clock`]).
    #[must_use]
    pub fn warm_up(&self, node: NodeId) -> usize {
        self.warm_ups(node)[node]
    }

    /// How many bars of another series come before `node`'s first value.
    #[must_use]
    pub fn warm_up_of_clock(&self, node: NodeId, clock: ClockId) -> usize {
        let warm_ups = self.warm_ups(node);
        let reached = self.reached(&[node]);
        (0..=node)
            .filter(|&id| reached[id] && self.nodes[id].clock == clock)
            .map(|id| warm_ups[id])
            .max()
            .unwrap_or(0)
    }

    /// The fields of a series that a node needs, each once, in the order of [`Field::ALL`].
    #[must_use]
    pub fn fields(&self, node: NodeId, clock: ClockId) -> Vec<Field> {
        let reached = self.reached(&[node]);
        let reads = |field: &Field| {
            self.nodes[..=node].iter().zip(&reached).any(|(node, is_reached)| {
                *is_reached && node.clock == clock && node.operation == Operation::Field(*field)
            })
        };
        Field::ALL.into_iter().filter(reads).collect()
    }

    fn warm_ups(&self, last: NodeId) -> Vec<usize> {
        let mut warm_ups: Vec<usize> = Vec::with_capacity(last + 1);
        for node in &self.nodes[..=last] {
            let of = |operands: &[NodeId]| {
                operands.iter().map(|&operand| warm_ups[operand]).max().unwrap_or(0)
            };
            let warm_up = match &node.operation {
                Operation::Constant(_)
                | Operation::Field(_)
                | Operation::Calendar(_)
                | Operation::AsOf(_)
                | Operation::Apply(Op::IsNull, _) => 0,
                // What replaces a null may be known earlier.
                Operation::Apply(Op::Coalesce, operands) => {
                    operands.iter().map(|&operand| warm_ups[operand]).min().unwrap_or(0)
                }
                Operation::Apply(op, operands) => of(operands) + op.warm_up(),
                Operation::Model(_, operands) => of(operands),
                Operation::CrossSection(_, operand) => warm_ups[*operand],
            };
            warm_ups.push(warm_up);
        }
        warm_ups
    }

    /// All but the index, which follows from the nodes.
    fn parts(&self) -> Parts<'_> {
        (&self.nodes, &self.outputs, &self.output_kinds, &self.clocks, &self.models)
    }

    /// Which nodes some nodes need, themselves among them.
    #[must_use]
    pub fn reached(&self, nodes: &[NodeId]) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        for &node in nodes {
            reached[node] = true;
        }
        // Operands come first, so all that use a node have been seen before it.
        for id in (0..self.nodes.len()).rev() {
            if reached[id] {
                for &operand in self.nodes[id].operands() {
                    reached[operand] = true;
                }
            }
        }
        reached
    }
}

/// Graphs are equal if they have the same nodes in the same order.
impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Graph {}

impl Hash for Graph {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// What to multiply by instead of dividing, which takes several times as long: of a power of two, for whose inverse every product has
/// the bits of the quotient.
fn exact_inverse(divisor: f64) -> Option<f64> {
    const FRACTION: u64 = (1 << 52) - 1;
    let inverse = 1.0 / divisor;
    let is_power = divisor.is_normal() && divisor.to_bits() & FRACTION == 0;
    (is_power && inverse.is_normal()).then_some(inverse)
}

impl Node {
    /// The nodes it reads.
    #[must_use]
    pub fn operands(&self) -> &[NodeId] {
        match &self.operation {
            Operation::Constant(_) | Operation::Field(_) | Operation::Calendar(_) => &[],
            Operation::Apply(_, operands) | Operation::Model(_, operands) => operands,
            Operation::CrossSection(_, operand) | Operation::AsOf(operand) => {
                std::slice::from_ref(operand)
            }
        }
    }
}
