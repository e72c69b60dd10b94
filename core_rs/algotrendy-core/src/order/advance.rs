//! All that time does, in one order: whatever is due takes effect.

use super::decide::Draft;
use super::error::DecideError;
use super::event::OrderExpired;
use super::list;
use super::machine::Input;
use super::report::stepped;
use super::state::State;

pub(super) fn advance(draft: &mut Draft<'_>) -> Result<(), DecideError> {
    if draft.time_ns < draft.state.next_due_ns {
        return Ok(());
    }
    expire_orders(draft)?;
    draft.read_prices(None);
    Ok(())
}

fn expire_orders(draft: &mut Draft<'_>) -> Result<(), DecideError> {
    let time_ns = draft.time_ns;
    for order in draft.state.open_orders() {
        if order.end_time_ns.is_some_and(|end_time_ns| end_time_ns <= time_ns) {
            if let Some(state) = stepped(order, Input::TimeExpire)? {
                draft.push(OrderExpired::new(order, state));
                list::follow(draft, order, state);
            }
        }
    }
    Ok(())
}

impl State {
    /// Finds when the next thing is due, once all that was due at `time_ns` took effect.
    pub(crate) fn look_ahead(&mut self, time_ns: i64) {
        if time_ns < self.next_due_ns {
            return;
        }
        let ends = self.open_orders().filter_map(|order| order.end_time_ns);
        self.next_due_ns = ends.min().unwrap_or(i64::MAX);
    }

    /// Makes the next `Advance` look at everything that could be due at `time_ns`.
    pub(crate) fn is_due_at(&mut self, time_ns: i64) {
        self.next_due_ns = self.next_due_ns.min(time_ns);
    }
}
