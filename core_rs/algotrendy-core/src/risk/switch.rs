//! Kill switches: latched, re-armed in two steps by a named person.

use std::collections::BTreeMap;

use crate::order::command::Scope;
use crate::order::ids::{PersonId, StrategyId};

/// The switches of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Those that are on, and whether each has closed the positions of its scope.
    killed: BTreeMap<Scope, bool>,
    /// First steps of re-arming, and who asked.
    requested: BTreeMap<Scope, PersonId>,
}

impl Switches {
    /// Whether a switch stops the orders of this strategy, or those of none.
    #[must_use]
    pub fn stops(&self, strategy_id: Option<&StrategyId>) -> bool {
        // Nearly always none is on: no name is compared then.
        self.killed.keys().any(|scope| match scope {
            Scope::Global | Scope::Account => true,
            Scope::Strategy(killed) => strategy_id == Some(killed),
        })
    }

    /// Whether a switch is on; `flatten` asks for one that has closed positions too.
    #[must_use]
    pub fn is_killed(&self, scope: &Scope, flatten: bool) -> bool {
        self.killed.get(scope).is_some_and(|flattened| *flattened || !flatten)
    }

    /// The switches that are on, and whether each has closed positions.
    pub fn killed(&self) -> impl Iterator<Item = (&Scope, bool)> {
        self.killed.iter().map(|(scope, flattened)| (scope, *flattened))
    }

    /// Who asked to re-arm, if that is not confirmed yet.
    #[must_use]
    pub fn requester(&self, scope: &Scope) -> Option<&PersonId> {
        self.requested.get(scope)
    }

    /// Pulls a switch. A request to re-arm from before does not outlive it.
    pub(crate) fn kill(&mut self, scope: Scope, flatten: bool) {
        self.requested.remove(&scope);
        *self.killed.entry(scope).or_default() |= flatten;
    }

    /// Takes the first step of re-arming.
    pub(crate) fn request(&mut self, scope: Scope, person: PersonId) {
        self.requested.insert(scope, person);
    }

    /// Takes the second step.
    pub(crate) fn rearm(&mut self, scope: &Scope) {
        self.requested.remove(scope);
        self.killed.remove(scope);
    }

    /// Forgets a request to re-arm: what it was for has happened again since.
    pub(crate) fn withdraw_request(&mut self, scope: &Scope) {
        self.requested.remove(scope);
    }
}
