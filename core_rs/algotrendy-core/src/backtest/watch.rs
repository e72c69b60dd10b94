//! Whether every price has to be seen, because something is measured from all of them.

use super::session::Session;
use crate::instrument::InstrumentKind;
use crate::order::state::State;
use crate::risk::limits::{LimitSet, Limits};

/// Whether something is measured from every price, always or as things stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    is_always_on: bool,
    is_on: bool,
}

impl Watch {
    pub fn new(state: &State) -> Self {
        let is_always_on = state.limits().is_some_and(measures_prices) || has_other_currency(state);
        Self { is_always_on, is_on: is_always_on }
    }

    pub const fn is_on(self) -> bool {
        self.is_on
    }

    /// Looks at how things stand: whether that has changed.
    pub fn has_changed(&mut self, session: &Session) -> bool {
        if self.is_always_on {
            return false;
        }
        let state = session.state();
        let is_margined = state.totals.sums.maintenance_margin.0 != 0;
        let is_settled = || {
            let held = session.recorder.trips.held().iter();
            held.into_iter()
                .any(|held| state.slots[*held].instrument.kind() == InstrumentKind::Future)
        };
        let is_on = is_margined || state.losses.is_margin_called || is_settled();
        std::mem::replace(&mut self.is_on, is_on) != is_on
    }
}

/// Whether a limit is measured from how prices moved, or from the highest equity or that of a day's beginning.
fn measures_prices(limits: &Limits) -> bool {
    let sets = [&limits.global, &limits.account].into_iter();
    let sets = sets.chain(limits.strategies.values()).chain(limits.instruments.values());
    let measures = |set: &LimitSet| {
        set.price_move_bps.is_some()
            || set.max_daily_loss.is_some()
            || set.max_drawdown_bps.is_some()
    };
    limits.max_mark_move_bps.is_some() || sets.into_iter().any(measures)
}

/// Whether something is held or could be in another currency than the account's.
pub(super) fn has_other_currency(state: &State) -> bool {
    state.slots().any(|slot| slot.instrument.currency() != state.currency())
}
