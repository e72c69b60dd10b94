//! A part of a graph as steps over blocks of bars.

use super::super::graph::{CalendarField, ClockId, Field, Graph, ModelUse, NodeId, Operation};
use super::super::kernel::{self, Kernel};
use super::super::op::Op;
use super::calendar::CalendarCursor;
use super::error::EvaluateError;
use super::model;
use super::series::Context;

/// How many bars a program takes at once: few enough that what lies between its steps stays in the nearest cache, and that the processor
/// reads the next ones while it computes these.
pub const BLOCK: usize = 256;

/// Where a node's values are while a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Field(usize),
    Buffer(usize),
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Elementwise(Op),
    Kernel(usize),
    Calendar(CalendarField),
    Model(usize),
}

#[derive(Clone, Debug)]
struct Step {
    action: Action,
    operands: Box<[Place]>,
    out: usize,
}

/// What to compute, in order. It holds no values: any number of states run it.
#[derive(Clone, Debug)]
pub struct Program {
    steps: Vec<Step>,
    kernels: Vec<Op>,
    constants: Vec<(usize, f64)>,
    buffer_count: usize,
    imports: Vec<(NodeId, usize)>,
    exports: Vec<(NodeId, Place)>,
    models: Vec<ModelUse>,
    /// The columns of bars that it reads, each once.
    fields: Vec<usize>,
}

/// What a program remembers from block to block, and room for what lies between its steps.
pub struct State {
    kernels: Vec<Box<dyn Kernel>>,
    buffers: Vec<Vec<f64>>,
    /// Whether a buffer is a column of all bars.
    is_column: Vec<bool>,
    calendar: CalendarCursor,
}

/// What a program's kernels remember of the bars before.
pub struct Memory(Vec<Box<dyn Kernel>>);

impl Clone for Memory {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|kernel| kernel.clone_box()).collect())
    }
}

impl State {
    /// Goes on where a memory ended; what it remembered itself is there afterwards.
    pub fn exchange_memory(&mut self, memory: &mut Memory) {
        std::mem::swap(&mut self.kernels, &mut memory.0);
    }
}

impl Clone for State {
    fn clone(&self) -> Self {
        Self {
            kernels: self.kernels.iter().map(|kernel| kernel.clone_box()).collect(),
            buffers: self.buffers.clone(),
            is_column: self.is_column.clone(),
            calendar: self.calendar.clone(),
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("State")
            .field("kernels", &self.kernels.len())
            .finish_non_exhaustive()
    }
}

/// A block of bars: columns of equal length, at most [`BLOCK`]; a column that no step reads may be empty.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub fields: [&'a [f64]; Field::COUNT],
    pub open_times_ns: &'a [i64],
    pub close_times_ns: &'a [i64],
    /// The place of its first bar in columns of all bars.
    pub first: usize,
    pub length: usize,
}

impl Program {
    /// A program for the nodes of one clock that `belongs` names.
    ///
    /// What they read of other nodes is imported; what others read of them, by `is_export`, is exported.
    pub fn new(
        graph: &Graph,
        clock: ClockId,
        belongs: impl Fn(NodeId) -> bool,
        is_export: impl Fn(NodeId) -> bool,
    ) -> Self {
        Assembler::new(graph, &belongs, &is_export).assemble(clock)
    }

    /// The nodes whose values are handed in, and the buffer of each.
    pub fn imports(&self) -> &[(NodeId, usize)] {
        &self.imports
    }

