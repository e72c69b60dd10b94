//! Commands that named themselves, so that a repetition is known from a reuse: the last of them.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::hash_table::HashTable;
use hashbrown::DefaultHashBuilder;

use super::command::{Command, CommandBody};
use super::error::DecideError;
use super::event::CommandMark;

/// How many commands are remembered.
pub const REMEMBERED_COMMANDS: usize = 10_000;

/// The last commands that named themselves and led to events.
#[derive(Clone, Debug, Default)]
pub struct CommandLog {
    marks: VecDeque<CommandMark>,
    /// Commands forgotten: the first of `marks` has this number.
    first: u64,
    by_id: HashTable<u64>,
    hasher: DefaultHashBuilder,
}

impl CommandLog {
    /// What was asked under the id of `command`, if it was seen.
    #[must_use]
    pub fn find(&self, command_id: &str) -> Option<&CommandMark> {
        let is_it =
            |&number: &u64| self.mark(number).is_some_and(|mark| mark.id.as_str() == command_id);
        let number = *self.by_id.find(self.hasher.hash_one(command_id), is_it)?;
        self.mark(number)
    }

    /// Remembers a command; the events of one decision all tell the same.
    pub(super) fn remember(&mut self, mark: &CommandMark) {
        if self.marks.back() == Some(mark) {
            return;
        }
        if self.marks.len() == REMEMBERED_COMMANDS {
            self.forget();
        }
        let number = self.first + self.marks.len() as u64;
        self.marks.push_back(mark.clone());
        let (marks, first, hasher) = (&self.marks, self.first, &self.hasher);
        let rehash = |&number: &u64| {
            let place = usize::try_from(number - first).unwrap_or(usize::MAX);
            hasher.hash_one(marks[place].id.as_str())
        };
        self.by_id.insert_unique(hasher.hash_one(mark.id.as_str()), number, rehash);
    }

    fn forget(&mut self) {
        let Some(oldest) = self.marks.pop_front() else { return };
        let hash = self.hasher.hash_one(oldest.id.as_str());
        if let Ok(found) = self.by_id.find_entry(hash, |&number| number == self.first) {
            found.remove();
        }
        self.first += 1;
    }

    fn mark(&self, number: u64) -> Option<&CommandMark> {
        self.marks.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

/// What `command` is remembered by, if it named itself.
pub(super) fn mark_of(command: &Command) -> Result<Option<CommandMark>, DecideError> {
    let Some(id) = &command.id else { return Ok(None) };
    if id.as_str().is_empty() {
        let (field, value) = ("command_id", String::new());
        return Err(DecideError::FieldInvalid { field, value, expected: "not empty" });
    }
    Ok(Some(CommandMark { id: id.clone(), checksum: checksum(&command.body) }))
}

/// CRC-32C of the body's canonical form.
///
/// # Panics
/// Never: a body is plain data, which always has a form.
fn checksum(body: &CommandBody) -> u32 {
    let form = rmp_serde::to_vec_named(body).expect("a command body is plain data");
    crc32c::crc32c(&form)
}
