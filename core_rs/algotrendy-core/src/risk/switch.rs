//! Kill switches: latched, re-armed in two steps by a named person.

use std::collections::{BTreeMap, BTreeSet};

use crate::order::command::Scope;
use crate::order::ids::{PersonId, StrategyId};

/// The switches of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    is_global_killed: bool,
    is_account_killed: bool,
    strategies_killed: BTreeSet<StrategyId>,
    /// First steps of re-arming, and who asked.
    requested: BTreeMap<Scope, PersonId>,
}

impl Switches {
    /// Whether a switch stops the orders of this strategy, or those of none.
    #[must_use]
    pub fn stops(&self, strategy_id: Option<&StrategyId>) -> bool {
        self.is_global_killed
            || self.is_account_killed
            // Nearly always none is: no name is compared then.
            || !self.strategies_killed.is_empty()
                && strategy_id.is_some_and(|id| self.strategies_killed.contains(id))
    }

    /// Whether the switch itself is on.
    #[must_use]
    pub fn is_killed(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Global => self.is_global_killed,
            Scope::Account => self.is_account_killed,
            Scope::Strategy(strategy_id) => self.strategies_killed.contains(strategy_id),
        }
    }

    /// Who asked to re-arm, if that is not confirmed yet.
    #[must_use]
    pub fn requester(&self, scope: &Scope) -> Option<&PersonId> {
        self.requested.get(scope)
    }

    /// Pulls a switch; a request to re-arm from before does not outlive it.
    pub fn kill(&mut self, scope: &Scope) {
        self.requested.remove(scope);
        self.set(scope, true);
    }

    /// Takes the first step of re-arming.
    pub fn request(&mut self, scope: Scope, person: PersonId) {
        self.requested.insert(scope, person);
    }

    /// Takes the second step.
    pub fn rearm(&mut self, scope: &Scope) {
        self.requested.remove(scope);
        self.set(scope, false);
    }

    /// Forgets a request to re-arm: what it was for has happened again since.
    pub fn withdraw_request(&mut self, scope: &Scope) {
        self.requested.remove(scope);
    }

    fn set(&mut self, scope: &Scope, is_on: bool) {
        match scope {
            Scope::Global => self.is_global_killed = is_on,
            Scope::Account => self.is_account_killed = is_on,
            Scope::Strategy(strategy_id) if is_on => {
                self.strategies_killed.insert(strategy_id.clone());
            }
            Scope::Strategy(strategy_id) => {
                self.strategies_killed.remove(strategy_id);
            }
        }
    }
}
