//! All that time does, in one order: instruments change, overrides and approvals end, orders expire, futures are settled,
//! a trading day begins, equity peaks, margin is called or restored. Amounts are those of the state before all of it.

use super::approval::refused;
use super::book::Entry;
use super::control::expire_overrides;
use super::decide::Draft;
use super::error::DecideError;
use super::event::{
    DayStarted, EquityPeaked, InstrumentChanged, MarginCalled, MarginRestored, OrderExpired,
    VariationSettled,
};
use super::list;
use super::machine::Input;
use super::report::stepped;
use super::state::{Slot, State};
use super::status::OrderState;
use crate::instrument::InstrumentKind;
use crate::portfolio::account::{Posting, Purpose};
use crate::portfolio::cost::Cash;
use crate::risk::reason::RejectReason;

pub(super) fn advance(draft: &mut Draft<'_>) -> Result<(), DecideError> {
    if draft.time_ns >= draft.state.next_due_ns {
        change_instruments(draft);
        expire_overrides(draft);
        end_approvals(draft)?;
        expire_orders(draft)?;
        settle_futures(draft)?;
        begin_day(draft);
    }
    peak_equity(draft);
    call_margin(draft);
    draft.read_prices(None);
    Ok(())
}

/// Changes that are due, the earliest first. One that has become impossible waits until it is possible again.
fn change_instruments(draft: &mut Draft<'_>) {
    let state = draft.state;
    let mut due: Vec<_> =
        state.scheduled.iter().filter(|(time_ns, _, _)| *time_ns <= draft.time_ns).collect();
    due.sort_by_key(|(time_ns, _, _)| *time_ns);
    for (effective_time_ns, symbol, change) in due {
        let slot = state.slot(symbol.as_str());
        if slot.is_some_and(|slot| slot.check_change(change).is_ok()) {
            draft.push(InstrumentChanged {
                symbol: symbol.clone(),
                change: *change,
                effective_time_ns: *effective_time_ns,
            });
        }
    }
}

fn end_approvals(draft: &mut Draft<'_>) -> Result<(), DecideError> {
    let book = &draft.state.book;
    for entry in book.open().map(|index| book.entry(index)) {
        if waits_in_vain(entry, draft.time_ns) {
            stepped(&entry.order, Input::ApprovalExpire)?;
            let reason = RejectReason::ApprovalExpired;
            draft.push(refused(&entry.order, reason, String::new(), draft.time_ns));
        }
    }
    Ok(())
}

/// Whether nobody consented to an order in time.
fn waits_in_vain(entry: &Entry, time_ns: i64) -> bool {
    entry.order.state == OrderState::PendingApproval && entry.approval_expire_time_ns() <= time_ns
}

fn expire_orders(draft: &mut Draft<'_>) -> Result<(), DecideError> {
    let (book, time_ns) = (&draft.state.book, draft.time_ns);
    for entry in book.open().map(|index| book.entry(index)) {
        let order = &entry.order;
        let is_due = order.end_time_ns.is_some_and(|end_time_ns| end_time_ns <= time_ns);
        if !is_due || waits_in_vain(entry, time_ns) {
            continue;
        }
        // The end of the first order of its list has ended it already.
        if order.list.is_some() && draft.cancels(&order.terms.order_id) {
            continue;
        }
        if let Some(state) = stepped(order, Input::TimeExpire)? {
            draft.push(OrderExpired::new(order, state));
            list::follow(draft, order, state);
        }
    }
    Ok(())
}

/// Turns what futures gained or lost since their last settlement into cash, once a session of theirs has closed.
fn settle_futures(draft: &mut Draft<'_>) -> Result<(), DecideError> {
    let state = draft.state;
    for slot in state.slots.values() {
        let is_due = || state.settlement_due_ns(slot).is_some_and(|due_ns| due_ns <= draft.time_ns);
        if slot.position.quantity.0 == 0 || !is_due() {
            continue;
        }
        let Some(day) = slot.variation()? else { continue };
        let (currency, amount) = (slot.instrument.currency(), day.amount);
        state.account.check(&Posting { purpose: Purpose::Trade, currency, amount })?;
        draft.push(VariationSettled {
            symbol: slot.position.symbol.clone(),
            price: day.price,
            quantity: day.quantity,
            total_cost: day.total_cost,
            amount,
            total_realized_pnl: day.total_realized_pnl,
            currency,
        });
    }
    Ok(())
}

