//! Events about covariances, overrides and switches into state.

use super::var::Covariance;
use crate::order::command::Scope;
use crate::order::event::{CovarianceSet, EventBody};
use crate::order::state::{SlotIndex, State};

impl State {
    /// Applies an event that people decided about the account, and leaves others alone.
    pub(crate) fn fold_control(&mut self, body: &EventBody) {
        match body {
            EventBody::CovarianceSet(body) => self.put_covariance(body),
            EventBody::OverrideGranted(body) => {
                self.overrides.push((body.granted.clone(), body.approver.clone()));
                self.is_due_at(body.granted.until_ns);
            }
            EventBody::OverrideExpired(body) => {
                self.overrides.retain(|(granted, _)| *granted != body.granted);
            }
            EventBody::Killed(body) => self.switches.kill(body.scope.clone(), body.flatten),
            EventBody::RearmRequested(body) => {
                self.switches.request(body.scope.clone(), body.person.clone());
            }
            EventBody::Rearmed(body) => self.put_rearmed(&body.scope),
            EventBody::StrategyDisabled(body) => {
                let scope = Scope::Strategy(body.strategy_id.clone());
                self.switches.withdraw_request(&scope);
                let strategy = self.strategy_index(Some(&body.strategy_id));
                if let Some(book) = self.strategy_book(strategy) {
                    book.is_disabled = true;
                }
            }
            EventBody::TradingStateChanged(body) => self.trading_state = body.trading_state,
            EventBody::ConnectionChanged(body) => self.is_connected = body.connected,
            _ => {}
        }
    }

    fn put_covariance(&mut self, body: &CovarianceSet) {
        let slots: Vec<SlotIndex> =
            body.symbols.iter().filter_map(|symbol| self.slot_index(symbol.as_str())).collect();
        if slots.len() != body.symbols.len() {
            return;
        }
        let covariance =
            Covariance::new(&slots, body.covariance.clone(), body.deviations_thousandths);
        self.covariance = Some(Box::new(covariance));
        for slot in (0..).take(self.slots.len()) {
            self.note_value(slot);
        }
    }

    fn put_rearmed(&mut self, scope: &Scope) {
        self.switches.rearm(scope);
        if let Scope::Strategy(strategy_id) = scope {
            if let Some(book) = self.strategies.get_mut(strategy_id) {
                book.rearm();
            }
        }
    }
}