    /// The columns of bars that it reads, each once.
    pub fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// The nodes whose values are handed out.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = NodeId> + '_ {
        self.exports.iter().map(|(node, _)| *node)
    }

    /// A state that has seen no bar, for blocks of at most `length` bars.
    pub fn state(&self, length: usize) -> State {
        let mut buffers = vec![vec![f64::NAN; length]; self.buffer_count];
        for &(buffer, value) in &self.constants {
            buffers[buffer].fill(value);
        }
        State {
            kernels: self.fresh_kernels(),
            buffers,
            is_column: vec![false; self.buffer_count],
            calendar: CalendarCursor::default(),
        }
    }

    /// Forgets all bars and keeps the room.
    pub fn restart(&self, state: &mut State) {
        state.kernels = self.fresh_kernels();
    }

    /// What is remembered before any bar.
    pub fn memory(&self) -> Memory {
        Memory(self.fresh_kernels())
    }

    /// Whether it remembers bars before.
    pub fn remembers(&self) -> bool {
        !self.kernels.is_empty()
    }

    fn fresh_kernels(&self) -> Vec<Box<dyn Kernel>> {
        self.kernels.iter().map(|op| kernel::kernel(*op)).collect()
    }

    /// Runs all steps over a block.
    // Compiled once, so that no inlined copy can differ.
    #[inline(never)]
    pub fn run(
        &self,
        state: &mut State,
        block: &Block<'_>,
        context: &Context<'_>,
    ) -> Result<(), EvaluateError> {
        let length = block.length;
        for step in &self.steps {
            // The buffer leaves its place while the others are read; nothing is copied.
            let mut out = std::mem::take(&mut state.buffers[step.out]);
            let (buffers, is_column) = (&state.buffers, &state.is_column);
            let first = |buffer: usize| if is_column[buffer] { block.first } else { 0 };
            let values = |place: Place| match place {
                Place::Field(field) => &block.fields[field][..length],
                Place::Buffer(buffer) => &buffers[buffer][first(buffer)..][..length],
            };
            let room = &mut out[first(step.out)..][..length];
            let mut operands: [&[f64]; 3] = [&[]; 3];
            let arity = step.operands.len().min(operands.len());
            for (operand, place) in operands.iter_mut().zip(&step.operands) {
                *operand = values(*place);
            }
            let result = match step.action {
                Action::Elementwise(op) => {
                    kernel::elementwise_run(op, &operands[..arity], room);
                    Ok(())
                }
                Action::Kernel(kernel) => {
                    state.kernels[kernel].run(&operands[..arity], room);
                    Ok(())
                }
                Action::Calendar(field) => {
                    state.calendar.run(field, context.calendar, block.open_times_ns, room)
                }
                Action::Model(index) => {
                    let features: Vec<&[f64]> =
                        step.operands.iter().map(|place| values(*place)).collect();
                    let times_ns = block.close_times_ns;
                    model::run(context, &self.models[index], index, &features, times_ns, room)
                }
            };
            state.buffers[step.out] = out;
            result?;
        }
        Ok(())
    }

    /// The values of the `index`th export in the block that was run last.
    pub fn export<'a>(&self, state: &'a State, block: &Block<'a>, index: usize) -> &'a [f64] {
        match self.exports[index].1 {
            Place::Field(field) => &block.fields[field][..block.length],
            Place::Buffer(buffer) => {
                let first = if state.is_column[buffer] { block.first } else { 0 };
                &state.buffers[buffer][first..][..block.length]
            }
        }
    }

    /// Exchanges the buffer of an export for a column of all bars, or back; whether it has one that its step writes to.
    pub fn exchange(&self, state: &mut State, index: usize, column: &mut Vec<f64>) -> bool {
        let Place::Buffer(buffer) = self.exports[index].1 else { return false };
        if !self.steps.iter().any(|step| step.out == buffer) {
            return false;
        }
        std::mem::swap(&mut state.buffers[buffer], column);
        state.is_column[buffer] = !state.is_column[buffer];
        true
    }

    /// Where the values of the `index`th import go.
    pub fn import<'a>(&self, state: &'a mut State, index: usize) -> &'a mut [f64] {
        &mut state.buffers[self.imports[index].1]
    }
}

/// Puts a program together: a buffer is used again once nothing reads what is in it.
struct Assembler<'a> {
    graph: &'a Graph,
    belongs: &'a dyn Fn(NodeId) -> bool,
    is_export: &'a dyn Fn(NodeId) -> bool,
    places: Vec<Option<Place>>,
    last_reader: Vec<NodeId>,
    free: Vec<usize>,
    program: Program,
}

