//! Events into state: cash, positions, instruments, limits and what is measured by the day.

use super::error::FoldError;
use super::event::{Event, EventBody, InstrumentChanged};
use super::ids::Symbol;
use super::state::{Slot, SlotIndex, State};
use crate::instrument::{Calendar, Currency, Instrument, InstrumentChange};
use crate::portfolio::account::{Posting, Purpose};
use crate::portfolio::cost::Cash;
use crate::price::{Notional, NumberError, Quantity};
use crate::risk::limits::Limits;

impl State {
    /// Applies what happens to the account, and leaves the rest to its controls.
    pub(super) fn fold_account(&mut self, event: &Event) -> Result<(), FoldError> {
        match &event.body {
            EventBody::CashDeposited(body) => self.pay(body.currency, i128::from(body.amount))?,
            EventBody::CashWithdrawn(body) => self.pay(body.currency, -i128::from(body.amount))?,
            EventBody::PositionAdjusted(body) => self.put_position(
                event,
                &body.symbol,
                (body.quantity, body.total_cost, body.total_realized_pnl),
            )?,
            EventBody::VariationSettled(body) => {
                let (currency, amount) = (body.currency, body.amount);
                self.post_all(&[Posting { purpose: Purpose::Trade, currency, amount }])?;
                let position = (body.quantity, body.total_cost, body.total_realized_pnl);
                self.put_position(event, &body.symbol, position)?;
            }
            EventBody::CalendarSet(body) => {
                // Sessions that are none are not decided.
                if let Ok(calendar) = Calendar::new(body.sessions.clone()) {
                    self.calendars.insert(body.calendar_id.clone(), calendar);
                }
                self.is_due_at(i64::MIN);
            }
            EventBody::InstrumentRegistered(body) => self.put_instrument(&body.instrument),
            EventBody::InstrumentChangeScheduled(body) => {
                self.is_due_at(body.effective_time_ns);
                let symbol = body.symbol.clone();
                self.scheduled.push((body.effective_time_ns, symbol, body.change));
            }
            EventBody::InstrumentChanged(body) => self.fold_instrument_change(event, body)?,
            EventBody::LimitsSet(body) => self.put_limits(&body.limits),
            EventBody::DayStarted(body) => {
                self.losses.begin_day(body.day_start_time_ns, body.equity);
                self.note_day();
            }
            EventBody::EquityPeaked(body) => self.losses.peak_equity = Some(body.equity),
            EventBody::MarginCalled(_) => self.losses.is_margin_called = true,
            EventBody::MarginRestored(_) => self.losses.is_margin_called = false,
            other => self.fold_control(other),
        }
        Ok(())
    }

    fn put_limits(&mut self, limits: &Limits) {
        self.has_drawdown_limit = has_drawdown_limit(limits);
        self.limits = Some(Box::new(limits.clone()));
        self.resolve_limits();
        self.is_due_at(i64::MIN);
    }

    fn put_instrument(&mut self, instrument: &Instrument) {
        let sector = instrument.sector().map(|sector| self.totals.sector_index(sector));
        let symbol = Symbol::from(instrument.symbol());
        let (index, _) = self.slots.insert_full(symbol, Slot::new(instrument.clone(), sector));
        self.resolve_slot(index);
        self.is_due_at(i64::MIN);
    }

    fn fold_instrument_change(
        &mut self,
        event: &Event,
        body: &InstrumentChanged,
    ) -> Result<(), FoldError> {
        let index = self.known_slot(event, &body.symbol)?;
        // A change that became impossible is not decided.
        let _ = self.slot_at_mut(index).change(&body.change);
        let told = (body.effective_time_ns, &body.symbol, &body.change);
        let is_told = |(time_ns, symbol, change): &(i64, Symbol, InstrumentChange)| {
            (*time_ns, symbol, change) == told
        };
        if let Some(place) = self.scheduled.iter().position(is_told) {
            self.scheduled.remove(place);
        }
        self.resolve_slot(index as usize);
        self.touch(index);
        Ok(())
    }

    pub(super) fn put_position(
        &mut self,
        event: &Event,
        symbol: &Symbol,
        (quantity, total_cost, total_realized_pnl): (Quantity, Notional, Cash),
    ) -> Result<(), FoldError> {
        let index = self.known_slot(event, symbol)?;
        self.set_position(index, (quantity, total_cost, total_realized_pnl));
        Ok(())
    }

    pub(super) fn set_position(
        &mut self,
        index: SlotIndex,
        (quantity, total_cost, total_realized_pnl): (Quantity, Notional, Cash),
    ) {
        self.slot_at_mut(index).position.set(quantity, total_cost, total_realized_pnl);
        self.touch(index);
    }

    fn pay(&mut self, currency: Currency, amount: i128) -> Result<(), FoldError> {
        let amount = Cash(amount);
        self.post_all(&[Posting { purpose: Purpose::Deposit, currency, amount }])?;
        if let Some(amount) = self.rates.convert(amount, currency)? {
            self.losses.pay(amount)?;
        }
        Ok(())
    }

    pub(super) fn post_all(&mut self, postings: &[Posting]) -> Result<(), NumberError> {
        for posting in postings.iter().filter(|posting| posting.amount != Cash::ZERO) {
            self.account.post(posting)?;
        }
        self.refresh_cash();
        Ok(())
    }
}

/// Whether a limit is measured from the highest equity.
fn has_drawdown_limit(limits: &Limits) -> bool {
    let sets = [&limits.global, &limits.account].into_iter();
    sets.chain(limits.strategies.values())
        .chain(limits.instruments.values())
        .any(|set| set.max_drawdown_bps.is_some())
}
