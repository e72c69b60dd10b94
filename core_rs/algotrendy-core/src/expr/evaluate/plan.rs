//! A graph cut into programs.

use super::super::graph::{ClockId, Field, Graph, ModelUse, Node, NodeId, Operation, BASE_CLOCK};
use super::program::Program;

/// How to evaluate a graph. It holds no values: streams and batches run from it.
#[derive(Clone, Debug)]
pub struct Plan {
    graph: Graph,
    /// Of the clocks from 1 on: each exports what the base clock joins.
    pub(super) clocks: Vec<Program>,
    /// Of the base clock: each is followed by its cross-sections.
    pub(super) levels: Vec<Level>,
    /// The last level that needs a node's values.
    pub(super) last_levels: Vec<usize>,
    is_needed: Vec<bool>,
}

/// A program and the cross-sections that its values make possible.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) program: Program,
    pub(super) cross_sections: Vec<NodeId>,
}

/// The level of what is needed to the end.
pub(super) const FOREVER: usize = usize::MAX;

impl Plan {
    /// Plans the outputs of a graph.
    #[must_use]
    pub fn new(graph: Graph) -> Self {
        let nodes = graph.nodes();
        let uses = Uses::new(&graph);
        let clocks = (1..=graph.clocks().len()).map(|clock| {
            let belongs = |id: NodeId| uses.is_needed[id];
            Program::new(&graph, clock, belongs, |id| uses.is_joined[id])
        });
        let clocks = clocks.collect();
        let count = uses.levels.iter().max().map_or(1, |level| level + 1);
        let levels = (0..count).map(|level| {
            let belongs = |id: NodeId| {
                uses.is_needed[id] && uses.levels[id] == level && !is_column(&nodes[id])
            };
            let program =
                Program::new(&graph, BASE_CLOCK, belongs, |id| uses.is_export(&graph, id));
            let is_ready = |id: &NodeId| match nodes[*id].operation {
                Operation::CrossSection(_, operand) => {
                    uses.is_needed[*id] && uses.levels[operand] == level
                }
                _ => false,
            };
            Level { program, cross_sections: (0..nodes.len()).filter(is_ready).collect() }
        });
        let levels = levels.collect();
        let Uses { last_levels, is_needed, .. } = uses;
        Self { graph, clocks, levels, last_levels, is_needed }
    }

    /// What it evaluates.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Whether it needs a universe.
    #[must_use]
    pub fn needs_universe(&self) -> bool {
        self.levels.iter().any(|level| !level.cross_sections.is_empty())
    }

    /// Whether it reads the past of what was compared, as in a mean of ranks.
    pub(super) fn remembers_comparisons(&self) -> bool {
        self.levels[1..].iter().any(|level| level.program.remembers())
    }

    /// Whether it asks when a clock's bars open: what the calendar says of that time.
    #[must_use]
    pub fn needs_open_times(&self, clock: ClockId) -> bool {
        let asks =
            |node: &Node| node.clock == clock && matches!(node.operation, Operation::Calendar(_));
        self.needed().any(asks)
    }

    /// Whether it asks when bars close, and so are known: to join other series, or to keep a model from what it was trained on.
    #[must_use]
    pub fn needs_close_times(&self) -> bool {
        !self.clocks.is_empty() || self.graph.models().iter().any(|model| !model.is_in_sample)
    }

    /// The nodes that the outputs need: what is folded away is read of nobody.
    fn needed(&self) -> impl Iterator<Item = &Node> {
        let nodes = self.graph.nodes().iter().zip(&self.is_needed);
        nodes.filter_map(|(node, is_needed)| is_needed.then_some(node))
    }