fn begin_day(draft: &mut Draft<'_>) {
    let day_start_time_ns = draft.state.day_start_time_ns(draft.time_ns);
    if draft.state.losses.day_start_time_ns.is_none_or(|known_ns| known_ns < day_start_time_ns) {
        draft.push(DayStarted { day_start_time_ns, equity: draft.state.equity() });
    }
}

/// The highest equity is kept while a limit is measured from it.
fn peak_equity(draft: &mut Draft<'_>) {
    if let Some(equity) = draft.state.new_peak() {
        draft.push(EquityPeaked { equity });
    }
}

fn call_margin(draft: &mut Draft<'_>) {
    let Some(equity) = draft.state.margin_news() else { return };
    let maintenance_margin = draft.state.totals.sums.maintenance_margin;
    if draft.state.losses.is_margin_called {
        draft.push(MarginRestored { equity, maintenance_margin });
    } else {
        draft.push(MarginCalled { equity, maintenance_margin });
    }
}

impl State {
    /// Whether an `Advance` to `time_ns` would decide nothing.
    #[inline]
    pub(crate) fn has_nothing_due(&self, time_ns: i64) -> bool {
        time_ns < self.next_due_ns
            && self.time_ns.is_none_or(|last_ns| last_ns <= time_ns)
            && self.new_peak().is_none()
            && self.margin_news().is_none()
    }

    /// Equity, if it is the highest yet and a limit is measured from that.
    #[inline]
    fn new_peak(&self) -> Option<Cash> {
        if !self.has_drawdown_limit {
            return None;
        }
        let equity = self.equity()?;
        self.losses.peak_equity.is_none_or(|peak| peak < equity).then_some(equity)
    }

    /// Equity, if it has just fallen below the maintenance margin or covers it again.
    #[inline]
    fn margin_news(&self) -> Option<Cash> {
        let maintenance_margin = self.totals.sums.maintenance_margin;
        let is_called = self.losses.is_margin_called;
        if maintenance_margin.0 == 0 && !is_called {
            return None;
        }
        let equity = self.equity()?;
        ((equity < maintenance_margin) != is_called).then_some(equity)
    }

    /// When a future is settled next: at the first close of its sessions after the last event, or, without sessions, as a
    /// trading day begins. What happened before the last event was due before it.
    fn settlement_due_ns(&self, slot: &Slot) -> Option<i64> {
        if slot.instrument.kind() != InstrumentKind::Future {
            return None;
        }
        let last_ns = self.time_ns?;
        match self.calendar_of(&slot.instrument) {
            Some(calendar) => calendar.next_close_time_ns(last_ns),
            None => self.day_end_time_ns(last_ns),
        }
    }

    /// Finds when the next thing is due, once all that was due at `time_ns` took effect.
    pub(crate) fn look_ahead(&mut self, time_ns: i64) {
        if time_ns < self.next_due_ns {
            return;
        }
        let entries = self.book.open().map(|index| self.book.entry(index));
        let ends = entries.map(|entry| {
            let end_time_ns = entry.order.end_time_ns.unwrap_or(i64::MAX);
            let waits = entry.order.state == OrderState::PendingApproval;
            if waits {
                end_time_ns.min(entry.approval_expire_time_ns())
            } else {
                end_time_ns
            }
        });
        let day_end_ns = self.day_end_time_ns(time_ns).unwrap_or(i64::MAX);
        let others = self.scheduled.iter().map(|(due_ns, _, _)| *due_ns);
        let others = others.chain(self.overrides.iter().map(|(granted, _)| granted.until_ns));
        let settlements = self.slots.values().filter_map(|slot| self.settlement_due_ns(slot));
        let due_ns = ends.chain(others).chain(settlements).fold(day_end_ns, i64::min);
        self.next_due_ns = due_ns;
    }

    /// Makes the next `Advance` look at everything that could be due at `time_ns`.
    pub(crate) fn is_due_at(&mut self, time_ns: i64) {
        self.next_due_ns = self.next_due_ns.min(time_ns);
    }
}