impl<'a> Assembler<'a> {
    fn new(
        graph: &'a Graph,
        belongs: &'a dyn Fn(NodeId) -> bool,
        is_export: &'a dyn Fn(NodeId) -> bool,
    ) -> Self {
        let count = graph.nodes().len();
        let program = Program {
            steps: Vec::new(),
            kernels: Vec::new(),
            constants: Vec::new(),
            buffer_count: 0,
            imports: Vec::new(),
            exports: Vec::new(),
            models: graph.models().to_vec(),
            fields: Vec::new(),
        };
        let (places, last_reader) = (vec![None; count], vec![0; count]);
        Self { graph, belongs, is_export, places, last_reader, free: Vec::new(), program }
    }

    fn assemble(mut self, clock: ClockId) -> Program {
        let nodes = self.graph.nodes();
        let is_mine: Vec<bool> =
            (0..nodes.len()).map(|id| nodes[id].clock == clock && (self.belongs)(id)).collect();
        for id in (0..nodes.len()).filter(|id| is_mine[*id]) {
            for &operand in nodes[id].operands() {
                self.last_reader[operand] = id;
            }
        }
        for id in (0..nodes.len()).filter(|id| is_mine[*id]) {
            if (self.is_export)(id) {
                self.last_reader[id] = usize::MAX;
            }
            self.step(id, &is_mine);
        }
        for id in (0..nodes.len()).filter(|id| is_mine[*id] && (self.is_export)(*id)) {
            let place = self.places[id].unwrap_or_else(|| unreachable!("a node was placed"));
            self.program.exports.push((id, place));
        }
        self.program
    }

    fn step(&mut self, id: NodeId, is_mine: &[bool]) {
        let node = &self.graph.nodes()[id];
        let action = match &node.operation {
            Operation::Constant(value) => {
                let buffer = self.new_buffer();
                self.program.constants.push((buffer, value.get()));
                self.places[id] = Some(Place::Buffer(buffer));
                return;
            }
            Operation::Field(field) => {
                self.places[id] = Some(Place::Field(field.index()));
                self.program.fields.push(field.index());
                return;
            }
            Operation::CrossSection(..) | Operation::AsOf(_) => {
                unreachable!("columns are imported where they are read")
            }
            Operation::Calendar(field) => Action::Calendar(*field),
            Operation::Model(model, _) => Action::Model(*model),
            Operation::Apply(op, _) if op.is_elementwise() => Action::Elementwise(*op),
            Operation::Apply(op, _) => {
                self.program.kernels.push(*op);
                Action::Kernel(self.program.kernels.len() - 1)
            }
        };
        let operands: Box<[Place]> =
            node.operands().iter().map(|&operand| self.operand(operand, is_mine)).collect();
        let out = self.free.pop().unwrap_or_else(|| self.new_buffer());
        for &operand in node.operands() {
            self.release(operand, id);
        }
        self.places[id] = Some(Place::Buffer(out));
        self.program.steps.push(Step { action, operands, out });
    }

    fn operand(&mut self, operand: NodeId, is_mine: &[bool]) -> Place {
        if let Some(place) = self.places[operand] {
            return place;
        }
        assert!(!is_mine[operand], "operands come first");
        match self.graph.nodes()[operand].operation {
            // Cheaper to have again than to hand over.
            Operation::Constant(_) | Operation::Field(_) => {
                self.step(operand, is_mine);
                self.places[operand].unwrap_or_else(|| unreachable!("a leaf was placed"))
            }
            _ => self.import(operand),
        }
    }

    fn import(&mut self, id: NodeId) -> Place {
        let buffer = self.new_buffer();
        self.program.imports.push((id, buffer));
        self.places[id] = Some(Place::Buffer(buffer));
        Place::Buffer(buffer)
    }

    /// Frees an operand's buffer after its last reader. Constants and imports keep theirs: they are filled once a block at most.
    fn release(&mut self, operand: NodeId, reader: NodeId) {
        let Some(Place::Buffer(buffer)) = self.places[operand] else { return };
        let is_kept = self.program.constants.iter().any(|(kept, _)| *kept == buffer)
            || self.program.imports.iter().any(|(_, kept)| *kept == buffer);
        if self.last_reader[operand] == reader && !is_kept && !self.free.contains(&buffer) {
            self.free.push(buffer);
        }
    }

    fn new_buffer(&mut self) -> usize {
        self.program.buffer_count += 1;
        self.program.buffer_count - 1
    }
}