    /// The fields that the bars themselves must have: those that are read of them, and of the other series that are made from them,
    /// because they are not given.
    #[must_use]
    pub fn base_fields(&self, is_given: impl Fn(&str) -> bool) -> Vec<Field> {
        let mut fields = self.fields(BASE_CLOCK);
        for (place, name) in self.graph.clocks().iter().enumerate() {
            if !is_given(name) {
                fields.extend(self.fields(place + 1));
            }
        }
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// The node of the base clock that is another clock's as of now. Equal nodes are one, so there is one.
    pub(super) fn join_of(&self, node: NodeId) -> NodeId {
        let join = Operation::AsOf(node);
        let place = self.graph.nodes().iter().position(|other| other.operation == join);
        place.unwrap_or_else(|| unreachable!("what a clock exports is joined"))
    }

    /// The joins that the outputs need, each with its clock's program and which of its exports it is.
    pub(super) fn joins(&self) -> impl Iterator<Item = (NodeId, (usize, usize))> + '_ {
        self.clocks.iter().enumerate().flat_map(move |(clock, program)| {
            let exports = program.exports().enumerate();
            exports.map(move |(export, node)| (self.join_of(node), (clock, export)))
        })
    }

    /// The models that are asked about a clock's bars.
    pub fn models(&self, clock: ClockId) -> impl Iterator<Item = &ModelUse> {
        let models = self.graph.models();
        self.needed().filter(move |node| node.clock == clock).filter_map(move |node| {
            match node.operation {
                Operation::Model(model, _) => Some(&models[model]),
                _ => None,
            }
        })
    }

    /// The fields that it reads of a clock's bars, each once, in order.
    #[must_use]
    pub fn fields(&self, clock: ClockId) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for node in self.needed().filter(|node| node.clock == clock) {
            if let Operation::Field(field) = node.operation {
                fields.push(field);
            }
        }
        fields.sort_unstable();
        fields
    }
}

/// Whether a node's values are no program's: they are columns that programs import.
fn is_column(node: &Node) -> bool {
    matches!(node.operation, Operation::CrossSection(..) | Operation::AsOf(_))
}

/// Who needs which node.
struct Uses {
    is_needed: Vec<bool>,
    /// How many cross-sections come one after the other before each node's value.
    levels: Vec<usize>,
    last_levels: Vec<usize>,
    /// Whether a cross-section reads it.
    is_crossed: Vec<bool>,
    /// Whether the base clock joins it.
    is_joined: Vec<bool>,
}

impl Uses {
    fn new(graph: &Graph) -> Self {
        let nodes = graph.nodes();
        let mut uses = Self {
            is_needed: graph.reached(graph.outputs()),
            levels: Vec::with_capacity(nodes.len()),
            last_levels: vec![0; nodes.len()],
            is_crossed: vec![false; nodes.len()],
            is_joined: vec![false; nodes.len()],
        };
        for node in nodes {
            let levels = node.operands().iter().map(|&operand| uses.levels[operand]);
            let is_cross = matches!(node.operation, Operation::CrossSection(..));
            uses.levels.push(levels.max().unwrap_or(0) + usize::from(is_cross));
        }
        for &output in graph.outputs() {
            uses.last_levels[output] = FOREVER;
        }
        for (reader, node) in nodes.iter().enumerate() {
            if uses.is_needed[reader] {
                uses.read(reader, node);
            }
        }
        uses
    }

    fn read(&mut self, reader: NodeId, node: &Node) {
        for &operand in node.operands() {
            let is_cross = matches!(node.operation, Operation::CrossSection(..));
            self.is_crossed[operand] |= is_cross;
            self.is_joined[operand] |= matches!(node.operation, Operation::AsOf(_));
            // A cross-section reads at the end of its operand's level.
            let level = if is_cross { self.levels[operand] } else { self.levels[reader] };
            self.last_levels[operand] = self.last_levels[operand].max(level);
        }
    }

    /// Whether a node's program hands its values out. Leaves are had again at each level rather than handed over.
    fn is_export(&self, graph: &Graph, id: NodeId) -> bool {
        let operation = &graph.nodes()[id].operation;
        let is_leaf = matches!(operation, Operation::Constant(_) | Operation::Field(_));
        let last_level = self.last_levels[id];
        self.is_crossed[id] || last_level == FOREVER || (!is_leaf && last_level > self.levels[id])
    }
}
